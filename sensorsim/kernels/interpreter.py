"""Run a whole network as one compiled function that executes a table of steps.

A worker takes a few images at a time and executes the steps for them: those of the *trunk* image
after image, so that everything between two layers stays in the cache, then those of the *head* for
all of them, so that the weights of dense layers are read once for several images.

Every worker owns an *arena*, allocated once, in which each activation has its place. Activations
lie in word planes [planes, words, H, W], each surrounded by a ring of zero words, the padding of
-1. Addresses in an arena count bytes. `sensorsim.bnn.compiler` writes the steps.
"""

import numpy as np
from numba import njit

from sensorsim.kernels.patches import gather_band
from sensorsim.kernels.row_sums import convolve_rows
from sensorsim.kernels.vector import claim, count_ones
from sensorsim.kernels.xnor import (
    CODE_PIXELS,
    OUTPUTS,
    count_block,
    limit_block,
    limit_code_block,
)

(
    CONVOLVE, CONVOLVE_ROWS, CONVOLVE_CODES, COUNT, CLEAR, LIMIT, POOL, SHUFFLE, JOIN, VOTE, SCORE,
) = range(11)  # fmt: skip
"""Operations."""
WORDS, FIELDS, CODES = range(3)
"""Kinds of input: packed words [N, planes, H, W, words], or a converter's samples [N, H, W, C] as
bit fields (uint32) or as codes (uint16)."""
IMAGES = 8
"""Most images that a worker takes at a time; a dense layer treats them like pixels."""

STEP = np.dtype(
    [
        (name, np.int64)
        for name in (
            # all: what to do, where activations lie, bytes from one image to the next
            "operation", "source", "source_step", "target", "target_step", "together",
            # what comes out: rows, columns, channels; size of a pool, groups or classes
            "height", "width", "channels", "share",
            # words of one line, of one word plane; words around the first pixel
            "source_line", "source_plane", "source_first",
            "target_line", "target_plane", "target_first",
            # convolution: bands of rows, tables of addresses, groups of blocks of outputs
            "bands", "band_fields", "fields", "origins", "places", "taps", "steps",
            "groups", "group_step", "blocks", "weights", "kernel_bytes", "limits", "limit_bytes",
            "inverted", "outs",
            # power of two of counted mismatches; of a concatenation, bits before its part in a word
            "shift",
            # convolution along rows: rows of a band, bits of an element, bytes from one row of
            # fields to the next, words from one field to the next
            "band_rows", "element", "row_bytes", "spacing",
            # convolution over patches: where pieces end, and where patches go
            "gathered", "pieces", "patch", "pitch", "runs", "run", "last_runs", "last_run",
            "run_line", "stride", "band_line",
        )
    ]
)  # fmt: skip
"""A step of a plan; fields that an operation does not use are 0."""
INPUT = np.dtype(
    [
        (name, np.int64)
        for name in (
            "kind", "target", "target_step", "planes", "height", "width", "channels", "words",
            "line", "plane", "first", "field_width", "colors", "as_codes",
        )
    ]
)  # fmt: skip
"""Layout of the input, and where it goes in the arena."""


@njit(cache=True, nogil=True)
def run(
    view, steps, trunk, tables, pieces, weights, images, block, claimed, arena, scale, out, lanes
):
    """Execute a plan for a batch until no images are left; several threads may run it at once.

    Parameters
    ----------
    view : INPUT [1]
        Layout of the input.
    steps : STEP [S]
        Steps of the plan.
    trunk : int
        Number of steps that belong to the trunk.
    tables : int64 [:]
        Addresses, limits and other numbers that steps refer to by position.
    pieces : uint64 [:, 4]
        Pieces of receptive fields, see `sensorsim.kernels.patches`.
    weights : uint64 [:]
        Packed weights and lookup tables.
    images : uint8 [:]
        The batch as bytes, in the form that ``view.kind`` states.
    block : int
        Images that a worker takes at a time.
    claimed : int64 [1]
        Number of blocks taken; shared by all workers of a batch.
    arena : uint64 [words]
        The worker's own memory.
    scale : int64 [3, channels]
        K (sum of the products' magnitudes), scale and bias: ``out = (K - 2 m) * scale + bias`` with
        m mismatches.
    out : int64 [N, pixels, channels]
        Output: scores.
    lanes : tuple
        As long as vectors have 64-bit lanes, see `sensorsim.kernels.vector`.
    """
    while True:
        first = claim(claimed.ctypes.data) * block
        count = min(block, len(out) - first)
        if count <= 0:
            break
        for i in range(count):
            take(view[0], images, first + i, i, arena)
            for s in range(trunk):
                _step(steps[s], tables, pieces, weights, i, first, arena, scale, out, lanes)
        for s in range(trunk, len(steps)):
            for i in range(1 if steps[s].together else count):
                _step(steps[s], tables, pieces, weights, i, first, arena, scale, out, lanes)


