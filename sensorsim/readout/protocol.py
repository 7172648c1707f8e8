"""Interface of a readout: everything that the rest of the program uses of it.

A readout is one package: its description, a subclass of `Readout`, and the modules that it needs.
A subclass must define the abstract members; the others have defaults that suit most readouts.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from sensorsim.circuits.comparator import Comparator
from sensorsim.circuits.constant import Estimate
from sensorsim.circuits.figures import Process, Survey, TimingConstants
from sensorsim.circuits.ledger import Row
from sensorsim.circuits.pixel import PixelArray
from sensorsim.circuits.settings import EnergySettings
from sensorsim.circuits.survey import SurveyPrices
from sensorsim.core.bits import WordArray, code_planes, pack_fields, spread_fields
from sensorsim.core.description import Description
from sensorsim.core.errors import InputError
from sensorsim.core.streams import Key
from sensorsim.optics.cfa import Layout

Codes = npt.NDArray[Any]
"""Non-negative integers [N, H, W, C], below ``2**bits_per_sample``."""
Volts = npt.NDArray[np.float32]
Samples = npt.NDArray[np.floating[Any]]
_MOST_LISTED = 32
NUMBER_BITS = 32
"""Bits of one number of a readout: a threshold, or a coordinate of a tone curve's knot."""


@dataclass(frozen=True)
class Learnable:
    """Levels that training can learn, and the feature of the volts that they are compared with.

    Bit ``f * M + m`` of a code is the decision ``feature f >= level m``.

    Attributes
    ----------
    levels : float64 [M]
        Levels that training starts from, strictly ascending, between the two ends.
    ends : tuple of float
        Smallest and largest value that a level may take.
    feature : callable
        ``feature(volts [N, H, W, C], full_scale_v)`` returns float32 [N, H, W, C, F], in the unit
        of the levels.
    """

    levels: npt.NDArray[np.float64]
    ends: tuple[float, float]
    feature: Callable[[Volts, float], npt.NDArray[np.float32]]


@dataclass(frozen=True)
class Family:
    """A way to choose a readout's levels, which the studies compare by name.

    Attributes
    ----------
    name : str
        Name, like "adc-log".
    symbol : str
        Symbol of its number of levels or bits, like "M".
    studied : tuple of int
        Numbers of levels or bits that the studies compare.
    make : callable
        ``make(levels, comparator, calibration)`` returns the readout, or the one that training
        starts from. ``calibration`` holds samples as fractions of full scale, or None.
    calibrated : bool
        Whether it needs calibration samples.
    learned : bool
        Whether its levels are learned with the network.
    networks : mapping of int to str
        Family whose network it shares, by number of levels.
    """

    name: str
    symbol: str
    studied: tuple[int, ...]
    make: Callable[[int, Comparator, "Samples | None"], "Readout"]
    calibrated: bool = False
    learned: bool = False
    networks: Mapping[int, str] = field(default_factory=dict)


