"""A recipe from end to end: model, report and card, also when the training was interrupted."""

import re
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import sensorsim as ss  # noqa: E402
from sensorsim.bnn import simulator  # noqa: E402
from sensorsim.bnn.model_file import load_model  # noqa: E402
from sensorsim.core.errors import InputError  # noqa: E402
from sensorsim.pipeline import evaluation  # noqa: E402
from sensorsim.scenes.labelled import Labelled  # noqa: E402
from sensorsim.training import card, command, fit, report, words  # noqa: E402
from sensorsim.training.command import Place, run_recipe  # noqa: E402
from sensorsim.training.console import TrainingConsole  # noqa: E402
from sensorsim.training.decisions import bit_level_decisions  # noqa: E402
from sensorsim.training.progress import Progress  # noqa: E402

RECIPE = """
kind = "network"
pipeline = "glt4"
levels = 3
data = { dataset = "fashion-mnist" }
light = { law = "fixed" }
network = { blocks = [{ channels = 6, pool = 2 }] }
schedule = { epochs = 2, batch = 16, validate_every_epochs = 0.5 }
"""


@pytest.fixture
def place(tiny: Labelled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    (tmp_path / "small.toml").write_text(RECIPE)
    training = tiny.take(np.arange(160) % 40)
    monkeypatch.setattr(
        command, "load_dataset", lambda _, split, *__: training if split == "train" else tiny
    )
    return place_of(tmp_path, "m.npz")


def place_of(folder: Path, name: str) -> Place:
    return Place(folder / name, folder / "work", "cpu", "sensorsim train small.toml")


def run(place: Place) -> str:
    return run_recipe(str(place.out.with_name("small.toml")), {}, place)


def pictures(path: Path) -> list[str]:
    return re.findall(r'src="([^"]+)"', path.read_text())


def test_report_and_card_are_of_the_model(place: Place, tiny: Labelled) -> None:
    said = run(place)
    model = load_model(place.out)
    task_camera = ss.load_pipeline(
        "glt4", {"network.model": str(place.out), "scene.exposure": {"law": "fixed"}}
    )
    found = bit_level_decisions(model, task_camera.camera, tiny)
    assert model.training.test_accuracy == found.accuracy
    page, text = place.report.read_text(), place.card.read_text()
    assert page.startswith(f"{report.MARKER}\n<!DOCTYPE html>")
    assert text.startswith(f"{card.MARKER}\n# ")
    for stated in (page, text):
        assert words.accuracy(found) in stated
        assert f"{model.stored_bits:,} bits" in stated
    assert str(place.report) in said
    names = {p.name for p in place.out.parent.iterdir()}
    assert names == {"small.toml", "m.npz", "m.html", "m.md"}


def test_energy_is_that_of_the_pipeline_with_the_model(place: Place, tiny: Labelled) -> None:
    run(place)
    settings = {"network.model": str(place.out), "scene.exposure": {"law": "fixed"}}
    chain = ss.load_pipeline("glt4", settings)
    total = chain.cost.ledger().total_pj()
    cells = [f'<td class="number">{words.energy(e)}</td>' for e in dict(total).values()]
    assert f"<td>whole frame</td>{''.join(cells)}" in place.report.read_text()


def test_test_images_pass_the_network_once(
    place: Place, tiny: Labelled, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches: list[int] = []

    def counted(model: object, codes: np.ndarray) -> np.ndarray:
        batches.append(len(codes))
        return simulator.scores_of_codes(model, codes)  # type: ignore[arg-type]

    seen = type("Seen", (), {"scores_of_codes": counted, "decide": simulator.decide})
    monkeypatch.setattr(evaluation, "simulator", seen)
    run(place)
    assert sum(batches) == 16 + len(tiny), "validation images and test images"


def test_interrupted_training_gives_the_same_curves_and_model(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(place)
    monkeypatch.setattr(fit, "_CHECKPOINT_S", -1.0)
    show = TrainingConsole.progress

    def interrupt(self: TrainingConsole, now: Progress) -> None:
        if now.step == 10:
            raise KeyboardInterrupt

    monkeypatch.setattr(TrainingConsole, "progress", interrupt)
    other = place_of(place.out.parent, "n.npz")
    with pytest.raises(KeyboardInterrupt):
        run(other)
    assert {p.suffix for p in other.out.parent.glob("n.*")} == {".checkpoint"}
    monkeypatch.setattr(TrainingConsole, "progress", show)
    run(other)
    assert other.out.read_bytes() == place.out.read_bytes()
    assert len(pictures(other.report)) == 4
    assert pictures(other.report) == pictures(place.report)


@pytest.mark.parametrize("name", ["m.html", "m.md"])
def test_foreign_file_stops_a_training_before_it_starts(
    place: Place, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    foreign = place.out.with_name(name)
    foreign.write_text("mine")
    monkeypatch.setattr(command, "train", lambda *_, **__: pytest.fail("has started"))
    with pytest.raises(InputError, match=rf"{name}: would be replaced"):
        run(place)
    assert foreign.read_text() == "mine"
    assert not place.out.exists()


@pytest.mark.parametrize("name", ["m.html", "m.md", "m.checkpoint"])
def test_model_may_not_have_the_name_of_a_file_beside_it(place: Place, name: str) -> None:
    with pytest.raises(InputError, match=r"suffix of another format; expected \.npz or \.pt"):
        run(place_of(place.out.parent, name))


def test_own_files_are_replaced(place: Place) -> None:
    place.report.write_text(f"{report.MARKER}\nold")
    place.card.write_text(f"{card.MARKER}\nold")
    run(place)
    assert place.report.read_text().startswith(f"{report.MARKER}\n<!DOCTYPE")
    assert place.card.read_text().startswith(f"{card.MARKER}\n# m")
