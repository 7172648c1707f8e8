"""The log-gradient readout: ratios of neighboring samples in a few levels.

Young, Omid-Zohoor, Lajevardi, Murmann, "A Data-Compressive 1.5/2.75-bit Log-Gradient QVGA Image
Sensor With Multi-Scale Readout for Always-On Object Detection", IEEE JSSC 54 (2019) 2932.
"""

import math
from typing import Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from sensorsim.circuits.comparator import Comparator, column_offsets_v
from sensorsim.circuits.comparison import survey_row
from sensorsim.circuits.constant import Estimate
from sensorsim.circuits.figures import Process, Survey, TimingConstants
from sensorsim.circuits.ledger import Row
from sensorsim.circuits.pixel import PixelArray
from sensorsim.circuits.settings import EnergySettings
from sensorsim.core import pool, streams
from sensorsim.core.errors import InputError
from sensorsim.optics.cfa import Layout, bayer
from sensorsim.readout.log_gradient import price
from sensorsim.readout.log_gradient.families import families
from sensorsim.readout.log_gradient.kernel import compare_neighbors
from sensorsim.readout.log_gradient.ratios import mismatched_ratios
from sensorsim.readout.protocol import NUMBER_BITS, Family, Learnable, Readout
from sensorsim.readout.volts import bad_volts, samples_of

MAX_RATIOS = 16
DIRECTIONS = 2
"""Horizontal, vertical."""
LARGEST_RATIO = 16.0
_FLOOR = 1e-3
"""Part of full scale below which training takes no ratio: noise decides there."""


