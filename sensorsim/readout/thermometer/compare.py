"""Compare samples with the levels of a die, with offsets, noise, hysteresis and bubbles."""

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
"""Bit field without bubbles for each number of ones."""


def compare_fields(
    volts: npt.NDArray[np.float32],
    levels: npt.NDArray[np.float64],
    full_scale_v: float,
    comparator: Comparator,
    circuit: ThermometerCircuit,
    key: streams.Key,
) -> FieldArray:
    """Compare every sample with M levels.

    Parameters
    ----------
    volts : float32 [N, H, W, C], V
        Pixel signals.
    levels : float64 [M]
        Levels as fractions of full scale, ascending, before mismatch; M is at most 32.
    full_scale_v : float
        Voltage of level 1, V.
    comparator : Comparator
        Noise and offset of each comparator.
    circuit : ThermometerCircuit
        Mode, hysteresis, mismatch and bubble correction.
    key : Key
        Noise addresses of the N frames.

    Returns
    -------
    uint32 [N, H, W, C]
        Bit m is 1 where volts + noise + offset >= level m, or, with corrected bubbles, where more
        than m levels were reached.

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
    """Remove bubbles: move the ones of each bit field to its lowest bits.

    Parameters
    ----------
    fields : uint32, any shape
        Bit fields.

    Returns
    -------
    uint32, shape of ``fields``
        Bit fields with as many ones, from bit 0 on.

    Examples
    --------
    >>> corrected(np.array([0b1010], np.uint32))
    array([3], dtype=uint32)
    """
    return _FILLED[np.bitwise_count(fields)]
