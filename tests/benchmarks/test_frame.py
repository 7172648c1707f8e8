"""One frame of 1000 x 1000 pixels, beside a reference in plain numpy; nothing here asserts a time.

pytest tests/benchmarks/test_frame.py --benchmark-only

`test_ratios` prints medians, their spread and the ratio to numpy, all measured in turn in one run;
`test_limits` what the bytes and the random numbers of such a frame take by themselves.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable

import numba
import numpy as np
import pytest
from numba import njit, prange
from pytest_benchmark.fixture import BenchmarkFixture

from sensorsim.core.streams import Key
from sensorsim.kernels.normal import GROUP, fill_frame_normals, fill_words
from sensorsim.kernels.segments import SPAN
from sensorsim.readout import Adc, Comparator, Readout, Thermometer
from sensorsim.sensor import Photodiode, fixed_pattern, sense
from sensorsim.tonemap import Linear, thresholds_of

SIDE = 1000
WHITE_E = 9000.0
PIXEL = Photodiode()
KEY = Key.of(0, [0])
READOUTS = {
    "10-bit ADC": Adc(bits=10, comparator=Comparator(noise_mv=0, offset_mv=0)),
    "10-bit ADC with input noise and offsets": Adc(bits=10),
    "15 thresholds with noise and offsets": Thermometer(
        thresholds=tuple(map(float, thresholds_of(Linear(), 15)))
    ),
}


@pytest.fixture(scope="module")
def light() -> np.ndarray:
    return np.random.default_rng(0).random((1, SIDE, SIDE, 1), np.float32)


@pytest.fixture(scope="module")
def pattern() -> object:
    return fixed_pattern(PIXEL, (SIDE, SIDE, 1), [0], 0)


def numpy_volts(light: np.ndarray, gain: np.ndarray, offset: np.ndarray) -> np.ndarray:
    """The same physics by numpy's own generator: shot, dark, PRNU, DSNU, read noise."""
    random = np.random.default_rng(1)
    electrons = random.poisson(light * WHITE_E * gain + PIXEL.dark_e)
    electrons = np.minimum(electrons, PIXEL.full_well_e)
    noise = random.standard_normal(light.shape, np.float32)
    return (electrons + offset + PIXEL.read_noise_e * noise) * PIXEL.volts_per_e


def numpy_adc(volts: np.ndarray, noise_v: float) -> np.ndarray:
    if noise_v:
        volts = volts + noise_v * np.random.default_rng(2).standard_normal(volts.shape)
    return np.clip(np.floor(volts * 1024), 0, 1023).astype(np.uint16)


def numpy_thermometer(volts: np.ndarray) -> np.ndarray:
    random = np.random.default_rng(2)
    offset = 5e-4 * random.standard_normal((SIDE, 15))
    bits = np.empty((15, *volts.shape), bool)
    for m, threshold in enumerate(np.arange(1, 16) / 16):
        noise = 5e-4 * random.standard_normal(volts.shape, np.float32)
        bits[m] = volts + offset[:, m, np.newaxis] + noise >= threshold
    return bits


def chains(light: np.ndarray, pattern: object) -> dict[str, tuple[Callable, Callable]]:
    """Ours and numpy's, by name."""
    gain = pattern.gain.reshape(light.shape)
    offset = pattern.offset_e.reshape(light.shape)

    def ours(readout: Readout) -> Callable:
        return lambda: readout.convert(sense(light, PIXEL, WHITE_E, KEY, pattern), 1.0, KEY)

    def theirs(name: str) -> Callable:
        if "ADC" in name:
            noise_v = 5e-4 if "noise" in name else 0.0
            return lambda: numpy_adc(numpy_volts(light, gain, offset), noise_v)
        return lambda: numpy_thermometer(numpy_volts(light, gain, offset))

    return {name: (ours(readout), theirs(name)) for name, readout in READOUTS.items()}


@pytest.mark.parametrize("name", READOUTS)
@pytest.mark.parametrize("threads", [1, 2])
def test_frame(
    benchmark: BenchmarkFixture, light: np.ndarray, pattern: object, name: str, threads: int
) -> None:
    numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))
    benchmark(chains(light, pattern)[name][0])


