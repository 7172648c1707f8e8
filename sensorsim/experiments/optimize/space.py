"""Parameters that a search may vary, and their conversion to settings of a pipeline.

A design states all parameters, also those that its readout does not use (the converter of a
thermometer), which have no effect.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sensorsim.bnn.model_file import read_model
from sensorsim.circuits.figures import Process
from sensorsim.circuits.sizing import sized_comparator
from sensorsim.core import resources
from sensorsim.core.errors import InputError
from sensorsim.pipeline.pipeline import Pipeline
from sensorsim.readout import Comparator, Readout, kinds

Parameters = Mapping[str, Any]

SIZES = (0.25, 16.0)
EXPOSURES = (0.25, 8.0)
"""Range of the factor on the pipeline's exposure: two stops down, three up."""
MISMATCH = "mismatch"
"""Folder of the shipped networks that were trained on simulated dies with mismatch."""


@dataclass(frozen=True)
class Space:
    """The designs that a search may choose from.

    Attributes
    ----------
    base : Pipeline
        Pipeline that states everything else.
    models : dict of str to Readout
        Value of ``network.model`` and the readout whose levels its designs have: that which this
        network was trained behind or, for the network of the base pipeline, that of the pipeline.
    choices : dict of str to tuple of str
        Values of each categorical parameter; the first is tried first.
    ranges : dict of str to tuple of float
        Ends of each continuous parameter, searched on a logarithmic scale; 1 is tried first.
    """

    base: Pipeline
    models: dict[str, Readout]
    choices: dict[str, tuple[str, ...]]
    ranges: dict[str, tuple[float, float]]

    def first_designs(self) -> list[dict[str, Any]]:
        """Designs to try first: each model at size 1, exposure 1 and the first of every choice.

        Returns
        -------
        list of dict
            One design for each model.
        """
        usual = {k: v[0] for k, v in self.choices.items()} | dict.fromkeys(self.ranges, 1.0)
        return [usual | {"model": m} for m in self.models]

    def settings(self, design: Parameters) -> dict[str, Any]:
        """Convert a design to settings of the pipeline.

        Parameters
        ----------
        design : mapping of str to value
            Values of the parameters, with "model".

        Returns
        -------
        dict of str to value
            Dotted fields and their values.
        """
        readout = self.models[design["model"]]
        settings: dict[str, Any] = {"network.model": design["model"]}
        settings |= self._exposure(design)
        size = design.get("size") if self._has_size(readout) else None
        comparator = self._comparator(size)
        if size is not None:
            settings["energy.comparator_size"] = _rounded(size)
        made = readout.designed(self.base.readout, design, self.base.cost.technology.timing)
        made |= {"comparator": comparator.model_dump()}
        settings["readout"] = self._with_levels(readout, made)
        return settings

    def _with_levels(self, readout: Readout, made: dict[str, Any]) -> dict[str, Any]:
        """Add kind and levels: those of the model, unless the base pipeline states them itself."""
        if readout is not self.base.readout or self.base.description.readout.is_learned:
            return {"kind": "learned"} | made
        levels = set(readout.level_fields)
        return {
            "kind": readout.kind,
            **readout.model_dump(mode="json", include=levels, exclude_none=True),
            **made,
        }

    def chain(self, design: Parameters) -> Pipeline:
        """Make the pipeline of a design.

        Parameters
        ----------
        design : mapping of str to value
            Values of the parameters, with "model".

        Returns
        -------
        Pipeline
            The base pipeline with the settings of the design.

        Raises
        ------
        InputError
            If the model does not fit the pipeline.
        """
        return self.base.replace(self.settings(design))

    def _has_size(self, readout: Readout) -> bool:
        """Whether the readout's price includes comparators of a size."""
        return readout.priced_by_parts(self.base.description.energy, self.base.cost.technology)

    def _comparator(self, size: float | None) -> Comparator:
        stated = self.base.description.readout.comparator
        if size is None:
            return stated
        assert isinstance(self.base.cost.technology, Process)
        mismatch_mv = self.base.cost.technology.comparator.mismatch_mv.typical
        made = sized_comparator(stated, mismatch_mv, _rounded(size))
        return Comparator(noise_mv=_rounded(made.noise_mv), offset_mv=_rounded(made.offset_mv))

    def _exposure(self, design: Parameters) -> dict[str, float]:
        if "exposure" not in design:
            return {}
        field, stated = _exposure_field(self.base)
        return {field: _rounded(stated * design["exposure"])}


