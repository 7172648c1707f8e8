"""Read damaged picture files: each must be refused in one line or read, and always alike.

Small files of every format that the program reads are mutated: bytes flipped, numbers of the header
replaced, parts cut off, removed or repeated. A reader may refuse a file with an `InputError` of one
line, or read it. It must not raise anything else, crash, need more than `LIMIT_S`, or depend on
memory that nobody filled: every file is read twice, while the allocator fills new memory with
different bytes (glibc's ``M_PERTURB``). A file that is cut off, and a PNG with wrong checksums,
must be refused or read as the whole one.

Run ``python tests/fuzz/read_mutated_pictures.py --count 1000 --seed 1``; what fails is kept in
``--keep``.
"""

import argparse
import ctypes
import hashlib
import io
import multiprocessing as mp
import resource
import struct
import sys
import tempfile
import traceback
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tifffile
from PIL import Image

LIMIT_S = 5.0
_START_S = 120.0
_MEMORY_BYTES = 3 << 29
_M_PERTURB = -6
_FILLS = (0x55, 0xAA)
_EXTREMES = (0, 1, 2, 3, 127, 128, 255, 256, 32767, 65535, 2**31 - 1, 2**32 - 1)
_HEADER = 600


class Seed(NamedTuple):
    """A valid file."""

    name: str
    data: bytes


class Mutant(NamedTuple):
    """A damaged file, and what must hold for it."""

    seed: Seed
    how: str
    data: bytes
    like_whole: bool
    """Whether it must be refused or read as the whole file."""


# The valid files


def seeds(folder: Path) -> list[Seed]:
    """One small file of every format and layout."""
    random = np.random.default_rng(7)
    gray = random.integers(0, 256, (26, 30)).astype(np.uint8)
    color = random.integers(0, 256, (26, 30, 3)).astype(np.uint8)
    files = [*_by_pillow(gray, color), *_pngs(), *_tiffs(random), *_raws(random)]
    files += _exrs(random, folder)
    files += _zips([f for f in files if f.name in ("palette.png", "rgb-2.png")])
    return files


def _saved(name: str, image: Image.Image, **options: Any) -> Seed:
    buffer = io.BytesIO()
    image.save(buffer, options.pop("kind", name.rpartition(".")[2]), **options)
    return Seed(name, buffer.getvalue())


def _by_pillow(gray: np.ndarray, color: np.ndarray) -> Iterator[Seed]:
    one, many = Image.fromarray(gray), Image.fromarray(color)
    exif = Image.Exif()
    exif[0x0112] = 6
    opaque = many.copy()
    opaque.putalpha(255)
    yield _saved("gray.png", one, dpi=(72, 144))
    yield _saved("rgb.png", many, exif=exif)
    yield _saved("rgb-2.png", many.transpose(Image.Transpose.ROTATE_180))
    yield _saved("rgba.png", opaque)
    yield _saved("palette.png", many.quantize(16))
    yield _saved("key.png", one, transparency=3)
    yield _saved("gray.jpg", one, kind="jpeg")
    yield _saved("rgb.jpg", many, kind="jpeg", exif=exif)
    yield _saved("progressive.jpg", many, kind="jpeg", progressive=True)
    yield _saved("rgb.bmp", many)
    yield _saved("gray.pgm", one, kind="ppm")
    yield _saved("rgb.ppm", many)
    yield _saved("rgb.gif", many)
    yield _saved("rgb.webp", many, lossless=True)
    yield _saved("lzw.tif", many, kind="tiff", compression="tiff_lzw")
    yield _saved("deflate.tif", one, kind="tiff", compression="tiff_adobe_deflate")
    yield _saved("jpeg.tif", many, kind="tiff", compression="jpeg")
    yield _saved("bits.tif", one.convert("1"), kind="tiff", compression="group4")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I4s", len(data), kind) + data + struct.pack(">I", zlib.crc32(kind + data))


