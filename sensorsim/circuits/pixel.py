"""The pixel array: reset, source follower and column."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensorsim.circuits.constant import Constant, Estimate, measured
from sensorsim.circuits.ledger import Row
from sensorsim.core.description import Description
from sensorsim.sensor import Photodiode

if TYPE_CHECKING:
    from sensorsim.circuits.technology import Process


class PixelConstants(Description):
    """Figures of a pixel and its column."""

    reset_ff: Constant
    supply_v: Constant
    follower_ua: Constant
    column_load_ff: Constant
    column_ff_per_um: Constant
    mean_signal: Constant


@dataclass(frozen=True)
class PixelArray:
    """What the parts of a readout must know of the pixels before them.

    Attributes
    ----------
    rows, columns, colors : int
    pitch_um : float
        Of a pixel, hence of a column's circuits.
    full_scale_v : float
        Largest swing of a pixel's output.
    reads : int
        Samples that the column takes of one pixel: 2 under correlated double sampling.
    temperature_k : float
    mean_signal : float or None
        Of a pixel, as a part of full scale, where it was measured; else the technology's figure is
        taken.
    mean_code : float or None
        Mean of the ADC's tone of it, as a part of all codes, where it was measured.
    """

    rows: int
    columns: int
    colors: int
    pitch_um: float
    full_scale_v: float
    reads: int
    temperature_k: float
    mean_signal: float | None = None
    mean_code: float | None = None

    @classmethod
    def of(cls, photodiode: Photodiode, shape: tuple[int, int, int]) -> "PixelArray":
        """The array of a photodiode and an image of (rows, columns, colors)."""
        return cls(
            *shape,
            photodiode.pixel_pitch_um,
            photodiode.full_scale_v,
            2 if photodiode.correlated_double_sampling else 1,
            photodiode.temperature_k,
        )

    def signal(self, process: "Process") -> Constant:
        """Mean signal as a part of full scale."""
        if self.mean_signal is None:
            return process.pixel.mean_signal
        source = "mean of the first test images behind the pixels"
        return measured("pixel.mean_signal", self.mean_signal, "1", source)

    @property
    def converters(self) -> int:
        """Column circuits that work on a row at once: one per column and color."""
        return self.columns * self.colors

    @property
    def samples(self) -> int:
        """Color samples of a frame."""
        return self.rows * self.converters


def _supply_v(process: "Process", array: PixelArray) -> Estimate:
    """The pixel's supply; the lowest are those of pixels that swing less than this one may."""
    return Estimate.over(lambda v: np.maximum(v, array.full_scale_v), process.pixel.supply_v)


def pixel_rows(process: "Process", array: PixelArray) -> list[Row]:
    """Reset, source follower and column of every sample.

    ``C V**2`` for the reset; bias current times supply for as long as each read settles; and
    ``C V dV`` for the column, whose wire grows with the number and the pitch of the rows.
    """
    p, supply_v = process.pixel, _supply_v(process, array)
    wire_um = array.rows * array.pitch_um
    reset = Estimate.over(lambda c, v: 1e-3 * c * v**2, p.reset_ff, supply_v)
    follower = Estimate.over(
        lambda i, v, t: i * v * t * array.reads,
        p.follower_ua, supply_v, process.timing.settling_us,
    )  # fmt: skip
    column = Estimate.over(
        lambda load, per_um, v, signal: (
            1e-3 * (load + per_um * wire_um) * v * signal * array.full_scale_v
        ),
        p.column_load_ff, p.column_ff_per_um, supply_v, array.signal(process),
    )  # fmt: skip
    return [
        Row("pixel", "reset", array.samples, reset),
        Row("pixel", "source follower bias", array.samples, follower),
        Row("pixel", "column load", array.samples, column),
    ]


def hold_row(process: "Process", array: PixelArray, conversion_us: Estimate) -> Row:
    """The follower while it holds the column for a readout that does not sample it.

    It is the readout that takes this time, so the row is the readout's.
    """
    price = Estimate.over(
        lambda i, v, t: i * v * t,
        process.pixel.follower_ua, _supply_v(process, array), conversion_us,
    )  # fmt: skip
    return Row("readout", "source follower that holds the column", array.samples, price)
