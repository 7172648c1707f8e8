"""Whether a network is used as it was trained."""

import shutil
from pathlib import Path

import pytest

import sensorsim as ss
from sensorsim.bnn.model_file import find_model, load_model, save_model
from sensorsim.core import resources
from sensorsim.pipeline.training_conditions import trained_otherwise

PIPELINES = sorted(p.stem for p in resources.pipelines().glob("*.toml"))


@pytest.mark.parametrize("name", PIPELINES)
def test_pipelines_that_ship_use_their_networks_as_trained(name: str) -> None:
    assert trained_otherwise(ss.load_pipeline(name)) == []


def test_another_pixel_light_readout_and_reference_are_told() -> None:
    settings = {
        "photodiode.read_noise_e": 9, "scene.exposure.white_full_well_fraction": 0.45,
        "scene.exposure.high_stops": 1, "readout.comparator.offset_mv": 4,
        "readout.reference_bits": 10, "scene.lens.f_number": 4,
    }  # fmt: skip
    assert trained_otherwise(ss.load_pipeline("glt4", settings)) == [
        "photodiode.read_noise_e: trained with 4, used with 9",
        "scene.exposure.high_stops: trained with 0, used with 1",
        "scene.lens.f_number: trained with 2.8, used with 4",
        "white of a 0-stop image, e-: trained with 9000, used with 4500",
        "readout.reference_bits: trained with none, used with 10",
        "readout.comparator.offset_mv: trained with 0.5, used with 4",
    ]


def test_a_model_without_a_record_says_so_and_one_with_a_record_is_compared(
    tmp_path: Path,
) -> None:
    pipe = ss.load_pipeline("glt4")
    file = tmp_path / "mine.npz"
    shutil.copy(find_model("fashion-mnist/glt-4"), file)
    (line,) = trained_otherwise(pipe.replace({"network.model": str(file)}))
    assert "does not record" in line
    model = load_model(file)
    training = model.training.model_copy(update={"camera": pipe.camera.plan()})
    recorded = tmp_path / "recorded.npz"
    save_model(type(model)(model.input, model.readout, model.class_names, model.layers, training),
               recorded)  # fmt: skip
    assert load_model(recorded).training.camera == pipe.camera.plan()
    used = pipe.replace({"network.model": str(recorded)})
    assert trained_otherwise(used) == []
    darker = used.replace({"scene.exposure.low_stops": -8})
    assert trained_otherwise(darker) == ["scene.exposure.low_stops: trained with -5, used with -8"]
