"""Addresses of random numbers: which stream of the counter-based generator belongs to what.

The key of a draw is ``(seed, stream)``; a stream is one noise source, and for fixed patterns one
noise source of one die. See `sensorsim.kernels.philox`.

A stream has 32 bits. Its top bit says whether training draws: no evaluation, whatever its seed and
die, reads a number that a training has seen.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sensorsim.core.errors import InputError

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
ADC_MISMATCH = 20
ADC_DELAY = 21
ADC_COLUMN_GAIN = 22
REFERENCE_MISMATCH = 30
ENERGY_CONSTANTS = 40
WEIGHT_FLIPS = 44
WEIGHT_STUCK = 45
CHANNEL_STUCK = 46
ACTIVATION_FLIPS = 47
RANDOM_INPUT = 48

TRAINING = 2**31
"""The bit of a stream that training sets and evaluation leaves clear."""
_STREAMS_PER_DIE = 256
MAX_DIE = TRAINING // _STREAMS_PER_DIE - 1
_FIRST_TRAINING_DIE = MAX_DIE + 1
MAX_SEED = 2**32 - 1
MAX_FRAME = 2**32 - 1


def of_die(stream: int, die: int) -> int:
    """Stream of a fixed pattern on one die.

    Parameters
    ----------
    stream : int
        One of this module's noise sources.
    die : int
        0 to `MAX_DIE` for evaluation; a training key holds numbers above that, whose streams have
        the bit `TRAINING` set.

    Returns
    -------
    int
        Stream number, 0 to 2**32 - 1.

    Raises
    ------
    InputError
        If ``die`` is out of range.
    """
    if not 0 <= die <= _FIRST_TRAINING_DIE + MAX_DIE:
        raise InputError(f"die {die}: expected 0 to {MAX_DIE}")
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
        Fixed patterns: the die through which each image is seen. Dies of a training key lie above
        `MAX_DIE`.
    training : bool
        Whether all draws come from addresses that no evaluation reaches.
    """

    seed: int
    frames: npt.NDArray[np.uint32]
    dies: npt.NDArray[np.int64]
    training: bool = False

    @classmethod
    def of(cls, seed: int, frames: npt.ArrayLike, dies: npt.ArrayLike = 0) -> "Key":
        """Build a key; one die number stands for all frames.

        Parameters
        ----------
        seed : int, 0 to `MAX_SEED`
        frames : integers [N], 0 to `MAX_FRAME`
        dies : integers [N] or one for all, 0 to `MAX_DIE`

        Returns
        -------
        Key

        Raises
        ------
        InputError
            If seed, frames or dies are no whole numbers or out of range, or there are neither one
            die nor as many as frames.
        """
        number = int(_whole("seed", seed, MAX_SEED))
        frame_array = np.atleast_1d(_whole("frame", frames, MAX_FRAME)).astype(np.uint32)
        die_array = _whole("die", dies, MAX_DIE)
        if die_array.ndim and die_array.shape != frame_array.shape:
            raise InputError(
                f"dies: shape {die_array.shape} beside frames of shape {frame_array.shape}; "
                "expected one die, or one for each frame"
            )
        die_array = np.broadcast_to(die_array, frame_array.shape)
        return cls(number, frame_array, np.ascontiguousarray(die_array))

    @classmethod
    def of_training(cls, seed: int, frames: npt.ArrayLike, dies: npt.ArrayLike = 0) -> "Key":
        """Build a key whose draws no evaluation reaches, whatever its seed, frames and dies.

        Parameters
        ----------
        seed : int, 0 to `MAX_SEED`
        frames : integers [N], 0 to `MAX_FRAME`
        dies : integers [N] or one for all, 0 to `MAX_DIE`
            Numbers of training dies; die 0 of training is not die 0 of evaluation.

        Returns
        -------
        Key

        Raises
        ------
        InputError
            Like `of`.
        """
        key = cls.of(seed, frames, dies)
        return cls(key.seed, key.frames, key.dies + _FIRST_TRAINING_DIE, True)

    def temporal(self, stream: int) -> int:
        """Stream of a temporal noise source under this key.

        Parameters
        ----------
        stream : int
            One of this module's noise sources.

        Returns
        -------
        int
            The same number, with the bit `TRAINING` set for a training key.
        """
        return stream | TRAINING if self.training else stream

    def check_covers(self, images: int) -> None:
        """Refuse a batch of another size than the key's.

        Parameters
        ----------
        images : int
            Images of the batch.

        Raises
        ------
        InputError
            If there are not as many frames and dies as ``images``.
        """
        if not self.frames.size == self.dies.size == images:
            raise InputError(
                f"key: {self.frames.size} frames on {self.dies.size} dies for {images} images; "
                "expected one of each per image: build it with Key.of(seed, frames, dies)"
            )

    def distinct_dies(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Die numbers that occur, and each image's row among them."""
        seen, rows = np.unique(self.dies, return_inverse=True)
        return seen, rows.astype(np.int64)


def _whole(name: str, values: npt.ArrayLike, most: int) -> npt.NDArray[np.int64]:
    """Numbers that address noise; a cast would wrap or cut what does not fit."""
    array = np.asarray(values)
    if array.size == 0:
        return array.astype(np.int64)
    if array.dtype.kind not in "iu":
        raise InputError(f"{name}: numbers of type {array.dtype}, expected integers 0 to {most}")
    if array.min() < 0 or array.max() > most:
        wrong = array.min() if array.min() < 0 else array.max()
        raise InputError(f"{name} {wrong}: expected 0 to {most}")
    return array.astype(np.int64)
