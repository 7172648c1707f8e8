"""ADC architectures: transition levels of every column from the errors of its parts.

Level k is the lowest input whose code is k or more. Without errors the levels are exactly
``k / 2**bits`` of full scale.
"""

from dataclasses import dataclass
from typing import Annotated, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from sensorsim.core import streams
from sensorsim.core.description import Description
from sensorsim.kernels.philox import fill_standard_normal
from sensorsim.tonemap import Linear, ToneCurve

FloatArray = npt.NDArray[np.float64]

_LONGEST_DELAY = 0.05
"""Largest comparator delay as a fraction of the ramp. With its spread over columns it stays below a
tenth, where even a bowed ramp rises."""


@dataclass(frozen=True)
class Columns:
    """The converters of one die, one per column and color.

    Attributes
    ----------
    count : int
        Number of converters.
    die : int, 0 to `streams.MAX_DIE`
        Die number.
    seed : int, 0 to 2**32 - 1
        Seed of the errors.
    """

    count: int
    die: int
    seed: int

    def normal(self, stream: int, part: int = 0) -> FloatArray:
        """Draw a standard normal number for one part of each column's converter.

        The numbers of a column do not depend on the number of columns or parts.

        Parameters
        ----------
        stream : int
            Random stream of the error, from `sensorsim.core.streams`.
        part : int
            Number of the part in the converter.

        Returns
        -------
        float64 [count]
            Standard normal numbers.
        """
        draws = np.empty(self.count)
        fill_standard_normal(draws, part, self.seed, streams.of_die(stream, self.die))
        return draws


class SingleSlope(Description):
    """Single-slope converter: counts clock cycles until a ramp reaches the pixel's volts.

    Column counters and a global Gray counter give the same levels.
    """

    kind: Literal["single-slope"] = "single-slope"
    ramp_curvature_percent: float = Field(
        0.0,
        ge=-20,
        le=20,
        description="Quadratic bow of the ramp: its peak above the straight line, percent of full "
        "scale.",
    )
    conversion_time_us: float | None = Field(
        None, gt=0, le=1e6,
        description="Time of the ramp from zero to full scale, us; left out: 2**bits periods of "
        "the technology's counter.",
    )  # fmt: skip
    comparator_delay_ns: float = Field(
        0.0, ge=0, le=5e7, description="From the crossing of the ramp to the stop of the count, ns."
    )
    delay_mismatch_percent: float = Field(
        0.0, ge=0, le=15, description="Spread of that delay over columns, percent rms."
    )

    @model_validator(mode="after")
    def _delay_is_short(self) -> Self:
        if self.comparator_delay_ns == 0:
            return self
        if self.conversion_time_us is None:
            raise ValueError(
                f"comparator_delay_ns {self.comparator_delay_ns:g} without conversion_time_us: "
                "expected both, since a delay shifts codes by its fraction of the ramp's time"
            )
        longest_ns = _LONGEST_DELAY * self.conversion_time_us * 1e3
        if self.comparator_delay_ns > longest_ns:
            raise ValueError(
                f"comparator_delay_ns {self.comparator_delay_ns:g}: expected at most "
                f"{longest_ns:g}, a twentieth of conversion_time_us; shorten the delay or slow the "
                "ramp"
            )
        return self

    @property
    def varies_over_columns(self) -> bool:
        """Whether the columns of a die differ.

        Returns
        -------
        bool
            True if they have levels of their own.
        """
        return self.comparator_delay_ns > 0 and self.delay_mismatch_percent > 0

    def levels_v(
        self, bits: int, full_scale_v: float, columns: Columns, curve: ToneCurve | None = None
    ) -> FloatArray:
        """Transition levels: the ramp's voltage one comparator delay before each clock edge.

        Parameters
        ----------
        bits : int
            Resolution, bits.
        full_scale_v : float
            Voltage at which the ramp ends, V.
        columns : Columns
            Converters of the die, which differ in delay.
        curve : tone curve, optional
            Its inverse is the shape of the ramp. The bow acts on the ramp's voltage, like a current
            source of finite output resistance, so it has its stated peak for any shape. The ramp
            starts early enough to cross a black pixel: below zero its shape is the mirror image.

        Returns
        -------
        float64 [K, 2**bits - 1]
            Levels, V, ascending; K is the number of columns, or 1 if they are equal.
        """
        delay = np.zeros(1)
        if self.conversion_time_us is not None:
            delay = np.full(1, self.comparator_delay_ns * 1e-3 / self.conversion_time_us)
        if self.varies_over_columns:
            spread = self.delay_mismatch_percent / 100
            delay = delay * (1 + spread * columns.normal(streams.ADC_DELAY))
        time = np.arange(1, 2**bits) / 2**bits - delay[:, np.newaxis]
        shape = np.copysign((curve or Linear()).inverse(np.abs(time)), time)
        bow = 4 * self.ramp_curvature_percent / 100 * shape * (1 - shape)
        return (shape + bow) * full_scale_v


