"""What the results of pipelines depend on, by content: files, images, technology, source code."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from sensorsim.core import resources
from sensorsim.core.source import foreign_digest, source_digest
from sensorsim.pipeline.pipeline import Pipeline

SOURCES = (
    "bnn", "circuits", "core", "kernels", "optics", "pipeline", "readout", "scenes", "sensor",
    "tonemap",
)  # fmt: skip
"""Folders of the package that determine the result of a run."""
_TABLES = (("photometry", "cie.csv"), ("scaling", "gate_energy.toml"))
"""Data files that every pipeline uses, whatever it states."""


def contents(pipelines: Iterable[Pipeline], sources: tuple[str, ...] = SOURCES) -> dict[str, Any]:
    """Collect what the results of some pipelines depend on, beside images' number and seed.

    Two calls give the same only if everything has the same content: a model file that was
    overwritten, another label, a changed figure of a technology or sensor, or a changed line of
    code makes a difference.

    Parameters
    ----------
    pipelines : iterable of Pipeline
        The pipelines; their test images are loaded.
    sources : tuple of str
        Files and folders of the package whose code counts.

    Returns
    -------
    dict
        Digests by what they are of; types that JSON has.
    """
    descriptions, models, images, technologies, readouts = [], {}, {}, {}, {}
    for one in pipelines:
        descriptions.append(one.description.model_dump(mode="json"))
        models[one.description.network.model] = one.network.sha256
        scene = one.description.scene
        images[f"{scene.dataset} {scene.data_dir} {scene.size_px}"] = one.dataset.digest
        technology = one.cost.technology.model_dump(mode="json")
        technologies[one.description.energy.technology] = _sha256(technology)
        readouts[one.readout.kind] = foreign_digest(type(one.readout))
    return {
        "pipelines": _sha256(descriptions),
        "models": models,
        "images and labels": images,
        "technologies": technologies,
        "readout packages": {kind: digest for kind, digest in readouts.items() if digest},
        "tables": {"/".join(t): hashlib.sha256(resources.data(*t).read_bytes()).hexdigest()
                   for t in _TABLES},
        "source code": source_digest(sources),
    }  # fmt: skip


def _sha256(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
