"""The EMVA's own program: it finds what went in, agrees with ours, and objects to mutants."""

import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from sensorsim.lab import Bench, Exposure, bench, characterize
from sensorsim.lab.procedure import Vary, schedule, stacks
from sensorsim.readout import Adc

pytestmark = pytest.mark.slow
STEPS, STACK = 24, 16


class Case(NamedTuple):
    bench: Bench
    vary: Vary
    ours: Any
    theirs: Any


@pytest.fixture(
    scope="module",
    params=[
        (name, vary) for name in ("imx250", "imx900-lcg", "hm01b0") for vary in ("light", "time")
    ],
    ids=lambda p: f"{p[0]}-{p[1]}",
)
def case(request: pytest.FixtureRequest, camera: Any, judge: Any) -> Case:
    name, vary = request.param
    made = camera(name)
    ours = characterize(made, steps=STEPS, stack=STACK, vary=vary)
    saturation = schedule(made, STEPS, vary).bright[ours.attrs["saturation_index"]]
    return Case(made, vary, ours, judge(made, STEPS, vary, stacks(saturation, STACK)))


def test_judge_finds_what_went_in(case: Case, objections: Callable[..., set[str]]) -> None:
    assert case.theirs.sigma_y_dark > 0.5
    assert objections(case.bench, case.theirs, case.vary) == set()


def test_judge_agrees_with_ours_on_the_same_frames(case: Case) -> None:
    ours, theirs = case.ours, case.theirs
    same = {
        "system_gain_dn_per_e": theirs.K,
        "quantum_efficiency_percent": theirs.QE,
        "temporal_dark_noise_dn": theirs.sigma_y_dark,
        "temporal_dark_noise_e": theirs.sigma_d,
        "dsnu_e": theirs.DSNU1288,
        "dsnu_pixel_e": theirs.DSNU1288_pixel,
        "prnu_percent": theirs.PRNU1288,
        "prnu_pixel_percent": theirs.PRNU1288_pixel,
        "saturation_e": theirs.u_e_sat,
        "saturation_photons": theirs.u_p_sat,
        "snr_max_db": theirs.SNR_max_dB(),
        # The program leaves out the 1/4 below the root.
        "threshold_e": np.sqrt((theirs.u_e_min - 0.5) ** 2 + 0.25) + 0.5,
    }
    # The program fits by iteration (scipy's leastsq), to some eight digits.
    for name, value in same.items():
        assert ours[name].item() == pytest.approx(float(value), rel=1e-6), name
    for name, value in (("min", theirs.LE_min), ("max", theirs.LE_max)):
        assert ours[f"linearity_error_{name}_percent"].item() == pytest.approx(value, abs=1e-7)


def without_shot_noise(patch: pytest.MonkeyPatch) -> None:
    module = sys.modules["sensorsim.sensor.sense"]
    right = module._numbers
    patch.setattr(module, "_numbers", lambda p: right(p)._replace(shot_noise=False))


def efficiency_after_the_draw(patch: pytest.MonkeyPatch) -> None:
    """Photons are drawn and then multiplied by the efficiency, which makes them too regular."""
    right = bench.sense

    def wrong(light: Any, pixel: Any, electrons: float, key: Any, pattern: Any) -> np.ndarray:
        q = 0.55
        per_photon = {
            "conversion_gain_uv_per_e": pixel.conversion_gain_uv_per_e * q,
            "full_well_e": pixel.full_well_e / q,
            "read_noise_e": pixel.read_noise_e / q,
        }
        pattern = pattern._replace(offset_e=pattern.offset_e / np.float32(q))
        photodiode = pixel.model_copy(update=per_photon)
        return right(light, photodiode, electrons / q, key, pattern)

    patch.setattr(bench, "sense", wrong)


def noisier_by_five_percent(patch: pytest.MonkeyPatch) -> None:
    right = bench.sense

    def wrong(light: Any, pixel: Any, *rest: Any) -> np.ndarray:
        louder = pixel.model_copy(update={"read_noise_e": 1.05 * pixel.read_noise_e})
        return right(light, louder, *rest)

    patch.setattr(bench, "sense", wrong)


def quantizer_two_steps_wide(patch: pytest.MonkeyPatch) -> None:
    right = Adc.convert
    patch.setattr(Adc, "convert", lambda *arguments: right(*arguments) & np.uint16(0xFFFE))


@pytest.mark.parametrize(
    ("mutant", "caught_by"),
    [
        (lambda patch: None, set()),
        (without_shot_noise, {"system_gain_dn_per_e", "quantum_efficiency_percent"}),
        (efficiency_after_the_draw, {"system_gain_dn_per_e", "quantum_efficiency_percent"}),
        (noisier_by_five_percent, {"temporal_dark_noise_e"}),
        (quantizer_two_steps_wide, {"temporal_dark_noise_e"}),
    ],
)
def test_judge_objects_to_a_broken_camera(
    mutant: Callable[[pytest.MonkeyPatch], None], caught_by: set[str], camera: Any, judge: Any,
    objections: Any, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    made = camera("textbook")
    photons = made.clip_e / made.electrons_per_photon
    full = Exposure(photons, made.photodiode.integration_time_ms, 0)
    mutant(monkeypatch)
    verdict = judge(made, STEPS, "light", stacks(full, STACK))
    found = objections(made, verdict)
    assert caught_by <= found
    assert bool(found) == bool(caught_by)


def test_judge_finds_the_dark_current_of_long_exposures(camera: Any, judge: Any) -> None:
    """With ten seconds of exposure the dark current shows; eight times, as ours takes."""
    made = camera("hm01b0")
    slow = made.photodiode.model_copy(update={"integration_time_ms": 10_000.0})
    made = bench.set_up(slow, made.adc)
    full = Exposure(made.clip_e / made.electrons_per_photon, 10_000.0, 0)
    verdict = judge(made, STEPS, "time", stacks(full, 2))
    assert verdict.u_I_mean == pytest.approx(10.0, rel=0.01)
    assert verdict.u_I_var == pytest.approx(10.0, rel=0.05)
