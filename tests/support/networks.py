"""Random networks of every layer, and their arithmetic on +1 and -1, slow and obvious."""

from dataclasses import replace

import numpy as np

from sensorsim.bnn.layers import (
    Concat,
    Convolution,
    Dense,
    Layer,
    MaxPool,
    Scores,
    Shuffle,
    Sum,
    Threshold,
    Votes,
)
from sensorsim.bnn.model import Input, Model, Training
from sensorsim.bnn.shapes import Shape, flow
from sensorsim.core.bits import pack, unpack
from sensorsim.readout import Adc, Thermometer

RECORD = Training(
    dataset="x", family="x", command="x", seed=0, validation_accuracy=0, test_accuracy=0
)
CLASSES = 3


def draw_model(seed: int, planes: int | None = None) -> Model:
    """A random network: the kinds of its layers, their sizes and every weight."""
    random = np.random.default_rng(seed)
    height, width, colors = (
        int(random.integers(low, high)) for low, high in ((5, 9), (5, 9), (1, 4))
    )
    if planes is None:
        planes = int(random.choice([1, 1, 2, 3]))
    readout = (
        Adc(bits=planes)
        if planes > 1
        else Thermometer(thresholds=tuple(np.arange(1, 1 + int(random.integers(1, 5))) / 8))
    )
    view = Input(
        height=height, width=width, colors=colors, planes=readout.planes,
        channels=readout.channels(colors),
    )  # fmt: skip
    shape = Shape(height, width, view.channels, view.planes)
    layers: list[Layer] = []
    extra = np.random.default_rng((seed, 1))  # does not move what else is drawn
    for _ in range(int(random.integers(1, 4))):
        block = draw_block(random, shape)
        if extra.random() < 0.25:
            block = [draw_concat(extra, shape, block)]
        layers += block
        shape = list(flow(tuple(block), shape))[-1].after
    layers.append(draw_end(random, shape))
    return Model(view, readout, tuple(map(str, range(CLASSES))), tuple(layers), RECORD)


def draw_block(random: np.random.Generator, shape: Shape) -> list[Layer]:
    """Layers from bits to bits."""
    outputs = int(random.choice([3, 6, 12, 24, 64, 72, 128, 192]))
    layer: Layer
    kind = random.random()
    if kind < 0.25:
        layer = draw_sum(random, shape, outputs)
    elif kind < 0.35 and shape.planes == 1:
        layer = draw_dense(random, shape, outputs)
    else:
        layer = draw_convolution(random, shape, outputs)
    after = list(flow((layer,), shape))[-1].after
    block = [layer, draw_threshold(random, after)]
    if random.random() < 0.4 and min(after.height, after.width) >= 2:
        block.append(MaxPool(2))
    if random.random() < 0.4:
        block.append(Shuffle(int(random.choice([g for g in (2, 3, 8) if outputs % g == 0]))))
    return block


def draw_concat(random: np.random.Generator, shape: Shape, block: list[Layer]) -> Concat:
    """Branches of one height and width: a block, its input, what was derived from either."""
    if random.random() < 0.5:  # the input has the same height and width
        block = draw_bits(random, shape)
    if random.random() < 0.3:
        block = [draw_concat(random, shape, block)]
    after = list(flow(tuple(block), shape))[-1].after
    branches = [tuple(block)]
    for _ in range(int(random.integers(1, 4))):
        branch: tuple[Layer, ...] = ()
        kind = random.random()
        if after[:2] != shape[:2] or shape.planes > 1 or kind < 0.2:
            branch = (*block, *draw_bits(random, after))
        elif kind < 0.4:
            groups = [g for g in range(1, shape.channels + 1) if shape.channels % g == 0]
            branch = (Shuffle(int(random.choice(groups))),)
        elif kind < 0.5:
            branch = (MaxPool(1),)
        branches.insert(int(random.integers(len(branches) + 1)), branch)
    return Concat(tuple(branches))


def draw_bits(random: np.random.Generator, shape: Shape) -> list[Layer]:
    """A convolution that leaves height and width as they are, and its threshold."""
    layer = draw_same(random, shape.channels, int(random.choice([3, 8, 16, 61, 64])))
    return [layer, draw_threshold(random, list(flow((layer,), shape))[-1].after)]


