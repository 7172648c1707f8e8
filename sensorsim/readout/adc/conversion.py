"""Conversion of an ADC: resolution, tone curve, architecture and errors."""

from typing import Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from sensorsim.circuits.comparator import Comparator
from sensorsim.core.description import Description
from sensorsim.readout.adc.architecture import Architecture, SingleSlope
from sensorsim.tonemap import Linear, ToneCurve, lookup_table, transition_levels


class Conversion(Description):
    """Conversion of a sample: linear, companded by a nonlinear ramp, or followed by a table.

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
    def converter(self) -> Self:
        """The analog conversion: this one, or the linear one in front of a digital curve.

        Returns
        -------
        Conversion
            Of the same class.
        """
        if self.conversion_bits is None:
            return self
        return self.model_copy(
            update={
                "bits": self.conversion_bits, "tone_curve": Linear(), "tone_domain": "analog",
                "conversion_bits": None,
            }
        )  # fmt: skip

    def code_table(self) -> npt.NDArray[np.uint16] | None:
        """Lookup table of a digital tone curve.

        Returns
        -------
        uint16 [2**conversion_bits] or None
            Output code for each code of the linear conversion; None if the curve is analog.
        """
        if self.conversion_bits is None:
            return None
        return lookup_table(self.tone_curve, self.conversion_bits, self.bits)

    @property
    def varies_over_columns(self) -> bool:
        """Whether transition levels differ between the columns of a die.

        Returns
        -------
        bool
            True if they differ.
        """
        return self.column_gain_percent > 0 or self.architecture.varies_over_columns

    @property
    def levels(self) -> int:
        """Number of transitions between codes.

        Returns
        -------
        int
            ``2**bits - 1``.
        """
        return 2**self.bits - 1

    def transitions(self) -> npt.NDArray[np.float64]:
        """Nominal transition levels, without errors.

        A code missing from a digital curve shares the level of the next code, or has level 1.

        Returns
        -------
        float64 [levels]
            Levels as fractions of full scale, ascending.
        """
        table = self.code_table()
        if table is None:
            return transition_levels(self.tone_curve, self.levels)
        return np.searchsorted(table, np.arange(1, self.levels + 1)) / table.size
