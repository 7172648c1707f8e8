"""The model card: a page of Markdown beside the model's file, for its users."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from sensorsim.training import words
from sensorsim.training.marked import write_marked
from sensorsim.training.outcome import FrameEnergy, Outcome
from sensorsim.training.toml_text import toml_inline

MARKER = "<!-- model card, written by sensorsim -->"
"""First line of every card."""
_LICENSES = {
    "fashion-mnist": "Fashion-MNIST is under the MIT license (Zalando SE).",
    "cifar10": "The authors of CIFAR-10 state no license; its images are not redistributed.",
}
_UNKNOWN_LICENSE = (
    "This program does not know the license of these images; they are not redistributed."
)
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~&$])")


def write_card(path: Path, outcome: Outcome) -> None:
    """Write the card of a model to a temporary file, then rename it.

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
    write_marked(path, MARKER, card(outcome))


def card(outcome: Outcome) -> str:
    """The card as Markdown, without the marker line.

    Parameters
    ----------
    outcome : Outcome
        The finished training.

    Returns
    -------
    str
        Markdown.
    """
    model, c = outcome.model, outcome.circumstances
    parts = [
        f"# {_plain(outcome.file_name)}",
        f"A binary network for {len(model.class_names)} classes behind a "
        f"{model.readout.words(outcome.start is not None)}, a model file of sensorsim.",
        _facts(outcome),
        "## Thresholds" if outcome.start is not None else "## Levels",
        _levels(outcome),
        "## How to run it",
        _code(_run_command(outcome)),
        "The test accuracy above is for seed 0 and die 0, in this light. Run the command in the "
        "folder of the model; `DIR`, if stated, is the folder or zip of the dataset.",
        "## How it was made",
        _code(c.command),
        "## License of the data",
        _LICENSES.get(model.training.dataset, _UNKNOWN_LICENSE),
    ]
    return "\n\n".join(parts) + "\n"


def _facts(outcome: Outcome) -> str:
    model, c = outcome.model, outcome.circumstances
    operations = model.binary_operations
    rows = [
        ("data", _plain(model.training.dataset)),
        ("classes", ", ".join(map(_plain, model.class_names))),
        ("light", words.light(outcome.recipe.light)),
        ("recipe", f"{_plain(outcome.recipe_name)}, SHA-256 `{outcome.recipe_digest}`"),
        ("validation accuracy", words.accuracy(outcome.validation)),
        ("test accuracy", words.accuracy(outcome.test)),
        ("stored", f"{model.stored_bits:,} bits"),
        *((f"stored: {kind}", f"{bits:,} bits") for kind, bits in outcome.stored_bits.items()),
        ("operations per image", f"{operations // 2:,} XNOR, each with a count: {operations:,}"),
        ("largest activation memory", f"{model.largest_activation_memory_bits:,} bits"),
        *_energies(outcome.energy),
        ("seed", str(model.training.seed)),
        ("training time", words.duration(outcome.seconds)),
        ("device", _plain(f"{c.device}, {c.number_format}, {words.counted(c.threads, 'thread')}")),
        ("versions", ", ".join(f"{name} {number}" for name, number in c.versions.items())),
        ("date", c.date),
    ]
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])


def _energies(priced: FrameEnergy | str) -> Iterator[tuple[str, str]]:
    if isinstance(priced, str):
        return
    for name, energy in (("readout", priced.stages["readout"]), ("whole frame", priced.total)):
        low, typical, high = map(words.energy, (energy.low, energy.typical, energy.high))
        yield f"energy, {name}", f"{typical} (range {low} to {high}), {_plain(priced.technology)}"


def _levels(outcome: Outcome) -> str:
    return outcome.model.readout.level_words()


def _run_command(outcome: Outcome) -> str:
    recipe = outcome.recipe
    exposure = recipe.light.model_dump(mode="json", exclude_none=True)
    settings = {
        "network.model": outcome.file_name,
        "scene.dataset": recipe.data.dataset,
        "scene.exposure": toml_inline(exposure),
    }
    if recipe.data.data_dir is not None:
        settings["scene.data_dir"] = "DIR"
    stated = [word for k, v in settings.items() for word in ("--set", shlex.quote(f"{k}={v}"))]
    return " ".join(["sensorsim", "run", shlex.quote(recipe.pipeline), *stated])


def _code(text: str) -> str:
    """Text as an indented code block, which no content can end."""
    return "\n".join(f"    {line}" for line in text.splitlines() or [""])


def _plain(text: str) -> str:
    """Escape text so that Markdown shows it as it is, also in a table."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
