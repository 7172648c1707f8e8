"""Thousands of damaged and forged model files: refused, or read as exactly what they say."""

import json
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from networks import draw_model, draw_words, scores_slowly

from sensorsim.bnn import archive, simulator
from sensorsim.bnn.model_file import load_model, save_model
from sensorsim.core.errors import InputError

Random = np.random.Generator
MODELS = [draw_model(seed) for seed in (0, 3, 5, 24, 25)]
DAMAGED, FORGED = 1500, 1500
SLOWEST_S = 2.0
LARGEST_WORDS = 10**5
"""Of an arena: no forgery asks for much more than the models that were forged."""


def members_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as file:
        return {n: file.read(n) for n in file.namelist()}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("models")
    for number, model in enumerate(MODELS):
        save_model(model, folder / f"{number}.npz")
    return sorted(folder.iterdir())


def flip_bytes(random: Random, data: bytes, _: bytes) -> bytes:
    changed = bytearray(data)
    for position in random.integers(0, len(data), random.integers(1, 4)):
        changed[position] ^= int(random.integers(1, 256))
    return bytes(changed)


def truncate(random: Random, data: bytes, _: bytes) -> bytes:
    return data[: random.integers(len(data))]


def splice(random: Random, data: bytes, other: bytes) -> bytes:
    """A piece of another file, or of this one, over or between what was there."""
    source = (data, other)[random.integers(2)]
    start = int(random.integers(len(source)))
    piece = source[start : start + int(random.integers(1, 400))]
    place = int(random.integers(len(data)))
    return data[:place] + piece + data[place + int(random.integers(2)) * len(piece) :]


def repeat_or_cut(random: Random, data: bytes, _: bytes) -> bytes:
    first, last = sorted(random.integers(0, len(data), 2))
    return data[:last] + data[first:] if random.random() < 0.5 else data[:first] + data[last:]


