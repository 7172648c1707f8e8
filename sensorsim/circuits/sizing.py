"""How large a comparator: a smaller offset and less noise, or less energy.

Mismatch falls with the root of the gate area, ``sigma = A / sqrt(W L)``: Pelgrom, Duinmaijer,
Welbers, "Matching properties of MOS transistors", IEEE JSSC 24 (1989) 1433. Charged capacitance
grows with the area, and so do the energy of a decision and, at a given speed, the bias current. The
thermal noise of that capacitance falls as ``sqrt(kT / C)``, by the same root.

A size is an area over that of the comparator whose energy and mismatch the technology states.
"""

import math

from sensorsim.circuits.comparator import Comparator
from sensorsim.circuits.figures import Process


def sized(process: Process, size: float) -> Process:
    """The same process with larger or smaller comparators.

    Parameters
    ----------
    process : Process
        Figures of the process.
    size : float
        Gate area over that of the comparator whose figures the process states.

    Returns
    -------
    Process
        Its comparator's energy, bias and input capacitance scaled by ``size``, its mismatch by
        ``size**-0.5``.
    """
    if size == 1:
        return process
    c, why = process.comparator, f"; comparator_size {size:g}"
    changed = {
        "dynamic_fj": c.dynamic_fj.times(size, why),
        "static_ua": c.static_ua.times(size, why),
        "input_ff": c.input_ff.times(size, why),
        "mismatch_mv": c.mismatch_mv.times(size**-0.5, why),
    }
    return process.model_copy(update={"comparator": c.model_copy(update=changed)})


def sized_comparator(residual: Comparator, mismatch_mv: float, size: float) -> Comparator:
    """Errors of a comparator of ``size`` times the area, without auto-zero.

    Parameters
    ----------
    residual : Comparator
        Its noise is that of a comparator of size 1. Its offset is what remains whatever the size,
        such as charge injection; it adds in squares.
    mismatch_mv : float
        Offset of a comparator of size 1, rms.
    size : float
        Gate area over that of a comparator of size 1.

    Returns
    -------
    Comparator
        Noise and offset of the sized comparator.
    """
    return Comparator(
        noise_mv=residual.noise_mv / math.sqrt(size),
        offset_mv=math.hypot(residual.offset_mv, mismatch_mv / math.sqrt(size)),
    )
