"""A network behind a Bayer filter: torch, the bit-level simulator and the pipeline agree."""

import itertools
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")

import sensorsim as ss  # noqa: E402
from sensorsim.bnn.model_file import load_model  # noqa: E402
from sensorsim.core import resources, streams  # noqa: E402
from sensorsim.optics.cfa import sample_colors  # noqa: E402
from sensorsim.pipeline.pipeline import Pipeline  # noqa: E402
from sensorsim.readout import Comparator, Thermometer  # noqa: E402
from sensorsim.scenes.datasets import load_dataset  # noqa: E402
from sensorsim.scenes.exposure import Exposure  # noqa: E402
from sensorsim.scenes.srgb import to_linear  # noqa: E402
from sensorsim.sensor import Photodiode  # noqa: E402
from sensorsim.sensor.camera import Camera  # noqa: E402
from sensorsim.training.architecture import Architecture, Block  # noqa: E402
from sensorsim.training.decisions import bit_level_decisions  # noqa: E402
from sensorsim.training.deliver import deliver  # noqa: E402
from sensorsim.training.encoder import LearnedLevels  # noqa: E402
from sensorsim.training.schedule import Schedule  # noqa: E402
from sensorsim.training.session import (  # noqa: E402
    Task,
    Trained,
    calibration_samples,
    start_readout,
    train,
)  # fmt: skip

SIDE, IMAGES = 24, 40
CAMERA = Camera(Photodiode(), Exposure(), layout="bayer-grbg")


class Made(NamedTuple):
    folder: Path
    pipeline: Path
    trained: Trained


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Red and blue pictures, a network trained on them, and a pipeline that names it."""
    folder = tmp_path_factory.mktemp("bayer")
    random = np.random.default_rng(0)
    colors = {"blue": (40, 90, 200), "red": (200, 90, 40)}
    for split, name in itertools.product(("train", "test"), colors):
        (folder / "data" / split / name).mkdir(parents=True)
        for i in range(IMAGES):
            noise = random.integers(-40, 41, (SIDE, SIDE, 3))
            image = Image.fromarray((np.array(colors[name]) + noise).astype(np.uint8))
            image.save(folder / "data" / split / name / f"{i}.png")
    dataset = load_dataset("folder", "train", folder / "data")
    readout = start_readout("glt", 3, Comparator(), dataset, CAMERA)
    blocks = (Block(channels=8, pool=2), Block(channels=8, pool=2))
    architecture = Architecture(blocks=blocks, classes=2)
    recipe = Schedule(epochs=4, batch=16, seed=1)
    task = Task("glt", readout, True, architecture, recipe, CAMERA)
    trained = train(task, dataset, None, lambda *_: None)
    test = load_dataset("folder", "test", folder / "data")
    deliver(task, trained, dataset, test, "none", folder / "bayer.npz")
    text = (resources.pipelines() / "glt4.toml").read_text()
    text = text.replace('dataset = "fashion-mnist"', 'dataset = "folder"\nlayout = "bayer-grbg"')
    text = text.replace("fashion-mnist/glt-4", "bayer.npz")
    (folder / "bayer.toml").write_text(text)
    return Made(folder, folder / "bayer.toml", trained)


def pipeline(made: Made, **settings: object) -> Pipeline:
    data = {"scene.data_dir": str(made.folder / "data")}
    return ss.load_pipeline(made.pipeline, data | settings)


def test_model_reads_half_the_sides_and_four_colors(made: Made) -> None:
    model = load_model(made.folder / "bayer.npz")
    assert (model.input.height, model.input.width, model.input.colors) == (12, 12, 4)
    assert (model.input.channels, model.input.mosaic) == (12, "bayer-grbg")


def test_torch_and_pipeline_take_the_same_decisions(made: Made) -> None:
    pipe = pipeline(made)
    got = pipe.run(seed=0)
    key = pipe.key(0, np.arange(len(pipe.dataset)))
    volts = pipe.volts(to_linear(pipe.dataset.images), key)
    assert volts.shape == (2 * IMAGES, SIDE, SIDE, 1)
    with torch.no_grad():
        bits = made.trained.encoder(volts, key)
        assert bits.shape == (2 * IMAGES, 12, SIDE // 2, SIDE // 2)
        expected = made.trained.network(bits).argmax(1).numpy()
    np.testing.assert_array_equal(got["decision"], expected)
    assert got["accuracy"] > 0.9
    model = load_model(made.folder / "bayer.npz")
    decisions = bit_level_decisions(model, CAMERA, pipe.dataset)
    assert decisions.accuracy == got["accuracy"]


def test_another_order_of_the_cell_would_be_noticed(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mutant that hands the network blue for red must not pass for the chain."""
    import sensorsim.pipeline.chain as module

    right = pipeline(made).run(seed=0)["accuracy"]
    original = module.network_planes
    monkeypatch.setattr(module, "network_planes", lambda c, layout: original(c, layout)[..., ::-1])
    assert pipeline(made).run(seed=0)["accuracy"] < right - 0.2


