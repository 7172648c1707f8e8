"""The search of readouts: few trials, two networks, images that it does not report on."""

import json
import math
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
import xarray as xr
from typer.testing import CliRunner

import sensorsim as ss
from sensorsim.cli.app import app, setting, settings_of
from sensorsim.core import resources, streams
from sensorsim.core.errors import InputError
from sensorsim.experiments.optimize.search import (
    STARTUP,
    Goal,
    Split,
    Trial,
    best_designs,
    reported_dies,
    search,
    searched_dies,
)
from sensorsim.experiments.optimize.space import Space, space_of
from sensorsim.pipeline.pipeline import Pipeline
from sensorsim.readout import Adc, Sar, SingleSlope, Thermometer

CMOS = {"energy.technology": "cmos65"}
SPLIT = Split(reported=60, searched=40)
GOAL = Goal(("readout", "link"))
TRIALS = STARTUP + 4
"""Those drawn at random, and a few that are chosen."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models."""
    place = tmp_path_factory.mktemp("models")
    for name in ("glt-2", "adc-linear-6"):
        shipped = resources.data("models", "fashion-mnist", f"{name}.npz")
        (place / f"{name}.npz").write_bytes(shipped.read_bytes())
    return place


@pytest.fixture(scope="module")
def space(folder: Path) -> Space:
    return space_of(ss.load_pipeline("glt2", CMOS), folder)


@pytest.fixture(scope="module")
def trials(space: Space) -> list[Trial]:
    return search(space, GOAL, SPLIT, TRIALS)


def by_kind(space: Space, kind: type) -> str:
    return next(m for m, r in space.models.items() if isinstance(r, kind))


def design(space: Space, kind: type, **changes: Any) -> Pipeline:
    first = next(d for d in space.first_designs() if d["model"] == by_kind(space, kind))
    return space.chain(first | changes)


def invoke(*arguments: str) -> Any:
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "120"})


def test_same_seed_same_search_and_another_another(space: Space, trials: list[Trial]) -> None:
    assert search(space, GOAL, SPLIT, TRIALS) == trials
    assert search(space, GOAL, SPLIT, 4, seed=1) != trials[:4]


def test_every_model_is_tried_as_the_pipeline_has_it(space: Space, trials: list[Trial]) -> None:
    assert [t.design for t in trials[:2]] == space.first_designs()


def test_stopped_search_goes_on_as_if_it_had_not_been(
    space: Space, trials: list[Trial], tmp_path: Path
) -> None:
    seen = []

    def stop(done: int, total: int) -> None:
        seen.append(done)
        if done == 11:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search(space, GOAL, SPLIT, TRIALS, store=tmp_path, report=stop)
    assert len(list(tmp_path.glob("[0-9]*.json"))) == 11, "nothing finished is lost"
    (tmp_path / "3.json").write_text(json.dumps({**vars(trials[3]), "accuracy": 0.125}))
    again = search(space, GOAL, SPLIT, 5, store=tmp_path)
    assert again[3].accuracy == 0.125, "what is stored is not simulated again"
    (tmp_path / "3.json").write_text(json.dumps(vars(trials[3])))
    assert search(space, GOAL, SPLIT, TRIALS, store=tmp_path) == trials


def test_store_of_another_search_is_refused(space: Space, tmp_path: Path) -> None:
    search(space, GOAL, SPLIT, 2, store=tmp_path)
    with pytest.raises(InputError, match="another search"):
        search(space, Goal(min_accuracy=0.5), SPLIT, 2, store=tmp_path)
    point = tmp_path / "1.json"
    point.write_text(point.read_text().replace("parallel", "sequential"))
    with pytest.raises(InputError, match="trial 1 holds another design"):
        search(space, GOAL, SPLIT, 2, store=tmp_path)


def test_images_and_dies_of_the_search_are_not_those_reported(space: Space) -> None:
    assert Split.of(space.base, None, None) == Split(reported=10_000, searched=2000)
    frames = np.arange(2000)
    for own in (0, 5, streams.MAX_DIE - 3):
        searched = set(searched_dies(own, frames).tolist())
        assert len(searched) == 8
        assert reported_dies(own, 6)[0] == own
        assert len(set(reported_dies(own, 6)) | searched) == 14
    for numbers, words in (((10_001, 5), "--images 10001"), ((5, 5001), "--search-images 5001")):
        with pytest.raises(InputError, match=f"{words}: expected 1 to"):
            Split.of(space.base, *numbers)


