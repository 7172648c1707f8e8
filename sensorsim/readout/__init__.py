"""Volts to codes: the readouts that a pipeline can name.

A new readout is one module with one description class that has the members of `ReadoutProtocol`,
and its name in the union `Readout`.
"""

from typing import Annotated, Any, Protocol

import numpy as np
import numpy.typing as npt
from pydantic import Field

from sensorsim.circuits.comparator_errors import Comparator
from sensorsim.core.bits import WordArray
from sensorsim.core.streams import Key
from sensorsim.readout.adc.architecture import Architecture, Cyclic, Sar, SingleSlope
from sensorsim.readout.adc.description import Adc
from sensorsim.readout.thermometer.circuit import ThermometerCircuit
from sensorsim.readout.thermometer.description import Thermometer


class ReadoutProtocol(Protocol):
    """What every readout offers."""

    @property
    def kind(self) -> str: ...
    @property
    def levels(self) -> int: ...
    @property
    def bits_per_sample(self) -> int: ...
    @property
    def link_bits_per_sample(self) -> int: ...
    @property
    def planes(self) -> int: ...
    def channels(self, colors: int) -> int: ...
    def transitions(self) -> npt.NDArray[np.float64]: ...
    def convert(
        self, volts: npt.NDArray[np.float32], full_scale_v: float, key: Key
    ) -> npt.NDArray[Any]: ...
    def digital_numbers(self, codes: npt.NDArray[Any]) -> npt.NDArray[np.int64]: ...
    def pack(self, codes: npt.NDArray[Any]) -> WordArray: ...


Readout = Annotated[Adc | Thermometer, Field(discriminator="kind")]

__all__ = [
    "Adc", "Architecture", "Comparator", "Cyclic", "Readout", "ReadoutProtocol", "Sar",
    "SingleSlope", "Thermometer", "ThermometerCircuit",
]  # fmt: skip
