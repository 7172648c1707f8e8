"""Two pipelines' energies against each other: their difference, and where they break even."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sensorsim.circuits import break_even
from sensorsim.circuits.break_even import BreakEven
from sensorsim.circuits.constant import FloatArray, Range
from sensorsim.circuits.converter import published_prices, published_row
from sensorsim.circuits.ledger import STAGES, Ledger
from sensorsim.circuits.technology import Process
from sensorsim.circuits.uncertainty import (
    DRAWS,
    Difference,
    Draws,
    difference,
    draw,
    paired_draws,
    quantile,
)
from sensorsim.pipeline.chain import Pipeline
from sensorsim.pipeline.cost import converter_form, link_row, readout_rows
from sensorsim.readout import Adc, Cyclic, Sar, SingleSlope, Thermometer
from sensorsim.readout.thermometer.description import MAX_THRESHOLDS
from sensorsim.tonemap import Linear

READOUT_AND_LINK = ("readout", "link")
"""What a choice of readout changes at once; the network changes with the model behind it."""
SCOPES = {"readout and link": READOUT_AND_LINK, "whole frame": STAGES}
CLASSES = ("SAR", "flash")
"""Of published converters."""
LINK_PRICES_PJ = (0.0, 0.1, 1.0, 10.0, 100.0)


@dataclass(frozen=True)
class Against:
    """Two pipelines, the first less the second.

    Attributes
    ----------
    differences : dict of Difference
        For each of `SCOPES`.
    published_adc_pj : dict of Range
        Conversions of a frame by class of published converters: a SAR at the best envelope, median
        and 90th percentile; a flash at its cheapest, median and 90th percentile. Empty unless one
        pipeline has a thermometer and the other an ADC; and so for all that follow.
    architectures : dict of Difference
        Thermometer less ADC, readout and link, with the ADC built in every way that a process has
        figures for.
    percentile, link : dict of BreakEven
        For each of `SCOPES`. The percentile is that of published SARs; there is none if the
        technology states a ratio to the envelope that is no distribution.
    thresholds : BreakEven or None
        Of readout and link, since more thresholds need another network.
    thermometer_first : bool
    """

    differences: dict[str, Difference]
    published_adc_pj: dict[str, Range]
    architectures: dict[str, Difference]
    percentile: dict[str, BreakEven]
    link: dict[str, BreakEven]
    thresholds: BreakEven | None
    thermometer_first: bool


def compare_energy(
    first: Pipeline,
    second: Pipeline,
    draws: int = DRAWS,
    seed: int = 0,
    link_prices_pj: Sequence[float] = LINK_PRICES_PJ,
) -> Against:
    """Difference of two pipelines' energies, and where a thermometer and an ADC break even.

    Parameters
    ----------
    link_prices_pj : prices per bit at which the probability of winning is asked for
    """
    ledgers = first.ledger(), second.ledger()
    differences = {
        name: difference(*ledgers, *stages, draws=draws, seed=seed)
        for name, stages in SCOPES.items()
    }
    thermometer_first = isinstance(first.readout, Thermometer)
    if thermometer_first == isinstance(second.readout, Thermometer):
        return Against(differences, {}, {}, {}, {}, None, thermometer_first)
    glt, adc = (first, second) if thermometer_first else (second, first)
    surveyed = adc.technology.survey.adc.ratio.law == "empirical"
    scopes = SCOPES if surveyed else {}
    return Against(
        differences,
        {name: _surveyed(adc, name).total_pj("readout") for name in CLASSES},
        _architectures(glt, adc, draws, seed),
        {name: _percentile(glt, adc, s, draws, seed) for name, s in scopes.items()},
        {name: _link(glt, adc, s, draws, seed, link_prices_pj) for name, s in SCOPES.items()},
        _thresholds(glt, adc, draws, seed),
        thermometer_first,
    )


def unlike(first: Pipeline, second: Pipeline) -> list[str]:
    """What keeps a difference from being that of two readouts alone."""
    found = []
    rates = [c.description.energy.frame_rate_hz for c in (first, second)]
    if rates[0] != rates[1]:
        found.append(
            f"{rates[0]:g} and {rates[1]:g} frames/s; what leaks does so for longer where they are "
            "slow"
        )
    arrays = [" x ".join(map(str, c.array_shape)) for c in (first, second)]
    if arrays[0] != arrays[1]:
        found.append(
            f"{arrays[0]} and {arrays[1]} samples (rows, columns, colors); the energies are those "
            "of whole frames"
        )
    chains = {isinstance(c.readout, Thermometer): c for c in (first, second)}
    if len(chains) == 2 and isinstance(chains[True].technology, Process):
        found.append(
            "by its parts a thermometer's price is a lower bound, that of a published ADC is not "
            "(docs/energy.md, Sanity)"
        )
    return found


def _percentile(
    glt: Pipeline, adc: Pipeline, stages: tuple[str, ...], draws: int, seed: int
) -> BreakEven:
    """Against published SARs of this one's effective bits, whatever else its price is."""
    mine, surveyed = glt.ledger(), _surveyed(adc, "SAR")
    ratio = adc.technology.survey.adc.ratio
    a, b = paired_draws(mine, surveyed, draws, seed)

    def adc_pj_at(percentile: float) -> FloatArray:
        values = dict(b) | {ratio.id: quantile(ratio, np.full(draws, percentile / 100))}
        return _total(surveyed, values, stages, draws)

    return break_even.adc_percentile(_total(mine, a, stages, draws), adc_pj_at)


