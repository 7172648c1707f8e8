"""Suggest the name that was probably meant."""

import difflib
from collections.abc import Iterable

_MOST_LISTED = 12
_MOST_SIMILAR = 3
_SIMILAR = 0.6


def similar(word: str, names: Iterable[str]) -> str | None:
    """Find the known name that is most similar to a word, whatever its case.

    Parameters
    ----------
    word : str
        An unknown name.
    names : iterable of str
        The known names.

    Returns
    -------
    str or None
        The name; None if none is similar.

    Examples
    --------
    >>> similar("full_wel_e", ["full_well_e", "fill_factor"])
    'full_well_e'
    """
    return next(iter(_alike(word, names)), None)


def _alike(word: str, names: Iterable[str]) -> list[str]:
    """The known names that are similar to a word, the most similar first."""
    by_case = {name.casefold(): name for name in sorted(names)}
    close = difflib.get_close_matches(word.casefold(), by_case, _MOST_SIMILAR, _SIMILAR)
    return [by_case[c] for c in close]


def suggestion(word: str, names: Iterable[str], listed_by: str = "") -> str:
    """Say which name was probably meant, for an error message.

    Parameters
    ----------
    word : str
        An unknown name.
    names : iterable of str
        The known names.
    listed_by : str
        What lists all names; said if they are too many for a message.

    Returns
    -------
    str
        The similar name as a question; without one, the names themselves, or how many there are.

    Examples
    --------
    >>> suggestion("gtl4", ["glt4", "adc8"])
    "did you mean 'glt4'?"
    >>> suggestion("camera", ["glt4", "adc8"])
    'expected one of adc8, glt4'
    """
    known = sorted(names)
    if close := _alike(word, known):
        return f"did you mean {' or '.join(map(repr, close))}?"
    if len(known) <= _MOST_LISTED:
        return f"expected one of {', '.join(known)}"
    few = f"expected one of {len(known)} names, like {', '.join(known[:: len(known) // 4][:4])}"
    return f"{few}; {listed_by} lists all" if listed_by else few
