"""Whole networks as plans: any width of vectors, any number of threads and images, one result."""

import copy
import dataclasses
import os
import pickle
import signal
import subprocess
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
from networks import draw_model, draw_words, scores_slowly

from sensorsim.bnn import compiler, simulator
from sensorsim.bnn.layers import Concat, Dense, Scores, Sum, Threshold, Weighted
from sensorsim.bnn.model import Input, Model
from sensorsim.core import pool
from sensorsim.core.bits import pack
from sensorsim.kernels.interpreter import WORDS
from sensorsim.kernels.vector import LANES, machine_lanes
from sensorsim.readout import Adc, Readout, Thermometer

ROOT = Path(__file__).parents[2]
SEEDS = range(12)


@pytest.fixture
def threads():
    yield numba.set_num_threads
    numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)


@pytest.mark.parametrize("seed", SEEDS)
def test_width_threads_and_batches_do_not_matter(seed: int, threads) -> None:
    model = draw_model(seed)
    words = draw_words(model, 64, seed)
    expected = scores_slowly(model, words)
    for count in {1, min(2, numba.config.NUMBA_NUM_THREADS)}:
        threads(count)
        for lanes in LANES:
            for images in (1, 7, 64):
                ours = model.plan.run(words[:images], WORDS, lanes)[:, 0, 0]
                np.testing.assert_array_equal(ours, expected[:images])


def test_drawn_sums_cover_long_nested_and_dense_branches_behind_codes() -> None:
    sums = [s for i in SEEDS for s in draw_model(i).steps if isinstance(s.layer, Sum)]
    branches = [(s.before.planes > 1, branch) for s in sums for branch in s.layer.branches]
    assert {(codes, len(branch) > 1) for codes, branch in branches} >= {(True, True), (False, True)}
    assert any(isinstance(layer, Sum) for _, branch in branches for layer in branch)
    assert any(isinstance(branch[-1], Dense) for _, branch in branches)


def test_drawn_concatenations_cover_empty_and_nested_branches_and_planes() -> None:
    found = [s for i in SEEDS for s in draw_model(i).steps if isinstance(s.layer, Concat)]
    assert any(() in s.layer.branches for s in found)
    assert any(s.before.planes > 1 for s in found)
    assert any(isinstance(b[-1], Concat) for s in found for b in s.layer.branches if b)


def unlike_arithmetic(seeds: range) -> bool:
    """Whether the simulator errs on any of a few networks."""
    for seed in seeds:
        model = draw_model(seed)
        words = draw_words(model, 5, seed)
        if (simulator.scores(model, words) != scores_slowly(model, words)).any():
            return True
    return False


@pytest.mark.parametrize(
    ("name", "mutant"),
    [
        ("_fits_part", lambda layer, shape, part: True),
        ("_fits_part", lambda layer, shape, part: part.channel % 8 == 0),
        ("_ring", lambda layers: 0),
    ],
)
def test_parts_of_a_concatenation_that_lie_elsewhere_are_noticed(
    name: str, mutant: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiler, name, mutant)
    assert unlike_arithmetic(range(40))


@pytest.mark.parametrize("seed", SEEDS)
def test_any_flipped_weight_is_noticed(seed: int) -> None:
    model = draw_model(seed)
    words = draw_words(model, 40, seed)
    random = np.random.default_rng(seed)
    last = model.layers[-1]
    for position in (i for i, layer in enumerate(model.layers) if isinstance(layer, Weighted)):
        layer = model.layers[position]
        weights = layer.weights.copy()
        weights[random.integers(len(weights)), 0] ^= np.uint64(1)
        layers = list(model.layers)
        layers[position] = dataclasses.replace(layer, weights=weights)
        mutant = dataclasses.replace(model, layers=tuple(layers))
        np.testing.assert_array_equal(simulator.scores(mutant, words), scores_slowly(mutant, words))
        if layer is last:
            assert (simulator.scores(mutant, words) != simulator.scores(model, words)).any()


def test_a_tie_broken_the_wrong_way_is_noticed(model: Model) -> None:
    words = draw_words(model, 40)
    threshold = model.layers[1]
    rising = np.ones(10, bool)
    layers = list(model.layers)
    found = []
    for level in (0, 1):  # accumulators of 18 products are even: 0 is reached and then is +1
        layers[1] = Threshold(np.full_like(threshold.levels, level), rising)
        found.append(simulator.scores(dataclasses.replace(model, layers=tuple(layers)), words))
    assert (found[0] != found[1]).any()


def test_one_batch_leaves_no_trace_in_the_next(model: Model) -> None:
    first, second = draw_words(model, 30, 1), ~draw_words(model, 30, 2) & np.uint64(3)
    expected = simulator.scores(model, first)
    simulator.scores(model, second)
    np.testing.assert_array_equal(simulator.scores(model, first), expected)


