"""Settings and results of a training as plain values, for its report and card."""

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
    """Energy of one frame.

    Attributes
    ----------
    technology : str
        Name of the technology.
    frame_rate_hz : float
        Frame rate, Hz.
    stages : dict of Range
        Energy of each stage, low, typical and high, pJ.
    total : Range
        Energy of the whole frame, pJ.
    readout_spread, total_spread : Spread
        Spread over draws of the technology's constants, pJ.
    caveats : list of str
        What the energies leave out or extrapolate.
    """

    technology: str
    frame_rate_hz: float
    stages: Mapping[str, Range]
    total: Range
    readout_spread: Spread
    total_spread: Spread
    caveats: list[str]


class Circumstances(NamedTuple):
    """Program, machine and date of a training.

    Attributes
    ----------
    command : str
        Command line.
    versions : dict of str
        Versions by name of the program or library.
    device : str
        Device that computed the network.
    number_format : str
        Number format of convolutions, like "float32".
    threads : int
        Threads of torch.
    date : str
        End of the training, ISO 8601, UTC.
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
        Name of the model's file.
    recipe_name : str
        Name of the recipe.
    recipe : NetworkRecipe
        The recipe, with the changes of the command line.
    model : Model
        The exported model.
    camera : Camera
        What precedes the readout.
    start : float64 [M] or None
        Initial thresholds as fractions of full scale; None if they were not trained.
    log : list of dict
        The learning curve, see `sensorsim.training.fit.Log`.
    seconds : float
        Training time of all runs together, s.
    validation, test : Decisions
        Decisions on validation and test images.
    energy : FrameEnergy or str
        Energy of a frame, or why it cannot be computed.
    circumstances : Circumstances
        Program, machine and date.
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
        """Bits that the model stores, by kind.

        Returns
        -------
        dict of int
            Bits; kinds without any are left out.
        """
        found = stored(self.model.steps, self.model.readout)._asdict()
        return {_KINDS[name]: bits for name, bits in found.items() if bits}

    @property
    def recipe_text(self) -> str:
        """The recipe as TOML, with all defaults, without the dataset's folder.

        Returns
        -------
        str
            TOML.
        """
        table = self.recipe.model_dump(mode="json", exclude_none=True)
        table["data"].pop("data_dir", None)
        return toml_text(table)

    @property
    def recipe_digest(self) -> str:
        """SHA-256 of `recipe_text`.

        Returns
        -------
        str
            Hexadecimal.
        """
        return hashlib.sha256(self.recipe_text.encode()).hexdigest()


def energy_of(
    description: PipelineDescription, folder: Path, model: Path, test: Labelled
) -> FrameEnergy | str:
    """Energy of a frame of the recipe's pipeline with the new model.

    Parameters
    ----------
    description : PipelineDescription
        The pipeline.
    folder : Path
        Folder in which files that the description names are looked up.
    model : Path
        File of the model.
    test : Labelled
        Test images; some energies depend on the light on the pixels.

    Returns
    -------
    FrameEnergy or str
        The energy, or the reason if the pipeline's energy settings cannot price the model; the
        model is valid without it.
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
        Command line.
    device : torch.device
        Device that computed the network.
    dtype : torch.dtype
        Number format of convolutions.

    Returns
    -------
    Circumstances
        Program, machine and date.
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