class Sar(Description):
    """Successive-approximation converter with a binary-weighted array of ``2**bits`` capacitors."""

    kind: Literal["sar"] = "sar"
    unit_capacitor_mismatch_percent: float = Field(
        0.0,
        ge=0,
        le=15,
        description="Spread of a unit capacitor, percent rms; one of 2**k units has 1 / sqrt(2**k) "
        "of it.",
    )

    @property
    def varies_over_columns(self) -> bool:
        """Whether the columns of a die differ.

        Returns
        -------
        bool
            True if they have levels of their own.
        """
        return self.unit_capacitor_mismatch_percent > 0

    def levels_v(self, bits: int, full_scale_v: float, columns: Columns) -> FloatArray:
        """Transition levels of the binary search over the capacitive DAC's levels.

        Parameters
        ----------
        bits : int
            Resolution, bits.
        full_scale_v : float
            Reference voltage, V.
        columns : Columns
            Converters of the die, which differ in capacitors.

        Returns
        -------
        float64 [K, 2**bits - 1]
            Levels, V, ascending; K is the number of columns, or 1 if they are equal.
        """
        units = (1 << np.arange(bits)).astype(np.float64)
        capacitors, terminator = units[np.newaxis], np.ones((1, 1))
        if self.varies_over_columns:
            unit_sigma = self.unit_capacitor_mismatch_percent / 100
            draws = [columns.normal(streams.ADC_MISMATCH, part) for part in range(bits + 1)]
            terminator = 1 + unit_sigma * draws[0][:, np.newaxis]
            capacitors = units + unit_sigma * np.sqrt(units) * np.stack(draws[1:], 1)
        total = capacitors.sum(1, keepdims=True) + terminator
        return search_levels(binary_sums(capacitors) / total) * full_scale_v


class Cyclic(Description):
    """Cyclic converter: per bit, compare with half of full scale, subtract, double the residue.

    The residue after a cycle is ``gain * (residue + amplifier_offset - bit * full_scale / 2)``.
    """

    kind: Literal["cyclic"] = "cyclic"
    gain_error_percent: float = Field(
        0.0, ge=-10, le=10, description="Error of the residue's gain of two, percent of two."
    )
    gain_mismatch_percent: float = Field(
        0.0, ge=0, le=5, description="Spread of that gain over columns, percent rms of two."
    )
    amplifier_offset_mv: float = Field(
        0.0, ge=-100, le=100, description="Offset at the input of the residue amplifier, mV."
    )

    @property
    def varies_over_columns(self) -> bool:
        """Whether the columns of a die differ.

        Returns
        -------
        bool
            True if they have levels of their own.
        """
        return self.gain_mismatch_percent > 0

    def levels_v(self, bits: int, full_scale_v: float, columns: Columns) -> FloatArray:
        """Transition levels of the binary search over the residues.

        Cycle i compares ``gain**i * (v - sum(bit_j * full_scale / 2 / gain**j, j < i))`` plus
        ``amplifier_offset * sum(gain**m, 1 <= m <= i)`` with half of full scale; the levels are the
        solutions for v.

        Parameters
        ----------
        bits : int
            Resolution, bits.
        full_scale_v : float
            Full scale, V.
        columns : Columns
            Converters of the die, which differ in gain.

        Returns
        -------
        float64 [K, 2**bits - 1]
            Levels, V, ascending; K is the number of columns, or 1 if they are equal.
        """
        error = np.full(1, self.gain_error_percent / 100)
        if self.varies_over_columns:
            spread = self.gain_mismatch_percent / 100
            error = error + spread * columns.normal(streams.ADC_MISMATCH)
        gain = 2 * (1 + error)
        weights = np.empty((gain.size, bits))  # from cycle 0 on, referred to the input
        weights[:, 0] = 0.5
        for cycle in range(1, bits):
            weights[:, cycle] = weights[:, cycle - 1] / gain
        tried = binary_sums(weights[:, ::-1])
        offset = np.zeros(gain.size)
        for cycle in range(1, bits):
            # Offset accumulated before this cycle's comparison, referred to the input.
            offset += self.amplifier_offset_mv * 1e-3 / full_scale_v * 2 * weights[:, cycle - 1]
            step = 2 ** (bits - 1 - cycle)
            tried[:, step :: 2 * step] -= offset[:, np.newaxis]
        return search_levels(tried) * full_scale_v


Architecture = Annotated[SingleSlope | Sar | Cyclic, Field(discriminator="kind")]


def binary_sums(weights: FloatArray) -> FloatArray:
    """Sum the weights of the bits that are set in each code.

    Parameters
    ----------
    weights : float64 [K, bits]
        Weights, least significant bit first.

    Returns
    -------
    float64 [K, 2**bits]
        Sums, in the unit of the weights.

    Examples
    --------
    >>> binary_sums(np.array([[1.0, 2.0]]))
    array([[0., 1., 2., 3.]])
    """
    sums = np.zeros((len(weights), 1))
    for weight in weights.T:
        sums = np.concatenate((sums, sums + weight[:, np.newaxis]), 1)
    return sums


def search_levels(tried: FloatArray) -> FloatArray:
    """Compute the transition levels of a binary search from the threshold of each trial.

    The search is a decision tree: the trial of code k adds the lowest set bit of k to the bits
    already found, and keeps it if the input is at least ``tried[k]``. At the trial where two inputs
    separate, the larger one keeps the bit, so the code is monotonic for any ``tried``. An input
    reaches this trial only if it lies between the levels ``k - step`` and ``k + step``, where
    ``step`` is the lowest set bit of k. So level k is ``tried[k]`` clipped to those two levels.
    Equal levels are missing codes.

    Parameters
    ----------
    tried : float64 [K, 2**bits]
        Threshold of the trial of each code; entry 0 is not used.

    Returns
    -------
    float64 [K, 2**bits - 1]
        Levels in the unit of ``tried``, ascending.

    Examples
    --------
    >>> search_levels(np.array([[0.0, 0.3, 0.5, 0.4]]))
    array([[0.3, 0.5, 0.5]])
    """
    codes = tried.shape[1]
    levels = np.full((len(tried), codes + 1), np.inf)
    levels[:, 0] = -np.inf
    step = codes // 2
    while step:
        below, above = levels[:, : -1 : 2 * step], levels[:, 2 * step :: 2 * step]
        levels[:, step :: 2 * step] = np.clip(tried[:, step :: 2 * step], below, above)
        step //= 2
    return levels[:, 1:-1]
