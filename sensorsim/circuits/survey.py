"""Prices of whole converters, comparators and pixels, from surveys of published silicon."""

import numpy as np
from pydantic import field_validator

from sensorsim.circuits.constant import Constant, Estimate
from sensorsim.core.description import Description


def flash_comparators(enob: float) -> int:
    """Comparators of a flash converter of so many effective bits, of which it lost 0.3 or more.

    At least 1 comparator, also for an ENOB below 0.

    Parameters
    ----------
    enob : float
        Effective number of bits.

    Returns
    -------
    int
        At least 1.
    """
    return max(1, int(2 ** np.ceil(enob + 0.3)) - 1)


class AdcPrices(Description):
    """Energy of a conversion: the best published one, and how far above it the others lie.

    The ratio was found on converters between two effective numbers of bits.
    """

    surveyed_enob_bits: tuple[float, float]
    envelope_pj: Constant
    envelope_pj_per_4_to_enob: Constant
    ratio: Constant

    @field_validator("surveyed_enob_bits")
    @classmethod
    def _ascends(cls, bits: tuple[float, float]) -> tuple[float, float]:
        if bits[0] > bits[1]:
            raise ValueError(f"{list(bits)}: expected the fewest, then the most")
        return bits

    def envelope(self, enob: float) -> float:
        """The best published energy at an effective number of bits, pJ.

        Parameters
        ----------
        enob : float
            Effective number of bits.

        Returns
        -------
        float
            Energy, pJ.
        """
        return self.envelope_pj.typical + self.envelope_pj_per_4_to_enob.typical * 4.0**enob

    def extrapolates(self, enob: float) -> bool:
        """Whether no such converter was among those surveyed.

        Parameters
        ----------
        enob : float
            Effective number of bits.

        Returns
        -------
        bool
            True outside of the surveyed range.
        """
        low, high = self.surveyed_enob_bits
        return not low <= enob <= high

    def conversion(self, enob: float) -> Estimate:
        """One conversion of so many effective bits, pJ; its low is the envelope.

        Parameters
        ----------
        enob : float
            Effective number of bits.

        Returns
        -------
        Estimate
            Energy, pJ.
        """
        return Estimate(
            (self.ratio, self.envelope_pj, self.envelope_pj_per_4_to_enob),
            lambda ratio, floor, slope: ratio * (floor + slope * 4.0**enob),
        )


class ComparatorPrices(Description):
    """Energy of a comparison, reference and clock included."""

    decision_fj: Constant

    @property
    def decision(self) -> Estimate:
        """One comparison, pJ.

        Returns
        -------
        Estimate
            Energy, pJ.
        """
        return Estimate((self.decision_fj,), lambda fj: 1e-3 * fj)


class PixelPrices(Description):
    """Capacitances that reset and readout of a pixel charge, and to what."""

    photodiode_ff: Constant
    column_load_ff: Constant
    column_ff_per_row: Constant
    supply_v: Constant

    def energy(self, rows: int, swing_v: float) -> Estimate:
        """Reset ``C V**2`` and one readout ``C V dV`` of a pixel in an array of so many rows, pJ.

        CamJ (ISCA 2023).

        Parameters
        ----------
        rows : int
            Rows of the array.
        swing_v : float
            Largest swing of the column, V.

        Returns
        -------
        Estimate
            Energy, pJ.
        """
        return Estimate(
            (self.photodiode_ff, self.column_load_ff, self.column_ff_per_row, self.supply_v),
            lambda diode, load, per_row, supply: (
                1e-3 * (diode * supply**2 + (load + rows * per_row) * supply * swing_v)
            ),
        )


class FiguresOfMerit(Description):
    """Two one-number summaries of the same converters."""

    walden_fj_per_step: Constant
    schreier_aj_at_0_db: Constant


class SurveyPrices(Description):
    """What whole published circuits cost."""

    adc: AdcPrices
    comparator: ComparatorPrices
    pixel: PixelPrices
    merit: FiguresOfMerit
