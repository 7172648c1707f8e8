"""Results of a pipeline, and what they survive."""

from dataclasses import replace
from pathlib import Path

import numpy as np
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
