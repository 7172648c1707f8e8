"""Receptive fields of narrow layers, laid bit to bit.

A layer of few channels, or of groups of a few, leaves most of a pixel's word empty. Its receptive
fields are therefore gathered first: k x k pixels of C channels in k k C / 64 words. A *piece* is a
run of channels that moves together, from one word of a pixel into one word of the field,
``target |= ((source >> right) & mask) << left``. All fields of a band take the same pieces, a word
apart, so this runs over many pixels at once.
"""

from numba import njit

SOURCE, RIGHT, MASK, LEFT, TARGET = range(5)
"""Columns of a table of pieces: words behind the origin, shifts, mask, word of the field."""


@njit(cache=True)
def gather(words, origin, line, stride, runs, run, pieces, patch, pitch):
    """Lay the fields of a band.

    Parameters
    ----------
    words : uint64 [:], holds both the image and the fields
    origin : first word of the first field
    line : words between the origins of two runs
    stride : words between the origins of neighbors in a run
    runs, run : number of runs, and of fields in each
    pieces : uint64 [pieces, 5]
    patch : where the fields go: word t of field i is word ``patch + t * pitch + i``; 0 on entry
    """
    for i in range(pieces.shape[0]):
        right, mask, left = pieces[i, RIGHT], pieces[i, MASK], pieces[i, LEFT]
        first = origin + int(pieces[i, SOURCE])
        target = patch + int(pieces[i, TARGET]) * pitch
        for r in range(runs):
            start, end = first + r * line, target + r * run
            if stride == 1:
                _merge(words[start : start + run], right, mask, left, words[end : end + run])
            else:
                strided = words[start : start + run * stride : stride]
                _merge(strided, right, mask, left, words[end : end + run])


@njit(cache=True)
def _merge(source, right, mask, left, target):
    for x in range(target.size):
        target[x] |= ((source[x] >> right) & mask) << left
