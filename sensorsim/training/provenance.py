"""Everything that a training depends on, by content: images, labels, camera, source files."""

import hashlib
from typing import Any

import numpy as np
import torch

from sensorsim.core.source import source_digest
from sensorsim.scenes.labelled import Labelled

SOURCES = (
    "circuits/comparator.py", "core/bits.py", "core/streams.py", "kernels", "optics",
    "readout", "scenes/exposure.py", "scenes/srgb.py", "sensor", "tonemap", "training",
)  # fmt: skip
"""Files and folders of the package that determine the result of a training."""
_WORDS = frozenset(
    f"training/{name}.py" for name in
    ("card", "command", "console", "marked", "outcome", "report", "report_figures", "toml_text",
     "words")
)  # fmt: skip
"""Modules that only print results; a change to them does not invalidate checkpoints."""


def training_sources(names: tuple[str, ...] = SOURCES) -> str:
    """SHA-256 of the code that determines the result of a training.

    Parameters
    ----------
    names : tuple of str
        Files and folders, relative to the package; `SOURCES` if left out.

    Returns
    -------
    str
        Hexadecimal, as `sensorsim.core.source.source_digest` computes it.
    """
    return source_digest(names, _WORDS)


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