def _pngs() -> Iterator[Seed]:
    """PNG of 16 bits with gAMA, which Pillow does not write."""
    random = np.random.default_rng(3)
    for channels, color in ((1, 0), (2, 4), (3, 2), (4, 6)):
        codes = random.integers(0, 65536, (9, 11, channels)).astype(np.uint16)
        if channels in (2, 4):
            codes[..., -1] = 65535
        rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in codes)
        data = (
            b"\x89PNG\r\n\x1a\n"
            + _chunk(b"IHDR", struct.pack(">IIBBBBB", 11, 9, 16, color, 0, 0, 0))
            + _chunk(b"gAMA", struct.pack(">I", 100_000))
            + _chunk(b"IDAT", zlib.compress(rows))
            + _chunk(b"IEND", b"")
        )
        yield Seed(f"deep-{channels}.png", data)


def _tiff(name: str, array: np.ndarray, **options: Any) -> Seed:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, array, metadata=None, **options)
    return Seed(name, buffer.getvalue())


def _tiffs(random: np.random.Generator) -> Iterator[Seed]:
    gray = random.integers(0, 65536, (40, 33)).astype(np.uint16)
    color = random.integers(0, 65536, (40, 33, 3)).astype(np.uint16)
    yield _tiff("gray16.tif", gray)
    yield _tiff("white-is-zero.tif", gray, photometric="miniswhite")
    yield _tiff("strips.tif", gray, rowsperstrip=7)
    yield _tiff("tiles.tif", gray, tile=(16, 16))
    yield _tiff("rgb16.tif", color, photometric="rgb", byteorder=">")
    yield _tiff("rgb16-zip.tif", color, photometric="rgb", compression="zlib")
    yield _tiff("rgb8.tif", color.astype(np.uint8), photometric="rgb", rowsperstrip=8)


def _raws(random: np.random.Generator) -> Iterator[Seed]:
    samples = random.integers(40, 1024, (40, 60)).astype(np.uint16)
    tags = [
        (50706, 1, 4, bytes((1, 4, 0, 0)), True), (50708, 2, 0, "fuzz", True),
        (50714, 4, 1, 40, True), (50717, 4, 1, 1023, True),
    ]  # fmt: skip
    cell = [(33421, 3, 2, (2, 2), True), (33422, 1, 4, bytes((0, 1, 1, 2)), True)]
    turned = [(274, 3, 1, 6, True)]
    for name, more, options in (
        ("plain", cell, {}),
        ("turned", cell + turned, {}),
        ("strips", cell, {"rowsperstrip": 6}),
        ("tiles", cell, {"tile": (16, 16)}),
    ):
        yield _tiff(f"{name}.dng", samples, photometric=32803, extratags=tags + more, **options)
    yield Seed("headerless.raw", samples.tobytes())
    layout = 'width = 60\nheight = 40\nbits = 10\ncfa = "bayer-rggb"\n'
    yield Seed("headerless.toml", layout.encode())


def _exrs(random: np.random.Generator, folder: Path) -> Iterator[Seed]:
    import OpenEXR

    color = random.random((20, 24, 3)).astype(np.float32)
    for name, pixels, compression in (
        ("float-none", color, OpenEXR.NO_COMPRESSION),
        ("half-zip", color.astype(np.float16), OpenEXR.ZIP_COMPRESSION),
        ("half-piz", color.astype(np.float16), OpenEXR.PIZ_COMPRESSION),
        ("y-rle", color[..., 0].copy(), OpenEXR.RLE_COMPRESSION),
    ):
        header = {"compression": compression, "type": OpenEXR.scanlineimage}
        path = folder / f"{name}.exr"
        OpenEXR.File(header, {"RGB" if pixels.ndim == 3 else "Y": pixels}).write(str(path))
        yield Seed(path.name, path.read_bytes())


