"""Circuit of a thermometer: all of its fields but the thresholds."""

from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from sensorsim.core import streams
from sensorsim.core.description import Description
from sensorsim.kernels.philox import fill_standard_normal


class ThermometerCircuit(Description):
    """Comparators, reference DAC and link of a thermometer, apart from its thresholds.

    **Hysteresis.** A comparator that decided 1 has its threshold ``hysteresis_mv / 2`` lower at its
    next decision, one that decided 0 as much higher. ``parallel``: the next decision of a
    comparator is that on the row below, in the same column and color, since rows are read one after
    another; before an image's first row the memory is 0. ``sequential``: it is that on the next
    reference step of the same pixel, steps ascending; the comparator is auto-zeroed before each
    pixel, which sets the memory to 0.

    **Reference DAC.** ``reference_bits`` b gives the levels ``k / 2**b`` of full scale, k = 1 to
    ``2**b``, and every threshold takes the nearest.
    """

    mode: Literal["parallel", "sequential"] = Field(
        "parallel",
        description="parallel: M comparators per column, each with its own offset; sequential: one "
        "comparator per column and M reference steps, the same offset for all of them.",
    )
    hysteresis_mv: float = Field(
        0.0, ge=0, le=100, description="Width of each comparator's hysteresis loop, mV."
    )
    reference_bits: int | None = Field(
        None, ge=1, le=16, description="Resolution of the reference DAC, bits; none: ideal."
    )
    reference_mismatch_percent: float = Field(
        0.0, ge=0, le=100,
        description="Error of each reference level, percent of full scale rms; one draw per die "
        "and level, shared by all columns.",
    )  # fmt: skip
    bubbles: Literal["kept", "corrected"] = Field(
        "kept",
        description="kept: raw decisions; corrected: as many ones from the lowest level up as "
        "there were ones.",
    )
    link: Literal["raw", "encoded"] = Field(
        "raw",
        description="raw: M lines cross the link; encoded: the count of ones, ceil(log2(M + 1)) "
        "bits, which needs corrected bubbles.",
    )

    @model_validator(mode="after")
    def _a_count_carries_no_bubbles(self) -> Self:
        if self.link == "encoded" and self.bubbles != "corrected":
            raise ValueError(
                f"link 'encoded' with bubbles {self.bubbles!r}: a count cannot represent a bubble; "
                "expected bubbles 'corrected'; set it, or link = 'raw'"
            )
        return self

    def circuit_fields(self) -> dict[str, Any]:
        """Fields of the circuit alone, without those of a subclass.

        Returns
        -------
        dict of str to value
            Fields and values.
        """
        return {name: getattr(self, name) for name in ThermometerCircuit.model_fields}


def reference_levels(
    thresholds: npt.NDArray[np.float64], reference_bits: int | None
) -> npt.NDArray[np.float64]:
    """Round thresholds to the levels of a reference DAC.

    Parameters
    ----------
    thresholds : float64 [M]
        Thresholds as fractions of full scale, strictly ascending.
    reference_bits : int or None
        Resolution of the DAC, bits; None: ideal.

    Returns
    -------
    float64 [M]
        Levels as fractions of full scale, strictly ascending.

    Raises
    ------
    ValueError
        If two thresholds fall on one code.

    Examples
    --------
    >>> reference_levels(np.array([0.1, 0.6]), 2)
    array([0.25, 0.5 ])
    """
    if reference_bits is None:
        return thresholds
    steps = 2**reference_bits
    codes = np.clip(np.floor(thresholds * steps + 0.5), 1, steps)
    clashes = np.flatnonzero(np.diff(codes) == 0)
    if clashes.size:
        m = clashes[0]
        raise ValueError(
            f"reference_bits {reference_bits}: thresholds {thresholds[m]:g} and "
            f"{thresholds[m + 1]:g} both fall on code {codes[m]:.0f} of {steps}, expected distinct "
            "codes; take more bits or move the thresholds apart"
        )
    return codes / steps


def mismatched_levels(
    levels: npt.NDArray[np.float64], mismatch_percent: float, dies: npt.ArrayLike, seed: int
) -> npt.NDArray[np.float64]:
    """Draw the reference levels of some dies, with a normal error of each level.

    Parameters
    ----------
    levels : float64 [M]
        Nominal levels as fractions of full scale.
    mismatch_percent : float
        Error of a level, percent of full scale rms.
    dies : int [D]
        Die numbers.
    seed : int, 0 to 2**32 - 1
        Seed of the errors.

    Returns
    -------
    float64 [D, M]
        Levels as fractions of full scale; not always ascending.
    """
    dies = np.atleast_1d(np.asarray(dies, np.int64))
    unit = np.empty((dies.size, levels.size))
    for row, die in enumerate(dies):
        stream = streams.of_die(streams.REFERENCE_MISMATCH, int(die))
        fill_standard_normal(unit[row], 0, seed, stream)
    return levels + mismatch_percent / 100 * unit
