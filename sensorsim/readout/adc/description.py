"""The conventional readout: one b-bit conversion per sample."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from sensorsim.circuits.comparator import column_offsets_v
from sensorsim.circuits.constant import Estimate
from sensorsim.circuits.converter import (
    cheaper_class,
    published_prices,
    published_row,
)
from sensorsim.circuits.figures import Process, Survey, TimingConstants
from sensorsim.circuits.ledger import Row
from sensorsim.circuits.pixel import PixelArray
from sensorsim.circuits.settings import ConverterForm, EnergySettings
from sensorsim.circuits.survey import SurveyPrices
from sensorsim.circuits.technology import as_process
from sensorsim.circuits.timing import ramp_steps
from sensorsim.core import pool, streams
from sensorsim.core.errors import InputError
from sensorsim.kernels.segments import spans_of
from sensorsim.readout.adc import price
from sensorsim.readout.adc.architecture import Architecture, Cyclic, Sar, SingleSlope
from sensorsim.readout.adc.conversion import Conversion
from sensorsim.readout.adc.families import families
from sensorsim.readout.adc.kernel import quantize
from sensorsim.readout.adc.levels import transition_levels_v
from sensorsim.readout.ieee1241 import characterize_adc
from sensorsim.readout.level_tables import ended, guesses
from sensorsim.readout.protocol import NUMBER_BITS, Family, Readout
from sensorsim.readout.volts import bad_volts, samples_of
from sensorsim.tonemap import Linear, PiecewiseLinear


class Adc(Conversion, Readout):
    """A column-parallel ADC: linear, companded by a nonlinear ramp, or followed by a table.

    Gain and offset are those of IEEE Std 1241: the code is that of ``gain * volts + offset``.

    The BNN reads its code as ``bits`` planes weighted ``2**k`` under shared binary weights, which
    equals a first layer over the integers ``2 * code - (2**bits - 1)``.
    """

    level_fields: ClassVar = ("bits", "tone_curve", "tone_domain", "conversion_bits")
    choices: ClassVar = {"converter": ("ramp", "sar")}
    choices_need_a_process: ClassVar = True
    code_words: ClassVar = "ADC code"
    number_words: ClassVar = "ADC code"

    @classmethod
    def families(cls) -> tuple[Family, ...]:
        """List the ways to choose the levels: linear and logarithmic."""
        return families(cls)

    @property
    def bits_per_sample(self) -> int:
        """Bits that one color sample makes."""
        return self.bits

    @property
    def planes(self) -> int:
        """Weighted bit planes that the first layer reads."""
        return self.bits

    def channel_words(self) -> str:
        """State the channel of each bit: every plane has one channel for each color."""
        return "color"

    def channels(self, colors: int) -> int:
        """A channel of each plane for each color, also where the code has one bit.

        Parameters
        ----------
        colors : int
            Number of color channels of the pixels.

        Returns
        -------
        int
            Channels.
        """
        return colors

    @property
    def stored_bits(self) -> int:
        """Knots of a piecewise-linear tone curve; nothing for a curve that is a formula."""
        curve = self.tone_curve
        return 2 * NUMBER_BITS * len(curve.x) if isinstance(curve, PiecewiseLinear) else 0

    def words(self, learned: bool = False) -> str:
        """Describe the readout in a few words, for reports."""
        bits = f"ADC of {self.bits} bit{'s' if self.bits > 1 else ''}"
        curve = self.tone_curve.kind
        return bits if curve == "linear" else f"{bits} with a {curve} tone curve"

    def convert(
        self, volts: npt.NDArray[np.float32], full_scale_v: float, key: streams.Key
    ) -> npt.NDArray[np.uint16]:
        """Codes of a batch of images.

        Parameters
        ----------
        volts : float32 [N, H, W, C], V
            Samples of N images.
        full_scale_v : float
            Volts at which an ideal converter's code range ends.
        key : Key
            Address of the noise of N frames.

        Returns
        -------
        uint16 [N, H, W, C]
            0 to ``levels``.

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
        ends, start, offset = ended(levels), guesses(levels), offsets.astype(np.float32)
        noise_v, stream = np.float32(self.comparator.noise_mv * 1e-3), streams.READOUT_NOISE

        def work(claimed: pool.Counter) -> bool:
            return quantize(
                samples, ends, *start, offset, rows, key.frames, noise_v, key.seed,
                key.temporal(stream), claimed, out,
            )  # fmt: skip

        if not all(pool.share(work, n * spans_of(h * w * c))):
            raise bad_volts()
        return out.reshape(volts.shape)

    def digital_numbers(self, codes: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        """Convert codes to numbers: they are equal.

        Parameters
        ----------
        codes : uint16 [N, H, W, C]
            As `convert` gives them.

        Returns
        -------
        int64 [N, H, W, C]
            0 to ``levels``.
        """
        return codes.astype(np.int64)

    def enob(self, full_scale_v: float, die: int) -> float:
        """Measure the effective number of bits of column 0, by the sine test of IEEE Std 1241.

        A companded converter is tested with a straight ramp: its curve is wanted, not a distortion.
        """
        linear = self.converter.model_copy(update={"tone_curve": Linear()})
        data = characterize_adc(
            linear, full_scale_v, die=die, samples_per_code=16, record_length=2**14
        )
        return float(data["enob_bits"])

    def linear_adc(self) -> "Adc | None":
        """Return the ADC itself if its tone curve is linear and analog, else None."""
        straight = isinstance(self.tone_curve, Linear) and self.tone_domain == "analog"
        return self if straight else None

    def conversion_us(self, timing: TimingConstants) -> Estimate:
        """Time of a conversion, us, which depends on the architecture."""
        return price.conversion_us(timing, self)

    def ramp_clock_ratio(self, timing: TimingConstants) -> float | None:
        """Clock of a single-slope converter's counter relative to the technology's typical one."""
        return price.ramp_clock_ratio(timing, self)

    def rows(
        self,
        settings: EnergySettings,
        technology: Survey | Process,
        array: PixelArray,
        enob: float | None = None,
    ) -> list[Row]:
        """Energy of a frame, pJ: by parts, or as a published converter of the same ENOB.

        Raises
        ------
        InputError
            If a process is needed and only a survey is given, or a published converter is priced
            without its ENOB or with another comparator size than 1.
        """
        form = converter_form(settings, technology)
        if form == "first-principles":
            process = as_process(technology, "energy.converter 'first-principles'")
            return price.converter_rows(
                process, self, array, settings.sar_switching, settings.comparator
            )
        if settings.comparator_size != 1:
            raise InputError(
                f"energy.comparator_size {settings.comparator_size:g} with energy.converter "
                f"{form!r}: a published converter's comparator is part of its price; expected 1, "
                "or 'first-principles'"
            )
        if enob is None:
            raise InputError(
                f"energy.converter {form!r}: expected the measured ENOB of the converter"
            )
        prices = published_prices(technology.survey, self.converter.levels, enob, form)
        bits, cheaper = self.converter.bits, cheaper_class(prices)
        return [published_row(prices, cheaper, bits, enob, array.samples)]

    def priced_by_parts(self, settings: EnergySettings, technology: Survey | Process) -> bool:
        """Whether the parts of a process are priced, not published converters."""
        by_parts = converter_form(settings, technology) == "first-principles"
        return by_parts and isinstance(technology, Process)

    def priced_by_enob(self, settings: EnergySettings, technology: Survey | Process) -> bool:
        """Whether published converters of the same ENOB set the price."""
        return converter_form(settings, technology) != "first-principles"

    def used_settings(self, settings: EnergySettings, technology: Survey | Process) -> set[str]:
        """Name the settings that affect the price: the converter, and by parts its circuits."""
        used = {"converter"}
        if converter_form(settings, technology) != "first-principles":
            return used
        architecture = self.converter.architecture
        if isinstance(architecture, Sar):
            used.add("sar_switching")
        if isinstance(technology, Process) and not isinstance(architecture, SingleSlope):
            used.add("comparator")
        return used

    def beyond_the_survey(
        self, settings: EnergySettings, technology: Survey | Process, enob: float | None
    ) -> list[str]:
        """State an ENOB that lies outside of the surveyed converters."""
        form = converter_form(settings, technology)
        if form == "first-principles" or enob is None:
            return []
        survey = technology.survey
        prices = published_prices(survey, self.converter.levels, enob, form)
        if cheaper_class(prices) != "SAR" or not survey.adc.extrapolates(enob):
            return []
        low, high = survey.adc.surveyed_enob_bits
        return [
            f"{enob:.2f} effective bits are priced by converters of {low:g} to {high:g} effective "
            "bits"
        ]

    def published_rows(self, survey: SurveyPrices, enob: float, samples: int) -> dict[str, Row]:
        """Price a frame's conversions as published SAR and as published flash converters, pJ."""
        prices = published_prices(survey, self.converter.levels, enob)
        bits = self.converter.bits
        return {name: published_row(prices, name, bits, enob, samples) for name in prices}

    def ways_to_build(self) -> dict[str, Readout]:
        """List the same conversion by every architecture; only a ramp has a nonlinear curve."""
        kinds: list[SingleSlope | Sar | Cyclic] = [SingleSlope()]
        if isinstance(self.converter.tone_curve, Linear):
            kinds += [Sar(), Cyclic()]
        mine = self.architecture
        made = [mine if kind.kind == mine.kind else kind for kind in kinds]
        return {a.kind: self.model_copy(update={"architecture": a}) for a in made}

    def circuit_words(self) -> str:
        """Describe the architecture of the converter."""
        return self.architecture.kind

    def designed(
        self, stated: Readout, design: Mapping[str, Any], timing: TimingConstants
    ) -> dict[str, Any]:
        """Choose the stated errors with the architecture of the design."""
        fields = super().designed(stated, design, timing)
        made: Architecture = stated.architecture if isinstance(stated, Adc) else SingleSlope()
        bends = not isinstance(self.converter.tone_curve, Linear)
        if bends and not isinstance(made, SingleSlope):
            made = SingleSlope()  # only a ramp bends
        if "converter" in design:
            if design["converter"] == "sar" and not bends:
                made = made if isinstance(made, Sar) else Sar()
            else:
                made = _fast_ramp(made, self.converter.bits, timing)
        return fields | {"architecture": made.model_dump(mode="json", exclude_none=True)}


def converter_form(settings: EnergySettings, technology: Survey | Process) -> ConverterForm:
    """How an ADC is priced.

    Parameters
    ----------
    settings : EnergySettings
        Prices of the pipeline; used is ``converter``.
    technology : Survey or Process
        Prices of whole circuits, or of the parts of a process.

    Returns
    -------
    str
        "first-principles", or how published converters are summarized.
    """
    if settings.converter is not None:
        return settings.converter
    return "survey" if isinstance(technology, Survey) else "first-principles"


def _fast_ramp(stated: Architecture, bits: int, timing: TimingConstants) -> SingleSlope:
    """A ramp as short as the technology's counter and the comparator's delay allow."""
    ramp = stated if isinstance(stated, SingleSlope) else SingleSlope()
    period_ns = timing.counter_period_ns.typical
    shortest_us = 1e-3 * max(ramp_steps(bits) * period_ns, 20 * ramp.comparator_delay_ns)
    time_us = min(ramp.conversion_time_us or shortest_us, shortest_us)
    return ramp.model_copy(update={"conversion_time_us": float(f"{time_us:.4g}")})
