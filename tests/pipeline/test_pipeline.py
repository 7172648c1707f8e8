"""Results of a pipeline, and what they survive."""

from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import sensorsim as ss
from sensorsim.bnn.layers import Scores
from sensorsim.bnn.model import Model
from sensorsim.bnn.model_file import save_model
from sensorsim.core.bits import pack
from sensorsim.core.netcdf import write_netcdf
from sensorsim.scenes.labelled import Labelled

CLASSES = 300


def test_decisions_of_more_than_255_classes_survive_a_file(model: Model, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    weights = pack(random.integers(0, 2, (CLASSES, 48)).astype(np.uint8))
    scores = Scores(48, CLASSES, 8, weights, np.full(CLASSES, 4), random.integers(-9, 9, CLASSES))
    names = tuple(f"class {i}" for i in range(CLASSES))
    many = replace(model, layers=(*model.layers[:-1], scores), class_names=names)
    save_model(many, tmp_path / "many.npz")
    pipe = ss.load_pipeline("glt2", {"network.model": str(tmp_path / "many.npz")})
    images = random.integers(0, 256, (400, 6, 7, 1)).astype(np.uint8)
    pipe._dataset = Labelled(images, np.arange(400) % CLASSES, names, "many", "here")
    result = pipe.run()
    assert result["decision"].max() > 255
    assert result["decision"].min() >= 0
    write_netcdf(result, tmp_path / "x.nc")
    with xr.open_dataset(tmp_path / "x.nc") as kept:
        np.testing.assert_array_equal(kept["decision"], result["decision"])
        np.testing.assert_array_equal(kept["label"], np.arange(400) % CLASSES)


@pytest.mark.parametrize("images", [2.5, True, "5", 0, -1, 10_001])
def test_a_number_of_images_that_cannot_be_is_named(images: object) -> None:
    with pytest.raises(ss.InputError, match=f"images {images!r}: expected"):
        ss.load_pipeline("glt2").run(images=images)  # type: ignore[arg-type]


def test_numbers_of_numpy_are_integers() -> None:
    pipe = ss.load_pipeline("glt2")
    one = pipe.run(images=np.int64(5), seed=np.uint32(3))
    xr.testing.assert_equal(one, pipe.run(images=5, seed=3))


@pytest.mark.parametrize(("source", "settings"), [(5, None), ("glt2", ["a"]), ("glt2", {5: 1})])
def test_a_source_or_settings_of_another_type_are_named(source: object, settings: object) -> None:
    with pytest.raises(ss.InputError, match=r"expected a (path|mapping|name)"):
        ss.load_pipeline(source, settings)  # type: ignore[arg-type]


def test_a_pipeline_its_model_and_its_ledger_are_shown_in_one_line() -> None:
    pipe = ss.load_pipeline("glt2")
    for what in (pipe, pipe.model, pipe.cost.ledger()):
        assert "\n" not in repr(what)
        assert len(repr(what)) < 160
    assert repr(pipe) == (
        "<Pipeline glt2: fashion-mnist, thermometer of 2 learned thresholds, network "
        "fashion-mnist/glt-2 of 164,960 weight bits>"
    )


def test_the_public_names_are_listed() -> None:
    assert dir(ss) == ["InputError", "Pipeline", "__version__", "load_pipeline", "sweep"]
    assert ss.__version__ == version("sensorsim")
