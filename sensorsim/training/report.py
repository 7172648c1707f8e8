"""The report of a training: one self-contained HTML page without scripts."""

import base64
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from sensorsim.bnn.inspection import describe
from sensorsim.core.statistics import wilson_interval
from sensorsim.training import report_figures, words
from sensorsim.training.fit import Log
from sensorsim.training.marked import write_marked
from sensorsim.training.outcome import FrameEnergy, Outcome

MARKER = "<!-- training report, written by sensorsim -->"
"""First line of every report."""
_MOST_LEVELS = 32
_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #1b1b1b; background: #fff;
       max-width: 960px; margin: 24px auto; padding: 0 16px; }
h1 { font-size: 25px; margin-bottom: 4px; overflow-wrap: anywhere; }
h2 { font-size: 19px; margin: 34px 0 8px; border-bottom: 1px solid #ccc; }
.verdict { font-size: 17px; }
img { display: block; max-width: 100%; height: auto; margin: 8px auto; }
table { border-collapse: collapse; margin: 8px 0; font-size: 14px; }
th, td { padding: 3px 10px; border-bottom: 1px solid #ddd; text-align: left;
         vertical-align: top; overflow-wrap: break-word; }
.facts td { overflow-wrap: anywhere; }
th { background: #f3f3f3; }
td.number { white-space: nowrap; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.sum td { font-weight: 600; border-top: 2px solid #888; }
pre, code { font: 13px/1.4 ui-monospace, monospace; }
pre { background: #f6f6f6; padding: 10px; overflow-x: auto; }
code { overflow-wrap: anywhere; }
.note { color: #555; font-size: 13px; }
"""


def write_report(path: Path, outcome: Outcome) -> None:
    """Write the report of a training to a temporary file, then rename it.

    Parameters
    ----------
    path : Path
        File to write.
    outcome : Outcome
        The finished training.

    Raises
    ------
    InputError
        If the path holds a file that this program did not write, or cannot be written.
    """
    write_marked(path, MARKER, page(outcome))


def page(outcome: Outcome) -> str:
    """The report as HTML, without the marker line.

    Parameters
    ----------
    outcome : Outcome
        The finished training.

    Returns
    -------
    str
        HTML.
    """
    title = f"{outcome.file_name}: training report"
    sections = (
        ("Learning", _learning(outcome)),
        ("Levels of the readout", _levels(outcome)),
        ("Decisions on the test images", _decisions(outcome)),
        ("Layers", _layers(outcome)),
        ("Size and operations", _size(outcome)),
        ("Energy of one frame", _energy(outcome.energy)),
        ("How it was trained", _circumstances(outcome)),
        ("Recipe", _recipe(outcome)),
    )
    body = "".join(f"<h2>{name}</h2>\n{content}\n" for name, content in sections)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{escape(title)}</h1>\n"
        f'<p class="verdict">{escape(_verdict(outcome))}</p>\n{body}</body>\n</html>\n'
    )


def _verdict(outcome: Outcome) -> str:
    model = outcome.model
    return (
        f"{model.training.dataset} behind a "
        f"{model.readout.words(outcome.start is not None)}: "
        f"{outcome.model.stored_bits:,} bits stored; validation accuracy "
        f"{words.accuracy(outcome.validation)}, test accuracy {words.accuracy(outcome.test)}."
    )


def _learning(outcome: Outcome) -> str:
    log = outcome.log
    epochs = _column(log, "epoch")
    rate = outcome.recipe.schedule.learning_rate * _column(log, "rate")
    early = _column(log, "validation_accuracy")
    drawn = report_figures.learning_curves(epochs, _column(log, "loss"), early, rate)
    seen = min(outcome.recipe.schedule.validation_images, outcome.validation.labels.size)
    return _picture(
        drawn, "Loss, early validation accuracy and learning rate over the epochs"
    ) + _note(
        f"Loss: running mean over about 50 steps. Early validation accuracy: {seen:,} held-out "
        "images through one die, computed by torch while batch-norm statistics still change. Other "
        "accuracies on this page are from the bit-level simulator. Last: loss "
        f"{_column(log, 'loss')[-1]:.4g} nat after {epochs[-1]:g} epochs, "
        f"{log[-1]['step']:,.0f} steps."
    )


def _column(log: Log, name: str) -> npt.NDArray[np.float64]:
    """One quantity of all rows of a learning curve; NaN where a row lacks it."""
    return np.array([row.get(name, np.nan) for row in log], np.float64)


def _levels(outcome: Outcome) -> str:
    levels = outcome.model.readout.transitions()
    if levels is None:
        return f"<p>{outcome.model.readout.level_words()}</p>"
    alone = report_figures.tone_curve(levels, outcome.start)
    parts = [_picture(alone, "Levels reached against light")]
    if outcome.start is not None:
        moved = np.array([row["thresholds"] for row in outcome.log], np.float64)
        epochs = np.concatenate(([0.0], _column(outcome.log, "epoch")))
        drawn = report_figures.threshold_moves(epochs, np.vstack((outcome.start, moved)))
        parts.append(_picture(drawn, "Thresholds over the epochs"))
    if levels.size <= _MOST_LEVELS:
        parts.append(_level_table(outcome, levels))
    return "\n".join(parts)


def _level_table(outcome: Outcome, levels: npt.NDArray[np.float64]) -> str:
    pixel = outcome.camera.photodiode
    head = ["level", "part of full scale", "voltage (mV)", "signal (e-)"]
    rows = [
        [
            str(n),
            f"{t:#.4g}",
            f"{1e3 * t * pixel.full_scale_v:.2f}",
            f"{t * pixel.full_well_e:,.1f}",
        ]
        for n, t in enumerate(levels, 1)
    ]
    if outcome.start is not None:
        head.append("at the start (part of full scale)")
        for row, start in zip(rows, outcome.start, strict=True):
            row.append(f"{start:#.4g}")
    return _table(head, rows, numbers=range(len(head)))


def _decisions(outcome: Outcome) -> str:
    names = outcome.model.class_names
    counts = outcome.test.confusion(len(names))
    rows = []
    for number, name in enumerate(names):
        total, right = int(counts[number].sum()), int(counts[number, number])
        found = ["no images", ""]
        if total:
            low, high = wilson_interval(right, total)
            found = [words.percent(right / total), f"{words.percent(low)} to {words.percent(high)}"]
        rows.append([name, f"{total:,}", f"{right:,}", *found])
    head = ["class", "images", "right decisions", "recall", "95 % interval"]
    return (
        _picture(
            report_figures.confusion_matrix(counts, names), "Confusion matrix of the test images"
        )
        + _table(head, rows, numbers=range(1, 5))
        + _note("Bit-level simulator, seed 0, die 0. Recall: share of a class that is right.")
    )


def _layers(outcome: Outcome) -> str:
    rows = []
    weights = products = 0
    for layer in describe(outcome.model)["layers"]:
        held, made = layer.get("weight_bits", 0), layer["binary_operations"] // 2
        weights, products = weights + held, products + made
        planes = f" x {layer['planes']} planes" if layer["planes"] > 1 else ""
        rows.append([
            layer["place"], layer["kind"], _settings(layer["settings"]),
            _shape(layer["before"]) + planes, _shape(layer["after"]),
            f"{held:,}" if held else "", f"{made:,}" if made else "",
        ])  # fmt: skip
    rows.append(["all", "", "", "", "", f"{weights:,}", f"{products:,}"])
    head = ["layer", "kind", "settings", "input", "output", "weights (bit)", "products per image"]
    return _table(head, rows, numbers=(5, 6), summed=True) + _note(
        "Input and output: rows x columns x channels. Weights and products have one bit each."
    )


def _settings(stated: dict[str, int]) -> str:
    """Settings of a layer that no other column shows."""
    known = ("kernel", "stride", "padding", "groups", "size", "fraction_bits")
    return ", ".join(f"{k.replace('_', ' ')} {stated[k]}" for k in known if k in stated)


def _shape(shape: Sequence[int]) -> str:
    return "\N{NO-BREAK SPACE}x\N{NO-BREAK SPACE}".join(map(str, shape))


def _size(outcome: Outcome) -> str:
    model = outcome.model
    rows = [[kind, f"{bits:,}"] for kind, bits in outcome.stored_bits.items()]
    rows.append(["all", f"{model.stored_bits:,}"])
    operations = model.binary_operations
    limit = outcome.recipe.limit_bits
    allowed = "" if limit is None else f" The recipe allows {limit:,} bits."
    return (
        _table(["parameters", "stored (bit)"], rows, numbers=(1,), summed=True)
        + f"<p>XNOR operations: {operations // 2:,} per image, each with a count: {operations:,} "
        "binary operations. Largest activation memory, a layer's input and output held at once: "
        f"{model.largest_activation_memory_bits:,} bits.{allowed}</p>"
    )


def _energy(priced: FrameEnergy | str) -> str:
    if isinstance(priced, str):
        return f"<p>Not priced: {escape(priced)}</p>"
    rows = [
        [stage, *map(words.energy, (e.low, e.typical, e.high))]
        for stage, e in [*priced.stages.items(), ("whole frame", priced.total)]
    ]
    readout, frame = (
        f"{words.energy(s.low)} to {words.energy(s.high)}"
        for s in (priced.readout_spread, priced.total_spread)
    )
    caveats = "".join(_note(c) for c in priced.caveats)
    return (
        _table(["stage", "low", "typical", "high"], rows, numbers=(1, 2, 3), summed=True)
        + f"<p>95 % of draws of the constants: readout {readout}, whole frame {frame}.</p>"
        + _note(
            f"Technology {priced.technology}, {priced.frame_rate_hz:g} frames/s, energy settings "
            "of the recipe's pipeline. Low, typical and high: every constant of the technology at "
            "that value; where a survey found more than its high value, a draw can exceed it."
        )
        + caveats
    )


def _circumstances(outcome: Outcome) -> str:
    c, record = outcome.circumstances, outcome.model.training
    rows = [
        ["dataset", record.dataset],
        ["light", words.light(outcome.recipe.light)],
        ["recipe", f"{outcome.recipe_name}, SHA-256 {outcome.recipe_digest}"],
        ["command", c.command],
        ["seed", str(record.seed)],
        ["training time, all runs together", words.duration(outcome.seconds)],
        [
            "device",
            f"{c.device}, convolutions in {c.number_format}, {words.counted(c.threads, 'thread')}",
        ],
        ["versions", ", ".join(f"{name} {number}" for name, number in c.versions.items())],
        ["date of the end", c.date],
    ]
    return _table([], rows)


def _recipe(outcome: Outcome) -> str:
    note = "With all defaults, and with the changes of the command line."
    return _note(note) + f"<pre>{escape(outcome.recipe_text)}</pre>"


def _note(text: str) -> str:
    return f'<p class="note">{escape(text)}</p>\n'


def _picture(figure: Figure, what: str) -> str:
    data = base64.b64encode(report_figures.png(figure)).decode()
    width = round(100 * figure.get_size_inches()[0])
    return f'<img width="{width}" alt="{escape(what)}" src="data:image/png;base64,{data}">\n'


def _table(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    numbers: Iterable[int] = (),
    summed: bool = False,
) -> str:
    """An HTML table of texts.

    Parameters
    ----------
    head : sequence of str
        Column heads; none if empty.
    rows : iterable of sequence of str
        Cells.
    numbers : iterable of int
        Columns that hold numbers.
    summed : bool
        Whether the last row is the sum of the others.
    """
    right = set(numbers)

    def line(cells: Sequence[str], tag: str) -> str:
        kinds = [' class="number"' if i in right else "" for i in range(len(cells))]
        return "".join(
            f"<{tag}{kind}>{escape(cell)}</{tag}>" for kind, cell in zip(kinds, cells, strict=True)
        )

    lines = [f"<tr>{line(row, 'td')}</tr>\n" for row in rows]
    if summed:
        lines[-1] = lines[-1].replace("<tr>", '<tr class="sum">', 1)
    top = f"<tr>{line(head, 'th')}</tr>\n" if head else ""
    kind = "" if head else ' class="facts"'
    return f"<table{kind}>\n{top}{''.join(lines)}</table>\n"
