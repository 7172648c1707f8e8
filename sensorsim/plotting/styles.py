"""Color, marker, line and name of each readout family, the same in every figure."""

from sensorsim.readout.families import families

BLACK, GRAY = "black", "#888888"
ORANGE, SKY, GREEN, BLUE, VERMILION, PURPLE = (
    "#E69F00", "#56B4E9", "#009E73", "#0072B2", "#D55E00", "#CC79A7",
)  # fmt: skip
"""Colors that color-blind readers can tell apart (Okabe and Ito, Color Universal Design, 2008)."""
PALETTE = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY, BLACK, GRAY)
"""Colors of curves that are not readout families, in this order."""
_STYLE = {
    "adc-linear": (GRAY, "s", "-"),
    "adc-log": (BLACK, "D", "-"),
    "thermometer-uniform": (BLUE, "v", "--"),
    "thermometer-log": (SKY, "^", "--"),
    "thermometer-quantile": (GREEN, "<", "--"),
    "glt": (VERMILION, "o", "-"),
}
_FREE = tuple((color, marker, "-.") for marker in "Xph*" for color in (PURPLE, ORANGE, BLUE, BLACK))
"""Styles of the families that `_STYLE` does not list, in the order of the registry."""
_NAMES = {
    "adc-linear": "ADC, linear",
    "adc-log": "ADC, log ramp",
    "thermometer-uniform": "thermometer, uniform",
    "thermometer-log": "thermometer, log",
    "thermometer-quantile": "thermometer, quantiles",
    "glt": "GLT (learned)",
}
FEWER_LEVELS = (":", "-.", "--")
"""Lines of a family's readouts with fewer levels than its finest; their markers are hollow."""


def style(family: str) -> tuple[str, str, str]:
    """Color, marker and line of a readout family.

    Parameters
    ----------
    family : str
        Name of a family. One without an entry here takes a free style by its place in the
        registry.

    Returns
    -------
    color, marker, line : str
        As matplotlib takes them.
    """
    if family in _STYLE:
        return _STYLE[family]
    others = [name for name in families() if name not in _STYLE]
    place = others.index(family) if family in others else len(others)
    return _FREE[place % len(_FREE)]


def family_name(family: str) -> str:
    """Name of a readout family in legends.

    Parameters
    ----------
    family : str
        Name of a family.

    Returns
    -------
    str
        What the legend says; the family's own name if nothing else is known.
    """
    return _NAMES.get(family, family)
