"""How close the simulator comes to what this machine can do; nothing here asserts a time.

    pytest tests/benchmarks/test_network.py -s

The limit is a loop of xor, popcount and add on the registers of one thread, timed in turns with
what is compared with it; for two threads it is taken twice. On a busy machine the best of many
short turns counts; load and spread are printed with it. One thread is timed by the processor time
it gets, several by the clock on the wall.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numba
import numpy as np
import pytest
from limit import BLOCKS, PRODUCTS, spin

from sensorsim.bnn.compiler import compile_plan
from sensorsim.bnn.layers import Convolution, Dense, Layer, MaxPool, Scores, Threshold
from sensorsim.bnn.shapes import Shape, flow, products
from sensorsim.core.bits import pack
from sensorsim.kernels.interpreter import WORDS
from sensorsim.kernels.vector import machine_lanes

TURN_S, TURNS = 0.06, 12


@dataclass(frozen=True)
class Rate:
    """Products per nanosecond: the best turn, and the median turn over it."""

    best: float
    median: float

    @property
    def spread(self) -> float:
        """How far the median turn stays behind the best one."""
        return 1 - self.median / self.best


class Job(NamedTuple):
    """What to time, its products and its threads."""

    run: Callable[[], Any]
    products: float
    threads: int = 1


def rates(*jobs: Job) -> list[Rate]:
    """Rates of jobs that are timed in turns, so that all see the same machine."""
    for job in jobs:
        job.run()
    found: list[list[float]] = [[] for _ in jobs]
    for _ in range(TURNS):
        for job, seen in zip(jobs, found, strict=True):
            clock = time.thread_time if job.threads == 1 else time.perf_counter
            best, end = np.inf, time.perf_counter() + TURN_S
            while time.perf_counter() < end:
                start = clock()
                job.run()
                best = min(best, clock() - start)
            seen.append(job.products / best * 1e-9)
    return [Rate(max(seen), float(np.median(seen))) for seen in found]


def rates_and_limit(*jobs: Job) -> tuple[list[Rate], Rate]:
    """Rates of jobs, and the limit of one thread in the same turns."""
    spins = [Job(partial(spin, block), PRODUCTS) for block in BLOCKS]
    found = rates(*jobs, *spins)
    return found[: len(jobs)], max(found[len(jobs) :], key=lambda rate: rate.best)


class Network:
    """Layers with random weights, and random input."""

    def __init__(self, shape: Shape, layers: tuple[Layer, ...], images: int) -> None:
        self.shape, self.layers, self.images = shape, layers, images
        self.plan = compile_plan(layers, shape)
        bits = RANDOM.integers(0, 2, (images, 1, *shape[:3])).astype(np.uint8)
        self.bits, self.words = bits, pack(bits)

    @property
    def products(self) -> int:
        """Products of a batch."""
        return self.images * sum(map(products, flow(self.layers, self.shape)))

    def job(self, threads: int) -> Job:
        """One batch."""

        def run() -> None:
            numba.set_num_threads(threads)
            self.plan.run(self.words, WORDS)

        return Job(run, self.products, threads)


RANDOM = np.random.default_rng(0)


def convolution(inputs: int, outputs: int, kernel: int = 3, groups: int = 1) -> tuple[Layer, ...]:
    """A convolution with its threshold."""
    fan_in = kernel**2 * inputs // groups
    weights = pack(RANDOM.integers(0, 2, (outputs, fan_in)).astype(np.uint8))
    return (
        Convolution(inputs, outputs, kernel, 1, kernel // 2, groups, weights),
        Threshold(RANDOM.integers(-9, 10, outputs), np.ones(outputs, bool)),
    )


def end(bits: int) -> Scores:
    """Scores of ten classes."""
    weights = pack(RANDOM.integers(0, 2, (10, bits)).astype(np.uint8))
    return Scores(bits, 10, 8, weights, np.ones(10, np.int64), np.zeros(10, np.int64))


def single(channels: int, side: int, images: int, **sizes: int) -> Network:
    """One convolution; a pool over the whole image keeps the scores behind it small."""
    layers = (*convolution(channels, channels, **sizes), MaxPool(side), end(channels))
    return Network(Shape(side, side, channels), layers, images)


def vgg(images: int = 16) -> Network:
    """Six convolutions and two dense layers on 32 x 32 pixels."""
    layers: tuple[Layer, ...] = ()
    before = 64
    for channels in (64, 128, 256):
        layers += (*convolution(before, channels), *convolution(channels, channels), MaxPool(2))
        before = channels
    hidden = pack(RANDOM.integers(0, 2, (1024, 4096)).astype(np.uint8))
    threshold = Threshold(RANDOM.integers(-9, 10, 1024), np.ones(1024, bool))
    return Network(
        Shape(32, 32, 64), (*layers, Dense(4096, 1024, hidden), threshold, end(1024)), images
    )


CASES = {
    **{
        f"3x3, {channels} channels, {side} x {side}": (
            channels,
            side,
            max(8, 2**23 // channels // side**2),
            {},
        )
        for channels in (64, 128, 256)
        for side in (32, 96)
    },
    "1x1, 256 channels, 32 x 32": (256, 32, 64, {"kernel": 1}),
    "5x5, 64 channels, 32 x 32": (64, 32, 64, {"kernel": 5}),
    "3x3, 96 channels, 32 x 32": (96, 32, 64, {}),
    "3x3, 48 channels, 32 x 32": (48, 32, 64, {}),
    **{
        f"3x3, 128 channels in groups of {share}, {side} x {side}": (
            128,
            side,
            2**16 // side**2,
            {"groups": 128 // share},
        )
        for side in (32, 16)
        for share in (8, 16, 32, 64)
    },
}


@pytest.fixture(autouse=True)
def all_threads():
    """Leave the number of threads as it was."""
    yield
    numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)


def test_share_of_the_limit() -> None:
    print(f"\nvectors of {64 * machine_lanes()} bits, load {os.getloadavg()[0]:.1f}")
    print("| network | threads | GMAC/s | of the limit | of one thread | median below best |")
    print("|---|---|---|---|---|---|")
    networks = {name: single(*case[:3], **case[3]) for name, case in CASES.items()}
    networks["VGG-like, packed input to scores"] = vgg()
    most = min(2, numba.config.NUMBA_NUM_THREADS)
    for name, network in networks.items():
        found, limit = rates_and_limit(*(network.job(n) for n in range(1, most + 1)))
        for threads, rate in enumerate(found, 1):
            print(
                f"| {name} | {threads} | {rate.best:.0f} "
                f"| {rate.best / threads / limit.best:.2f} "
                f"| {rate.best / found[0].best:.2f} | {rate.spread:.0%} |"
            )


def torch_float(channels: int, side: int, images: int) -> Callable[[], Any]:
    """The convolution in float32."""
    import torch

    x = torch.randn(images, channels, side, side).to(memory_format=torch.channels_last)
    layer = torch.nn.Conv2d(channels, channels, 3, padding=1, bias=False)
    layer = layer.to(memory_format=torch.channels_last)

    def run() -> None:
        with torch.inference_mode():
            layer(x)

    return run


def torch_int8(channels: int, side: int, images: int) -> Callable[[], Any]:
    """The convolution in torch's quantized int8."""
    import torch

    torch.backends.quantized.engine = "onednn"
    layer = torch.ao.nn.quantized.Conv2d(channels, channels, 3, padding=1, bias=False)
    x = torch.randn(images, channels, side, side).to(memory_format=torch.channels_last)
    quantized = torch.quantize_per_tensor(x, 0.1, 0, torch.quint8)

    def run() -> None:
        with torch.inference_mode():
            layer(quantized)

    return run


