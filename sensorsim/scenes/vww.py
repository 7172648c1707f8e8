"""Visual Wake Words (is a person in the picture?), made from COCO's pictures and annotations.

The rule is that of the script which the authors published with the dataset (A. Chowdhery et al.,
"Visual Wake Words Dataset", arXiv:1906.05721; TensorFlow models,
``research/slim/datasets/build_visualwakewords_data_lib.py``): a picture is of class 1, person, if
one annotation of the category ``person`` has an ``area`` of at least 0.5 % of the picture's.

* ``area`` is COCO's field, the area of the outline. The paper names the box, which is larger.
* Crowds (``iscrowd``) count as persons.
* A picture whose persons are all smaller is kept, as class 0.
"""

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sensorsim.core.errors import InputError
from sensorsim.scenes.decode import decode_all, some
from sensorsim.scenes.labelled import Labelled

CLASSES = ("background", "person")
SIDE = 96
"""Default side of the images, pixels: that of MLPerf Tiny."""
SMALLEST_AREA = 0.005
"""Fraction of the picture that a person must cover."""
_COCO_SPLIT = {"train": "train", "test": "val"}
_LAYOUT = (
    "expected COCO as it is distributed: annotations/instances_train2017.json and "
    "instances_val2017.json beside the folders train2017 and val2017 (or 2014), or all in one place"
)


def read_vww(path: Path, split: str, size: int = SIDE) -> Labelled:
    """Read one split of Visual Wake Words from a folder that holds COCO.

    The training split is COCO's train, the test split its val. Pictures come in the order of the
    annotation file. They are made square by ignoring their aspect ratio, as for MLPerf Tiny
    (``eembc/Person_detection`` of SiliconLabs/platform_ml_models), so that no person at the border
    is cut off; unlike there, linear light is averaged (see `decode.decode`).

    Parameters
    ----------
    path : Path
        Holds ``instances_*.json`` in ``annotations`` or in itself, and the pictures in a folder
        named like the file (``train2017`` for ``instances_train2017.json``), another ``train*`` or
        ``val*`` folder, or in itself.
    split : str
        "train" or "test".
    size : int
        Side of the images, pixels.

    Returns
    -------
    Labelled
        Images of shape [size, size, 3], classes ``background`` and ``person``.

    Raises
    ------
    InputError
        If files are missing, several annotation files match a split, or one is damaged.

    Examples
    --------
    >>> read_vww(Path("coco"), "test").class_names  # doctest: +SKIP
    ('background', 'person')
    """
    annotations = _annotations(path, _COCO_SPLIT[split])
    labels = person_labels(_parsed(annotations), str(annotations))
    if not labels:
        raise InputError(f"{annotations}: names no images; {_LAYOUT}")
    folders = _picture_folders(path, annotations)
    places = {name: _place(name, folders) for name in labels}
    missing = [name for name, place in places.items() if place is None]
    if missing:
        raise InputError(
            f"{path}: {len(missing)} of {len(labels)} images that {annotations.name} names are not "
            f"there: {some(missing)}; searched {', '.join(str(f) for f in folders)}; {_LAYOUT}"
        )
    files = [place for place in places.values() if place is not None]
    images, notes = decode_all(str(path), files, Path.read_bytes, size)
    return Labelled(
        images if images.shape[-1] == 3 else images.repeat(3, -1),  # COCO has gray pictures, too
        np.array(list(labels.values()), np.int64),
        CLASSES,
        "vww",
        f"{annotations} (person: an annotated area of at least {SMALLEST_AREA:.1%} of the image)"
        + "".join(f"; {note}" for note in notes),
    )


def person_labels(data: Mapping[str, Any], origin: str) -> dict[str, int]:
    """Label the pictures of an annotation file.

    Parameters
    ----------
    data : mapping
        Content of an ``instances_*.json`` in COCO's format: ``images`` (``id``, ``file_name``,
        ``width``, ``height``), ``annotations`` (``image_id``, ``category_id``, ``area`` in pixels)
        and ``categories`` (``id``, ``name``).
    origin : str
        Name of the file, for error messages.

    Returns
    -------
    dict of str to int
        For every picture's file name, in the order of the file: 1 with a person, 0 without.

    Raises
    ------
    InputError
        If a field is missing or of another type, there is no category ``person``, or a file name
        occurs twice.
    """
    try:
        persons = {c["id"] for c in data["categories"] if c["name"] == "person"}
        pixels = {i["id"]: int(i["width"]) * int(i["height"]) for i in data["images"]}
        covered = dict.fromkeys(pixels, 0.0)
        for annotation in data["annotations"]:
            picture = annotation["image_id"]
            if annotation["category_id"] in persons and picture in covered:
                covered[picture] = max(covered[picture], _area(annotation["area"]))
        labels = {
            str(i["file_name"]): int(covered[i["id"]] / pixels[i["id"]] >= SMALLEST_AREA)
            for i in data["images"]
        }
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise InputError(
            f"{origin}: not in COCO's format of instances ({type(error).__name__}: {error}); "
            "expected images, annotations and categories with the fields that COCO documents"
        ) from None
    if not persons:
        raise InputError(f"{origin}: has no category 'person'; take COCO's instances_*.json")
    if len(labels) != len(data["images"]):
        raise InputError(f"{origin}: names an image twice; expected every file_name once")
    return labels


def _area(value: Any) -> float:
    area = float(value)
    if not 0 <= area < math.inf:
        raise ValueError(f"area {area}, expected a finite number of pixels")
    return area


def _parsed(file: Path) -> Mapping[str, Any]:
    try:
        with file.open(encoding="utf-8") as text:
            data = json.load(text, object_hook=_without_outline)
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{file}: not a readable JSON file ({error}); take COCO's own") from None
    return data if isinstance(data, dict) else {}


def _without_outline(data: dict[str, Any]) -> dict[str, Any]:
    """Drop outlines while parsing: they are most of a file of hundreds of megabytes."""
    data.pop("segmentation", None)
    return data


def _annotations(path: Path, coco_split: str) -> Path:
    """Annotation file of a split; if there are several years, the one whose pictures are there."""
    if not path.is_dir():
        raise InputError(f"{path}: no such folder; {_LAYOUT}")
    pattern = f"instances_*{coco_split}*.json"
    found = sorted((path / "annotations").glob(pattern)) or sorted(path.glob(pattern))
    if not found:
        raise InputError(f"{path}: no {pattern} in it or in its folder annotations; {_LAYOUT}")
    served = [f for f in found if _own_folder(path, f).is_dir()]
    if len(found) > 1 and len(served) == 1:
        return served[0]
    if len(found) > 1:
        raise InputError(
            f"{path}: {', '.join(f.name for f in found)} all serve the {coco_split} split; keep "
            "one of them there, with its images"
        )
    return found[0]


def _own_folder(path: Path, annotations: Path) -> Path:
    return path / annotations.stem.removeprefix("instances_")


def _picture_folders(path: Path, annotations: Path) -> list[Path]:
    """Folders to search for pictures; the published split takes pictures from train and val."""
    others = sorted(p for s in _COCO_SPLIT.values() for p in path.glob(f"{s}*") if p.is_dir())
    return list(dict.fromkeys([_own_folder(path, annotations), path, *others]))


def _place(name: str, folders: Iterable[Path]) -> Path | None:
    return next((f / name for f in folders if (f / name).is_file()), None)
