"""The learned (or hand-made) readout: M comparators per column, each with its own threshold."""

from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from sensorsim import streams
from sensorsim.bits import WordArray, pack
from sensorsim.description import Description
from sensorsim.kernels.comparators import compare
from sensorsim.readout.comparator import Comparator, column_offsets_v

MAX_THRESHOLDS = 32


class Thermometer(Description):
    """M comparators in parallel; M raw bits per color sample, bubbles kept.

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
        return self

    @property
    def levels(self) -> int:
        """Number of thresholds M."""
        return len(self.thresholds)

    @property
    def bits_per_sample(self) -> int:
        """Bits that one color sample makes."""
        return self.levels

    @property
    def link_bits_per_sample(self) -> int:
        """Bits that cross the link for one color sample: M raw lines."""
        return self.levels

    @property
    def planes(self) -> int:
        """Weighted bit planes that the first layer reads."""
        return 1

    def channels(self, colors: int) -> int:
        """Channels of the plane."""
        return colors * self.levels

    def transitions(self) -> npt.NDArray[np.float64]:
        """Transition levels as parts of full scale, ascending."""
        return np.asarray(self.thresholds, np.float64)

    def convert(
        self, volts: npt.NDArray[np.float32], full_scale_v: float, key: streams.Key
    ) -> npt.NDArray[np.uint8]:
        """Comparator bits of a batch of images.

        Parameters
        ----------
        volts : float32 [N, H, W, C]
        full_scale_v : float
            Volts that a threshold of 1 stands for.

        Returns
        -------
        uint8 [N, H, W, C * M] of 0 and 1
        """
        return compare_bits(volts, self.transitions() * full_scale_v, self.comparator, key)

    def pack(self, codes: npt.NDArray[Any]) -> WordArray:
        """Packed plane that the BNN reads: uint64 [N, 1, H, W, words]."""
        return pack(codes)[:, np.newaxis]


def compare_bits(
    volts: npt.NDArray[np.float32],
    thresholds_v: npt.NDArray[np.float64],
    comparator: Comparator,
    key: streams.Key,
) -> npt.NDArray[np.uint8]:
    """Decisions of M comparators per column.

    Parameters
    ----------
    volts : float32 [N, H, W, C]
    thresholds_v : float64 [M], ascending

    Returns
    -------
    uint8 [N, H, W, C * M], 1 where volts + noise + offset >= threshold
    """
    n, h, w, c = volts.shape
    m = thresholds_v.size
    seen, rows = key.distinct_dies()
    offsets = column_offsets_v(comparator, w * c, m, seen, key.seed)
    out = np.empty((n, h * w * c, m), np.uint8)
    compare(
        np.ascontiguousarray(volts).reshape(n, -1), np.ascontiguousarray(thresholds_v), offsets,
        rows, key.frames, w * c, comparator.noise_mv * 1e-3, key.seed, streams.READOUT_NOISE, out,
    )  # fmt: skip
    return out.reshape(n, h, w, c * m)
