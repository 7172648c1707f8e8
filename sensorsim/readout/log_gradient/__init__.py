"""Log-gradient readout: compares every sample with its neighbors instead of a reference."""

from pathlib import Path

from sensorsim import kernels
from sensorsim.kernels.machine_code import drop_stale

drop_stale(Path(__file__).parent, *kernels.__path__)

from sensorsim.readout.log_gradient.description import LogGradient  # noqa: E402

READOUT = LogGradient

__all__ = ["READOUT", "LogGradient"]
