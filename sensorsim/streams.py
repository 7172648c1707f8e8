"""Addresses of random numbers: which stream of the counter-based generator belongs to what.

The key of a draw is ``(seed, stream)``; a stream is one noise source, and for fixed patterns one
noise source of one die. See `sensorsim.kernels.philox`.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

EXPOSURE = 1
SHOT_NOISE = 2
READ_NOISE = 3
PRNU = 4
DSNU = 5
READOUT_NOISE = 6
READOUT_OFFSET = 7
TRAINING_ORDER = 8
AUGMENTATION = 9
WEIGHTS = 10
RESET_NOISE = 11
RTS_NOISE = 12
ROW_NOISE = 13
RTS_PIXELS = 14
ROW_OFFSET = 15
COLUMN_OFFSET = 16
COLUMN_GAIN = 17
DARK_SPREAD = 18
REFERENCE_MISMATCH = 30
ADC_MISMATCH = 20
ADC_DELAY = 21
ADC_COLUMN_GAIN = 22
ENERGY_CONSTANTS = 40
WEIGHT_FLIPS = 44
WEIGHT_STUCK = 45
CHANNEL_STUCK = 46
ACTIVATION_FLIPS = 47
RANDOM_INPUT = 48

_STREAMS_PER_DIE = 256
MAX_DIE = 2**32 // _STREAMS_PER_DIE - 1
MAX_SEED = 2**32 - 1


def of_die(stream: int, die: int) -> int:
    """Stream of a fixed pattern on one die.

    Parameters
    ----------
    stream : int
        One of this module's noise sources.
    die : int, 0 to `MAX_DIE`

    Raises
    ------
    ValueError
        If ``die`` is out of range.
    """
    if not 0 <= die <= MAX_DIE:
        raise ValueError(f"die {die}: expected 0 to {MAX_DIE}")
    return stream + _STREAMS_PER_DIE * die


@dataclass(frozen=True)
class Key:
    """Where the random numbers of a batch of N images live.

    Attributes
    ----------
    seed : int, 0 to `MAX_SEED`
    frames : uint32 [N]
        Temporal noise: the same frame number gives the same noise.
    dies : int64 [N]
        Fixed patterns: the die through which each image is seen.
    """

    seed: int
    frames: npt.NDArray[np.uint32]
    dies: npt.NDArray[np.int64]

    @classmethod
    def of(cls, seed: int, frames: npt.ArrayLike, dies: npt.ArrayLike = 0) -> "Key":
        """Build a key; one die number stands for all frames.

        Raises
        ------
        ValueError
            If the seed does not fit 32 bits.
        """
        if not 0 <= seed <= MAX_SEED:
            raise ValueError(f"seed {seed}: expected 0 to {MAX_SEED}")
        frame_array = np.atleast_1d(np.asarray(frames, np.uint32))
        die_array = np.broadcast_to(np.asarray(dies, np.int64), frame_array.shape)
        return cls(seed, frame_array, np.ascontiguousarray(die_array))

    def distinct_dies(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Die numbers that occur, and each image's row among them."""
        seen, rows = np.unique(self.dies, return_inverse=True)
        return seen, rows.astype(np.int64)
