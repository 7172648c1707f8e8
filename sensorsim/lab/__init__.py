"""EMVA 1288 characterization of a simulated camera.

`bench` exposes frames, `procedure` chooses the exposures, `frame_statistics` computes moments of
frames, `parameters` fits them, and `characterization` collects the fits in a data sheet.
`expectation` computes the values to expect. `device_under_test` looks up a camera by name.
"""

from sensorsim.lab.bench import Bench, Exposure, set_up
from sensorsim.lab.characterization import characterize
from sensorsim.lab.expectation import expected

__all__ = ["Bench", "Exposure", "characterize", "expected", "set_up"]
