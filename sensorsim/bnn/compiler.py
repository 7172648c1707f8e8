"""Compile a network to a plan: the tables that `sensorsim.kernels.interpreter` executes.

Every layer becomes one or more steps (`sensorsim.bnn.writer` collects them):

* Threshold and packing are part of the step of the layer before them.
* A dense layer is a convolution whose only receptive field is the whole image.
* The branches of a sum add to one array of counts.
* The branches of a concatenation write their channels side by side. A branch whose channels begin
  within a byte (for pools, shuffles and convolutions along rows: within a word) is written to its
  own place and then copied.
* Layers whose words would be mostly empty read gathered receptive fields
  (`sensorsim.kernels.patches`).
"""

from dataclasses import replace
from typing import Any

import numpy as np

from sensorsim.bnn.blocks import blocks_of, first_outputs, shuffle_table
from sensorsim.bnn.fields import Fields, IntArray, Place, Window
from sensorsim.bnn.layers import (
    Branching,
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
from sensorsim.bnn.limits import Limits, mismatch_limits
from sensorsim.bnn.plan import Plan
from sensorsim.bnn.rows import blocks, element_bits, flips, shared_words, starts
from sensorsim.bnn.shapes import Shape, Step, flow
from sensorsim.bnn.sums import SumWindow, sum_weights, sum_window
from sensorsim.bnn.writer import Writer, counts_bytes, counts_row, set_fields
from sensorsim.core.bits import WORD, unpack, words_for
from sensorsim.kernels import interpreter
from sensorsim.kernels.patches import AT_ONCE, COLUMNS
from sensorsim.kernels.xnor import CODE_OUTPUTS, MAX_CODE_MISMATCHES, OUTPUTS


def compile_plan(layers: tuple[Layer, ...], shape: Shape) -> Plan:
    """Compile layers that end in integers: a whole network, or a convolution, dense layer or sum.

    Parameters
    ----------
    layers : tuple of Layer
        Layers of a valid network.
    shape : Shape
        Shape of one image before the first layer.

    Returns
    -------
    Plan
        Executable form of the layers.
    """
    after = [*flow(layers, shape)][-1].after
    heads = [i for i, layer in enumerate(layers) if isinstance(layer, Dense | Scores | Votes)]
    compiler = _Compiler(heads[0] if heads else len(layers) + 1)
    as_codes = len(layers) > 1 and _fits_codes(layers[0], shape)
    source = compiler.place(shape, _ring(layers), stepped=compiler.head == 0, codes=as_codes)
    view = np.zeros(1, interpreter.INPUT)
    set_fields(
        view[0], target=source.offset, target_step=source.step, planes=shape.planes,
        height=shape.height, width=shape.width, channels=shape.channels,
        words=words_for(shape.channels), line=source.line, plane=source.plane,
        first=source.pixel(0, 0), as_codes=as_codes,
    )  # fmt: skip
    counts = compiler.counts(after, stepped=bool(heads))
    compiler.chain(layers, source, counts, top=True)
    compiler.step(interpreter.SCORE, counts, counts, width=counts_row(after.channels))
    last = layers[-1]
    scale = np.zeros((3, after.channels), np.int64)
    scale[0], scale[1] = after.max_accumulator, 1
    if isinstance(last, Scores | Votes):
        scale[1], scale[2] = last.scale, last.bias
    return Plan(
        shape, after[:3], view, np.array(compiler.steps, interpreter.STEP),
        compiler.trunk if heads else len(compiler.steps), np.array(compiler.tables, np.int64),
        np.array(compiler.pieces, np.uint64).reshape(-1, COLUMNS), compiler.packed_weights(), scale,
        compiler.arena_words(),
    )  # fmt: skip


def compile_sums(step: Step) -> Plan:
    """Compile one layer so that it gives its accumulators, before scale and bias.

    Parameters
    ----------
    step : Step
        A convolution, dense layer, scores or votes, with the shape before it.

    Returns
    -------
    Plan
        Executable form of the layer; its outputs are the accumulators.
    """
    layer = step.layer
    if isinstance(layer, Scores):
        layer = Dense(layer.inputs, layer.classes, layer.weights)
    elif isinstance(layer, Votes):
        layer = replace(layer, scale=np.ones_like(layer.scale), bias=np.zeros_like(layer.bias))
    return compile_plan((layer,), step.before)


class _Compiler(Writer):
    """Write the steps of layers.

    Parameters
    ----------
    head : int
        Position of the first layer that processes several images together.
    """

    def __init__(self, head: int) -> None:
        super().__init__()
        self.head = head
        self.trunk = 0

    def chain(
        self, layers: tuple[Layer, ...], source: Place, counts: Place, top: bool = False
    ) -> None:
        """Write the steps of a chain; the mismatches of its last layer are added to counts."""
        last = len(layers) - 1
        source = self.bits(layers, last, source, top=top)
        together = self.begin(layers[last], last, top)
        if top:
            self.clear(counts, together)
        self.count(layers[last], source, counts, together)

    def begin(self, layer: Layer, position: int, top: bool) -> bool:
        """Record where the head begins; return whether a layer processes images together."""
        if top and position == self.head:
            self.trunk = len(self.steps)
        return top and position >= self.head and isinstance(layer, Dense | Scores)

    def bits(
        self, layers: tuple[Layer, ...], end: int, source: Place, part: Place | None = None,
        top: bool = False,
    ) -> Place:  # fmt: skip
        """Write the steps of a chain up to the position ``end``, after which there are bits.

        Returns the place of the bits: a new one, or ``part`` of a concatenation.
        """
        position = 0
        while position < end:
            layer = layers[position]
            together = self.begin(layer, position, top)
            after = [*flow((layer,), source.shape)][-1].after
            behind = layers[position + 1 : position + 2]
            threshold = behind[0] if behind and isinstance(behind[0], Threshold) else None
            position += 2 if threshold else 1
            last = part if position == end else None
            if last and _fits_part(layer, source.shape, last):
                target = last
            else:
                target = self.place(
                    after._replace(max_accumulator=0), _ring(layers[position:]),
                    stepped=source.step > 0 or (top and position >= self.head),
                )  # fmt: skip
            if threshold:
                limits = mismatch_limits(threshold, after.max_accumulator)
                self.decide(layer, source, target, limits, together)
            elif isinstance(layer, Concat):
                self.concatenate(layer, source, target)
            else:
                self.rearrange(layer, source, target)
            if last and target is not last:
                self.join(target, last)
            source = target
        return source

    def concatenate(self, layer: Concat, source: Place, target: Place) -> None:
        """Write the bits of branches side by side.

        In order of channels, since a part may clear the bits after it in its last word.
        """
        channel = target.channel
        for branch in layer.branches:
            after = [source.shape, *(s.after for s in flow(branch, source.shape))][-1]
            part = target._replace(shape=after, channel=channel)
            if branch:
                self.bits(branch, len(branch), source, part)
            else:
                self.join(source, part)
            channel += after.channels

    def join(self, source: Place, part: Place) -> None:
        """Copy bits to their part of a concatenation."""
        self.step(
            interpreter.JOIN, source, part, channels=source.shape.channels,
                shift=part.channel % WORD,
            **_extent(source.shape), **_strides("source", source), **_strides("target", part),
        )  # fmt: skip

    def decide(
        self, layer: Layer, source: Place, target: Place, limits: Limits, together: bool
    ) -> None:
        """Write the steps of a layer together with its threshold."""
        if source.codes:
            self.convolve_codes(layer, source, target, limits)
        elif element := element_bits(layer, source.shape):
            self.convolve_rows(layer, source, target, limits, element)
        elif _fits_bytes(layer, source.shape):
            self.convolve(layer, source, target, limits, together)
        else:
            counts = self.counts(target.shape, stepped=source.step > 0)
            self.clear(counts)
            self.count(layer, source, counts)
            y, x = np.indices(target.shape[:2])
            self.step(
                interpreter.LIMIT, counts, target, channels=counts_row(target.shape.channels),
                fields=y.size, places=self.table(8 * target.pixel(y, x)),
                **self.limit_tables(limits, 1, target),
            )  # fmt: skip

    def count(self, layer: Layer, source: Place, counts: Place, together: bool = False) -> None:
        """Add a layer's mismatches to counts."""
        if isinstance(layer, Sum):
            for branch in layer.branches:
                self.chain(branch, source, counts)
        elif isinstance(layer, Votes):
            self.step(
                interpreter.VOTE, source, counts, share=layer.classes,
                channels=source.shape.channels,
                **_extent(source.shape), **_strides("source", source),
            )  # fmt: skip
        else:
            plane_bytes = 8 * words_for(source.shape.channels) * source.plane
            for k in range(source.shape.planes):
                plane = source._replace(offset=source.offset + k * plane_bytes)
                self.convolve(layer, plane, counts, None, together, k)

    def clear(self, counts: Place, together: bool = False) -> None:
        """Zero the counts of one image, or of all images that are processed together."""
        size = counts.step * interpreter.IMAGES if together else counts_bytes(counts.shape)
        self.step(interpreter.CLEAR, counts, counts, width=size // 8, together=together)

    def rearrange(self, layer: Layer, source: Place, target: Place) -> None:
        """Write the step of a pool or shuffle."""
        weights = 0
        if isinstance(layer, MaxPool):
            operation, share, channels = (
                interpreter.POOL,
                layer.size,
                words_for(source.shape.channels),
            )
        else:
            assert isinstance(layer, Shuffle)
            operation, share, channels = interpreter.SHUFFLE, layer.groups, source.shape.channels
            weights = self.weight(shuffle_table(channels, layer.groups))
        self.step(
            operation, source, target, share=share, channels=channels, weights=weights,
            **_extent(target.shape), **_strides("source", source), **_strides("target", target),
        )  # fmt: skip

    def convolve(
        self,
        layer: Any,
        source: Place,
        target: Place,
        limits: Limits | None,
        together: bool,
        shift: int = 0,
    ) -> None:
        """Write a convolution or dense layer: to bits if there are limits, else to counts."""
        window = sum_window(layer, source.shape) or Window.of(layer, source.shape)
        fields = Fields.of_batch() if together else Fields.of_image(target.shape)
        if isinstance(window, Window) and window.is_direct:
            words = window.by_pixel(layer.weights)
            planes = words_for(window.share)
            taps = window.taps(source.line, source.plane, planes)
            origins = 8 * source.pixel(*window.origin(fields)) + source.step * fields.image
            values = {"group_step": 8 * source.plane * planes}
        else:
            words = sum_weights(layer) if isinstance(layer, Sum) else layer.weights
            values, patches = self.gather(window, source, fields, words.shape[1])
            taps = values["pitch"] * np.arange(words.shape[1])
            origins = 8 * patches
        if limits is None:
            operation = interpreter.COUNT
            pixels = np.where(
                fields.repeated, target.shape.height * target.shape.width,
                fields.y * target.shape.width + fields.x,
            )  # fmt: skip
            places = 4 * counts_row(target.shape.channels) * pixels
            values |= self.count_tables(len(words), window.groups)
        else:
            operation = interpreter.CONVOLVE
            places = 8 * target.pixel(fields.y, fields.x)
            values |= self.limit_tables(limits, window.groups, target)
        self.step(
            operation, source, target, together=together, shift=shift, steps=words.shape[1],
            origins=self.table(origins),
            places=self.table(places + target.step * fields.image), taps=self.table(8 * taps),
            weights=self.weight(blocks_of(words, window.groups, OUTPUTS)),
            kernel_bytes=8 * OUTPUTS * words.shape[1], limit_bytes=8 * OUTPUTS,
            groups=window.groups, **_bands(fields), **values,
        )  # fmt: skip

    def convolve_rows(
        self, layer: Any, source: Place, target: Place, limits: Limits, element: int
    ) -> None:
        """Write a convolution along rows; each element of a vector is the sum of one pixel."""
        window = sum_window(layer, source.shape) or Window.of(layer, source.shape)
        fields = Fields.of_image(target.shape)
        groups, planes = window.groups, 0
        if element == WORD and not window.is_direct:
            words = sum_weights(layer) if isinstance(layer, Sum) else layer.weights
            values, _ = self.gather(window, source, fields, words.shape[1])
            taps = values["pitch"] * np.arange(words.shape[1])
            row = source.line if window.stride == 1 else target.shape.width
            values |= {"spacing": 1, "row_bytes": 8 * row}
        else:
            assert isinstance(window, Window)
            planes = words_for(window.share)
            if element == WORD:
                words = window.by_pixel(layer.weights)
            else:
                words, groups = shared_words(layer.weights, window), words_for(layer.inputs)
            taps = window.taps(source.line, source.plane, planes)
            values = {
                "source_first": source.pixel(-window.padding, -window.padding),
                "spacing": layer.stride,
                "row_bytes": 8 * layer.stride * source.line,
            }
        weights = blocks(words, groups)
        self.step(
            interpreter.CONVOLVE_ROWS, source, target, element=element, steps=words.shape[1],
            bands=fields.bands, band_rows=fields.rows, taps=self.table(8 * taps), groups=groups,
            group_step=8 * source.plane * planes, blocks=weights.shape[1],
            weights=self.weight(weights), kernel_bytes=8 * OUTPUTS * words.shape[1],
            limits=self.table(blocks(starts(limits, element)[:, np.newaxis], groups)),
            inverted=self.table(flips(limits)), **_extent(target.shape),
            **_strides("target", target), **values,
        )  # fmt: skip

    def convolve_codes(self, layer: Any, source: Place, target: Place, limits: Limits) -> None:
        """Write a convolution that reads codes and gives bits."""
        window = Window.of(layer, source.shape)
        fields = Fields.of_image(target.shape)
        largest = 2**source.shape.planes - 1
        values = largest * unpack(layer.weights, layer.fan_in).astype(np.int16)
        taps = window.taps(source.line, source.plane, window.share)
        origins = source.pixel(*window.origin(fields))
        blocks = blocks_of(limits.limit[:, np.newaxis], window.groups, CODE_OUTPUTS, spare=-1)
        tables = self.limit_tables(limits, window.groups, target, CODE_OUTPUTS)
        tables["limits"] = self.table(blocks.astype(np.int16).reshape(-1).view(np.int64))
        self.step(
            interpreter.CONVOLVE_CODES, source, target, steps=len(taps),
            origins=self.table(2 * origins),
            places=self.table(8 * target.pixel(fields.y, fields.x)), taps=self.table(2 * taps),
            weights=self.weight(blocks_of(values, window.groups, CODE_OUTPUTS)),
            kernel_bytes=2 * CODE_OUTPUTS * len(taps), limit_bytes=2 * CODE_OUTPUTS,
            groups=window.groups, group_step=2 * source.plane * window.share, **_bands(fields),
            **tables,
        )  # fmt: skip

    def gather(
        self, window: Window | SumWindow, source: Place, fields: Fields, words: int
    ) -> tuple[dict[str, int], IntArray]:
        """Return the values of a step that reads gathered patches, and the patch of every field."""
        runs = fields.runs(window.stride, source)
        ends = []
        for group in range(window.groups):
            first = len(self.pieces)
            targets, pieces = zip(*window.pieces(group, source), strict=True)
            self.pieces += pieces
            ends += (first + np.searchsorted(targets, np.arange(words + 1))).tolist()
        offset, _ = self.allocate(8 * words * runs.pitch, stepped=False)
        self.overrun = max(self.overrun, AT_ONCE + window.width)
        values = {
            "pieces": self.table(ends),
            "patch": offset,
            "source_first": source.pixel(-window.padding, -window.padding),
            "stride": window.stride,
            "gathered": 1,
            "band_line": fields.rows * window.stride * source.line,
            "pitch": runs.pitch,
            "runs": runs.runs,
            "run": runs.length,
            "run_line": runs.line,
            "last_runs": runs.last_runs,
            "last_run": runs.last_length,
        }
        return values, runs.patches

    def limit_tables(
        self, limits: Limits, groups: int, target: Place, outputs: int = OUTPUTS
    ) -> dict[str, int]:
        """Write limits, inversions and output addresses of the blocks; spare outputs give 0."""
        limit = blocks_of(limits.limit[:, np.newaxis], groups, outputs, spare=-1)
        inverted = blocks_of(limits.inverted[:, np.newaxis], groups, outputs).reshape(-1, outputs)
        first = target.channel + first_outputs(len(limits.limit), groups, outputs)
        return {
            "limits": self.table(limit),
            "inverted": self.table(inverted @ (1 << np.arange(outputs))),
            "outs": self.table(8 * target.plane * (first // 64) + first % 64 // 8),
            "blocks": len(first) // groups,
        }

    def count_tables(self, outputs: int, groups: int) -> dict[str, int]:
        """Write which outputs of the blocks are used, and where each block adds its counts."""
        used = blocks_of(np.full((outputs, 1), -1), groups, OUTPUTS)
        first = first_outputs(outputs, groups, OUTPUTS)
        return {
            "limits": self.table(used),
            "outs": self.table(4 * first),
            "blocks": len(first) // groups,
        }


def _fits_codes(layer: Layer, shape: Shape) -> bool:
    """Whether codes are convolved directly: their sums fit 16 bits and their blocks fill words."""
    if shape.planes == 1 or not isinstance(layer, Convolution):
        return False
    whole = layer.groups == 1 or layer.outputs // layer.groups % CODE_OUTPUTS == 0
    return whole and layer.fan_in * (2**shape.planes - 1) <= MAX_CODE_MISMATCHES


def _fits_bytes(layer: Layer, shape: Shape) -> bool:
    """Whether every block of outputs is one byte of the result and reads a single plane."""
    if isinstance(layer, Convolution):
        whole = layer.groups == 1 or layer.outputs // layer.groups % OUTPUTS == 0
        return shape.planes == 1 and whole
    if window := sum_window(layer, shape):
        return window.groups == 1 or window.outputs // window.groups % OUTPUTS == 0
    return isinstance(layer, Dense)


def _fits_part(layer: Layer, shape: Shape, part: Place) -> bool:
    """Whether a layer with this input shape can write directly to its part of a concatenation.

    Pools, shuffles and convolutions along rows write whole words, the other layers whole bytes.
    """
    if isinstance(layer, MaxPool | Shuffle) or element_bits(layer, shape):
        return part.channel % WORD == 0
    return isinstance(layer, Concat) or part.channel % OUTPUTS == 0


def _ring(layers: tuple[Layer, ...]) -> int:
    """Padding in pixels that the first of some layers needs."""
    if layers and isinstance(layers[0], Convolution):
        return layers[0].padding
    if layers and isinstance(layers[0], Branching):
        return max(map(_ring, layers[0].branches))
    return 0


def _bands(fields: Fields) -> dict[str, int]:
    return {"bands": fields.bands, "band_fields": fields.per_band, "fields": len(fields.y)}


def _extent(shape: Shape) -> dict[str, int]:
    return {"height": shape.height, "width": shape.width}


def _strides(side: str, place: Place) -> dict[str, int]:
    return {
        f"{side}_line": place.line,
        f"{side}_plane": place.plane,
        f"{side}_first": place.pixel(0, 0) + place.channel // WORD * place.plane,
    }
