"""Write one plane of digital numbers as DNG (Adobe's Digital Negative 1.4), for camera software."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from sensorsim.core.errors import InputError
from sensorsim.core.files import atomic_write
from sensorsim.optics.cfa import Bayer, cell_colors

SMALLEST_SIDE = 22
"""LibRaw, and so rawpy, does not accept smaller RAW images; pixels."""
_MOST = 2**16 - 1
_CFA, _MONO = 32803, 34892
_BYTE, _ASCII, _SHORT, _LONG, _RATIONAL, _SRATIONAL = 1, 2, 3, 4, 5, 10
_D65 = 21
_XYZ_TO_SRGB = (
    (32406, -15372, -4986),
    (-9689, 18758, 415),
    (557, -2040, 10570),
)
"""Ten-thousandths; IEC 61966-2-1. Simulated light has the primaries of sRGB."""

_Tag = tuple[int, int, int, object, bool]


def write_dng(
    path: Path, numbers: npt.NDArray[np.uint16], mosaic: Bayer | None, white: int, black: int = 0
) -> None:
    """Write one plane of digital numbers to a DNG file, atomically.

    A mosaic is written as CFA data, a plane without color filters as linear RAW of one sample.

    Parameters
    ----------
    path : Path
        File to write.
    numbers : uint16 [H, W]
        Digital numbers, DN.
    mosaic : Bayer or None
        Color filter of the plane.
    white, black : int
        Digital numbers of full scale and of no light, DN, 0 to 65535.

    Raises
    ------
    InputError
        If a side is below 22 pixels (LibRaw would not read it), the numbers are not a uint16 plane,
        not 0 <= black < white <= 65535, or the file cannot be written.
    """
    import tifffile

    if numbers.dtype != np.uint16 or numbers.ndim != 2:
        raise InputError(
            f"{path}: numbers of type {numbers.dtype} and shape {numbers.shape}, expected uint16 "
            "of one plane [rows, columns]"
        )
    if not 0 <= black < white <= _MOST:
        raise InputError(
            f"{path}: black {black}, white {white}: expected 0 <= black < white <= {_MOST}"
        )
    if min(numbers.shape) < SMALLEST_SIDE:
        raise InputError(
            f"{path}: {numbers.shape[0]} x {numbers.shape[1]} pixels, but DNG readers (LibRaw) "
            f"expect sides of at least {SMALLEST_SIDE}; simulate a larger frame"
        )
    photometric = _CFA if mosaic else _MONO
    with atomic_write(path) as part:
        # tifffile gives "linear RAW" three samples; so the tag is set after the file is written.
        tifffile.imwrite(
            part, numbers, photometric=_CFA if mosaic else "minisblack", metadata=None,
            software="sensorsim", extratags=_tags(mosaic, white, black),
        )  # fmt: skip
        if not mosaic:
            with tifffile.TiffFile(part, mode="r+") as file:
                file.pages.first.tags["PhotometricInterpretation"].overwrite(photometric)


def _tags(mosaic: Bayer | None, white: int, black: int) -> list[_Tag]:
    tags: list[_Tag] = [
        (50706, _BYTE, 4, bytes((1, 4, 0, 0)), True),  # DNGVersion
        (50707, _BYTE, 4, bytes((1, 1, 0, 0)), True),  # DNGBackwardVersion
        (50708, _ASCII, 0, "sensorsim", True),  # UniqueCameraModel
        (50714, _LONG, 1, black, True),  # BlackLevel
        (50717, _LONG, 1, white, True),  # WhiteLevel
    ]
    if mosaic:
        matrix = tuple(n for row in _XYZ_TO_SRGB for x in row for n in (x, 10_000))
        tags += [
            (33421, _SHORT, 2, (2, 2), True),  # CFARepeatPatternDim
            (33422, _BYTE, 4, bytes(cell_colors(mosaic)), True),  # CFAPattern
            (50721, _SRATIONAL, 9, matrix, True),  # ColorMatrix1
            (50728, _RATIONAL, 3, (1, 1) * 3, True),  # AsShotNeutral
            (50778, _SHORT, 1, _D65, True),  # CalibrationIlluminant1
        ]
    return tags
