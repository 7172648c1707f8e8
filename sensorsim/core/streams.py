"""Addresses of random numbers: which stream of the counter-based generator each noise source uses.

The key of a draw is ``(seed, stream)``; a stream is one noise source, and for fixed patterns one
noise source of one die. See `sensorsim.kernels.philox`.

A stream has 32 bits. Its top bit is set for training: no evaluation, whatever its seed and die,
uses a number that a training has used.
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
"""Stream bit that training sets and evaluation clears."""
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
        0 to `MAX_DIE` for evaluation; a training key uses larger numbers, whose streams have the
        bit `TRAINING` set.

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
    """Addresses of the random numbers of a batch of N images.

    Attributes
    ----------
    seed : int
        0 to `MAX_SEED`.
    frames : uint32 [N]
        Temporal noise: the same frame number gives the same noise.
    dies : int64 [N]
        Fixed patterns: die that sees each image. Dies of a training key lie above `MAX_DIE`.
    training : bool
        Whether all draws use addresses that no evaluation uses.
    """

    seed: int
    frames: npt.NDArray[np.uint32]
    dies: npt.NDArray[np.int64]
    training: bool = False

    @classmethod
    def of(cls, seed: int, frames: npt.ArrayLike, dies: npt.ArrayLike = 0) -> "Key":
        """Build a key for evaluation.

        Parameters
        ----------
        seed : int
            0 to `MAX_SEED`.
        frames : int [N]
            Frame number of each image, 0 to `MAX_FRAME`.
        dies : int or int [N]
            One die for all images, or one per image; 0 to `MAX_DIE`.

        Returns
        -------
        Key
            Key of N images.

        Raises
        ------
        InputError
            If seed, frames or dies are not integers or out of range, or the number of dies is
            neither one nor that of the frames.

        Examples
        --------
        >>> Key.of(1, range(3)).dies.tolist()
        [0, 0, 0]
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
        """Build a key whose draws no evaluation uses, whatever its seed, frames and dies.

        Parameters
        ----------
        seed : int
            0 to `MAX_SEED`.
        frames : int [N]
            Frame number of each image, 0 to `MAX_FRAME`.
        dies : int or int [N]
            Training dies, 0 to `MAX_DIE`; die 0 of training is not die 0 of evaluation.

        Returns
        -------
        Key
            Key of N images.

        Raises
        ------
        InputError
            As for `of`.
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
            ``stream``, with the bit `TRAINING` set for a training key.
        """
        return stream | TRAINING if self.training else stream

    def check_covers(self, images: int) -> None:
        """Raise unless the key has one frame and one die per image.

        Parameters
        ----------
        images : int
            Number of images of the batch.

        Raises
        ------
        InputError
            If the number of frames or dies differs from ``images``.
        """
        if not self.frames.size == self.dies.size == images:
            raise InputError(
                f"key: {self.frames.size} frames on {self.dies.size} dies for {images} images; "
                "expected one of each per image: build it with Key.of(seed, frames, dies)"
            )

    def distinct_dies(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Distinct die numbers, and the index of each image's die among them.

        Returns
        -------
        seen : int64 [D]
            Die numbers, ascending.
        rows : int64 [N]
            Index of each image's die in ``seen``.
        """
        seen, rows = np.unique(self.dies, return_inverse=True)
        return seen, rows.astype(np.int64)


def _whole(name: str, values: npt.ArrayLike, most: int) -> npt.NDArray[np.int64]:
    """Check integers that address noise; a cast would wrap or truncate values out of range."""
    array = np.asarray(values)
    if array.size == 0:
        return array.astype(np.int64)
    if array.dtype.kind not in "iu":
        what = f"{name}: numbers of type {array.dtype}" if array.ndim else f"{name} {values!r}"
        raise InputError(f"{what}: expected whole numbers from 0 to {most}")
    if array.min() < 0 or array.max() > most:
        wrong = array.min() if array.min() < 0 else array.max()
        raise InputError(f"{name} {wrong}: expected 0 to {most}")
    return array.astype(np.int64)
