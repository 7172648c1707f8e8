"""How many bits of activations a network holds at once, a layer at a time."""

from collections.abc import Iterator
from itertools import count

from sensorsim.bnn.layers import Concat, Layer, Sum
from sensorsim.bnn.shapes import Shape, Step, flow

Map = frozenset[tuple[int, int]]
"""A binary map as what it is made of: a number and the bits of each part."""


def largest_activation_memory(layers: tuple[Layer, ...], shape: Shape) -> int:
    """The most bits of activations held at once while a network is computed layer by layer.

    Layers are computed in the order of `Model.steps`, branch after branch, each whole before the
    next. While a layer is computed, held are

    * the map that it reads and the map that it gives, one bit for each channel and pixel;
    * the map that branches read, as long as a later branch is to read it;
    * the maps that the finished branches of a concatenation end with, and those that the last
      layers of the finished branches of a sum read.

    Accumulators do not count: a threshold belongs to the layer before it and is taken as they are
    computed; the last layers of the branches of a sum are computed together with it. Class scores
    do not count either. A concatenation moves nothing: its map is those of its branches, and an
    empty branch is the map that it reads, held once. The network's input counts all its bit planes.

    Parameters
    ----------
    layers : tuple of Layer
        A checked network.
    shape : Shape
        What one image is before them.

    Returns
    -------
    int
        Bits.

    Examples
    --------
    >>> largest_activation_memory((MaxPool(2),), Shape(height=4, width=4, channels=8))
    160
    """
    walk = _Walk(flow(layers, shape))
    walk.chain(layers, walk.made(shape), frozenset())
    return walk.most


class _Walk:
    """Goes over layers and remembers the most that was held.

    Parameters
    ----------
    steps : iterator of Step
    """

    def __init__(self, steps: Iterator[Step]) -> None:
        self.steps = steps
        self.numbers = count()
        self.most = 0

    def made(self, shape: Shape) -> Map:
        """A new map."""
        return frozenset({(next(self.numbers), shape.planes * shape.bits)})

    def hold(self, maps: Map) -> None:
        """Note that these parts are held at one time."""
        self.most = max(self.most, sum(bits for _, bits in maps))

    def chain(self, layers: tuple[Layer, ...], source: Map, held: Map) -> Map:
        """Compute a chain; what it ends with, or what has to be read for the integers at its end.

        Parameters
        ----------
        source : Map
            What the chain reads.
        held : Map
            What must be kept for others meanwhile.
        """
        for layer in layers:
            if isinstance(layer, Sum | Concat):
                source = self.branches(layer, source, held)
                continue
            after = next(self.steps).after
            given = self.made(after) if after.reach == 0 else source
            self.hold(held | source | given)
            source = given
        return source

    def branches(self, layer: Sum | Concat, source: Map, held: Map) -> Map:
        """What a concatenation gives, or what has to be read for a sum."""
        ends: Map = frozenset()
        for number, branch in enumerate(layer.branches):
            later = source if number + 1 < len(layer.branches) else frozenset()
            ends |= self.chain(branch, source, held | ends | later)
        next(self.steps)
        self.hold(held | ends)
        return ends
