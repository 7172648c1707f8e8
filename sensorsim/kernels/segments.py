"""Division of images into spans for threads and segments for the first-level cache.

An item of work is a *span* of one image, so that a single large frame occupies all threads, and a
batch of small images does too. A span is processed in *segments* of a few hundred samples. Every
step is a separate loop over the segment, which the compiler vectorizes.
"""

from numba import njit

from sensorsim.kernels.normal import GROUP

SEGMENT = 8 * GROUP
SPAN = 8 * SEGMENT


@njit(cache=True)
def spans_of(samples):
    """Number of spans of an image.

    Parameters
    ----------
    samples : int
        Samples of the image.

    Returns
    -------
    int
        ``ceil(samples / SPAN)``.
    """
    return (samples + SPAN - 1) // SPAN
