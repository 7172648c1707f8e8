"""Labelled images in memory, as the dataset loaders return them."""

import hashlib
import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from sensorsim.core.arguments import whole_number
from sensorsim.core.errors import InputError


@dataclass(frozen=True, repr=False)
class Labelled:
    """Photographs encoded in sRGB, with their classes.

    Attributes
    ----------
    images : uint8 [N, H, W, C]
        sRGB codes; C is 1 or 3.
    labels : int64 [N]
        Class of each image, an index into ``class_names``.
    class_names : tuple of str
        Names of the classes.
    name : str
        Name of the dataset.
    origin : str
        Where the files came from, for messages.

    Raises
    ------
    InputError
        If the numbers of images and labels differ, or a label is not the index of a class.
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
                "expected one label per image"
            )
        if self.labels.size and not 0 <= self.labels.min() <= self.labels.max() < len(
            self.class_names
        ):
            raise InputError(
                f"{self.origin}: labels from {self.labels.min()} to {self.labels.max()}, "
                f"expected 0 to {len(self.class_names) - 1}"
            )

    def __repr__(self) -> str:
        shape = " x ".join(map(str, self.images.shape[1:]))
        classes = len(self.class_names)
        return f"<Labelled {self.name}: {len(self)} images of {shape}, {classes} classes>"

    def __len__(self) -> int:
        return len(self.images)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of images, their shape, labels and class names, for the provenance of results.

        Returns
        -------
        str
            Hexadecimal digest.
        """
        facts = {"shape": self.images.shape, "class_names": self.class_names}
        digest = hashlib.sha256(json.dumps(facts).encode())
        digest.update(np.ascontiguousarray(self.labels, "<i8").data)
        digest.update(np.ascontiguousarray(self.images).data)
        return digest.hexdigest()

    def first(self, count: int | None) -> "Labelled":
        """The first images of the dataset.

        Parameters
        ----------
        count : int or None
            Number of images; None for all.

        Returns
        -------
        Labelled
            The first ``count`` images.

        Raises
        ------
        InputError
            If ``count`` is not a whole number from 1 to the number of images.
        """
        if count is None:
            return self
        try:
            count = whole_number("images", count, 1, len(self))
        except InputError as error:
            raise InputError(f"{error} ({self.origin})") from None
        return replace(self, images=self.images[:count], labels=self.labels[:count])

    def take(self, index: npt.NDArray[np.int64]) -> "Labelled":
        """The images at the given positions.

        Parameters
        ----------
        index : int64 [M]
            Positions, from 0.

        Returns
        -------
        Labelled
            The M images, in the order of ``index``.
        """
        return replace(self, images=self.images[index], labels=self.labels[index])

    def numbered_like(self, class_names: Sequence[str]) -> "Labelled":
        """Number the classes as others do that have the same names.

        Names are the same if their letters and digits are, in upper or lower case: a folder cannot
        be called "T-shirt/top", but "T-shirt-top".

        Parameters
        ----------
        class_names : sequence of str
            Names in the wanted order; some may be without images here.

        Returns
        -------
        Labelled
            The same images with those names; this dataset itself if it has a class that is not
            among them, or if names are ambiguous.

        Examples
        --------
        >>> images = np.zeros((2, 1, 1, 1), np.uint8)
        >>> own = Labelled(images, np.array([0, 1]), ("T-shirt-top", "bag"), "own", "here")
        >>> own.numbered_like(["bag", "T-shirt/top"]).labels.tolist()
        [1, 0]
        """
        number = {_letters(name): i for i, name in enumerate(class_names)}
        wanted = [number.get(_letters(name)) for name in self.class_names]
        known = [w for w in wanted if w is not None]
        distinct = len(number) == len(class_names) and len(set(known)) == len(wanted)
        if self.class_names == tuple(class_names) or not distinct:
            return self
        labels = np.array(known, np.int64)[self.labels]
        return replace(self, labels=labels, class_names=tuple(class_names))


def _letters(name: str) -> str:
    """Letters and digits of a name, without case; other characters separate words."""
    text = unicodedata.normalize("NFKC", name).casefold()
    return " ".join("".join(c if c.isalnum() else " " for c in text).split())


def check_for_training(dataset: Labelled) -> None:
    """Raise unless a network can be trained on a dataset.

    Parameters
    ----------
    dataset : Labelled
        The training split.

    Raises
    ------
    InputError
        If there are fewer than ten images, fewer than two classes, or classes without any image;
        all of the latter are named.
    """
    names, origin = dataset.class_names, dataset.origin
    if len(names) < 2:
        only = f"a single class ({names[0]})" if names else "no class"
        raise InputError(
            f"{origin}: {only}, expected at least two to train on; add a folder of images of "
            "another class"
        )
    if not len(dataset):
        raise InputError(f"{origin}: no training images; add images of every class")
    counts = np.bincount(dataset.labels, minlength=len(names))
    without = [n for n, count in zip(names, counts, strict=True) if not count]
    if without:
        only = np.count_nonzero(counts) == 1
        raise InputError(
            f"{origin}: no training image of {', '.join(without)}"
            + (f", all are of {names[counts.argmax()]}" if only else "")
            + "; add some, or remove those classes"
        )
    if len(dataset) < 10:
        raise InputError(
            f"{origin}: {len(dataset)} training images, expected at least 10, of which a tenth is "
            "set apart for validation; add images"
        )
