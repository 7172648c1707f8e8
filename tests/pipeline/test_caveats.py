"""Settings of pixel and scene that others switch off."""

from typing import Any

import pytest

import sensorsim as ss
from sensorsim.pipeline.caveats import pixel_without_effect


@pytest.mark.parametrize(
    ("settings", "lines"),
    [
        ({}, []),
        ({"photodiode.noise": "shot", "photodiode.row_noise_e": 3, "photodiode.prnu_percent": 2},
         ["photodiode.row_noise_e 3.0: noise is 'shot'",
          "photodiode.prnu_percent 2.0: noise is 'shot'"]),
        ({"scene.exposure.law": "fixed", "scene.exposure.low_stops": -3},
         ["scene.exposure.low_stops -3.0: law is 'fixed'"]),
        ({"photodiode.rts_amplitude_e": 20},
         ["photodiode.rts_amplitude_e 20.0: rts_pixel_fraction is 0"]),
        ({"photodiode.noise": "none", "readout.comparator.offset_mv": 0, "die": 3},
         ["die 3: neither pixels nor comparators differ between dies"]),
    ],
)  # fmt: skip
def test_what_is_switched_off_is_said(settings: dict[str, Any], lines: list[str]) -> None:
    assert pixel_without_effect(ss.load_pipeline("glt4", settings).description) == lines