def test_damaged_files_are_refused_or_unchanged(files: list[Path], tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    whole = [f.read_bytes() for f in files]
    path, again = tmp_path / "x.npz", tmp_path / "again.npz"
    refused, slowest = 0, 0.0
    for turn in range(DAMAGED):
        mutate = (flip_bytes, truncate, splice, repeat_or_cut)[turn % 4]
        original, other = (whole[i] for i in random.permutation(len(whole))[:2])
        path.write_bytes(mutate(random, original, other))
        start = time.perf_counter()
        try:
            model = load_model(path)
        except InputError as error:
            assert str(path) in str(error)
            model = None
        slowest = max(slowest, time.perf_counter() - start)
        refused += model is None
        if model is not None:
            save_model(model, again)
            assert again.read_bytes() == original
    assert DAMAGED * 0.7 < refused < DAMAGED  # some bytes of a zip, like its dates, say nothing
    assert slowest < SLOWEST_S


VALUES: list[Any] = [
    0, 1, 2, 3, -1, 2**31, 2**63, -(2**63), 10**30, 0.5, 2.0, -0.0, 1e300, True, None, "", "x",
    "convolution", "sum", "\ud800", [], [[]], {}, [1], {"kind": "sum", "branches": [[], []]},
    "concat", {"kind": "concat", "branches": [[], []]}, {"kind": "concat", "branches": [[], {}]},
]  # fmt: skip


def edit_json(random: Random, value: Any) -> Any:
    """One place of a JSON value changed, lost, doubled or added."""
    if isinstance(value, dict | list) and value and random.random() < 0.85:
        keys = list(value) if isinstance(value, dict) else range(len(value))
        key = keys[random.integers(len(value))]
        changed = value.copy()
        kind = random.random()
        if kind < 0.8:
            changed[key] = edit_json(random, value[key])
        elif kind < 0.9:
            del changed[key]
        elif isinstance(changed, dict):
            changed[f"{key}s"] = value[key]
        else:
            changed.append(value[key])
        return changed
    if type(value) is int and random.random() < 0.5:
        return value + int(random.integers(-2, 3))
    return VALUES[random.integers(len(VALUES))]


def forge_header(random: Random, members: dict[str, bytes], _: dict[str, bytes]) -> None:
    header = json.loads(members["header.json"])
    part = ("input", "readout", "layers", "layers", "training", "class_names")[random.integers(6)]
    header[part] = edit_json(random, header[part])
    if random.random() < 0.1:
        header = edit_json(random, header)
    members["header.json"] = json.dumps(header).encode()


def forge_geometry(random: Random, members: dict[str, bytes], _: dict[str, bytes]) -> None:
    """More padding of the first layer, and as much more stride that its output stays as it is."""
    header = json.loads(members["header.json"])
    layer, side = header["layers"][0], header["input"]["height"]
    if layer["kind"] == "convolution":
        outputs = (side + 2 * layer["padding"] - layer["kernel"]) // layer["stride"] + 1
        layer["padding"] += 2 ** int(random.integers(0, 41))
        room = side + 2 * layer["padding"] - layer["kernel"]
        layer["stride"] = room // (outputs - 1) if outputs > 1 else room + 1
    members["header.json"] = json.dumps(header).encode()


def forge_bytes(random: Random, members: dict[str, bytes], _: dict[str, bytes]) -> None:
    name = sorted(members)[random.integers(len(members))]
    members[name] = flip_bytes(random, members[name], b"")


def forge_npy_header(random: Random, members: dict[str, bytes], _: dict[str, bytes]) -> None:
    names = [n for n in sorted(members) if n.endswith(".npy")]
    name = names[random.integers(len(names))]
    members[name] = flip_bytes(random, members[name][:70], b"") + members[name][70:]


def swap_members(random: Random, members: dict[str, bytes], other: dict[str, bytes]) -> None:
    names = sorted(members)
    a, b = (names[i] for i in random.integers(0, len(names), 2))
    kind = random.random()
    if kind < 0.4:
        members[a], members[b] = members[b], members[a]
    elif kind < 0.7:
        members[a] = other.get(a, members[b])
    elif kind < 0.85:
        members[f"1{a}"] = members[a]
    else:
        del members[a]


FORGERIES = (
    forge_header, forge_header, forge_geometry, forge_bytes, forge_npy_header, swap_members,
)  # fmt: skip


def test_forged_files_are_refused_or_read_as_what_they_say(
    files: list[Path], tmp_path: Path
) -> None:
    random = np.random.default_rng(2)
    originals = [members_of(f) for f in files]
    path, again = tmp_path / "x.npz", tmp_path / "again.npz"
    read, simulated, slowest = 0, 0, 0.0
    for turn in range(FORGED):
        forge = FORGERIES[turn % len(FORGERIES)]
        first, second = random.permutation(len(originals))[:2]
        members = originals[first].copy()
        del members["sha256"]
        forge(random, members, originals[second])
        sealed = {"sha256": archive.digest(members).encode(), **members}
        with zipfile.ZipFile(path, "w") as file:
            for name, data in sealed.items():
                file.writestr(name, data)
        start = time.perf_counter()
        try:
            model = load_model(path)
        except InputError as error:
            assert str(path) in str(error)
            model = None
        slowest = max(slowest, time.perf_counter() - start)
        if model is not None:
            read += 1
            save_model(model, again)
            says = members_of(again)
            assert says.keys() == sealed.keys()
            assert completed(json.loads(members["header.json"]), says)
            assert all(same(says[n], d) for n, d in members.items() if n.endswith(".npy"))
            assert model.plan.arena_words < LARGEST_WORDS
            if max(s.after.height * s.after.width for s in model.steps) < 500:
                words = draw_words(model, 2, turn)
                found = simulator.scores(model, words)
                np.testing.assert_array_equal(found, scores_slowly(model, words))
                simulated += 1
    assert simulated > 0.8 * read
    assert FORGED * 0.05 < read < FORGED * 0.6
    assert slowest < SLOWEST_S


def completed(stated: dict[str, Any], says: dict[str, bytes]) -> bool:
    """All that a header states was taken as it is; what it left out took its default."""
    full = json.loads(says["header.json"])
    for part in ("input", "readout"):
        stated[part] = full[part] | stated[part]
    if "comparator" in stated["readout"]:
        comparator = full["readout"]["comparator"] | stated["readout"]["comparator"]
        stated["readout"]["comparator"] = comparator
    return stated == full


def same(a: bytes, b: bytes) -> bool:
    """The same array, whatever the blanks in its npy header."""
    return a == b or (
        np.array_equal(archive.array_of(a, "a", a_type(a)), archive.array_of(b, "b", a_type(a)))
    )


def a_type(data: bytes) -> str:
    return data.split(b"'descr': '")[1][:3].decode()
