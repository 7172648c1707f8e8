"""Where the files that ship with the program lie.

In a source tree they lie beside the package; a wheel carries them inside it.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def _root() -> Path:
    installed = _PACKAGE / "shipped"
    return installed if installed.is_dir() else _PACKAGE.parent


def data(*parts: str) -> Path:
    """Path of a file or folder below ``data/``."""
    return _root().joinpath("data", *parts)


def pipelines() -> Path:
    """Folder of the ready pipelines."""
    return _root() / "pipelines"


def recipes() -> Path:
    """Folder of the recipes that networks were trained by."""
    return pipelines() / "recipes"
