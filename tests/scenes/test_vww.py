"""Visual Wake Words from small folders laid out like COCO."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sensorsim.core.errors import InputError
from sensorsim.scenes.datasets import load_dataset
from sensorsim.scenes.vww import person_labels, read_vww

PHOTOGRAPHS = Path(__file__).parents[3] / "shared" / "data" / "coco_person"
WIDTH, HEIGHT = 200, 100
PERSON, DOG = 1, 18


def annotation(picture: int, area: float, category: int = PERSON, crowd: int = 0) -> dict:
    """The box is the whole picture, so that a rule by boxes would be found out."""
    return {
        "id": 100 * picture, "image_id": picture, "category_id": category, "area": area,
        "bbox": [0, 0, WIDTH, HEIGHT], "iscrowd": crowd, "segmentation": [[1.5, 2.5, 3.5]],
    }  # fmt: skip


def instances(names: list[str], annotations: list[dict]) -> dict:
    images = [
        {"id": i, "file_name": n, "width": WIDTH, "height": HEIGHT} for i, n in enumerate(names)
    ]
    categories = [{"id": PERSON, "name": "person"}, {"id": DOG, "name": "dog"}]
    return {"images": images, "annotations": annotations, "categories": categories}


def write(folder: Path, file: str, data: dict) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / file).write_text(json.dumps(data))


def picture(folder: Path, name: str, shade: int, mode: str = "RGB") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    color = shade if mode == "L" else (shade,) * 3
    Image.new(mode, (WIDTH, HEIGHT), color).save(folder / name, "jpeg", quality=95)


@pytest.fixture
def coco(tmp_path: Path) -> Path:
    """Three training and two validation images, laid out like COCO 2014."""
    root = tmp_path / "coco"
    train, val = (
        [f"COCO_{s}2014_{i:012}.jpg" for i in range(n)] for s, n in (("train", 3), ("val", 2))
    )
    people = [annotation(1, 5000.0), annotation(2, 5000.0, DOG)]
    write(root / "annotations", "instances_train2014.json", instances(train, people))
    write(root / "annotations", "instances_val2014.json", instances(val, [annotation(0, 9e3)]))
    for i, name in enumerate(train):
        picture(root / "train2014", name, 50 * i, "L" if i == 1 else "RGB")
    for i, name in enumerate(val):
        picture(root / "val2014", name, 200 + 20 * i)
    return root


@pytest.mark.parametrize(
    ("annotations", "label"),
    [
        ([], 0),
        ([annotation(0, 99.99)], 0),  # 0.5 % of 200 x 100 pixels is 100
        ([annotation(0, 100.0)], 1),
        ([annotation(0, 60.0), annotation(0, 60.0)], 0),  # the largest decides, not the sum
        ([annotation(0, 1.0), annotation(0, 300.0), annotation(0, 1.0)], 1),
        ([annotation(0, 20_000.0, DOG)], 0),
        ([annotation(0, 300.0, crowd=1)], 1),
        ([annotation(7, 300.0)], 0),
    ],
)
def test_rule_is_that_of_the_published_script(annotations: list[dict], label: int) -> None:
    assert person_labels(instances(["a.jpg"], annotations), "here") == {"a.jpg": label}


def test_coco_as_it_is_distributed(coco: Path) -> None:
    train = load_dataset("vww", "train", coco)
    assert train.images.shape == (3, 96, 96, 3)
    assert train.labels.tolist() == [0, 1, 0]
    assert train.class_names == ("background", "person")
    assert np.abs(train.images.mean((1, 2, 3)) - [0, 50, 100]).max() <= 2
    assert "instances_train2014.json" in train.origin
    assert "0.5%" in train.origin
    test = load_dataset("vww", "test", coco, 40)
    assert test.images.shape == (2, 40, 40, 3)
    assert test.labels.tolist() == [1, 0]
    assert np.abs(test.images.mean((1, 2, 3)) - [200, 220]).max() <= 2


def test_all_in_one_folder_reads_alike(coco: Path, tmp_path: Path) -> None:
    flat = tmp_path / "flat"
    flat.mkdir()
    for file in [*coco.rglob("*.jpg"), *coco.rglob("*.json")]:
        file.rename(flat / file.name)
    data = read_vww(flat, "train")
    assert data.labels.tolist() == [0, 1, 0]
    assert len(read_vww(flat, "test")) == 2


def test_the_papers_split_takes_pictures_from_both_folders(coco: Path) -> None:
    """Its training images come from COCO's train and val."""
    folder = coco / "annotations"
    names = ["COCO_val2014_000000000001.jpg", "COCO_train2014_000000000002.jpg"]
    for file in folder.glob("*.json"):
        file.unlink()
    write(folder, "instances_maxitrain.json", instances(names, [annotation(1, 5000.0)]))
    write(folder, "instances_minival.json", instances(names[:1], []))
    train = read_vww(coco, "train")
    assert train.labels.tolist() == [0, 1]
    assert np.abs(train.images.mean((1, 2, 3)) - [220, 100]).max() <= 2
    assert len(read_vww(coco, "test")) == 1


