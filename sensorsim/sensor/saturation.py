"""Saturation of the full well: hard, or soft above a knee."""

from typing import Annotated, Literal

from pydantic import Field

from sensorsim.core.description import Description


class HardSaturation(Description):
    """Electrons are kept up to full well, and none beyond."""

    kind: Literal["hard"] = "hard"

    @property
    def knee_fraction(self) -> float:
        """Fraction of full well up to which the response is linear.

        Returns
        -------
        float
            1.0.
        """
        return 1.0


class SoftSaturation(Description):
    """Linear up to a knee, then approaching full well exponentially.

    ``e = knee + r * (1 - exp(-(x - knee) / r))`` with ``r = full_well - knee``: the charge that a
    well keeps when its leakage grows exponentially with its filling. Value and slope are continuous
    at the knee.
    """

    kind: Literal["soft"] = "soft"
    knee_fraction: float = Field(
        0.8, ge=0, lt=1, description="Fraction of full well up to which the response is linear."
    )


Saturation = Annotated[HardSaturation | SoftSaturation, Field(discriminator="kind")]
