"""Which reader opens a picture file: its suffix says so."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sensorsim.core.errors import InputError
from sensorsim.core.files import read_toml
from sensorsim.scenes.frame import Frame

_PHOTOGRAPHS = {".png", ".jpg", ".jpeg"}
_HEADERLESS = {".raw", ".bin", ".dat"}


def read_frame(
    path: str | Path,
    declared: Mapping[str, Any] | None = None,
    white_radiance: float | None = None,
) -> Frame:
    """Read one scene from a file.

    ``.exr`` is OpenEXR, ``.png`` and ``.jpg`` are photographs, ``.raw``, ``.bin`` and ``.dat`` are
    headerless, and so is any file whose layout is declared; all else is a camera's RAW file.

    Parameters
    ----------
    declared : mapping, optional
        Layout of a headerless file, in place of the TOML file beside it.
    white_radiance : float, optional
        White of an OpenEXR file; the 99th percentile of its luminance if left out.

    Raises
    ------
    InputError
        If there is no such file, it cannot be read, or its light is no light.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(
            f"{path}: no such file; expected camera RAW, headerless RAW, OpenEXR, PNG or JPEG"
        )
    suffix = path.suffix.lower()
    if white_radiance is not None and suffix != ".exr":
        raise InputError(f"{path}: only OpenEXR has a radiance; leave out that of white")
    if declared or suffix in _HEADERLESS:
        return _headerless(path, declared)
    if suffix == ".exr":
        from sensorsim.scenes.exr import read_exr

        return read_exr(path, white_radiance)
    if suffix in _PHOTOGRAPHS:
        from sensorsim.scenes.photograph import read_photograph

        return read_photograph(path)
    from sensorsim.scenes.raw import read_raw

    return read_raw(path)


def _headerless(path: Path, declared: Mapping[str, Any] | None) -> Frame:
    # Never by LibRaw, which takes a file without a header for a camera's that makes as many bytes.
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
