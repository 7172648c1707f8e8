"""The pixel array: reset, source follower and column."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from sensorsim.circuits.constant import Constant, Estimate, measured
from sensorsim.circuits.figures import Process
from sensorsim.circuits.ledger import Row

HOLD = "source follower that holds the column"
"""The readout's row that the pixel draws."""


@dataclass(frozen=True)
class PixelArray:
    """Properties of the pixel array that the price of a readout depends on.

    Attributes
    ----------
    rows, columns, colors : int
        Number of pixel rows, pixel columns, and samples of a pixel.
    pitch_um : float
        Of a pixel.
    full_scale_v : float
        Largest swing of a pixel's output.
    reads : int
        Samples that the column takes of one pixel: 2 under correlated double sampling.
    temperature_k : float
        Temperature of the chip, for kT/C noise.
    signals : float [S] or None
        Measured signals of pixels, as parts of full scale; the technology's mean signal is taken
        where there are none.
    circuit_pitch_um : float or None
        Pitch of a column's circuits, if it is not that of the pixels.
    """

    rows: int
    columns: int
    colors: int
    pitch_um: float
    full_scale_v: float
    reads: int
    temperature_k: float
    signals: npt.NDArray[np.floating[Any]] | None = field(default=None, compare=False)
    circuit_pitch_um: float | None = None

    @property
    def column_pitch_um(self) -> float:
        """Pitch of a column's circuits, which lines along a row pass.

        Returns
        -------
        float
            Pitch, um; that of the pixels unless another is stated.
        """
        return self.pitch_um if self.circuit_pitch_um is None else self.circuit_pitch_um

    def signal(self, process: Process) -> Constant:
        """Mean signal as a part of full scale.

        Parameters
        ----------
        process : Process
            Gives the figure where no signals were measured.

        Returns
        -------
        Constant
            Measured, or the technology's.
        """
        if self.signals is None:
            return process.pixel.mean_signal
        source = "mean of the first test images behind the pixels"
        return measured("pixel.mean_signal", float(self.signals.mean()), "1", source)

    @property
    def converters(self) -> int:
        """Column circuits that work on a row at once: one per column and color.

        Returns
        -------
        int
            Columns times colors.
        """
        return self.columns * self.colors

    @property
    def samples(self) -> int:
        """Color samples of a frame.

        Returns
        -------
        int
            Rows times column circuits.
        """
        return self.rows * self.converters


def _supply_v(process: Process, array: PixelArray) -> Estimate:
    """The pixel's supply; the lowest are those of pixels that swing less than this one may."""
    return Estimate.over(lambda v: np.maximum(v, array.full_scale_v), process.pixel.supply_v)


def pixel_rows(process: Process, array: PixelArray) -> list[Row]:
    """Reset, source follower and column of every sample.

    ``C V**2`` for the reset; bias current times supply for as long as each read settles; and
    ``C V dV`` for the column, whose wire grows with the number and the pitch of the rows.

    Parameters
    ----------
    process : Process
        Figures of the process.
    array : PixelArray
        Rows, columns, pitch and full scale of the pixel array.

    Returns
    -------
    list of Row
        Of stage "pixel".
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


def hold_row(process: Process, array: PixelArray, conversion_us: Estimate) -> Row:
    """Energy of the source follower during conversion, for readouts without a sample-and-hold.

    The readout determines this time, so the row is of stage "readout".

    Parameters
    ----------
    process : Process
        Figures of the process.
    array : PixelArray
        Rows, columns, pitch and full scale of the pixel array.
    conversion_us : Estimate
        Time from a settled column to the last decision of a row, us.

    Returns
    -------
    Row
        Of stage "readout".
    """
    price = Estimate.over(
        lambda i, v, t: i * v * t,
        process.pixel.follower_ua, _supply_v(process, array), conversion_us,
    )  # fmt: skip
    return Row("readout", HOLD, array.samples, price)
