"""Compare the energies of two pipelines: their difference, and where they break even."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sensorsim.circuits import break_even
from sensorsim.circuits.break_even import BreakEven
from sensorsim.circuits.constant import FloatArray, Range
from sensorsim.circuits.figures import Process
from sensorsim.circuits.ledger import STAGES, Ledger, Row
from sensorsim.circuits.uncertainty import (
    DRAWS,
    Difference,
    Draws,
    difference,
    draw,
    paired_draws,
    quantile,
)
from sensorsim.pipeline.frame_ledger import link_row, readout_rows
from sensorsim.pipeline.pipeline import Pipeline

READOUT_AND_LINK = ("readout", "link")
"""Stages that a choice of readout changes directly; the network changes with the model."""
SCOPES = {"readout and link": READOUT_AND_LINK, "whole frame": STAGES}
LINK_PRICES_PJ = (0.0, 0.1, 1.0, 10.0, 100.0)


@dataclass(frozen=True)
class EnergyComparison:
    """Energies of two pipelines, first minus second.

    One readout (``bought``) exists as a published converter, the other (``rival``) does not. If
    both or neither exist as one, only the differences are given.

    Attributes
    ----------
    differences : dict of Difference
        Energy differences of a frame, pJ, for each of `SCOPES`.
    published_adc_pj : dict of Range
        Conversions of a frame by published converters of the same effective bits, pJ, by class: a
        SAR at the best envelope, median and 90th percentile; a flash at its lowest, median and
        90th percentile.
    architectures : dict of Difference
        Readout without a published converter minus the converter, readout and link, pJ, for every
        architecture of the converter that the process has figures for.
    percentile, link : dict of BreakEven
        Break-even percentile of published SARs, and break-even price of the link, for each of
        `SCOPES`. No percentile if the technology's ratio to the envelope is not a distribution.
    thresholds : BreakEven or None
        Break-even number of levels for readout and link (more levels need another network); None
        if the price does not grow level by level.
    rival_first : bool
        Whether the readout without a published converter is that of the first pipeline.
    """

    differences: dict[str, Difference]
    published_adc_pj: dict[str, Range]
    architectures: dict[str, Difference]
    percentile: dict[str, BreakEven]
    link: dict[str, BreakEven]
    thresholds: BreakEven | None
    rival_first: bool


def compare_energy(
    first: Pipeline,
    second: Pipeline,
    draws: int = DRAWS,
    seed: int = 0,
    link_prices_pj: Sequence[float] = LINK_PRICES_PJ,
) -> EnergyComparison:
    """Compare two pipelines' energies, and find where a readout and a converter break even.

    Parameters
    ----------
    first, second : Pipeline
        The pipelines.
    draws : int
        Number of Monte Carlo draws of the technology's constants.
    seed : int, 0 to 2**32 - 1
        Seed of the draws.
    link_prices_pj : sequence of float
        Link prices at which to compute the probability that the rival needs less energy, pJ per
        bit.

    Returns
    -------
    EnergyComparison
        Differences, first minus second, and break-even points.

    Raises
    ------
    InputError
        If a pipeline's settings ask for a price that its technology does not have.
    """
    ledgers = first.cost.ledger(), second.cost.ledger()
    differences = {
        name: difference(*ledgers, *stages, draws=draws, seed=seed)
        for name, stages in SCOPES.items()
    }
    if is_sold(first) == is_sold(second):
        return EnergyComparison(differences, {}, {}, {}, {}, None, not is_sold(first))
    rival, bought = (second, first) if is_sold(first) else (first, second)
    surveyed = bought.cost.technology.survey.adc.ratio.law == "empirical"
    scopes = SCOPES if surveyed else {}
    published = published_rows(bought)
    return EnergyComparison(
        differences,
        {name: _bought(bought, row).total_pj("readout") for name, row in published.items()},
        _architectures(rival, bought, draws, seed),
        {name: _percentile(rival, bought, s, draws, seed) for name, s in scopes.items()},
        {name: _link(rival, bought, s, draws, seed, link_prices_pj) for name, s in SCOPES.items()},
        _thresholds(rival, bought, draws, seed),
        rival is first,
    )


def published_rows(chain: Pipeline) -> dict[str, Row]:
    """Price a frame's conversions at published converters.

    Parameters
    ----------
    chain : Pipeline
        The pipeline.

    Returns
    -------
    dict of str to Row
        Energy rows by class of converter, pJ per conversion; empty if the readout does not exist as
        a published converter.
    """
    enob = chain.cost.enob
    if enob is None:
        return {}
    samples = chain.cost.pixel_array.samples
    return chain.readout.published_rows(chain.cost.technology.survey, enob, samples)


def is_sold(chain: Pipeline) -> bool:
    """Whether a pipeline's readout exists as a published converter.

    Parameters
    ----------
    chain : Pipeline
        The pipeline.

    Returns
    -------
    bool
        True if `published_rows` gives any.
    """
    return bool(published_rows(chain))


def differences(first: Pipeline, second: Pipeline) -> list[str]:
    """List reasons why a difference is not that of the two readouts alone.

    Parameters
    ----------
    first, second : Pipeline
        The pipelines.

    Returns
    -------
    list of str
        One sentence for each.
    """
    found = []
    rates = [c.description.energy.frame_rate_hz for c in (first, second)]
    if rates[0] != rates[1]:
        found.append(
            f"{rates[0]:g} and {rates[1]:g} frames/s; leakage per frame is larger at the lower rate"
        )
    arrays = [" x ".join(map(str, c.cost.array_shape)) for c in (first, second)]
    if arrays[0] != arrays[1]:
        found.append(
            f"{arrays[0]} and {arrays[1]} samples (rows, columns, colors); the energies are those "
            "of whole frames"
        )
    rivals = [c for c in (first, second) if not is_sold(c)]
    if len(rivals) == 1 and isinstance(rivals[0].cost.technology, Process):
        found.append(
            f"by its parts the price of a {rivals[0].readout.kind} is a lower bound, that of a "
            "published ADC is not (docs/energy.md, Sanity and Limits)"
        )
    return found


def break_even_words(name: str, sample_pj: Range, rival_name: str, bought: Pipeline) -> str:
    """Describe how a readout's price compares with that of published converters.

    Parameters
    ----------
    name : str
        Name of the readout.
    sample_pj : Range
        Its energy per sample, pJ.
    rival_name : str
        Name of the converter.
    bought : Pipeline
        The converter's pipeline.

    Returns
    -------
    str
        Sentences.
    """
    published = published_rows(bought)
    sar, flash = (published[c].each_pj for c in ("SAR", "flash"))
    enob, survey = bought.cost.enob, bought.cost.technology.survey
    assert enob is not None
    sentences = [
        f"{name} against {rival_name}, the cheapest ADC of equal accuracy: one ADC sample costs "
        f"{sar.low:.3g} pJ (best envelope), {sar.typical:.3g} pJ (median), {sar.high:.3g} pJ "
        f"(90th percentile) in a SAR, and {flash.low:.3g}, {flash.typical:.3g} and "
        f"{flash.high:.3g} pJ in a flash (cheapest, median, 90th)."
    ]

    def adc_pj(percentile: float) -> float:
        ratio = quantile(survey.adc.ratio, np.array([percentile / 100]))
        return ratio.item() * survey.adc.envelope(enob)

    mine = np.array([sample_pj.low, sample_pj.typical, sample_pj.high])
    percentiles = break_even.first_percentile(mine, adc_pj)
    for bound, own, percentile in zip(("low", "typical", "high"), mine, percentiles, strict=True):
        if np.isnan(percentile):
            verdict = "needs more energy than every published SAR"
        elif percentile == 0:
            verdict = "needs less energy than every published SAR"
        else:
            verdict = f"breaks even with the SAR at percentile {percentile:g} of the survey"
        sentences.append(f"{name} {bound} {own:.3g} pJ: {verdict}.")
    return " ".join(sentences)


def _percentile(
    rival: Pipeline, bought: Pipeline, stages: tuple[str, ...], draws: int, seed: int
) -> BreakEven:
    """Break even with published SARs of the same effective bits."""
    mine, surveyed = rival.cost.ledger(), _bought(bought, published_rows(bought)["SAR"])
    ratio = bought.cost.technology.survey.adc.ratio
    a, b = paired_draws(mine, surveyed, draws, seed)

    def adc_pj_at(percentile: float) -> FloatArray:
        values = dict(b) | {ratio.id: quantile(ratio, np.full(draws, percentile / 100))}
        return _total(surveyed, values, stages, draws)

    return break_even.adc_percentile(_total(mine, a, stages, draws), adc_pj_at)


def _bought(chain: Pipeline, row: Row) -> Ledger:
    """Ledger with the price of a published converter as its readout."""
    return Ledger((*(r for r in chain.cost.ledger().rows if r.stage != "readout"), row))


def _architectures(
    rival: Pipeline, bought: Pipeline, draws: int, seed: int
) -> dict[str, Difference]:
    """Compare with every architecture of the converter, at the figures of the process."""
    settings, technology = bought.description.energy, bought.cost.technology
    array = bought.cost.pixel_array
    if not bought.readout.priced_by_parts(settings, technology):
        return {}
    found: dict[str, Difference] = {}
    for name, readout in bought.readout.ways_to_build().items():
        theirs = Ledger((
            *readout_rows(settings, technology, readout, array),
            link_row(settings, technology, readout, array),
        ))  # fmt: skip
        found[name] = difference(
            rival.cost.ledger(), theirs, *READOUT_AND_LINK, draws=draws, seed=seed
        )
    return found


def _link(
    rival: Pipeline,
    bought: Pipeline,
    stages: tuple[str, ...],
    draws: int,
    seed: int,
    prices_pj: Sequence[float],
) -> BreakEven:
    mine, theirs = rival.cost.ledger(), bought.cost.ledger()
    a, b = paired_draws(mine, theirs, draws, seed)
    others = tuple(s for s in stages if s != "link")
    free = _total(mine, a, others, draws) - _total(theirs, b, others, draws)
    return break_even.link_price(free, _bits(rival) - _bits(bought), np.array(prices_pj))


def _thresholds(rival: Pipeline, bought: Pipeline, draws: int, seed: int) -> BreakEven | None:
    settings, array = rival.description.energy, rival.cost.pixel_array
    technology, rows = rival.cost.technology, []
    for readout in rival.readout.by_levels():
        book = Ledger((
            *readout_rows(settings, technology, readout, array),
            link_row(settings, technology, readout, array),
        ))  # fmt: skip
        rows.append(_total(book, draw(book.constants(), draws, seed), STAGES, draws))
    if not rows:
        return None
    theirs = bought.cost.ledger()
    values = draw(theirs.constants(), draws, seed)
    return break_even.thresholds(_total(theirs, values, READOUT_AND_LINK, draws), np.stack(rows))


def _bits(chain: Pipeline) -> int:
    return chain.cost.pixel_array.samples * chain.readout.link_bits_per_sample


def _total(book: Ledger, values: Draws, stages: tuple[str, ...], draws: int) -> FloatArray:
    return np.broadcast_to(np.asarray(book.draws_pj(values, *stages), np.float64), draws)
