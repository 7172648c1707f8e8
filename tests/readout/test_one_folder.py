"""Nothing outside the readouts' own package asks which readout it is."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = [
    p.relative_to(ROOT)
    for top in ("sensorsim", "studies")
    for p in sorted((ROOT / top).rglob("*.py"))
    if "readout" not in p.relative_to(ROOT).parts
]
READOUTS = "Adc|Thermometer|ThermometerCircuit|LogGradient|LearnedReadout|Readout"
KINDS = "adc|thermometer|log-gradient|learned"
ASKS = [
    rf"isinstance\([^)]*\b({READOUTS})\b",
    rf"\btype\([^)]*\) (is|==) ({READOUTS})\b",
    rf"\bkind (==|!=|in|not in) \(?[\"']({KINDS})\b",
    rf"case ({READOUTS})\(",
]


@pytest.mark.parametrize("path", FILES, ids=str)
def test_no_module_asks_for_the_kind_of_a_readout(path: Path) -> None:
    text = (ROOT / path).read_text()
    found = [m.group() for ask in ASKS for m in re.finditer(ask, text)]
    assert not found, f"{path} asks which readout it is: {found}; let the readout answer"


@pytest.mark.parametrize(
    "line",
    ["if isinstance(chain.readout, Adc):", "if readout.kind == 'thermometer':",
     "isinstance(x, Sar | Thermometer)", "if type(r) is Adc:"],
)  # fmt: skip
def test_the_search_finds_such_lines(line: str) -> None:
    assert any(re.search(ask, line) for ask in ASKS)
