"""Read and write model files: sealed archives of a JSON header and the layers' arrays.

``header.json`` states format and version, the conventions of `sensorsim.core.bits` (bit order,
ties, padding), input, readout, classes, layers and training. The arrays of layer 3 are named
``3.weights.npy`` and so on; those of the first layer in the second branch of a sum or concatenation
at position 3 are named ``3.1.0.weights.npy``. A file is rejected if it lacks an array that its
header names, or holds anything else. See docs/model_file.md.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from sensorsim.bnn import archive
from sensorsim.bnn.layers import (
    Branching,
    Concat,
    Convolution,
    Dense,
    Layer,
    MaxPool,
    Scores,
    Shuffle,
    Sum,
    Threshold,
    Votes,
)
from sensorsim.bnn.model import Input, Model, Training
from sensorsim.core import resources
from sensorsim.core.description import Description
from sensorsim.core.errors import InputError
from sensorsim.core.nearest import suggestion
from sensorsim.readout import AnyReadout, uses_readouts

FORMAT = "sensorsim-bnn"
VERSION = 2
_CONVENTIONS = {
    "bits": "NHWC, channels packed least significant bit first in little-endian uint64",
    "one": "+1",
    "zero": "-1",
    "ties": ">= gives +1",
    "padding": "-1",
    "weights": "order (ky, kx, channel); dense (row, column, channel)",
}
_ARRAYS: dict[str, dict[str, str]] = {
    "convolution": {"weights": "<u8"},
    "dense": {"weights": "<u8"},
    "threshold": {"levels": "<i8", "rising": "|b1"},
    "max-pool": {},
    "shuffle": {},
    "scores": {"weights": "<u8", "scale": "<i8", "bias": "<i8"},
    "votes": {"scale": "<i8", "bias": "<i8"},
}
_CLASSES: dict[str, Callable[..., Layer]] = {
    c.kind: c for c in (Convolution, Dense, Threshold, MaxPool, Shuffle, Scores, Votes)
}


@uses_readouts
class _Header(Description):
    """Content of ``header.json``."""

    format: str
    version: int
    conventions: dict[str, str]
    input: Input
    readout: AnyReadout
    class_names: tuple[str, ...]
    layers: tuple[dict[str, Any], ...]
    training: Training


class ModelFile(NamedTuple):
    """A model together with the file that it was read from.

    Attributes
    ----------
    path : Path
        Path of the file.
    sha256 : str
        SHA-256 of the whole file, 64 hexadecimal digits.
    model : Model
        The model.
    """

    path: Path
    sha256: str
    model: Model


def save_model(model: Model, path: Path) -> None:
    """Write a model to a temporary file, then rename it.

    Parameters
    ----------
    model : Model
        Model to write.
    path : Path
        File to write; an existing file is replaced.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    arrays: dict[str, bytes] = {}
    layers = _describe(model.layers, "", arrays)
    header = {
        "format": FORMAT,
        "version": VERSION,
        "conventions": _CONVENTIONS,
        "input": model.input.model_dump(),
        "readout": model.readout.model_dump(),
        "class_names": model.class_names,
        "layers": layers,
        "training": model.training.model_dump(),
    }
    archive.write(path, header, arrays)


