"""The model file: round trip, and everything that can be wrong with it."""

import io
import json
import tracemalloc
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from networks import draw_model, draw_words, scores_slowly

from sensorsim.bnn import archive
from sensorsim.bnn.model import Model
from sensorsim.bnn.model_file import load_model, model_digest, save_model
from sensorsim.core.errors import InputError
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


def members_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as file:
        return {n: file.read(n) for n in file.namelist()}


def write_members(path: Path, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as file:
        for name, data in members.items():
            file.writestr(name, data)


def rewrite(path: Path, **members: bytes | None) -> None:
    """Replace or drop members, named with __ for a dot; the seal stays as it was."""
    content = members_of(path)
    for name, data in members.items():
        key = name.replace("__", ".")
        if data is None:
            del content[key]
        else:
            content[key] = data
    write_members(path, content)


def seal(path: Path) -> None:
    """State the digest that fits what the file holds, as a forger would."""
    content = members_of(path)
    del content["sha256"]
    write_members(path, {"sha256": archive.digest(content).encode(), **content})


def header_of(path: Path) -> dict[str, Any]:
    return json.loads(members_of(path)["header.json"])


def edit_header(path: Path, **fields: object) -> None:
    rewrite(path, header__json=json.dumps(header_of(path) | fields).encode())
    seal(path)


def test_what_is_saved_is_what_is_loaded(model: Model, path: Path) -> None:
    assert equal(load_model(path), model)


def test_same_model_gives_the_same_bytes(model: Model, path: Path, tmp_path: Path) -> None:
    save_model(model, tmp_path / "again.npz")
    assert model_digest(tmp_path / "again.npz") == model_digest(path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["again.npz", "m.npz"]


def test_header_states_the_conventions(path: Path) -> None:
    conventions = header_of(path)["conventions"]
    assert conventions["padding"] == "-1"
    assert "least significant bit first" in conventions["bits"]
    assert conventions["ties"].startswith(">=")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"format": "other"}, "format"),
        ({"version": 1}, "version 1, expected 2; fetch"),
        ({"version": 3}, "version 3, expected 2; update this program"),
        ({"version": True}, "version True"),
        ({"version": 2.0}, r"version 2\.0"),
        ({"conventions": {"padding": "0"}}, "conventions"),
        ({"comment": "hello"}, "comment"),
        ({"training": {"seed": "1"}}, "training"),
        ({"class_names": ["a", "b", 3]}, r"class_names\.2"),
        ({"class_names": "abc"}, "class_names"),
        ({"layers": []}, "which no layer names"),
        ({"class_names": ["a", "b"]}, "3 classes, expected 2"),
        ({"readout": {"kind": "flash"}}, "flash"),
        ({"input": {"height": 6}}, "width"),
    ],
)
def test_wrong_header_is_refused(path: Path, fields: dict[str, object], words: str) -> None:
    edit_header(path, **fields)
    with pytest.raises(InputError, match=words) as error:
        load_model(path)
    assert str(path) in str(error.value)


def test_layer_of_an_unknown_kind_is_refused(path: Path) -> None:
    layers = header_of(path)["layers"]
    layers[2]["kind"] = "median-pool"
    edit_header(path, layers=layers)
    with pytest.raises(InputError, match="layer 2: unknown kind 'median-pool'"):
        load_model(path)


def test_changed_and_missing_arrays_are_noticed(path: Path) -> None:
    data = bytearray(members_of(path)["0.weights.npy"])
    data[-1] ^= 1
    rewrite(path, **{"0__weights__npy": bytes(data)})
    with pytest.raises(InputError, match="SHA-256"):
        load_model(path)
    rewrite(path, **{"0__weights__npy": None})
    with pytest.raises(InputError):
        load_model(path)


def test_pickles_are_never_loaded(path: Path) -> None:
    buffer = io.BytesIO()
    np.save(buffer, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    sealed(path, "0.weights.npy", buffer.getvalue())
    with pytest.raises(InputError, match=r"array 0\.weights: type object, expected uint64"):
        load_model(path)


@pytest.mark.parametrize("data", [b"", b"text", b"PK\5\6" + bytes(18)])
def test_what_is_no_model_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.npz"
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"x\.npz"):
        load_model(path)
    with pytest.raises(InputError, match=r"gone\.npz"):
        load_model(tmp_path / "gone.npz")


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
    seal(path)


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
    with pytest.raises(InputError, match=r"0 bytes, but its shape \(1125899906842624,\) needs"):
        load_model(path)


def test_file_that_unpacks_to_too_much_is_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sensorsim.bnn.archive.MAX_BYTES", 1000)
    with pytest.raises(InputError, match="expected at most 1000;"):
        load_model(path)


def test_numbers_of_a_layer_must_be_whole(path: Path) -> None:
    layers = header_of(path)["layers"]
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


@pytest.mark.parametrize(
    ("old", "new"),
    [(b'"a"', b'"z"'), (b"0.1", b"0.2"), (b'"height": 6', b'"height": 5'), (b"glt", b"glu")],
)
def test_a_changed_byte_of_the_header_is_noticed(path: Path, old: bytes, new: bytes) -> None:
    header = members_of(path)["header.json"]
    assert old in header
    rewrite(path, header__json=header.replace(old, new, 1))
    with pytest.raises(InputError, match="SHA-256"):
        load_model(path)


