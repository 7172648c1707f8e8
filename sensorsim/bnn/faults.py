"""Fault descriptions: flipped and stuck bits, narrow accumulators; see docs/faults.md.

`sensorsim.bnn.faulty` applies them to a network.
"""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from sensorsim.bnn.layers import Threshold, Weighted
from sensorsim.bnn.model import Model
from sensorsim.core.description import Description
from sensorsim.core.errors import InputError

INPUT = "input"
"""Name of the network's input where the place of a layer is expected."""

Rate = Annotated[float, Field(ge=0, le=1)]
Place = Annotated[str, Field(description="Place of a layer, as `sensorsim inspect` prints it.")]


class StuckWeight(Description):
    """A weight bit that is stuck on every die."""

    layer: Place
    output: int = Field(ge=0, description="Output that the weight belongs to.")
    index: int = Field(ge=0, description="Which weight of that output, in the packed order.")
    value: Literal[0, 1] = Field(description="Value that it is stuck at; 0 stands for -1.")


class StuckChannel(Description):
    """A threshold channel whose bit is stuck at every pixel of every image."""

    layer: Place
    channel: int = Field(ge=0, description="Channel of the threshold's output.")
    value: Literal[0, 1] = Field(description="Value that it is stuck at; 0 stands for -1.")


class Faults(Description):
    """Faults of a network; none by default.

    Rates are independent probabilities per bit. A rate given for the place of a layer replaces the
    rate for all layers. If a weight is both flipped and stuck, it is stuck. Listed faults override
    drawn ones.
    """

    weight_flip_rate: Rate = Field(0.0, description="Weight bits that a die holds inverted.")
    weight_flip_rates: dict[str, Rate] = Field({}, description="The same, by place of a layer.")
    weight_stuck_rate: Rate = Field(
        0.0, description="Weight bits that a die holds stuck, at 0 or 1 with equal probability."
    )
    stuck_weights: tuple[StuckWeight, ...] = Field(
        (), description="Weight bits stuck on every die."
    )
    channel_stuck_rate: Rate = Field(
        0.0,
        description="Threshold channels that are stuck on a die, at 0 or 1 with equal probability.",
    )
    stuck_channels: tuple[StuckChannel, ...] = Field((), description="Channels stuck on every die.")
    activation_flip_rate: Rate = Field(
        0.0, description="Output bits of thresholds inverted in an image, drawn anew for each."
    )
    activation_flip_rates: dict[str, Rate] = Field(
        {}, description="The same by place, of any layer that gives bits; 'input' for its input."
    )
    accumulator_bits: int | None = Field(
        None, ge=2, le=32,
        description="Width of every finished accumulator, two's complement; none: no limit.",
    )  # fmt: skip
    accumulator_bits_by_place: dict[str, Annotated[int, Field(ge=2, le=32)]] = Field(
        {}, description="The same, by place of a layer that gives integers."
    )
    overflow: Literal["saturate", "wrap"] = Field(
        "saturate", description="What happens to an accumulator that does not fit its width."
    )

    @property
    def of_die(self) -> bool:
        """Whether there are faults that change the model itself.

        Returns
        -------
        bool
            True if weights or channels may be flipped or stuck.
        """
        return bool(
            any((self.weight_flip_rate, self.weight_stuck_rate, self.channel_stuck_rate))
            or any(self.weight_flip_rates.values())
            or self.stuck_weights
            or self.stuck_channels
        )

    @property
    def of_frame(self) -> bool:
        """Whether there are faults that act while an image is processed.

        Returns
        -------
        bool
            True if activations may flip or accumulators are limited.
        """
        return bool(
            self.activation_flip_rate
            or any(self.activation_flip_rates.values())
            or self.accumulator_bits
            or self.accumulator_bits_by_place
        )

    def check(self, model: Model) -> None:
        """Check that every place exists in a model and is a layer that can have the fault.

        Parameters
        ----------
        model : Model
            Model that the faults are meant for.

        Raises
        ------
        InputError
            Naming the field, the unknown place and the possible ones, or an index out of range.
        """
        steps = {s.place: s for s in model.steps}
        weighted = [p for p, s in steps.items() if isinstance(s.layer, Weighted)]
        giving = [p for p, s in steps.items() if s.after.max_accumulator == 0]
        thresholds = [p for p, s in steps.items() if isinstance(s.layer, Threshold)]
        _check_places(
            "accumulator_bits_by_place",
            self.accumulator_bits_by_place,
            [p for p, s in steps.items() if s.after.max_accumulator > 0],
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
