"""Bits from readout to network: a stated price, a wire on the chip, a via, or a pad."""

from typing import Annotated, Literal

from pydantic import Field

from sensorsim.circuits.constant import Estimate
from sensorsim.circuits.figures import Process
from sensorsim.core.description import Description


class Wire(Description):
    """A repeated wire on the chip: ``C V**2 / 2`` per transition."""

    kind: Literal["wire"] = "wire"
    length_mm: float = Field(gt=0, le=100, description="From the columns to the network, mm.")
    toggles_per_bit: float = Field(
        ge=0, le=1, description="Transitions per bit that is sent; 0.5 for random bits."
    )

    def price(self, process: Process) -> Estimate:
        """One bit, pJ.

        Parameters
        ----------
        process : Process
            Figures of the technology.

        Returns
        -------
        Estimate
            Energy of a bit, pJ.
        """
        c = process.link
        return Estimate(
            (c.repeated_wire_ff_per_mm, process.supply.digital_v),
            lambda ff, v: 1e-3 * self.toggles_per_bit * ff * self.length_mm * v**2 / 2,
        )


class Via(Description):
    """A through-silicon via to a stacked chip: ``C V**2 / 2`` per transition."""

    kind: Literal["via"] = "via"
    toggles_per_bit: float = Field(
        ge=0, le=1, description="Transitions per bit that is sent; 0.5 for random bits."
    )

    def price(self, process: Process) -> Estimate:
        """One bit, pJ.

        Parameters
        ----------
        process : Process
            Figures of the technology.

        Returns
        -------
        Estimate
            Energy of a bit, pJ.
        """
        return Estimate(
            (process.link.via_ff, process.supply.digital_v),
            lambda ff, v: 1e-3 * self.toggles_per_bit * ff * v**2 / 2,
        )


class OffChip(Description):
    """A serial link to another package at the price of published transceivers."""

    kind: Literal["off-chip"] = "off-chip"

    def price(self, process: Process) -> Estimate:
        """One bit, pJ.

        Parameters
        ----------
        process : Process
            Figures of the technology.

        Returns
        -------
        Estimate
            Energy of a bit, pJ.
        """
        return Estimate((process.link.off_chip_pj_per_bit,), lambda pj: pj)


Link = Annotated[Wire | Via | OffChip, Field(discriminator="kind")]

LINK_PRICE = "energy.link_pj_per_bit"
