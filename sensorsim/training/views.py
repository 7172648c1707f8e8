"""A fixed set of shifted and mirrored views of every photograph.

Training draws one view per image and step. The set is fixed, so that a teacher's answers to all
views can be stored.
"""

import numpy as np
import numpy.typing as npt
from pydantic import Field

from sensorsim.core.description import Description


class Views(Description):
    """Shifts on a square grid, each also mirrored left to right."""

    shift_px: int = Field(
        2, ge=0, le=16, description="Largest shift in rows and in columns, in pixels."
    )
    step_px: int = Field(1, ge=1, le=16, description="Distance between shifts, in pixels.")
    mirror: bool = Field(True, description="Mirror images at random; unsuitable for digits.")

    @property
    def shifts(self) -> tuple[tuple[int, int], ...]:
        """Rows and columns of each shift; (0, 0) is among them.

        Returns
        -------
        tuple of (int, int)
            Shifts, pixels.
        """
        most = self.shift_px // self.step_px * self.step_px
        steps = range(-most, most + 1, self.step_px)
        return tuple((dy, dx) for dy in steps for dx in steps)

    @property
    def count(self) -> int:
        """Number of views.

        With mirroring, view ``v`` is shift ``v // 2``, mirrored if ``v`` is odd; without, view
        ``v`` is shift ``v``.

        Returns
        -------
        int
            Number of views.
        """
        return len(self.shifts) * (2 if self.mirror else 1)

    def shift_of(self, views: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Index of the shift of each view.

        Parameters
        ----------
        views : int64 [N]
            Numbers of views, 0 to ``count`` - 1.

        Returns
        -------
        int64 [N]
            Indices into `shifts`.
        """
        return views // 2 if self.mirror else views


class Photographs:
    """Images with a margin, from which views are cut.

    Parameters
    ----------
    images : uint8 [N, H, W, C]
        Images encoded in sRGB. The margin repeats the pixels at the edge.
    views : Views
        Shifts and mirrors.
    """

    def __init__(self, images: npt.NDArray[np.uint8], views: Views) -> None:
        margin = ((0, 0), (views.shift_px, views.shift_px), (views.shift_px, views.shift_px))
        self._padded = np.pad(images, (*margin, (0, 0)), mode="edge")
        self._shape = images.shape[1:]
        self.views = views

    def __len__(self) -> int:
        return len(self._padded)

    def take(
        self, index: npt.NDArray[np.int64], views: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.uint8]:
        """One view of each of some images.

        Parameters
        ----------
        index : int64 [n]
            Positions of the images.
        views : int64 [n]
            Number of each image's view, 0 to ``views.count`` - 1.

        Returns
        -------
        uint8 [n, H, W, C]
            The views.
        """
        height, width, _ = self._shape
        margin = self.views.shift_px
        shifts = self.views.shifts
        out = np.empty((index.size, *self._shape), np.uint8)
        for i, (source, view, shift) in enumerate(
            zip(index, views, self.views.shift_of(views), strict=True)
        ):
            dy, dx = shifts[shift]
            y, x = margin + dy, margin + dx
            crop = self._padded[source, y : y + height, x : x + width]
            out[i] = crop[:, ::-1] if self.views.mirror and view % 2 else crop
        return out
