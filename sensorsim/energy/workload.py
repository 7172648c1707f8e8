"""What one decision asks of the network, as plain numbers."""

from dataclasses import dataclass

from sensorsim.bnn.layers import Convolution, MaxPool, Scores
from sensorsim.bnn.model import Model, layer_products
from sensorsim.energy.logic import Activity


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
        Products of the largest accumulator.
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
        products = [count for _, count in layer_products(model)]
        activation_bits, largest_fan_in = _sizes(model)
        return cls(products, model.weight_bits, activation_bits, largest_fan_in)

    @property
    def operations(self) -> int:
        """Binary operations of one decision: an XNOR and a count for every product."""
        return 2 * sum(self.products)


def _sizes(model: Model) -> tuple[int, int]:
    """Bits of the largest map, and products of the largest accumulator."""
    i = model.input
    height, width, planes = i.height, i.width, i.planes
    maps, fan_ins = [height * width * planes * i.channels], [0]
    for layer in model.layers:
        if isinstance(layer, Convolution):
            height, width = layer.output_side(height), layer.output_side(width)
            maps.append(height * width * layer.outputs)
            fan_ins.append(layer.fan_in * (2**planes - 1))
            planes = 1
        elif isinstance(layer, MaxPool):
            height, width = height // layer.size, width // layer.size
        elif isinstance(layer, Scores):
            fan_ins.append(layer.inputs)
    return max(maps), max(fan_ins)
