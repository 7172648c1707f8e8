"""EMVA 1288: a simulated camera is measured as a laboratory would measure a real one.

`bench` exposes, `procedure` says to what, `statistics` turns frames into moments, `parameters`
moments into gain, noise and all that follows; `expectation` says what should come out.
"""

from sensorsim.emva.bench import Bench, Exposure, set_up
from sensorsim.emva.expectation import expected
from sensorsim.emva.procedure import characterize

__all__ = ["Bench", "Exposure", "characterize", "expected", "set_up"]
