"""Operation and bit counts of a network for one decision."""

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
        Binary products of each layer, over all planes.
    weight_bits : int
        Bits of all weights.
    activation_bits : int
        Bits of the largest map between two layers: the size of the activation memory.
    max_accumulator : int
        Largest magnitude of an accumulator.
    activity : Activity or None
        Measured switching activity; None if no price needs it.
    """

    products: list[int]
    weight_bits: int
    activation_bits: int
    max_accumulator: int
    activity: Activity | None = None

    @classmethod
    def of(cls, model: Model) -> "Workload":
        """Count from the layers of a network, without activity.

        Parameters
        ----------
        model : Model
            The network.

        Returns
        -------
        Workload
            The counts.
        """
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
        """Binary operations of one decision: an XNOR and a count for every product.

        Returns
        -------
        int
            Number of operations.
        """
        return 2 * sum(self.products)