def test_one_plan_serves_several_python_threads(model: Model) -> None:
    batches = [draw_words(model, 50, seed) for seed in range(8)]
    expected = [scores_slowly(model, words) for words in batches]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda words: simulator.scores(model, words), batches))
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="one thread has no helpers")
def test_what_an_interrupted_batch_still_writes_reaches_no_other(
    model: Model, threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads(2)
    words = draw_words(model, 30)
    expected = simulator.scores(model, words)
    written: list[np.ndarray] = []  # by helpers that nobody waits for

    class Helpers:
        def submit(self, work: Any) -> Any:
            written.append(*work.args)
            return self

        def cancel(self) -> bool:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(pool, "_helpers", Helpers)
        with pytest.raises(KeyboardInterrupt):
            simulator.scores(model, words)
    np.testing.assert_array_equal(simulator.scores(model, words), expected)
    assert len(written) == 1
    assert len(model.plan._arenas) == 2
    assert not np.shares_memory(written[0], model.plan._arenas)


def test_a_forked_process_has_helpers_and_locks_of_its_own(model: Model, threads) -> None:
    threads(min(2, numba.config.NUMBA_NUM_THREADS))
    words = draw_words(model, 50)
    expected = simulator.scores(model, words)
    pool._helpers().submit(int).result()
    model.plan._lock.acquire()  # as if another thread were in the midst of a batch
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            pool._helpers().submit(int).result(timeout=20)
            signal.alarm(20)
            os._exit(0 if np.array_equal(simulator.scores(model, words), expected) else 2)
        os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    model.plan._lock.release()
    np.testing.assert_array_equal(simulator.scores(model, words), expected)


def test_memory_does_not_grow_with_the_images(model: Model) -> None:
    peaks = []
    for images in (100, 5000):
        words = draw_words(model, images)
        simulator.scores(model, words)
        tracemalloc.start()
        scores = simulator.scores(model, words)
        peaks.append(tracemalloc.get_traced_memory()[1] - scores.nbytes)
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 10_000


def test_weights_cannot_change_behind_a_plan(model: Model) -> None:
    words = draw_words(model, 20)
    whole = np.array([model.layers[-1].weights])
    scores = dataclasses.replace(model.layers[-1], weights=whole[0])
    ours = dataclasses.replace(model, layers=(*model.layers[:-1], scores))
    before = simulator.scores(ours, words)
    whole ^= np.uint64(0xFFFF)  # the caller's array, which stays writable
    np.testing.assert_array_equal(scores_slowly(ours, words), before)
    assert (whole[0] != ours.layers[-1].weights).any()
    for step in ours.steps:
        for value in vars(step.layer).values():
            assert not isinstance(value, np.ndarray) or not value.flags.writeable


@pytest.mark.parametrize("copy_of", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_a_copy_is_compiled_anew_and_cannot_change_either(model: Model, copy_of) -> None:
    words = draw_words(model, 20)
    before = simulator.scores(model, words)
    again = copy_of(model)
    np.testing.assert_array_equal(simulator.scores(again, words), before)
    assert again.plan is not model.plan
    with pytest.raises(ValueError, match="read-only"):
        again.layers[-1].weights[0, 0] ^= np.uint64(1)


@pytest.mark.parametrize(
    ("readout", "colors"),
    [
        (Adc(bits=1), 2), (Adc(bits=2), 3), (Adc(bits=8), 1), (Adc(bits=14), 3),
        (Thermometer(thresholds=(0.5,)), 1),
        (Thermometer(thresholds=tuple(np.arange(1, 31) / 32)), 5),
    ],
)  # fmt: skip
def test_codes_give_the_scores_of_their_packed_bits(readout: Readout, colors: int) -> None:
    random = np.random.default_rng(colors)
    source = draw_model(3, planes=1)
    channels = readout.channels(colors)
    view = Input(height=6, width=5, colors=colors, planes=readout.planes, channels=channels)
    model = network(random, source, view, readout)
    width = readout.planes if isinstance(readout, Adc) else readout.levels
    kind = np.uint16 if isinstance(readout, Adc) else np.uint32
    codes = random.integers(0, 2**width, (9, 6, 5, colors)).astype(kind)
    expected = simulator.scores(model, readout.pack(codes))
    np.testing.assert_array_equal(simulator.scores_of_codes(model, codes), expected)
    assert len(np.unique(expected, axis=0)) > 1


def network(random: np.random.Generator, like: Model, view: Input, readout: Readout) -> Model:
    """A convolution, a threshold and scores behind a readout."""
    from networks import draw_convolution, draw_threshold

    from sensorsim.bnn.shapes import Shape

    before = Shape(view.height, view.width, view.channels, view.planes)
    first = draw_convolution(random, before, 12)
    h, w = first.output_side(view.height), first.output_side(view.width)
    after = Shape(h, w, 12, 1, first.fan_in * (2**view.planes - 1))
    bits = h * w * 12
    weights = pack(random.integers(0, 2, (3, bits)).astype(np.uint8))
    end = Scores(bits, 3, 8, weights, np.ones(3, np.int64), np.zeros(3, np.int64))
    return dataclasses.replace(
        like, input=view, readout=readout, layers=(first, draw_threshold(random, after), end)
    )


PROGRAM = """
import hashlib
from networks import draw_model, draw_words
from sensorsim.bnn import simulator
from sensorsim.kernels.vector import machine_lanes
digest = hashlib.sha256()
for seed in range(12):
    model = draw_model(seed)
    digest.update(simulator.scores(model, draw_words(model, 20, seed)).tobytes())
print(machine_lanes(), digest.hexdigest())
"""


@pytest.mark.slow
def test_any_instruction_set_gives_the_same_scores(tmp_path: Path) -> None:
    found = {"": [], "haswell": [], "x86-64": []}
    if machine_lanes() == 8:  # as here, but without an instruction for the popcount
        found["skylake-avx512"] = []
    for processor in found:
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests" / "support")])
        }
        if processor:
            if (
                numba.core.registry.cpu_target.target_context.codegen()
                .magic_tuple()[0]
                .split("-")[0]
                != "x86_64"
            ):
                pytest.skip("this is no x86-64 machine, whose older instruction sets are tested")
            environment |= {
                "NUMBA_CPU_NAME": processor, "NUMBA_CPU_FEATURES": "",
                "NUMBA_CACHE_DIR": str(tmp_path),
            }  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True,
            check=True,
        )  # fmt: skip
        found[processor] = done.stdout.split()
    assert found.get("skylake-avx512", "8")[0] == "8"
    assert found["haswell"][0] == "4"
    assert found["x86-64"][0] == "1"
    assert len({digest for _, digest in found.values()}) == 1
