"""Memories by size: SRAM and register files of standard cells."""

from typing import Literal

import numpy as np

from sensorsim.circuits.constant import Estimate
from sensorsim.circuits.figures import Process
from sensorsim.circuits.ledger import Row

MemoryKind = Literal["sram", "registers"]


def access(process: Process, size_bits: float, kind: MemoryKind = "sram") -> Estimate:
    """Reading or writing one bit of a memory of so many bits, pJ.

    Word and bit lines of a square array grow with the root of its size, and energy with them:
    Horowitz's 10, 20 and 100 pJ at 8 KiB, 32 KiB and 1 MiB follow this root within 13 %.

    Parameters
    ----------
    process : Process
        Figures of the technology.
    size_bits : float
        Size of the memory, bits.
    kind : "sram" or "registers"
        What it is made of.

    Returns
    -------
    Estimate
        Energy of an accessed bit, pJ.
    """
    c = process.memory
    figure = c.sram_fj_per_bit if kind == "sram" else c.registers_fj_per_bit
    assert figure.size_bits is not None
    growth = float(np.sqrt(size_bits / figure.size_bits))
    return Estimate((figure,), lambda fj: 1e-3 * fj * growth)


def access_row(
    process: Process, component: str, bits: float, size_bits: float, kind: MemoryKind
) -> Row:
    """So many accessed bits of one memory of the network in a frame.

    Parameters
    ----------
    process : Process
        Figures of the technology.
    component : str
        What the memory holds.
    bits : float
        Bits that are accessed in a frame.
    size_bits : float
        Size of the memory, bits.
    kind : "sram" or "registers"
        What it is made of.

    Returns
    -------
    Row
        Of stage "network", pJ.
    """
    name = f"{component}: bit of {size_bits / 1024:.4g} kbit {kind}"
    return Row("network", name, bits, access(process, size_bits, kind))