class Readout(Description, ABC):
    """Converts volts to bits; subclasses have a field ``kind`` with a single literal value."""

    if TYPE_CHECKING:
        kind: str
        comparator: Comparator

    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Values of each circuit parameter that a search may choose; the first is tried first."""
    choices_need_a_process: ClassVar[bool] = False
    """Whether only a process can price `choices`."""
    code_words: ClassVar[str] = "code"
    """Meaning of a code, for a trace."""
    number_words: ClassVar[str] = "code as a number"
    """Meaning of its digital number, for a trace."""
    level_fields: ClassVar[tuple[str, ...]]
    """Fields that training determines: levels, resolution, curve. A model file gives them to a
    pipeline whose ``readout.kind`` is "learned", and to the designs of a search; the pipeline
    states all other fields. Every subclass must define it."""

    @classmethod
    def families(cls) -> tuple[Family, ...]:
        """List the ways to choose its levels that the studies compare.

        Returns
        -------
        tuple of Family
            Families, in the order of tables.
        """
        return ()

    @property
    @abstractmethod
    def levels(self) -> int:
        """Number of levels that a sample, or a feature of it, is compared with.

        Returns
        -------
        int
            Number of levels, at least 1.
        """

    @property
    @abstractmethod
    def bits_per_sample(self) -> int:
        """Bits per color sample that the network reads.

        Returns
        -------
        int
            Bits, at least 1; codes lie below ``2**bits_per_sample``.
        """

    @property
    @abstractmethod
    def stored_bits(self) -> int:
        """Size of the trained or chosen levels that a model stores.

        Returns
        -------
        int
            Bits; 0 if nothing is stored.
        """

    @abstractmethod
    def convert(self, volts: Volts, full_scale_v: float, key: Key) -> Codes:
        """Convert a batch of images to codes.

        Parameters
        ----------
        volts : float32 [N, H, W, C], V
            Pixel signals.
        full_scale_v : float
            Voltage at which the range ends, V.
        key : Key
            Noise addresses of the N frames.

        Returns
        -------
        unsigned integer [N, H, W, C]
            Codes below ``2**bits_per_sample``: numbers if there are several planes, else bit
            fields. The network reads numbers as uint16 and bit fields as uint32; codes of another
            unsigned type are copied.

        Raises
        ------
        InputError
            If volts or full scale are not finite, full scale is not positive, or the key is not
            for N images.
        """

    @abstractmethod
    def words(self, learned: bool = False) -> str:
        """Describe the readout in a few words.

        Parameters
        ----------
        learned : bool
            Whether its levels were learned with a network.

        Returns
        -------
        str
            Description, like "thermometer of 8 learned thresholds".
        """

    @abstractmethod
    def conversion_us(self, timing: TimingConstants) -> Estimate:
        """Time from a settled column to the last decision.

        Parameters
        ----------
        timing : TimingConstants
            Time constants of the technology's circuits.

        Returns
        -------
        Estimate
            Time, us.
        """

    @abstractmethod
    def rows(
        self,
        settings: EnergySettings,
        technology: Survey | Process,
        array: PixelArray,
        enob: float | None = None,
    ) -> list[Row]:
        """Price a frame's conversions.

        Parameters
        ----------
        settings : EnergySettings
            Price settings of the pipeline.
        technology : Survey or Process
            Prices of published circuits, or figures of a process; a process has comparators of the
            size that the settings state.
        array : PixelArray
            The pixel array.
        enob : float, optional
            Measured effective bits, for a readout whose price depends on them.

        Returns
        -------
        list of Row
            Energy rows of stage "readout", pJ each.

        Raises
        ------
        InputError
            If the settings ask for a price that the technology does not have.
        """

    @property
    def link_bits_per_sample(self) -> int:
        """Bits per color sample that cross the link.

        Returns
        -------
        int
            Bits; by default those that the network reads.
        """
        return self.bits_per_sample

    @property
    def planes(self) -> int:
        """Weighted bit planes that the first layer reads.

        Returns
        -------
        int
            Number of planes; by default 1.
        """
        return 1

    def channels(self, colors: int) -> int:
        """Number of channels of each plane.

        Parameters
        ----------
        colors : int
            Samples per pixel.

        Returns
        -------
        int
            One channel for each bit of a sample or, with several planes, for each sample.
        """
        return colors * (self.bits_per_sample if self.planes == 1 else 1)

    def pack(self, codes: Codes) -> WordArray:
        """Pack codes into the bit planes that the network reads.

        Parameters
        ----------
        codes : unsigned integer [N, H, W, C]
            Codes of the readout.

        Returns
        -------
        uint64 [N, planes, H, W, words]
            Packed bits; those of a sample are neighboring channels of one plane, or planes of
            weight ``2**k``.
        """
        if self.planes == 1:
            return pack_fields(codes, self.bits_per_sample)[:, np.newaxis]
        return code_planes(codes, self.planes)

    def channel_values(self, codes: Codes) -> npt.NDArray[np.float32]:
        """Values that the first layer reads: the bits of one plane, or codes of several.

        Parameters
        ----------
        codes : unsigned integer [N, H, W, C]
            Codes of the readout.

        Returns
        -------
        float32 [N, H, W, channels]
            0 and 1, or 0 to ``2**planes - 1``.
        """
        values = spread_fields(codes, self.bits_per_sample) if self.planes == 1 else codes
        return values.astype(np.float32)

    def transitions(self) -> npt.NDArray[np.float64] | None:
        """Levels that a sample is compared with.

        Returns
        -------
        float64 [levels] or None
            Levels as fractions of full scale, ascending; None if a code depends on several samples.
        """
        return None

    def stated_levels(self) -> npt.NDArray[np.float64] | None:
        """Levels that were learned or chosen, before a reference DAC rounds them.

        Returns
        -------
        float64 [levels] or None
            Levels as fractions of full scale; by default `transitions`.
        """
        return self.transitions()

    def reference_codes(self) -> tuple[npt.NDArray[np.int64], int] | None:
        """Codes of the reference DAC that makes the levels.

        Returns
        -------
        codes : int64 [levels]
            Code of each level.
        steps : int
            Code of full scale; instead of both None if there is no such DAC.
        """
        return None

    def digital_numbers(self, codes: Codes) -> npt.NDArray[np.int64] | None:
        """Convert codes to numbers that rise with the volts.

        Parameters
        ----------
        codes : unsigned integer [N, H, W, C]
            Codes of the readout.

        Returns
        -------
        int64 [N, H, W, C] or None
            Numbers, 0 to ``levels``; None if a code depends on several samples.
        """
        return None

    def shown(self, codes: Codes) -> npt.NDArray[np.float64]:
        """Convert codes to a gray image.

        A subclass without `digital_numbers` must override it; `register` checks that.

        Parameters
        ----------
        codes : unsigned integer [N, H, W, C]
            Codes of the readout.

        Returns
        -------
        float64 [N, H, W, C]
            Gray values, 0 (black) to 1 (white).
        """
        numbers = self.digital_numbers(codes)
        assert numbers is not None
        return numbers / self.levels

    def bit_words(self, full_scale_v: float) -> tuple[str, ...]:
        """Describe each bit of a code, for a picture's title.

        Parameters
        ----------
        full_scale_v : float
            Voltage at which the range ends, V.

        Returns
        -------
        tuple of str
            One text for each of `bits_per_sample` bits, from bit 0; by default the level that a
            bit is the decision of, or its weight.
        """
        bits = range(self.bits_per_sample)
        if self.planes > 1:
            return tuple(f"bit {bit}, weight {2**bit}" for bit in bits)
        levels = self.transitions()
        if levels is None or levels.size != len(bits):
            return tuple(f"bit {bit}" for bit in bits)
        return tuple(f"threshold {full_scale_v * level:.3g} V" for level in levels)

    def channel_words(self) -> str:
        """State the channel at which the network reads each bit, for exported graphs.

        Returns
        -------
        str
            Channel as a formula, like "color * 8 + bit".
        """
        return "color" if self.planes > 1 else f"color * {self.bits_per_sample} + bit"

    def level_words(self) -> str:
        """Describe the levels in a sentence, for reports.

        Returns
        -------
        str
            Levels as fractions of full scale, or their number and range.
        """
        levels = self.transitions()
        if levels is None:
            return f"{self.levels} levels."
        if levels.size > _MOST_LISTED:
            ends = f"from {levels[0]:#.4g} to {levels[-1]:#.4g}"
            return f"{levels.size} levels, {ends} of full scale."
        return f"Parts of full scale: {', '.join(f'{t:#.4g}' for t in levels)}."

    def check_layout(self, layout: Layout) -> None:
        """Raise if the readout cannot read pixels of a layout; by default it reads any.

        Parameters
        ----------
        layout : str
            Color filters of the array.
        """

    def circuit(self) -> dict[str, Any]:
        """Fields besides kind, comparator and levels that differ from their defaults.

        Returns
        -------
        dict of str to value
            Fields and values, as JSON has them.
        """
        others = {"kind", "comparator", *self.level_fields}
        stated = {
            name
            for name, field in type(self).model_fields.items()
            if name not in others
            and getattr(self, name) != field.get_default(call_default_factory=True)
        }
        return self.model_dump(mode="json", include=stated, exclude_none=True)

    def under(self, comparator: Comparator, circuit: Mapping[str, Any]) -> Self:
        """Make the readout with these levels, and the errors and circuit that a pipeline states.

        Parameters
        ----------
        comparator : Comparator
            Errors of the comparators.
        circuit : mapping of str to value
            Fields of the readout besides kind, comparator and levels; those that are missing take
            their defaults.

        Returns
        -------
        Readout
            The readout.

        Raises
        ------
        InputError
            If the readout has no such field, the model file gives it, or a value does not fit.
        """
        kind, fields = type(self), type(self).model_fields
        for name, value in circuit.items():
            if name in self.level_fields:
                raise InputError(
                    f"readout.{name} {value!r} with readout.kind 'learned': network.model gives "
                    f"it; remove it, or state readout.kind {self.kind!r}"
                )
            if name not in fields:
                own = ", ".join(f for f in fields if f not in ("kind", *self.level_fields))
                raise InputError(
                    f"readout.{name} {value!r}: network.model was trained behind readout.kind "
                    f"{self.kind!r}, whose circuit has {own}; remove it, or name another model"
                )
        levels = {name: getattr(self, name) for name in self.level_fields}
        try:
            return kind.model_validate({**levels, **circuit, "comparator": comparator})
        except ValidationError as error:
            raise InputError("; ".join(map(_said, error.errors()))) from None

    def resolved(self, trained: "Readout | None") -> "Readout":
        """Return the readout that a pipeline uses: this one, since it states its own levels.

        Parameters
        ----------
        trained : Readout or None
            Readout of the model; not used.

        Returns
        -------
        Readout
            This readout.
        """
        return self

    @property
    def is_learned(self) -> bool:
        """Whether its levels are those of the model file: always false here.

        Returns
        -------
        bool
            False.
        """
        return False

    def learnable(self) -> Learnable | None:
        """Levels that training can learn.

        Returns
        -------
        Learnable or None
            Levels and feature; None if the levels are fixed.
        """
        return None

    def with_levels(self, levels: npt.NDArray[np.float64]) -> Self:
        """Copy the readout with other levels.

        Parameters
        ----------
        levels : float64 [M]
            Levels in the unit of `learnable`, strictly ascending.

        Returns
        -------
        Readout
            The copy.

        Raises
        ------
        NotImplementedError
            If the readout has no levels to learn.
        """
        raise NotImplementedError(f"readout.kind {self.kind!r}: has no levels to learn")

    def enob(self, full_scale_v: float, die: int) -> float | None:
        """Measure the effective number of bits on a simulated die.

        Parameters
        ----------
        full_scale_v : float
            Voltage at which the range ends, V.
        die : int
            Die number.

        Returns
        -------
        float or None
            Effective bits; None for a readout that is not a converter.
        """
        return None

    def priced_by_enob(self, settings: EnergySettings, technology: Survey | Process) -> bool:
        """Whether `rows` needs the effective number of bits.

        Parameters
        ----------
        settings : EnergySettings
            Price settings of the pipeline.
        technology : Survey or Process
            Prices of published circuits, or figures of a process.

        Returns
        -------
        bool
            True if it needs them.
        """
        return False

    def ramp_clock_ratio(self, timing: TimingConstants) -> float | None:
        """Clock of its counter relative to the technology's typical counter.

        Parameters
        ----------
        timing : TimingConstants
            Time constants of the technology's circuits.

        Returns
        -------
        float or None
            Ratio; None without a counter.
        """
        return None

    def used_settings(self, settings: EnergySettings, technology: Survey | Process) -> set[str]:
        """Name the settings that affect the price of this readout.

        Parameters
        ----------
        settings : EnergySettings
            Price settings of the pipeline.
        technology : Survey or Process
            Prices of published circuits, or figures of a process.

        Returns
        -------
        set of str
            Some of "converter", "sar_switching" and "comparator".
        """
        return {"comparator"} if isinstance(technology, Process) else set()

    def priced_by_parts(self, settings: EnergySettings, technology: Survey | Process) -> bool:
        """Whether its price is the sum over its circuits, so that its comparators have a size.

        Parameters
        ----------
        settings : EnergySettings
            Price settings of the pipeline.
        technology : Survey or Process
            Prices of published circuits, or figures of a process.

        Returns
        -------
        bool
            True if it is.
        """
        return isinstance(technology, Process)

    def beyond_the_survey(
        self, settings: EnergySettings, technology: Survey | Process, enob: float | None
    ) -> list[str]:
        """List where the price extrapolates beyond the published circuits.

        Parameters
        ----------
        settings : EnergySettings
            Price settings of the pipeline.
        technology : Survey or Process
            Prices of published circuits, or figures of a process.
        enob : float or None
            Measured effective bits.

        Returns
        -------
        list of str
            One sentence for each.
        """
        return []

    def published_rows(self, survey: SurveyPrices, enob: float, samples: int) -> dict[str, Row]:
        """Price a frame's conversions at published converters.

        Parameters
        ----------
        survey : SurveyPrices
            Prices of published circuits.
        enob : float
            Measured effective bits.
        samples : int
            Conversions of a frame.

        Returns
        -------
        dict of str to Row
            Energy rows by class of converter, pJ each; empty if the readout does not exist as a
            published converter.
        """
        return {}

    def ways_to_build(self) -> dict[str, "Readout"]:
        """List the same conversion by every circuit that a process has figures for.

        Returns
        -------
        dict of str to Readout
            Readouts by name of the circuit; empty if there is only one.
        """
        return {}

    def by_levels(self) -> list["Readout"]:
        """List the same circuit with 1, 2, ... levels, to price it.

        Returns
        -------
        list of Readout
            Readouts; empty if the price does not grow level by level.
        """
        return []

    def linear_adc(self) -> "Readout | None":
        """Return the readout if it is an ADC whose codes are proportional to volts.

        Returns
        -------
        Adc or None
            The ADC; None if EMVA 1288's linear model does not apply.
        """
        return None

    def circuit_words(self) -> str:
        """Describe the values of `choices` in a few words, for the table of a search.

        Returns
        -------
        str
            Like "parallel, encoded"; empty if there are no choices.
        """
        return ""

    def designed(
        self, stated: "Readout", design: Mapping[str, Any], timing: TimingConstants
    ) -> dict[str, Any]:
        """Choose the circuit of a design of a search.

        Parameters
        ----------
        stated : Readout
            Readout of the base pipeline.
        design : mapping of str to value
            Chosen value for some of `choices`.
        timing : TimingConstants
            Time constants of the technology's circuits.

        Returns
        -------
        dict of str to value
            Fields and values as in `circuit`; by default those of the base pipeline, if its readout
            is of the same kind.
        """
        return stated.circuit() if stated.kind == self.kind else {}


def _said(error: Any) -> str:
    """One error of validation, by the field of a pipeline that it concerns."""
    message = error["msg"].removeprefix("Value error, ")
    if not error["loc"]:
        return f"readout (of network.model): {message}"
    return f"readout.{'.'.join(map(str, error['loc']))}: {message} (got {error['input']!r})"
