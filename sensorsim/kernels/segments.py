"""How a batch of images is cut for work: spans for threads, segments for the first-level cache.

An item of work is a *span* of one image, so that one large frame fills all threads and a batch of
small images does too. A span is worked through in *segments* of a few hundred samples, every step
being a loop of its own over the segment, which the compiler turns into vector instructions.
"""

from numba import njit

from sensorsim.kernels.normal import GROUP

SEGMENT = 8 * GROUP
SPAN = 8 * SEGMENT


@njit(cache=True)
def spans_of(samples):
    """Number of spans of an image."""
    return (samples + SPAN - 1) // SPAN
