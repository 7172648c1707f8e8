"""Description of a pixel, and the quantities that follow from it."""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from sensorsim.core.description import Description
from sensorsim.optics.spectrum import BOLTZMANN_J_PER_K, SpectralCurve
from sensorsim.sensor.response import Linear, Logarithmic, Response
from sensorsim.sensor.saturation import HardSaturation, Saturation

BOLTZMANN_EV_PER_K = 8.617333262e-5
ELEMENTARY_CHARGE_C = 1.602176634e-19
"""CODATA 2018, exact to the digits given."""
_ZERO_CELSIUS_K = 273.15
_DARK_REFERENCE_C = 25.0

Noise = Literal["none", "shot", "temporal", "all"]


class Photodiode(Description):
    """A pixel and its source follower: photons in, volts out."""

    # Lower bounds refuse values in another unit. The smallest pixels that are sold have 0.56 um
    # (2022), wells of photon-counting pixels hold some hundred electrons, and the low conversion
    # gains of HDR pixels are some uV/e-.
    pixel_pitch_um: float = Field(5.0, ge=0.3, le=100, description="Pitch of the square pixel, um.")
    quantum_efficiency: Annotated[float, Field(gt=0, le=1)] | SpectralCurve = Field(
        0.6,
        description="Electrons per photon that falls on the photodiode: a number, or a curve.",
    )
    fill_factor: float = Field(1.0, gt=0, le=1, description="Light-sensitive part of the pixel.")
    full_well_e: float = Field(10_000, ge=2, le=1e7, description="Saturation charge, electrons.")
    saturation: Saturation = Field(
        HardSaturation(), description="How the well fills: hard, or soft above a knee."
    )
    conversion_gain_uv_per_e: float = Field(
        100.0, ge=0.1, le=1e4, description="Volts at the pixel's output per electron, uV/e-."
    )
    response: Response = Field(
        Linear(), description="Electrons to volts: linear, logarithmic or linlog."
    )
    integration_time_ms: float = Field(33.0, gt=0, le=1e6, description="Exposure time, ms.")
    noise: Noise = Field(
        "all",
        description="Ladder of noise sources: none; shot: Poisson electrons; temporal: also reset, "
        "read, telegraph and row noise; all: also the fixed patterns of the die.",
    )
    read_noise_e: float = Field(
        4.0, ge=0, le=1e4, description="Noise of the source follower and what follows, e- rms."
    )
    correlated_double_sampling: bool = Field(
        True, description="The reset level is subtracted, and its kTC noise with it."
    )
    sense_node_capacitance_ff: float | None = Field(
        None, gt=0, le=1e4,
        description="Sets the kTC noise, fF; left out: elementary charge / conversion gain.",
    )  # fmt: skip
    rts_pixel_fraction: float = Field(
        0.0, ge=0, le=1, description="Part of the pixels whose follower has a telegraph trap."
    )
    rts_amplitude_e: float = Field(
        0.0, ge=0, le=1e4, description="Mean step of those traps (exponential), electrons."
    )
    row_noise_e: float = Field(
        0.0, ge=0, le=1e4, description="Noise common to the pixels of a row, drawn per frame, e-."
    )
    dark_current_e_per_s: float = Field(
        10.0, ge=0, le=1e7, description="Mean dark current of a pixel at 25 C, electrons/s."
    )
    dark_current_activation_ev: float = Field(
        0.63, gt=0, le=1.2, description="Activation energy of the dark current, eV."
    )
    dark_current_spread_percent: float = Field(
        0.0, ge=0, le=1000, description="Log-normal spread of the dark current, percent rms."
    )
    temperature_c: float = Field(25.0, ge=-60, le=150, description="Temperature of the die, C.")
    dsnu_e: float = Field(
        1.0, ge=0, le=1e5, description="Spread of the pixels' offsets, electrons rms."
    )
    prnu_percent: float = Field(
        1.0, ge=0, le=50, description="Spread of the response over pixels, percent rms."
    )
    row_offset_e: float = Field(
        0.0, ge=0, le=1e5, description="Spread of the rows' offsets, electrons rms."
    )
    column_offset_e: float = Field(
        0.0, ge=0, le=1e5, description="Spread of the columns' offsets, electrons rms."
    )
    column_gain_percent: float = Field(
        0.0, ge=0, le=50, description="Spread of the columns' gain, percent rms."
    )

    @property
    def volts_per_e(self) -> float:
        """Conversion gain.

        Returns
        -------
        float
            Conversion gain, V/e-.
        """
        return self.conversion_gain_uv_per_e * 1e-6

    @property
    def full_scale_v(self) -> float:
        """Volts at full well.

        Returns
        -------
        float
            Full scale of the pixel's output, V.
        """
        return float(self.response.volts(self.full_well_e, self.volts_per_e))

    @property
    def temperature_k(self) -> float:
        """Temperature of the die.

        Returns
        -------
        float
            Temperature, K.
        """
        return self.temperature_c + _ZERO_CELSIUS_K

    @property
    def dark_e(self) -> float:
        """Mean dark electrons of one exposure at the die's temperature.

        Returns
        -------
        float
            Mean dark electrons per pixel, e-.
        """
        per_s = dark_current_e_per_s(
            self.dark_current_e_per_s, self.temperature_c, self.dark_current_activation_ev
        )
        return per_s * self.integration_time_ms * 1e-3

    @property
    def reset_noise_e(self) -> float:
        """Reset (kTC) noise.

        ``sqrt(k T C) / q``; without a stated capacitance ``C = q / conversion gain``. It is 0 under
        correlated double sampling, and in a logarithmic pixel, which is never reset.

        Returns
        -------
        float
            Noise, e- rms.
        """
        if self.correlated_double_sampling or isinstance(self.response, Logarithmic):
            return 0.0
        capacitance_f = (
            ELEMENTARY_CHARGE_C / self.volts_per_e
            if self.sense_node_capacitance_ff is None
            else self.sense_node_capacitance_ff * 1e-15
        )
        kt_j = BOLTZMANN_J_PER_K * self.temperature_k
        return float(np.sqrt(kt_j * capacitance_f) / ELEMENTARY_CHARGE_C)

    def draws(self, noise: Noise) -> bool:
        """Whether this pixel's noise ladder includes ``noise``.

        Parameters
        ----------
        noise : Noise
            Step of the ladder: none, shot, temporal or all.

        Returns
        -------
        bool
            True if ``noise`` is this pixel's step or a lower one.

        Examples
        --------
        >>> Photodiode(noise="temporal").draws("shot")
        True
        """
        ladder = ("none", "shot", "temporal", "all")
        return ladder.index(self.noise) >= ladder.index(noise)


def dark_current_e_per_s(
    at_25c_e_per_s: float, temperature_c: float, activation_ev: float
) -> float:
    """Dark current at a temperature, by the Arrhenius law.

    ``I(T) = I(25 C) * exp(-(Ea / k) * (1 / T - 1 / 298.15 K))``.

    Parameters
    ----------
    at_25c_e_per_s : float
        Dark current at 25 C, e-/s.
    temperature_c : float
        Temperature, C.
    activation_ev : float
        Activation energy Ea, eV.

    Returns
    -------
    float
        Dark current, e-/s.

    Examples
    --------
    >>> round(dark_current_e_per_s(10.0, 35.0, 0.63), 1)
    22.2
    """
    inverse_k = 1 / (temperature_c + _ZERO_CELSIUS_K) - 1 / (_DARK_REFERENCE_C + _ZERO_CELSIUS_K)
    return float(at_25c_e_per_s * np.exp(-activation_ev / BOLTZMANN_EV_PER_K * inverse_k))
