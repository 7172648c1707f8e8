"""How a full well fills: at once, or along a knee."""

from typing import Annotated, Literal

from pydantic import Field

from sensorsim.core.description import Description


class HardSaturation(Description):
    """Electrons are counted up to full well, and none beyond."""

    kind: Literal["hard"] = "hard"

    @property
    def knee_fraction(self) -> float:
        """Part of full well up to which the response is linear."""
        return 1.0


class SoftSaturation(Description):
    """Above a knee the well fills ever more slowly.

    ``e = knee + r * (1 - exp(-(x - knee) / r))`` with ``r = full_well - knee``: the charge that a
    well keeps when its leakage grows exponentially with its filling. Value and slope are
    continuous at the knee.
    """

    kind: Literal["soft"] = "soft"
    knee_fraction: float = Field(
        0.8, ge=0, lt=1, description="Part of full well up to which the response is linear."
    )


Saturation = Annotated[HardSaturation | SoftSaturation, Field(discriminator="kind")]
