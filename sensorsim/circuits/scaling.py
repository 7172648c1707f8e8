"""How a figure follows the node: what one process publishes, read at another.

============ ================================== ==================================================
rule         factor between nodes               for
============ ================================== ==================================================
none         1                                  bias currents, unit capacitors, times: set by noise,
                                                matching and choice, not by lithography
capacitance  node                               gate and junction capacitance (Dennard)
cv2          node * supply**2                   dynamic analog circuits (Dennard)
gate-energy  f(node, supply), polynomials       logic and memory (Stillmaker and Baas)
============ ================================== ==================================================

Sources: Dennard et al., "Design of ion-implanted MOSFET's with very small physical dimensions",
IEEE JSSC 9 (1974) 256, but with the supply stated and not scaled, since it left the rule at 130 nm;
Stillmaker, Baas, "Scaling equations for the accurate prediction of CMOS device performance from
180 nm to 7 nm", Integration 58 (2017) 74.
"""

import numpy as np
from pydantic import Field

from sensorsim.circuits.constant import Constant
from sensorsim.core import resources
from sensorsim.core.description import Description
from sensorsim.core.errors import InputError
from sensorsim.core.files import read_toml


class GateEnergy(Description):
    """Polynomials of gate energy over supply, one per node, descending nodes."""

    source: str
    verified: bool
    supply_low_v: float = Field(gt=0)
    supply_high_v: float = Field(gt=0)
    node_nm: tuple[float, ...]
    a2: tuple[float, ...]
    a1: tuple[float, ...]
    a0: tuple[float, ...]

    def factor(self, node_nm: float, supply_v: float) -> float:
        """Relative energy; between two nodes a straight line in the logarithms.

        Parameters
        ----------
        node_nm : float
            Node, nm.
        supply_v : float
            Digital supply, V.

        Returns
        -------
        float
            1 where the constant does not scale.

        Raises
        ------
        InputError
            If node or supply lies outside of what was fitted.
        """
        largest, smallest = self.node_nm[0], self.node_nm[-1]
        if not smallest <= node_nm <= largest:
            raise InputError(
                f"node_nm {node_nm:g}: expected {smallest:g} to {largest:g} nm, where gate energy "
                "was fitted; state the energies that scale so as numbers of your own"
            )
        if not self.supply_low_v <= supply_v <= self.supply_high_v:
            raise InputError(
                f"supply {supply_v:g} V: expected {self.supply_low_v:g} to "
                f"{self.supply_high_v:g} V, where gate energy was fitted; state the energies that "
                "scale so as numbers of your own"
            )
        energies = np.array(self.a2) * supply_v**2 + np.array(self.a1) * supply_v + self.a0
        ascending = np.log(self.node_nm)[::-1]
        return float(np.exp(np.interp(np.log(node_nm), ascending, np.log(energies)[::-1])))


def gate_energy() -> GateEnergy:
    """The polynomials that ship.

    Returns
    -------
    GateEnergy
        Read from ``data/technologies``.
    """
    path = resources.data("scaling", "gate_energy.toml")
    return GateEnergy.model_validate(read_toml(path))


def factor(constant: Constant, node_nm: float, supply_v: float) -> float:
    """What a constant is multiplied by to hold at a node and supply.

    Parameters
    ----------
    constant : Constant
        The figure.
    node_nm : float
        Node, nm.
    supply_v : float
        Digital supply, V.

    Returns
    -------
    float
        1 where the constant does not scale.
    """
    if constant.scaling == "none":
        return 1.0
    assert constant.node_nm is not None
    shrink = node_nm / constant.node_nm
    if constant.scaling == "capacitance":
        return shrink
    assert constant.supply_v is not None
    if constant.scaling == "cv2":
        return shrink * (supply_v / constant.supply_v) ** 2
    table = gate_energy()
    there = table.factor(constant.node_nm, constant.supply_v)
    return table.factor(node_nm, supply_v) / there


def scaled(constant: Constant, node_nm: float, supply_v: float) -> Constant:
    """A constant as it is at a node and supply; its source says what was done.

    The spread keeps its ratio: the rule's own error is not known and not added.

    Parameters
    ----------
    constant : Constant
        The figure.
    node_nm : float
        Node, nm.
    supply_v : float
        Digital supply, V.

    Returns
    -------
    Constant
        At the node.

    Raises
    ------
    InputError
        If the rule does not reach that far.
    """
    ratio = factor(constant, node_nm, supply_v)
    if ratio == 1:
        return constant
    at = f"{constant.node_nm:g} nm"
    if constant.supply_v is not None:
        at += f", {constant.supply_v:g} V"
    moved = constant.times(ratio, f" [{constant.scaling} from {at}: x {ratio:.3g}]")
    return moved.model_copy(update={"basis": "derived"})
