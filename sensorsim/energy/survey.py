"""Prices of whole converters, comparators and networks, from surveys of published silicon."""

from typing import Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from sensorsim.description import Description
from sensorsim.energy.constant import Constant, Estimate, Range

MEDIAN, HIGH = 50.0, 90.0
"""Percentiles of the survey that stand for typical and high; low is its best envelope."""

ADC_PERCENTILE = "survey.adc_percentile"
"""Id of the constant that says how good an ADC is among published ones."""


def flash_comparators(enob: float) -> int:
    """Comparators of a flash converter of so many effective bits, of which it lost 0.3 or more.

    However few bits are effective, below none where noise exceeds full scale, one compares.
    """
    return max(1, int(2 ** np.ceil(enob + 0.3)) - 1)


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

    @property
    def source(self) -> str:
        """Sources of the distribution and of the envelope."""
        return f"{self.ratio_source}; low: {self.envelope_source}"

    def envelope(self, enob: float) -> float:
        """The best published energy at an effective number of bits, pJ."""
        return self.envelope_pj + self.envelope_pj_per_4_to_enob * 4.0**enob

    def at(self, enob: float, percentile: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Energy at percentiles of the survey, pJ."""
        return self.envelope(enob) * _log_interpolate(
            percentile, self.ratio_percentiles, self.ratio
        )

    @property
    def percentile(self) -> Constant:
        """How good an ADC is among published ones; low is where its energy is the envelope's."""
        envelope = float(np.interp(0.0, np.log(self.ratio), self.ratio_percentiles))
        return _percentile(ADC_PERCENTILE, min(envelope, MEDIAN), self.source)


class ComparatorPrices(Description):
    """Energy of a comparison, reference and clock included, by percentile."""

    energy_fj_percentiles: tuple[float, ...]
    energy_fj: tuple[float, ...]
    source: str

    @model_validator(mode="after")
    def _is_a_distribution(self) -> Self:
        _check_percentiles("energy_fj", self.energy_fj_percentiles, self.energy_fj)
        return self

    def at(self, percentile: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Energy of one comparison at percentiles of the survey, pJ; beyond its ends the ends."""
        return 1e-3 * _log_interpolate(percentile, self.energy_fj_percentiles, self.energy_fj)

    @property
    def percentile(self) -> Constant:
        """How good a comparator is among published ones."""
        return _percentile("survey.comparator_percentile", 0.0, self.source)


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
        if not 0 < self.spread[0] <= self.spread[1] <= self.spread[2]:
            raise ValueError(f"spread {list(self.spread)}: expected 0 < low <= typical <= high")
        return self

    def energy(self, rows: int) -> Estimate:
        """Reset and one readout of a pixel in an array of so many rows, pJ."""
        column_ff = self.column_load_ff + rows * self.column_parasitic_ff_per_row
        typical = 1e-3 * (
            self.photodiode_ff * self.supply_v**2 + column_ff * self.supply_v * self.swing_v
        )
        low, middle, high = self.spread
        factor = Constant(
            low=low, typical=middle, high=high, unit="1", source=self.source, basis="assumed",
            id="survey.pixel_spread", origin="survey",
        )  # fmt: skip
        return Estimate((factor,), lambda spread: typical * spread)


class BnnPrices(Description):
    """Energy of one binary operation on a whole chip (an XNOR or a count; memory included)."""

    energy_fj_per_operation: Range
    source: str

    def energy(self) -> Estimate:
        """Energy of one binary operation, pJ."""
        price = Constant(
            **self.energy_fj_per_operation.model_dump(), unit="fJ", source=self.source,
            basis="published", id="survey.bnn_fj_per_operation", origin="survey",
        )  # fmt: skip
        return Estimate((price,), lambda fj: 1e-3 * fj)


class FiguresOfMerit(Description):
    """Two one-number summaries of the same converters."""

    walden_fj_per_step: Constant
    schreier_aj_at_0_db: Constant


def _percentile(id_: str, low: float, source: str) -> Constant:
    return Constant(
        low=low, typical=MEDIAN, high=HIGH, unit="percentile", source=source, basis="derived",
        verified=True, law="percentile", id=id_, origin="survey",
    )  # fmt: skip


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


def _log_interpolate(
    x: npt.ArrayLike, knots: tuple[float, ...], values: tuple[float, ...]
) -> npt.NDArray[np.float64]:
    return np.exp(np.interp(np.asarray(x, np.float64), knots, np.log(values)))