@njit(cache=True)
def _step(step, tables, pieces, weights, image, first, arena, scale, out, lanes):
    """Execute one step for one image, or for all if the step takes them together."""
    source = step.source + image * step.source_step
    target = step.target + image * step.target_step
    operation = step.operation
    if operation in (CONVOLVE, COUNT, CONVOLVE_CODES):
        _convolve(step, tables, pieces, weights, source, target, arena, lanes)
    elif operation == CONVOLVE_ROWS:
        convolve_rows(step, tables, pieces, weights, source, target, arena, lanes)
    elif operation == CLEAR:
        arena[target // 8 : target // 8 + step.width] = 0
    elif operation == LIMIT:
        _limit(step, tables, source, target, arena)
    elif operation == POOL:
        _pool(step, source // 8, target // 8, arena)
    elif operation == SHUFFLE:
        _shuffle(step, weights, source // 8, target // 8, arena)
    elif operation == JOIN:
        _join(step, source // 8, target // 8, arena)
    elif operation == VOTE:
        _vote(step, source // 8, target, arena)
    else:
        counts = arena.view(np.int32)[source // 4 :]
        for pixel in range(out.shape[1]):
            for c in range(out.shape[2]):
                total = scale[0, c] - 2 * np.int64(counts[pixel * step.width + c])
                out[first + image, pixel, c] = total * scale[1, c] + scale[2, c]


@njit(cache=True)
def _convolve(step, tables, pieces, weights, source, target, arena, lanes):
    """Loop over bands of rows, groups, blocks of outputs, then as many fields as fit registers."""
    base = arena.ctypes.data
    table = tables.ctypes.data
    at_once = CODE_PIXELS if step.operation == CONVOLVE_CODES else len(lanes)
    taps = table + 8 * step.taps
    for band in range(step.bands):
        first = band * step.band_fields
        last = min(first + step.band_fields, step.fields)
        for group in range(step.groups):
            if step.gathered:
                x = base + step.patch
                gather_band(step, band, group, base + source, tables, pieces, x, lanes)
            else:
                x = base + source + group * step.group_step
            for block in range(group * step.blocks, (group + 1) * step.blocks):
                kernel = weights.ctypes.data + 8 * step.weights + block * step.kernel_bytes
                limits = table + 8 * step.limits + block * step.limit_bytes
                flip = table + 8 * (step.inverted + block)
                out = base + target + tables[step.outs + block]
                for field in range(first, last, at_once):
                    origins = table + 8 * (step.origins + field)
                    places = table + 8 * (step.places + field)
                    if step.operation == CONVOLVE:
                        limit_block(
                            x, origins, taps, step.steps, kernel, limits, flip, out, places, lanes
                        )
                    elif step.operation == COUNT:
                        count_block(
                            x, origins, taps, step.steps, kernel, limits, step.shift, out, places,
                            lanes,
                        )  # fmt: skip
                    else:
                        limit_code_block(
                            x, origins, taps, step.steps, kernel, limits, flip, out, places
                        )


@njit(cache=True)
def _limit(step, tables, source, target, arena):
    """Compare counts with limits, for layers whose counts are summed from several sources."""
    counts = arena.view(np.int32)[source // 4 :]
    bits = arena.view(np.uint8)[target:]
    for block in range(step.blocks):
        out = tables[step.outs + block]
        limits = tables[step.limits + block * OUTPUTS : step.limits + (block + 1) * OUTPUTS]
        flip = tables[step.inverted + block]
        for pixel in range(step.fields):
            row = counts[pixel * step.channels + block * OUTPUTS :]
            byte = flip
            for bit in range(OUTPUTS):
                byte ^= np.int64(row[bit] <= limits[bit]) << bit
            bits[tables[step.places + pixel] + out] = byte


@njit(cache=True)
def _pool(step, source, target, arena):
    """OR over square windows."""
    size = step.share
    for word in range(step.channels):
        plane = source + word * step.source_plane + step.source_first
        out = target + word * step.target_plane + step.target_first
        for y in range(step.height):
            row = arena[out + y * step.target_line : out + y * step.target_line + step.width]
            row[:] = 0
            for dy in range(size):
                start = plane + (y * size + dy) * step.source_line
                line = arena[start : start + size * step.width]
                for x in range(step.width):
                    for dx in range(size):
                        row[x] |= line[x * size + dx]


@njit(cache=True)
def _shuffle(step, weights, source, target, arena):
    """Permute channels: look up where each four bits of a word go, and OR the results."""
    words = (step.channels + 63) // 64
    table = weights[step.weights : step.weights + words * words * 256]
    for y in range(step.height):
        for x in range(step.width):
            pixel = source + step.source_first + y * step.source_line + x
            out = target + step.target_first + y * step.target_line + x
            for word in range(words):
                moved = np.uint64(0)
                for old in range(words):
                    bits = arena[pixel + old * step.source_plane]
                    first = np.uint64((word * words + old) * 256)
                    for quad in range(16):
                        four = (bits >> np.uint64(4 * quad)) & np.uint64(15)
                        moved |= table[first + np.uint64(16 * quad) + four]
                arena[out + word * step.target_plane] = moved


@njit(cache=True)
def _join(step, source, target, arena):
    """Write channels behind ``shift`` others in a word; later bits of that word become 0."""
    shift = np.uint64(step.shift)
    kept = (np.uint64(1) << shift) - np.uint64(1)
    for word in range((step.channels + 63) // 64):
        straddles = step.shift + min(step.channels - 64 * word, 64) > 64
        for y in range(step.height):
            start = source + word * step.source_plane + step.source_first + y * step.source_line
            out = target + word * step.target_plane + step.target_first + y * step.target_line
            row = arena[out : out + step.width]
            for x in range(step.width):
                row[x] = (row[x] & kept) | (arena[start + x] << shift)
            if straddles:
                rest = np.uint64(64) - shift
                row = arena[out + step.target_plane : out + step.target_plane + step.width]
                for x in range(step.width):
                    row[x] = arena[start + x] >> rest


@njit(cache=True)
def _vote(step, source, target, arena):
    """Count the bits of -1 among the channels of each class."""
    counts = arena.view(np.int32)[target // 4 :]
    share = step.channels // step.share
    for k in range(step.share):
        first, last = k * share, (k + 1) * share
        against = step.height * step.width * share
        for word in range(first >> 6, (last + 63) >> 6):
            low, high = max(first - 64 * word, 0), min(last - 64 * word, 64)
            mask = (~np.uint64(0) >> np.uint64(64 - (high - low))) << np.uint64(low)
            plane = source + word * step.source_plane + step.source_first
            for y in range(step.height):
                start = plane + y * step.source_line
                for bits in arena[start : start + step.width]:
                    against -= count_ones(bits & mask)
        counts[k] = against


@njit(cache=True)
def take(view, images, number, image, arena):
    """Copy one image of the batch into the arena, as word planes with a ring or as codes.

    Parameters
    ----------
    view : record of INPUT
        Layout of the input.
    images : uint8 [:]
        The batch as bytes.
    number : int
        Position of the image in the batch.
    image : int
        Position of the image in the worker's block.
    arena : uint64 [words]
        Output: the worker's own memory.
    """
    target = view.target + image * view.target_step
    pixels = view.height * view.width
    if view.kind == WORDS and not view.as_codes:
        batch = images.view(np.uint64)
        # As locals: LLVM must assume that stores into the arena change the record.
        width, words = view.width, view.words
        step = np.uint64(words)  # unsigned positions are not checked for being negative
        for plane in range(view.planes):
            start = (number * view.planes + plane) * pixels
            for word in range(words):
                out = target // 8 + (plane * words + word) * view.plane + view.first
                for y in range(view.height):
                    row = arena[out + y * view.line : out + y * view.line + width]
                    position = np.uint64((start + y * width) * words + word)
                    for x in range(width):
                        row[x] = batch[position]
                        position += step
    elif view.kind == FIELDS:
        _take_fields(view, images.view(np.uint32), number, target // 8, arena)
    else:
        codes = arena.view(np.uint16)[target // 2 :]
        largest = np.uint16((1 << view.planes) - 1)
        for c in range(view.channels):
            for y in range(view.height):
                start = c * view.plane + view.first + y * view.line
                row = codes[start : start + view.width]
                if view.kind == CODES:
                    batch16 = images.view(np.uint16)
                    start = (number * pixels + y * view.width) * view.channels + c
                    for x in range(view.width):
                        row[x] = batch16[start + x * view.channels] & largest
                else:
                    _join_planes(view, images.view(np.uint64), number, c, y, row)


@njit(cache=True)
def _take_fields(view, fields, number, target, arena):
    """Bit m of the field of color c becomes channel ``c * field_width + m``."""
    width = view.field_width
    mask = (np.uint64(1) << np.uint64(width)) - np.uint64(1)
    for y in range(view.height):
        out = target + view.first + y * view.line
        for word in range(view.words):
            arena[out + word * view.plane : out + word * view.plane + view.width] = 0
        start = (number * view.height + y) * view.width * view.colors
        for color in range(view.colors):
            word, shift = color * width >> 6, np.uint64(color * width & 63)
            row = arena[out + word * view.plane : out + word * view.plane + view.width]
            for x in range(view.width):
                field = np.uint64(fields[start + x * view.colors + color]) & mask
                row[x] |= field << shift
            if int(shift) + width > 64:  # the field straddles two words
                rest = np.uint64(64) - shift
                row = arena[out + (word + 1) * view.plane :]
                for x in range(view.width):
                    field = np.uint64(fields[start + x * view.colors + color]) & mask
                    row[x] |= field >> rest


@njit(cache=True)
def _join_planes(view, batch, number, channel, y, row):
    """Codes of one channel in one row from packed planes."""
    word, shift = channel >> 6, np.uint64(channel & 63)
    row[:] = 0
    for k in range(view.planes):
        start = ((number * view.planes + k) * view.height + y) * view.width
        for x in range(view.width):
            bit = (batch[(start + x) * view.words + word] >> shift) & np.uint64(1)
            row[x] |= np.uint16(bit << np.uint64(k))
