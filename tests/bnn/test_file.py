"""The model file: round trip, and everything that can be wrong with it."""

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from networks import draw_model, draw_words, scores_slowly

from sensorsim.bnn.file import _digest, load_model, model_digest, save_model
from sensorsim.bnn.model import Model
from sensorsim.errors import InputError
from sensorsim.readout import Adc, Comparator
from sensorsim.tonemap import Gamma, Linear, Log, ToneCurve


@pytest.fixture
def path(model: Model, tmp_path: Path) -> Path:
    path = tmp_path / "m.npz"
    save_model(model, path)
    return path


def equal(a: Model, b: Model) -> bool:
    if (a.input, a.readout, a.class_names, a.training) != (
        b.input, b.readout, b.class_names, b.training,
    ):  # fmt: skip
        return False
    return len(a.layers) == len(b.layers) and all(
        type(x) is type(y) and all(np.array_equal(v, vars(y)[k]) for k, v in vars(x).items())
        for x, y in zip(a.layers, b.layers, strict=True)
    )


def rewrite(path: Path, **members: bytes | None) -> None:
    """Replace or drop members, named with _ for a dot."""
    with zipfile.ZipFile(path) as archive:
        content = {n: archive.read(n) for n in archive.namelist()}
    for name, data in members.items():
        key = name.replace("__", ".")
        if data is None:
            del content[key]
        else:
            content[key] = data
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)


def edit_header(path: Path, **fields: object) -> None:
    with zipfile.ZipFile(path) as archive:
        header = json.loads(archive.read("header.json"))
    rewrite(path, header__json=json.dumps(header | fields).encode())


def test_what_is_saved_is_what_is_loaded(model: Model, path: Path) -> None:
    assert equal(load_model(path), model)


def test_same_model_gives_the_same_bytes(model: Model, path: Path, tmp_path: Path) -> None:
    save_model(model, tmp_path / "again.npz")
    assert model_digest(tmp_path / "again.npz") == model_digest(path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["again.npz", "m.npz"]


def test_header_states_the_conventions(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        conventions = json.loads(archive.read("header.json"))["conventions"]
    assert conventions["padding"] == "-1"
    assert "least significant bit first" in conventions["bits"]
    assert conventions["ties"].startswith(">=")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"format": "other"}, "format"),
        ({"version": 2}, "version 2, expected 1"),
        ({"layers": []}, "last layer"),
        ({"class_names": ["a", "b"]}, "3 classes, expected 2"),
        ({"readout": {"kind": "flash"}}, "flash"),
        ({"input": {"height": 6}}, "width"),
        ({"sha256": "0"}, "SHA-256"),
    ],
)
def test_wrong_header_is_refused(path: Path, fields: dict[str, object], words: str) -> None:
    edit_header(path, **fields)
    with pytest.raises(InputError, match=words) as error:
        load_model(path)
    assert str(path) in str(error.value)


