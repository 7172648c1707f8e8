"""What a readout offers to the rest of the program, which asks for nothing else.

A readout is one folder: its description, a subclass of `Readout`, and whatever only it needs.
Members that are abstract here must be there; the others have an answer that suits most readouts.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

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
    """What training can learn of a readout: levels that a feature of the volts is compared with.

    Bit ``f * M + m`` of a code is the decision ``feature f >= level m``.

    Attributes
    ----------
    levels : float64 [M]
        Where learning starts, strictly ascending, between the two ends.
    ends : tuple of float
        Smallest and largest value that a level may take.
    feature : callable
        ``feature(volts [N, H, W, C], full_scale_v)`` gives float32 [N, H, W, C, F], in the unit of
        the levels.
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
        Like "adc-log".
    symbol : str
        What its number of levels or bits is called, like "M".
    studied : tuple of int
        Levels or bits that the studies compare.
    make : callable
        ``make(levels, comparator, calibration)`` gives the readout, or the one that learning starts
        from. ``calibration`` holds samples as parts of full scale, or None.
    calibrated : bool
        Whether it needs calibration samples.
    learned : bool
        Whether its levels are then learned with the network.
    networks : mapping of int to str
        Family whose network it shares, by levels.
    """

    name: str
    symbol: str
    studied: tuple[int, ...]
    make: Callable[[int, Comparator, "Samples | None"], "Readout"]
    calibrated: bool = False
    learned: bool = False
    networks: Mapping[int, str] = field(default_factory=dict)


class Readout(Description, ABC):
    """Volts to bits. Subclasses are descriptions with a field ``kind`` of one literal value."""

    if TYPE_CHECKING:
        kind: str
        comparator: Comparator

    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """What a search may choose of its circuit, by name; the first value is tried first."""
    choices_need_a_process: ClassVar[bool] = False
    """Whether a survey has no prices for them."""
    code_words: ClassVar[str] = "code"
    """What a code is, for a trace."""
    number_words: ClassVar[str] = "code as a number"
    """What its digital number is, for a trace."""

    @classmethod
    def families(cls) -> tuple[Family, ...]:
        """Ways to choose its levels that the studies compare.

        Returns
        -------
        tuple of Family
            In the order of tables.
        """
        return ()

    @property
    @abstractmethod
    def levels(self) -> int:
        """Number of levels that a sample, or what is made of it, is compared with."""

    @property
    @abstractmethod
    def bits_per_sample(self) -> int:
        """Bits that one color sample makes, and that the network reads."""

    @property
    @abstractmethod
    def stored_bits(self) -> int:
        """Bits of the readout's own numbers that were trained or chosen, as a model stores them."""

    @abstractmethod
    def convert(self, volts: Volts, full_scale_v: float, key: Key) -> Codes:
        """Codes of a batch of images.

        Parameters
        ----------
        volts : float32 [N, H, W, C], V
        full_scale_v : float
            Volts at which the range ends.
        key : Key
            Address of the noise of N frames.

        Returns
        -------
        unsigned integer [N, H, W, C]
            Codes; uint16 if there are several planes, uint32 bit fields if there is one.

        Raises
        ------
        InputError
            If volts or full scale are not finite, full scale is not positive, or the key is of
            another number of images.
        """

    @abstractmethod
    def words(self, learned: bool = False) -> str:
        """What the readout is, in a few words.

        Parameters
        ----------
        learned : bool
            Whether its levels were learned with a network.

        Returns
        -------
        str
            Like "thermometer of 8 learned thresholds".
        """

    @abstractmethod
    def conversion_us(self, timing: TimingConstants) -> Estimate:
        """Time from a settled column to the last decision.

        Parameters
        ----------
        timing : TimingConstants

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
        """Ledger rows of a frame's conversions.

        Parameters
        ----------
        settings : EnergySettings
        technology : Survey or Process
            A process has comparators of the size that the settings state.
        array : PixelArray
        enob : float, optional
            Measured effective bits, for a readout whose price depends on them.

        Returns
        -------
        list of Row
            Of stage "readout", pJ.

        Raises
        ------
        InputError
            If the settings ask for a price that the technology does not have.
        """

    @property
    def link_bits_per_sample(self) -> int:
        """Bits that cross the link for one color sample."""
        return self.bits_per_sample

    @property
    def planes(self) -> int:
        """Weighted bit planes that the first layer reads."""
        return 1

    def channels(self, colors: int) -> int:
        """Channels of each plane.

        Parameters
        ----------
        colors : int

        Returns
        -------
        int
            A channel for each bit of a sample, or with several planes for each sample.
        """
        return colors * (self.bits_per_sample if self.planes == 1 else 1)

    def pack(self, codes: Codes) -> WordArray:
        """Packed planes that the network reads.

        Parameters
        ----------
        codes : unsigned integer [N, H, W, C]

        Returns
        -------
        uint64 [N, planes, H, W, words]
            Bits of a sample are neighboring channels of one plane, or planes weighted ``2**k``.
        """
        if self.planes == 1:
            return pack_fields(codes, self.bits_per_sample)[:, np.newaxis]
        return code_planes(codes, self.planes)

    def channel_values(self, codes: Codes) -> npt.NDArray[np.float32]:
        """What the first layer computes with: the bits of one plane, or codes of several.

        Parameters
        ----------
        codes : unsigned integer [N, H, W, C]

        Returns
        -------
        float32 [N, H, W, channels]
            0 and 1, or 0 to ``2**planes - 1``.
        """
        values = spread_fields(codes, self.bits_per_sample) if self.planes == 1 else codes
        return values.astype(np.float32)

    def transitions(self) -> npt.NDArray[np.float64] | None:
        """Levels of one sample, where a code is of one sample.

        Returns
        -------
        float64 [levels] or None
            Parts of full scale, ascending.
        """
        return None

    def digital_numbers(self, codes: Codes) -> npt.NDArray[np.int64] | None:
        """Codes as numbers that rise with the volts, where a code is of one sample.

        Parameters
        ----------
        codes : unsigned integer [N, H, W, C]

        Returns
        -------
        int64 [N, H, W, C] or None
            0 to ``levels``.
        """
        return None

    def shown(self, codes: Codes) -> npt.NDArray[np.float64]:
        """Codes as a picture.

        Parameters
        ----------
        codes : unsigned integer [N, H, W, C]

        Returns
        -------
        float64 [N, H, W, C]
            0 (black) to 1 (white).

        Raises
        ------
        NotImplementedError
            If codes are of several samples and the readout does not say how to show them.
        """
        numbers = self.digital_numbers(codes)
        if numbers is None:
            raise NotImplementedError(f"readout.kind {self.kind!r}: states no `shown`")
        return numbers / self.levels

    def level_words(self) -> str:
        """The levels in a sentence, for reports.

        Returns
        -------
        str
        """
        levels = self.transitions()
        if levels is None:
            return f"{self.levels} levels."
        if levels.size > _MOST_LISTED:
            ends = f"from {levels[0]:#.4g} to {levels[-1]:#.4g}"
            return f"{levels.size} levels, {ends} of full scale."
        return f"Parts of full scale: {', '.join(f'{t:#.4g}' for t in levels)}."

    def check_layout(self, layout: Layout) -> None:
        """Raise if the readout makes no sense behind pixels of a layout.

        Parameters
        ----------
        layout : str
            Color filters of the array.
        """

    def under(self, comparator: Comparator, circuit: Mapping[str, Any]) -> Self:
        """The same readout with errors and circuit that a pipeline states.

        Parameters
        ----------
        comparator : Comparator
        circuit : mapping of str to value
            Fields of a thermometer's circuit that the pipeline states.

        Returns
        -------
        Readout

        Raises
        ------
        InputError
            If the readout has no such part, or cannot be built so.
        """
        for name, value in circuit.items():
            raise InputError(
                f"readout.{name} {value!r}: network.model was trained behind readout.kind "
                f"{self.kind!r}, which has no such part; leave it out, or name the model of a "
                "thermometer"
            )
        return self.model_copy(update={"comparator": comparator})

    def resolved(self, trained: "Readout | None") -> "Readout":
        """The readout that a pipeline means: this one, whatever the model was trained with.

        Parameters
        ----------
        trained : Readout or None
            Of the model; a readout that states its own levels needs none.

        Returns
        -------
        Readout
        """
        return self

    @property
    def is_learned(self) -> bool:
        """Whether its levels are those of the model file; no, they are stated here."""
        return False

    def learnable(self) -> Learnable | None:
        """What training can learn.

        Returns
        -------
        Learnable or None
            None if the levels stay as they are.
        """
        return None

    def with_levels(self, levels: npt.NDArray[np.float64]) -> Self:
        """The same readout with other levels, of the unit that `learnable` states.

        Parameters
        ----------
        levels : float64 [M], strictly ascending

        Returns
        -------
        Readout

        Raises
        ------
        NotImplementedError
            If the readout has nothing to learn.
        """
        raise NotImplementedError(f"readout.kind {self.kind!r}: has no levels to learn")

    def enob(self, full_scale_v: float, die: int) -> float | None:
        """Effective bits, measured on a simulated die.

        Parameters
        ----------
        full_scale_v : float, V
        die : int

        Returns
        -------
        float or None
            None for a readout that is no converter.
        """
        return None

    def priced_by_enob(self, settings: EnergySettings, technology: Survey | Process) -> bool:
        """Whether `rows` needs the effective bits.

        Parameters
        ----------
        settings : EnergySettings
        technology : Survey or Process

        Returns
        -------
        bool
        """
        return False

    def ramp_clock_ratio(self, timing: TimingConstants) -> float | None:
        """Clock of its counter over what the technology's typical counter reaches.

        Parameters
        ----------
        timing : TimingConstants

        Returns
        -------
        float or None
            None without a counter.
        """
        return None

    def used_settings(self, settings: EnergySettings, technology: Survey | Process) -> set[str]:
        """Settings of a readout's price that price something here.

        Parameters
        ----------
        settings : EnergySettings
        technology : Survey or Process

        Returns
        -------
        set of str
            Some of "converter", "sar_switching" and "comparator".
        """
        return {"comparator"} if isinstance(technology, Process) else set()

    def priced_by_parts(self, settings: EnergySettings, technology: Survey | Process) -> bool:
        """Whether its price is the sum of its circuits', so that its comparators have a size.

        Parameters
        ----------
        settings : EnergySettings
        technology : Survey or Process

        Returns
        -------
        bool
        """
        return isinstance(technology, Process)

    def beyond_the_survey(
        self, settings: EnergySettings, technology: Survey | Process, enob: float | None
    ) -> list[str]:
        """What is priced by published circuits although none of them was like it.

        Parameters
        ----------
        settings : EnergySettings
        technology : Survey or Process
        enob : float or None

        Returns
        -------
        list of str
            Sentences.
        """
        return []

    def published_rows(self, survey: SurveyPrices, enob: float, samples: int) -> dict[str, Row]:
        """A frame's conversions bought as published converters, by class.

        Parameters
        ----------
        survey : SurveyPrices
        enob : float
        samples : int

        Returns
        -------
        dict of str to Row
            Empty for a readout that nobody sells.
        """
        return {}

    def ways_to_build(self) -> dict[str, "Readout"]:
        """The same conversion by every circuit that a process has figures for.

        Returns
        -------
        dict of str to Readout
            Empty if there is one way only.
        """
        return {}

    def by_levels(self) -> list["Readout"]:
        """The same circuit with 1, 2, ... levels, for a price.

        Returns
        -------
        list of Readout
            Empty if its price does not grow level by level.
        """
        return []

    def linear_adc(self) -> "Readout | None":
        """The readout as an ADC whose codes are proportional to volts.

        Returns
        -------
        Adc or None
            None if EMVA 1288's linear model does not apply.
        """
        return None

    def designed(
        self, stated: Description, design: Mapping[str, Any], timing: TimingConstants
    ) -> dict[str, Any]:
        """Fields of a pipeline's readout for a design of a search.

        Parameters
        ----------
        stated : Readout or LearnedReadout
            What the base pipeline states.
        design : mapping of str to value
            Some of `choices`.
        timing : TimingConstants

        Returns
        -------
        dict of str to value
            Without the comparator.
        """
        return {"kind": "learned"}
