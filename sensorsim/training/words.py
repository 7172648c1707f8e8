"""Numbers and parts of a training in words, the same in report and card."""

from sensorsim.scenes.exposure import Exposure
from sensorsim.training.decisions import Decisions

_PJ_UNITS = ((1e12, "J"), (1e9, "mJ"), (1e6, "µJ"), (1e3, "nJ"), (1.0, "pJ"))


def percent(part: float) -> str:
    """A part of one in percent, like "71.30 %".

    Parameters
    ----------
    part : float

    Returns
    -------
    str
    """
    return f"{100 * part:.2f} %"


def accuracy(decisions: Decisions) -> str:
    """Accuracy with its 95 % interval and the number of images.

    Parameters
    ----------
    decisions : Decisions

    Returns
    -------
    str
        Like "71.30 % of 10,000 images (95 % interval 70.40 % to 72.18 %)".
    """
    low, high = decisions.interval
    return (
        f"{percent(decisions.accuracy)} of {decisions.labels.size:,} images (95 % interval "
        f"{percent(low)} to {percent(high)})"
    )


def counted(number: int, what: str) -> str:
    """A number of things.

    Parameters
    ----------
    number : int
    what : str
        One of them.

    Returns
    -------
    str
        Like "1 thread" or "2 threads".
    """
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def energy(pj: float) -> str:
    """An energy with three digits, in the unit that suits it.

    Parameters
    ----------
    pj : float
        Energy in pJ.

    Returns
    -------
    str
        Like "12.3 nJ".
    """
    rounded = float(f"{pj:.2e}")  # 999.9 pJ is 1.00 nJ
    size, unit = next(((s, u) for s, u in _PJ_UNITS if rounded >= s), _PJ_UNITS[-1])
    return f"{rounded / size:#.3g}".rstrip(".") + f" {unit}"


def duration(seconds: float) -> str:
    """A time in hours, and in minutes or seconds below one hour.

    Parameters
    ----------
    seconds : float

    Returns
    -------
    str
        Like "3.42 h" or "0.0211 h (76 s)".
    """
    hours = f"{seconds / 3600:.3g} h"
    if seconds >= 3600:
        return hours
    return f"{hours} ({seconds / 60:.1f} min)" if seconds >= 120 else f"{hours} ({seconds:.0f} s)"


def light(exposure: Exposure) -> str:
    """How bright the images are.

    Parameters
    ----------
    exposure : Exposure

    Returns
    -------
    str
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