@pytest.mark.parametrize("place", range(4))
def test_a_threshold_learns_from_the_pixel_whose_bit_is_asked_for(place: int) -> None:
    volts = np.full((1, 4, 4, 1), 0.9, np.float32)
    volts[0, 2 + place // 2, place % 2] = 0.3  # in the cell of row 1, column 0
    for asked in range(4):
        encoder = LearnedLevels(
            Thermometer(thresholds=(0.3,), comparator=Comparator()), 1.0, layout="bayer-rggb"
        )
        encoder(volts, streams.Key.of(0, [0]))[0, asked, 1, 0].backward()
        moved = bool(encoder.logits.grad.abs().max() > 0)
        assert moved == (asked == place)


def test_trace_is_a_mosaic_from_the_photodiode_on(made: Made) -> None:
    pipe = pipeline(made)
    tree = pipe.trace(pipe.dataset.images[3], seed=0, frame=3)
    assert tree["scene"]["light"].shape == (SIDE, SIDE, 3)
    assert tree["photodiode"]["signal"].shape == (SIDE, SIDE, 1)
    assert tree["readout"]["code"].shape == (SIDE, SIDE, 1)
    assert tree["network"]["decision"] == pipe.run(seed=0)["decision"][3]


def test_a_frame_costs_one_sample_per_pixel(made: Made) -> None:
    rows = {(r.stage, r.component): r.count for r in pipeline(made).cost.ledger().rows}
    assert rows["pixel", "reset and column readout"] == SIDE * SIDE
    assert rows["readout", "comparison with reference and clock"] == 3 * SIDE * SIDE
    assert rows["link", "bit from readout to network"] == 3 * SIDE * SIDE


def test_thresholds_start_from_the_lit_samples_of_the_mosaic(made: Made) -> None:
    dataset = load_dataset("folder", "train", made.folder / "data")
    lit = sample_colors(to_linear(dataset.images), "bayer-grbg") > 0
    assert calibration_samples(dataset, CAMERA).size == lit.sum()


@pytest.mark.parametrize("layout", ["scene", "mono", "rgb", "bayer-rggb"])
def test_a_model_of_another_layout_is_refused(made: Made, layout: str) -> None:
    with pytest.raises(ss.InputError, match=rf"scene.layout '{layout}'.*behind bayer-grbg"):
        pipeline(made, **{"scene.layout": layout})


def test_a_gray_model_is_refused_behind_a_mosaic() -> None:
    with pytest.raises(ss.InputError, match=r"'bayer-rggb'.*without a mosaic"):
        ss.load_pipeline("glt4", {"scene.layout": "bayer-rggb"})


def test_images_of_odd_sides_are_refused(made: Made, tmp_path: Path) -> None:
    for name in ("blue", "red"):
        (tmp_path / "test" / name).mkdir(parents=True)
        Image.new("RGB", (SIDE + 1, SIDE)).save(tmp_path / "test" / name / "0.png")
    pipe = ss.load_pipeline(made.pipeline, {"scene.data_dir": str(tmp_path)})
    with pytest.raises(ss.InputError, match=r"\(24, 25, 3\).*bayer-grbg.*\(24, 24, 1\)"):
        pipe.run()
