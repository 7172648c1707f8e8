"""How a converter searches for its code, and the static errors that its parts make.

Each architecture turns physical errors into the transition levels of every column: level k is the
input from which on the code is k or more. An architecture without errors has the levels
``k / 2**bits`` of full scale exactly.
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
"""Part of the ramp: with its spread it stays below a tenth, where a bowed ramp still rises."""


@dataclass(frozen=True)
class Columns:
    """The converters of one die, one per column and color.

    Attributes
    ----------
    count : int
    die : int, 0 to `streams.MAX_DIE`
    seed : int
    """

    count: int
    die: int
    seed: int

    def normal(self, stream: int, part: int = 0) -> FloatArray:
        """One standard normal number per column for a part of its converter: float64 [count].

        A column keeps its numbers when the die gets more columns or its converters more parts.
        """
        draws = np.empty(self.count)
        fill_standard_normal(draws, part, self.seed, streams.of_die(stream, self.die))
        return draws


class SingleSlope(Description):
    """A counter runs until a ramp reaches the pixel's volts.

    Column counters and one global Gray counter count the same clock, so both have these levels.
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
                "expected the time of the ramp beside it, since a delay shifts codes by its part "
                "of the ramp"
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
        """Whether columns of a die differ."""
        return self.comparator_delay_ns > 0 and self.delay_mismatch_percent > 0

    def levels_v(
        self, bits: int, full_scale_v: float, columns: Columns, curve: ToneCurve | None = None
    ) -> FloatArray:
        """Transition levels: where the ramp stands one delay before each tick of the clock.

        Parameters
        ----------
        curve : tone curve, optional
            Its inverse is the shape of the ramp. The bow acts on the ramp's voltage, as a current
            source of finite output resistance makes it, and so has its stated peak for any shape.
            The ramp starts early enough to cross a black pixel: below zero its shape continues as
            the mirror image.

        Returns
        -------
        float64 [K, 2**bits - 1], ascending, volts
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
    """Successive approximation with a binary-weighted array of ``2**bits`` unit capacitors."""

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
        """Whether columns of a die differ."""
        return self.unit_capacitor_mismatch_percent > 0

    def levels_v(self, bits: int, full_scale_v: float, columns: Columns) -> FloatArray:
        """Transition levels of the search through the levels of the capacitive DAC.

        Returns
        -------
        float64 [K, 2**bits - 1], ascending, volts
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
    """One bit per cycle: compare with half of full scale, subtract, amplify the residue by two.

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
        """Whether columns of a die differ."""
        return self.gain_mismatch_percent > 0

    def levels_v(self, bits: int, full_scale_v: float, columns: Columns) -> FloatArray:
        """Transition levels of the search through the residues.

        Cycle i sees ``gain**i * (v - sum(bit_j * full_scale / 2 / gain**j, j < i))`` plus
        ``amplifier_offset * sum(gain**m, 1 <= m <= i)``; solved for v at half of full scale.

        Returns
        -------
        float64 [K, 2**bits - 1], ascending, volts
        """
        error = np.full(1, self.gain_error_percent / 100)
        if self.varies_over_columns:
            spread = self.gain_mismatch_percent / 100
            error = error + spread * columns.normal(streams.ADC_MISMATCH)
        gain = 2 * (1 + error)
        weights = np.empty((gain.size, bits))  # of cycle 0 first, referred to the input
        weights[:, 0] = 0.5
        for cycle in range(1, bits):
            weights[:, cycle] = weights[:, cycle - 1] / gain
        tried = binary_sums(weights[:, ::-1])
        offset = np.zeros(gain.size)
        for cycle in range(1, bits):
            # What the amplifier has added before this cycle compares, referred to the input.
            offset += self.amplifier_offset_mv * 1e-3 / full_scale_v * 2 * weights[:, cycle - 1]
            step = 2 ** (bits - 1 - cycle)
            tried[:, step :: 2 * step] -= offset[:, np.newaxis]
        return search_levels(tried) * full_scale_v


Architecture = Annotated[SingleSlope | Sar | Cyclic, Field(discriminator="kind")]


def binary_sums(weights: FloatArray) -> FloatArray:
    """Sum of the weights of the bits that are set in each code.

    Parameters
    ----------
    weights : float64 [K, bits], of the least significant bit first

    Returns
    -------
    float64 [K, 2**bits]
    """
    sums = np.zeros((len(weights), 1))
    for weight in weights.T:
        sums = np.concatenate((sums, sums + weight[:, np.newaxis]), 1)
    return sums


def search_levels(tried: FloatArray) -> FloatArray:
    """Transition levels of a binary search from the level at which each trial turns.

    The search is a decision tree: the trial of code k sets the lowest set bit of k under the bits
    already found, and keeps it if the input is ``tried[k]`` or more. Two inputs part at one trial,
    with the larger one going up, so the code is monotone whatever the order of ``tried``. A trial
    sees only the inputs that the trials above it let through: code k or more is reached from
    ``tried[k]`` clipped to the levels of those trials, which are ``k - step`` and ``k + step`` with
    ``step`` the lowest set bit of k. Clipped levels are equal: the codes between never come.

    Parameters
    ----------
    tried : float64 [K, 2**bits]
        Entry 0 is not read: code 0 is not tried.

    Returns
    -------
    float64 [K, 2**bits - 1], ascending
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
