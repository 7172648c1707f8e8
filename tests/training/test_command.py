"""``sensorsim train``: a recipe becomes a teacher's file or a model, and can be stopped."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from sensorsim.bnn.model_file import load_model  # noqa: E402
from sensorsim.core import resources  # noqa: E402
from sensorsim.core.errors import InputError  # noqa: E402
from sensorsim.readout import Thermometer  # noqa: E402
from sensorsim.scenes.labelled import Labelled  # noqa: E402
from sensorsim.training import command  # noqa: E402
from sensorsim.training.command import Place, run_recipe  # noqa: E402
from sensorsim.training.teacher_file import load_teacher  # noqa: E402

NETWORK = """
kind = "network"
pipeline = "glt4"
levels = 2
data = { dataset = "fashion-mnist" }
light = { law = "fixed" }
network = { blocks = [
    { channels = 4, pool = 2 }, { channels = 4, groups = 2, mix = true, concat = true },
] }
schedule = { epochs = 2.0, batch = 16, views = { shift_px = 1 }, validation_images = 10 }
"""
TEACHER = """
kind = "teacher"
data = { dataset = "fashion-mnist" }
schedule = { widths = [4, 6], epochs = 1.0, batch = 16 }
"""


@pytest.fixture(autouse=True)
def data(tiny: Labelled, monkeypatch: pytest.MonkeyPatch) -> Labelled:
    torch.set_num_threads(1)
    enough = tiny.take(np.arange(160) % 40)
    monkeypatch.setattr(command, "load_dataset", lambda *_: enough)
    return enough


def trained(folder: Path, text: str, out: str = "m.npz", **changes: Any) -> str:
    path = folder / "recipe.toml"
    path.write_text(text)
    place = Place(folder / out, folder / "work", "cpu", "test")
    return run_recipe(str(path), {k.replace("__", "."): v for k, v in changes.items()}, place)


def test_network_learns_beside_a_pipeline(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = trained(tmp_path, NETWORK)
    notes = " ".join(capsys.readouterr().err.split())
    assert "144 images to train on, 16 to validate, 160 to test, 4 classes" in notes
    assert "18 steps of 16 images, 2 passes; seed" in notes
    for text in (notes, said):
        assert re.search(r"levels at [\d.,]+, [\d.,]+ mV of 1,000 mV \([\d.,]+, [\d.,]+ e-\)", text)
    model = load_model(tmp_path / "m.npz")
    assert isinstance(model.readout, Thermometer)
    assert model.readout.levels == 2
    assert model.class_names == ("a", "b", "c", "d")
    assert model.training.command == "test"
    assert model.training.camera is not None
    assert model.training.camera["photodiode"]["full_well_e"] == 10_000
    assert f"{model.training.test_accuracy:.4f}" in said
    assert f"{model.stored_bits} bits" in said
    assert (tmp_path / "m.html").exists()
    assert not (tmp_path / "m.checkpoint").exists()


def test_teacher_is_trained_kept_and_taught_by(tmp_path: Path) -> None:
    trained(tmp_path, TEACHER, "t.pt")
    _, record = load_teacher(tmp_path / "t.pt")
    assert record.class_names == ("a", "b", "c", "d")
    assert (record.widths, record.command) == ((4, 6), "test")
    trained(tmp_path, f'{NETWORK}teacher = {{ file = "t.pt" }}\n')
    assert len(list((tmp_path / "work").glob("answers-*/shift-*.npy"))) == 9


def test_binary_network_teaches(tmp_path: Path) -> None:
    trained(tmp_path, NETWORK, "first.npz")
    trained(tmp_path, f'{NETWORK}teacher = {{ model = "first.npz" }}\n', "second.npz")
    one, other = (load_model(tmp_path / f"{n}.npz") for n in ("first", "second"))
    assert (one.layers[0].weights != other.layers[0].weights).any()


def test_heavy_paths_are_gone_in_the_model(tmp_path: Path) -> None:
    trained(tmp_path, f"{NETWORK}pruning = {{ start = 0.1, end = 0.5 }}\n")
    pruned = load_model(tmp_path / "m.npz")
    trained(tmp_path, NETWORK)
    light = load_model(tmp_path / "m.npz")
    assert pruned.weight_bits == light.weight_bits
    assert [s.after[:3] for s in pruned.steps] == [s.after[:3] for s in light.steps]


def test_network_that_is_too_large_is_refused_before_training(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"limit_bits 100: the network may store \d+ bits"):
        trained(tmp_path, NETWORK.replace("levels = 2", "levels = 2\nlimit_bits = 100"))
    assert [p.name for p in tmp_path.iterdir()] == ["recipe.toml"]


def test_checkpoint_of_another_recipe_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(command, "deliver", stopped)
        with pytest.raises(KeyboardInterrupt):
            trained(tmp_path, NETWORK)
    assert (tmp_path / "m.checkpoint").exists()
    with pytest.raises(InputError, match=r"another training \(schedule differ\)"):
        trained(tmp_path, NETWORK, schedule__learning_rate=1e-3)
    trained(tmp_path, NETWORK)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"spectrum": {"kind": "planck", "temperature_k": 3000.0}}, "spectrum"),
        ({"white_reflectance": 0.5}, "white_reflectance"),
    ],
)
def test_checkpoint_under_another_light_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], named: str
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(command, "deliver", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            trained(tmp_path, NETWORK)
    changed = command._pipeline

    def other(*args: Any) -> Any:
        description, folder = changed(*args)
        raw = description.scene.model_dump() | change
        scene = type(description.scene).model_validate(raw)
        return description.model_copy(update={"scene": scene}), folder

    monkeypatch.setattr(command, "_pipeline", other)
    with pytest.raises(InputError, match=rf"another training \(.*{named}.* differ\)"):
        trained(tmp_path, NETWORK)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("levels = 2\n", "", "levels: is missing"),
        ('"glt4"', '"adc4"', "levels 2: the pipeline's readout is 'adc'"),
        ("channels = 4, groups = 2", "channels = 4, groups = 3", r"network\.blocks\.1: 3 groups"),
        ("pool = 2", "pool = 4, stride = 4", r"network\.blocks\.0: .* leave nothing"),
        ("batch = 16", "batch = 160", "fewer than a batch of 160"),
        ("batch = 16", "batch = 16, learning_rate = 5.0", r"learning_rate 5\.0: expected"),
    ],
)
def test_recipe_that_cannot_be_trained_is_said(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert old in NETWORK
    with pytest.raises(InputError, match=said):
        trained(tmp_path, NETWORK.replace(old, new))
    assert not list(tmp_path.glob("*.npz"))


def test_circuit_of_a_learned_readout_reaches_its_model(tmp_path: Path) -> None:
    circuit = {"mode": "sequential", "hysteresis_mv": 2.0, "bubbles": "corrected"}
    lines = "\n".join(f"{k} = {v!r}".replace("'", '"') for k, v in circuit.items())
    text = (resources.pipelines() / "glt4.toml").read_text()
    text = text.replace('kind = "learned"', f'kind = "learned"\n{lines}\n#')
    (tmp_path / "p.toml").write_text(text)
    trained(tmp_path, NETWORK.replace('"glt4"', '"p.toml"'))
    model = load_model(tmp_path / "m.npz")
    assert isinstance(model.readout, Thermometer)
    assert circuit.items() <= model.readout.circuit_fields().items()


def test_teacher_does_not_take_its_checkpoint_s_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"t\.checkpoint: has the suffix of another format"):
        trained(tmp_path, TEACHER, "t.checkpoint")


def test_teacher_of_other_images_is_refused(
    tmp_path: Path, data: Labelled, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained(tmp_path, TEACHER, "t.pt")
    other = data.take(np.arange(len(data))[::-1].copy())
    monkeypatch.setattr(command, "load_dataset", lambda *_: other)
    with pytest.raises(InputError, match="trained on other images, or in another order"):
        trained(tmp_path, f'{NETWORK}teacher = {{ file = "t.pt" }}\n')


@pytest.mark.parametrize("change", ["shape", "classes"])
def test_test_images_of_another_kind_are_refused_before_training(
    tmp_path: Path, data: Labelled, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    names = ("a", "b", "c", "e") if change == "classes" else data.class_names
    images = data.images[:, :6] if change == "shape" else data.images
    test = Labelled(images, data.labels, names, "x", "there")
    monkeypatch.setattr(
        command, "load_dataset", lambda _, split, *__: test if split == "test" else data
    )
    with pytest.raises(InputError, match="there: test"):
        trained(tmp_path, NETWORK)
    assert [p.name for p in tmp_path.iterdir()] == ["recipe.toml"]


def test_work_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    trained(tmp_path, TEACHER, "t.pt")
    (tmp_path / "work").write_text("a file")
    with pytest.raises(InputError, match="--work"):
        trained(tmp_path, f'{NETWORK}teacher = {{ file = "t.pt" }}\n')


def test_recipe_states_no_number_of_classes(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"network\.classes: no such field"):
        trained(tmp_path, NETWORK.replace("network = {", "network = { classes = 4,"))


def test_largest_seed_trains(tmp_path: Path) -> None:
    trained(tmp_path, NETWORK, schedule__seed=2**32 - 1)
    assert load_model(tmp_path / "m.npz").training.seed == 2**32 - 1
    trained(tmp_path, TEACHER, "t.pt", schedule__seed=2**32 - 1)


def test_two_trainings_into_one_file_are_refused(tmp_path: Path) -> None:
    place = Place(tmp_path / "m.npz", tmp_path / "work", "cpu", "test")
    with place.locked(), pytest.raises(InputError, match=r"m\.npz: another training writes it"):
        trained(tmp_path, NETWORK)
    trained(tmp_path, NETWORK)
    assert not list(tmp_path.glob(".*")), "no lock is left"
