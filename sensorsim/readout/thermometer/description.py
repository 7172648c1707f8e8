"""The learned (or hand-made) readout: every sample is compared with M thresholds."""

from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from sensorsim.circuits.comparator_errors import Comparator, bad_volts, column_offsets_v, samples_of
from sensorsim.core import streams
from sensorsim.core.bits import BitArray, FieldArray, WordArray, pack_fields, spread_fields
from sensorsim.kernels.normal import MAX_NORMAL
from sensorsim.readout.level_tables import close_levels, step_table
from sensorsim.readout.thermometer.circuit import (
    ThermometerCircuit,
    mismatched_levels,
    reference_levels,
)
from sensorsim.readout.thermometer.kernel import compare, compare_with_memory

MAX_THRESHOLDS = 32
_STEPS = 2048
_FILLED = np.array([2**ones - 1 for ones in range(33)], np.uint32)
"""The bit field without bubbles that has so many ones."""


class Thermometer(ThermometerCircuit):
    """M decisions per color sample, kept as a bit field: bit m is the decision of threshold m.

    The BNN reads bit m of color c as channel ``c * M + m``.
    """

    kind: Literal["thermometer"] = "thermometer"
    thresholds: tuple[float, ...] = Field(
        description="Reference levels as parts of full scale, ascending, in (0, 1].",
        min_length=1,
        max_length=MAX_THRESHOLDS,
    )
    comparator: Comparator = Field(Comparator(), description="Errors of each comparator.")

    @model_validator(mode="after")
    def _thresholds_are_ordered(self) -> Self:
        t = np.asarray(self.thresholds)
        if t.min() <= 0 or t.max() > 1:
            raise ValueError(f"thresholds {list(self.thresholds)}: expected values in (0, 1]")
        if (np.diff(t) <= 0).any():
            raise ValueError(
                f"thresholds {list(self.thresholds)}: expected strictly ascending values; sort them"
            )
        reference_levels(t, self.reference_bits)
        return self

    @property
    def levels(self) -> int:
        """Number of thresholds M."""
        return len(self.thresholds)

    @property
    def bits_per_sample(self) -> int:
        """Bits that one color sample makes, and that the network reads."""
        return self.levels

    @property
    def link_bits_per_sample(self) -> int:
        """Bits that cross the link for one color sample: M raw lines, or their count encoded."""
        return self.levels if self.link == "raw" else self.levels.bit_length()

    @property
    def planes(self) -> int:
        """Weighted bit planes that the first layer reads."""
        return 1

    def channels(self, colors: int) -> int:
        """Channels of the plane."""
        return colors * self.levels

    def transitions(self) -> npt.NDArray[np.float64]:
        """Levels that the reference DAC gives, as parts of full scale, ascending."""
        return reference_levels(np.asarray(self.thresholds, np.float64), self.reference_bits)

    def convert(
        self, volts: npt.NDArray[np.float32], full_scale_v: float, key: streams.Key
    ) -> FieldArray:
        """Decisions of a batch of images.

        Parameters
        ----------
        volts : float32 [N, H, W, C]
        full_scale_v : float
            Volts that a threshold of 1 stands for.

        Returns
        -------
        uint32 [N, H, W, C], bit m the decision of threshold m
        """
        return compare_fields(volts, self.transitions(), full_scale_v, self.comparator, self, key)

    def digital_numbers(self, codes: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        """Number of levels that each sample reaches, 0 to M."""
        return np.bitwise_count(codes).astype(np.int64)

    def pack(self, codes: npt.NDArray[Any]) -> WordArray:
        """Packed plane that the BNN reads: uint64 [N, 1, H, W, words]."""
        return pack_fields(codes, self.levels)[:, np.newaxis]

    def bits_of(self, codes: FieldArray) -> BitArray:
        """Single decisions of codes [N, H, W, C]: uint8 [N, H, W, C * M] of 0 and 1."""
        return spread_fields(codes, self.levels)


def compare_fields(
    volts: npt.NDArray[np.float32],
    levels: npt.NDArray[np.float64],
    full_scale_v: float,
    comparator: Comparator,
    circuit: ThermometerCircuit,
    key: streams.Key,
) -> FieldArray:
    """Decisions of every sample against M levels.

    Parameters
    ----------
    volts : float32 [N, H, W, C]
    levels : float64 [M], parts of full scale, ascending, before mismatch

    Returns
    -------
    uint32 [N, H, W, C]; bit m is 1 where volts + noise + offset >= level m, or, with corrected
    bubbles, where more than m levels were reached

    Raises
    ------
    InputError
        If volts or full scale are not finite, full scale is not positive, or the key is of another
        number of images.
    """
    samples = samples_of(volts, full_scale_v, key)
    n, h, w, c = volts.shape
    m = levels.size
    sequential = circuit.mode == "sequential"
    seen, rows = key.distinct_dies()
    offsets = column_offsets_v(comparator, w * c, 1 if sequential else m, seen, key.seed)
    levels_v = full_scale_v * mismatched_levels(
        levels, circuit.reference_mismatch_percent, seen, key.seed
    )
    thresholds = np.ascontiguousarray(levels_v[:, np.newaxis] - offsets)
    noise_v = comparator.noise_mv * 1e-3
    out = np.empty((n, h * w * c), np.uint32)
    if circuit.hysteresis_mv > 0:
        finite = compare_with_memory(
            samples, thresholds, rows, key.frames, noise_v, circuit.hysteresis_mv * 1e-3,
            sequential, key.seed, key.temporal(streams.READOUT_NOISE), out,
        )  # fmt: skip
    else:
        reach_v = float(np.abs(offsets).max(initial=0)) + MAX_NORMAL * noise_v
        table = step_table(levels_v.min() - 2 * reach_v, levels_v.max() + 2 * reach_v, _STEPS)
        close = close_levels(levels_v, reach_v, table)
        finite = compare(
            samples, thresholds, *close, table.lowest, table.steps_per_v, rows, key.frames,
            noise_v, key.seed, key.temporal(streams.READOUT_NOISE), out,
        )  # fmt: skip
    if not finite:
        raise bad_volts()
    fields = out.reshape(volts.shape)
    return corrected(fields) if circuit.bubbles == "corrected" else fields


def corrected(fields: FieldArray) -> FieldArray:
    """Bit fields without bubbles: as many ones, from bit 0 on."""
    return _FILLED[np.bitwise_count(fields)]
