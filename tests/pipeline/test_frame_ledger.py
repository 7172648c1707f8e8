"""The ledger of a frame under every pricing."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from sensorsim.bnn.model import Model
from sensorsim.circuits.ledger import STAGES, Ledger
from sensorsim.circuits.logic import Activity
from sensorsim.circuits.settings import EnergySettings
from sensorsim.circuits.technology import Process, Survey, load_technology
from sensorsim.core.errors import InputError
from sensorsim.pipeline.caveats import without_effect
from sensorsim.pipeline.cost import pixel_array
from sensorsim.pipeline.frame_ledger import frame_ledger
from sensorsim.pipeline.workload import Workload
from sensorsim.readout import Adc, Cyclic, Readout, Sar, Thermometer
from sensorsim.sensor import Photodiode

STATED = {"technology": "t", "link_pj_per_bit": 0.5, "frame_rate_hz": 30, "static_power_uw": 6}
GATES = {
    "kind": "gates", "toggles_per_product": 0.2, "weight_reuse": 10, "activation_reuse": 5,
}  # fmt: skip
M3 = Thermometer(thresholds=(0.1, 0.2, 0.3))


def settings(**changes: object) -> EnergySettings:
    return EnergySettings.model_validate(STATED | changes)


def ledger(
    technology: Survey | Process,
    readout: Readout,
    workload: Workload,
    shape: tuple[int, int, int] = (28, 28, 1),
    **changes: object,
) -> Ledger:
    return frame_ledger(
        settings(**changes),
        technology,
        pixel_array(Photodiode(), shape),
        readout,
        workload,
        enob=7.9,
    )


@pytest.mark.parametrize("readout", [Adc(bits=8), Adc(bits=8, architecture=Sar()), M3])
@pytest.mark.parametrize("name", ["survey", "cmos180", "cmos28"])
def test_every_stage_is_there_and_sourced(name: str, readout: Readout, workload: Workload) -> None:
    book = ledger(load_technology(name), readout, workload)
    assert {r.stage for r in book.rows} == set(STAGES)
    assert all(len(r.source) > 10 for r in book.rows)
    assert all(book.total_pj(s).low <= book.total_pj(s).high for s in STAGES)


def test_counts_of_a_survey(survey: Survey, workload: Workload) -> None:
    by_stage = {r.stage: r for r in reversed(ledger(survey, M3, workload).rows)}
    assert by_stage["pixel"].count == 784
    assert by_stage["readout"].count == by_stage["link"].count == 3 * 784
    assert by_stage["network"].count == 2 * 1250
    assert by_stage["static"].each_pj.typical == pytest.approx(6e-6 / 30 * 1e12)


@pytest.mark.parametrize("readout", [Adc(bits=6), M3])
def test_twice_the_columns_is_twice_the_readout(
    survey: Survey, workload: Workload, readout: Readout
) -> None:
    once, twice = (ledger(survey, readout, workload, (28, c, 1)) for c in (28, 56))
    for stage in ("pixel", "readout", "link"):
        assert twice.total_pj(stage).typical == pytest.approx(2 * once.total_pj(stage).typical)


def test_columns_share_what_the_reference_takes_without_a_load(
    process: Process, workload: Workload
) -> None:
    once, twice = (
        {r.component: r.total_pj.typical for r in ledger(process, M3, workload, (28, c, 1)).rows}
        for c in (28, 56)
    )
    for name, energy in once.items():
        if name.startswith(("reference", "ladder")):
            factor = 1 if "quiescent" in name else 2
            assert twice[name] == pytest.approx(factor * energy), name


def test_link_is_priced_by_the_bits_that_cross_it(survey: Survey, workload: Workload) -> None:
    shape = (8, 8, 3)
    for readout, bits in ((Adc(bits=5), 5), (M3, 3)):
        book = ledger(survey, readout, workload, shape)
        assert book.total_pj("link").high == pytest.approx(np.prod(shape) * bits * 0.5)


@pytest.mark.parametrize("rate", [1, 30, 1000])
def test_static_energy_is_power_times_the_time_it_is_on(
    survey: Survey, workload: Workload, rate: float
) -> None:
    book = ledger(survey, M3, workload, frame_rate_hz=rate, duty_cycle=0.25)
    row = next(r for r in book.rows if r.component == "static power over the frame time")
    assert row.total_pj.typical == pytest.approx(6e-6 * 0.25 / rate * 1e12)


def test_gates_price_arithmetic_and_memories_apart(process: Process, workload: Workload) -> None:
    book = ledger(process, M3, workload, network=GATES, parallel_products=64)
    rows = {r.component.split(":")[0].split(" (")[0]: r for r in book.rows}
    assert rows["XNOR transition"].count == pytest.approx(0.2 * 1250)
    assert rows["weight"].count == 125
    assert rows["activation"].count == 250
    assert rows["accumulator of 7 bits, clocked"].count == 7 * (16 + 4)
    assert not any(r.whole_chip for r in book.rows)


@pytest.mark.parametrize("readout", [M3, M3.model_copy(update={"mode": "sequential"}), Adc(bits=8)])
@pytest.mark.parametrize("comparator", ["dynamic", "static"])
def test_more_of_any_constant_never_costs_less(
    process: Process, workload: Workload, readout: Readout, comparator: str
) -> None:
    for link in ({"kind": "off-chip"}, {"kind": "wire", "length_mm": 1, "toggles_per_bit": 0.5}):
        book = ledger(
            process, readout, workload, network=GATES, parallel_products=64, link=link,
            link_pj_per_bit=None, comparator=comparator,
        )  # fmt: skip
        middle = {c.id: c.typical for c in book.constants()}
        assert book.draws_pj(middle) == pytest.approx(book.total_pj().typical)
        for c in book.constants():
            more = book.draws_pj(middle | {c.id: c.high})
            assert more >= book.draws_pj(middle) >= book.draws_pj(middle | {c.id: c.low}), c.id


@pytest.mark.parametrize(
    ("readout", "changes", "expected"),
    [
        (M3, {"converter": "survey"}, ["energy.converter 'survey'"]),
        (M3, {"sar_switching": "monotonic"}, ["energy.sar_switching 'monotonic'"]),
        (M3, {"comparator": "static"}, []),
        (Adc(bits=8), {"comparator": "static"}, ["energy.comparator 'static'"]),
        (Adc(bits=8), {"sar_switching": "monotonic"}, ["energy.sar_switching 'monotonic'"]),
        (Adc(bits=8, architecture=Sar()), {"sar_switching": "monotonic"}, []),
        (Adc(bits=8, architecture=Sar()), {"comparator": "static"}, []),
    ],
)
def test_settings_that_price_nothing_are_said(
    process: Process, readout: Readout, changes: dict[str, str], expected: list[str]
) -> None:
    assert without_effect(settings(**changes), process, readout) == expected


def test_power_is_that_of_the_stated_frame_rate(survey: Survey, workload: Workload) -> None:
    for rate in (1, 30):
        power = ledger(survey, M3, workload, frame_rate_hz=rate).average_power_uw()
        assert power.low > 6, "never less than the static power"


def kept_pj(book: Ledger) -> dict[str, float]:
    """Leakage of stored bits."""
    return {r.component: r.total_pj.typical for r in book.rows if "bit kept" in r.component}


@pytest.mark.parametrize("name", ["survey", "cmos28"])
@pytest.mark.parametrize("rate", [1, 30])
def test_weights_leak_over_the_frame(name: str, rate: float, workload: Workload) -> None:
    kept = kept_pj(ledger(load_technology(name), M3, workload, frame_rate_hz=rate))
    assert kept == {
        "weight bit kept over the frame time": pytest.approx(4096 * 5.7e-12 / rate * 1e12)
    }


def test_activations_of_gates_leak_while_the_network_computes(
    process: Process, workload: Workload
) -> None:
    book = ledger(process, M3, workload, network=GATES, parallel_products=64)
    kept = kept_pj(book)
    assert kept["weight bit kept over the frame time"] == pytest.approx(4096 * 5.7 / 30)
    assert kept["activation bit kept while computing"] == pytest.approx(512 * 5.7 * 20 * 10e-9)
    (row,) = (r for r in book.rows if r.component == "activation bit kept while computing")
    assert row.total_pj.high == pytest.approx(512 * 111 * 20 * 100e-9), "at its slowest clock"
    endless = ledger(process, M3, replace(workload, products=[10**12]), network=GATES,
                     parallel_products=1)  # fmt: skip
    assert kept_pj(endless)["activation bit kept while computing"] == pytest.approx(512 * 5.7 / 30)


@pytest.mark.parametrize("period", [1, 1000])
def test_slower_network_is_never_cheaper(tmp_path: Path, workload: Workload, period: float) -> None:
    def total(ns: float, network: dict[str, object]) -> float:
        path = tmp_path / f"{ns:g}.toml"
        path.write_text(f'base = "cmos65"\n[timing]\nnetwork_period_ns = {ns}\n')
        found = load_technology(path)
        return ledger(found, M3, workload, network=network, parallel_products=8).total_pj().typical

    for kind in ({"kind": "chip"}, GATES):
        assert total(2 * period, kind) >= total(period, kind)


@pytest.mark.parametrize(
    ("readout", "holds"),
    [
        (M3, True),
        (M3.model_copy(update={"mode": "sequential"}), True),
        (Adc(bits=8), True),
        (Adc(bits=8, architecture=Sar()), False),
        (Adc(bits=8, architecture=Cyclic()), False),
    ],
)
def test_who_samples_lets_the_follower_go(
    process: Process, workload: Workload, readout: Readout, holds: bool
) -> None:
    rows = {r.component: r.each_pj.typical for r in ledger(process, readout, workload).rows}
    held = rows.get("source follower that holds the column", 0.0)
    conversion = readout.conversion_us(process.timing).range.typical if holds else 0.0
    assert held == pytest.approx(1.5 * 2.8 * conversion)


def test_chip_and_gates_together_raise(process: Process, workload: Workload) -> None:
    chip = ledger(process, M3, workload)
    gates = ledger(process, M3, workload, network=GATES, parallel_products=64)
    with pytest.raises(InputError, match="whole chip"):
        Ledger((*chip.rows, *gates.rows))


def test_measured_activity_is_required(process: Process, workload: Workload) -> None:
    network = GATES | {"toggles_per_product": "layers"}
    with pytest.raises(InputError, match="was not measured"):
        ledger(process, M3, workload, network=network, parallel_products=64)
    measured = replace(workload, activity=Activity(1250, 125, "activity of the input bits"))
    book = ledger(process, M3, measured, network=network, parallel_products=64)
    (xnor,) = (r for r in book.rows if r.component.startswith("XNOR"))
    assert xnor.count == pytest.approx(125)
    assert "activity of the input bits" in xnor.component


def test_gates_ask_for_their_numbers() -> None:
    with pytest.raises(ValidationError, match="toggles_per_product"):
        settings(network={"kind": "gates"}, parallel_products=1)
    with pytest.raises(ValidationError, match=r"energy\.parallel_products is missing"):
        settings(network=GATES)
    with pytest.raises(ValidationError, match="a number, or one of 'layers', 'matches'"):
        settings(network=GATES | {"toggles_per_product": "guess"}, parallel_products=1)
    with pytest.raises(ValidationError, match="expected 0 to 1"):
        settings(network=GATES | {"toggles_per_product": 1.5}, parallel_products=1)


def test_link_has_no_silent_default() -> None:
    with pytest.raises(ValidationError, match=r"energy\.link_pj_per_bit is missing"):
        settings(link_pj_per_bit=None)
    with pytest.raises(ValidationError, match="only one of them"):
        settings(link={"kind": "off-chip"})


@pytest.mark.parametrize(
    ("readout", "changes"),
    [
        (Adc(bits=8), {"converter": "first-principles"}),
        (M3, {"link": {"kind": "off-chip"}, "link_pj_per_bit": None}),
        (M3, {"network": GATES, "parallel_products": 8}),
        (M3, {"comparator": "static"}),
        (Adc(bits=8), {"sar_switching": "monotonic"}),
    ],
)
def test_a_survey_has_no_parts(
    survey: Survey, workload: Workload, readout: Readout, changes: dict[str, object]
) -> None:
    with pytest.raises(InputError, match=r"'survey'.*expected a process, like cmos65"):
        ledger(survey, readout, workload, **changes)


@pytest.mark.parametrize("text", ["[supply]\nanalog_v = 0.8", "[pixel]\nsupply_v = 0.8"])
def test_no_pixel_swings_further_than_its_supply_or_what_reads_it(
    tmp_path: Path, workload: Workload, text: str
) -> None:
    (tmp_path / "low.toml").write_text(f'base = "cmos65"\n{text}\n')
    with pytest.raises(InputError, match=r"full scale of 1 V .*_v of cmos65, 0\.8 V"):
        ledger(load_technology(tmp_path / "low.toml"), M3, workload)


@pytest.mark.parametrize("readout", [M3, Adc(bits=8)])
@pytest.mark.parametrize(
    ("name", "supply"), [("cmos65", r"supply\.analog_v"), ("survey", r"survey\.pixel\.supply_v")]
)
def test_no_circuit_reads_more_volts_than_its_supply_has(
    name: str, supply: str, workload: Workload, readout: Readout
) -> None:
    high = pixel_array(Photodiode(conversion_gain_uv_per_e=185), (28, 28, 1))
    with pytest.raises(InputError, match=rf"full scale of 1\.85 V .*{supply} of {name}, 1\.8 V"):
        frame_ledger(settings(), load_technology(name), high, readout, workload, 7.9)


def test_process_prices_an_adc_by_the_survey_if_asked(
    process: Process, survey: Survey, workload: Workload
) -> None:
    for form in ("survey", "walden", "schreier"):
        mine = ledger(process, Adc(bits=8), workload, converter=form).total_pj("readout")
        assert mine == ledger(survey, Adc(bits=8), workload, converter=form).total_pj("readout")


def test_survey_needs_a_measured_enob(survey: Survey, workload: Workload) -> None:
    with pytest.raises(InputError, match="measured ENOB"):
        frame_ledger(
            settings(), survey, pixel_array(Photodiode(), (8, 8, 1)), Adc(bits=8), workload
        )


def test_workload_counts_a_model(model: Model) -> None:
    found = Workload.of(model)
    # 6 x 7 pixels: 42 x 10 outputs of 18 products; pooled to 3 x 3; stride 2 gives 2 x 2 of 45
    assert found.products == [42 * 10 * 18, 4 * 12 * 45, 3 * 48]
    assert found.operations == model.binary_operations
    assert found.weight_bits == 10 * 18 + 12 * 45 + 3 * 48
    assert found.activation_bits == 42 * 10
    assert found.max_accumulator == 48
