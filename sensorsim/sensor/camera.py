"""Everything before the readout: light of the scene to volts at the pixels."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sensorsim.core import streams
from sensorsim.optics.cfa import Layout, sample_colors
from sensorsim.optics.lens import Lens, through_lens
from sensorsim.optics.radiometry import scene_lux_for_electrons
from sensorsim.optics.spectrum import MONOCHROMATIC_555NM, LightSpectrum
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
        Pixel.
    exposure : Exposure
        Brightness of white, and how it varies between images.
    lens : Lens
        Lens in front of the array.
    spectrum : LightSpectrum
        Spectrum of the illuminant; white reflects it unchanged.
    white_reflectance : float
        Reflectance of white, above 0 to 1.
    layout : Layout
        Color filters on the array.
    """

    photodiode: Photodiode
    exposure: Exposure
    lens: Lens = _PLAIN_LENS
    spectrum: LightSpectrum = MONOCHROMATIC_555NM
    white_reflectance: float = WHITE_REFLECTANCE
    layout: Layout = "scene"

    def plan(self) -> dict[str, Any]:
        """Everything that precedes the readout, as data.

        Returns
        -------
        dict
            Types that JSON has.
        """
        return {
            "photodiode": self.photodiode.model_dump(mode="json"),
            "exposure": self.exposure.model_dump(mode="json"),
            "lens": self.lens.model_dump(mode="json"),
            "spectrum": self.spectrum.model_dump(mode="json"),
            "white_e": self.white_e(),
            "white_reflectance": self.white_reflectance,
            "layout": self.layout,
        }

    def lux_per_electron(self) -> float:
        """Scene illuminance at which white makes one photoelectron per exposure.

        Returns
        -------
        float
            Illuminance per electron, lux/e-.

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
        """Mean photoelectrons that white makes in a 0-stop image.

        Returns
        -------
        float
            Mean photoelectrons per pixel on the axis, e-.

        Raises
        ------
        InputError
            If the exposure states an illuminance, as for `lux_per_electron`.
        """
        lux = self.exposure.white_illuminance_lux
        if lux is not None:
            return lux / self.lux_per_electron()
        return self.exposure.full_well_fraction * self.photodiode.full_well_e

    def white_illuminance_lux(self) -> float:
        """Illuminance of the scene in a 0-stop image.

        Returns
        -------
        float
            Illuminance, lux.

        Raises
        ------
        InputError
            If the exposure states no illuminance, as for `lux_per_electron`.
        """
        lux = self.exposure.white_illuminance_lux
        return self.white_e() * self.lux_per_electron() if lux is None else lux

    def electrons_at_white(self, key: streams.Key) -> npt.NDArray[np.float64]:
        """Mean photoelectrons that white makes in each image, by the exposure law.

        Parameters
        ----------
        key : Key
            Addresses of the random numbers of N images.

        Returns
        -------
        float64 [N]
            Mean photoelectrons per pixel on the axis, e-.
        """
        return self.white_e() * 2.0 ** self.exposure.stops(key)

    def on_array(self, light: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """Relative light on the pixels, behind the lens and the color filters.

        Parameters
        ----------
        light : array_like [N, H, W, C]
            Relative linear light of the scene; converted to float32.

        Returns
        -------
        float32 [N, H, W, S]
            Relative linear light of the S samples per pixel; 1.0 is white on the axis.

        Raises
        ------
        InputError
            As for `volts`.
        """
        array = np.asarray(light, np.float32)
        check_light(array)  # blur and luminance would spread NaN, or hide negative light
        image = through_lens(array, self.lens, self.photodiode.pixel_pitch_um)
        return sample_colors(image, self.layout)

    def mean_electrons(
        self, on_array: npt.NDArray[np.float32], key: streams.Key
    ) -> npt.NDArray[np.float32]:
        """Mean electrons of light and dark current, before saturation.

        Parameters
        ----------
        on_array : float32 [N, H, W, S]
            Relative light on the pixels, from `on_array`.
        key : Key
            Addresses of the random numbers of N images.

        Returns
        -------
        float32 [N, H, W, S]
            Mean electrons, e-; without PRNU and spread of the dark current.
        """
        at_white = self.electrons_at_white(key).astype(np.float32)
        return on_array * at_white[:, None, None, None] + np.float32(self.photodiode.dark_e)

    def volts(
        self, light: npt.ArrayLike, key: streams.Key, pattern: FixedPattern | None = None
    ) -> npt.NDArray[np.float32]:
        """Simulate volts at the pixels' outputs from the light of the scene.

        Parameters
        ----------
        light : array_like [N, H, W, C]
            Relative linear light of the scene; 1.0 is white.
        key : Key
            Addresses of the random numbers of N images.
        pattern : FixedPattern, optional
            `fixed_pattern` of the key's distinct dies; drawn in the call if left out.

        Returns
        -------
        float32 [N, H, W, S]
            Volts of the S samples per pixel, V.

        Raises
        ------
        InputError
            If the light is negative, infinite or NaN, has colors that the layout cannot sample, or
            the array is smaller than the lens's blur kernel, or key or pattern do not fit the
            light.
        """
        electrons = self.electrons_at_white(key)
        return sense(self.on_array(light), self.photodiode, electrons, key, pattern)
