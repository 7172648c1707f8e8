"""Golden vectors: what the files say is what the simulator computes."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from networks import draw_model, draw_words, outputs_slowly, values_of

from sensorsim.bnn.layers import (
    Concat,
    Convolution,
    MaxPool,
    Scores,
    Shuffle,
    Sum,
    Threshold,
    Votes,
    Weighted,
)
from sensorsim.bnn.model import Model
from sensorsim.bnn.vectors import random_words, write_vectors
from sensorsim.core.bits import unpack
from sensorsim.core.errors import InputError


def memory(folder: Path, entry: dict[str, Any]) -> list[int]:
    """Words of a file, checked against its entry in the manifest."""
    lines = (folder / entry["file"]).read_text().split()
    assert len(lines) == entry["words"]
    assert {len(line) for line in lines} == {-(-entry["word_bits"] // 4)}
    values = [int(line, 16) for line in lines]
    assert max(values) < 2 ** entry["word_bits"]
    if entry["signed"]:
        half = 2 ** (entry["word_bits"] - 1)
        return [v - 2 * half if v >= half else v for v in values]
    return values


def as_bits(values: list[int], width: int) -> np.ndarray:
    return np.array([[v >> c & 1 for c in range(width)] for v in values], np.uint8)


@pytest.mark.parametrize("seed", [2, 5, 10, 33])
def test_files_hold_what_slow_arithmetic_gives(seed: int, tmp_path: Path) -> None:
    model, folder = draw_model(seed), tmp_path / "v"
    words = draw_words(model, 2, seed)
    write_vectors(model, words, (3, 17), folder, {"images": "random"})
    manifest = json.loads((folder / "manifest.json").read_text())
    dark = 2**model.input.planes - 1
    for image, entry in zip(words, manifest["images"], strict=True):
        read = as_bits(memory(folder, entry["input"]), model.input.channels)
        np.testing.assert_array_equal(read, unpack(image, model.input.channels).reshape(read.shape))
        expected = outputs_slowly(model.layers, values_of(model, image[np.newaxis]), dark)
        assert list(entry["layers"]) == [s.place for s in model.steps]
        for given, (_, x) in zip(entry["layers"].values(), expected, strict=True):
            got = memory(folder, given)
            if not given["signed"]:
                got = 2 * as_bits(got, x.shape[-1]).astype(np.int64) - 1
            np.testing.assert_array_equal(np.ravel(got), x.ravel())
        assert entry["scores"] == expected[-1][1].ravel().tolist()
        end = model.layers[-1]
        sums = memory(folder, entry["sums"])
        assert (
            entry["sums"]["file"] == f"image{entry['image']}.layer{len(model.layers) - 1}.sums.hex"
        )
        assert [a * b + c for a, b, c in zip(sums, end.scale, end.bias, strict=True)] == (
            entry["scores"]
        )
        assert entry["decision"] == int(np.argmax(entry["scores"]))


def test_memories_are_the_models_arrays(model: Model, tmp_path: Path) -> None:
    folder = tmp_path / "v"
    write_vectors(model, draw_words(model, 1), [0], folder, {})
    for step, entry in zip(model.steps, json.loads((folder / "manifest.json").read_text())[
        "layers"
    ], strict=True):  # fmt: skip
        layer, memories = step.layer, entry["memories"]
        if isinstance(layer, Weighted):
            got = as_bits(memory(folder, memories["weights"]), layer.fan_in)
            np.testing.assert_array_equal(got, unpack(layer.weights, layer.fan_in))
        if isinstance(layer, Threshold):
            assert memory(folder, memories["levels"]) == layer.levels.tolist()
            (rising,) = memory(folder, memories["rising"])
            np.testing.assert_array_equal(as_bits([rising], layer.rising.size)[0], layer.rising)
        if isinstance(layer, Scores | Votes):
            assert memory(folder, memories["scale"]) == layer.scale.tolist()
            assert memory(folder, memories["bias"]) == layer.bias.tolist()


def test_layers_of_branches_name_what_they_read(tmp_path: Path) -> None:
    wanted = [Convolution, Threshold, Sum]
    drawn = [m for m in map(draw_model, range(200)) if [type(x) for x in m.layers[:3]] == wanted]
    model = next(m for m in drawn if list(map(len, m.layers[2].branches)) == [1, 1])
    folder = tmp_path / "v"
    write_vectors(model, draw_words(model, 1), [0], folder, {})
    layers = json.loads((folder / "manifest.json").read_text())["layers"]
    reads = {layer["place"]: layer["reads"] for layer in layers}
    assert reads["0"] == ["input"]
    assert reads["2.0.0"] == reads["2.1.0"] == ["1"]
    assert reads["2"] == ["2.0.0", "2.1.0"]
    assert reads["3"] == ["2"]


def test_an_empty_branch_names_what_the_concatenation_reads(model: Model, tmp_path: Path) -> None:
    branches = ((), (Shuffle(5), Shuffle(2)), (Concat(((), ())),))
    ones = np.ones(3, np.int64)
    end = Scores(40, 3, 0, np.zeros((3, 1), np.uint64), ones, ones)
    net = replace(model, layers=(*model.layers[:2], Concat(branches), MaxPool(6), end))
    folder = tmp_path / "v"
    write_vectors(net, draw_words(net, 1), [0], folder, {})
    manifest = json.loads((folder / "manifest.json").read_text())
    reads = {layer["place"]: layer["reads"] for layer in manifest["layers"]}
    assert reads == {
        "0": ["input"], "1": ["0"], "2.1.0": ["1"], "2.1.1": ["2.1.0"], "2.2.0": ["1", "1"],
        "2": ["1", "2.1.1", "2.2.0"], "3": ["2"], "4": ["3"],
    }  # fmt: skip


def test_digests_are_those_of_all_files(model: Model, tmp_path: Path) -> None:
    folder = tmp_path / "v"
    write_vectors(model, draw_words(model, 1), [0], folder, {})
    digests = json.loads((folder / "manifest.json").read_text())["sha256"]
    files = {p.name: p.read_bytes() for p in folder.iterdir() if p.name != "manifest.json"}
    assert digests == {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}


def test_random_bits_depend_on_image_and_seed_alone(model: Model) -> None:
    several = random_words(model, [4, 9], 1)
    np.testing.assert_array_equal(several[1:], random_words(model, [9], 1))
    assert (several[0] != several[1]).any()
    assert (several != random_words(model, [4, 9], 2)).any()
    ones = unpack(random_words(model, range(100), 0), model.input.channels).mean()
    assert ones == pytest.approx(0.5, abs=0.03)


def test_a_folder_that_exists_is_left_alone(model: Model, tmp_path: Path) -> None:
    (tmp_path / "v").mkdir()
    with pytest.raises(InputError, match="exists already"):
        write_vectors(model, draw_words(model, 1), [0], tmp_path / "v", {})
    with pytest.raises(InputError, match="cannot be written"):
        write_vectors(model, draw_words(model, 1), [0], tmp_path / "no" / "v", {})
    assert [p.name for p in tmp_path.iterdir()] == ["v"]


def test_folders_beside_are_left_alone(model: Model, tmp_path: Path) -> None:
    (tmp_path / "v.part").mkdir()
    (tmp_path / "v.part" / "mine.txt").write_text("0\n")
    write_vectors(model, draw_words(model, 1), [0], tmp_path / "v", {})
    assert sorted(p.name for p in tmp_path.iterdir()) == ["v", "v.part"]
    assert (tmp_path / "v.part" / "mine.txt").read_text() == "0\n"


def test_a_run_that_fails_leaves_nothing(model: Model, tmp_path: Path) -> None:
    with pytest.raises(IndexError):  # in the midst of it: there is no second image
        write_vectors(model, draw_words(model, 1), [0, 1], tmp_path / "v", {})
    assert list(tmp_path.iterdir()) == []
