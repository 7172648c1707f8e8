"""One scene in memory, as the readers of picture files return it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from sensorsim.core.errors import InputError
from sensorsim.optics.cfa import Bayer, bayer

FrameLayout = Literal["mono", "rgb"] | Bayer


@dataclass(frozen=True)
class Frame:
    """Relative linear light of one scene.

    Attributes
    ----------
    light : float32 [H, W, C]
        1.0 is white; brighter light is kept. C is 3 for ``rgb``, else 1.
    layout : FrameLayout
        "mono", "rgb" or a Bayer mosaic, which holds one color per pixel and begins with a whole
        cell.
    origin : str
        Where it came from, for messages.
    white : str
        What light 1.0 stands for in the file.
    metadata : mapping
        Further data of the file, and choices made while reading it.
    notes : tuple of str
        What the file states and was not followed, to be shown to the user.

    Raises
    ------
    InputError
        If the light is negative, infinite or NaN, or does not fit the layout.
    """

    light: npt.NDArray[np.float32]
    layout: FrameLayout
    origin: str
    white: str
    metadata: Mapping[str, str | int | float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        samples = 3 if self.layout == "rgb" else 1
        shape = self.light.shape
        if len(shape) != 3 or shape[-1] != samples or 0 in shape:
            raise InputError(
                f"{self.origin}: light of shape {shape}, expected (rows, columns, {samples}) for "
                f"the layout {self.layout!r}"
            )
        if not np.isfinite(self.light).all():
            count = np.count_nonzero(~np.isfinite(self.light))
            raise InputError(
                f"{self.origin}: {count} samples are NaN or infinite; expected finite light: "
                "repair the file, for instance by replacing them with their neighbors"
            )
        if self.light.min() < 0:
            raise InputError(
                f"{self.origin}: smallest light {self.light.min():g} of white; expected light >= 0:"
                " set negative samples to 0 if they are noise"
            )

    @property
    def mosaic(self) -> Bayer | None:
        """Layout of the mosaic.

        Returns
        -------
        Bayer or None
            The layout if it is a Bayer mosaic, else None.
        """
        return bayer(self.layout)