def _zips(pictures: list[Seed]) -> Iterator[Seed]:
    for name, method in (("stored", zipfile.ZIP_STORED), ("deflated", zipfile.ZIP_DEFLATED)):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", method) as archive:
            for split in ("train", "test"):
                for kind, picture in zip(("ä", "b"), pictures[:2], strict=True):
                    archive.writestr(f"{split}/{kind}/{picture.name}", picture.data)
        yield Seed(f"{name}.zip", buffer.getvalue())


# The mutants


def mutants(files: list[Seed], seed: int, count: int) -> Iterator[Mutant]:
    """Damage every file in turn, in a way chosen by random numbers."""
    random = np.random.default_rng(seed)
    ways = (_flipped, _numbered, _cut, _removed, _repeated, _numbered, _flipped)
    for i in range(count):
        file = files[i % len(files)]
        way = ways[random.integers(len(ways))]
        data = bytes(way(bytearray(file.data), random))
        checked = file.name.endswith(".png")
        repaired = checked and random.random() < 0.5
        if repaired:
            data = _with_right_checksums(data)
        cut = way is _cut and not file.name.endswith(".toml")
        like_whole = cut or (checked and not repaired)
        yield Mutant(file, way.__name__.strip("_"), data, like_whole and not repaired)


def _place(data: bytearray, random: np.random.Generator) -> int:
    """A place at the beginning, at the end, or anywhere."""
    size = len(data)
    low, high = ((0, _HEADER), (size - _HEADER, size), (0, size))[random.integers(3)]
    return int(random.integers(max(low, 0), max(min(high, size), 1)))


def _flipped(data: bytearray, random: np.random.Generator) -> bytearray:
    for _ in range(random.integers(1, 5)):
        data[_place(data, random)] ^= 1 << int(random.integers(8))
    return data


def _numbered(data: bytearray, random: np.random.Generator) -> bytearray:
    place, kind = _place(data, random), ("<H", ">H", "<I", ">I", "B")[random.integers(5)]
    width = struct.calcsize(kind)
    value = int(random.choice(_EXTREMES)) % 256**width
    data[place : place + width] = struct.pack(kind, value)
    return data


def _cut(data: bytearray, random: np.random.Generator) -> bytearray:
    return data[: int(random.integers(0, len(data)))]


def _removed(data: bytearray, random: np.random.Generator) -> bytearray:
    place = _place(data, random)
    del data[place : place + int(random.integers(1, 64))]
    return data


def _repeated(data: bytearray, random: np.random.Generator) -> bytearray:
    place, size = _place(data, random), int(random.integers(1, 64))
    data[place:place] = data[place : place + size]
    return data


def _with_right_checksums(data: bytes) -> bytes:
    """A PNG whose chunks have the checksums of their content, so that the damage gets further."""
    made, place = data[:8], 8
    while place + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, place)
        content = data[place + 4 : place + 8 + length]
        made += data[place : place + 4] + content + struct.pack(">I", zlib.crc32(content))
        place += 12 + length
    return made + data[place:]


# Reading, in a process of its own


def _read(path: Path) -> tuple[str, str]:
    """What a reader makes of a file: "read" and a digest, or "refused" and the message."""
    from sensorsim.core.errors import InputError
    from sensorsim.scenes.folder import read_folder
    from sensorsim.scenes.formats import read_frame

    try:
        if path.suffix == ".zip":
            data = read_folder(path, "test", "fuzz")
            return "read", data.digest
        frame = read_frame(path.with_suffix(".raw") if path.suffix == ".toml" else path)
    except InputError as error:
        return ("fault" if "\n" in str(error) else "refused"), str(error)
    except BaseException:  # to be reported, whatever it is
        return "fault", traceback.format_exc()
    digest = hashlib.sha256(repr((frame.layout, frame.light.shape)).encode())
    digest.update(np.ascontiguousarray(frame.light).data)
    return "read", digest.hexdigest()


