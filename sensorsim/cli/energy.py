"""``sensorsim energy``: energy and time of a frame, their spread and their sources."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sensorsim.cli.app import (
    JsonOption,
    PipelineArgument,
    SeedOption,
    SetOption,
    app,
    load,
    print_json,
)

if TYPE_CHECKING:
    from rich.console import Console

    from sensorsim.circuits.break_even import BreakEven
    from sensorsim.circuits.constant import Constant, Range
    from sensorsim.experiments.energy_comparison import EnergyComparison
    from sensorsim.pipeline.pipeline import Pipeline
    from sensorsim.pipeline.time_budget import TimeBudget


_DECISIONS = ("accuracy", "images", "per_correct_decision_pj")
"""Fields of a report that exist only if images were classified."""


@app.command()
def energy(  # numpydoc ignore=PR01
    pipeline: PipelineArgument,
    against: Annotated[
        str | None,
        typer.Option("--against", metavar="OTHER", help="Another pipeline to compare with."),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="List every constant, its spread and its source.")
    ] = False,
    images: Annotated[
        int | None,
        typer.Option(
            "--images", min=1, help="Classify this many test images: energy per right decision."
        ),
    ] = None,
    seed: SeedOption = 0,
    settings: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compute the energy of a frame by component; --set changes both pipelines of a comparison."""
    from sensorsim.experiments.energy_comparison import compare_energy, differences

    chain = load(pipeline, settings)
    report = _report(chain, images, seed)
    constants = _constants(chain) if explain else []
    other = load(against, settings) if against else None
    others = [c for c in _constants(other) if c not in constants] if explain and other else []
    duel = compare_energy(chain, other, seed=seed) if other else None
    rival = _report(other, images, seed) if other and images is not None else None
    if as_json:
        if explain:
            report["constants"] = [c.model_dump() for c in constants]
        if other and duel:
            report["against"] = {"pipeline": other.description.name} | _plain(asdict(duel))
            report["against"] |= {k: rival[k] for k in _DECISIONS if rival and k in rival}
            report["against"]["not_alike"] = differences(chain, other)
            if explain:
                report["against"]["constants"] = [c.model_dump() for c in others]
        print_json(report)
        return
    from rich.console import Console
    from rich.markup import escape

    console = Console()
    _print_ledger(console, chain, report)
    for name in report["without_effect"]:
        console.print(f"[yellow]Without effect on this readout:[/yellow] {name}")
    for words in report["beyond_the_survey"]:
        console.print(f"[yellow]Beyond the survey:[/yellow] {words}")
    for words in report["not_priced"]:
        console.print(f"[yellow]Not priced:[/yellow] {words}")
    for words in report["unlike_the_scene"]:
        console.print(f"[yellow]Other dataset:[/yellow] {escape(words)}")
    _print_time(console, report, chain.cost.time_budget(), chain.description.energy.frame_rate_hz)
    if explain:
        _print_constants(console, constants)
    if others and other:
        console.print(f"[bold]{escape(other.description.name)}[/bold], further constants:")
        _print_constants(console, others)
    if other and duel:
        for words in differences(chain, other):
            console.print(f"[yellow]Pipelines differ:[/yellow] {words}")
        _print_against(
            console, escape(chain.description.name), escape(other.description.name), duel
        )
        if rival:
            _print_decisions(console, report, rival)


def _constants(chain: "Pipeline") -> list["Constant"]:
    """All constants of energy and time, each once."""
    found = {
        c.id: c for c in (*chain.cost.ledger().constants(), *chain.cost.time_budget().constants)
    }
    return list(found.values())


