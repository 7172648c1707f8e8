"""A look into a model: what its layers are, and every integer and bit of one image."""

from typing import Any

import numpy as np
import xarray as xr

from sensorsim.bnn import faulty
from sensorsim.bnn.faults import INPUT, Faults
from sensorsim.bnn.layers import Scores, Sum, Threshold, Votes, Weighted
from sensorsim.bnn.model import Model
from sensorsim.bnn.shapes import Step, products
from sensorsim.bnn.size import of_layer, stored
from sensorsim.core.bits import WordArray, unpack
from sensorsim.core.errors import InputError

_SPACE = ("row", "column", "channel")


def describe(model: Model) -> dict[str, Any]:
    """All that a model says of itself, as JSON can hold it.

    Returns
    -------
    dict
        ``input``, ``readout``, ``class_names``, ``training``; ``layers``, a dict for each in the
        order of computation; ``totals`` of bits and operations; ``stored_bits``, their total by
        what they are (`sensorsim.bnn.size.Stored`).
    """
    return {
        "input": model.input.model_dump(),
        "readout": model.readout.model_dump(mode="json"),
        "class_names": list(model.class_names),
        "training": model.training.model_dump(),
        "layers": [_layer(s) for s in model.steps],
        "totals": {
            "weight_bits": model.weight_bits,
            "stored_bits": model.stored_bits,
            "binary_operations": model.binary_operations,
            "threshold_channels": sum(
                s.after.channels for s in model.steps if isinstance(s.layer, Threshold)
            ),
            "largest_activation_bits": max(
                [s.after.bits for s in model.steps if s.after.reach == 0], default=0
            ),
            "largest_activation_memory_bits": model.largest_activation_memory_bits,
        },
        "stored_bits": stored(model.steps, model.readout)._asdict(),
    }


def layers_of(
    model: Model,
    words: WordArray,
    faults: Faults | None = None,
    die: int = 0,
    seed: int = 0,
    frame: int = 0,
) -> xr.DataTree:
    """Every layer's integers and bits of one image.

    Parameters
    ----------
    words : uint64 [1, planes, H, W, ceil(channels / 64)]
    faults : Faults, optional
        With die, seed and frame as their addresses; none if left out.

    Returns
    -------
    DataTree
        A group for the ``input``, as the first layer read it, and for every layer's place: ``bit``
        (uint8), ``accumulator`` (int32), and of the last layer ``score`` and ``integer_score``
        (int64, in units of ``2**-fraction_bits``), each over row, column and channel or class.

    Raises
    ------
    InputError
        If the bits do not fit the model or are not those of one image.
    """
    model.check_words(words)
    if len(words) != 1:
        raise InputError(f"bits of {len(words)} images, expected those of one")
    groups: dict[str, xr.Dataset] = {}
    for seen in faulty.observe(model, faults or Faults(), words, die, seed, [frame]):
        if not groups:
            assert seen.inputs is not None
            groups[INPUT] = _input(seen.inputs[0], model.input.channels)
        data: dict[str, Any] = {}
        if seen.sums is not None:
            data["accumulator"] = (
                _SPACE,
                seen.sums[0].astype(np.int32),
                {"units": "1", "long_name": "sum of bipolar products"},
            )
        if seen.words is not None:
            data["bit"] = (
                _SPACE,
                unpack(seen.words[0], seen.step.after.channels),
                {"units": "1", "long_name": "1 for +1, 0 for -1"},
            )
        if isinstance(seen.step.layer, Scores | Votes):
            assert seen.accumulators is not None
            data["score"] = (
                "class_name",
                seen.accumulators[0, 0, 0] * 2.0**-seen.step.layer.fraction_bits,
                {"units": "1", "long_name": "class score"},
            )
            data["integer_score"] = (
                "class_name",
                seen.accumulators[0, 0, 0],
                {
                    "units": f"2**-{seen.step.layer.fraction_bits}",
                    "long_name": "class score as hardware has it",
                },
            )
        group = xr.Dataset(data, attrs={"kind": seen.step.layer.kind})
        if "score" in data:
            group = group.assign_coords(class_name=list(model.class_names))
        groups[seen.step.place] = group
    return xr.DataTree.from_dict(groups)


def _input(planes: WordArray, channels: int) -> xr.Dataset:
    bits = (
        ("plane", *_SPACE),
        unpack(planes, channels),
        {"units": "1", "long_name": "bit of weight 2**plane, 1 for +1, 0 for -1"},
    )
    return xr.Dataset({"bit": bits}, attrs={"kind": INPUT})


def _layer(step: Step) -> dict[str, Any]:
    layer, before, after = step.layer, step.before, step.after
    row: dict[str, Any] = {
        "place": step.place,
        "kind": layer.kind,
        "before": [before.height, before.width, before.channels],
        "planes": before.planes,
        "after": [after.height, after.width, after.channels],
        "settings": {k: v for k, v in vars(layer).items() if type(v) is int},
        "binary_operations": 2 * products(step),
        "stored_bits": of_layer(step).total,
    }
    if isinstance(layer, Weighted):
        row["weight_bits"] = layer.weight_bits
        row["fan_in"] = layer.fan_in
        ones = int(np.bitwise_count(layer.weights).sum())
        row["weight_ones_fraction"] = ones / layer.weight_bits
    if isinstance(layer, Weighted | Sum | Votes):
        row["accumulator_reach"] = after.reach
        row["accumulator_bits"] = after.reach.bit_length() + 1
    if isinstance(layer, Threshold):
        row["threshold"] = _threshold(layer, before.reach)
    if isinstance(layer, Scores | Votes):
        unit = 2.0**-layer.fraction_bits
        row["scale"] = [float(v) * unit for v in layer.scale]
        row["bias"] = [float(v) * unit for v in layer.bias]
    return row


def _threshold(layer: Threshold, reach: int) -> dict[str, Any]:
    """Levels of the channels that an accumulator within reach can switch."""
    rising, levels = layer.rising, layer.levels
    one = np.where(rising, levels <= -reach, levels >= reach)
    zero = np.where(rising, levels > reach, levels < -reach)
    free = levels[~(one | zero)]
    return {
        "channels": levels.size,
        "falling": int((~rising).sum()),
        "constant_one": int(one.sum()),
        "constant_zero": int(zero.sum()),
        "minimum": int(free.min()) if free.size else None,
        "median": float(np.median(free)) if free.size else None,
        "maximum": int(free.max()) if free.size else None,
    }
