"""EMVA 1288: a simulated camera is measured as a laboratory would measure a real one.

`bench` exposes, `procedure` says to what, `statistics` turns frames into moments, `parameters`
moments into fits, `characterization` fits into a data sheet; `expectation` says what should come
out. `device` finds the camera that a name stands for.
"""

from sensorsim.lab.bench import Bench, Exposure, set_up
from sensorsim.lab.characterization import characterize
from sensorsim.lab.expectation import expected

__all__ = ["Bench", "Exposure", "characterize", "expected", "set_up"]
