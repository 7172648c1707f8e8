"""Conventional ADC readout: one b-bit conversion per sample."""

from pathlib import Path

from sensorsim import kernels
from sensorsim.kernels.machine_code import drop_stale

drop_stale(Path(__file__).parent, *kernels.__path__)

from sensorsim.readout.adc.architecture import (  # noqa: E402
    Architecture,
    Cyclic,
    Sar,
    SingleSlope,
)
from sensorsim.readout.adc.description import Adc  # noqa: E402

READOUT = Adc

__all__ = ["READOUT", "Adc", "Architecture", "Cyclic", "Sar", "SingleSlope"]
