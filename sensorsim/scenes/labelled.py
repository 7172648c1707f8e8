"""Labelled images in memory: what every dataset loader returns."""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from sensorsim.errors import InputError


@dataclass(frozen=True)
class Labelled:
    """Photographs encoded in sRGB, with their classes.

    Attributes
    ----------
    images : uint8 [N, H, W, C]
    labels : int64 [N]
    class_names : tuple of str
    name : str
        Name of the dataset.
    origin : str
        Where the files came from, for the user to read.
    """

    images: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]
    class_names: tuple[str, ...]
    name: str
    origin: str

    def __post_init__(self) -> None:
        if len(self.images) != len(self.labels):
            raise InputError(
                f"{self.origin}: {len(self.images)} images but {len(self.labels)} labels; "
                "expected as many of one as of the other"
            )
        if self.labels.size and not 0 <= self.labels.min() <= self.labels.max() < len(
            self.class_names
        ):
            raise InputError(
                f"{self.origin}: labels from {self.labels.min()} to {self.labels.max()}, "
                f"expected 0 to {len(self.class_names) - 1}"
            )

    def __len__(self) -> int:
        return len(self.images)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the images, for the provenance of results."""
        return hashlib.sha256(self.images.tobytes()).hexdigest()

    def first(self, count: int | None) -> "Labelled":
        """The first ``count`` images, or all of them for None.

        Raises
        ------
        InputError
            If there are fewer than ``count`` or ``count`` is not positive.
        """
        if count is None or count == len(self):
            return self
        if not 1 <= count <= len(self):
            raise InputError(f"images = {count}: expected 1 to {len(self)} ({self.origin})")
        return replace(self, images=self.images[:count], labels=self.labels[:count])

    def take(self, index: npt.NDArray[np.int64]) -> "Labelled":
        """The images of the given positions."""
        return replace(self, images=self.images[index], labels=self.labels[index])
