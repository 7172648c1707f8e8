"""Nothing outside the readouts' own package asks which readout it is."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from sensorsim.readout import kinds
from sensorsim.readout.families import families

ROOT = Path(__file__).parents[2]
FILES = [
    p.relative_to(ROOT)
    for top in ("sensorsim", "studies")
    for p in sorted((ROOT / top).rglob("*.py"))
    if "readout" not in p.relative_to(ROOT).parts
]
CLASSES = {"Adc", "Thermometer", "ThermometerCircuit", "LogGradient", "LearnedReadout", "Readout"}
FIELDS = {"thresholds", "ratios", "tone_curve"}
"""Fields that only some readouts have: asking for one asks for the kind."""
NAMES = {*kinds(), *families(), "learned", *FIELDS}
ALLOWED = {
    # Studies of given readouts by their question, and the record of what was trained.
    "studies/tone_mapping.py": {"adc", "thermometer"},
    "studies/train_models.py": {"glt"},
}


def asked(source: str) -> Iterator[str]:
    """Names of readouts, their families or fields that code compares something with."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare):
            for side in (node.left, *node.comparators):
                items = side.elts if isinstance(side, ast.Tuple | ast.List | ast.Set) else [side]
                for item in items:
                    if isinstance(item, ast.Constant) and item.value in NAMES:
                        yield str(item.value)
                    if isinstance(item, ast.Name) and item.id in CLASSES:
                        yield item.id
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in (
            "isinstance",
            "issubclass",
        ):
            yield from (
                n.id for n in ast.walk(node.args[1]) if isinstance(n, ast.Name) and n.id in CLASSES
            )
        if isinstance(node, ast.MatchClass) and getattr(node.cls, "id", "") in CLASSES:
            yield node.cls.id
        if isinstance(node, ast.MatchValue) and getattr(node.value, "value", None) in NAMES:
            yield str(node.value.value)


@pytest.mark.parametrize("path", FILES, ids=str)
def test_no_module_asks_for_the_kind_of_a_readout(path: Path) -> None:
    found = set(asked((ROOT / path).read_text("utf-8"))) - ALLOWED.get(path.as_posix(), set())
    assert not found, f"{path} asks which readout it is: {found}; let the readout answer"


@pytest.mark.parametrize(
    "line",
    ["isinstance(chain.readout, Adc)", "readout.kind == 'thermometer'", "group['kind'] != 'adc'",
     "isinstance(x, Sar | Thermometer)", "type(r) is Adc", "'thresholds' in readout",
     "family in ('glt', 'adc-log')", "table['readout'] == 'log-gradient'"],
)  # fmt: skip
def test_the_search_finds_such_lines(line: str) -> None:
    assert list(asked(line))
