"""Headerless RAW: samples row by row, in a layout that the user declares."""

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
    """Layout of a file without a header; each sample takes one or two whole bytes.

    Raises
    ------
    ValidationError
        If a sample has more bits than its bytes hold, or the black and white levels do not fit.
    """

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
        """White level, stated or by default the largest number.

        Returns
        -------
        int
            White level, DN.
        """
        return 2**self.bits - 1 if self.white is None else self.white

    @model_validator(mode="after")
    def _levels_fit(self) -> Self:
        if self.bits > 8 * self.sample_bytes:
            raise ValueError(
                f"bits {self.bits} with sample_bytes {self.sample_bytes}: expected at most "
                f"{8 * self.sample_bytes}"
            )
        if not self.black < self.white_dn <= 2**self.bits - 1:
            raise ValueError(
                f"black {self.black} and white {self.white_dn}: expected "
                f"black < white <= {2**self.bits - 1}"
            )
        return self


def layout_beside(path: Path) -> Path:
    """Path of the TOML file that holds the layout of a headerless file.

    Parameters
    ----------
    path : Path
        Headerless file.

    Returns
    -------
    Path
        Same name with the suffix ``.toml``; it need not exist.
    """
    return path.with_suffix(".toml")


def read_headerless(path: Path, declared: Mapping[str, Any]) -> Frame:
    """Read samples of a declared layout.

    Parameters
    ----------
    path : Path
        Headerless file.
    declared : mapping
        Fields of `HeaderlessLayout`.

    Returns
    -------
    Frame
        Light of shape [height, width, 1]; samples below black become 0 and are counted.

    Raises
    ------
    InputError
        If the layout is invalid, the file has another size, or a sample exceeds the declared bits.
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
