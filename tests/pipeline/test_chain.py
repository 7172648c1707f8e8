"""Pipelines: loading, running, tracing, and what a user can get wrong."""

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import sensorsim as ss
from sensorsim.bnn import simulator
from sensorsim.bnn.model_file import model_digest
from sensorsim.core import resources, streams
from sensorsim.pipeline.configuration import PipelineDescription, find_pipeline, load_description

READY = sorted(p.stem for p in resources.pipelines().glob("*.toml"))


def write(folder: Path, *edits: tuple[str, str]) -> Path:
    text = (resources.pipelines() / "glt4.toml").read_text()
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    path = folder / "mine.toml"
    path.write_text(text)
    return path


@pytest.fixture(scope="module")
def result() -> xr.Dataset:
    return ss.load_pipeline("glt4").run(images=200, seed=3)


@pytest.mark.parametrize("name", READY)
def test_ready_pipeline_loads_with_its_model(name: str) -> None:
    pipe = ss.load_pipeline(name)
    assert pipe.readout.levels >= 1
    assert pipe.description.name == name


def test_run_gives_accuracy_inside_its_interval(result: xr.Dataset) -> None:
    assert result["accuracy_low"] < result["accuracy"] < result["accuracy_high"]
    assert result["accuracy"] == (result["decision"] == result["label"]).mean()
    assert result["images"] == 200


def test_energy_rows_sum_to_the_frame(result: xr.Dataset) -> None:
    for bound in ("low", "typical", "high"):
        rows = result[f"row_energy_pj_{bound}"].sum()
        np.testing.assert_allclose(rows, result[f"energy_pj_{bound}"])


def test_run_tells_power_time_and_the_price_of_a_right_decision(result: xr.Dataset) -> None:
    right = result["energy_pj_per_correct_decision"]
    assert right == result["energy_pj_per_decision"] / result["accuracy"]
    assert result["energy_pj_per_correct_decision_low"] < right
    assert right < result["energy_pj_per_correct_decision_high"]
    np.testing.assert_allclose(
        result["average_power_uw_typical"], result["energy_pj_typical"] * 30e-6
    )
    assert 0 < result["conversion_time_us"] < result["row_time_us"] < result["latency_us"]
    assert result["frame_rate_limit_hz"].attrs["units"] == "Hz"
    assert result["average_power_uw_low"].attrs["units"] == "uW"


def test_results_carry_units_and_provenance(result: xr.Dataset) -> None:
    assert result["energy_pj_typical"].attrs["units"] == "pJ"
    assert result["frame_time_ms"].attrs["units"] == "ms"
    assert result["white_illuminance_lux"].attrs["units"] == "lux"
    assert result.attrs["seed"] == 3
    assert json.loads(result.attrs["pipeline"])["name"] == "glt4"
    assert len(result.attrs["model_sha256"]) == len(result.attrs["dataset_sha256"]) == 64


def test_same_seed_same_decisions_and_another_seed_differs(result: xr.Dataset) -> None:
    pipe = ss.load_pipeline("glt4")
    again, other = pipe.run(images=200, seed=3), pipe.run(images=200, seed=4)
    np.testing.assert_array_equal(again["decision"], result["decision"])
    assert (other["decision"] != result["decision"]).any()


def test_first_images_do_not_depend_on_how_many_follow(result: xr.Dataset) -> None:
    fewer = ss.load_pipeline("glt4").run(images=70, seed=3)
    np.testing.assert_array_equal(fewer["decision"], result["decision"][:70])


def test_trace_shows_every_stage_and_ends_in_the_same_decision(result: xr.Dataset) -> None:
    pipe = ss.load_pipeline("glt4")
    tree = pipe.trace(pipe.dataset.images[5], seed=3, frame=5)
    assert list(tree.children) == ["scene", "array", "photodiode", "readout", "network"]
    assert tree["photodiode"]["signal"].attrs["units"] == "V"
    assert tree["network"]["decision"] == result["decision"][5]