def test_a_search_sees_validation_images_and_never_test_images(
    space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def recorded(chains: object, images: np.ndarray, key: object) -> np.ndarray:
        seen.append(images)
        return np.zeros((1, len(images)), np.int64)

    monkeypatch.setattr("sensorsim.experiments.optimize.search.decide_all", recorded)
    search(space, GOAL, SPLIT, len(space.models))
    for images in seen:
        np.testing.assert_array_equal(images, space.base.validation.images[: SPLIT.searched])
    tested = {image.tobytes() for image in space.base.dataset.images}
    assert not any(image.tobytes() in tested for image in seen[0])


def test_front_holds_what_no_trial_beats(trials: list[Trial]) -> None:
    front = best_designs(trials, GOAL)
    assert [t.energy_pj for t in front] == sorted(t.energy_pj for t in front)
    assert [t.accuracy for t in front] == sorted(t.accuracy for t in front)
    for one in front:
        for t in trials:
            better = t.coarse_energy_pj < one.coarse_energy_pj and t.accuracy >= one.accuracy
            assert not (better or (t.energy_pj <= one.energy_pj and t.accuracy > one.accuracy))


def test_energies_within_two_percent_are_one_point() -> None:
    figures = (("a", 0.6, 1000.0), ("b", 0.7, 1001.0), ("c", 0.7, 1000.5), ("d", 0.8, 1050.0))
    tried = [Trial({"model": n}, a, e) for n, a, e in figures]
    assert [t.design["model"] for t in best_designs(tried, Goal())] == ["c", "d"]
    for energy in (3.0, 1e3, 1e7):
        near = Trial({}, 0.5, energy).coarse_energy_pj
        assert abs(near / energy - 1) <= 0.0101
    assert Trial({}, 0.5, 0.0).coarse_energy_pj == 0


def test_limits_cut_the_front() -> None:
    tried = [Trial({"model": n}, a, e) for n, a, e in (("a", 0.6, 10), ("b", 0.8, 20),
                                                      ("c", 0.7, 30), ("d", 0.9, 40))]  # fmt: skip

    def names(**limits: float) -> str:
        return "".join(t.design["model"] for t in best_designs(tried, Goal(**limits)))

    assert names() == "abd"
    assert names(max_energy_pj=30) == "ab"
    assert names(min_accuracy=0.7) == "bd"
    assert names(min_accuracy=0.8, max_energy_pj=20) == "b"
    with pytest.raises(InputError, match=r"most accurate within that energy is b with 80\.00 %"):
        names(max_energy_pj=25, min_accuracy=0.85)
    with pytest.raises(InputError, match=r"cheapest of that accuracy is d with 90\.00 % and 40 pJ"):
        names(max_energy_pj=25, min_accuracy=0.85)
    with pytest.raises(InputError, match=r"the cheapest is a with 60\.00 % and 10 pJ"):
        names(max_energy_pj=1)
    with pytest.raises(InputError, match="the cheapest is a"):
        names(max_energy_pj=0)
    with pytest.raises(InputError, match=r"the most accurate is d with 90\.00 %"):
        names(min_accuracy=0.95)


def test_limits_lead_the_search(space: Space, trials: list[Trial]) -> None:
    cap = sorted(t.energy_pj for t in trials)[len(trials) // 4]
    led = search(space, replace(GOAL, max_energy_pj=cap), SPLIT, TRIALS + 6)
    assert [t.design for t in led[:STARTUP]] == [t.design for t in trials[:STARTUP]]
    assert [t.design for t in led[STARTUP:TRIALS]] != [t.design for t in trials[STARTUP:]]


def dominated(trials: list[Trial]) -> float:
    """Area between the front and a corner that every trial beats: log energy times accuracy."""
    area, best = 0.0, 0.0
    ordered = sorted(trials, key=lambda t: t.energy_pj)
    ends = [math.log(t.energy_pj) for t in ordered] + [math.log(1e4)]
    for trial, start, end in zip(ordered, ends, ends[1:], strict=False):
        best = max(best, trial.accuracy)
        area += best * (end - start)
    return area


def known_landscape(space: Space) -> Callable[[dict[str, Any]], Trial]:
    """Accuracy and energy as smooth functions of a design: no simulation."""
    models = list(space.models)

    def judged(design: dict[str, Any]) -> Trial:
        size, exposure = design["size"], design["exposure"]
        slow = (design["circuit"] == "sequential") + (design["link"] == "encoded")
        accuracy = 0.8 + 0.1 * models.index(design["model"]) - 0.05 * math.log(exposure / 3) ** 2
        accuracy -= 0.02 / size + 0.02 * slow
        energy = 10 * (1 + size) * (1 + slow) * (2 + models.index(design["model"]))
        return Trial(design, max(0.0, accuracy), energy)

    return judged


def test_search_finds_more_than_chance(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    judged = known_landscape(space)
    monkeypatch.setattr(
        "sensorsim.experiments.optimize.search._Judge.trial", lambda _, d: judged(d)
    )
    seeds, count = range(4), 80
    mine = [dominated(search(space, GOAL, SPLIT, count, s)) for s in seeds]

    def chance(seed: int = 0, **_: object) -> optuna.samplers.BaseSampler:
        return optuna.samplers.RandomSampler(seed)

    monkeypatch.setattr(optuna.samplers, "TPESampler", chance)
    theirs = [dominated(search(space, GOAL, SPLIT, count, s)) for s in seeds]
    assert min(mine) > max(theirs)


def test_size_trades_offset_for_energy(space: Space) -> None:
    for kind in (Thermometer, Adc):
        small, large = (design(space, kind, size=s) for s in (0.25, 16.0))
        offsets = [c.readout.comparator.offset_mv for c in (small, large)]
        assert offsets == pytest.approx([(256.25) ** 0.5, (4.25) ** 0.5], rel=1e-3)
        assert (
            small.cost.ledger().total_pj("readout").typical
            < large.cost.ledger().total_pj("readout").typical
        )


def test_converter_is_tuned_to_its_bits(space: Space) -> None:
    ramp, sar = (design(space, Adc, converter=c).readout for c in ("ramp", "sar"))
    assert isinstance(ramp, Adc) and isinstance(sar, Adc)
    assert isinstance(ramp.architecture, SingleSlope)
    assert ramp.architecture.conversion_time_us == pytest.approx(0.32), "64 periods of 5 ns"
    assert isinstance(sar.architecture, Sar)


def test_circuit_and_link_are_those_of_the_design(space: Space) -> None:
    chains = [design(space, Thermometer, link=k, circuit="sequential") for k in ("raw", "encoded")]
    assert [c.readout.link for c in chains] == ["raw", "encoded"]  # type: ignore[union-attr]
    assert [c.readout.bubbles for c in chains] == ["kept", "corrected"]  # type: ignore[union-attr]
    assert {c.readout.mode for c in chains} == {"sequential"}  # type: ignore[union-attr]


def test_exposure_is_the_time_where_the_light_is_stated(folder: Path) -> None:
    light = {"scene.exposure": {"white_illuminance_lux": 100}, **CMOS}
    space = space_of(ss.load_pipeline("glt2", light), folder)
    low, high = space.ranges["exposure"]
    assert high == pytest.approx(1000 / 30 / 33), "no longer than a frame"
    chain = design(space, Thermometer, exposure=low)
    assert chain.description.photodiode.integration_time_ms == pytest.approx(33 * low)


def test_survey_has_neither_size_nor_converter(folder: Path) -> None:
    base = ss.load_pipeline("glt2")
    space = space_of(base, folder)
    assert set(space.choices) | set(space.ranges) == {"circuit", "link", "exposure"}
    assert design(space, Adc).readout.comparator == base.readout.comparator
    with pytest.raises(InputError, match="prices whole circuits"):
        space_of(base, folder, ("size",))
    with pytest.raises(InputError, match="expected some of"):
        space_of(base, folder, ("luck",))


def test_folder_without_a_fitting_model_says_why(tmp_path: Path) -> None:
    base = ss.load_pipeline("glt2")
    with pytest.raises(InputError, match="no folder"):
        space_of(base, tmp_path / "no")
    with pytest.raises(InputError, match=r"holds no \.npz"):
        space_of(base, tmp_path)
    other = resources.data("models", "cifar10", "glt-2.npz")
    (tmp_path / "color.npz").write_bytes(other.read_bytes())
    with pytest.raises(InputError, match=r"no model fits this pipeline: color\.npz \("):
        space_of(base, tmp_path)


def test_fewer_trials_than_models_are_refused(space: Space) -> None:
    with pytest.raises(InputError, match="at least 2"):
        search(space, GOAL, SPLIT, 1)


@pytest.mark.parametrize(
    "content", [True, 3, 1e-7, "glt-2", 'a "b"', [1, 2.5], {"kind": "sar", "a": {"b": [False]}}]
)
def test_setting_is_read_as_written(content: Any) -> None:
    assert settings_of([setting("x.y", content)]) == {"x.y": content}


def test_table_fits_a_terminal_and_shows_the_energy_that_is_limited(
    folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "front.nc"
    done = invoke(
        "optimize", "glt2", "--models", str(folder), "--images", "60", "--search-images", "40",
        "--trials", "6", "--dies", "2", "--stages", "readout,link", "--out", str(out),
    )  # fmt: skip
    assert done.exit_code == 0, done.exception
    table = done.stdout[: done.stdout.index("1: ")]
    lines = table[table.index("Energy: ") :].splitlines()[1:]
    assert max(map(len, lines)) <= 80
    assert "…" not in table
    with xr.open_dataset(out) as data:
        for pj in data["goal_energy_pj"].values:
            assert f"{pj:.0f}" in table


def test_every_design_is_repeated_by_its_command(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "front.nc"
    done = invoke(
        "optimize", "glt2", "--set", "energy.technology=cmos65", "--models", str(folder),
        "--images", "60", "--search-images", "40", "--trials", "12", "--stages", "readout,link",
        "--seed", "7", "--dies", "2", "--json", "--out", str(out),
    )  # fmt: skip
    assert done.exit_code == 0, done.exception
    said = json.loads(done.stdout)
    assert said["designs"]
    for found in said["designs"]:
        program, *arguments = shlex.split(found["command"])
        assert program == "sensorsim"
        repeated = json.loads(invoke(*arguments, "--json").stdout)
        for name in ("accuracy", "accuracy_low", "accuracy_high", "energy_pj_typical", "images"):
            assert repeated[name] == found[name], name
        parts = [repeated["readout_energy_pj_typical"], found["goal_energy_pj"]]
        assert parts[0] < parts[1]
        assert found["dies_accuracy_worst"] <= found["dies_accuracy_mean"]
        assert found["dies_accuracy_worst"] <= found["accuracy"], "the run's die is one of them"
        assert found["goal_energy_pj_low"] < found["goal_energy_pj_high"]
    with xr.open_dataset(out) as data:
        assert data.sizes["trial"] == 12
        assert data.sizes["design"] == len(said["designs"])
        assert data["goal_energy_pj"].attrs["units"] == "pJ"
    assert out.with_suffix(".png").stat().st_size > 5000


def test_people_read_a_table_and_commands(folder: Path) -> None:
    done = invoke(
        "optimize", "glt2", "--models", str(folder), "--images", "20", "--search-images", "20",
        "--trials", "2", "--dies", "2",
    )  # fmt: skip
    assert done.exit_code == 0, done.exception
    assert "20 other images" in done.stdout
    assert "sensorsim run glt2 --images 20 --seed 0" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--min-accuracy", "1", "--max-energy-pj", "1"), "cheapest is"),
        (("--stages", "tea"), "--stages 'tea'"),
        (("--vary", "size"), "--vary 'size'"),
        (("--out", "nowhere/x.nc"), "its folder does not exist"),
    ],
)
def test_wrong_input_is_the_users_error(
    arguments: tuple[str, ...], words: str, folder: Path
) -> None:
    done = invoke("optimize", "glt2", "--models", str(folder), "--trials", "2", "--images", "5",
                  "--search-images", "5", *arguments)  # fmt: skip
    assert isinstance(done.exception, InputError)
    assert words in str(done.exception)
    assert done.stdout == ""
