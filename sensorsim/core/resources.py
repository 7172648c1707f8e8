"""Paths of the files that ship with the program.

In a source tree they are beside the package, in a wheel inside it.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def _root() -> Path:
    installed = _PACKAGE / "shipped"
    return installed if installed.is_dir() else _PACKAGE.parent


def data(*parts: str) -> Path:
    """Path of a file or folder below ``data/``.

    Parameters
    ----------
    *parts : str
        Path components below ``data/``.

    Returns
    -------
    Path
        The path; not checked for existence.
    """
    return _root().joinpath("data", *parts)


def pipelines() -> Path:
    """Folder of the shipped pipelines.

    Returns
    -------
    Path
        ``pipelines/``.
    """
    return _root() / "pipelines"


def recipes() -> Path:
    """Folder of the training recipes of the shipped networks.

    Returns
    -------
    Path
        ``pipelines/recipes/``.
    """
    return pipelines() / "recipes"