def test_annotations_of_two_years_are_told_apart_by_their_pictures(coco: Path) -> None:
    write(coco / "annotations", "instances_train2017.json", instances(["x.jpg"], []))
    assert len(read_vww(coco, "train")) == 3
    picture(coco / "train2017", "x.jpg", 0)
    with pytest.raises(InputError, match=r"train2014\.json, instances_train2017\.json all serve"):
        read_vww(coco, "train")


def test_missing_and_unreadable_pictures_are_all_counted(coco: Path) -> None:
    first, second, third = sorted((coco / "train2014").iterdir())
    second.write_bytes(second.read_bytes()[:300])
    third.write_bytes(b"")
    with pytest.raises(InputError, match=r"2 of 3 images cannot be read: .*0001\.jpg.*0002\.jpg"):
        read_vww(coco, "train")
    first.unlink()
    third.unlink()
    with pytest.raises(InputError, match=r"2 of 3 images that instances_train2014\.json names"):
        read_vww(coco, "train")


def test_what_is_not_coco_is_explained(coco: Path) -> None:
    place = coco / "annotations"
    name = "instances_val2014.json"
    good = json.loads((place / name).read_text())
    cases: list[tuple[object, str]] = [
        ([], "KeyError: 'categories'"),
        ({**good, "images": []}, "names no images"),
        ({**good, "categories": good["categories"][1:]}, "no category 'person'"),
        ({**good, "images": good["images"] + good["images"][:1]}, "names an image twice"),
        ({**good, "annotations": [annotation(0, -1.0)]}, "area -1.0, expected a finite"),
        ({**good, "annotations": [annotation(0, float("nan"))]}, "area nan"),
        ({**good, "annotations": [{"image_id": 0, "category_id": 1}]}, "KeyError: 'area'"),
        ({**good, "images": [{**good["images"][0], "width": 0}]}, "ZeroDivisionError"),
    ]
    for data, words in cases:
        (place / name).write_text(json.dumps(data))
        with pytest.raises(InputError, match=rf"instances_val2014\.json.*{words}"):
            read_vww(coco, "test")
    (place / name).write_text("{")
    with pytest.raises(InputError, match="not a readable JSON file"):
        read_vww(coco, "test")
    (place / name).unlink()
    with pytest.raises(InputError, match=r"no instances_\*val\*\.json in it"):
        read_vww(coco, "test")


@pytest.mark.skipif(not PHOTOGRAPHS.exists(), reason="shared/data/coco_person is not here")
def test_photographs_of_coco_get_the_labels_that_are_stated(tmp_path: Path) -> None:
    """53 photographs at 96 x 96, with the part that the largest box of a person covers."""
    with (PHOTOGRAPHS / "labels.csv").open() as file:
        rows = list(csv.DictReader(file))
    for coco_split, split in (("train", "train"), ("val", "test")):
        stated = [r for r in rows if r["split"] == f"{coco_split}2017"]
        data = instances([], [])
        for i, row in enumerate(stated):
            width, height = int(row["w"]), int(row["h"])
            data["images"].append(
                {"id": i, "file_name": row["file"], "width": width, "height": height}
            )
            part = float(row["max_person_box_area"])
            if part:
                data["annotations"].append(annotation(i, part * width * height))
        write(tmp_path / "annotations", f"instances_{coco_split}2017.json", data)
        (tmp_path / f"{coco_split}2017").symlink_to(PHOTOGRAPHS)
        found = load_dataset("vww", split, tmp_path)
        assert found.labels.tolist() == [int(r["person"]) for r in stated]
        assert {0, 1} == set(found.labels.tolist())
        with Image.open(PHOTOGRAPHS / stated[3]["file"]) as image:
            np.testing.assert_array_equal(found.images[3], np.asarray(image.convert("RGB")))