def _report(chain: "Pipeline", images: int | None, seed: int) -> dict[str, Any]:
    """All results for one pipeline as plain data."""
    from sensorsim.circuits.ledger import STAGES
    from sensorsim.circuits.uncertainty import total_spread
    from sensorsim.pipeline.caveats import not_priced, without_effect

    book, description = chain.cost.ledger(), chain.description
    priced = description.energy, chain.cost.technology, chain.readout
    budget = asdict(chain.cost.time_budget())
    budget.pop("constants")
    limit = chain.cost.time_budget().frame_rate_limit_hz
    report = {
        "pipeline": description.name,
        "technology": chain.cost.technology.name,
        "seed": seed,
        **{f"energy_pj_{k}": v for k, v in book.total_pj().model_dump().items()},
        "energy_pj_95": asdict(total_spread(book, seed=seed)),
        "stages": {s: book.total_pj(s).model_dump() for s in STAGES},
        "per_decision_pj": book.per_decision_pj().model_dump(),
        "average_power_uw": book.average_power_uw().model_dump(),
        "without_effect": without_effect(*priced),
        "beyond_the_survey": chain.readout.beyond_the_survey(*priced[:2], chain.cost.enob),
        "not_priced": not_priced(*priced),
        "unlike_the_scene": _unlike_the_scene(chain),
        "does_not_fit": chain.cost.time_budget().violations(),
        "rows": book.table().to_dict("records"),
        "time": _plain(budget) | {"frame_rate_limit_hz": limit.model_dump()},
    }
    if images is not None:
        accuracy = float(chain.run(images, seed)["accuracy"])
        report |= {"accuracy": accuracy, "images": images}
        if accuracy > 0:
            report["per_correct_decision_pj"] = book.per_correct_decision_pj(accuracy).model_dump()
    return report


def _unlike_the_scene(chain: "Pipeline") -> list[str]:
    """A message if the network was trained on a dataset other than the scene's."""
    trained, seen = chain.model.training.dataset, chain.description.scene.dataset
    if not trained or trained == seen:
        return []
    return [f"network.model was trained for {trained}, scene.dataset is {seen}"]


def _plain(value: Any) -> Any:
    """Convert arrays and descriptions to types that JSON has."""
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if hasattr(value, "model_dump"):
        return value.model_dump()
    return value.tolist() if hasattr(value, "tolist") else value


def _print_ledger(console: "Console", chain: "Pipeline", report: dict[str, Any]) -> None:
    from rich.markup import escape
    from rich.table import Table

    from sensorsim.circuits.ledger import STAGES

    rate = chain.description.energy.frame_rate_hz
    console.print(
        f"[bold]{escape(report['pipeline'])}[/bold]: energy of a frame, "
        f"{escape(report['technology'])}"
    )
    table = Table("stage", "component")
    for name in ("count", "low pJ", "typical pJ", "high pJ"):
        table.add_column(name, justify="right")
    for row in report["rows"]:
        values = [row[f"energy_pj_{k}"] for k in ("low", "typical", "high")]
        name = escape(row["component"])
        table.add_row(row["stage"], name, f"{row['count']:,.0f}", *map(_digits, values))
    table.add_section()
    for stage in STAGES:
        table.add_row(stage, "all", "", *map(_digits, report["stages"][stage].values()))
    table.add_section()
    table.add_row("frame", "= decision", "", *map(_digits, report["per_decision_pj"].values()))
    if "per_correct_decision_pj" in report:
        name = f"right decision, accuracy {100 * report['accuracy']:.2f} %"
        table.add_row("", name, "", *map(_digits, report["per_correct_decision_pj"].values()))
    console.print(table)
    spread = report["energy_pj_95"]
    console.print(
        f"95 % of draws: {_digits(spread['low'])} to {_digits(spread['high'])} pJ, median "
        f"{_digits(spread['median'])}; average power at {rate:g} frames/s: "
        + " / ".join(map(_digits, report["average_power_uw"].values()))
        + " uW (low / typical / high)"
    )


def _print_time(
    console: "Console", report: dict[str, Any], budget: "TimeBudget", frame_rate_hz: float
) -> None:
    from rich.table import Table

    table = Table("time", "low us", "typical us", "high us")

    def add(name: str, times: "Range | None") -> None:
        if times is not None:
            table.add_row(name, *map(_digits, times.model_dump().values()))

    table.add_row("exposure", "", _digits(budget.exposure_us), "")
    add("conversion", budget.conversion_us)
    add("row: settling and conversion", budget.row_us)
    table.add_row(
        f"row at {frame_rate_hz:g} frames/s, at most", "", _digits(budget.line_budget_us), ""
    )
    add("readout of all rows", budget.readout_us)
    if budget.network_cycles is None:
        table.add_row("network", "", "state energy.parallel_products", "")
    add(f"network, {budget.network_cycles} cycles", budget.network_us)
    add("latency of a decision", budget.latency_us)
    console.print(table)
    limit = budget.frame_rate_limit_hz
    scope = "" if budget.network_cycles is not None else " without the network"
    console.print(f"Frame rate limit{scope}: {_digits(limit.typical)} ({_digits(limit.low)} to "
                  f"{_digits(limit.high)}) frames/s")  # fmt: skip
    for fault in report["does_not_fit"]:
        console.print(f"[yellow]Does not fit:[/yellow] {fault}")


