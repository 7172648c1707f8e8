"""The conventional readout: one b-bit conversion per sample."""

from pathlib import Path

from sensorsim import kernels
from sensorsim.kernels.machine_code import drop_stale

drop_stale(Path(__file__).parent, *kernels.__path__)