def test_layer_of_an_unknown_kind_is_refused(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        layers = json.loads(archive.read("header.json"))["layers"]
    layers[2]["kind"] = "median-pool"
    edit_header(path, layers=layers)
    with pytest.raises(InputError, match="layer 2: unknown kind 'median-pool'"):
        load_model(path)


def test_changed_and_missing_arrays_are_noticed(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        data = bytearray(archive.read("0.weights.npy"))
    data[-1] ^= 1
    rewrite(path, **{"0__weights__npy": bytes(data)})
    with pytest.raises(InputError, match="SHA-256"):
        load_model(path)
    rewrite(path, **{"0__weights__npy": None})
    with pytest.raises(InputError):
        load_model(path)


def test_pickles_are_never_loaded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = io.BytesIO()
    np.save(buffer, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    rewrite(path, **{"0__weights__npy": buffer.getvalue()})
    monkeypatch.setattr("sensorsim.bnn.file._digest", lambda _: "x")
    edit_header(path, sha256="x")
    with pytest.raises(InputError, match="allow_pickle"):
        load_model(path)


@pytest.mark.parametrize("data", [b"", b"text", b"PK\5\6" + bytes(18)])
def test_what_is_no_model_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.npz"
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"x\.npz"):
        load_model(path)
    with pytest.raises(InputError, match=r"gone\.npz"):
        load_model(tmp_path / "gone.npz")


def test_mutated_files_are_refused_or_unchanged(model: Model, path: Path) -> None:
    whole = path.read_bytes()
    random = np.random.default_rng(0)
    refused = 0
    for _ in range(500):
        data = bytearray(whole)
        if random.random() < 0.2:
            del data[random.integers(len(data)) :]
        for position in random.integers(0, max(1, len(data)), random.integers(1, 4)):
            if data:
                data[position] = random.integers(256)
        path.write_bytes(data)
        try:
            loaded = load_model(path)
        except InputError:
            refused += 1
        else:
            assert equal(loaded, model)
    assert refused > 250


@pytest.mark.parametrize("curve", [Linear(), Gamma(gamma=2.2), Log(mu=100.0)])
def test_readout_and_training_come_back_whole(
    model: Model, tmp_path: Path, curve: ToneCurve
) -> None:
    adc = Adc(bits=2, tone_curve=curve, comparator=Comparator(noise_mv=0.25, offset_mv=1.5))
    first = replace(model.layers[0], inputs=1, weights=np.zeros((10, 1), np.uint64))
    view = model.input.model_copy(update={"planes": 2, "channels": 1})
    other = replace(model, readout=adc, input=view, layers=(first, *model.layers[1:]))
    save_model(other, tmp_path / "adc.npz")
    loaded = load_model(tmp_path / "adc.npz")
    assert equal(loaded, other)
    assert loaded.readout == adc
    assert loaded.training == model.training


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.999])
def test_truncated_file_is_named(path: Path, part: float) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: int(part * len(data))])
    with pytest.raises(InputError, match=r"m\.npz: not a usable model file"):
        load_model(path)


def test_missing_header_is_named(path: Path) -> None:
    rewrite(path, header__json=None)
    with pytest.raises(InputError, match=r"m\.npz: .*header\.json"):
        load_model(path)


def sealed(path: Path, name: str, data: bytes) -> None:
    """Replace an array and state the digest that fits it."""
    rewrite(path, **{name.replace(".", "__"): data})
    with zipfile.ZipFile(path) as archive:
        arrays = {n: archive.read(n) for n in archive.namelist() if n != "header.json"}
    edit_header(path, sha256=_digest(arrays))


def npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def test_arrays_of_another_type_or_shape_are_named(path: Path) -> None:
    sealed(path, "1.levels.npy", npy(np.zeros(10)))
    with pytest.raises(InputError, match=r"array 1\.levels: type float64, expected int64"):
        load_model(path)
    sealed(path, "1.levels.npy", npy(np.zeros(9, np.int64)))
    with pytest.raises(InputError, match=r"layer 1 \(threshold\): levels of 9 channels"):
        load_model(path)


def test_array_that_claims_more_than_memory_is_refused(path: Path) -> None:
    buffer = io.BytesIO()
    claim = {"descr": "<u8", "fortran_order": False, "shape": (2**50,)}
    np.lib.format.write_array_header_1_0(buffer, claim)
    sealed(path, "0.weights.npy", buffer.getvalue())
    with pytest.raises(InputError, match=r"m\.npz"):
        load_model(path)


def test_file_that_unpacks_to_too_much_is_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sensorsim.bnn.file._MAX_BYTES", 1000)
    with pytest.raises(InputError, match="more than 1000 bytes"):
        load_model(path)


def test_numbers_of_a_layer_must_be_whole(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        layers = json.loads(archive.read("header.json"))["layers"]
    for value in (1.0, True, "1", None):
        layers[0]["stride"] = value
        edit_header(path, layers=layers)
        with pytest.raises(InputError, match=r"layer 0 \(convolution\): expected whole numbers"):
            load_model(path)


@pytest.mark.parametrize("seed", range(20))
def test_every_kind_of_layer_survives_the_file(seed: int, tmp_path: Path) -> None:
    model = draw_model(seed)
    save_model(model, tmp_path / "m.npz")
    again = load_model(tmp_path / "m.npz")
    save_model(again, tmp_path / "n.npz")
    assert (tmp_path / "m.npz").read_bytes() == (tmp_path / "n.npz").read_bytes()
    words = draw_words(model, 2)
    np.testing.assert_array_equal(scores_slowly(model, words), scores_slowly(again, words))
