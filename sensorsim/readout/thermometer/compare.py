"""Comparison of samples with levels: offsets and levels of a die, noise of a frame, bubbles."""

import numpy as np
import numpy.typing as npt

from sensorsim.circuits.comparator import Comparator, column_offsets_v
from sensorsim.core import pool, streams
from sensorsim.core.bits import FieldArray
from sensorsim.kernels.normal import MAX_NORMAL
from sensorsim.kernels.segments import spans_of
from sensorsim.readout.level_tables import close_levels, step_table
from sensorsim.readout.thermometer.circuit import ThermometerCircuit, mismatched_levels
from sensorsim.readout.thermometer.kernel import compare, compare_with_memory
from sensorsim.readout.volts import bad_volts, samples_of

_STEPS = 2048
_FILLED = np.array([2**ones - 1 for ones in range(33)], np.uint32)
"""The bit field without bubbles that has so many ones."""


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
    hysteresis_v, stream = circuit.hysteresis_mv * 1e-3, key.temporal(streams.READOUT_NOISE)
    if hysteresis_v > 0:

        def with_memory(claimed: pool.Counter) -> bool:
            return compare_with_memory(
                samples, thresholds, rows, key.frames, noise_v, hysteresis_v, sequential, key.seed,
                stream, claimed, out,
            )  # fmt: skip

        finite = pool.share(with_memory, n)
    else:
        reach_v = float(np.abs(offsets).max(initial=0)) + MAX_NORMAL * noise_v
        table = step_table(levels_v.min() - 2 * reach_v, levels_v.max() + 2 * reach_v, _STEPS)
        close = close_levels(levels_v, reach_v, table)

        def at_once(claimed: pool.Counter) -> bool:
            return compare(
                samples, thresholds, *close, table.lowest, table.steps_per_v, rows, key.frames,
                noise_v, key.seed, stream, claimed, out,
            )  # fmt: skip

        finite = pool.share(at_once, n * spans_of(h * w * c))
    if not all(finite):
        raise bad_volts()
    fields = out.reshape(volts.shape)
    return corrected(fields) if circuit.bubbles == "corrected" else fields


def corrected(fields: FieldArray) -> FieldArray:
    """Bit fields without bubbles: as many ones, from bit 0 on."""
    return _FILLED[np.bitwise_count(fields)]