def test_a_seal_without_the_header_would_let_another_model_pass(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = archive.digest
    monkeypatch.setattr(
        archive, "digest", lambda m: whole({k: v for k, v in m.items() if k != "header.json"})
    )
    path = tmp_path / "m.npz"
    save_model(model, path)
    rewrite(path, header__json=members_of(path)["header.json"].replace(b"0.1", b"0.2", 1))
    assert not equal(load_model(path), model)


def test_only_what_layers_name_may_be_in_the_file(path: Path) -> None:
    sealed(path, "9.weights.npy", npy(np.zeros(3, np.uint64)))
    with pytest.raises(InputError, match=r"holds 9\.weights\.npy, which no layer names"):
        load_model(path)


def test_a_member_twice_is_refused(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as file, pytest.warns(UserWarning, match="Duplicate"):
        file.writestr("1.levels.npy", npy(np.zeros(10, np.int64)))
    with pytest.raises(InputError, match=r"'1\.levels\.npy' occurs twice"):
        load_model(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions_are_refused(path: Path, method: int) -> None:
    content = members_of(path)
    with zipfile.ZipFile(path, "w", method) as file:
        for name, data in content.items():
            file.writestr(name, data)
    with pytest.raises(InputError, match="expected stored or deflated"):
        load_model(path)


def test_large_files_and_headers_are_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit_header(path, class_names=["a" * 2**20])
    with pytest.raises(InputError, match=r"header\.json: .* expected at most 1048576"):
        load_model(path)
    monkeypatch.setattr("sensorsim.bnn.archive.MAX_FILE_BYTES", 1000)
    with pytest.raises(InputError, match="bytes, expected at most 1000"):
        load_model(path)


def test_member_that_unpacks_to_more_than_it_claims_is_stopped(path: Path) -> None:
    content = members_of(path) | {"0.weights.npy": bytes(200 * 2**20)}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in content.items():
            file.writestr(name, data)
    claimed, real = ((n).to_bytes(4, "little") for n in (100, 200 * 2**20))
    data = path.read_bytes()
    assert data.count(real) == 2  # in the member's own entry and in the directory
    path.write_bytes(data.replace(real, claimed))
    del data, content
    tracemalloc.start()
    with pytest.raises(InputError, match=r"m\.npz"):
        load_model(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * 2**20


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"format": "sensorsim-bnn", "format": "sensorsim-bnn"}', "a key occurs twice"),
        ('{"version": NaN}', "NaN, expected a finite number"),
        ("[]", "expected a JSON object"),
        ("[" * 100_000, "m.npz"),
        ('{"version": 1' + "0" * 5000 + "}", "m.npz"),
    ],
)
def test_header_that_is_no_proper_object_is_refused(path: Path, text: str, words: str) -> None:
    sealed(path, "header.json", text.encode())
    with pytest.raises(InputError, match=words):
        load_model(path)


def test_truth_values_other_than_0_and_1_are_refused(path: Path) -> None:
    data = bytearray(members_of(path)["1.rising.npy"])
    data[-1] = 2
    sealed(path, "1.rising.npy", bytes(data))
    with pytest.raises(InputError, match=r"array 1\.rising: expected bytes 0 and 1"):
        load_model(path)


def test_arrays_in_another_order_or_byte_order_are_refused(path: Path, model: Model) -> None:
    weights = model.layers[3].weights
    sealed(path, "3.weights.npy", npy(weights.astype(">u8")))
    with pytest.raises(InputError, match=r"array 3\.weights: type >u8, expected uint64"):
        load_model(path)
    sealed(path, "3.weights.npy", npy(np.asfortranarray(np.zeros((2, 3), np.uint64))))
    with pytest.raises(InputError, match=r"array 3\.weights: in Fortran order"):
        load_model(path)


def test_sum_says_two_branches_and_nothing_else(path: Path) -> None:
    layers = header_of(path)["layers"]
    for branches in ({"branches": [[]]}, {"branches": [[], []], "size": 2}, {}):
        edit_header(path, layers=[{"kind": "sum", **branches}, *layers])
        with pytest.raises(InputError, match=r"layer 0 \(sum\): expected two branches"):
            load_model(path)


def test_concatenation_says_two_branches_or_more_and_nothing_else(path: Path) -> None:
    layers = header_of(path)["layers"]
    for fields in (
        {"branches": [[]]}, {"branches": [[], []], "axis": 1}, {}, {"branches": [[], {}]},
        {"branches": ["", []]}, {"branches": "ab"},
    ):  # fmt: skip
        edit_header(path, layers=[{"kind": "concat", **fields}, *layers])
        with pytest.raises(InputError, match=r"layer 0 \(concat\): expected two or more branches"):
            load_model(path)


def test_scores_that_would_leave_64_bits_are_refused(path: Path) -> None:
    sealed(path, "5.scale.npy", npy(np.full(3, 2**62)))
    with pytest.raises(InputError, match=r"layer 5 \(scores\): class 0 has scores up to"):
        load_model(path)


def test_padding_beyond_the_kernel_is_refused(path: Path) -> None:
    layers = header_of(path)["layers"]
    layers[0]["padding"] = 2**20
    edit_header(path, layers=layers)
    with pytest.raises(InputError, match=r"layer 0 \(convolution\): padding 1048576"):
        load_model(path)
