"""A pulse-width pixel: the time that a pixel takes to reach a reference, counted."""

from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from sensorsim.circuits.comparator import Comparator, column_offsets_v
from sensorsim.circuits.comparison import decision, survey_row
from sensorsim.circuits.constant import Estimate
from sensorsim.circuits.figures import Process, Survey, TimingConstants
from sensorsim.circuits.ledger import Row
from sensorsim.circuits.logic import clocked_bit
from sensorsim.circuits.pixel import PixelArray
from sensorsim.circuits.settings import EnergySettings
from sensorsim.core import streams
from sensorsim.kernels.normal import fill_pixel_normals
from sensorsim.readout.protocol import Family, Readout
from sensorsim.readout.volts import bad_volts, samples_of


class PulseWidth(Readout):
    """The brighter a pixel, the sooner it falls by a reference, the higher its code.

    A signal of V volts at the end of the exposure passes the reference at the part ``V_ref / V`` of
    it. A counter of ``2**bits - 1`` ticks runs until then; the code is the ticks that were left.
    """

    kind: Literal["pulse-width"] = "pulse-width"
    bits: int = Field(4, ge=1, le=14, description="Resolution of the counter, bits.")
    reference: float = Field(0.02, gt=0, le=1, description="Reference, part of full scale.")
    comparator: Comparator = Field(Comparator(), description="Errors of each column's comparator.")

    level_fields: ClassVar = ("bits", "reference")
    code_words: ClassVar = "ticks that were left when the reference was passed"
    number_words: ClassVar = "ticks that were left when the reference was passed"

    @classmethod
    def families(cls) -> tuple[Family, ...]:
        """One family of 2, 4 and 6 bits for the studies."""
        return (Family("pulse-width", "b", (2, 4, 6), lambda b, c, _: cls(bits=b, comparator=c)),)

    @property
    def levels(self) -> int:
        """Transitions between codes."""
        return 2**self.bits - 1

    @property
    def bits_per_sample(self) -> int:
        """Bits of a code."""
        return self.bits

    @property
    def planes(self) -> int:
        """A code is a number: the network reads its bits weighted by powers of two."""
        return self.bits

    @property
    def stored_bits(self) -> int:
        """Nothing is trained."""
        return 0

    def words(self, learned: bool = False) -> str:
        """What the readout is."""
        return f"pulse-width pixel of {self.bits} bits"

    def convert(
        self, volts: npt.NDArray[np.float32], full_scale_v: float, key: streams.Key
    ) -> npt.NDArray[np.uint16]:
        """Codes of a batch of images: uint16 [N, H, W, C]."""
        samples = samples_of(volts, full_scale_v, key)
        if not np.isfinite(samples).all():
            raise bad_volts()
        n, h, w, c = volts.shape
        dies, die_of = key.distinct_dies()
        offsets = column_offsets_v(self.comparator, w * c, 1, dies, key.seed)[:, :, 0]
        noise = np.empty((n, h * w * c), np.float32)
        stream = key.temporal(streams.READOUT_NOISE)
        for row, frame in zip(noise, key.frames, strict=True):
            fill_pixel_normals(row, int(frame), key.seed, stream)
        error_v = np.tile(offsets[die_of], (1, h)) + 1e-3 * self.comparator.noise_mv * noise
        passed = np.maximum(self.reference * full_scale_v + error_v, 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            ticks = self.levels * passed / np.maximum(samples, 0)
        never = np.isnan(ticks)  # neither signal nor reference: it never moves
        ticks = np.minimum(np.where(never, self.levels, ticks), self.levels)
        return (self.levels - np.floor(ticks)).astype(np.uint16).reshape(volts.shape)

    def transitions(self) -> npt.NDArray[np.float64]:
        """Levels of one sample as parts of full scale; those above 1 never come."""
        return self.levels * self.reference / (self.levels + 1 - np.arange(1, self.levels + 1))

    def digital_numbers(self, codes: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        """Codes are numbers that rise with the volts."""
        return codes.astype(np.int64)

    def conversion_us(self, timing: TimingConstants) -> Estimate:
        """One period of the counter per tick."""
        return Estimate((timing.counter_period_ns,), lambda ns: 1e-3 * ns * (self.levels + 1))

    def rows(
        self,
        settings: EnergySettings,
        technology: Survey | Process,
        array: PixelArray,
        enob: float | None = None,
    ) -> list[Row]:
        """A comparator that waits, and a counter that runs, at most to its end."""
        if not isinstance(technology, Process):
            return [survey_row(technology.survey.comparator, array.samples)]
        wait = self.conversion_us(technology.timing)
        price = decision(technology, array, self.comparator, wait, 1, "static")
        counter = clocked_bit(technology)
        return [
            Row("readout", "comparator that waits", array.samples, price),
            Row("readout", "counter tick", array.samples * 2 * self.levels, counter),
        ]
