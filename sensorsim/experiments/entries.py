"""Readout families behind the same pixels: one chain for each trained network of a folder."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sensorsim.core.errors import InputError
from sensorsim.pipeline.pipeline import Pipeline
from sensorsim.readout import Family
from sensorsim.readout.families import families


@dataclass(frozen=True)
class Entry:
    """One readout of a comparison.

    Attributes
    ----------
    family : str
    levels : int
        Its number of levels or bits.
    name : str
        Like "glt M=4".
    chain : Pipeline
    """

    family: str
    levels: int
    name: str
    chain: Pipeline


def network_of(family: Family, levels: int) -> str:
    """Name of the network that a readout uses.

    Parameters
    ----------
    family : Family
    levels : int

    Returns
    -------
    str
        Stem of its model file, like "glt-4".
    """
    return f"{family.networks.get(levels, family.name)}-{levels}"


def entries(base: Pipeline, models: Path, settings: Mapping[str, Any]) -> list[Entry]:
    """All readouts for which a network is there, in the order of tables.

    Parameters
    ----------
    base : Pipeline
        Gives scene, photodiode, comparator and prices.
    models : Path
        Folder of model files.
    settings : mapping of str to value
        Dotted fields of all chains.

    Returns
    -------
    list of Entry
        They share the test images.

    Raises
    ------
    InputError
        If there is none.
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
                chain.dataset  # noqa: B018  read once; the chains that follow share it
            found.append(
                Entry(family.name, levels, f"{family.name} {family.symbol}={levels}", chain)
            )
    if not found:
        dataset = settings.get("scene.dataset", base.description.scene.dataset)
        raise InputError(f"{models}: no trained models of dataset {dataset!r} there")
    return found


def _stated(family: Family, levels: int, base: Pipeline) -> dict[str, Any]:
    """What a pipeline states: the readout itself if networks are shared, else the network's own."""
    comparator = base.description.readout.comparator
    if family.networks:
        return family.make(levels, comparator, None).model_dump(exclude_none=True)
    return {"kind": "learned", "comparator": comparator.model_dump()}
