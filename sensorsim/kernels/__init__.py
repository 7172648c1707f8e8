"""Numba kernels: random numbers, photodiode, comparators, quantizer, XNOR-popcount.

Kernels take arrays and numbers only, no configurations, files or progress bars.
"""

import sys
from pathlib import Path

from sensorsim.kernels.machine_code import drop_stale, place_cache, refuse_big_endian

refuse_big_endian(sys.byteorder)
place_cache(Path(__file__).parent)
drop_stale(Path(__file__).parent)