def variables() -> tuple[str, ...]:
    """List the parameters beside the model, which always varies; levels are those of a model.

    Returns
    -------
    tuple of str
        Comparator size, exposure, and the choices of all registered readouts.
    """
    return ("size", "exposure", *(choice for readout in _readouts() for choice in readout.choices))


def _readouts() -> list[type[Readout]]:
    return sorted(kinds().values(), key=lambda readout: readout.choices_need_a_process)


def space_of(base: Pipeline, folder: Path | None, vary: tuple[str, ...] | None = None) -> Space:
    """Make the space of designs around a pipeline.

    Parameters
    ----------
    base : Pipeline
        Pipeline that states everything that does not vary.
    folder : Path or None
        Folder of model files; None: the shipped models of the pipeline's dataset, trained with and
        without mismatch.
    vary : tuple of str, optional
        Some of `variables`; all that the technology can price if left out.

    Returns
    -------
    Space
        Models that fit the pipeline, and the parameters that vary.

    Raises
    ------
    InputError
        If no model fits the pipeline, or a variable is unknown or has no price.
    """
    wanted = _checked(base, vary)
    choices = {k: v for readout in _readouts() for k, v in readout.choices.items()}
    ranges = {"size": SIZES, "exposure": _exposures(base)}
    space = Space(
        base, {},
        {k: v for k, v in choices.items() if k in wanted},
        {k: v for k, v in ranges.items() if k in wanted},
    )  # fmt: skip
    return Space(base, _models(space, folder), space.choices, space.ranges)


def _checked(base: Pipeline, vary: tuple[str, ...] | None) -> tuple[str, ...]:
    priced = isinstance(base.cost.technology, Process)
    need_a_process = ["size"]
    for readout in _readouts():
        need_a_process += readout.choices if readout.choices_need_a_process else ()
    if vary is None:
        return tuple(v for v in variables() if priced or v not in need_a_process)
    for name in vary:
        if name not in variables():
            raise InputError(f"--vary {name!r}: expected some of {', '.join(variables())}")
        if name in need_a_process and not priced:
            raise InputError(
                f"--vary {name!r} with energy.technology {base.cost.technology.name!r}, which "
                "prices whole circuits; expected a process, like cmos65"
            )
    return vary


def _exposure_field(base: Pipeline) -> tuple[str, float]:
    """The field that sets the exposure, and its value."""
    exposure = base.description.scene.exposure
    if exposure.white_illuminance_lux is not None:
        return "photodiode.integration_time_ms", base.description.photodiode.integration_time_ms
    return "scene.exposure.white_full_well_fraction", exposure.full_well_fraction


def _exposures(base: Pipeline) -> tuple[float, float]:
    """Range of the exposure factor; the integration time is limited to the frame time."""
    field, stated = _exposure_field(base)
    shortest, longest = EXPOSURES
    if field.startswith("photodiode"):
        longest = min(longest, 1e3 / base.description.energy.frame_rate_hz / stated)
    return min(shortest, longest / 2), longest


def _models(space: Space, folder: Path | None) -> dict[str, Readout]:
    name = space.base.description.scene.dataset
    place = resources.data("models", name) if folder is None else folder
    if not place.is_dir():
        raise InputError(f"{place}: no folder of models; name one with --models")
    found: dict[str, Readout] = {}
    refused = []
    paths = sorted(place.glob("*.npz"))
    if folder is None:
        paths += sorted((place / MISMATCH).glob("*.npz"))
    for path in paths:
        shipped = f"{name}/{path.relative_to(place).with_suffix('').as_posix()}"
        called = shipped if folder is None else str(path)
        read = read_model(path)
        own = read.sha256 == space.base.network.sha256
        readout = space.base.readout if own else read.model.readout
        one = Space(space.base, {called: readout}, space.choices, space.ranges)
        try:
            one.chain(one.first_designs()[0]).check_dataset(space.base.dataset)
        except InputError as error:
            refused.append(f"{path.name} ({error})")
        else:
            found[called] = readout
    if not found:
        reasons = "; ".join(refused) if refused else "it holds no .npz files"
        raise InputError(f"{place}: no model fits this pipeline: {reasons}")
    return found


def _rounded(value: float) -> float:
    """Round to four digits, so that settings stay readable."""
    return float(f"{value:.4g}")