def test_ratios(
    benchmark: BenchmarkFixture, light: np.ndarray, pattern: object,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    def seconds(run: Callable) -> float:
        start = time.perf_counter()
        run()
        return time.perf_counter() - start

    lines = []
    for name, (ours, theirs) in chains(light, pattern).items():
        ours()
        # In turns of a few calls: a first call after the other's pays for its memory's pages.
        turns = [
            ([seconds(ours) for _ in range(9)], [seconds(theirs) for _ in range(3)])
            for _ in range(7)
        ]
        pairs = np.array([[np.median(a), np.median(b)] for a, b in turns]) * 1e3
        mine, other = np.median(pairs, axis=0)
        low, high = np.quantile(pairs[:, 0], [0.25, 0.75])
        ratio = np.median(pairs[:, 1] / pairs[:, 0])
        lines.append(
            f"{name}: {mine:.1f} ms (quartiles {low:.1f} to {high:.1f}), "
            f"numpy {other:.0f} ms, ratio {ratio:.1f}"
        )
    benchmark.pedantic(lambda: None, rounds=1)
    with capsys.disabled():
        threads, load = numba.get_num_threads(), os.getloadavg()[0]
        print(f"\n{threads} threads, load {load:.1f}\n" + "\n".join(lines))


@njit(parallel=True)
def move(light, gain, offset, volts, codes):
    """The bytes that a frame cannot do without: three maps in, volts out and in, codes out."""
    for row in prange(light.shape[0]):
        for i in range(light.shape[1]):
            volts[row, i] = light[row, i] * gain[row, i] + offset[row, i]
    for row in prange(light.shape[0]):
        for i in range(light.shape[1]):
            codes[row, i] = np.uint16(np.int32(volts[row, i]))


@njit(parallel=True)
def draw(spans, normal, draws):
    """Words, or the normal numbers made of them, of so many draws per pixel; none is kept."""
    kept = np.zeros(spans, np.float32)
    for span in prange(spans):
        words, normals = np.empty(SPAN, np.uint32), np.empty(SPAN, np.float32)
        for stream in range(draws):
            if normal:
                fill_frame_normals(words, normals, span * (SPAN // GROUP), 0, 0, stream)
            else:
                fill_words(words, span * (SPAN // GROUP), 0, 0, 0, stream)
        kept[span] = normals[0] + words[0]
    return kept


def test_threads(
    benchmark: BenchmarkFixture, light: np.ndarray, pattern: object,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """Two threads beside one, alone and beside a process that keeps one core busy."""
    if numba.config.NUMBA_NUM_THREADS < 2:
        pytest.skip("one thread")
    ours, _ = chains(light, pattern)["10-bit ADC"]

    def ms(threads: int) -> float:
        numba.set_num_threads(threads)
        start = time.perf_counter()
        ours()
        return 1e3 * (time.perf_counter() - start)

    def line(label: str) -> str:
        ms(2)
        turns = np.array([[ms(1), ms(2)] for _ in range(60)])
        one, two = np.median(turns, axis=0)
        low, middle, high = np.quantile(turns[:, 0] / turns[:, 1], [0.25, 0.5, 0.75])
        return (
            f"{label}: one thread {one:.1f} ms, two {two:.1f} ms; one / two {middle:.2f} "
            f"(quartiles {low:.2f} to {high:.2f})"
        )

    lines = [line("alone")]
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as load:
        time.sleep(0.5)
        lines.append(line("beside a busy process"))
        load.kill()
    numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)
    benchmark.pedantic(lambda: None, rounds=1)
    with capsys.disabled():
        print(f"\n{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n" + "\n".join(lines))


def test_limits(benchmark: BenchmarkFixture, capsys: pytest.CaptureFixture[str]) -> None:
    """What a frame would take if it were only moved, or only its random numbers were drawn."""
    maps = np.random.default_rng(0).random((4, SIDE, SIDE), np.float32)
    codes = np.empty((SIDE, SIDE), np.uint16)
    spans = SIDE * SIDE // SPAN
    parts: dict[str, Callable] = {
        "bytes alone, 22 MB": lambda: move(*maps, codes),
        "two words a pixel": lambda: draw(spans, False, 2),
        "two normal numbers a pixel": lambda: draw(spans, True, 2),
    }
    lines = []
    for name, run in parts.items():
        run()
        seconds = []
        for _ in range(25):
            start = time.perf_counter()
            run()
            seconds.append(time.perf_counter() - start)
        low, middle, high = 1e3 * np.quantile(seconds, [0.25, 0.5, 0.75])
        lines.append(f"{name}: {middle:.2f} ms (quartiles {low:.2f} to {high:.2f})")
    benchmark.pedantic(lambda: None, rounds=1)
    with capsys.disabled():
        print(f"\n{numba.get_num_threads()} threads, load {os.getloadavg()[0]:.1f}")
        print("\n".join(lines))