def load_model(path: str | Path) -> Model:
    """Read and check a model file.

    Parameters
    ----------
    path : str or Path
        File to read.

    Returns
    -------
    Model
        The model, with all checks passed.

    Raises
    ------
    InputError
        If the file is missing, damaged, too large, of another format or version, holds more or less
        than its header names, or its layers do not fit.

    Examples
    --------
    >>> model = load_model(find_model("fashion-mnist/adc-linear-8"))
    >>> len(model.class_names)
    10
    """
    path = Path(path)
    try:
        return _build(archive.read(path))
    except InputError as error:
        raise InputError(f"{path}: not a usable model file: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        raise InputError(f"{path}: not a usable model file: {field}: {first['msg']}") from None
    except archive.DAMAGE as error:
        raise InputError(
            f"{path}: not a usable model file ({type(error).__name__}: {error}); "
            "expected a file that 'sensorsim train' wrote"
        ) from None


def read_model(path: Path) -> ModelFile:
    """Read a model together with the SHA-256 of its file.

    Parameters
    ----------
    path : Path
        File to read.

    Returns
    -------
    ModelFile
        Path, SHA-256 and model.

    Raises
    ------
    InputError
        As `load_model`.
    """
    return ModelFile(path, model_digest(path), load_model(path))


def find_model(name: str, folder: Path | None = None) -> Path:
    """Find a model file by path or by the name of a shipped model.

    Candidates, in this order: ``folder / name``, ``name`` itself, the shipped model of that name.

    Parameters
    ----------
    name : str
        Path of a file, or name like ``"fashion-mnist/adc-linear-8"``.
    folder : Path, optional
        Folder of the pipeline file, for relative paths.

    Returns
    -------
    Path
        The first candidate that is a file.

    Raises
    ------
    InputError
        If there is none.
    """
    shipped = resources.data("models", f"{name}.npz")
    for candidate in ([folder / name] if folder else []) + [Path(name), shipped]:
        if candidate.is_file():
            return candidate
    known = resources.data("models")
    names = sorted(p.relative_to(known).with_suffix("").as_posix() for p in known.rglob("*.npz"))
    guess = suggestion(Path(name).with_suffix("").as_posix(), names)
    raise InputError(f"network.model {name!r}: no such file or name; {guess}")


def model_digest(path: Path) -> str:
    """Compute the SHA-256 of a whole file, for the provenance of results.

    Parameters
    ----------
    path : Path
        File to read.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _build(members: dict[str, bytes]) -> Model:
    """Build a model from an archive's members."""
    if archive.HEADER not in members:
        raise InputError(f"has no {archive.HEADER}")
    stated = archive.parse_header(members[archive.HEADER])
    _check_version(stated)
    seal = members.pop(archive.SEAL, b"")
    if seal != archive.digest(members).encode():
        raise InputError("its content does not match its SHA-256; fetch it again")
    del members[archive.HEADER]
    header = _Header.model_validate(stated)
    if header.conventions != _CONVENTIONS:
        raise InputError(f"conventions {header.conventions}, expected {_CONVENTIONS}")
    layers = _layers(header.layers, "", members)
    if members:
        raise InputError(f"holds {', '.join(sorted(members))}, which no layer names")
    return Model(header.input, header.readout, header.class_names, layers, header.training)


def _check_version(header: dict[str, Any]) -> None:
    """Check format and version first: another version may compute its SHA-256 differently."""
    if header.get("format") != FORMAT:
        raise InputError(f"its header does not say 'format': {FORMAT!r}")
    version = header.get("version")
    if type(version) is not int or version != VERSION:
        newer = type(version) is int and version > VERSION
        advice = "update this program" if newer else "fetch the file again or train it again"
        raise InputError(f"format version {version!r}, expected {VERSION}; {advice}")


def _describe(
    layers: tuple[Layer, ...], parent: str, arrays: dict[str, bytes]
) -> list[dict[str, Any]]:
    """Headers of a chain of layers; adds their arrays to ``arrays``."""
    headers: list[dict[str, Any]] = []
    for number, layer in enumerate(layers):
        place = f"{parent}{number}"
        if isinstance(layer, Branching):
            branches = [_describe(b, f"{place}.{i}.", arrays) for i, b in enumerate(layer.branches)]
            headers.append({"kind": layer.kind, "branches": branches})
            continue
        names = _ARRAYS[layer.kind]
        numbers = {k: v for k, v in vars(layer).items() if k not in names}
        headers.append({"kind": layer.kind, **numbers})
        for name, dtype in names.items():
            arrays[f"{place}.{name}.npy"] = archive.npy(getattr(layer, name).astype(dtype))
    return headers


def _layers(
    headers: tuple[dict[str, Any], ...], parent: str, members: dict[str, bytes]
) -> tuple[Layer, ...]:
    """Inverse of `_describe`; removes the arrays from ``members``."""
    layers: list[Layer] = []
    for number, header in enumerate(headers):
        place = f"{parent}{number}"
        fields = dict(header)
        kind = fields.pop("kind", None)
        if kind in (Sum.kind, Concat.kind):
            layers.append(_branching(place, kind, fields, members))
        elif kind in _CLASSES:
            if not all(type(v) is int for v in fields.values()):
                raise InputError(f"layer {place} ({kind}): expected whole numbers, got {fields}")
            arrays = {
                name: _array(members, f"{place}.{name}", dtype)
                for name, dtype in _ARRAYS[kind].items()
            }
            layers.append(_CLASSES[kind](**fields, **arrays))
        else:
            raise InputError(f"layer {place}: unknown kind {kind!r}")
    return tuple(layers)


def _branching(
    place: str, kind: str, fields: dict[str, Any], members: dict[str, bytes]
) -> Branching:
    branches = fields.get("branches")
    chains = branches if isinstance(branches, list) else []
    fits = len(chains) == 2 if kind == Sum.kind else len(chains) >= 2
    if fields.keys() != {"branches"} or not fits or not all(isinstance(b, list) for b in chains):
        wanted = "two branches" if kind == Sum.kind else "two or more branches"
        raise InputError(
            f"layer {place} ({kind}): expected {wanted}, each a list of layers, and nothing else"
        )
    read = tuple(_layers(tuple(b), f"{place}.{i}.", members) for i, b in enumerate(chains))
    return Sum(read) if kind == Sum.kind else Concat(read)


def _array(members: dict[str, bytes], name: str, dtype: str) -> Any:
    data = members.pop(f"{name}.npy", None)
    if data is None:
        raise InputError(f"array {name}: is missing")
    return archive.array_of(data, name, dtype)
