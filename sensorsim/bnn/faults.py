"""What may be wrong in a network: flipped and stuck bits, narrow accumulators; see docs/faults.md.

`sensorsim.bnn.faulty` does to a network what is described here.
"""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from sensorsim.bnn.layers import Threshold, Weighted
from sensorsim.bnn.model import Model
from sensorsim.core.description import Description
from sensorsim.core.errors import InputError

INPUT = "input"
"""Stands for the network's input where a place of a layer is asked for."""

Rate = Annotated[float, Field(ge=0, le=1)]
Place = Annotated[str, Field(description="Place of a layer, as `sensorsim inspect` prints it.")]


class StuckWeight(Description):
    """One weight bit that a die cannot change."""

    layer: Place
    output: int = Field(ge=0, description="Output that the weight belongs to.")
    index: int = Field(ge=0, description="Which weight of that output, in the packed order.")
    value: Literal[0, 1] = Field(description="What it is stuck at; 0 stands for -1.")


class StuckChannel(Description):
    """One channel of a threshold whose bit is the same at every pixel of every image."""

    layer: Place
    channel: int = Field(ge=0, description="Channel of the threshold's output.")
    value: Literal[0, 1] = Field(description="What it is stuck at; 0 stands for -1.")


class Faults(Description):
    """Faults of a network; none by default.

    Rates are probabilities per bit, independent of one another. A rate that a layer's place names
    takes the place of the rate for all layers. Of a weight both flipped and stuck, stuck holds;
    what is listed overrides what is drawn.
    """

    weight_flip_rate: Rate = Field(0.0, description="Weight bits that a die holds inverted.")
    weight_flip_rates: dict[str, Rate] = Field({}, description="The same, by place of a layer.")
    weight_stuck_rate: Rate = Field(
        0.0, description="Weight bits that a die holds stuck, at 0 or 1 with equal probability."
    )
    stuck_weights: tuple[StuckWeight, ...] = Field((), description="Weight bits stuck for sure.")
    channel_stuck_rate: Rate = Field(
        0.0,
        description="Thresholds' channels stuck on a die, at 0 or 1 with equal probability.",
    )
    stuck_channels: tuple[StuckChannel, ...] = Field((), description="Channels stuck for sure.")
    activation_flip_rate: Rate = Field(
        0.0, description="Bits behind every threshold inverted in an image, drawn anew for each."
    )
    activation_flip_rates: dict[str, Rate] = Field(
        {}, description="The same by place, of any layer that gives bits; 'input' for its input."
    )
    accumulator_bits: int | None = Field(
        None, ge=2, le=32,
        description="Width of every finished accumulator, two's complement; none: wide enough.",
    )  # fmt: skip
    accumulator_bits_by_place: dict[str, Annotated[int, Field(ge=2, le=32)]] = Field(
        {}, description="The same, by place of a layer that gives integers."
    )
    overflow: Literal["saturate", "wrap"] = Field(
        "saturate", description="What an accumulator does that does not fit its width."
    )

    @property
    def of_die(self) -> bool:
        """Whether the faults change the model itself."""
        return bool(
            any((self.weight_flip_rate, self.weight_stuck_rate, self.channel_stuck_rate))
            or any(self.weight_flip_rates.values())
            or self.stuck_weights
            or self.stuck_channels
        )

    @property
    def of_frame(self) -> bool:
        """Whether something happens on the way through the network."""
        return bool(
            self.activation_flip_rate
            or any(self.activation_flip_rates.values())
            or self.accumulator_bits
            or self.accumulator_bits_by_place
        )

    def check(self, model: Model) -> None:
        """Every place must be one of the model's, of a layer that can have the fault.

        Raises
        ------
        InputError
            Naming the field, the place and those that were expected.
        """
        steps = {s.place: s for s in model.steps}
        weighted = [p for p, s in steps.items() if isinstance(s.layer, Weighted)]
        giving = [p for p, s in steps.items() if s.after.reach == 0]
        thresholds = [p for p, s in steps.items() if isinstance(s.layer, Threshold)]
        _check_places(
            "accumulator_bits_by_place",
            self.accumulator_bits_by_place,
            [p for p, s in steps.items() if s.after.reach > 0],
        )
        _check_places("weight_flip_rates", self.weight_flip_rates, weighted)
        _check_places("activation_flip_rates", self.activation_flip_rates, [INPUT, *giving])
        _check_places("stuck_weights", [w.layer for w in self.stuck_weights], weighted)
        _check_places("stuck_channels", [c.layer for c in self.stuck_channels], thresholds)
        for weight in self.stuck_weights:
            step = steps[weight.layer]
            assert isinstance(step.layer, Weighted)
            _check_below("stuck_weights", weight, "output", step.after.channels)
            _check_below("stuck_weights", weight, "index", step.layer.fan_in)
        for channel in self.stuck_channels:
            _check_below("stuck_channels", channel, "channel", steps[channel.layer].after.channels)


def _check_places(field: str, places: Iterable[str], known: list[str]) -> None:
    for place in places:
        if place not in known:
            raise InputError(
                f"network.faults.{field}: no place {place!r}; expected one of {', '.join(known)}"
            )


def _check_below(field: str, fault: StuckWeight | StuckChannel, name: str, size: int) -> None:
    value = getattr(fault, name)
    if value >= size:
        raise InputError(
            f"network.faults.{field}: {name} {value} of layer {fault.layer}, expected 0 to "
            f"{size - 1}"
        )
