"""Everything that a training depends on, by content: images, labels, camera, source files."""

import ast
import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import torch

from sensorsim.scenes.labelled import Labelled
from sensorsim.sensor.camera import Camera

_PACKAGE = Path(__file__).parents[1]
SOURCES = (
    "circuits/comparator.py", "core/bits.py", "core/streams.py", "kernels", "optics",
    "readout", "scenes/exposure.py", "scenes/srgb.py", "sensor", "tonemap", "training",
)  # fmt: skip
"""Files and folders of the package that determine the result of a training."""
_WORDS = frozenset(
    ("card.py", "command.py", "console.py", "marked.py", "outcome.py", "report.py",
     "report_figures.py",
     "toml_text.py", "words.py")
)  # fmt: skip
"""Modules that only print results; a change to them does not invalidate checkpoints."""


def source_digest(names: tuple[str, ...] = SOURCES) -> str:
    """SHA-256 of the code of source files of the package.

    Comments, docstrings and layout do not count: a plainer sentence ends no checkpoint. Another
    version of Python may write the same code in another way, and then does.

    Parameters
    ----------
    names : tuple of str
        Files and folders, relative to the package; `SOURCES` if left out.

    Returns
    -------
    str
        Hexadecimal.
    """
    sha = hashlib.sha256()
    for name in names:
        place = _PACKAGE / name
        files = sorted(place.rglob("*.py")) if place.is_dir() else [place]
        for file in files:
            if place.name == "training" and file.name in _WORDS:
                continue
            sha.update(file.relative_to(_PACKAGE).as_posix().encode())
            sha.update(_code_of(file.read_text()).encode())
    return sha.hexdigest()


def _code_of(source: str) -> str:
    """A module's syntax tree without docstrings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            continue
        if ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)


def data_plan(dataset: Labelled) -> dict[str, Any]:
    """Digests of the images and labels of a dataset, with its class names.

    Parameters
    ----------
    dataset : Labelled
        The dataset.

    Returns
    -------
    dict
        Types that JSON has.
    """
    return {
        "classes": list(dataset.class_names),
        "images": hashlib.sha256(dataset.images.tobytes()).hexdigest(),
        "shape": list(dataset.images.shape),
        "labels": hashlib.sha256(dataset.labels.tobytes()).hexdigest(),
    }


def arithmetic_plan(device: torch.device, dtype: torch.dtype) -> dict[str, Any]:
    """Device type, number format and torch version, which affect rounding.

    Parameters
    ----------
    device : torch.device
        Device that computes the network.
    dtype : torch.dtype
        Number format of convolutions.

    Returns
    -------
    dict
        Types that JSON has.
    """
    return {"device": device.type, "format": str(dtype), "torch": torch.__version__}


def camera_plan(camera: Camera) -> dict[str, Any]:
    """Everything that precedes the readout.

    Parameters
    ----------
    camera : Camera
        The camera.

    Returns
    -------
    dict
        Types that JSON has.
    """
    return {
        "photodiode": camera.photodiode.model_dump(mode="json"),
        "exposure": camera.exposure.model_dump(mode="json"),
        "lens": camera.lens.model_dump(mode="json"),
        "spectrum": camera.spectrum.model_dump(mode="json"),
        "white_e": camera.white_e(),
        "white_reflectance": camera.white_reflectance,
        "layout": camera.layout,
    }


def state_digest(state: dict[str, torch.Tensor]) -> str:
    """SHA-256 of a network's tensors and their names.

    Parameters
    ----------
    state : dict of tensor
        Result of ``state_dict``.

    Returns
    -------
    str
        Hexadecimal.
    """
    sha = hashlib.sha256()
    for name, tensor in state.items():
        sha.update(name.encode())
        sha.update(np.ascontiguousarray(tensor.detach().cpu().numpy()).tobytes())
    return sha.hexdigest()
