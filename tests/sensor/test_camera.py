"""Bad light is refused before a lens mixes it or a color filter leaves it out."""

import numpy as np
import pytest

from sensorsim.core.errors import InputError
from sensorsim.core.streams import Key
from sensorsim.optics.lens import Gaussian, Lens
from sensorsim.scenes.exposure import Exposure
from sensorsim.sensor import Photodiode
from sensorsim.sensor.camera import Camera

KEY = Key.of(0, [0])
BAD = [np.nan, np.inf, -np.inf, -1e-3]


@pytest.mark.parametrize("value", BAD)
@pytest.mark.parametrize("layout", ["bayer-rggb", "mono", "rgb", "scene"])
def test_color_that_no_pixel_samples_is_refused_too(layout: str, value: float) -> None:
    light = np.full((1, 4, 4, 3), 0.5, np.float32)
    camera = Camera(Photodiode(), Exposure(), layout=layout)
    assert np.isfinite(camera.volts(light, KEY)).all()
    light[0, 0, 0, 2] = value  # the first pixel of RGGB samples red
    with pytest.raises(InputError, match="light"):
        camera.volts(light, KEY)


@pytest.mark.parametrize("value", BAD)
def test_blur_hides_no_bad_pixel(value: float) -> None:
    lens = Lens(psf=Gaussian(sigma_um=5.0))
    light = np.full((1, 40, 40, 1), 0.5, np.float32)
    light[0, 20, 20, 0] = value
    with pytest.raises(InputError, match="light"):
        Camera(Photodiode(), Exposure(), lens).volts(light, KEY)
