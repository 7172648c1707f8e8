"""A learned readout: the model file's thresholds under the circuit that the pipeline states."""

import shutil
from pathlib import Path

import numpy as np
import pytest

import sensorsim as ss
from sensorsim.core import resources
from sensorsim.core.errors import InputError
from sensorsim.pipeline.configuration import (
    PipelineDescription,
    change,
    lit_by,
    load_description,
)
from sensorsim.readout import (
    Adc,
    Comparator,
    LearnedReadout,
    Sar,
    Thermometer,
    ThermometerCircuit,
)
from sensorsim.readout.log_gradient import LogGradient
from sensorsim.sensor import Photodiode
from sensorsim.sensor.presets import load_sensor
from sensorsim.tonemap import Linear, Log

CIRCUIT = {
    "mode": "sequential", "hysteresis_mv": 3.0, "reference_bits": 10,
    "reference_mismatch_percent": 0.5, "bubbles": "corrected", "link": "encoded",
}  # fmt: skip
TRAINED = Thermometer(thresholds=(0.1, 0.2), hysteresis_mv=1, comparator=Comparator(noise_mv=9))


def test_circuit_of_the_test_differs_in_every_field() -> None:
    plain = ThermometerCircuit().circuit_fields()
    assert plain.keys() == CIRCUIT.keys()
    assert all(plain[k] != v for k, v in CIRCUIT.items())


def test_learned_thermometer_takes_its_circuit_from_the_pipeline() -> None:
    comparator = Comparator(noise_mv=2)
    got = LearnedReadout(comparator=comparator, **CIRCUIT).resolved(TRAINED)
    assert got == Thermometer(thresholds=(0.1, 0.2), comparator=comparator, **CIRCUIT)
    plain = LearnedReadout().resolved(TRAINED)
    assert plain == Thermometer(thresholds=(0.1, 0.2))


def test_learned_adc_takes_its_comparator_from_the_pipeline() -> None:
    comparator = Comparator(noise_mv=2, offset_mv=7)
    adc = Adc(bits=5, tone_curve=Log())
    got = LearnedReadout(comparator=comparator).resolved(adc)
    assert got == Adc(bits=5, tone_curve=Log(), comparator=comparator)


@pytest.mark.parametrize("name", [n for n in CIRCUIT if n != "link"])
def test_no_circuit_of_a_thermometer_is_stated_for_an_adc(name: str) -> None:
    settings = {"network.model": "fashion-mnist/adc-log-4", f"readout.{name}": CIRCUIT[name]}
    with pytest.raises(ss.InputError, match=rf"readout\.{name} .*behind readout\.kind 'adc'"):
        ss.load_pipeline("glt4", settings)


def test_adc_pipeline_of_defaults_can_be_changed_again() -> None:
    pipe = ss.load_pipeline("glt4", {"network.model": "fashion-mnist/adc-log-4"})
    assert pipe.replace({"readout.comparator.noise_mv": 3}).readout.comparator.noise_mv == 3


def test_pipeline_runs_with_the_circuit_and_prices_its_link() -> None:
    pipe = ss.load_pipeline("glt4", {f"readout.{k}": v for k, v in CIRCUIT.items()})
    assert pipe.readout.circuit_fields() == CIRCUIT
    result, plain = pipe.run(images=50), ss.load_pipeline("glt4").run(images=50)
    assert (result["bits_per_sample"], result["link_bits_per_sample"]) == (4, 3)
    counts = dict(zip(result["stage"].to_numpy(), result["count"].to_numpy(), strict=True))
    assert (counts["readout"], counts["link"]) == (28 * 28 * 4, 28 * 28 * 3)
    assert plain["link_bits_per_sample"] == 4
    code = pipe.trace(pipe.dataset.images[0])["readout"]["code"].to_numpy()
    assert set(np.unique(code)) <= {0, 1, 3, 7, 15}


def test_thresholds_of_a_model_that_meet_in_the_dac_are_named() -> None:
    with pytest.raises(
        ss.InputError, match=r"network\.model\): reference_bits 2: thresholds 0\.\d+ and"
    ):
        ss.load_pipeline("glt4", {"readout.reference_bits": 2})


def test_encoded_link_with_bubbles_is_refused_by_field() -> None:
    with pytest.raises(ss.InputError, match=r"\(of network\.model\): link 'encoded'"):
        ss.load_pipeline("glt4", {"readout.link": "encoded"})


@pytest.mark.parametrize(
    ("model", "field", "value", "words"),
    [
        ("log-gradient-2", "buffer_noise_mv", -1.0, "greater than or equal to 0.*got -1"),
        ("log-gradient-2", "ratios", [0.8], "network.model gives it.*'log-gradient'"),
        ("log-gradient-2", "mode", "parallel", "whose circuit has ratio_mismatch_percent, "),
        ("adc-log-4", "bits", 4, "network.model gives it.*'adc'"),
        ("adc-log-4", "gain_error_percent", "1", "expected a number"),
        ("glt-4", "hysteresis_mv", True, "expected a number"),
        ("glt-4", "hysteresis_mv", -1, "greater than or equal to 0"),
        ("glt-4", "thresholds", [0.5], "network.model gives it.*'thermometer'"),
        ("glt-4", "hysteresis", 2, "'thermometer', whose circuit has mode, .*comparator"),
    ],
)
def test_circuit_of_a_learned_readout_is_checked_by_that_readout(
    model: str, field: str, value: object, words: str
) -> None:
    settings = {"network.model": f"fashion-mnist/{model}", f"readout.{field}": value}
    with pytest.raises(ss.InputError, match=rf"^readout.*{field}.*{words}"):
        ss.load_pipeline("glt4", settings)


