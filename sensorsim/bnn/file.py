"""The model file: a zip of numpy arrays without pickle, and a JSON header that explains them.

``header.json`` states format and version, the conventions of `sensorsim.bits` (bit order, ties,
padding), input, readout, classes, layers and training, and the SHA-256 of all arrays. The arrays of
layer 3 are called ``3.weights.npy`` and so on; those of the first layer in the second branch of a
sum at position 3 are ``3.1.0.weights.npy``. Files are made reproducibly: same model, same bytes.
"""

import hashlib
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import TypeAdapter, ValidationError

from sensorsim.bnn.layers import (
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
from sensorsim.errors import InputError
from sensorsim.readout import Adc, Readout, Thermometer

FORMAT = "sensorsim-bnn"
VERSION = 1
_CONVENTIONS = {
    "bits": "NHWC, channels packed least significant bit first in little-endian uint64",
    "one": "+1",
    "zero": "-1",
    "ties": ">= gives +1",
    "padding": "-1",
    "weights": "order (ky, kx, channel); dense (row, column, channel)",
}
# What zipfile, zlib, json and numpy raise on bytes that are not what they should be.
_DAMAGE = (
    ArithmeticError, AttributeError, EOFError, LookupError, MemoryError, NotImplementedError,
    OSError, RuntimeError, TypeError, ValueError, struct.error, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
_EPOCH = (1980, 1, 1, 0, 0, 0)
_MAX_BYTES = 256 * 2**20
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
_READOUT: TypeAdapter[Adc | Thermometer] = TypeAdapter(Readout)


def save_model(model: Model, path: Path) -> None:
    """Write a model; the file appears whole or not at all."""
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
        "sha256": _digest(arrays),
    }
    text = json.dumps(header, indent=1).encode()
    part = path.with_name(path.name + ".part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {"header.json": text, **arrays}.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), data, zipfile.ZIP_DEFLATED)
    part.replace(path)


def load_model(path: str | Path) -> Model:
    """Read and check a model file.

    Raises
    ------
    InputError
        If the file is missing, damaged, of another format or version, or its layers do not fit.
    """
    path = Path(path)
    try:
        members = _read_members(path)
        header = json.loads(members.pop("header.json"))
        if not isinstance(header, dict) or header.get("format") != FORMAT:
            raise InputError("its header does not say 'format': 'sensorsim-bnn'")
        if header.get("version") != VERSION:
            raise InputError(
                f"format version {header.get('version')!r}, expected {VERSION}; "
                "this program is older or newer than the file"
            )
        if _digest(members) != header["sha256"]:
            raise InputError("its arrays do not match the header's SHA-256; fetch it again")
        return _build(header, members)
    except InputError as error:
        raise InputError(f"{path}: not a usable model file: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        raise InputError(f"{path}: not a usable model file: {field}: {first['msg']}") from None
    except _DAMAGE as error:
        raise InputError(
            f"{path}: not a usable model file ({type(error).__name__}: {error}); "
            "expected a file that 'sensorsim train' wrote"
        ) from None


def model_digest(path: Path) -> str:
    """SHA-256 of the whole file, for the provenance of results."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _read_members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        if sum(i.file_size for i in archive.infolist()) > _MAX_BYTES:
            raise InputError(f"unpacks to more than {_MAX_BYTES} bytes")
        return {name: archive.read(name) for name in archive.namelist()}


def _npy(array: npt.NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=False)
    return buffer.getvalue()


def _digest(arrays: dict[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(name.encode() + b"\0" + len(arrays[name]).to_bytes(8, "little"))
        digest.update(arrays[name])
    return digest.hexdigest()


def _build(header: dict[str, Any], members: dict[str, bytes]) -> Model:
    names = header["class_names"]
    if not isinstance(names, list):
        raise InputError(f"class_names {names!r}: expected a list")
    return Model(
        Input.model_validate(header["input"]),
        _READOUT.validate_python(header["readout"]),
        tuple(map(str, names)),
        _layers(header["layers"], "", members),
        Training.model_validate(header["training"]),
    )


def _describe(
    layers: tuple[Layer, ...], parent: str, arrays: dict[str, bytes]
) -> list[dict[str, Any]]:
    """Headers of a chain of layers; their arrays are added to ``arrays``."""
    headers: list[dict[str, Any]] = []
    for number, layer in enumerate(layers):
        place = f"{parent}{number}"
        if isinstance(layer, Sum):
            branches = [_describe(b, f"{place}.{i}.", arrays) for i, b in enumerate(layer.branches)]
            headers.append({"kind": layer.kind, "branches": branches})
            continue
        names = _ARRAYS[layer.kind]
        numbers = {k: v for k, v in vars(layer).items() if k not in names}
        headers.append({"kind": layer.kind, **numbers})
        for name, dtype in names.items():
            arrays[f"{place}.{name}.npy"] = _npy(getattr(layer, name).astype(dtype))
    return headers


def _layers(headers: list[Any], parent: str, members: dict[str, bytes]) -> tuple[Layer, ...]:
    """Undo `_describe`."""
    layers: list[Layer] = []
    for number, header in enumerate(headers):
        place = f"{parent}{number}"
        fields = dict(header)
        kind = fields.pop("kind")
        if kind == Sum.kind:
            first, second = fields["branches"]
            layers.append(
                Sum(
                    (
                        _layers(first, f"{place}.0.", members),
                        _layers(second, f"{place}.1.", members),
                    )
                )
            )
            continue
        if kind not in _CLASSES:
            raise InputError(f"layer {place}: unknown kind {kind!r}")
        arrays = {
            name: _array(members[f"{place}.{name}.npy"], f"{place}.{name}", dtype)
            for name, dtype in _ARRAYS[kind].items()
        }
        if not all(type(v) is int for v in fields.values()):
            raise InputError(f"layer {place} ({kind}): expected whole numbers, got {fields}")
        layers.append(_CLASSES[kind](**fields, **arrays))
    return tuple(layers)


def _array(data: bytes, name: str, dtype: str) -> npt.NDArray[Any]:
    array = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
    if array.dtype != np.dtype(dtype):
        raise InputError(f"array {name}: type {array.dtype}, expected {np.dtype(dtype)}")
    return array.astype(array.dtype.newbyteorder("="))
