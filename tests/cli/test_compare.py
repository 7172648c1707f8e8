"""``sensorsim compare``: the verdict first, then both side by side."""

import json

import pytest
from typer.testing import CliRunner

from sensorsim.cli import app


def test_verdict_comes_first_then_accuracy_energy_and_time() -> None:
    done = CliRunner().invoke(app, ["compare", "glt4", "adc2", "--images", "60"])
    assert done.exit_code == 0
    assert done.stdout.startswith("glt4 is more accurate than adc2 by")
    for word in ("accuracy, %", "whole frame, nJ", "latency, us", "glt4 minus adc2, whole frame"):
        assert word in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_json_has_the_difference_with_its_interval() -> None:
    done = CliRunner().invoke(
        app, ["compare", "glt2", "glt2", "--images", "20", "--lux", "50", "--json"]
    )
    found = json.loads(done.stdout)
    assert found["accuracy_difference"] == 0
    assert found["accuracy_difference_low"] < 0 < found["accuracy_difference_high"]
    assert found["results"][0]["white_illuminance_lux"] == pytest.approx(50)
    assert found["pipelines"] == ["glt2 (1)", "glt2 (2)"]