def test_learned_readouts_have_the_circuit_that_is_stated_and_else_defaults() -> None:
    gradient = LogGradient(ratios=(0.8, 1.25), ratio_mismatch_percent=3, buffer_noise_mv=9)
    got = LearnedReadout(buffer_noise_mv=50.0).resolved(gradient)
    assert got == LogGradient(ratios=(0.8, 1.25), buffer_noise_mv=50)
    adc = Adc(bits=5, tone_curve=Linear(), gain_error_percent=1)
    got = LearnedReadout(architecture={"kind": "sar"}).resolved(adc)
    assert got == Adc(bits=5, architecture=Sar())


def test_learned_readout_without_a_model_names_the_field() -> None:
    with pytest.raises(ss.InputError, match=r"readout\.kind 'learned' without network\.model"):
        LearnedReadout().resolved(None)


def test_fields_of_another_kind_of_readout_are_named_with_that_kind() -> None:
    with pytest.raises(ss.InputError) as raised:
        load_description("log_gradient2", {"readout.kind": "adc"})
    message = str(raised.value)
    assert all("log_gradient2.toml: readout." in line for line in message.splitlines())
    assert "readout.ratios: readout.kind 'adc' has no such field (one of log-gradient)" in message
    with pytest.raises(ss.InputError, match=r"readout\.rations: no such .*did you mean 'ratios'"):
        load_description("log_gradient2", {"readout.rations": [1.0]})


def test_schema_explains_every_field_of_the_circuit() -> None:
    schema = PipelineDescription.model_json_schema()["$defs"]
    assert all(schema["Thermometer"]["properties"][field]["description"] for field in CIRCUIT)
    assert schema["LearnedReadout"]["additionalProperties"] is True


def test_a_sensor_that_is_set_replaces_the_whole_pixel_that_the_file_states() -> None:
    pixel = Photodiode(**load_sensor("imx250").photodiode_fields())
    loaded, _ = load_description("glt4", {"photodiode.sensor": "imx250"})
    assert loaded.photodiode == pixel
    assert change(load_description("glt4")[0], {"photodiode.sensor": "imx250"}) == loaded
    shallow = {"photodiode.full_well_e": 500.0, "photodiode.sensor": "imx250"}
    assert load_description("glt4", shallow)[0].photodiode.full_well_e == 500


def test_everything_that_a_pipeline_names_may_lie_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "design"
    for name in ss.load_pipeline("glt2").model.class_names[:2]:
        (folder / "images" / "test" / name.replace("/", "-")).mkdir(parents=True)
    shutil.copy(resources.data("models", "fashion-mnist", "glt-2.npz"), folder / "net.npz")
    shutil.copy(resources.data("sensors", "imx250.toml"), folder / "mine.toml")
    (folder / "prices.toml").write_text('base = "cmos65"\nname = "prices"\n')
    text = (resources.pipelines() / "glt2.toml").read_text("utf-8")
    (folder / "own.toml").write_text(text.replace("fashion-mnist/glt-2", "net.npz"), "utf-8")
    monkeypatch.chdir(tmp_path)
    stated = {
        "scene.dataset": "folder", "scene.data_dir": "images", "photodiode.sensor": "mine.toml",
        "energy.technology": "prices.toml",
    }  # fmt: skip
    pipe = ss.load_pipeline(Path("design") / "own.toml", stated)
    assert pipe.network.path == Path("design") / "net.npz"
    assert pipe.cost.technology.name == "prices"
    with pytest.raises(InputError, match=r"design.images: no images found"):
        pipe.dataset  # noqa: B018


def test_light_in_lux_replaces_the_fraction_that_a_pipeline_states() -> None:
    plain, lit = ss.load_pipeline("glt4"), ss.load_pipeline("glt4", lit_by(100))
    assert lit.camera.white_illuminance_lux() == 100
    assert lit.description.scene.exposure.low_stops == plain.description.scene.exposure.low_stops
    assert plain.replace(lit_by(100)).description == lit.description


@pytest.mark.parametrize("nothing", [None, "none"])
def test_a_field_is_unset_to_its_default(nothing: str | None) -> None:
    settings = {"photodiode.full_well_e": nothing, "scene.data_dir": nothing}
    assert load_description("glt4", settings)[0].photodiode.full_well_e == 10_000
    changed = change(load_description("glt4")[0], {"photodiode.full_well_e": 5000})
    assert change(changed, settings).photodiode.full_well_e == 10_000
    with pytest.raises(ss.InputError, match=r"energy\.frame_rate_hz: is missing"):
        load_description("glt4", {"energy.frame_rate_hz": nothing})
    with pytest.raises(ss.InputError, match=r"photodiode\.full_wel_e: no such field"):
        load_description("glt4", {"photodiode.full_wel_e": nothing})


def test_none_stays_a_word_where_it_is_a_value() -> None:
    assert load_description("glt4", {"photodiode.noise": "none"})[0].photodiode.noise == "none"
