"""Format numbers and settings of a training for report and card."""

from sensorsim.scenes.exposure import Exposure
from sensorsim.training.decisions import Decisions

_PJ_UNITS = ((1e12, "J"), (1e9, "mJ"), (1e6, "µJ"), (1e3, "nJ"), (1.0, "pJ"))


def percent(part: float) -> str:
    """Format a fraction in percent.

    Parameters
    ----------
    part : float
        Fraction, 0 to 1.

    Returns
    -------
    str
        Text like "71.30 %".

    Examples
    --------
    >>> percent(0.713)
    '71.30 %'
    """
    return f"{100 * part:.2f} %"


def accuracy(decisions: Decisions) -> str:
    """Format accuracy with its 95 % interval and the number of images.

    Parameters
    ----------
    decisions : Decisions
        Decisions and labels of the images.

    Returns
    -------
    str
        Text like "71.30 % of 10,000 images (95 % interval 70.40 % to 72.18 %)".
    """
    low, high = decisions.interval
    return (
        f"{percent(decisions.accuracy)} of {decisions.labels.size:,} images (95 % interval "
        f"{percent(low)} to {percent(high)})"
    )


def counted(number: int, what: str) -> str:
    """Format a number with its noun in singular or plural.

    Parameters
    ----------
    number : int
        The number.
    what : str
        Noun in the singular.

    Returns
    -------
    str
        Text like "1 thread" or "2 threads".
    """
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def energy(pj: float) -> str:
    """Format an energy with three digits and a suitable unit.

    Parameters
    ----------
    pj : float
        Energy in pJ.

    Returns
    -------
    str
        Text like "12.3 nJ".
    """
    rounded = float(f"{pj:.2e}")  # 999.9 pJ is 1.00 nJ
    size, unit = next(((s, u) for s, u in _PJ_UNITS if rounded >= s), _PJ_UNITS[-1])
    return f"{rounded / size:#.3g}".rstrip(".") + f" {unit}"


def duration(seconds: float) -> str:
    """Format a time in hours, and also in minutes or seconds below one hour.

    Parameters
    ----------
    seconds : float
        Time, s.

    Returns
    -------
    str
        Text like "3.42 h" or "0.0211 h (76 s)".
    """
    hours = f"{seconds / 3600:.3g} h"
    if seconds >= 3600:
        return hours
    return f"{hours} ({seconds / 60:.1f} min)" if seconds >= 120 else f"{hours} ({seconds:.0f} s)"


def light(exposure: Exposure) -> str:
    """Describe the exposure of the images.

    Parameters
    ----------
    exposure : Exposure
        Exposure law.

    Returns
    -------
    str
        Phrase for report and card.
    """
    if exposure.white_illuminance_lux is not None:
        white = f"white of a 0-stop image at {exposure.white_illuminance_lux:g} lux on the scene"
    else:
        white = f"white of a 0-stop image at {100 * exposure.full_well_fraction:g} % of full well"
    if exposure.law == "fixed":
        return f"every image at {exposure.high_stops:g} stops; {white}"
    return (
        f"drawn for each image, uniform from {exposure.low_stops:g} to "
        f"{exposure.high_stops:g} stops; {white}"
    )