def test_trace_shows_light_behind_the_lens_and_what_it_makes() -> None:
    silent = {"photodiode.noise": "none", "photodiode.temperature_c": 60.0,
              "scene.lens.chief_ray_angle_deg": 20.0, "scene.exposure.law": "fixed",
              "scene.exposure.high_stops": -1.0}  # fmt: skip
    pipe = ss.load_pipeline("glt4", silent)
    array, photodiode = (
        pipe.trace(np.ones((28, 28), np.float32))[name] for name in ("array", "photodiode")
    )
    corner = float(array["light"][0, 0, 0])
    assert corner == pytest.approx(np.cos(np.deg2rad(20)) ** 4, rel=1e-6)
    pixel = pipe.description.photodiode
    assert array["electrons"].attrs["units"] == "e-"
    made = pipe.camera.white_e() / 2 * corner + pixel.dark_e
    assert float(array["electrons"][0, 0, 0]) == pytest.approx(made, rel=1e-6)
    volts = array["electrons"] * pixel.conversion_gain_uv_per_e * 1e-6
    np.testing.assert_allclose(photodiode["signal"], volts, rtol=1e-5)


def test_brighter_light_lowers_no_thermometer_count() -> None:
    quiet = {"photodiode.noise": "none",
             "readout.comparator.noise_mv": 0, "scene.exposure.law": "fixed"}  # fmt: skip
    pipe = ss.load_pipeline("glt4", quiet)
    image = pipe.dataset.images[0]
    chains = [pipe.replace({"scene.exposure.high_stops": s}) for s in (-5.0, -3.0, -1.0)]
    codes = [chain.trace(image)["readout"]["code"] for chain in chains]
    assert codes[0].dims == ("row", "column", "color")
    counts = [int(np.bitwise_count(code.to_numpy()).sum()) for code in codes]
    assert counts[0] < counts[1] < counts[2]


def test_replaced_field_changes_and_the_original_stays() -> None:
    pipe = ss.load_pipeline("glt4")
    other = pipe.replace({"readout.comparator.offset_mv": 4.0})
    assert other.readout.comparator.offset_mv == 4.0
    assert pipe.readout.comparator.offset_mv == 0.5
    assert other.readout.thresholds == pipe.readout.thresholds


def test_schema_gives_every_field_a_meaning() -> None:
    schema = PipelineDescription.model_json_schema()
    for name in ("Photodiode", "Comparator", "EnergySettings", "Exposure"):
        for field in schema["$defs"][name]["properties"].values():
            assert field["description"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("read_noise_e = 4.0", "read_noize_e = 4.0", ["photodiode.read_noize_e", "no such field"]),
        ("read_noise_e = 4.0", "read_noise_e = -1", ["photodiode.read_noise_e", "-1"]),
        ("quantum_efficiency = 0.6", "quantum_efficiency = 1.2", ["quantum_efficiency", "1.2"]),
        ("full_well_e = 10000", "full_well_e = 0", ["full_well_e 0", "from 2"]),
        ("full_well_e = 10000", "full_well_e = nan", ["full_well_e", "finite"]),
        ("link_pj_per_bit = 0.5", "# none", ["energy.link_pj_per_bit", "missing"]),
        ('kind = "learned"', 'kind = "flash"', ["readout", "flash"]),
        ('kind = "learned"', 'kind = "adc"', ["readout", "planes"]),
        ('kind = "learned"', 'kind = "thermometer"\nthresholds = [0.1, 0.3, 0.2, 0.4]',
         ["thresholds", "ascending"]),
        ('kind = "learned"', 'kind = "thermometer"\nthresholds = [0.1, 0.2]',
         ["4", "model"]),
        ('model = "fashion-mnist/glt-4"', 'model = "nowhere"', ["network.model", "nowhere"]),
        ('technology = "survey"', 'technology = "5nm"', ["technology", "5nm", "survey"]),
        ("low_stops = -5.0", "low_stops = 3.0", ["exposure", "low_stops 3", "high_stops 0"]),
        ("[readout]", "[readout", ["not a TOML file"]),
    ],
)  # fmt: skip
def test_a_mistake_is_named(tmp_path: Path, old: str, new: str, words: list[str]) -> None:
    with pytest.raises(ss.InputError) as error:
        ss.load_pipeline(write(tmp_path, (old, new)))
    for word in words:
        assert word in str(error.value)


