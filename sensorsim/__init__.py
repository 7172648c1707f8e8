"""sensorsim: an image sensor from photons to a binary network's decision, bit for bit.

>>> import sensorsim as ss
>>> pipe = ss.load_pipeline("glt4")
>>> result = pipe.run(images=1000, seed=0)
"""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sensorsim.core.errors import InputError
    from sensorsim.experiments.sweep import sweep
    from sensorsim.pipeline.pipeline import Pipeline, load_pipeline

    __version__: str

__all__ = ["InputError", "Pipeline", "__version__", "load_pipeline", "sweep"]

# Loaded on first use: numba and xarray take longer to import than a user waits for --help.
_HOMES = {
    "InputError": "sensorsim.core.errors",
    "Pipeline": "sensorsim.pipeline.pipeline",
    "load_pipeline": "sensorsim.pipeline.pipeline",
    "sweep": "sensorsim.experiments.sweep",
}


def __dir__() -> list[str]:
    return sorted(__all__)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return version("sensorsim")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'sensorsim' has no attribute {name!r}")
