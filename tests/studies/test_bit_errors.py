"""The study of wrong bits, on a few images."""

from pathlib import Path

import bit_errors
import pytest
import xarray as xr


def test_study_writes_results_and_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    axes = {
        "weights": {bit_errors.WEIGHTS: (0.0, 0.5), "die": bit_errors.DIES},
        "activations": {bit_errors.ACTIVATIONS: (0.0, 0.5)},
        "accumulators": {bit_errors.WIDTH: (6, 14), bit_errors.OVERFLOW: bit_errors.OVERFLOWS},
    }
    monkeypatch.setattr(bit_errors, "AXES", axes)
    arguments = ["--images", "3", "--pipelines", "glt2", "--out", str(tmp_path)]
    bit_errors.study(bit_errors.parse(arguments))
    assert {p.name for p in tmp_path.iterdir()} == {"bit_errors.nc", "bit_errors.png"}
    with xr.open_dataset(tmp_path / "bit_errors.nc") as data:
        assert data.sizes["pipeline"] == 1
        low, high = (data[f"weights_accuracy_{end}"] for end in ("low", "high"))
        assert ((low <= data["weights_accuracy"]) & (data["weights_accuracy"] <= high)).all()
