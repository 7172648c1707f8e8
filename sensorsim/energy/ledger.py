"""The ledger of one frame: pixel array, readout, link, network, static power."""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from pydantic import Field

from sensorsim.description import Description
from sensorsim.energy.technology import Range, Technology
from sensorsim.photodiode import Photodiode
from sensorsim.readout import Adc, Thermometer

MEDIAN, HIGH = 50.0, 90.0
"""Percentiles of the survey that stand for typical and high; low is its best envelope."""


class EnergySettings(Description):
    """What the designer must say about prices; nothing here has a silent default."""

    technology: str = Field(description="Name of a technology that ships, or path of a TOML file.")
    link_pj_per_bit: float = Field(
        ge=0, le=1e4, description="Price of one bit from readout to network, pJ."
    )
    frame_rate_hz: float = Field(gt=0, le=1e6, description="Frames per second.")
    static_power_uw: float = Field(
        ge=0, le=1e7, description="Static power of the whole chip, charged per frame time, uW."
    )


@dataclass(frozen=True)
class Row:
    """One line of the ledger."""

    stage: str
    component: str
    count: float
    each_pj: Range
    source: str

    @property
    def total_pj(self) -> Range:
        """Count times price."""
        return self.each_pj.scaled(self.count)


@dataclass(frozen=True)
class Ledger:
    """All lines of one frame."""

    rows: tuple[Row, ...]

    def total_pj(self, *stages: str) -> Range:
        """Sum over the given stages, or over all of them."""
        rows = [r.total_pj for r in self.rows if not stages or r.stage in stages]
        return Range(
            low=sum(r.low for r in rows),
            typical=sum(r.typical for r in rows),
            high=sum(r.high for r in rows),
        )

    def to_xarray(self) -> xr.Dataset:
        """Rows as a dataset over the dimension ``row``."""
        totals = [r.total_pj for r in self.rows]
        columns: dict[str, list[str] | list[float]] = {
            "stage": [r.stage for r in self.rows],
            "component": [r.component for r in self.rows],
            "source": [r.source for r in self.rows],
            "count": [r.count for r in self.rows],
            "energy_pj_low": [t.low for t in totals],
            "energy_pj_typical": [t.typical for t in totals],
            "energy_pj_high": [t.high for t in totals],
        }
        data = xr.Dataset({k: ("row", v) for k, v in columns.items()})
        for name in data.data_vars:
            if str(name).startswith("energy_pj"):
                data[name].attrs["units"] = "pJ"
        return data


def effective_bits(adc: Adc, full_scale_v: float) -> float:
    """ENOB of a linear converter of so many bits with this input noise (IEEE Std 1241).

    From the signal-to-noise ratio of a full-scale sine over quantization noise ``q**2 / 12`` and
    input noise. A companded converter is priced like the linear one of its number of bits.
    """
    step = full_scale_v / 2**adc.converter.bits
    noise = step**2 / 12 + (adc.comparator.noise_mv * 1e-3) ** 2
    ratio_db = 10 * np.log10(full_scale_v**2 / 8 / noise)
    return float((ratio_db - 1.76) / 6.02)


def adc_conversion_pj(
    technology: Technology, adc: Adc, full_scale_v: float, percentile: float | None
) -> float:
    """Energy of one conversion at a percentile of the survey; None for the best envelope.

    Few bits are cheaper as a flash of ``2**bits - 1`` comparators, and so a 1-bit ADC costs what
    one comparator costs: the lower of the two prices holds.
    """
    enob = effective_bits(adc, full_scale_v)
    if percentile is None:
        converter = technology.adc.envelope(enob)
    else:
        converter = technology.adc.at(enob, percentile)
    return min(converter, adc.converter.levels * technology.comparator.at(percentile or 0.0))


def readout_row(
    technology: Technology, readout: Adc | Thermometer, full_scale_v: float, samples: int
) -> Row:
    """Conversions of an ADC, or comparisons of a thermometer, of one frame.

    A thermometer compares M times per sample in both modes: M comparators once, or one M times.
    """
    if isinstance(readout, Adc):
        low, typical, high = (
            adc_conversion_pj(technology, readout, full_scale_v, p) for p in (None, MEDIAN, HIGH)
        )
        each = Range(low=low, typical=typical, high=high)
        name = f"{readout.converter.bits}-bit conversion"
        source = f"{technology.adc.ratio_source}; low: {technology.adc.envelope_source}"
        return Row("readout", name, samples, each, source)
    prices = technology.comparator
    each = Range(low=prices.at(0), typical=prices.at(MEDIAN), high=prices.at(HIGH))
    name = "comparison with reference and clock"
    return Row("readout", name, samples * readout.levels, each, prices.source)


def frame_ledger(
    settings: EnergySettings,
    technology: Technology,
    photodiode: Photodiode,
    readout: Adc | Thermometer,
    image_shape: tuple[int, int, int],
    operations: int,
) -> Ledger:
    """Price one frame.

    Parameters
    ----------
    image_shape : rows, columns, colors
    operations : int
        Binary operations of one decision.
    """
    rows, columns, colors = image_shape
    samples = rows * columns * colors
    link = Range(
        low=settings.link_pj_per_bit,
        typical=settings.link_pj_per_bit,
        high=settings.link_pj_per_bit,
    )
    static_pj = settings.static_power_uw / settings.frame_rate_hz * 1e6
    chip = technology.bnn.energy_fj_per_operation.scaled(1e-3)
    return Ledger(
        (
            Row("pixel", "reset and column readout", samples,
                technology.pixel.energy_pj(rows), technology.pixel.source),
            readout_row(technology, readout, photodiode.full_scale_v, samples),
            Row("link", "bit from readout to network", samples * readout.link_bits_per_sample,
                link, "energy.link_pj_per_bit of the pipeline"),
            Row("network", "binary operation, memory included", operations, chip,
                technology.bnn.source),
            Row("static", "static power over the frame time", 1,
                Range(low=static_pj, typical=static_pj, high=static_pj),
                "energy.static_power_uw of the pipeline"),
        )
    )  # fmt: skip


def break_even_percentile(
    technology: Technology, adc: Adc, full_scale_v: float, energy_pj: float
) -> float | None:
    """Percentile of the survey at which the ADC's conversion costs ``energy_pj``.

    Below it the ADC is cheaper, above it dearer. None if even the dearest published one is cheaper;
    0 if even the cheapest is dearer.
    """
    percentiles = np.arange(0, 100.5, 0.5)
    prices = np.array(
        [adc_conversion_pj(technology, adc, full_scale_v, float(p)) for p in percentiles]
    )
    if energy_pj <= prices[0]:
        return 0.0
    if energy_pj > prices[-1]:
        return None
    return float(percentiles[np.searchsorted(prices, energy_pj)])
