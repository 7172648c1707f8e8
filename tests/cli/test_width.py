"""Tables and help fit a terminal of 80 columns, and no cell is cut."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from sensorsim.cli.app import app

WIDTH = 80
VERBS = (
    "characterize", "energy", "export", "frame", "import", "inspect", "optimize", "run", "schema",
    "sweep", "train",
)  # fmt: skip


def lines(*arguments: str) -> list[str]:
    done = CliRunner().invoke(app, list(arguments), env={"COLUMNS": str(WIDTH)})
    assert done.exit_code == 0, done.output
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    "arguments",
    [
        "inspect fashion-mnist/glt-4",
        "inspect fashion-mnist/compact/025mb",
        "inspect cifar10/bayer-glt-8",
        "inspect fashion-mnist/log-gradient-2",
        "run adc8_log --images 5",
        "energy cifar10_bayer_glt8 --set energy.technology=cmos65 --against adc8",
        "energy glt4 --explain",
        "characterize imx250 --steps 10 --rows 40 --columns 40",
        *(f"{verb} --help" for verb in ("", *VERBS)),
    ],
)
def test_80_columns_hold_everything(arguments: str) -> None:
    written = lines(*arguments.split())
    # A path or an identifier that is longer than the terminal cannot be broken by words.
    assert [x for x in written if len(x) > WIDTH and " " in x.strip()] == []
    assert not [x for x in written if "\N{HORIZONTAL ELLIPSIS}" in x]


def test_a_sweep_of_several_axes_fits(tmp_path: Path) -> None:
    axes = (
        "readout.comparator.offset_mv=0,8", "photodiode.integration_time_ms=33",
        "photodiode.noise=all,none", "readout.comparator.noise_mv=0.5",
    )  # fmt: skip
    stated = [word for axis in axes for word in ("--axis", axis)]
    written = lines("sweep", "glt2", *stated, "--images", "5", "--out", str(tmp_path / "s.nc"))
    assert max(map(len, written)) <= WIDTH
    rows = [line.split()[:4] for line in written if line.split()[:1] in (["0"], ["8"])]
    assert rows == [
        [offset, "33", noise, "0.5"] for offset in ("0", "8") for noise in ("all", "none")
    ]
