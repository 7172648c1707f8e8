"""All that stands before the readout: light on the scene becomes volts at the pixels."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sensorsim.core import streams
from sensorsim.optics.cfa import Layout, sample_colors
from sensorsim.optics.lens import Lens, through_lens
from sensorsim.optics.radiometry import scene_lux_for_electrons
from sensorsim.optics.spectrum import PEAK_OF_THE_EYE, LightSpectrum
from sensorsim.scenes.exposure import Exposure
from sensorsim.sensor import FixedPattern, Photodiode, check_light, sense

WHITE_REFLECTANCE = 0.9
_PLAIN_LENS = Lens()


@dataclass(frozen=True)
class Camera:
    """A pixel array behind a lens, and the light that falls on it.

    Attributes
    ----------
    photodiode : Photodiode
    exposure : Exposure
        How bright white is.
    lens : Lens
    spectrum : LightSpectrum
        Of the illuminant; white reflects it unchanged.
    white_reflectance : float
    layout : Layout
        Color filters on the array.
    """

    photodiode: Photodiode
    exposure: Exposure
    lens: Lens = _PLAIN_LENS
    spectrum: LightSpectrum = PEAK_OF_THE_EYE
    white_reflectance: float = WHITE_REFLECTANCE
    layout: Layout = "scene"

    def lux_per_electron(self) -> float:
        """Scene illuminance at which white makes one electron in one exposure.

        Raises
        ------
        InputError
            If the quantum efficiency is a curve that is zero wherever there is light.
        """
        pixel = self.photodiode
        return scene_lux_for_electrons(
            1.0, self.white_reflectance, self.lens, pixel.pixel_pitch_um,
            pixel.integration_time_ms, pixel.quantum_efficiency, pixel.fill_factor, self.spectrum,
        )  # fmt: skip

    def white_e(self) -> float:
        """Electrons that white makes in a 0-stop image."""
        lux = self.exposure.white_illuminance_lux
        if lux is not None:
            return lux / self.lux_per_electron()
        return self.exposure.full_well_fraction * self.photodiode.full_well_e

    def white_illuminance_lux(self) -> float:
        """Illuminance of the scene in a 0-stop image."""
        lux = self.exposure.white_illuminance_lux
        return self.white_e() * self.lux_per_electron() if lux is None else lux

    def electrons_at_white(self, key: streams.Key) -> npt.NDArray[np.float64]:
        """Electrons that white makes in each image, by the exposure law: float64 [N]."""
        return self.white_e() * 2.0 ** self.exposure.stops(key)

    def on_array(self, light: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """Relative light of the scene [N, H, W, C] on the pixels [N, H, W, samples per pixel].

        Behind the lens and the color filters; 1.0 is white on the axis.

        Raises
        ------
        InputError
            Like `volts`.
        """
        array = np.asarray(light, np.float32)
        check_light(array)  # blur and luminance would spread NaN, or hide light below zero
        image = through_lens(array, self.lens, self.photodiode.pixel_pitch_um)
        return sample_colors(image, self.layout)

    def mean_electrons(
        self, on_array: npt.NDArray[np.float32], key: streams.Key
    ) -> npt.NDArray[np.float32]:
        """Electrons that light and dark current make on average, before the well fills.

        Parameters
        ----------
        on_array : float32 [N, H, W, samples per pixel]
            What `on_array` gives.
        """
        at_white = self.electrons_at_white(key).astype(np.float32)
        return on_array * at_white[:, None, None, None] + np.float32(self.photodiode.dark_e)

    def volts(
        self, light: npt.ArrayLike, key: streams.Key, pattern: FixedPattern | None = None
    ) -> npt.NDArray[np.float32]:
        """Relative light of the scene [N, H, W, C] to volts [N, H, W, samples per pixel].

        Raises
        ------
        InputError
            If the light is not finite and non-negative, has colors that the layout cannot sample,
            or the array is smaller than the lens's blur.
        """
        electrons = self.electrons_at_white(key)
        return sense(self.on_array(light), self.photodiode, electrons, key, pattern)