def onnx_int8(channels: int, side: int, images: int, threads: int) -> Callable[[], Any]:
    """The convolution as a QLinearConv of onnxruntime, in its faster layout, NHWC."""
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    weights = RANDOM.choice(np.array([-1, 1], np.int8), (channels, channels, 3, 3))
    constants = {
        "scale": np.float32(1), "zero": np.uint8(0), "w": weights, "w_zero": np.int8(0),
        "y_scale": np.float32(16), "y_zero": np.uint8(128),
    }  # fmt: skip
    node = helper.make_node(
        "QLinearConv",
        ["x", "scale", "zero", "w", "scale", "w_zero", "y_scale", "y_zero"],
        ["y"],
        domain="com.microsoft",
        pads=[1, 1, 1, 1],
        channels_last=1,
    )
    shape = [images, side, side, channels]
    graph = helper.make_graph(
        [node], "one",
        [helper.make_tensor_value_info("x", TensorProto.UINT8, shape)],
        [helper.make_tensor_value_info("y", TensorProto.UINT8, shape)],
        [numpy_helper.from_array(np.asarray(v), k) for k, v in constants.items()],
    )  # fmt: skip
    opsets = [helper.make_opsetid("", 13), helper.make_opsetid("com.microsoft", 1)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    onnx.checker.check_model(model)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    x = RANDOM.integers(0, 2, shape).astype(np.uint8)
    return lambda: session.run(None, {"x": x})


def test_against_other_libraries() -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("onnxruntime")
    print(f"\n3x3 convolution, C to C channels, 32 x 32, 8 images; load {os.getloadavg()[0]:.1f}")
    print(
        "| GMAC/s | threads | sensorsim | torch float32 | torch int8 | onnxruntime int8 | limit |"
    )
    print("|---|---|---|---|---|---|---|")
    for threads in range(1, numba.config.NUMBA_NUM_THREADS + 1):
        torch.set_num_threads(threads)
        for channels in (64, 128, 256):
            ours = single(channels, 32, 8)
            sizes = (channels, 32, 8)
            work = 8 * 32**2 * 9 * channels**2
            found, limit = rates_and_limit(
                ours.job(threads),
                Job(torch_float(*sizes), work, threads),
                Job(torch_int8(*sizes), work, threads),
                Job(onnx_int8(*sizes, threads), work, threads),
            )
            row = " | ".join(f"{rate.best:.0f}" for rate in (*found, limit))
            print(f"| C = {channels} | {threads} | {row} |")