def draw_sum(random: np.random.Generator, shape: Shape, outputs: int) -> Sum:
    """Two convolutions, or dense layers, with or without more layers before them."""
    first = draw_convolution(random, shape, outputs)
    second = draw_convolution(random, shape, outputs, like=first)
    inner = random.spawn(1)[0]
    if inner.random() < 0.25:
        return Sum((draw_branch(inner, shape, outputs), draw_branch(inner, shape, outputs)))
    return Sum((draw_branch(inner, shape, first), draw_branch(inner, shape, second)))


def draw_branch(
    random: np.random.Generator, shape: Shape, end: Convolution | int
) -> tuple[Layer, ...]:
    """A branch that ends with a convolution, or one of its form, or a dense layer of outputs."""
    if isinstance(end, int) and shape.planes == 1 and random.random() < 0.5:
        return (draw_dense(random, shape, end),)
    if isinstance(end, Convolution) and random.random() < 0.5:
        return (end,)
    width = int(random.choice([3, 8, 65]))
    same = draw_same(random, shape.channels, width)
    layer: Layer = same
    if random.random() < 0.4:
        layer = Sum((draw_branch(random, shape, same), (same,)))
    after = list(flow((layer,), shape))[-1].after
    threshold = draw_threshold(random, after)
    if isinstance(end, int):
        return layer, threshold, draw_dense(random, after, end)
    return layer, threshold, draw_like(random, width, end)


def draw_same(random: np.random.Generator, inputs: int, outputs: int) -> Convolution:
    """A convolution that leaves height and width as they are."""
    return draw_like(random, inputs, Convolution(0, outputs, 3, 1, 1, 1, np.empty(0)))


def draw_like(random: np.random.Generator, inputs: int, like: Convolution) -> Convolution:
    """A convolution of one group and another one's kernel, stride, padding and outputs."""
    weights = draw_weights(random, like.outputs, like.kernel**2 * inputs)
    return replace(like, inputs=inputs, groups=1, weights=weights)


