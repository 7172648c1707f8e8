"""The learned (or hand-made) readout: every sample is compared with M thresholds."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from sensorsim.circuits.comparator import Comparator
from sensorsim.circuits.comparison import survey_row
from sensorsim.circuits.constant import Estimate
from sensorsim.circuits.figures import Process, Survey, TimingConstants
from sensorsim.circuits.ledger import Row
from sensorsim.circuits.pixel import PixelArray
from sensorsim.circuits.settings import EnergySettings
from sensorsim.core import streams
from sensorsim.core.bits import FieldArray
from sensorsim.core.errors import InputError
from sensorsim.readout.protocol import NUMBER_BITS, Family, Learnable, Readout
from sensorsim.readout.thermometer import price
from sensorsim.readout.thermometer.circuit import ThermometerCircuit, reference_levels
from sensorsim.readout.thermometer.compare import compare_fields
from sensorsim.readout.thermometer.families import families

MAX_THRESHOLDS = 32


class Thermometer(ThermometerCircuit, Readout):
    """M decisions per color sample, kept as a bit field: bit m is the decision of threshold m.

    The BNN reads bit m of color c as channel ``c * M + m``.
    """

    kind: Literal["thermometer"] = "thermometer"
    thresholds: tuple[float, ...] = Field(
        description="Reference levels as parts of full scale, ascending, in (0, 1].",
        min_length=1,
        max_length=MAX_THRESHOLDS,
    )
    comparator: Comparator = Field(Comparator(), description="Errors of each comparator.")

    @model_validator(mode="after")
    def _thresholds_are_ordered(self) -> Self:
        t = np.asarray(self.thresholds)
        if t.min() <= 0 or t.max() > 1:
            raise ValueError(f"thresholds {list(self.thresholds)}: expected values in (0, 1]")
        if (np.diff(t) <= 0).any():
            raise ValueError(
                f"thresholds {list(self.thresholds)}: expected strictly ascending values; sort them"
            )
        reference_levels(t, self.reference_bits)
        return self

    level_fields: ClassVar = ("thresholds",)
    choices: ClassVar = {"circuit": ("parallel", "sequential"), "link": ("raw", "encoded")}
    code_words: ClassVar = "bit m is the decision of threshold m"
    number_words: ClassVar = "number of thresholds reached"

    @classmethod
    def families(cls) -> tuple[Family, ...]:
        """List the ways to choose thresholds: uniform, logarithmic, quantile and learned."""
        return families(cls)

    @property
    def levels(self) -> int:
        """Number of thresholds M."""
        return len(self.thresholds)

    @property
    def bits_per_sample(self) -> int:
        """Bits that one color sample makes, and that the network reads."""
        return self.levels

    @property
    def link_bits_per_sample(self) -> int:
        """Bits that cross the link for one color sample: M raw lines, or their count encoded."""
        return self.levels if self.link == "raw" else self.levels.bit_length()

    @property
    def stored_bits(self) -> int:
        """Each threshold at `NUMBER_BITS`, whatever the number of colors."""
        return NUMBER_BITS * self.levels

    def words(self, learned: bool = False) -> str:
        """Describe the readout in a few words, for reports."""
        what = "learned threshold" if learned else "threshold"
        return f"thermometer of {self.levels} {what}{'s' if self.levels > 1 else ''}"

    def transitions(self) -> npt.NDArray[np.float64]:
        """Levels that the reference DAC gives.

        Returns
        -------
        float64 [M]
            Parts of full scale, ascending.
        """
        return reference_levels(np.asarray(self.thresholds, np.float64), self.reference_bits)

    def stated_levels(self) -> npt.NDArray[np.float64]:
        """Thresholds before the reference DAC: see `Readout.stated_levels`."""
        return np.asarray(self.thresholds, np.float64)

    def reference_codes(self) -> tuple[npt.NDArray[np.int64], int] | None:
        """Codes of the reference DAC, if it has a resolution: see `Readout.reference_codes`."""
        if self.reference_bits is None:
            return None
        steps = 2**self.reference_bits
        return np.round(self.transitions() * steps).astype(np.int64), steps

    def convert(
        self, volts: npt.NDArray[np.float32], full_scale_v: float, key: streams.Key
    ) -> FieldArray:
        """Decisions of a batch of images.

        Parameters
        ----------
        volts : float32 [N, H, W, C], V
            Samples of N images.
        full_scale_v : float
            Volts that a threshold of 1 stands for.
        key : Key
            Address of the noise of N frames.

        Returns
        -------
        uint32 [N, H, W, C]
            Bit m is the decision of threshold m.

        Raises
        ------
        InputError
            If volts or full scale are not finite, full scale is not positive, or the key is of
            another number of images.
        """
        return compare_fields(volts, self.transitions(), full_scale_v, self.comparator, self, key)

    def digital_numbers(self, codes: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        """Number of levels that each sample reaches.

        Parameters
        ----------
        codes : uint32 [N, H, W, C]
            As `convert` gives them.

        Returns
        -------
        int64 [N, H, W, C]
            0 to M.
        """
        return np.bitwise_count(codes).astype(np.int64)

    def channel_words(self) -> str:
        """State the channel of each bit: the thresholds of a color are neighbors."""
        return f"color * {self.levels} + threshold"

    def learnable(self) -> Learnable:
        """Levels that training can learn: thresholds, as parts of full scale.

        Raises
        ------
        InputError
            If the circuit has a reference DAC: thresholds could not move by less than its step.
        """
        if self.reference_bits is not None:
            raise InputError(
                f"readout.reference_bits {self.reference_bits}: thresholds learn in steps finer "
                "than a reference DAC's; leave it out here, and state it where the model is run"
            )
        return Learnable(self.transitions(), (0.0, 1.0), _relative)

    def with_levels(self, levels: npt.NDArray[np.float64]) -> Self:
        """Copy the readout with other thresholds, stated as parts of full scale."""
        thresholds = tuple(float(t) for t in levels)
        return type(self)(
            thresholds=thresholds, comparator=self.comparator, **self.circuit_fields()
        )

    def conversion_us(self, timing: TimingConstants) -> Estimate:
        """Time of a conversion, us: one comparison, or M reference steps in sequence."""
        return price.conversion_us(timing, self.mode, self.levels)

    def rows(
        self,
        settings: EnergySettings,
        technology: Survey | Process,
        array: PixelArray,
        enob: float | None = None,
    ) -> list[Row]:
        """Energy of a frame, pJ: by parts, or each comparison at the price of published flashes.

        It compares M times per sample in both modes: M comparators once, or one M times.
        """
        if not isinstance(technology, Process):
            return [survey_row(technology.survey.comparator, array.samples * self.levels)]
        return price.thermometer_rows(
            technology, array, self, self.comparator, self.levels, float(self.transitions()[-1]),
            settings.comparator,
        )  # fmt: skip

    def by_levels(self) -> list[Readout]:
        """List the same circuit with 1 to `MAX_THRESHOLDS` thresholds, to price it."""
        most = MAX_THRESHOLDS
        if self.reference_bits is not None:
            most = min(most, 2**self.reference_bits)
        return [
            self.model_copy(update={"thresholds": tuple(float(t) for t in np.arange(1, m + 1) / m)})
            for m in range(1, most + 1)
        ]

    def circuit_words(self) -> str:
        """Describe the mode, and the link if it is encoded."""
        return f"{self.mode}, encoded" if self.link == "encoded" else self.mode

    def designed(
        self, stated: Readout, design: Mapping[str, Any], timing: TimingConstants
    ) -> dict[str, Any]:
        """Choose the stated circuit, with mode and link of the design."""
        fields = super().designed(stated, design, timing)
        if "circuit" in design:
            fields["mode"] = design["circuit"]
        if design.get("link") == "encoded":
            fields |= {"link": "encoded", "bubbles": "corrected"}
        elif "link" in design:
            fields["link"] = "raw"
        return fields


def _relative(volts: npt.NDArray[np.float32], full_scale_v: float) -> npt.NDArray[np.float32]:
    """The feature that thresholds are compared with: parts of full scale [N, H, W, C, 1]."""
    return (volts / np.float32(full_scale_v))[..., np.newaxis]