def _surveyed(adc: Pipeline, name: str) -> Ledger:
    """The ledger with the ADC priced like published ones of a class and as many effective bits."""
    circuit, enob = adc.readout, adc.enob
    assert isinstance(circuit, Adc) and enob is not None
    prices = published_prices(adc.technology.survey, circuit, enob)
    row = published_row(prices, name, circuit, enob, adc.pixel_array.samples)
    return Ledger((*(r for r in adc.ledger().rows if r.stage != "readout"), row))


def _architectures(glt: Pipeline, adc: Pipeline, draws: int, seed: int) -> dict[str, Difference]:
    """Against every way to build this ADC, at the process's own figures; a survey has none."""
    circuit, settings = adc.readout, adc.description.energy
    assert isinstance(circuit, Adc)
    if converter_form(settings, adc.technology) != "first-principles":
        return {}
    kinds: list[SingleSlope | Sar | Cyclic] = [SingleSlope()]
    if isinstance(circuit.converter.tone_curve, Linear):
        kinds += [Sar(), Cyclic()]  # only a ramp bends
    found: dict[str, Difference] = {}
    for kind in kinds:
        made = circuit.architecture if kind.kind == circuit.architecture.kind else kind
        readout = circuit.model_copy(update={"architecture": made})
        theirs = Ledger((
            *readout_rows(settings, adc.technology, readout, adc.pixel_array),
            link_row(settings, adc.technology, readout, adc.pixel_array),
        ))  # fmt: skip
        found[kind.kind] = difference(
            glt.ledger(), theirs, *READOUT_AND_LINK, draws=draws, seed=seed
        )
    return found


def _link(
    glt: Pipeline,
    adc: Pipeline,
    stages: tuple[str, ...],
    draws: int,
    seed: int,
    prices_pj: Sequence[float],
) -> BreakEven:
    mine, theirs = glt.ledger(), adc.ledger()
    a, b = paired_draws(mine, theirs, draws, seed)
    others = tuple(s for s in stages if s != "link")
    free = _total(mine, a, others, draws) - _total(theirs, b, others, draws)
    return break_even.link_price(free, _bits(glt) - _bits(adc), np.array(prices_pj))


def _thresholds(glt: Pipeline, adc: Pipeline, draws: int, seed: int) -> BreakEven:
    circuit = glt.readout
    assert isinstance(circuit, Thermometer)
    most = MAX_THRESHOLDS
    if circuit.reference_bits is not None:
        most = min(most, 2**circuit.reference_bits)
    settings, array = glt.description.energy, glt.pixel_array
    rows = []
    for count in range(1, most + 1):
        levels = tuple(float(t) for t in np.arange(1, count + 1) / count)
        readout = circuit.model_copy(update={"thresholds": levels})
        book = Ledger((
            *readout_rows(settings, glt.technology, readout, array),
            link_row(settings, glt.technology, readout, array),
        ))  # fmt: skip
        rows.append(_total(book, draw(book.constants(), draws, seed), STAGES, draws))
    theirs = adc.ledger()
    values = draw(theirs.constants(), draws, seed)
    return break_even.thresholds(_total(theirs, values, READOUT_AND_LINK, draws), np.stack(rows))


def _bits(chain: Pipeline) -> int:
    readout: Adc | Thermometer = chain.readout
    return chain.pixel_array.samples * readout.link_bits_per_sample


def _total(book: Ledger, values: Draws, stages: tuple[str, ...], draws: int) -> FloatArray:
    return np.broadcast_to(np.asarray(book.draws_pj(values, *stages), np.float64), draws)
