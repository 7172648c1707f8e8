"""What a result depends on is compared by content."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sensorsim as ss
from sensorsim.core import resources
from sensorsim.pipeline import dependencies
from sensorsim.pipeline.dependencies import contents
from sensorsim.scenes.labelled import Labelled


def pipe(**settings: Any) -> ss.Pipeline:
    found = ss.load_pipeline("glt2", {k.replace("__", "."): v for k, v in settings.items()})
    images = np.zeros((4, 28, 28, 1), np.uint8)
    found._dataset = Labelled(images, np.arange(4), found.model.class_names, "x", "x")
    return found


def differing(one: ss.Pipeline, other: ss.Pipeline) -> set[str]:
    a, b = contents([one]), contents([other])
    assert a.keys() == b.keys()
    return {name for name in a if a[name] != b[name]}


def test_two_readings_of_the_same_files_are_the_same() -> None:
    assert differing(pipe(), pipe()) == set()


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({"readout__comparator__offset_mv": 0.25}, {"pipelines"}),
        ({"scene__white_reflectance": 0.5}, {"pipelines"}),
        ({"photodiode__sensor": "imx250"}, {"pipelines"}),
        ({"energy__technology": "cmos65"}, {"pipelines", "technologies"}),
        ({"scene__data_dir": "elsewhere"}, {"pipelines", "images and labels"}),
    ],
)
def test_settings_count(settings: dict[str, Any], names: set[str]) -> None:
    assert differing(pipe(), pipe(**settings)) == names


def test_images_labels_and_class_names_count() -> None:
    one = pipe()
    data = one.dataset
    images, labels = data.images.copy(), data.labels.copy()
    images[3, 27, 27, 0], labels[3] = 1, 0
    for other in (
        Labelled(images, data.labels, data.class_names, "x", "x"),
        Labelled(data.images, labels, data.class_names, "x", "x"),
        Labelled(data.images, data.labels, data.class_names[::-1], "x", "x"),
    ):
        changed = pipe()
        changed._dataset = other
        assert differing(one, changed) == {"images and labels"}


def test_the_model_file_counts_by_content(tmp_path: Path) -> None:
    for name in ("glt-2", "thermometer-log-2"):
        path = resources.data("models", "fashion-mnist", f"{name}.npz")
        shutil.copy(path, tmp_path / "model.npz")
        found = contents([pipe(network__model=str(tmp_path / "model.npz"))])["models"]
        assert list(found) == [str(tmp_path / "model.npz")]
        if name == "glt-2":
            first = found
    assert found != first


def test_tables_and_code_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents([pipe()])
    copy = tmp_path / "data"
    shutil.copytree(resources.data("photometry"), copy / "photometry")
    shutil.copytree(resources.data("scaling"), copy / "scaling")
    for name in ("photometry/cie.csv", "scaling/gate_energy.toml"):
        with (copy / name).open("a") as file:
            file.write("\n")
    one = pipe()
    monkeypatch.setattr(dependencies.resources, "data", lambda *parts: copy.joinpath(*parts))
    after = contents([one])
    assert {n for n in before if before[n] != after[n]} == {"tables"}
    assert all(before["tables"][n] != after["tables"][n] for n in before["tables"])
    assert contents([one], ("core",))["source code"] != after["source code"]


def test_every_pipeline_of_several_counts() -> None:
    one, other = pipe(), pipe(die=1)
    assert contents([one, other])["pipelines"] != contents([one])["pipelines"]
    assert contents([one, other])["pipelines"] != contents([other, one])["pipelines"]


def test_a_readout_of_another_package_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert contents([pipe()])["readout packages"] == {}
    monkeypatch.setattr(dependencies, "foreign_digest", lambda kind: kind.__name__)
    assert contents([pipe()])["readout packages"] == {"thermometer": "Thermometer"}
