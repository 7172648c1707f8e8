"""How long the parts of the main job take; nothing here asserts a time.

pytest tests/benchmarks --benchmark-only
"""

import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

import sensorsim as ss
from sensorsim.bnn import simulator
from sensorsim.scenes.srgb import to_linear

ROOT = Path(__file__).parents[2]
IMAGES = 1000


@pytest.fixture(scope="module")
def stages() -> dict[str, object]:
    pipe = ss.load_pipeline("glt8")
    key = pipe.key(0, np.arange(IMAGES))
    light = to_linear(pipe.dataset.images[:IMAGES])
    volts = pipe.volts(light, key)
    codes = pipe.readout.convert(volts, 1.0, key)
    return {"pipe": pipe, "key": key, "light": light, "volts": volts, "codes": codes}


def test_photodiode(benchmark: BenchmarkFixture, stages: dict) -> None:
    benchmark(stages["pipe"].volts, stages["light"], stages["key"])


@pytest.mark.parametrize("name", ["glt8", "adc8_log"])
def test_readout(benchmark: BenchmarkFixture, stages: dict, name: str) -> None:
    readout = ss.load_pipeline(name).readout
    benchmark(readout.convert, stages["volts"], 1.0, stages["key"])


@pytest.mark.parametrize("name", ["glt8", "glt2", "adc8_log"])
def test_network(benchmark: BenchmarkFixture, stages: dict, name: str) -> None:
    pipe = ss.load_pipeline(name)
    codes = pipe.readout.convert(stages["volts"], 1.0, stages["key"])
    benchmark(simulator.scores_of_codes, pipe.model, codes)
    gmac = pipe.model.binary_operations / 2 * IMAGES * 1e-9
    benchmark.extra_info["GMAC/s"] = gmac / benchmark.stats.stats.median


@pytest.mark.parametrize("code", ["import sensorsim", "import sensorsim.cli", "import numpy"])
def test_import(benchmark: BenchmarkFixture, code: str) -> None:
    benchmark.pedantic(subprocess.run, ([sys.executable, "-c", code],), rounds=5)


def test_whole_study(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "studies" / "adc_vs_glt.py"), "--out", str(tmp_path)]
    benchmark.pedantic(subprocess.run, (command,), {"check": True}, rounds=1)
    peak_kib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    benchmark.extra_info["peak MB"] = peak_kib * 1024 / 1e6