def draw_convolution(
    random: np.random.Generator, shape: Shape, outputs: int, like: Convolution | None = None
) -> Convolution:
    """A convolution that fits, or one whose output has the shape of another's."""
    channels = shape.channels
    if like is None:
        kernel = int(random.choice([k for k in (1, 2, 3, 5) if k <= min(shape[:2])]))
        stride = int(random.integers(1, 3))
        padding = min(kernel, int(random.integers(0, 3)))
        shares = (1, 1, 2, 3, 6, channels // 8)  # the last one: eight channels a group
        groups = int(random.choice([g for g in shares if g and channels % g == 0 == outputs % g]))
    else:  # kernel + 2 and padding + 1 leave the output as it is
        kernel, stride, padding, groups = like.kernel + 2, like.stride, like.padding + 1, 1
    fan_in = kernel**2 * channels // groups
    return Convolution(
        channels, outputs, kernel, stride, padding, groups, draw_weights(random, outputs, fan_in)
    )


def draw_dense(random: np.random.Generator, shape: Shape, outputs: int) -> Dense:
    """A dense layer that fits."""
    return Dense(shape.bits, outputs, draw_weights(random, outputs, shape.bits))


def draw_weights(random: np.random.Generator, outputs: int, fan_in: int) -> np.ndarray:
    """Packed random weights."""
    return pack(random.integers(0, 2, (outputs, fan_in)).astype(np.uint8))


def draw_threshold(random: np.random.Generator, shape: Shape) -> Threshold:
    """Levels near zero, directions of both kinds, and a few constant channels."""
    spread = max(2, int(shape.max_accumulator**0.5))
    levels = random.integers(-spread, spread + 1, shape.channels)
    far = random.random(shape.channels)
    levels = np.where(
        far < 0.1,
        -shape.max_accumulator - 1,
        np.where(far > 0.9, shape.max_accumulator + 1, levels),
    )
    return Threshold(levels.astype(np.int64), random.random(shape.channels) < 0.7)


def draw_end(random: np.random.Generator, shape: Shape) -> Scores | Votes:
    """Class scores, or votes where the channels can be shared out."""
    scale, bias = random.integers(1, 9, CLASSES), random.integers(-50, 50, CLASSES)
    if shape.channels % CLASSES == 0 and random.random() < 0.4:
        return Votes(CLASSES, 8, scale, bias)
    weights = draw_weights(random, CLASSES, shape.bits)
    return Scores(shape.bits, CLASSES, 8, weights, scale, bias)


def draw_words(model: Model, images: int, seed: int = 0) -> np.ndarray:
    """Random packed input: uint64 [N, planes, H, W, words]."""
    i = model.input
    shape = (images, i.planes, i.height, i.width, i.channels)
    return pack(np.random.default_rng(seed).integers(0, 2, shape).astype(np.uint8))


def values_of(model: Model, words: np.ndarray) -> np.ndarray:
    """The integers that the first layer reads: +1 and -1, or 2 code - largest."""
    bits = unpack(words, model.input.channels).astype(np.int64)
    weights = 2 ** np.arange(model.input.planes).reshape(1, -1, 1, 1, 1)
    return (weights * (2 * bits - 1)).sum(1)


def outputs_slowly(
    layers: tuple[Layer, ...], x: np.ndarray, dark: int = 1
) -> list[tuple[Layer, np.ndarray]]:
    """Every layer's output as integers [N, H, W, C]; padding is ``-dark``."""
    seen: list[tuple[Layer, np.ndarray]] = []
    source = x
    for layer in layers:
        if isinstance(layer, Sum):
            branches = [outputs_slowly(b, source, dark) for b in layer.branches]
            seen += [pair for branch in branches for pair in branch]
            x = branches[0][-1][1] + branches[1][-1][1]
        elif isinstance(layer, Concat):
            branches = [outputs_slowly(b, source, dark) for b in layer.branches]
            seen += [pair for branch in branches for pair in branch]
            x = np.concatenate([b[-1][1] if b else source for b in branches], axis=-1)
        elif isinstance(layer, Convolution):
            x = convolve_slowly(layer, x, dark)
        elif isinstance(layer, Dense | Scores):
            w = 2 * unpack(layer.weights, layer.inputs).astype(np.int64) - 1
            x = (x.reshape(len(x), -1) @ w.T)[:, np.newaxis, np.newaxis]
        elif isinstance(layer, Threshold):
            one = np.where(layer.rising, x >= layer.levels, x <= layer.levels)
            x = 2 * one.astype(np.int64) - 1
        elif isinstance(layer, MaxPool):
            h, w = (n // layer.size for n in x.shape[1:3])
            x = x[:, : h * layer.size, : w * layer.size]
            x = x.reshape(len(x), h, layer.size, w, layer.size, -1).max((2, 4))
        elif isinstance(layer, Shuffle):
            grouped = x.reshape(*x.shape[:3], layer.groups, -1)
            x = grouped.swapaxes(3, 4).reshape(x.shape)
        elif isinstance(layer, Votes):
            shares = x.reshape(*x.shape[:3], layer.classes, -1)
            x = shares.sum((1, 2, 4))[:, np.newaxis, np.newaxis]
        if isinstance(layer, Scores | Votes):
            x = x * layer.scale + layer.bias
        if isinstance(layer, Threshold | MaxPool | Shuffle | Concat):
            source, dark = x, 1
        seen.append((layer, x))
    return seen


def convolve_slowly(layer: Convolution, x: np.ndarray, dark: int) -> np.ndarray:
    """One pixel and group after another."""
    k, p, s, g = layer.kernel, layer.padding, layer.stride, layer.groups
    share, out = layer.inputs // g, layer.outputs // g
    w = 2 * unpack(layer.weights, layer.fan_in).astype(np.int64) - 1
    w = w.reshape(layer.outputs, k, k, share)
    x = np.pad(x, ((0, 0), (p, p), (p, p), (0, 0)), constant_values=-dark)
    side = [(n - k) // s + 1 for n in x.shape[1:3]]
    y = np.empty((len(x), *side, layer.outputs), np.int64)
    for i, j, o in np.ndindex(*side, g):
        field = x[:, i * s : i * s + k, j * s : j * s + k, o * share : (o + 1) * share]
        mine = slice(o * out, (o + 1) * out)
        y[:, i, j, mine] = field.reshape(len(x), -1) @ w[mine].reshape(out, -1).T
    return y


def scores_slowly(model: Model, words: np.ndarray) -> np.ndarray:
    """Class scores: int64 [N, classes]."""
    dark = 2**model.input.planes - 1
    return outputs_slowly(model.layers, values_of(model, words), dark)[-1][1][:, 0, 0]
