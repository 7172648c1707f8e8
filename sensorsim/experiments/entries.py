"""Chains of all readout families with the same pixels: one for each trained network of a folder."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from sensorsim.core.errors import InputError
from sensorsim.pipeline.evaluation import decide_all
from sensorsim.pipeline.pipeline import Pipeline
from sensorsim.readout import Family
from sensorsim.readout.families import families


@dataclass(frozen=True)
class Entry:
    """One readout of a comparison.

    Attributes
    ----------
    family : str
        Name of the family.
    levels : int
        Number of levels or bits.
    name : str
        Name in tables, like "glt M=4".
    chain : Pipeline
        The pipeline.
    """

    family: str
    levels: int
    name: str
    chain: Pipeline

    @cached_property
    def validation_accuracy(self) -> float:
        """Accuracy on validation images, by which readouts are chosen; never on test images.

        Returns
        -------
        float
            As the model file states it, 0 to 1; if it states none, as an imported network, all
            validation images are classified.
        """
        stated = self.chain.model.training.validation_accuracy
        if stated is not None:
            return stated
        images = self.chain.validation
        self.chain.check_dataset(images)
        key = self.chain.key(0, np.arange(len(images)))
        return float((decide_all([self.chain], images.images, key)[0] == images.labels).mean())


def network_of(family: Family, levels: int) -> str:
    """Name of the network that a readout uses.

    Parameters
    ----------
    family : Family
        The readout family.
    levels : int
        Number of levels or bits.

    Returns
    -------
    str
        Name of its model file without the suffix, like "glt-4".
    """
    return f"{family.networks.get(levels, family.name)}-{levels}"


def entries(base: Pipeline, models: Path, settings: Mapping[str, Any]) -> list[Entry]:
    """Make a chain for each readout whose trained network exists.

    Parameters
    ----------
    base : Pipeline
        Pipeline that gives scene, photodiode, comparator and prices.
    models : Path
        Folder of model files.
    settings : mapping of str to value
        Dotted fields to change in all chains.

    Returns
    -------
    list of Entry
        The chains, in the order of tables; they share the test images.

    Raises
    ------
    InputError
        If the folder has no such network, or a network or setting does not fit.
    """
    found: list[Entry] = []
    chain = base
    for family in families().values():
        for levels in family.studied:
            path = models / f"{network_of(family, levels)}.npz"
            if not path.exists():
                continue
            fields = {"name": f"{family.name}-{levels}", "network.model": str(path), **settings}
            chain = chain.replace(fields | {"readout": _stated(family, levels, base)})
            if not found:
                chain.dataset  # noqa: B018  load once; later chains share it
            found.append(
                Entry(family.name, levels, f"{family.name} {family.symbol}={levels}", chain)
            )
    if not found:
        dataset = settings.get("scene.dataset", base.description.scene.dataset)
        raise InputError(
            f"{models}: no trained models of dataset {dataset!r}, expected files like "
            "glt-4.npz or adc-log-8.npz; name another folder, or train them with "
            "studies/train_models.py"
        )
    return found


def _stated(family: Family, levels: int, base: Pipeline) -> dict[str, Any]:
    """Readout fields: stated in full if families share networks, else those of the model file."""
    comparator = base.description.readout.comparator
    if family.networks:
        return family.make(levels, comparator, None).model_dump(exclude_none=True)
    return {"kind": "learned", "comparator": comparator.model_dump()}
