"""The studies of designs, on a few images."""

import importlib
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import common
import numpy as np
import pytest
import xarray as xr

import sensorsim as ss
from sensorsim.core.statistics import wilson_interval
from sensorsim.experiments.energy_comparison import compare_energy
from sensorsim.experiments.optimize.space import space_of


def study(name: str) -> ModuleType:
    """A script of studies/; ``yield`` is a word of the language and cannot be imported by name."""
    return importlib.import_module(name)


def written(name: str, folder: Path, *arguments: str) -> xr.Dataset:
    study(name).main(["--out", str(folder), *arguments])
    assert (folder / f"{name}.png").stat().st_size > 10_000
    with xr.open_dataset(folder / f"{name}.nc") as data:
        return data.load()


def test_breakdown_adds_up_and_is_the_ledger(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    module = study("energy_breakdown")
    monkeypatch.setattr(module, "READOUTS", {"glt-2": {}, "adc-linear-4": {"converter": "sar"}})
    data = written("energy_breakdown", tmp_path, "--images", "20")
    assert "GLT M=2" in capsys.readouterr().out
    for technology in ("survey", "cmos65"):
        table = data.isel(row=(data["technology"] == technology) & (data["model"] == "glt-2"))
        frame = table.isel(row=table["stage"] == "frame")
        parts = table.isel(row=table["stage"] != "frame")
        total = ss.load_pipeline("glt2", {"energy.technology": technology}).cost.ledger().total_pj()
        for bound in ("low", "typical", "high"):
            assert parts[f"{bound}_nj"].sum().item() == pytest.approx(1e-3 * getattr(total, bound))
            assert frame[f"{bound}_nj"].item() == pytest.approx(1e-3 * getattr(total, bound))


def test_yield_counts_the_dies_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = study("yield")
    monkeypatch.setattr(module, "MODELS", ("glt-4", "adc-linear-8"))
    data = written("yield", tmp_path, "--quick", "--images", "40", "--dies", "4",
                   "--required", "0.7")  # fmt: skip
    assert "yield at" in capsys.readouterr().out
    assert data.sizes["offset_point"] == 12
    assert data.sizes["mismatch_point"] == 6, "an ADC has no levels of its own"
    assert data["mismatch_training"].values.tolist() == 3 * ["usual"] + 3 * ["mismatch"]
    good = data["offset_accuracy_without_sampling_error"] >= 0.7
    np.testing.assert_allclose(data["offset_yield_required"], good.mean("die"))
    for part, low, high, count in zip(
        data["offset_yield_required"].values, data["offset_yield_required_low"].values,
        data["offset_yield_required_high"].values, good.sum("die").values, strict=True,
    ):  # fmt: skip
        assert (low, high) == pytest.approx(wilson_interval(int(count), 4))
        assert low <= part <= high
    for point, model in ((0, "glt-4"), (6, "mismatch/glt-4")):
        one = data.isel(offset_point=point, die=3)
        settings = {"die": 3, "network.model": f"fashion-mnist/{model}"}
        again = ss.load_pipeline("glt4", settings).run(40)
        assert one["offset_accuracy"].item() == again["accuracy"].item()


def test_break_even_is_what_the_command_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["adc-log-4", "glt-2", "glt-8"]
    monkeypatch.setattr(common, "shipped", lambda _: names)
    data = written("break_even", tmp_path, "--images", "20")
    assert "log ADC b=4" in capsys.readouterr().out
    assert data["learned"].values.tolist() == ["GLT M=2", "GLT M=8"]
    assert data["adc"].values.tolist() == ["log ADC b=4"]
    found = compare_energy(ss.load_pipeline("glt8"), ss.load_pipeline("adc4_log"))
    one = data.sel(learned="GLT M=8", adc="log ADC b=4")
    np.testing.assert_allclose(
        one["probability_over_percentile"], found.percentile["readout and link"].probability
    )
    link = one["probability_over_link"].sel(technology="survey")
    theirs = found.link["readout and link"]
    for price, probability in zip(theirs.axis, theirs.probability, strict=True):
        if price in link["link_pj_per_bit"].values:
            assert link.sel(link_pj_per_bit=price).item() == pytest.approx(probability)


def test_models_of_a_new_family_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    known = common.families()
    made = known | {"pulse-width": replace(known["glt"], name="pulse-width")}
    monkeypatch.setattr(common, "families", lambda: made)
    space = space_of(ss.load_pipeline("glt4"), None, ())
    models = space.models | {"fashion-mnist/pulse-width-4": space.models["fashion-mnist/glt-4"]}
    found = common.shipped(replace(space, models=models))
    assert found[-1] == "pulse-width-4"
    assert "glt-4" in found
    assert not [name for name in found if "mismatch" in name]


def test_pareto_marks_the_front(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = written("pareto", tmp_path, "--images", "20", "--search-images", "10", "--quick")
    out = capsys.readouterr().out
    assert "survey: front of" in out and "searched designs" in out
    for technology in ("survey", "cmos65"):
        part = data.isel(shipped=data["technology"] == technology)
        front = part["on_front"].values.astype(bool)
        cost, value = part["energy_nj"].values, part["accuracy"].values
        for i in range(cost.size):
            beaten = (cost <= cost[i]) & (value >= value[i])
            beaten &= (cost < cost[i]) | (value > value[i])
            assert beaten.any() != front[i]
    assert data.sizes["design"] >= 1


def test_folder_that_cannot_be_written_is_the_users_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SystemExit) as stopped:
        study("break_even").main(["--out", str(tmp_path / "file" / "x"), "--images", "5"])
    assert stopped.value.code == 2
    assert "cannot be made" in capsys.readouterr().err
    with pytest.raises(SystemExit) as stopped:
        study("break_even").main(["--out", str(tmp_path / "x"), "--images", "99999"])
    assert stopped.value.code == 2
