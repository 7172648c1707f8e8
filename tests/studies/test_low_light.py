"""Accuracy and SNR against light, on few images."""

import argparse
from collections.abc import Callable
from pathlib import Path

import common
import low_light
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from rich.console import Console

from sensorsim.core import resources
from sensorsim.experiments.entries import Entry
from sensorsim.experiments.least_light import white_snr_db
from sensorsim.readout.families import families
from sensorsim.sensor import Photodiode


@pytest.fixture(scope="module")
def out(run: Callable[..., None], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("low_light")
    run(low_light, folder, "--quick", "--images", "60")
    return folder


def test_table_holds_every_readout_under_every_light(out: Path) -> None:
    table = pd.read_csv(out / "table.csv")
    assert list(table.columns) == low_light.COLUMNS
    assert len(table) == len(low_light.readouts()) * len(low_light.plan(quick=True))
    assert set(table["sensor"]) == {low_light.DEFAULT, *low_light.SENSORS}
    assert (table["accuracy_low"] < table["accuracy_high"]).all()


def test_light_falls_by_half_each_stop(out: Path) -> None:
    table = pd.read_csv(out / "table.csv")
    for _, part in table.groupby(["sensor", "references"]):
        by_stop = part.groupby("exposure_stops")[["white_e", "illuminance_lux"]].first()
        ratio = by_stop.loc[-2] / by_stop.loc[-8]
        np.testing.assert_allclose(ratio, 64)


def test_scaled_references_make_noiseless_accuracy_independent_of_light(out: Path) -> None:
    table = pd.read_csv(out / "table.csv")
    # The row buffer of a log-gradient keeps its noise, and ratios do not scale with references.
    table = table[~table["readout"].str.startswith("log-gradient")]
    quiet = low_light.of(table, references=low_light.SCALED, noise=low_light.NONE)
    spread = quiet.groupby("readout")["accuracy"].agg(np.ptp)
    assert (spread <= 0.02).all()  # rounding of volts alone does not scale
    fixed = low_light.of(table, references=low_light.FIXED, noise=low_light.NONE, sensor="default")
    assert (fixed.groupby("readout")["accuracy"].agg(np.ptp) > 0.15).all()


def test_decisions_are_those_that_the_table_counts(out: Path) -> None:
    table = pd.read_csv(out / "table.csv")
    with xr.open_dataset(out / "results.nc") as data:
        assert data["illuminance_lux"].attrs["units"] == "lux"
        assert data["snr_db"].attrs["units"] == "dB"
        accuracy = (data["decision"] == data["label"]).mean("image")
        assert accuracy.values == pytest.approx(table["accuracy"].to_numpy())


def test_every_family_with_a_network_takes_part() -> None:
    names = [low_light.name_of(e) for e in low_light.readouts()]
    assert len(set(names)) == len(names)
    assert {"glt-8", "glt-4", "glt-2", "adc-log-8", "log-gradient-2"} <= set(names)
    models = resources.data("models", low_light.DATASET)
    shipped = {f for f in families() if list(models.glob(f"{f}-?.npz"))}
    assert {e.family for e in low_light.readouts()} == shipped


def test_tables_fit_80_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(common, "console", Console())
    monkeypatch.setattr(low_light, "console", common.console)
    lights = [
        low_light.Light("default", rung, stops, references).__dict__
        for references in ("fixed", "scaled")
        for rung in low_light.RUNGS
        for stops in low_light.STOPS
    ] + [low_light.Light(s, low_light.TOP, 0).__dict__ for s in low_light.SENSORS]
    rows = [
        light | {
            "readout": "log-gradient-2", "family": "log-gradient", "levels": 2, "images": 10_000,
            "exposure_stops": light["stops"], "white_e": 9000 * 2.0 ** light["stops"],
            "illuminance_lux": 50.7 * 2.0 ** light["stops"], "accuracy": 0.8888, "snr_db": -11.55,
        }
        for light in lights
    ]  # fmt: skip
    low_light.print_table(pd.DataFrame(rows))
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    assert "\N{HORIZONTAL ELLIPSIS}" not in out
    assert out.count("88.9") == 2 * len(low_light.STOPS)


@pytest.mark.parametrize("noise", low_light.RUNGS)
def test_snr_of_white_follows_its_closed_form(noise: str) -> None:
    stops = -6
    chain = low_light.readouts()[0].chain.replace(
        low_light.Light("default", noise, stops).settings()
    )
    pixel, comparator = Photodiode(), chain.readout.comparator
    white = 0.9 * pixel.full_well_e * 2.0**stops
    rung = list(low_light.RUNGS).index(noise)
    variance = [
        0.0,
        white + pixel.dark_e,
        pixel.read_noise_e**2,
        pixel.dsnu_e**2 + (pixel.prnu_percent / 100 * white) ** 2,
        (comparator.noise_mv**2 + comparator.offset_mv**2) * 1e-6 / pixel.volts_per_e**2,
    ]
    measured = white_snr_db(chain, seed=0)
    if rung == 0:
        assert measured == float("inf")
    else:
        expected = 20 * np.log10(white / np.sqrt(sum(variance[: rung + 1])))
        assert measured == pytest.approx(expected, abs=0.1)
        without = 20 * np.log10(white / np.sqrt(sum(variance[1:rung])) if rung > 1 else 1e9)
        assert measured < without


def test_least_light_is_read_off_a_line_in_the_logarithm() -> None:
    part = pd.DataFrame(
        {"exposure_stops": [0, -2, -4], "white_e": [1600.0, 400.0, 100.0],
         "accuracy": [0.9, 0.85, 0.75]}
    )  # fmt: skip
    assert low_light.light_for(part, "white_e", 0.8) == pytest.approx(200)
    assert np.isnan(low_light.light_for(part, "white_e", 0.95))
    assert np.isnan(low_light.light_for(part, "white_e", 0.7))


def test_same_seed_gives_the_same_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(low_light, "plan", lambda quick: [low_light.Light("default", "+ shot", -7)])
    chosen = low_light.readouts()
    first, again, other = (
        low_light.run_lights(argparse.Namespace(quick=True, images=60, seed=seed), chosen)[0]
        for seed in (0, 0, 1)
    )
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)


@pytest.mark.parametrize("name", ["fixed", "scaled", "snr", "sensors"])
def test_figure_is_a_picture(out: Path, name: str, is_picture: Callable[[Path], bool]) -> None:
    assert is_picture(out / f"low_light_{name}.png")


@pytest.mark.parametrize("readout", low_light.readouts(), ids=low_light.name_of)
def test_every_readout_has_a_price_in_the_darkest_light(readout: Entry) -> None:
    """Where noise exceeds full scale, an ADC has less than no effective bits."""
    darkest = low_light.Light(
        low_light.DEFAULT, low_light.TOP, low_light.STOPS[-1], low_light.SCALED
    )
    priced = readout.chain.replace(darkest.settings()).cost.ledger().total_pj("readout")
    assert 0 < priced.low < priced.typical < priced.high
