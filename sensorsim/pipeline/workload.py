"""What one decision asks of the network, as plain numbers."""

from dataclasses import dataclass

from sensorsim.bnn.model import Model
from sensorsim.bnn.shapes import products
from sensorsim.circuits.logic import Activity


@dataclass(frozen=True)
class Workload:
    """Counts of one decision.

    Attributes
    ----------
    products : list of int
        Binary products of each layer, all planes.
    weight_bits : int
    activation_bits : int
        Bits of the largest map between two layers, which the activation memory holds.
    largest_fan_in : int
        Largest magnitude of an accumulator.
    activity : Activity or None
        What was measured of its arithmetic; None if it was not asked for.
    """

    products: list[int]
    weight_bits: int
    activation_bits: int
    largest_fan_in: int
    activity: Activity | None = None

    @classmethod
    def of(cls, model: Model) -> "Workload":
        """Counts of a network that follow from its layers alone."""
        counts = [n for n in map(products, model.steps) if n]
        first = model.steps[0].before
        maps = [step.after.bits for step in model.steps if step.after.max_accumulator == 0]
        return cls(
            counts,
            model.weight_bits,
            max([first.planes * first.bits, *maps]),
            max(step.after.max_accumulator for step in model.steps),
        )

    @property
    def operations(self) -> int:
        """Binary operations of one decision: an XNOR and a count for every product."""
        return 2 * sum(self.products)
