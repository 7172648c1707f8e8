"""Prices of single events, read from ``data/technologies/*.toml``."""

import tomllib
from pathlib import Path
from typing import Self

import numpy as np
from pydantic import Field, ValidationError, model_validator

from sensorsim import resources
from sensorsim.description import Description
from sensorsim.errors import InputError


class Range(Description):
    """A figure with its spread."""

    low: float = Field(ge=0)
    typical: float = Field(ge=0)
    high: float = Field(ge=0)

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        if not self.low <= self.typical <= self.high:
            raise ValueError(
                f"low {self.low:g}, typical {self.typical:g}, high {self.high:g}: "
                "expected low <= typical <= high"
            )
        return self

    def scaled(self, factor: float) -> "Range":
        """The same spread around another figure."""
        return Range(low=self.low * factor, typical=self.typical * factor, high=self.high * factor)


class AdcPrices(Description):
    """Energy of a conversion by percentile of published converters."""

    envelope_pj: float = Field(gt=0)
    envelope_pj_per_4_to_enob: float = Field(gt=0)
    envelope_source: str
    ratio_percentiles: tuple[float, ...]
    ratio: tuple[float, ...]
    ratio_source: str

    @model_validator(mode="after")
    def _is_a_distribution(self) -> Self:
        _check_percentiles("ratio", self.ratio_percentiles, self.ratio)
        return self

    def envelope(self, enob: float) -> float:
        """The best published energy at an effective number of bits, pJ."""
        return self.envelope_pj + self.envelope_pj_per_4_to_enob * 4.0**enob

    def at(self, enob: float, percentile: float) -> float:
        """Energy at a percentile of the survey, pJ."""
        return self.envelope(enob) * _log_interpolate(
            percentile, self.ratio_percentiles, self.ratio
        )


class ComparatorPrices(Description):
    """Energy of a comparison, reference and clock included, by percentile."""

    energy_fj_percentiles: tuple[float, ...]
    energy_fj: tuple[float, ...]
    source: str

    @model_validator(mode="after")
    def _is_a_distribution(self) -> Self:
        _check_percentiles("energy_fj", self.energy_fj_percentiles, self.energy_fj)
        return self

    def at(self, percentile: float) -> float:
        """Energy of one comparison at a percentile of the survey, pJ."""
        return 1e-3 * _log_interpolate(percentile, self.energy_fj_percentiles, self.energy_fj)


class PixelPrices(Description):
    """Capacitances that reset and readout of a pixel charge."""

    photodiode_ff: float = Field(gt=0)
    column_load_ff: float = Field(gt=0)
    column_parasitic_ff_per_row: float = Field(ge=0)
    supply_v: float = Field(gt=0)
    swing_v: float = Field(gt=0)
    spread: tuple[float, float, float]
    source: str

    @model_validator(mode="after")
    def _spread_is_ordered(self) -> Self:
        if not 0 <= self.spread[0] <= self.spread[1] <= self.spread[2]:
            raise ValueError(f"spread {list(self.spread)}: expected 0 <= low <= typical <= high")
        return self

    def energy_pj(self, rows: int) -> Range:
        """Reset and one readout of a pixel in an array of so many rows."""
        column_ff = self.column_load_ff + rows * self.column_parasitic_ff_per_row
        typical = 1e-3 * (
            self.photodiode_ff * self.supply_v**2 + column_ff * self.supply_v * self.swing_v
        )
        low, middle, high = self.spread
        return Range(low=typical * low, typical=typical * middle, high=typical * high)


class BnnPrices(Description):
    """Energy of one binary operation on a whole chip (an XNOR or a count; memory included)."""

    energy_fj_per_operation: Range
    source: str


class Technology(Description):
    """All prices of one file."""

    name: str
    description: str
    adc: AdcPrices
    comparator: ComparatorPrices
    pixel: PixelPrices
    bnn: BnnPrices


def load_technology(name: str | Path) -> Technology:
    """Read a technology by the name of one that ships, or by path.

    Raises
    ------
    InputError
        If it is missing, is not TOML, or lacks a figure.
    """
    path = Path(name)
    if not path.suffix:
        path = resources.data("technologies", f"{name}.toml")
    try:
        return Technology.model_validate(tomllib.loads(path.read_text()))
    except FileNotFoundError:
        shipped = sorted(p.stem for p in resources.data("technologies").glob("*.toml"))
        raise InputError(
            f"energy.technology {str(name)!r}: no such file; expected a path or one of "
            f"{', '.join(shipped)}"
        ) from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a TOML file: {error}") from None
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise InputError(f"{path}: {'; '.join(faults)}") from None


def _check_percentiles(
    name: str, percentiles: tuple[float, ...], values: tuple[float, ...]
) -> None:
    """A distribution by percentile: as many of one as of the other, ascending, positive."""
    if len(percentiles) != len(values) or len(values) < 2:
        raise ValueError(
            f"{name}: {len(values)} values for {len(percentiles)} percentiles; expected as many of "
            "one as of the other, and at least two"
        )
    if (np.diff(percentiles) <= 0).any() or not 0 <= percentiles[0] <= percentiles[-1] <= 100:
        raise ValueError(f"{name}_percentiles {list(percentiles)}: expected ascending, 0 to 100")
    if values[0] <= 0 or (np.diff(values) < 0).any():
        raise ValueError(f"{name} {list(values)}: expected positive values that do not descend")


def _log_interpolate(x: float, knots: tuple[float, ...], values: tuple[float, ...]) -> float:
    return float(np.exp(np.interp(x, knots, np.log(values))))
