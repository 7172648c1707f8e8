"""A sealed archive: a zip of a JSON header and numpy arrays under one SHA-256, read with mistrust.

The member ``sha256`` holds 64 hexadecimal digits over all other members, the header included, so
that no byte of what is read can change unnoticed. Nothing in it is code: no pickle is ever loaded.
Archives are made reproducibly: same content, same bytes.
"""

import hashlib
import io
import json
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from sensorsim.core.errors import InputError
from sensorsim.core.files import whole

HEADER = "header.json"
SEAL = "sha256"
MAX_FILE_BYTES = 32 * 2**20
MAX_BYTES = 64 * 2**20
"""Most that all members unpack to: five hundred million binary weights."""
MAX_HEADER_BYTES = 2**20

DAMAGE = (
    ArithmeticError, AttributeError, EOFError, LookupError, MemoryError, NotImplementedError,
    OSError, RuntimeError, SyntaxError, TypeError, ValueError, struct.error, tokenize.TokenError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What zipfile, zlib, json and numpy raise on bytes that are not what they should be."""

_EPOCH = (1980, 1, 1, 0, 0, 0)
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def digest(members: Mapping[str, bytes]) -> str:
    """SHA-256 over members in the order of their names.

    Of each member: its name in UTF-8, a zero byte, its length as a little-endian 64-bit number,
    its bytes.
    """
    total = hashlib.sha256()
    for name in sorted(members):
        total.update(name.encode() + b"\0" + len(members[name]).to_bytes(8, "little"))
        total.update(members[name])
    return total.hexdigest()


def write(path: Path, header: Mapping[str, Any], arrays: Mapping[str, bytes]) -> None:
    """Write an archive; the file appears whole or not at all."""
    members = {HEADER: json.dumps(header, indent=1).encode(), **arrays}
    members = {SEAL: digest(members).encode(), **members}
    with whole(path) as part, zipfile.ZipFile(part, "w") as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), data, zipfile.ZIP_DEFLATED)


def read(path: Path) -> dict[str, bytes]:
    """All members of an archive, the seal among them, as yet unchecked.

    Raises
    ------
    InputError
        If a member is twice there, of an unknown compression, or too large.
    Exception
        One of `DAMAGE` if the file is no zip, or damaged.
    """
    if path.stat().st_size > MAX_FILE_BYTES:
        raise InputError(f"{path.stat().st_size} bytes, expected at most {MAX_FILE_BYTES}")
    members: dict[str, bytes] = {}
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        if sum(e.file_size for e in entries) > MAX_BYTES:
            raise InputError(f"unpacks to more than {MAX_BYTES} bytes")
        for entry in entries:
            if entry.filename in members:
                raise InputError(f"member {entry.filename!r} is twice there")
            if entry.compress_type not in _METHODS:
                raise InputError(
                    f"member {entry.filename!r}: compression {entry.compress_type}, expected "
                    "stored or deflated"
                )
            members[entry.filename] = _unpacked(archive, entry)
    return members


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Bytes of a member; one that unpacks to more than it claims is stopped on the way."""
    with archive.open(entry) as stream:
        return stream.read(entry.file_size + 1)


def parse_header(data: bytes) -> dict[str, Any]:
    """A JSON object, in UTF-8, no key twice and every number finite.

    Raises
    ------
    InputError
        If it is something else.
    """
    if len(data) > MAX_HEADER_BYTES:
        raise InputError(f"{HEADER}: {len(data)} bytes, expected at most {MAX_HEADER_BYTES}")
    header = json.loads(data.decode(), object_pairs_hook=_distinct, parse_constant=_refuse_constant)
    if not isinstance(header, dict):
        raise InputError(f"{HEADER}: expected a JSON object")
    return header


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise InputError(f"{HEADER}: a key is twice in {[k for k, _ in pairs]}")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise InputError(f"{HEADER}: {name} is no number")


def npy(array: npt.NDArray[Any]) -> bytes:
    """An array as a ``.npy`` file, format 1.0."""
    buffer = io.BytesIO()
    np.lib.format.write_array(
        buffer, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False
    )
    return buffer.getvalue()


def array_of(data: bytes, name: str, dtype: str) -> npt.NDArray[Any]:
    """Undo `npy`: an array of exactly this type, in the machine's byte order.

    Nothing is allocated before the claimed shape was held against the bytes that are there.

    Raises
    ------
    InputError
        If the type, the order or the number of bytes is another.
    Exception
        One of `DAMAGE` if it is no ``.npy`` file.
    """
    buffer = io.BytesIO(data)
    version = np.lib.format.read_magic(buffer)
    if version != (1, 0):
        raise InputError(f"array {name}: npy format {version}, expected (1, 0)")
    shape, fortran_order, found = np.lib.format.read_array_header_1_0(buffer)
    if found != np.dtype(dtype):
        raise InputError(f"array {name}: type {found}, expected {np.dtype(dtype)}")
    if fortran_order:
        raise InputError(f"array {name}: in Fortran order, expected C order")
    body = data[buffer.tell() :]
    size = found.itemsize
    for side in shape:
        if side < 0:
            raise InputError(f"array {name}: shape {shape}, expected no negative sides")
        size *= side
    if size != len(body):
        raise InputError(f"array {name}: {len(body)} bytes, but its shape {shape} needs {size}")
    if found == np.bool_ and set(body) - {0, 1}:
        raise InputError(f"array {name}: expected bytes 0 and 1 only")
    return np.frombuffer(body, found).reshape(shape).astype(found.newbyteorder("="))
