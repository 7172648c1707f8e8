"""Peak activation memory of a network that is computed one layer at a time."""

from collections.abc import Iterator
from itertools import count

from sensorsim.bnn.layers import Concat, Layer, Sum
from sensorsim.bnn.shapes import Shape, Step, flow

Map = frozenset[tuple[int, int]]
"""An activation map as a set of parts, each (identifier, size in bits)."""


def largest_activation_memory(layers: tuple[Layer, ...], shape: Shape) -> int:
    """Compute the most activation bits held at once when a network runs layer by layer.

    Layers are computed in the order of `Model.steps`: branch after branch, each layer completely
    before the next. While a layer is computed, memory holds

    * its input map and its output map, one bit per channel and pixel;
    * the common input map of branches, until the last of them has read it;
    * the output maps of the finished branches of a concatenation, and the input maps of the last
      layers of the finished branches of a sum.

    Accumulators do not count: a threshold is applied as the accumulators of the layer before it are
    computed, and the last layers of the branches of a sum are computed together with the sum. Class
    scores do not count either. A concatenation copies nothing: its map consists of the maps of its
    branches, and an empty branch is its input map, held once. The network's input counts with all
    its bit planes.

    Parameters
    ----------
    layers : tuple of Layer
        Layers of a valid network.
    shape : Shape
        Shape of one image before the first layer.

    Returns
    -------
    int
        Peak activation memory of one image, bit.

    Examples
    --------
    >>> from sensorsim.bnn.layers import MaxPool
    >>> largest_activation_memory((MaxPool(2),), Shape(height=4, width=4, channels=8))
    160
    """
    walk = _Walk(flow(layers, shape))
    walk.chain(layers, walk.made(shape), frozenset())
    return walk.most


class _Walk:
    """Walk over layers and record the peak memory.

    Parameters
    ----------
    steps : iterator of Step
        Steps of the network, in order of computation.
    """

    def __init__(self, steps: Iterator[Step]) -> None:
        self.steps = steps
        self.numbers = count()
        self.most = 0

    def made(self, shape: Shape) -> Map:
        """Return a new map of this shape."""
        return frozenset({(next(self.numbers), shape.planes * shape.bits)})

    def hold(self, maps: Map) -> None:
        """Record that these parts are held at the same time."""
        self.most = max(self.most, sum(bits for _, bits in maps))

    def chain(self, layers: tuple[Layer, ...], source: Map, held: Map) -> Map:
        """Walk a chain; return its output map, or what its last layer reads if it gives integers.

        Parameters
        ----------
        layers : tuple of Layer
            Layers of the chain.
        source : Map
            Input map of the chain.
        held : Map
            Parts that others need later, held during the whole chain.
        """
        for layer in layers:
            if isinstance(layer, Sum | Concat):
                source = self.branches(layer, source, held)
                continue
            after = next(self.steps).after
            given = self.made(after) if after.max_accumulator == 0 else source
            self.hold(held | source | given)
            source = given
        return source

    def branches(self, layer: Sum | Concat, source: Map, held: Map) -> Map:
        """Walk the branches; return the map of a concatenation, or the maps that a sum reads."""
        ends: Map = frozenset()
        for number, branch in enumerate(layer.branches):
            later = source if number + 1 < len(layer.branches) else frozenset()
            ends |= self.chain(branch, source, held | ends | later)
        next(self.steps)
        self.hold(held | ends)
        return ends
