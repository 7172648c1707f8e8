"""Describe a model's layers, and compute every integer and bit of one image."""

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
from sensorsim.readout.families import families

_SPACE = ("row", "column", "channel")


def describe(model: Model) -> dict[str, Any]:
    """Describe a model as data that can be written as JSON.

    Parameters
    ----------
    model : Model
        Model to describe.

    Returns
    -------
    dict
        ``input``, ``readout``, ``readout_words`` (a description of kind and levels),
        ``class_names`` and ``training``; ``layers``, one dict per layer in
        order of computation; ``totals`` of bits and operations; ``stored_bits``, the stored bits
        by purpose (`sensorsim.bnn.size.Stored`).

    Examples
    --------
    >>> from sensorsim.bnn.model_file import find_model, load_model
    >>> model = load_model(find_model("fashion-mnist/adc-linear-8"))
    >>> describe(model)["totals"]["weight_bits"] == model.weight_bits
    True
    """
    family = families().get(model.training.family)
    words = model.readout.words(family is not None and family.learned)
    return {
        "input": model.input.model_dump(),
        "readout_words": f"{words}. {model.readout.level_words()}",
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
                [s.after.bits for s in model.steps if s.after.max_accumulator == 0], default=0
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
    """Compute every layer's integers and bits for one image.

    Parameters
    ----------
    model : Model
        Network to run.
    words : uint64 [1, planes, H, W, ceil(channels / 64)]
        Packed input bits of the image.
    faults : Faults, optional
        Faults to apply; none by default.
    die : int
        Die number that selects the drawn faults.
    seed : int
        Seed of the drawn faults.
    frame : int
        Frame number that selects the drawn faults.

    Returns
    -------
    DataTree
        A group for the ``input``, as the first layer reads it, and one for the place of every
        layer. Variables over row, column and channel: ``bit`` (uint8), ``accumulator`` (int32). Of
        the last layer, over class: ``score`` (float64) and ``integer_score`` (int64, in units of
        ``2**-fraction_bits``).

    Raises
    ------
    InputError
        If the bits do not fit the model or there is not exactly one image.
    """
    model.check_words(words)
    if len(words) != 1:
        raise InputError(f"bits of {len(words)} images, expected one image")
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
                    "long_name": "class score in fixed point",
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
        row["max_accumulator"] = after.max_accumulator
        row["accumulator_bits"] = after.max_accumulator.bit_length() + 1
    if isinstance(layer, Threshold):
        row["threshold"] = _threshold(layer, before.max_accumulator)
    if isinstance(layer, Scores | Votes):
        unit = 2.0**-layer.fraction_bits
        row["scale"] = [float(v) * unit for v in layer.scale]
        row["bias"] = [float(v) * unit for v in layer.bias]
    return row


def _threshold(layer: Threshold, max_accumulator: int) -> dict[str, Any]:
    """Summarize the levels of the channels whose bit depends on the accumulator."""
    rising, levels = layer.rising, layer.levels
    one = np.where(rising, levels <= -max_accumulator, levels >= max_accumulator)
    zero = np.where(rising, levels > max_accumulator, levels < -max_accumulator)
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
