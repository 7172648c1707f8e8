"""Model data other than layers, stored in a graph's metadata."""

from typing import Any, Literal

import onnx
from pydantic import Field, ValidationError

from sensorsim.bnn.model import Input, Model, Training
from sensorsim.bnn.shapes import MAX_FRACTION_BITS
from sensorsim.core.description import Description
from sensorsim.core.errors import InputError
from sensorsim.readout import AnyReadout, uses_readouts

KEY = "sensorsim"
CONVENTIONS = {
    "input": "float32 NCHW, 2 * code - (2**planes - 1); of single bits: +1 and -1",
    "padding": "-(2**planes - 1) before the first layer, then -1",
    "ties": ">= gives +1",
    "output": "int64, in units of 2**-fraction_bits; the first of the largest decides",
}


@uses_readouts
class Record(Description):
    """The entry ``sensorsim`` of ``metadata_props``, as JSON."""

    version: Literal[1] = 1
    conventions: dict[str, str]
    input: Input
    readout: AnyReadout
    class_names: tuple[str, ...]
    fraction_bits: int = Field(
        ge=0, le=MAX_FRACTION_BITS, description="Fraction bits of the scores."
    )
    training: Training


def record_of(model: Model) -> Record:
    """Make the record of a model.

    Parameters
    ----------
    model : Model
        Model to export.

    Returns
    -------
    Record
        Everything but the layers.
    """
    end: Any = model.layers[-1]
    return Record(
        conventions=CONVENTIONS | {"channels": model.readout.channel_words()},
        input=model.input,
        readout=model.readout,
        class_names=model.class_names,
        fraction_bits=end.fraction_bits,
        training=model.training,
    )


def write_record(graph: onnx.ModelProto, record: Record) -> None:
    """Add a record to a graph's ``metadata_props``.

    Parameters
    ----------
    graph : onnx.ModelProto
        Graph to change.
    record : Record
        Record to add.
    """
    graph.metadata_props.add(key=KEY, value=record.model_dump_json())


def read_record(graph: onnx.ModelProto) -> Record | None:
    """Read the record of a graph.

    Parameters
    ----------
    graph : onnx.ModelProto
        Graph to read.

    Returns
    -------
    Record or None
        None if the graph has no record.

    Raises
    ------
    InputError
        If there is a record that is not valid.
    """
    for entry in graph.metadata_props:
        if entry.key == KEY:
            try:
                return Record.model_validate_json(entry.value)
            except ValidationError as error:
                first = error.errors()[0]
                field = ".".join(map(str, first["loc"]))
                raise InputError(
                    f"metadata_props[{KEY!r}]: {field}: {first['msg']}; export the model again, "
                    "or remove the entry and state readout and classes"
                ) from None
    return None
