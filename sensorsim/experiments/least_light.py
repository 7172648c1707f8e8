"""How little light is enough: signal to noise of white, and the light that an accuracy needs."""

import numpy as np
import numpy.typing as npt

from sensorsim.pipeline.chain import Chain

_SIDE_PX = 64
_FRAMES = 16


def white_snr_db(chain: Chain, seed: int) -> float:
    """Signal-to-noise ratio of white at the input of the readout's comparators.

    The signal is what a flat white image has above a dark one, the noise the spread of its pixels,
    frames and columns. Comparators add theirs in quadrature.

    Parameters
    ----------
    chain : Chain
        Pixel, light and comparator.
    seed : int, 0 to 2**32 - 1
        Of the noise.

    Returns
    -------
    float
        Ratio, dB; infinite if nothing is drawn.
    """
    key = chain.key(seed, np.arange(_FRAMES))
    shape = (_FRAMES, _SIDE_PX, _SIDE_PX, 1)
    white, dark = (
        chain.volts(np.full(shape, level, np.float32), key).astype(np.float64)
        for level in (1.0, 0.0)
    )
    comparator = chain.readout.comparator
    own_v2 = 1e-6 * (comparator.noise_mv**2 + comparator.offset_mv**2)
    noise_v = np.sqrt(white.var() + own_v2)
    signal_v = white.mean() - dark.mean()
    if noise_v < 1e-6 * signal_v:  # rounding of float32
        return float("inf")
    return float(20 * np.log10(signal_v / noise_v))


def least_light(light: npt.ArrayLike, accuracy: npt.ArrayLike, target: float) -> float:
    """Light at which accuracy first reaches a target, coming from the dark.

    Parameters
    ----------
    light : float [N]
        In any unit proportional to light, ascending.
    accuracy : float [N]
        0 to 1.
    target : float
        0 to 1.

    Returns
    -------
    float
        In the unit of ``light``, interpolated in its logarithm between neighbors; NaN if the target
        is never reached, or already in the darkest.

    Examples
    --------
    >>> round(least_light([1, 100], [0.5, 0.9], 0.7), 6)
    10.0
    """
    x, y = np.asarray(light, np.float64), np.asarray(accuracy, np.float64)
    reached = np.flatnonzero(y >= target)
    if not reached.size or reached[0] == 0:
        return float("nan")
    pair = slice(reached[0] - 1, reached[0] + 1)
    return float(np.exp(np.interp(target, y[pair], np.log(x[pair]))))
