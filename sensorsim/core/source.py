"""Digests of source code, for results that are resumed only by the code that began them."""

import ast
import hashlib
import sys
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1]


def source_digest(names: tuple[str, ...], without: frozenset[str] = frozenset()) -> str:
    """SHA-256 of the code of source files of the package.

    Comments, docstrings and layout do not count: a reworded sentence invalidates no checkpoint.
    Another version of Python may parse the same code into another syntax tree, and then the digest
    differs.

    Parameters
    ----------
    names : tuple of str
        Files and folders, relative to the package.
    without : frozenset of str
        Files to leave out, relative to the package.

    Returns
    -------
    str
        Hexadecimal.
    """
    sha = hashlib.sha256()
    for name in names:
        for file in _files(PACKAGE / name):
            stated = file.relative_to(PACKAGE).as_posix()
            if stated not in without:
                _update(sha, stated, file)
    return sha.hexdigest()


@cache
def foreign_digest(kind: type) -> str:
    """SHA-256 of the code of the package that defines a class, if it is not this package.

    Parameters
    ----------
    kind : type
        A class, like that of a readout.

    Returns
    -------
    str
        Hexadecimal, of all modules of the class's top-level package; empty for a class of this
        package. If there is no source file, as in an interactive session, it is that of the
        module's name alone.
    """
    module = kind.__module__
    if module.partition(".")[0] == PACKAGE.name:
        return ""
    top = sys.modules.get(module.partition(".")[0])
    origin = getattr(top, "__file__", None)
    sha = hashlib.sha256(module.encode())
    if origin is None or not Path(origin).is_file():
        return sha.hexdigest()
    place = Path(origin)
    for file in _files(place.parent if place.name == "__init__.py" else place):
        _update(sha, file.relative_to(place.parent).as_posix(), file)
    return sha.hexdigest()


def _files(place: Path) -> list[Path]:
    return sorted(place.rglob("*.py")) if place.is_dir() else [place]


def _update(sha: "hashlib._Hash", stated: str, file: Path) -> None:
    sha.update(stated.encode())
    sha.update(_code_of(file.read_text("utf-8")).encode())


def _code_of(source: str) -> str:
    """A module's syntax tree without docstrings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            continue
        if ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)
