"""Pelgrom's law: four times the area, half the offset, four times the energy."""

import numpy as np
import pytest

from sensorsim.circuits.pixel import PixelArray
from sensorsim.circuits.settings import EnergySettings
from sensorsim.circuits.sizing import sized, sized_comparator
from sensorsim.circuits.technology import Process, Survey
from sensorsim.core.errors import InputError
from sensorsim.pipeline.frame_ledger import readout_rows
from sensorsim.readout import Adc, Comparator, Readout, Sar, SingleSlope, Thermometer

STATED = {"technology": "cmos65", "link_pj_per_bit": 0, "frame_rate_hz": 30, "static_power_uw": 0}
GLT = Thermometer(thresholds=(0.1, 0.4))


def comparisons_pj(process: Process, readout: Readout, array: PixelArray,
                   size: float, **settings: str) -> float:  # fmt: skip
    """Typical energy of the comparators, their clock lines left out."""
    stated = EnergySettings(**STATED, comparator_size=size, **settings)  # type: ignore[arg-type]
    rows = readout_rows(stated, process, readout, array)
    (row,) = [r for r in rows if "comparison" in r.component or "bias" in r.component]
    names = {c.id: c.typical for c in row.price.constants}
    lines = {"logic.wire_ff_per_mm": 0.0, "logic.pin_ff": 0.0}
    return float(row.draws_pj(names | {k: v for k, v in lines.items() if k in names}))


@pytest.mark.parametrize(
    ("readout", "kind"),
    [
        (GLT, "dynamic"),
        (GLT, "static"),
        (Adc(bits=4, architecture=Sar()), "dynamic"),
        (Adc(bits=4, architecture=SingleSlope()), "dynamic"),
    ],
)
def test_energy_is_proportional_to_the_area(
    process: Process, array: PixelArray, readout: Readout, kind: str
) -> None:
    one = comparisons_pj(process, readout, array, 1, comparator=kind)
    four = comparisons_pj(process, readout, array, 4, comparator=kind)
    assert one > 0
    assert four == pytest.approx(4 * one)


def test_offset_and_noise_fall_with_the_root_of_the_area() -> None:
    free = Comparator(noise_mv=0.6, offset_mv=0)
    one, four = (sized_comparator(free, 8, s) for s in (1, 4))
    assert (one.offset_mv, one.noise_mv) == pytest.approx((8, 0.6))
    assert (four.offset_mv, four.noise_mv) == pytest.approx((4, 0.3))


def test_residual_offset_stays_whatever_the_area() -> None:
    residual = Comparator(noise_mv=0, offset_mv=3)
    assert sized_comparator(residual, 8, 4).offset_mv == pytest.approx(5), "3, 4, 5"
    assert sized_comparator(residual, 8, 64).offset_mv > 3


def test_offset_times_root_of_energy_is_constant(process: Process) -> None:
    figures = [
        c.dynamic_fj.typical * c.mismatch_mv.typical**2
        for c in (sized(process, s).comparator for s in (0.25, 1, 9))
    ]
    assert figures == pytest.approx([figures[0]] * 3)


def test_size_one_is_the_process_itself(process: Process) -> None:
    assert sized(process, 1) is process
    assert "comparator_size 2" in sized(process, 2).comparator.dynamic_fj.source


def test_a_larger_gate_loads_its_taps_and_nothing_else(process: Process, array: PixelArray) -> None:
    def rest(size: float) -> dict[str, float]:
        stated = EnergySettings(**STATED, comparator_size=size)  # type: ignore[arg-type]
        rows = readout_rows(stated, process, GLT, array)
        return {r.component: r.each_pj.typical for r in rows if "comparison" not in r.component}

    one, large = rest(1), rest(16)
    heavier = (300 * 5e-3 + 16 * 2.4) / (300 * 5e-3 + 2.4)
    # A sixteenth of the variance: a quarter of 8 mV is left to zero, and the same 0.5 mV remains.
    zeroed = "auto-zero of a comparator"
    assert large.pop(zeroed) == pytest.approx(one.pop(zeroed) * np.log(2 / 0.5) / np.log(8 / 0.5))
    for name, energy in one.items():
        loaded = "settling" in name or "line" in name
        assert large[name] == pytest.approx(energy * (heavier if loaded else 1)), name


def test_size_without_a_price_is_refused(
    survey: Survey, process: Process, array: PixelArray
) -> None:
    stated = EnergySettings(**STATED, comparator_size=2)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"energy\.comparator_size.*expected a process"):
        readout_rows(stated, survey, GLT, array)
    priced = stated.model_copy(update={"converter": "survey"})
    with pytest.raises(InputError, match=r"comparator_size 2 with energy\.converter 'survey'"):
        readout_rows(priced, process, Adc(bits=4), array, enob=3.9)