def test_missing_pipeline_lists_those_that_ship() -> None:
    with pytest.raises(ss.InputError, match=r"no such pipeline.*glt4"):
        ss.load_pipeline("glt5")


def test_model_beside_the_pipeline_is_found(tmp_path: Path) -> None:
    shipped = resources.data("models", "fashion-mnist", "glt-4.npz")
    (tmp_path / "my.npz").write_bytes(shipped.read_bytes())
    path = write(tmp_path, ("fashion-mnist/glt-4", "my.npz"))
    assert ss.load_pipeline(path).network.path == tmp_path / "my.npz"


def test_results_name_the_model_that_decided(tmp_path: Path) -> None:
    """A changed chain keeps the network it has read, whatever stands in the file by then."""
    models = resources.data("models", "fashion-mnist")
    (tmp_path / "my.npz").write_bytes((models / "glt-4.npz").read_bytes())
    chain = ss.load_pipeline(write(tmp_path, ("fashion-mnist/glt-4", "my.npz")))
    (tmp_path / "my.npz").write_bytes((models / "glt-8.npz").read_bytes())
    named = chain.replace({"die": 1}).run(2).attrs["model_sha256"]
    assert named == model_digest(models / "glt-4.npz")


def test_description_alone_needs_no_model(tmp_path: Path) -> None:
    path = write(tmp_path, ("fashion-mnist/glt-4", "not-yet-trained.npz"))
    description, folder = load_description(path)
    assert description.network.model == "not-yet-trained.npz"
    assert folder == tmp_path


def test_images_of_another_size_are_refused(tmp_path: Path) -> None:
    from PIL import Image

    for name in ("a", "b"):
        (tmp_path / "test" / name).mkdir(parents=True)
        Image.new("L", (20, 20)).save(tmp_path / "test" / name / "0.png")
    pipe = ss.load_pipeline("glt4", {"scene.dataset": "folder", "scene.data_dir": str(tmp_path)})
    with pytest.raises(ss.InputError, match=r"\(20, 20, 1\).*\(28, 28, 1\)"):
        pipe.run()


def test_images_are_brought_to_the_size_that_the_scene_states(tmp_path: Path) -> None:
    from PIL import Image

    for i, side in enumerate((20, 50)):
        (tmp_path / "test" / "a").mkdir(parents=True, exist_ok=True)
        Image.new("L", (side, 30), side).save(tmp_path / "test" / "a" / f"{i}.png")
    scene = {"scene.dataset": "folder", "scene.data_dir": str(tmp_path), "scene.size_px": 28}
    pipe = ss.load_pipeline("glt4", scene)
    assert pipe.dataset.images.shape == (2, 28, 28, 1)
    assert pipe.replace({"scene.size_px": 14}).dataset.images.shape == (2, 14, 14, 1)
    with pytest.raises(ss.InputError, match=r"state one side for all with scene\.size_px"):
        _ = pipe.replace({"scene.size_px": None}).dataset


def test_trace_refuses_light_that_is_none() -> None:
    pipe = ss.load_pipeline("glt4")
    for bad in (np.nan, np.inf, -0.1):
        with pytest.raises(ss.InputError, match="light"):
            pipe.trace(np.full((28, 28), bad))


def test_trace_refuses_an_image_that_the_network_cannot_read() -> None:
    pipe = ss.load_pipeline("glt4")
    with pytest.raises(ss.InputError, match=r"\(20, 28, 1\) samples.*reads \(28, 28, 1\)"):
        pipe.trace(np.zeros((20, 28)))
    assert "network" not in pipe.trace(np.zeros((20, 28)), decide=False).children


