"""Cameras on the bench, and the EMVA's own program as the judge of their frames."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sensorsim.lab import Bench, Exposure, expected, set_up
from sensorsim.lab.device_under_test import ideal_adc
from sensorsim.lab.procedure import Vary, schedule
from sensorsim.sensor import Photodiode
from sensorsim.sensor.presets import load_sensor

Judge = Callable[[Bench, int, Vary, tuple[Exposure, Exposure]], Any]
TEXTBOOK = Photodiode(
    quantum_efficiency=0.55, full_well_e=16384, read_noise_e=4, dsnu_e=2, prnu_percent=1,
    dark_current_e_per_s=10, conversion_gain_uv_per_e=60,
)  # fmt: skip
"""K = 0.25 DN/e- behind 12 bits."""


def camera(name: str, **options: Any) -> Bench:
    """A sensor that ships, or the textbook's, behind 12 bits whose range ends at full well."""
    pixel = TEXTBOOK
    if name != "textbook":
        pixel = Photodiode(**load_sensor(name).photodiode_fields())
    return set_up(pixel, ideal_adc(12), **options)


@pytest.fixture(scope="session", name="camera")
def _camera() -> Callable[..., Bench]:
    return camera


@pytest.fixture(scope="session")
def judge() -> Judge:
    """Run ``emva1288`` on the frames that a bench's schedule and two stacks make."""
    if not hasattr(np, "asfarray"):  # the program was written for numpy 1
        np.asfarray = lambda a, dtype=float: np.asarray(a, dtype)  # noqa: NPY201
    emva1288 = pytest.importorskip("emva1288.process.results")
    from emva1288.process.data import Data1288
    from emva1288.process.routines import get_int_imgs

    def pair(bench: Bench, exposure: Exposure) -> dict[str, Any]:
        images = get_int_imgs(list(bench.expose(exposure)))
        return {
            "sum": images["sum"].sum(), "pvar": images["pvar"].sum(), "dmean": images["dmean"],
        }  # fmt: skip

    def run(bench: Bench, steps: int, vary: Vary, stacks: tuple[Exposure, Exposure]) -> Any:
        plan = schedule(bench, steps, vary)
        temporal: dict[float, dict[float, Any]] = {}
        for exposure in (*plan.dark, *plan.bright):
            at_time = temporal.setdefault(exposure.time_ms * 1e6, {})
            at_time[exposure.photons] = pair(bench, exposure)
        dark, bright = stacks
        spatial = {
            bright.time_ms * 1e6: {
                0.0: get_int_imgs(list(bench.expose(dark))),
                bright.photons: get_int_imgs(list(bench.expose(bright))),
            }
        }
        frames = {
            "width": bench.columns, "height": bench.rows, "temporal": temporal,
            "spatial": spatial,
        }  # fmt: skip
        return emva1288.Results1288(Data1288(frames).data)

    return run


BANDS = {
    "system_gain_dn_per_e": ("K", 0.006, 0.0),
    "temporal_dark_noise_e": ("sigma_d", 0.012, 0.0),
    "quantum_efficiency_percent": ("QE", 0.0, 0.5),
    "dsnu_e": ("DSNU1288", 0.01, 0.0),
    "prnu_percent": ("PRNU1288", 0.02, 0.0),
}
"""The judge's name, and relative and absolute band of each parameter for 24 steps of QVGA."""


def objections(bench: Bench, verdict: Any, vary: Vary = "light") -> set[str]:
    """Parameters that the judge finds outside their bands about what went in."""
    put_in = expected(bench, vary)
    found = set()
    for name, (theirs, relative, absolute) in BANDS.items():
        value, right = float(getattr(verdict, theirs)), put_in[name]
        if not abs(value - right) <= relative * right + absolute:
            found.add(name)
    if not max(abs(verdict.LE_min), abs(verdict.LE_max)) < 0.02:
        found.add("linearity_error")
    return found


@pytest.fixture(scope="session", name="objections")
def _objections() -> Callable[..., set[str]]:
    return objections