def _print_constants(console: "Console", constants: list["Constant"]) -> None:
    from rich.markup import escape

    for c in constants:
        marks = [c.basis, "source read" if c.verified else "secondhand or assumed", c.law]
        if c.overrides:
            marks.append("override")
        unit = "" if c.unit == "1" else f" {c.unit}"
        console.print(
            f"[bold]{c.id}[/bold] = {c.low:.4g} / {c.typical:.4g} / {c.high:.4g}{unit} "
            f"({', '.join(marks)}; {escape(c.origin)})\n    {escape(c.source)}",
            highlight=False,
        )


def _print_against(console: "Console", first: str, second: str, duel: "EnergyComparison") -> None:
    for scope, found in duel.differences.items():
        s = found.spread
        if s.low == s.high == 0:
            console.print(f"[bold]{first} minus {second}[/bold], {scope}: the same in every draw")
            continue
        console.print(
            f"[bold]{first} minus {second}[/bold], {scope}: median {_digits(s.median)} pJ, 95 % "
            f"{_digits(s.low)} to {_digits(s.high)}; {first} is cheaper with probability "
            f"{found.probability_first_cheaper:.2f}"
        )
    if not duel.published_adc_pj:
        return
    name, adc = (first, second) if duel.rival_first else (second, first)
    for kind, found in duel.architectures.items():
        console.print(
            f"{name} against {adc} as {kind}, readout and link: cheaper with probability "
            f"{found.probability_first_cheaper:.2f}"
        )
    for kind, prices in duel.published_adc_pj.items():
        low, median, high = map(_digits, prices.model_dump().values())
        best = "best envelope" if kind == "SAR" else "cheapest"
        console.print(
            f"{adc} as a published {kind} of its effective bits: {low} pJ ({best}), {median} pJ "
            f"(median), {high} pJ (90th percentile)"
        )
    for scope, even in duel.percentile.items():
        _print_even(console, f"{name} is cheaper from this percentile of published SARs on "
                    f"({scope})", "percentile", even)  # fmt: skip
    for scope, even in duel.link.items():
        side = "above" if even.more_favors else "below"
        _print_even(
            console, f"{name} is cheaper {side} this link price ({scope})", "pJ per bit", even
        )
    if duel.thresholds is not None:
        title = f"{name} is cheaper up to this many thresholds M (readout and link)"
        _print_even(console, title, "M", duel.thresholds)


def _print_decisions(console: "Console", *reports: dict[str, Any]) -> None:
    from rich.markup import escape

    for report in reports:
        if "per_correct_decision_pj" in report:
            energy_pj = " / ".join(map(_digits, report["per_correct_decision_pj"].values()))
            console.print(
                f"{escape(report['pipeline'])}: accuracy {100 * report['accuracy']:.2f} % of "
                f"{report['images']} images, {energy_pj} pJ per right decision "
                "(low / typical / high)"
            )


def _print_even(console: "Console", title: str, unit: str, even: "BreakEven") -> None:
    end = even.axis[-1] if unit == "M" else float("inf")
    at = ""
    if even.at is not None:
        at = (f"{_reached(even.at.median, end)} (95 %: {_reached(even.at.low, end)} to "
              f"{_reached(even.at.high, end)}), of those draws that have one; ")  # fmt: skip
    inner = even.exists - even.always if unit != "pJ per bit" else even.exists
    never = max(0.0, 1 - inner - even.always)
    console.print(f"{title}: {at}always in {100 * even.always:.0f} % of draws, somewhere between "
                  f"in {100 * inner:.0f} %, never in {100 * never:.0f} %")  # fmt: skip
    shown = [(a, p) for a, p in zip(even.axis, even.probability, strict=True)
             if unit != "M" or a in (1, 2, 4, 8, 16, 32)]  # fmt: skip
    console.print("    probability that it is cheaper at "
                  + ", ".join(f"{a:g} {unit}: {p:.2f}" for a, p in shown))  # fmt: skip


def _reached(value: float, end: float) -> str:
    """A value; ">=" if it is at the end of its axis."""
    return f">= {_digits(value)}" if value >= end else _digits(value)


def _digits(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