class LogGradient(Readout):
    """Two gradients per sample: against the neighbor on the left and against that above.

    A comparator asks for each of M ascending ratios r whether ``V >= r V_neighbor``. A capacitive
    divider scales the larger side down: ``V`` is compared with ``r V_neighbor`` where r <= 1, and
    ``V / r`` with ``V_neighbor`` where r > 1. A gradient's code is the count of ratios reached,
    0 to M: M = 2 is the published 1.5-bit code of 3 levels, M = 6 the 2.75-bit code of 7.

    Volts count from black, so that exposure cancels: what does not cancel is noise, offset, and a
    black level that is off. The sample above comes from an analog row buffer, with its noise. The
    first column and the first row are their own neighbors: their ratio is 1, without noise.

    The network reads the count as a thermometer: bit m of the horizontal gradient says that ratio m
    was reached, bit M + m the same of the vertical one; color c gives channels ``2 M c`` and up.
    """

    kind: Literal["log-gradient"] = "log-gradient"
    ratios: tuple[float, ...] = Field(
        description="Ratios of a sample to its neighbor, ascending, 1/16 to 16.",
        min_length=1,
        max_length=MAX_RATIOS,
    )
    ratio_mismatch_percent: float = Field(
        0.5, ge=0, le=50,
        description="Error of each ratio in each column, percent rms over columns: mismatch of the "
        "divider's capacitors.",
    )  # fmt: skip
    buffer_noise_mv: float = Field(
        0.3, ge=0, le=100,
        description="Noise of the analog row buffer, mV rms; sqrt(kT/C) of 50 fF is 0.29.",
    )  # fmt: skip
    comparator: Comparator = Field(Comparator(), description="Errors of each column's comparator.")

    level_fields: ClassVar = ("ratios",)
    code_words: ClassVar = (
        "bit m: ratio m of the horizontal gradient was reached, bit M + m: of the vertical one"
    )

    @model_validator(mode="after")
    def _ratios_ascend(self) -> Self:
        r = np.asarray(self.ratios)
        if not (np.isfinite(r).all() and 1 / LARGEST_RATIO <= r.min() <= r.max() <= LARGEST_RATIO):
            raise ValueError(f"ratios {list(self.ratios)}: expected values from 1/16 to 16")
        if (np.diff(r) <= 0).any():
            raise ValueError(
                f"ratios {list(self.ratios)}: expected strictly ascending values; sort them"
            )
        return self

    @classmethod
    def families(cls) -> tuple[Family, ...]:
        """List the ways to choose the ratios: fixed and learned."""
        return families(cls)

    @property
    def levels(self) -> int:
        """Number of ratios M."""
        return len(self.ratios)

    @property
    def bits_per_sample(self) -> int:
        """Bits that the network reads of one color sample: M for each direction."""
        return DIRECTIONS * self.levels

    @property
    def link_bits_per_sample(self) -> int:
        """Bits that cross the link for one color sample: the count of each direction."""
        return DIRECTIONS * self.levels.bit_length()

    @property
    def stored_bits(self) -> int:
        """Each ratio at `NUMBER_BITS`, shared by both directions and all colors."""
        return NUMBER_BITS * self.levels

    def words(self, learned: bool = False) -> str:
        """Describe the readout in a few words, for reports."""
        what = "learned ratio" if learned else "ratio"
        return f"log-gradient of {self.levels} {what}{'s' if self.levels > 1 else ''}"

    def level_words(self) -> str:
        """Describe the ratios in a sentence, for reports."""
        return f"Ratios of neighboring samples: {', '.join(f'{r:#.4g}' for r in self.ratios)}."

    def channel_words(self) -> str:
        """State the channel of each bit: the ratios of a direction are neighbors."""
        return (
            f"color * {self.bits_per_sample} + direction * {self.levels} + ratio; direction 0 is "
            "horizontal, 1 vertical"
        )

    def check_layout(self, layout: Layout) -> None:
        """Raise behind a Bayer filter, where neighbors are of different colors.

        Parameters
        ----------
        layout : str
            Color filters of the array.

        Raises
        ------
        InputError
            If the layout is a Bayer mosaic.
        """
        if bayer(layout) is not None:
            raise InputError(
                f"scene.layout {layout!r} with readout.kind {self.kind!r}: neighboring samples of "
                "a mosaic are of different colors and have no gradient; expected 'mono', 'rgb' or "
                "'scene'"
            )

    def convert(
        self, volts: npt.NDArray[np.float32], full_scale_v: float, key: streams.Key
    ) -> npt.NDArray[np.uint32]:
        """Gradients of a batch of images.

        Parameters
        ----------
        volts : float32 [N, H, W, C], V
            Above black.
        full_scale_v : float
            Not used by ratios; checked as in every readout.
        key : Key
            Address of the noise of N frames.

        Returns
        -------
        uint32 [N, H, W, C]
            Bit m: ratio m of the horizontal gradient was reached; bit M + m: of the vertical one.

        Raises
        ------
        InputError
            If volts or full scale are not finite, full scale is not positive, or the key is of
            another number of images.
        """
        samples = samples_of(volts, full_scale_v, key)
        n, h, w, c = volts.shape
        seen, rows = key.distinct_dies()
        offsets = column_offsets_v(self.comparator, w * c, 1, seen, key.seed)[:, :, 0]
        ratios = mismatched_ratios(self.ratios, self.ratio_mismatch_percent, w * c, seen, key.seed)
        noise_v, buffer_v = 1e-3 * self.comparator.noise_mv, 1e-3 * self.buffer_noise_mv
        stream = key.temporal(streams.READOUT_NOISE)
        out = np.empty((n, h * w * c), np.uint32)

        def work(claimed: pool.Counter) -> bool:
            return compare_neighbors(
                samples, ratios, offsets, rows, key.frames, noise_v, buffer_v, c, key.seed, stream,
                claimed, out,
            )  # fmt: skip

        if not all(pool.share(work, n)):
            raise bad_volts()
        return out.reshape(volts.shape)

    def shown(self, codes: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Convert codes to a gray image: the share of bits that are 1, gray without a gradient.

        Parameters
        ----------
        codes : uint32 [N, H, W, C]
            As `convert` gives them.

        Returns
        -------
        float64 [N, H, W, C]
            0 to 1.
        """
        return np.bitwise_count(codes) / self.bits_per_sample

    def bit_words(self, full_scale_v: float) -> tuple[str, ...]:
        """Describe each bit of a code by its direction and ratio."""
        return tuple(
            f"{way} ratio {ratio:.3g}"
            for way in ("horizontal", "vertical")
            for ratio in self.ratios
        )

    def learnable(self) -> Learnable:
        """Levels that training can learn: logarithms of the ratios, compared with log gradients."""
        end = math.log(LARGEST_RATIO)
        return Learnable(np.log(self.ratios), (-end, end), log_ratios)

    def with_levels(self, levels: npt.NDArray[np.float64]) -> Self:
        """Copy the readout with other ratios, stated by their natural logarithms."""
        ratios = tuple(math.exp(level) for level in levels)
        return type(self).model_validate(self.model_dump() | {"ratios": ratios})

    def conversion_us(self, timing: TimingConstants) -> Estimate:
        """Time of a conversion, us: M decisions in each direction, one after another."""
        return price.conversion_us(timing, self.bits_per_sample)

    def rows(
        self,
        settings: EnergySettings,
        technology: Survey | Process,
        array: PixelArray,
        enob: float | None = None,
    ) -> list[Row]:
        """Energy of a frame, pJ: by parts, or each comparison at the price of published flashes."""
        decisions = self.bits_per_sample
        if not isinstance(technology, Process):
            return [survey_row(technology.survey.comparator, array.samples * decisions)]
        return price.gradient_rows(
            technology, array, self.comparator, self.levels, DIRECTIONS, self.buffer_noise_mv,
            settings.comparator,
        )  # fmt: skip

    def beyond_the_survey(
        self, settings: EnergySettings, technology: Survey | Process, enob: float | None
    ) -> list[str]:
        """State that published flashes have neither dividers nor a row buffer."""
        if isinstance(technology, Process):
            return []
        return [
            "comparisons of neighbors are priced as those of published flashes, whose ladder they "
            "do not have; dividers and row buffer are not priced (a process prices them)"
        ]


def log_ratios(volts: npt.NDArray[np.float32], full_scale_v: float) -> npt.NDArray[np.float32]:
    """Logarithm of each sample's ratio to its neighbors, the feature that ratios are learned by.

    Parameters
    ----------
    volts : float32 [N, H, W, C], V
        Samples of N images.
    full_scale_v : float
        Volts below a thousandth of it count as that much: noise decides there.

    Returns
    -------
    float32 [N, H, W, C, 2]
        Natural logarithms against the neighbor on the left and against that above; 0 in the first
        column and row.
    """
    logs = np.log(np.maximum(volts / np.float32(full_scale_v), np.float32(_FLOOR)))
    feature = np.zeros((*volts.shape, DIRECTIONS), np.float32)
    feature[:, :, 1:, :, 0] = logs[:, :, 1:] - logs[:, :, :-1]
    feature[:, 1:, :, :, 1] = logs[:, 1:] - logs[:, :-1]
    return feature
