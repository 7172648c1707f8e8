"""The photon transfer study, on few pixels."""

import sys
from pathlib import Path

import photon_transfer
import pytest
from PIL import Image


def test_study_writes_a_table_and_three_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["photon_transfer.py", "--quick", "--out", str(tmp_path)])
    photon_transfer.study(photon_transfer.parse())
    names = {"table.md", "photon_transfer.png", "ladder.png", "characterization.png"}
    assert {path.name for path in tmp_path.iterdir()} == names
    text = (tmp_path / "table.md").read_text()
    assert capsys.readouterr().out == text
    lines = text.splitlines()
    assert len(lines) == 2 + len(photon_transfer.SENSORS) * len(photon_transfer.ROWS)
    assert any(line.startswith("| imx900-hcg | K, DN/e- | 1.673 |") for line in lines)
    for name in names - {"table.md"}:
        assert Image.open(tmp_path / name).size[0] > 1000


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [(0.38371, 0.00048, "0.38371 ± 0.00048"), (64.85, 0.08, "64.850 ± 0.080"),
     (12345.6, 130.0, "12346 ± 130"), (2032.3, None, "2032.3")],
)  # fmt: skip
def test_values_end_with_the_second_digit_of_their_error(
    value: float, error: float | None, text: str
) -> None:
    assert photon_transfer.with_error(value, error) == text
