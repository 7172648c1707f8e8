"""A few comparators per sample, their thresholds learned or made by hand."""

from pathlib import Path

from sensorsim import kernels
from sensorsim.kernels.machine_code import drop_stale

drop_stale(Path(__file__).parent, *kernels.__path__)
