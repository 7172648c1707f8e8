"""What the author of a wrong description is told: fields, values and bounds, all at once."""

import re
from typing import Any

import pytest

import sensorsim as ss
from sensorsim.training.recipe import load_recipe

INTERNALS = re.compile(
    r"function-|constrained|literal\[|tagged-union|\[type=|validat|Input should|_is_a|pydantic"
)
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"photodiode.full_wel_e": 1},
     "photodiode.full_wel_e: no such field; did you mean 'full_well_e'?"),
    ({"scene.full_well_e": 1},
     "scene.full_well_e: no such field; did you mean 'photodiode.full_well_e'?"),
    ({"readout": {"kind": "adc", "thresholds": [1]}},
     "readout.thresholds: readout.kind 'adc' has no such field (one of thermometer)"),
    ({"photodiode.zzz": 1}, "photodiode.zzz: no such field; expected one of "),
    ({"photodiode.read_noise_e": -1},
     "photodiode.read_noise_e -1: expected a number from 0 to 10,000"),
    ({"photodiode.read_noise_e": float("nan")},
     "photodiode.read_noise_e nan: expected a finite number from"),
    ({"photodiode.quantum_efficiency": 2},
     "photodiode.quantum_efficiency 2: expected a number above 0 and at most 1, or a table "
     "with wavelength_nm, value"),
    ({"photodiode.quantum_efficiency": {"wavelength_nm": [500, 400], "value": [1, 1]}},
     "photodiode.quantum_efficiency: wavelength_nm: 400 after 500; expected ascending"),
    ({"photodiode.quantum_efficiency": {"wavelength": [5]}},
     "photodiode.quantum_efficiency.wavelength_nm: is missing; expected a list of at least "
     "2 numbers"),
    ({"scene.layout": "bayer"}, "scene.layout 'bayer': expected one of 'scene', 'mono', 'rgb', "),
    ({"scene.exposure": 5}, "scene.exposure 5: expected a table with white_full_well_fraction, "),
    ({"scene.exposure.law": "Fixed"},
     "scene.exposure.law 'Fixed': expected one of 'fixed', 'uniform'; did you mean 'fixed'?"),
    ({"scene.lens.psf": "gauss"},
     "scene.lens.psf 'gauss': expected a table with kind = one of 'gaussian', 'diffraction'"),
    ({"readout": "adc"}, "readout 'adc': expected a table with kind = one of 'adc', "),
    ({"readout": {"bits": 3}},
     "readout: state its kind beside the other fields, like readout.kind; "),
    ({"readout": {"kind": "thermometer", "thresholds": 0.5}},
     "readout.thresholds 0.5: expected a list of 1 to 32 numbers"),
    ({"readout": {"kind": "adc", "bits": 4, "tone_curve": {"kind": "gamma", "gamma": -1}}},
     "readout.tone_curve.gamma -1: expected a number "),
    ({"readout": {"kind": "adc", "bits": 4, "tone_curve": {"kind": "gama"}}},
     "readout.tone_curve.kind 'gama': expected one of 'linear', "),
    ({"network": "glt-4"}, "network 'glt-4': expected a table with model"),
    ({"network.model": 5}, "network.model 5: expected a string in quotes"),
    ({"energy": [1]}, "energy [1]: expected a table with technology, frame_rate_hz, "),
    ({"energy.link": {"kind": "mipi"}}, "energy.link.kind 'mipi': expected one of 'wire', "),
    ({"die": 1.5}, "die 1.5: expected a whole number, without a decimal point"),
    ({"energy.array": [240]},
     "energy.array [240]: expected a list of 2 whole numbers from 1 to 65,536"),
    ({"energy.array": []}, "energy.array []: expected a list of 2 whole numbers"),
    ({"photodiode.pixel_pitch_um": 3e-6},
     "photodiode.pixel_pitch_um 3e-06: expected a number from 0.3 to 100"),
    ({"scene.lens.f_number": 1e-4}, "scene.lens.f_number 0.0001: expected a number from 0.5 to 64"),
    ({"photodiode.full_well_e": 1},
     "photodiode.full_well_e 1: expected a number from 2 to 10,000,000"),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "words"), WRONG)
def test_a_wrong_field_is_named_with_what_was_expected(
    settings: dict[str, Any], words: str
) -> None:
    with pytest.raises(ss.InputError) as caught:
        ss.load_pipeline("glt4", settings)
    text = str(caught.value)
    assert words in text
    assert not INTERNALS.search(text)


def test_all_mistakes_are_told_at_once_one_per_line() -> None:
    settings = {
        "scene.layut": "mono", "photodiode.full_well_e": "x", "photodiode.read_noise_e": -1,
        "photodiode.noise": True, "readout.comparator.noise_mv": False, "die": -1,
    }  # fmt: skip
    with pytest.raises(ss.InputError) as caught:
        ss.load_pipeline("glt4", settings)
    lines = str(caught.value).splitlines()
    assert len(lines) == len(settings)
    for field in settings:
        assert sum(f"glt4.toml: {field}" in line for line in lines) == 1


def test_a_field_named_like_its_kind_is_told_apart() -> None:
    """A recipe of kind "network" has a table ``network``."""
    with pytest.raises(ss.InputError, match=r"toml: schedule\.epochs 'x': expected a number"):
        load_recipe("fashion_compact", {"schedule.epochs": "x"})
    with pytest.raises(ss.InputError, match=r"toml: network 3: expected a table with blocks"):
        load_recipe("fashion_compact", {"network": 3})
    with pytest.raises(ss.InputError, match=r"toml: kind 'net': expected one of"):
        load_recipe("fashion_compact", {"kind": "net"})
