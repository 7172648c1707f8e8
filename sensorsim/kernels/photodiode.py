"""Light to electrons to volts, one pixel after another."""

import numpy as np
from numba import njit, prange

from sensorsim.kernels.philox import poisson, standard_normal


@njit(cache=True, parallel=True)
def expose(
    light, electrons_at_white, frames, dies, gain, dark_e, full_well_e, read_noise_e,
    volts_per_e, shot_noise, seed, shot_stream, read_stream, out,
):  # fmt: skip
    """Fill ``out`` with the volts of every pixel.

    Parameters
    ----------
    light : float32 [N, P]
        Relative light; P = H * W * C pixels.
    electrons_at_white : float64 [N]
        Electrons that light 1.0 makes in this image.
    frames : uint32 [N]
        Address of each frame's temporal noise.
    dies : int64 [N]
        Which row of ``gain`` and ``dark_e`` each image is seen through.
    gain, dark_e : float32 [D, P]
        Photo-response factor and mean dark electrons of every pixel of D dies.
    out : float32 [N, P]
    """
    for n in prange(light.shape[0]):
        die = dies[n]
        frame = frames[n]
        scale = electrons_at_white[n]
        for p in range(light.shape[1]):
            mean = light[n, p] * scale * gain[die, p] + dark_e[die, p]
            electrons = float(poisson(mean, p, frame, seed, shot_stream)) if shot_noise else mean
            electrons = min(electrons, full_well_e)
            if read_noise_e > 0.0:
                electrons += read_noise_e * standard_normal(p, frame, 0, seed, read_stream)
            out[n, p] = np.float32(electrons * volts_per_e)
