"""Two pipelines' energies against each other: their difference, and where they break even."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sensorsim.energy import break_even
from sensorsim.energy.break_even import BreakEven
from sensorsim.energy.constant import FloatArray, Range
from sensorsim.energy.frame import link_row, readout_rows
from sensorsim.energy.ledger import STAGES, Ledger
from sensorsim.energy.pixel import PixelArray
from sensorsim.energy.survey import ADC_PERCENTILE
from sensorsim.energy.uncertainty import DRAWS, Difference, Draws, difference, draw, paired_draws
from sensorsim.pipeline import Pipeline
from sensorsim.readout import Adc, Thermometer
from sensorsim.readout.thermometer import MAX_THRESHOLDS

READOUT_AND_LINK = ("readout", "link")
"""What a choice of readout changes at once; the network changes with the model behind it."""
SCOPES = {"readout and link": READOUT_AND_LINK, "whole frame": STAGES}
LINK_PRICES_PJ = (0.0, 0.1, 1.0, 10.0, 100.0)


@dataclass(frozen=True)
class Against:
    """Two pipelines, the first less the second.

    Attributes
    ----------
    differences : dict of Difference
        For each of `SCOPES`.
    published_adc_pj : Range or None
        Conversions of a frame at the survey's best envelope, median and 90th percentile, if one
        pipeline has a thermometer and the other an ADC; and so for all that follow.
    percentile, link : dict of BreakEven
        For each of `SCOPES`.
    thresholds : BreakEven or None
        Of readout and link, since more thresholds need another network.
    thermometer_first : bool
    """

    differences: dict[str, Difference]
    published_adc_pj: Range | None
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
        return Against(differences, None, {}, {}, None, thermometer_first)
    glt, adc = (first, second) if thermometer_first else (second, first)
    return Against(
        differences,
        _surveyed(adc).total_pj("readout"),
        {name: _percentile(glt, adc, s, draws, seed) for name, s in SCOPES.items()},
        {name: _link(glt, adc, s, draws, seed, link_prices_pj) for name, s in SCOPES.items()},
        _thresholds(glt, adc, draws, seed),
        thermometer_first,
    )


def _percentile(
    glt: Pipeline, adc: Pipeline, stages: tuple[str, ...], draws: int, seed: int
) -> BreakEven:
    """Against published ADCs of this one's effective bits, whatever else its price is."""
    mine, surveyed = glt.ledger(), _surveyed(adc)
    a, b = paired_draws(mine, surveyed, draws, seed)

    def adc_pj_at(percentile: float) -> FloatArray:
        values = dict(b) | {ADC_PERCENTILE: np.full(draws, percentile)}
        return _total(surveyed, values, stages, draws)

    return break_even.adc_percentile(_total(mine, a, stages, draws), adc_pj_at)


def _surveyed(adc: Pipeline) -> Ledger:
    """The ledger with the ADC priced like published ones of as many effective bits."""
    return adc.ledger(adc.description.energy.model_copy(update={"converter": "survey"}))


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
    settings, array = glt.description.energy, _array(glt)
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


def _array(chain: Pipeline) -> PixelArray:
    i = chain.model.input
    return PixelArray.of(chain.description.photodiode, (i.height, i.width, i.colors))


def _bits(chain: Pipeline) -> int:
    readout: Adc | Thermometer = chain.readout
    return _array(chain).samples * readout.link_bits_per_sample


def _total(book: Ledger, values: Draws, stages: tuple[str, ...], draws: int) -> FloatArray:
    return np.broadcast_to(np.asarray(book.draws_pj(values, *stages), np.float64), draws)