def test_own_images_are_matched_to_the_model_by_the_names_of_their_classes(tmp_path: Path) -> None:
    """Folders are sorted and cannot be called "T-shirt/top"; two of the ten classes are enough."""
    from PIL import Image

    known = ss.load_pipeline("glt4").dataset
    for label, name in ((0, "T-shirt-top"), (9, "Ankle Boot")):
        (tmp_path / "test" / name).mkdir(parents=True)
        for i in np.flatnonzero(known.labels == label)[:8]:
            Image.fromarray(known.images[i, ..., 0]).save(tmp_path / "test" / name / f"{i}.png")
    pipe = ss.load_pipeline("glt4", {"scene.dataset": "folder", "scene.data_dir": str(tmp_path)})
    assert pipe.dataset.class_names == known.class_names
    assert sorted(pipe.dataset.labels.tolist()) == [0] * 8 + [9] * 8
    assert pipe.run()["accuracy"] > 0.5


def test_classes_of_another_name_are_refused(tmp_path: Path) -> None:
    from PIL import Image

    (tmp_path / "test" / "cats").mkdir(parents=True)
    Image.new("L", (28, 28)).save(tmp_path / "test" / "cats" / "0.png")
    pipe = ss.load_pipeline("glt4", {"scene.dataset": "folder", "scene.data_dir": str(tmp_path)})
    with pytest.raises(ss.InputError, match="classes are cats, but "):
        pipe.run()


def test_lens_shades_and_blurs_what_the_pixels_see() -> None:
    light = np.full((1, 28, 28, 1), 0.5, np.float32)
    light[0, 14, 14] = 1.0
    quiet = {
        "photodiode.noise": "none", "photodiode.dark_current_e_per_s": 0,
    }  # fmt: skip
    lens = {
        "scene.lens.chief_ray_angle_deg": 30.0,
        "scene.lens.psf": {"kind": "gaussian", "sigma_um": 5.0},
    }
    pipes = [ss.load_pipeline("glt4", settings) for settings in (quiet, quiet | lens)]
    plain, shaded = (pipe.volts(light, pipe.key(0, [0]))[0, :, :, 0] for pipe in pipes)
    assert shaded[0, 0] / plain[0, 0] == pytest.approx(np.cos(np.radians(30)) ** 4, rel=1e-4)
    assert shaded[14, 14] < 0.8 * plain[14, 14]
    assert shaded[14, 15] > plain[14, 15]


def test_faults_are_swept_like_any_field() -> None:
    chain = ss.load_pipeline("glt2")
    data = ss.sweep(chain, {"network.faults.weight_flip_rate": [0.0, 0.05, 0.5]}, images=300)
    accuracy = data["accuracy"].values
    assert accuracy[0] == chain.run(300)["accuracy"]
    assert accuracy[2] < 0.3 < accuracy[1] <= accuracy[0] + 0.03


def test_no_faults_leave_every_score_as_it_was() -> None:
    chain = ss.load_pipeline("glt2")
    key = chain.key(0, np.arange(20))
    volts = np.random.default_rng(0).random((20, 28, 28, 1)).astype(np.float32)
    words = chain.readout.pack(chain.codes(volts, key))
    np.testing.assert_array_equal(chain.scores(volts, key), simulator.scores(chain.model, words))


def test_activation_flips_come_through_the_pipeline() -> None:
    image = np.full((28, 28), 90, np.uint8)
    clean = ss.load_pipeline("glt2").trace(image)["network/score"]
    flipped = ss.load_pipeline("glt2", {"network.faults.activation_flip_rate": 0.1})
    first = flipped.trace(image)["network/score"]
    assert (first != clean).any()
    assert first.equals(flipped.trace(image)["network/score"])
    assert not first.equals(flipped.trace(image, frame=1)["network/score"])


def test_faults_of_places_the_model_lacks_are_refused() -> None:
    with pytest.raises(ss.InputError, match=r"network\.faults\.weight_flip_rates: no place '1'"):
        ss.load_pipeline("glt2", {"network.faults.weight_flip_rates.1": 0.1})
    with pytest.raises(ss.InputError, match=r"network\.faults\.weight_flip_rate 2: .*to 1"):
        ss.load_pipeline("glt2", {"network.faults.weight_flip_rate": 2})


