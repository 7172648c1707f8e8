"""Read a picture file with the reader that its suffix selects."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sensorsim.core.errors import InputError
from sensorsim.core.files import read_toml
from sensorsim.scenes.frame import Frame
from sensorsim.scenes.unreadable import UnreadableError

_HEADERLESS = {".raw", ".bin", ".dat"}


def read_frame(
    path: str | Path,
    declared: Mapping[str, Any] | None = None,
    white_radiance: float | None = None,
) -> Frame:
    """Read one scene from a file.

    ``.exr`` is OpenEXR; `photograph.SUFFIXES` are photographs, except that TIFF files with the tags
    of a color filter array are camera RAW; ``.raw``, ``.bin`` and ``.dat`` are headerless, and so
    is any file whose layout is declared; all else is read as a camera's RAW file.

    Parameters
    ----------
    path : str or Path
        File to read.
    declared : mapping, optional
        Layout of a headerless file (`HeaderlessLayout`), instead of the TOML file beside it.
    white_radiance : float, optional
        Radiance of white in an OpenEXR file, in the file's units; by default the 99th percentile of
        its luminance.

    Returns
    -------
    Frame
        Relative linear light of the scene.

    Raises
    ------
    InputError
        If the file does not exist, cannot be read, or holds negative, infinite or NaN light; or if
        a white radiance is given for another format.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(
            f"{path}: no such file; expected camera RAW, headerless RAW, OpenEXR or a photograph "
            "(PNG, JPEG, TIFF, ...)"
        )
    suffix = path.suffix.lower()
    if white_radiance is not None and suffix != ".exr":
        raise InputError(f"{path}: only OpenEXR has a radiance; leave out the white radiance")
    if declared or suffix in _HEADERLESS:
        return _headerless(path, declared)
    if suffix == ".exr":
        from sensorsim.scenes.exr import read_exr

        return read_exr(path, white_radiance)
    from sensorsim.scenes.photograph import SUFFIXES, read_photograph

    if suffix in SUFFIXES and not _is_raw_tiff(path):
        return read_photograph(path)
    from sensorsim.scenes.raw import read_raw

    return read_raw(path)


def _is_raw_tiff(path: Path) -> bool:
    """Whether a TIFF file is camera RAW; a damaged one is left to the reader of photographs."""
    from sensorsim.scenes import tiff

    with path.open("rb") as file:
        if not tiff.is_tiff(file.read(4)):
            return False
        file.seek(0)
        try:
            return tiff.holds_raw(file)
        except UnreadableError:
            return False


def _headerless(path: Path, declared: Mapping[str, Any] | None) -> Frame:
    # Not with LibRaw: it takes a headerless file for the RAW file of a camera with as many bytes.
    from sensorsim.scenes.headerless import layout_beside, read_headerless

    if declared:
        return read_headerless(path, declared)
    beside = layout_beside(path)
    if not beside.is_file():
        raise InputError(
            f"{path}: has no header; declare its layout (width, height, bits, cfa) in {beside}, "
            "or on the command line with --declare width=1920 ..."
        )
    return read_headerless(path, read_toml(beside))
