"""``sensorsim characterize``: what it prints and writes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
import xarray as xr

from sensorsim.cli import main

QUICK = ("--rows", "64", "--columns", "64", "--steps", "12", "--stack", "4")


class Done(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


Characterize = Callable[..., Done]


@pytest.fixture
def characterize(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Characterize:
    """Run the command in this process, where everything is compiled and loaded already."""

    def run(*arguments: str) -> Done:
        monkeypatch.setattr("sys.argv", ["sensorsim", "characterize", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        return Done(int(end.value.code or 0), *capsys.readouterr())

    return run


def test_table_shows_measured_put_in_and_published(
    characterize: Characterize, tmp_path: Path
) -> None:
    out = tmp_path / "curves"
    done = characterize("imx900-hcg", *QUICK, "--out", str(out))
    assert done.returncode == 0, done.stderr
    for words in ("system gain K", "1.673", "PRNU1288", "DN/e-", "published", "536 nm"):
        assert words in done.stdout
    names = {"characterization.nc", "photon_transfer.png", "photon_transfer.svg"}
    assert {path.name for path in out.iterdir()} == names
    with xr.open_dataset(out / "characterization.nc") as data:
        assert data["variance_dn2"].sizes == {"exposure": 12}
        assert data["variance_dn2"].attrs["units"] == "DN2"
        assert data["system_gain_dn_per_e"].attrs["units"] == "DN/e-"
        assert data.attrs["camera"] == "imx900-hcg"


def test_json_is_one_object_and_the_same_for_the_same_seed(characterize: Characterize) -> None:
    arguments = ("glt4", *QUICK, "--vary", "time", "--seed", "5", "--json")
    done = characterize(*arguments)
    assert done.returncode == 0, done.stderr
    assert "12-bit ADC instead" in done.stderr
    fields = json.loads(done.stdout)
    assert (fields["seed"], fields["vary"], fields["adc_bits"]) == (5, "time", 12)
    assert fields["temporal_dark_noise_e"] == pytest.approx(4, rel=0.1)
    assert fields["put_in"]["quantum_efficiency_percent"] == 60
    assert fields["published"] == {}
    assert characterize(*arguments).stdout == done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("log-oxford",), "'logarithmic'"),
        (("imx250", "--steps", "3"), "steps 3"),
        (("imx250", "--vary", "x"), "vary 'x'"),
        (("imx250", "--out", "/nowhere/x"), "/nowhere"),
        (("imx250", "--out", "/dev/null"), "expected a folder"),
        (("imx250", "--adc-bits", "15"), "--adc-bits"),
    ],
)
def test_wrong_input_ends_with_status_2_and_names_it(
    characterize: Characterize, arguments: tuple[str, ...], words: str
) -> None:
    done = characterize(*arguments)
    assert done.returncode == 2, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
