"""A sealed archive: a zip file of a JSON header and numpy arrays, protected by one SHA-256.

The member ``sha256`` holds 64 hexadecimal digits over all other members, including the header, so
that any change of the content is detected. Archives contain no code: pickles are never loaded.
Writing is reproducible: the same content gives the same bytes. `read` limits the sizes that it
accepts, so that a damaged or malicious file cannot exhaust the memory.
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
from sensorsim.core.files import atomic_write

HEADER = "header.json"
SEAL = "sha256"
MAX_FILE_BYTES = 32 * 2**20
MAX_BYTES = 64 * 2**20
"""Limit for the unpacked size of all members, byte: five hundred million binary weights."""
MAX_HEADER_BYTES = 2**20

DAMAGE = (
    ArithmeticError, AttributeError, EOFError, LookupError, MemoryError, NotImplementedError,
    OSError, RuntimeError, SyntaxError, TypeError, ValueError, struct.error, tokenize.TokenError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""Exceptions that zipfile, zlib, json and numpy raise on damaged data."""

_EPOCH = (1980, 1, 1, 0, 0, 0)
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def digest(members: Mapping[str, bytes]) -> str:
    """Compute the SHA-256 over members, in the order of their names.

    The hash covers of each member: its name in UTF-8, a zero byte, its length as a little-endian
    64-bit number, its bytes.

    Parameters
    ----------
    members : mapping of str to bytes
        Content of the members by name, without the member ``sha256``.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    total = hashlib.sha256()
    for name in sorted(members):
        total.update(name.encode() + b"\0" + len(members[name]).to_bytes(8, "little"))
        total.update(members[name])
    return total.hexdigest()


def write(path: Path, header: Mapping[str, Any], arrays: Mapping[str, bytes]) -> None:
    """Write an archive to a temporary file, then rename it.

    Parameters
    ----------
    path : Path
        File to write; an existing file is replaced.
    header : mapping
        Content of ``header.json``; must be serializable as JSON.
    arrays : mapping of str to bytes
        The other members by name, ``.npy`` files as `npy` makes them.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    members = {HEADER: json.dumps(header, indent=1).encode(), **arrays}
    members = {SEAL: digest(members).encode(), **members}
    with atomic_write(path) as part, zipfile.ZipFile(part, "w") as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), data, zipfile.ZIP_DEFLATED)


def read(path: Path) -> dict[str, bytes]:
    """Read all members of an archive, without checking the SHA-256.

    Parameters
    ----------
    path : Path
        File to read.

    Returns
    -------
    dict of str to bytes
        Content of every member by name, including ``sha256``.

    Raises
    ------
    InputError
        If a member occurs twice or has an unknown compression, or the file is too large.
    Exception
        One of `DAMAGE` if the file is missing, damaged or not a zip file.
    """
    if path.stat().st_size > MAX_FILE_BYTES:
        raise InputError(
            f"{path.stat().st_size} bytes, expected at most {MAX_FILE_BYTES}; this is not a file "
            "that sensorsim wrote"
        )
    members: dict[str, bytes] = {}
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        unpacked = sum(e.file_size for e in entries)
        if unpacked > MAX_BYTES:
            raise InputError(
                f"unpacks to {unpacked} bytes, expected at most {MAX_BYTES}; this is not a file "
                "that sensorsim wrote"
            )
        for entry in entries:
            if entry.filename in members:
                raise InputError(f"member {entry.filename!r} occurs twice")
            if entry.compress_type not in _METHODS:
                raise InputError(
                    f"member {entry.filename!r}: compression {entry.compress_type}, expected "
                    "stored or deflated"
                )
            members[entry.filename] = _unpacked(archive, entry)
    return members


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Bytes of a member, at most one more than it declares."""
    with archive.open(entry) as stream:
        return stream.read(entry.file_size + 1)


def parse_header(data: bytes) -> dict[str, Any]:
    """Parse the header: a JSON object in UTF-8, with no duplicate keys and only finite numbers.

    Parameters
    ----------
    data : bytes
        Content of ``header.json``.

    Returns
    -------
    dict
        The JSON object.

    Raises
    ------
    InputError
        If it is too large, not an object, has a key twice or holds NaN or an infinity.
    Exception
        One of `DAMAGE` if it is not JSON in UTF-8.
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
        raise InputError(f"{HEADER}: a key occurs twice in {[k for k, _ in pairs]}")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise InputError(f"{HEADER}: {name}, expected a finite number")


def npy(array: npt.NDArray[Any]) -> bytes:
    """Serialize an array as a ``.npy`` file, format 1.0.

    Parameters
    ----------
    array : any type except object, any shape
        Array to serialize; written in C order.

    Returns
    -------
    bytes
        Content of the file.
    """
    buffer = io.BytesIO()
    np.lib.format.write_array(
        buffer, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False
    )
    return buffer.getvalue()


def array_of(data: bytes, name: str, dtype: str) -> npt.NDArray[Any]:
    """Parse a ``.npy`` file that holds an array of exactly the expected type.

    The declared shape is compared with the number of bytes before anything is allocated.

    Parameters
    ----------
    data : bytes
        Content of the file, as `npy` makes it.
    name : str
        Name of the array, for error messages.
    dtype : str
        Expected type with byte order, like ``"<u8"``.

    Returns
    -------
    array
        The array, in the machine's byte order and writable.

    Raises
    ------
    InputError
        If the format version, type, memory order or number of bytes differs, or a bool array holds
        other bytes than 0 and 1.
    Exception
        One of `DAMAGE` if it is not a ``.npy`` file.
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
