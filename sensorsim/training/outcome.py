"""What a training was and what it gave, as plain values: the matter of its report and card."""

import hashlib
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from sensorsim.bnn.model import Model
from sensorsim.bnn.size import stored
from sensorsim.circuits.constant import Range
from sensorsim.circuits.ledger import STAGES
from sensorsim.circuits.uncertainty import Spread, total_spread
from sensorsim.core.errors import InputError
from sensorsim.pipeline.caveats import not_priced
from sensorsim.pipeline.configuration import PipelineDescription, change
from sensorsim.pipeline.pipeline import Pipeline
from sensorsim.scenes.labelled import Labelled
from sensorsim.sensor.camera import Camera
from sensorsim.training.decisions import Decisions
from sensorsim.training.fit import Log
from sensorsim.training.recipe import NetworkRecipe
from sensorsim.training.toml_text import toml_text

_KINDS = {
    "weight_bits": "binary weights",
    "level_bits": "levels of the thresholds",
    "direction_bits": "directions of the thresholds",
    "scale_bits": "scales of the class scores",
    "bias_bits": "biases of the class scores",
    "readout_bits": "levels of the readout",
}


class FrameEnergy(NamedTuple):
    """What one frame costs.

    Attributes
    ----------
    technology : str
    frame_rate_hz : float
    stages : dict of Range
        Energy of each stage with low and high, pJ.
    total : Range
        Of the whole frame, pJ.
    readout_spread, total_spread : Spread
        Over draws of the technology's constants, pJ.
    caveats : list of str
        What the prices leave out or extrapolate.
    """

    technology: str
    frame_rate_hz: float
    stages: Mapping[str, Range]
    total: Range
    readout_spread: Spread
    total_spread: Spread
    caveats: list[str]


class Circumstances(NamedTuple):
    """By what, where and when a network was trained.

    Attributes
    ----------
    command : str
    versions : dict of str
        By name of the program or library.
    device : str
    number_format : str
        Of convolutions, like "float32".
    threads : int
    date : str
        Of the end of the training, ISO 8601, UTC.
    """

    command: str
    versions: Mapping[str, str]
    device: str
    number_format: str
    threads: int
    date: str


@dataclass(frozen=True)
class Outcome:
    """A finished training.

    Attributes
    ----------
    file_name : str
        Of the model.
    recipe_name : str
    recipe : NetworkRecipe
    model : Model
    camera : Camera
    start : float64 [M] or None
        Thresholds that learning started from, parts of full scale; None if they did not learn.
    log : list of dict
        The learning curve, see `sensorsim.training.fit.Log`.
    seconds : float
        Of training, all runs together.
    validation, test : Decisions
    energy : FrameEnergy or str
        Or why it cannot be priced.
    circumstances : Circumstances
    """

    file_name: str
    recipe_name: str
    recipe: NetworkRecipe
    model: Model
    camera: Camera
    start: npt.NDArray[np.float64] | None
    log: Log
    seconds: float
    validation: Decisions
    test: Decisions
    energy: FrameEnergy | str
    circumstances: Circumstances

    @property
    def stored_bits(self) -> dict[str, int]:
        """What the model stores, in bits, by kind; kinds that it has none of are left out."""
        found = stored(self.model.steps, self.model.readout)._asdict()
        return {_KINDS[name]: bits for name, bits in found.items() if bits}

    @property
    def recipe_text(self) -> str:
        """The recipe as it was trained, as TOML; where the data lay is no part of it."""
        table = self.recipe.model_dump(mode="json", exclude_none=True)
        table["data"].pop("data_dir", None)
        return toml_text(table)

    @property
    def recipe_digest(self) -> str:
        """SHA-256 of that text, hexadecimal."""
        return hashlib.sha256(self.recipe_text.encode()).hexdigest()


def energy_of(
    description: PipelineDescription, folder: Path, model: Path, test: Labelled
) -> FrameEnergy | str:
    """Price a frame of the recipe's pipeline with the new model.

    Parameters
    ----------
    description : PipelineDescription
    folder : Path
        Where files that the description names may lie.
    model : Path
        The model's file.
    test : Labelled
        Test images; some prices depend on what the pixels see.

    Returns
    -------
    FrameEnergy or str
        Why there is none, if the pipeline's energy settings cannot price it: the network is good
        without.
    """
    try:
        named = change(description, {"network.model": str(model.absolute())})
        chain = Pipeline(named, folder, dataset=test)
        book = chain.cost.ledger()
    except InputError as error:
        return str(error)
    priced = named.energy, chain.cost.technology, chain.readout
    return FrameEnergy(
        technology=chain.cost.technology.name,
        frame_rate_hz=named.energy.frame_rate_hz,
        stages={stage: book.total_pj(stage) for stage in STAGES},
        total=book.total_pj(),
        readout_spread=total_spread(book, "readout"),
        total_spread=total_spread(book),
        caveats=[
            *not_priced(*priced),
            *chain.readout.beyond_the_survey(*priced[:2], chain.cost.enob),
        ],
    )


def circumstances_of(command: str, device: torch.device, dtype: torch.dtype) -> Circumstances:
    """Circumstances of a training that ends now.

    Parameters
    ----------
    command : str
        What the user typed.
    device : torch.device
    dtype : torch.dtype
        Format of convolutions.

    Returns
    -------
    Circumstances
    """
    words = platform.processor() or platform.machine()
    if device.type == "cuda":
        words = torch.cuda.get_device_name(device)
    return Circumstances(
        command=command,
        versions={
            "sensorsim": version("sensorsim"),
            "torch": torch.__version__,
            "numpy": np.__version__,
        },
        device=f"{device.type} ({words})",
        number_format=str(dtype).removeprefix("torch."),
        threads=torch.get_num_threads(),
        date=datetime.now(UTC).isoformat(timespec="seconds"),
    )