def serve(pipe: Connection, folder: Path) -> None:
    """Read files until the pipe ends, each twice with differently filled memory."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    libc = ctypes.CDLL(None)
    perturb = getattr(libc, "mallopt", lambda *_: 0)
    others = {"headerless.toml": "headerless.raw", "headerless.raw": "headerless.toml"}
    while True:
        try:
            name, data, whole = pipe.recv()
        except EOFError:
            return
        path = folder / name
        path.write_bytes(data)
        if name in others:
            (folder / others[name]).write_bytes(whole[others[name]])
        found = []
        for fill in _FILLS:
            perturb(_M_PERTURB, fill)
            found.append(_read(path))
        perturb(_M_PERTURB, 0)
        pipe.send(found)


class Reader:
    """The reading process, started anew after a crash or a hang."""

    def __init__(self, folder: Path, files: list[Seed]) -> None:
        self._folder, self._whole = folder, {f.name: f.data for f in files}
        self._process: Any = None

    def read(self, name: str, data: bytes) -> list[tuple[str, str]]:
        """Two readings of a file, or one entry "hang" or "crash"."""
        started = self._process is None
        if started:
            context = mp.get_context("spawn")
            self._pipe, end = context.Pipe()
            self._process = context.Process(target=serve, args=(end, self._folder), daemon=True)
            self._process.start()
            end.close()
        whole = {n: d for n, d in self._whole.items() if n.startswith("headerless")}
        self._pipe.send((name, data, whole))
        try:
            if self._pipe.poll(_START_S if started else LIMIT_S):
                return list(self._pipe.recv())
            answer = ("hang", f"more than {LIMIT_S} s")
        except (EOFError, ConnectionResetError):
            answer = ("crash", "the process ended")
        self.close()
        return [answer]

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process = None


def objection(mutant: Mutant, found: list[tuple[str, str]], whole: tuple[str, str]) -> str:
    """What is wrong with the readings of a mutant; empty if nothing is."""
    for kind, what in found:
        if kind not in ("read", "refused"):
            return f"{kind}: {what}"
    if found[0] != found[1]:
        return f"two readings differ: {found}"
    if mutant.like_whole and found[0][0] == "read" and found[0] != whole:
        return "read as another picture, without a message"
    return ""


def check(count: int, seed: int, keep: Path | None = None) -> tuple[Counter[str], list[str]]:
    """Read mutants; return how many had which outcome, and all objections."""
    outcomes: Counter[str] = Counter()
    objections = []
    with tempfile.TemporaryDirectory() as folder:
        files = seeds(Path(folder))
        reader = Reader(Path(folder), files)
        try:
            wholes = {f.name: reader.read(f.name, f.data)[0] for f in files}
            for name, (kind, what) in wholes.items():
                if kind != "read" and name not in ("rgb.gif", "key.png"):
                    objections.append(f"{name}, undamaged: {kind}: {what}")
            for i, mutant in enumerate(mutants(files, seed, count)):
                found = reader.read(mutant.seed.name, mutant.data)
                outcomes[found[0][0]] += 1
                if wrong := objection(mutant, found, wholes[mutant.seed.name]):
                    objections.append(f"{i} {mutant.seed.name} {mutant.how}: {wrong}")
                    if keep is not None:
                        keep.mkdir(exist_ok=True)
                        (keep / f"{seed}-{i}-{mutant.seed.name}").write_bytes(mutant.data)
        finally:
            reader.close()
    return outcomes, objections


def main() -> int:
    """Read mutants as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1000, help="number of mutants")
    parser.add_argument("--seed", type=int, default=0, help="seed of the mutations")
    parser.add_argument("--keep", type=Path, help="folder for mutants that fail")
    options = parser.parse_args()
    outcomes, objections = check(options.count, options.seed, options.keep)
    for wrong in objections:
        print(wrong)
    print(f"{outcomes.total()} mutants: {dict(outcomes)}, {len(objections)} objections")
    return 1 if objections else 0


if __name__ == "__main__":
    sys.exit(main())