@pytest.mark.parametrize("kind", [bool, np.int32, np.uint16, np.int64, complex])
def test_an_image_of_other_codes_is_no_light(kind: type) -> None:
    with pytest.raises(ss.InputError, match=r"image: samples of type .* expected uint8"):
        ss.load_pipeline("glt2").trace(np.ones((28, 28), kind))


@pytest.mark.parametrize("frame", [-1, 2**32, 0.5])
def test_a_frame_that_is_no_address_is_refused(frame: float) -> None:
    with pytest.raises(ss.InputError, match="frame"):
        ss.load_pipeline("glt2").trace(np.zeros((28, 28), np.uint8), frame=frame)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "settings",
    [{"scene.lens.psf": {"kind": "gaussian", "sigma_um": 5.0}}, {"scene.layout": "mono"}],
)
@pytest.mark.parametrize("wrong", [-1.0, np.nan, np.inf])
def test_light_is_checked_before_blur_and_luminance_hide_it(
    settings: dict[str, object], wrong: float
) -> None:
    light = np.full((1, 28, 28, 3), 0.5)
    light[0, 10, 10, 2] = wrong
    camera = load_description("glt2", settings)[0].camera()
    with pytest.raises(ss.InputError, match=r"light: (smallest|holds NaN)"):
        camera.volts(light, streams.Key.of(0, [0]))


@pytest.mark.parametrize(
    "missing", ["elsewhere/pipelines/glt4.toml", "glt4.toml", "glt4.tmol", "pipelines/glt4.txt"]
)
def test_a_path_that_is_missing_is_no_name_of_a_shipped_pipeline(missing: str) -> None:
    with pytest.raises(ss.InputError, match="no such pipeline"):
        find_pipeline(missing)


def test_shipped_pipelines_are_found_by_name_and_by_their_path_in_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_pipeline("glt4") == find_pipeline("pipelines/glt4.toml")
    assert find_pipeline(Path("pipelines/glt4.toml")).is_file()


def counted(chain: ss.Pipeline) -> float:
    """Energy of the counters of a frame, pJ."""
    rows = {r.component: r.total_pj.typical for r in chain.cost.ledger().rows}
    return rows["counter up to the code"]


def test_energy_of_a_process_takes_the_signal_of_the_images(tmp_path: Path) -> None:
    chain = ss.load_pipeline("adc8", {"energy.technology": "cmos65"})
    array = chain.cost.pixel_array
    assert array.signals is not None
    mean_signal = float(array.signals.mean())
    assert 0 < mean_signal < 0.3
    (signal,) = (c for c in chain.cost.ledger().constants() if c.id == "pixel.mean_signal")
    assert signal.low == signal.high == mean_signal
    bent = chain.replace({"readout.tone_curve": {"kind": "log"}})
    assert counted(bent) > 2 * counted(chain), "a log ramp stops later in the dark"
    mine = tmp_path / "mine.toml"
    mine.write_text('base = "cmos65"\nname = "mine"\n[pixel]\nmean_signal = 0.2\n')
    assert chain.replace({"energy.technology": str(mine)}).cost.pixel_array.signals is None
    nowhere = chain.replace({"scene.data_dir": str(tmp_path)})
    assert nowhere.cost.pixel_array.signals is None, "the technology's figure"


def test_a_changed_sensor_file_is_looked_for_beside_the_pipeline(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text((resources.pipelines() / "glt1.toml").read_text())
    sensor = resources.data("sensors", "imx250.toml").read_text()
    (tmp_path / "sensor.toml").write_text(sensor)
    pipe = ss.load_pipeline(tmp_path / "mine.toml")
    changed = pipe.replace({"photodiode.sensor": "sensor.toml"})
    assert changed.description.photodiode.pixel_pitch_um == 3.45
