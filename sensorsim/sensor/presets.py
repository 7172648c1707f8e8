"""Real sensors: values with their sources, read from ``data/sensors/*.toml``."""

from pathlib import Path
from typing import Annotated, Any, Generic, Literal, Self, TypeVar

from pydantic import Field, ValidationError, model_validator

from sensorsim.core import resources
from sensorsim.core.description import Description
from sensorsim.core.errors import InputError
from sensorsim.core.files import read_toml
from sensorsim.core.nearest import suggestion
from sensorsim.core.units import unit_of
from sensorsim.core.validation_errors import explain
from sensorsim.optics.spectrum import SpectralCurve

T = TypeVar("T")


class Figure(Description, Generic[T]):
    """One quantity of a sensor: its value, unit and source.

    Raises
    ------
    ValidationError
        If bounds are given to anything but a single number, or do not enclose the value.
    """

    value: T
    unit: str
    source: str = Field(
        min_length=10, description="Where it was published, its formula, or why it is assumed."
    )
    basis: Literal["published", "derived", "assumed"]
    low: float | None = Field(None, description="Smallest likely value.")
    high: float | None = Field(None, description="Largest likely value.")

    @model_validator(mode="after")
    def _value_is_inside(self) -> Self:
        if self.low is None and self.high is None:
            return self
        if not isinstance(self.value, float):
            raise ValueError("low and high: expected beside a single number only")
        low = self.value if self.low is None else self.low
        high = self.value if self.high is None else self.high
        if not low <= self.value <= high:
            raise ValueError(
                f"low {low:g}, value {self.value:g}, high {high:g}: expected low <= value <= high"
            )
        return self


class _Figures(Description):
    """Quantities whose units must match the suffixes of their field names."""

    @model_validator(mode="after")
    def _units_fit_the_names(self) -> Self:
        for name, figure in self:
            if isinstance(figure, Figure) and figure.unit != unit_of(name):
                raise ValueError(
                    f"{name}: unit {figure.unit!r}, expected {unit_of(name)!r}; convert the value"
                )
        return self


_Positive = Annotated[float, Field(gt=0)]
_NotNegative = Annotated[float, Field(ge=0)]
_Percent = Annotated[float, Field(ge=0, le=100)]
_PositiveFraction = Annotated[float, Field(gt=0, le=1)]
_Celsius = Annotated[float, Field(ge=-60, le=150)]
_Kind = dict[str, str | float]


class PhotodiodeFigures(_Figures):
    """Fields of a pipeline's ``[photodiode]`` table.

    An effect that a file does not state is not there. Figures of later versions are optional, too.
    """

    pixel_pitch_um: Figure[Annotated[float, Field(gt=0, le=100)]]
    quantum_efficiency: Figure[_PositiveFraction | SpectralCurve]
    fill_factor: Figure[_PositiveFraction]
    full_well_e: Figure[Annotated[float, Field(gt=0, le=1e7)]]
    conversion_gain_uv_per_e: Figure[Annotated[float, Field(gt=0, le=1e4)]]
    integration_time_ms: Figure[Annotated[float, Field(gt=0, le=1e6)]]
    read_noise_e: Figure[Annotated[float, Field(ge=0, le=1e4)]]
    dark_current_e_per_s: Figure[Annotated[float, Field(ge=0, le=1e7)]]
    dark_current_activation_ev: Figure[Annotated[float, Field(gt=0, le=1.2)]]
    temperature_c: Figure[_Celsius]
    dark_current_spread_percent: Figure[_NotNegative] | None = None
    dsnu_e: Figure[_NotNegative]
    prnu_percent: Figure[Annotated[float, Field(ge=0, le=50)]]
    row_noise_e: Figure[_NotNegative] | None = None
    row_offset_e: Figure[_NotNegative] | None = None
    column_offset_e: Figure[_NotNegative] | None = None
    column_gain_percent: Figure[_Percent] | None = None
    rts_pixel_fraction: Figure[Annotated[float, Field(ge=0, le=1)]] | None = None
    rts_amplitude_e: Figure[_NotNegative] | None = None
    correlated_double_sampling: Figure[bool]
    # A pipeline checks the fields and bounds of these two.
    saturation: Figure[_Kind]
    response: Figure[_Kind]


class EmvaFigures(_Figures):
    """Results that an EMVA 1288 characterization should reproduce, where published."""

    wavelength_nm: Figure[_Positive] | None = None
    temperature_c: Figure[_Celsius] | None = None
    system_gain_dn_per_e: Figure[_Positive] | None = None
    quantum_efficiency_percent: Figure[_Percent] | None = None
    temporal_dark_noise_e: Figure[_NotNegative] | None = None
    dsnu_e: Figure[_NotNegative] | None = None
    prnu_percent: Figure[_Percent] | None = None
    saturation_e: Figure[_Positive] | None = None
    snr_max_db: Figure[_Positive] | None = None
    dynamic_range_db: Figure[_Positive] | None = None
    dark_current_e_per_s: Figure[_NotNegative] | None = None


class Sensor(_Figures):
    """All quantities of one sensor file."""

    name: str
    description: str
    rows: Figure[Annotated[int, Field(gt=0)]]
    columns: Figure[Annotated[int, Field(gt=0)]]
    adc_bits: Figure[Annotated[int, Field(ge=1, le=24)]] | None = None
    photodiode: PhotodiodeFigures
    emva: EmvaFigures = EmvaFigures()

    def photodiode_fields(self) -> dict[str, Any]:
        """Values without units and sources, for a pipeline's ``[photodiode]`` table.

        Returns
        -------
        dict of str to Any
            Value by field name; the unit is the suffix of the name.
        """
        return {
            name: fields["value"]
            for name, fields in self.photodiode.model_dump(mode="json", exclude_none=True).items()
        }


def sensor_names() -> list[str]:
    """Names of the shipped sensors.

    Returns
    -------
    list of str
        Names, sorted.
    """
    return sorted(p.stem for p in resources.data("sensors").glob("*.toml"))


def load_sensor(name_or_path: str | Path) -> Sensor:
    """Read a sensor by the name of a shipped one, or by path.

    Parameters
    ----------
    name_or_path : str or Path
        Name without a suffix, or path of a TOML file.

    Returns
    -------
    Sensor
        The sensor's quantities.

    Raises
    ------
    InputError
        If the file is missing, is not TOML, lacks a quantity, or a quantity has no source, a unit
        that does not match the suffix of its name, or a value out of range.

    Examples
    --------
    >>> load_sensor("imx477").photodiode.pixel_pitch_um.value
    1.55
    """
    path = Path(name_or_path)
    if not path.suffix:
        path = resources.data("sensors", f"{name_or_path}.toml")
    try:
        raw = read_toml(path)
        return Sensor.model_validate(raw)
    except FileNotFoundError:
        raise InputError(
            f"sensor {str(name_or_path)!r}: no such file or name; "
            f"{suggestion(path.stem, sensor_names())}"
        ) from None
    except ValidationError as error:
        found = explain(error, raw, Sensor.model_json_schema())
        raise InputError("\n".join(f"{path}: {line}" for line in found)) from None
