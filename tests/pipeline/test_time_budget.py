"""Times of a frame."""

import re

import pytest

from sensorsim.circuits.technology import Process
from sensorsim.circuits.timing import network_cycles, row_us
from sensorsim.pipeline.time_budget import TimeBudget, time_budget
from sensorsim.readout import Adc, Cyclic, Readout, Sar, SingleSlope, Thermometer

M3 = (0.2, 0.4, 0.8)


def budget(process: Process, readout: Readout, **changes: object) -> TimeBudget:
    settings = {
        "rows": 100, "reads": 2, "exposure_us": 1000.0, "frame_rate_hz": 50.0,
        "products": [1000, 130], "parallel_products": 64,
    } | changes  # fmt: skip
    ratio = readout.ramp_clock_ratio(process.timing)
    conversion = readout.conversion_us(process.timing)
    return time_budget(process.timing, conversion, ramp_clock_ratio=ratio, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("readout", "us"),
    [
        (Adc(bits=8, architecture=SingleSlope(conversion_time_us=12)), 12),
        (Adc(bits=8), 256 * 5e-3),
        (Adc(bits=2), 4 * 5e-3),
        (Adc(bits=8, architecture=Sar()), 9 * 0.1),
        (Adc(bits=8, architecture=Cyclic()), 9 * 0.1),
        (Thermometer(thresholds=M3), 0.025),
        (Thermometer(thresholds=M3, mode="sequential"), 3 * 0.1),
    ],
)
def test_conversion_takes_its_cycles(process: Process, readout: Readout, us: float) -> None:
    assert readout.conversion_us(process.timing).range.typical == pytest.approx(us)
    assert row_us(
        process.timing, readout.conversion_us(process.timing), 2
    ).range.typical == pytest.approx(us + 2 * 5)


def test_network_cycles_round_up_layer_by_layer() -> None:
    assert network_cycles([1000, 130, 1], 64) == 16 + 3 + 1
    assert network_cycles([64], 64) == 1


def test_budget_adds_up(process: Process) -> None:
    found = budget(process, Thermometer(thresholds=M3))
    row = 10.025
    assert found.readout_us.typical == pytest.approx(100 * row)
    assert found.line_budget_us == pytest.approx(200)
    assert found.network_cycles == 19
    assert found.network_us is not None
    assert found.network_us.typical == pytest.approx(0.19)
    assert found.latency_us.typical == pytest.approx(1000 + 100 * row + 0.19)
    assert found.frame_time_us.typical == pytest.approx(1000 + row), "exposure and a row"
    assert found.frame_rate_limit_hz.typical == pytest.approx(1e6 / (1000 + row))
    assert found.frame_rate_limit_hz.low < found.frame_rate_limit_hz.high
    assert found.violations() == []


def test_the_slowest_stage_limits_the_frame_rate(process: Process) -> None:
    rows = budget(process, Thermometer(thresholds=M3), exposure_us=10.0)
    assert rows.frame_time_us.typical == pytest.approx(100 * 10.025)
    network = budget(process, Thermometer(thresholds=M3), products=[10**7], parallel_products=1)
    assert network.frame_time_us.typical == pytest.approx(1e7 * 0.01)


def test_no_parallelism_no_network_time(process: Process) -> None:
    found = budget(process, Thermometer(thresholds=M3), parallel_products=None)
    assert found.network_cycles is found.network_us is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"frame_rate_hz": 5000.0, "exposure_us": 10.0}, "a row takes 10.03 us"),
        ({"exposure_us": 30_000.0}, "the exposure of 30,000 us"),
        ({"products": [10**7], "parallel_products": 1}, "the network takes 100,000 us of a frame"),
        ({"duty_cycle": 0.04}, "on for 800 us of a frame, but needs 1,010 us"),
    ],
)
def test_what_does_not_fit_is_said(process: Process, changes: dict[str, float], words: str) -> None:
    faults = budget(process, Thermometer(thresholds=M3), **changes).violations()
    assert any(re.search(words, f) for f in faults), faults


def test_counter_that_runs_too_fast_is_said(process: Process) -> None:
    fast = Adc(bits=12, architecture=SingleSlope(conversion_time_us=2))
    found = budget(process, fast)
    assert found.ramp_clock_ratio == pytest.approx(5 / (2000 / 4096))
    assert any("counter" in f for f in found.violations())
    slow = Adc(bits=8, architecture=SingleSlope(conversion_time_us=10))
    assert budget(process, slow).violations() == []


def test_ramp_that_is_not_stated_runs_at_the_technologys_clock(process: Process) -> None:
    assert budget(process, Adc(bits=12)).ramp_clock_ratio == 1
