"""The conventional readout: one b-bit conversion per pixel."""

from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from sensorsim.circuits.comparator_errors import Comparator, bad_volts, column_offsets_v, samples_of
from sensorsim.core import streams
from sensorsim.core.bits import WordArray, code_planes
from sensorsim.core.description import Description
from sensorsim.core.errors import InputError
from sensorsim.readout.adc.architecture import Architecture, Columns, SingleSlope
from sensorsim.readout.adc.kernel import quantize
from sensorsim.readout.level_tables import ended, guesses
from sensorsim.tonemap import Linear, ToneCurve, lookup_table, transition_levels

_MOST_LEVELS = 2**27
"""1 GiB of them."""


class Adc(Description):
    """A column-parallel ADC: linear, companded by a nonlinear ramp, or followed by a table.

    Gain and offset are those of IEEE Std 1241: the code is that of ``gain * volts + offset``.

    The BNN reads its code as ``bits`` planes weighted ``2**k`` under shared binary weights, which
    equals a first layer over the integers ``2 * code - (2**bits - 1)``.
    """

    kind: Literal["adc"] = "adc"
    bits: int = Field(8, ge=1, le=14, description="Resolution, bits.")
    tone_curve: ToneCurve = Field(
        Linear(), description="Tone curve; tone_domain says where it acts."
    )
    tone_domain: Literal["analog", "digital"] = Field(
        "analog", description="analog: the curve bends the ramp; digital: it is a table of codes."
    )
    conversion_bits: int | None = Field(
        None, ge=1, le=14,
        description="Resolution of the linear conversion in front of a digital curve, bits.",
    )  # fmt: skip
    architecture: Architecture = Field(
        SingleSlope(), description="How the code is found, and the errors of its parts."
    )
    gain_error_percent: float = Field(
        0.0, ge=-50, le=50, description="Error of the gain of all columns, percent."
    )
    offset_mv: float = Field(
        0.0, ge=-1000, le=1000, description="Offset of all columns, mV; positive raises codes."
    )
    column_gain_percent: float = Field(
        0.0, ge=0, le=10, description="Spread of the gain over columns, percent rms."
    )
    comparator: Comparator = Field(Comparator(), description="Errors at the converter's input.")

    @model_validator(mode="after")
    def _only_a_ramp_bends(self) -> Self:
        if not (
            isinstance(self.architecture, SingleSlope)
            or isinstance(self.tone_curve, Linear)
            or self.tone_domain == "digital"
        ):
            raise ValueError(
                f"tone_curve.kind {self.tone_curve.kind!r} with architecture.kind "
                f"{self.architecture.kind!r}: expected 'linear', since only a single-slope "
                "converter has a ramp to bend; use architecture.kind 'single-slope' or "
                "tone_domain 'digital'"
            )
        return self

    @model_validator(mode="after")
    def _a_table_has_codes_to_read(self) -> Self:
        if (self.conversion_bits is not None) != (self.tone_domain == "digital"):
            raise ValueError(
                f"tone_domain {self.tone_domain!r} with conversion_bits {self.conversion_bits}: "
                "expected conversion_bits beside 'digital', and only there"
            )
        if self.conversion_bits is not None and self.conversion_bits < self.bits:
            raise ValueError(
                f"conversion_bits {self.conversion_bits}: expected at least bits {self.bits}; "
                "a table adds no resolution"
            )
        return self

    @property
    def converter(self) -> "Adc":
        """The conversion itself: this ADC, or the linear one in front of its digital curve."""
        if self.conversion_bits is None:
            return self
        return self.model_copy(
            update={
                "bits": self.conversion_bits, "tone_curve": Linear(), "tone_domain": "analog",
                "conversion_bits": None,
            }
        )  # fmt: skip

    def code_table(self) -> npt.NDArray[np.uint16] | None:
        """Code for each code of the conversion, uint16 [2**conversion_bits]; None if analog."""
        if self.conversion_bits is None:
            return None
        return lookup_table(self.tone_curve, self.conversion_bits, self.bits)

    @property
    def varies_over_columns(self) -> bool:
        """Whether transition levels differ between the columns of a die."""
        return self.column_gain_percent > 0 or self.architecture.varies_over_columns

    @property
    def levels(self) -> int:
        """Number of transitions between codes."""
        return 2**self.bits - 1

    @property
    def bits_per_sample(self) -> int:
        """Bits that one color sample makes."""
        return self.bits

    @property
    def link_bits_per_sample(self) -> int:
        """Bits that cross the link for one color sample."""
        return self.bits

    @property
    def planes(self) -> int:
        """Weighted bit planes that the first layer reads."""
        return self.bits

    def channels(self, colors: int) -> int:
        """Channels of each plane."""
        return colors

    def transitions(self) -> npt.NDArray[np.float64]:
        """Nominal transition levels, without errors, as parts of full scale, ascending.

        Codes that a digital curve never gives share the level of the next one that comes, or 1.
        """
        table = self.code_table()
        if table is None:
            return transition_levels(self.tone_curve, self.levels)
        return np.searchsorted(table, np.arange(1, self.levels + 1)) / table.size

    def convert(
        self, volts: npt.NDArray[np.float32], full_scale_v: float, key: streams.Key
    ) -> npt.NDArray[np.uint16]:
        """Codes of a batch of images.

        Parameters
        ----------
        volts : float32 [N, H, W, C]
        full_scale_v : float
            Volts at which an ideal converter's code range ends.

        Returns
        -------
        uint16 [N, H, W, C]

        Raises
        ------
        InputError
            If volts or full scale are not finite, full scale is not positive, the key is of another
            number of images, or the levels of that many columns would not fit into memory.
        """
        table = self.code_table()
        if table is not None:
            return table[self.converter.convert(volts, full_scale_v, key)]
        samples = samples_of(volts, full_scale_v, key)
        n, h, w, c = volts.shape
        seen, rows = key.distinct_dies()
        levels = transition_levels_v(self, full_scale_v, w * c, seen, key.seed)
        offsets = column_offsets_v(self.comparator, w * c, 1, seen, key.seed)[:, :, 0]
        out = np.empty((n, h * w * c), np.uint16)
        finite = quantize(
            samples, ended(levels), *guesses(levels), offsets.astype(np.float32), rows, key.frames,
            np.float32(self.comparator.noise_mv * 1e-3), key.seed,
            key.temporal(streams.READOUT_NOISE), out,
        )  # fmt: skip
        if not finite:
            raise bad_volts()
        return out.reshape(volts.shape)

    def digital_numbers(self, codes: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        """Codes as numbers, 0 to ``levels``."""
        return codes.astype(np.int64)

    def pack(self, codes: npt.NDArray[Any]) -> WordArray:
        """Packed planes that the BNN reads: uint64 [N, planes, H, W, words]."""
        return code_planes(codes, self.bits)


def transition_levels_v(
    adc: Adc, full_scale_v: float, columns: int, dies: npt.ArrayLike, seed: int
) -> npt.NDArray[np.float64]:
    """Transition levels of every column of some dies, all static errors included.

    Those of the conversion, if a digital curve follows.

    Parameters
    ----------
    full_scale_v : float
        Volts at which an ideal converter's code range ends.
    columns : int
        Converters of a die: image columns times colors.
    dies : int [D]

    Returns
    -------
    float64 [D, K, L], volts
        Ascending; equal neighbors are missing codes. K is 1 if the columns are alike, else
        ``columns``.

    Raises
    ------
    InputError
        If the levels would not fit into memory.
    """
    adc = adc.converter
    dies = np.atleast_1d(np.asarray(dies, np.int64))
    shape = (dies.size, columns if adc.varies_over_columns else 1, adc.levels)
    if np.prod(shape, dtype=float) > _MOST_LEVELS:
        raise InputError(
            f"readout.bits {adc.bits}: {columns} different columns of {dies.size} dies have more "
            f"than {_MOST_LEVELS} transition levels; expected fewer: take fewer bits or columns, "
            "or set the mismatch between columns to 0"
        )
    levels = np.empty(shape)
    for row, die in zip(levels, map(int, dies), strict=True):
        row[:] = _levels_of_die(adc, full_scale_v, Columns(shape[1], die, seed))
    return levels


def _levels_of_die(adc: Adc, full_scale_v: float, columns: Columns) -> npt.NDArray[np.float64]:
    """Solve ``gain * level + offset = level of the architecture``: float64 [1 or columns, L]."""
    if isinstance(adc.architecture, SingleSlope):
        levels = adc.architecture.levels_v(adc.bits, full_scale_v, columns, adc.tone_curve)
    else:
        levels = adc.architecture.levels_v(adc.bits, full_scale_v, columns)
    gain = np.full(columns.count, 1 + adc.gain_error_percent / 100)
    if adc.column_gain_percent > 0:
        gain *= 1 + adc.column_gain_percent / 100 * columns.normal(streams.ADC_COLUMN_GAIN)
    return (levels - adc.offset_mv * 1e-3) / gain[:, np.newaxis]
