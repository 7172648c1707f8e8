"""A table of the model files of a folder: their size and what they record about their training."""

import csv
from pathlib import Path

from sensorsim.bnn.model import Training
from sensorsim.bnn.model_file import load_model
from sensorsim.core.files import atomic_write


def write_index(folder: Path) -> Path:
    """Write ``models.csv`` into a folder of model files.

    Parameters
    ----------
    folder : Path
        Holds the ``.npz`` files; those of its folders are not listed.

    Returns
    -------
    Path
        The table.

    Raises
    ------
    InputError
        If a file is no model file.
    """
    target = folder / "models.csv"
    with atomic_write(target) as part, part.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        columns = [name for name in Training.model_fields if name != "camera"]
        table.writerow(["model", "bits", *columns])
        for path in sorted(folder.glob("*.npz")):
            model = load_model(path)
            made = model.training.model_dump(include=set(columns))
            table.writerow([path.stem, model.weight_bits, *made.values()])
    return target
