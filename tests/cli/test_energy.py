"""``sensorsim energy``: what it prints, and what it refuses."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sensorsim.circuits.technology import load_technology
from sensorsim.cli.app import app
from sensorsim.core import resources
from sensorsim.core.errors import InputError


def energy(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(
        app, ["energy", *arguments], catch_exceptions=True
    )


def words(*arguments: str) -> str:
    done = energy(*arguments)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_table_names_stages_spread_power_and_time() -> None:
    out = words("glt2", "--set", "energy.parallel_products=512")
    for word in (
        "pixel",
        "readout",
        "link",
        "network",
        "static",
        "frame",
        "95 % of draws",
        "average power at 30 frames/s",
        "exposure",
        "row",
        "cycles",
        "Frame rate limit",
    ):
        assert word in out  # fmt: skip
    assert "right decision" not in out
    assert "Does not fit" not in out


def test_json_is_one_object_that_adds_up() -> None:
    report = json.loads(words("glt2", "--json", "--images", "50", "--set",
                              "energy.technology=cmos130"))  # fmt: skip
    assert report["technology"] == "cmos130"
    for bound in ("low", "typical", "high"):
        rows = sum(r[f"energy_pj_{bound}"] for r in report["rows"])
        stages = sum(s[bound] for s in report["stages"].values())
        assert rows == pytest.approx(report[f"energy_pj_{bound}"]) == pytest.approx(stages)
        right = report["per_correct_decision_pj"][bound]
        assert right == pytest.approx(report["per_decision_pj"][bound] / report["accuracy"])
    assert report["average_power_uw"]["typical"] == pytest.approx(
        report["energy_pj_typical"] * 30 * 1e-6
    )
    spread = report["energy_pj_95"]
    assert report["energy_pj_low"] <= spread["low"] < spread["high"] <= report["energy_pj_high"]
    assert report["time"]["frame_rate_limit_hz"]["typical"] > 0


def test_explain_lists_every_constant_with_its_origin() -> None:
    report = json.loads(words("glt2", "--json", "--explain", "--set", "energy.technology=cmos65"))
    constants = {c["id"]: c for c in report["constants"]}
    assert {"pixel.reset_ff", "comparator.dynamic_fj", "chip.fj_per_operation",
            "energy.link_pj_per_bit", "timing.settling_us"} <= constants.keys()  # fmt: skip
    for c in constants.values():
        assert c["low"] <= c["typical"] <= c["high"]
        assert c["unit"] and c["source"] and c["origin"]
    out = words("glt2", "--explain", "--set", "energy.technology=cmos65")
    for name, c in constants.items():
        assert f"{name} = " in out
        assert c["origin"] in out


def test_designers_file_overrides_and_says_so(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('base = "cmos65"\nname = "mine"\n[comparator]\ndynamic_fj = 50\n')
    out = words("glt2", "--explain", "--set", f"energy.technology={mine}")
    assert re.search(r"comparator\.dynamic_fj = 50 / 50 / 50 fJ \(stated.*override; mine", out)
    assert "stated in mine.toml" in out
    assert isinstance(load_technology(mine), type(load_technology("cmos65")))


def test_designers_file_overrides_the_survey_and_says_so(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(
        'base = "cmos65"\nname = "mine"\n[survey.adc]\nratio = { percentiles = [0, 50, 100], '
        'values = [2, 3, 5], basis = "stated", source = "our own converters" }\n'
        "[chip]\nfj_per_operation = 4\n"
    )
    settings = ("--set", f"energy.technology={mine}", "--set", "energy.converter=survey")
    out = words("adc8", "--explain", *settings)
    assert re.search(
        r"survey\.adc\.ratio = 2 / 3 / 4\.51\d \(stated.*empirical, override; mine", out
    )
    assert "our own converters" in out
    assert re.search(r"chip\.fj_per_operation = 4 / 4 / 4 fJ \(stated.*override; mine", out)
    assert re.search(r"survey\.adc\.envelope_pj = .*; published\.toml", out)


def test_explain_lists_what_the_rival_has_beside(tmp_path: Path) -> None:
    arguments = ("glt2", "--against", "adc4", "--explain", "--set", "energy.technology=cmos65")
    report = json.loads(words(*arguments, "--json"))
    mine = {c["id"] for c in report["constants"]}
    theirs = {c["id"] for c in report["against"]["constants"]}
    assert "timing.counter_period_ns" in theirs
    assert not mine & theirs
    out = words(*arguments)
    assert out.index("adc4, further constants:") < out.index("timing.counter_period_ns = ")


def test_what_lies_beyond_the_survey_is_said() -> None:
    out = words("adc2", "--set", "energy.converter=walden")
    assert "Beyond the survey: 1.86 effective bits are priced by converters of 4 to 10" in out
    for inside in ("adc8", "adc2", "glt2"):  # a 2-bit converter of a survey is a flash
        assert "Beyond the survey" not in words(inside)


def test_what_does_not_fit_is_said_in_both_forms() -> None:
    arguments = ("glt2", "--set", "energy.frame_rate_hz=1000")
    (fault,) = json.loads(words(*arguments, "--json"))["does_not_fit"]
    assert "the exposure of 33,000 us does not fit" in fault
    assert f"Does not fit: {fault[:40]}" in words(*arguments)


def test_comparison_of_unlike_things_is_said() -> None:
    out = words("glt8", "--against", "cifar10_glt8")
    assert "Pipelines differ: 28 x 28 x 1 and 32 x 32 x 3 samples" in out
    parts = ("--set", "energy.technology=cmos65")
    arguments = ("adc4", "--against", "glt2", *parts)
    (bound,) = json.loads(words(*arguments, "--json"))["against"]["not_alike"]
    assert bound.startswith("by its parts the price of a thermometer is a lower bound")
    assert f"Pipelines differ: {bound}" in words(*arguments)
    for alike in (("glt2", "--against", "adc4"), ("glt2", "--against", "glt4", *parts)):
        assert "Pipelines differ" not in words(*alike)


def test_ratio_that_is_no_distribution_has_no_percentiles(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('base = "survey"\nname = "mine"\n[survey.adc]\nratio = 3\n')
    out = words("glt2", "--against", "adc4", "--set", f"energy.technology={mine}")
    assert "percentile of published SARs" not in out
    assert "this link price" in out


def test_comparator_without_noise_has_no_price_and_that_is_said() -> None:
    silent = ("--set", "readout.comparator.noise_mv=0")
    parts = (*silent, "--set", "energy.technology=cmos65")
    assert "Not priced: readout.comparator.noise_mv 0" in words("glt2", *parts)
    assert "Not priced" in words("adc4", *parts)
    for priced in (("glt2", *silent), ("glt2", *parts[2:]),
                   ("adc4", *parts, "--set", "energy.converter=survey")):  # fmt: skip
        assert "Not priced" not in words(*priced)


def test_network_of_other_images_is_said() -> None:
    out = words("glt4", "--set", "network.model=cifar10/glt-8")
    assert "network.model was trained for cifar10, scene.dataset is fashion-mnist" in out
    assert "Other dataset" not in words("glt4")


def test_different_frame_rates_and_equal_prices_are_said(tmp_path: Path) -> None:
    mine = tmp_path / "slow.toml"
    text = (resources.pipelines() / "glt2.toml").read_text()
    mine.write_text(text.replace("frame_rate_hz = 30.0", "frame_rate_hz = 10.0"))
    assert "Pipelines differ: 10 and 30 frames/s" in words(str(mine), "--against", "adc4")
    out = words("glt4", "--against", "thermometer4_log")
    assert "glt4 minus thermometer4_log, readout and link: the same in every draw" in out


def test_square_brackets_are_text(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(
        'base = "cmos65"\nname = "mine [v2]"\n[comparator]\ndynamic_fj = { low = 1, typical = 2, '
        'high = 3, basis = "stated", source = "cell library [/tt] of our fab" }\n'
    )
    out = words("glt2", "--explain", "--set", f"energy.technology={mine}")
    assert "energy of a frame, mine [v2]" in out
    assert "cell library [/tt] of our fab" in out
    assert "half and twice assumed [gate-energy from 130 nm, 1.8 V: x 0.15]" in out


def test_against_prints_difference_probability_and_break_even() -> None:
    out = words("glt2", "--against", "adc4")
    for word in (
        "glt2 minus adc4",
        "cheaper with probability",
        "best envelope",
        "90th percentile",
        "percentile of published SARs on",
        "this link price",
        "always in",
        "up to this many thresholds",
    ):
        assert word in out  # fmt: skip
    report = json.loads(words("glt2", "--against", "adc4", "--json"))["against"]
    assert report["pipeline"] == "adc4"
    assert report["rival_first"] is True
    assert len(report["thresholds"]["probability"]) == 32
    assert 0 <= report["differences"]["whole frame"]["probability_first_cheaper"] <= 1


def test_against_with_images_compares_right_decisions() -> None:
    arguments = ("glt2", "--against", "adc4", "--images", "50")
    report = json.loads(words(*arguments, "--json"))
    rival = report["against"]
    alone = json.loads(words("adc4", "--images", "50", "--json"))
    for key in ("accuracy", "per_correct_decision_pj"):
        assert rival[key] == alone[key] != report[key]
    assert words(*arguments).count("pJ per right decision") == 2


def test_setting_without_effect_is_said() -> None:
    assert "Without effect on this readout: energy.converter" in words(
        "glt2", "--set", "energy.converter=survey"
    )
    assert "without the network" in words("glt2")


def test_same_seed_prints_the_same() -> None:
    arguments = ("glt2", "--against", "adc4", "--json")
    assert words(*arguments) == words(*arguments)
    assert words(*arguments) != words(*arguments, "--seed", "1")


def test_gates_measure_their_layers(tmp_path: Path) -> None:
    text = (
        "{ kind = 'gates', toggles_per_product = 'layers', weight_reuse = 8, activation_reuse = 8 }"
    )
    report = json.loads(words(
        "glt2", "--json", "--set", "energy.technology=cmos28",
        "--set", "energy.parallel_products=256", "--set", f"energy.network={text}",
    ))  # fmt: skip
    xnor = next(r for r in report["rows"] if r["component"].startswith("XNOR"))
    products = report["time"]["network_cycles"] * 256
    assert 0.01 * products < xnor["count"] < 0.5 * products


def test_rate_that_does_not_fit_is_said() -> None:
    assert "Does not fit" in words("glt2", "--set", "energy.frame_rate_hz=60")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("glt2", "--set", "energy.technology=3nm"), "'3nm'"),
        (("glt2", "--against", "nowhere"), "nowhere"),
        (("glt2", "--set", "energy.duty_cycle=2"), "energy.duty_cycle"),
        (("adc4", "--set", "energy.converter=first-principles"), "expected a process"),
        (("glt2", "--set", "energy.link={ kind = 'wire' }"), "energy.link"),
    ],
)
def test_wrong_input_is_the_users_error(arguments: tuple[str, ...], word: str) -> None:
    done = energy(*arguments)
    assert isinstance(done.exception, InputError)
    assert word in str(done.exception)
    assert done.stdout == ""
