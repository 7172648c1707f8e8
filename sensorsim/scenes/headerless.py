"""Headerless RAW: samples row by row, whose layout a designer declares."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from pydantic import Field, ValidationError, model_validator

from sensorsim.core.description import Description
from sensorsim.core.errors import InputError
from sensorsim.optics.cfa import Bayer
from sensorsim.scenes.frame import Frame


class HeaderlessLayout(Description):
    """What the file would say if it had a header; each sample has one or two whole bytes."""

    width: int = Field(gt=0, le=65536, description="Columns.")
    height: int = Field(gt=0, le=65536, description="Rows.")
    bits: int = Field(ge=1, le=16, description="Bits that a sample uses, from the lowest.")
    sample_bytes: Literal[1, 2] = Field(2, description="Bytes that a sample takes in the file.")
    byte_order: Literal["little", "big"] = Field("little", description="Order of those bytes.")
    black: int = Field(0, ge=0, le=65535, description="Black level, DN.")
    white: int | None = Field(
        None, ge=1, le=65535, description="White level, DN; the largest number if left out."
    )
    cfa: Literal["mono"] | Bayer = Field(description="Color filter: mono, bayer-rggb, ...")

    @property
    def white_dn(self) -> int:
        """White level, stated or not."""
        return 2**self.bits - 1 if self.white is None else self.white

    @model_validator(mode="after")
    def _levels_fit(self) -> Self:
        if self.bits > 8 * self.sample_bytes:
            raise ValueError(f"bits {self.bits}: more than {self.sample_bytes} byte(s) hold")
        if not self.black < self.white_dn <= 2**self.bits - 1:
            raise ValueError(
                f"black {self.black} and white {self.white_dn}: expected "
                f"black < white <= {2**self.bits - 1}"
            )
        return self


def layout_beside(path: Path) -> Path:
    """Where the layout of a headerless file is looked for: its name with the suffix .toml."""
    return path.with_suffix(".toml")


def read_headerless(path: Path, declared: Mapping[str, Any]) -> Frame:
    """Read samples of a declared layout.

    Parameters
    ----------
    declared : mapping
        Fields of `HeaderlessLayout`.

    Raises
    ------
    InputError
        If the layout is wrong, the file has another size, or a sample has more bits.
    """
    try:
        layout = HeaderlessLayout.model_validate(dict(declared))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "values"
        message = first["msg"].removeprefix("Value error, ")
        raise InputError(
            f"declared layout of {path}: {field}: {message}; expected the fields "
            f"{', '.join(HeaderlessLayout.model_fields)}"
        ) from None
    size, expected = path.stat().st_size, layout.height * layout.width * layout.sample_bytes
    if size != expected:
        raise InputError(
            f"{path}: {size} bytes, expected {expected} for {layout.width} x {layout.height} "
            f"samples of {layout.sample_bytes} byte(s); it is truncated, or the layout is another"
        )
    dtype = np.dtype(f"u{layout.sample_bytes}").newbyteorder(layout.byte_order)
    samples = np.fromfile(path, dtype).reshape(layout.height, layout.width, 1)
    if samples.max() > 2**layout.bits - 1:
        raise InputError(
            f"{path}: largest sample {samples.max()}, expected at most {2**layout.bits - 1} "
            f"({layout.bits} bits); declare more bits or the other byte order"
        )
    light = (samples.astype(np.float32) - layout.black) / (layout.white_dn - layout.black)
    metadata: dict[str, str | int | float] = {
        "format": "headerless RAW",
        **layout.model_dump(include={"bits", "sample_bytes", "byte_order"}),
        "black_level_dn": layout.black,
        "white_level_dn": layout.white_dn,
        "samples_below_black": int(np.count_nonzero(light < 0)),
    }
    return Frame(np.maximum(light, 0), layout.cfa, str(path), "the declared white level", metadata)
