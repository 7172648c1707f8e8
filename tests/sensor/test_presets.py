"""Sensors that ship: figures with reasons, units and sane values; derived ones recomputed."""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sensorsim.core import resources
from sensorsim.core.errors import InputError
from sensorsim.core.units import unit_of
from sensorsim.optics.spectrum import IlluminantD65, SpectralCurve, mean_quantum_efficiency
from sensorsim.sensor import Photodiode, dark_current_e_per_s
from sensorsim.sensor.presets import Figure, Sensor, load_sensor, sensor_names

ELECTRON_C = 1.602176634e-19
FIELDS = [
    "pixel_pitch_um", "quantum_efficiency", "fill_factor", "full_well_e",
    "conversion_gain_uv_per_e", "integration_time_ms", "read_noise_e", "dark_current_e_per_s",
    "dark_current_activation_ev", "temperature_c", "dark_current_spread_percent", "dsnu_e",
    "prnu_percent", "row_noise_e", "row_offset_e", "column_offset_e", "column_gain_percent",
    "rts_pixel_fraction", "rts_amplitude_e", "correlated_double_sampling", "saturation",
    "response",
]  # fmt: skip
every_sensor = pytest.mark.parametrize(
    "sensor", [load_sensor(n) for n in sensor_names()], ids=sensor_names()
)


def figures(sensor: Sensor) -> Iterator[tuple[str, Figure]]:
    for table in (sensor, sensor.photodiode, sensor.emva):
        yield from ((name, f) for name, f in table if isinstance(f, Figure))


def significant(digits: int) -> float:
    """Relative error of a figure that is rounded to so many digits."""
    return 0.5 * 10.0 ** (1 - digits)


def test_four_kinds_ship() -> None:
    assert {"imx477", "hm01b0", "imx900-lcg", "imx900-hcg", "log-oxford"} <= set(sensor_names())


@every_sensor
def test_sensor_is_named_like_its_file(sensor: Sensor) -> None:
    assert sensor == load_sensor(resources.data("sensors", f"{sensor.name}.toml"))


@every_sensor
def test_published_and_derived_figures_say_from_what(sensor: Sensor) -> None:
    for name, figure in figures(sensor):
        if figure.basis == "assumed":
            assert len(figure.source.split()) >= 4, f"{name}: no reason"
        else:
            assert not figure.source.startswith("not "), name
        if figure.basis == "derived" and name != "quantum_efficiency":
            assert any(sign in figure.source for sign in "x/(^"), f"{name}: no formula"


@every_sensor
def test_units_are_those_of_the_names(sensor: Sensor) -> None:
    for name, figure in figures(sensor):
        assert figure.unit == unit_of(name)


@every_sensor
def test_values_are_those_of_image_sensors(sensor: Sensor) -> None:
    value = sensor.photodiode_fields()
    assert 0.5 < value["pixel_pitch_um"] < 20
    assert 10 < sensor.rows.value <= sensor.columns.value < 10_000
    assert value["read_noise_e"] < 0.01 * value["full_well_e"]
    assert value["dsnu_e"] < 0.01 * value["full_well_e"]
    assert value["prnu_percent"] <= 2
    # 90 to 5000 e-/um2, but where nothing fills up
    density = value["full_well_e"] / value["pixel_pitch_um"] ** 2
    assert 90 < density < 5000 or value["response"]["kind"] == "logarithmic"
    curve = sensor.photodiode.quantum_efficiency.value
    assert 0.2 < mean_quantum_efficiency(curve, IlluminantD65()) < 0.97


@every_sensor
def test_photodiode_fields_are_values_without_sources(sensor: Sensor) -> None:
    value = sensor.photodiode_fields()
    assert list(value) == FIELDS
    assert value["read_noise_e"] == sensor.photodiode.read_noise_e.value
    assert value["saturation"]["kind"] in ("hard", "soft")
    assert value["response"]["kind"] in ("linear", "logarithmic", "linlog")
    assert "source" not in str(value)


@every_sensor
def test_photodiode_takes_the_fields(sensor: Sensor) -> None:
    known = {k: v for k, v in sensor.photodiode_fields().items() if k in Photodiode.model_fields}
    if "response" not in Photodiode.model_fields:  # of an older photodiode: one number alone
        known["quantum_efficiency"] = 0.5
    assert Photodiode.model_validate(known).full_well_e == known["full_well_e"]


@pytest.mark.parametrize("name", ["imx250", "imx477", "imx900-hcg", "imx900-lcg"])
def test_emva_figures_are_what_the_pixel_would_give(name: str) -> None:
    pixel, emva = load_sensor(name).photodiode, load_sensor(name).emva
    assert emva.saturation_e.value == pytest.approx(pixel.full_well_e.value, rel=2e-3)
    # EMVA 1288 v3.1: SNRmax = sqrt(u_sat), DR = u_sat / (sqrt(sigma**2 + 1/4) + 1/2)
    assert emva.snr_max_db.value == pytest.approx(10 * np.log10(emva.saturation_e.value), abs=0.02)
    threshold = math.sqrt(pixel.read_noise_e.value**2 + 0.25) + 0.5
    dynamic_range = 20 * np.log10(emva.saturation_e.value / threshold)
    assert emva.dynamic_range_db.value == pytest.approx(dynamic_range, abs=0.4)


@pytest.mark.parametrize("name", ["imx900-lcg", "imx900-hcg"])
def test_imx900_dark_current_is_scaled_from_36_to_25_degrees(name: str) -> None:
    pixel = load_sensor(name).photodiode
    published = load_sensor("imx900-hcg").emva.dark_current_e_per_s.value
    at_25, activation = pixel.dark_current_e_per_s.value, pixel.dark_current_activation_ev.value
    assert dark_current_e_per_s(at_25, 36, activation) == pytest.approx(published, rel=1e-3)


@pytest.mark.parametrize("name", ["imx900-lcg", "imx900-hcg"])
def test_imx900_curve_passes_through_the_measured_efficiency(name: str) -> None:
    sensor = load_sensor(name)
    curve = sensor.photodiode.quantum_efficiency.value
    assert isinstance(curve, SpectralCurve)
    measured = sensor.emva.quantum_efficiency_percent.value / 100
    assert curve.at(sensor.emva.wavelength_nm.value) == pytest.approx(measured)


def test_imx250_noise_follows_from_its_decibels() -> None:
    sensor = load_sensor("imx250")
    saturation = 10 ** (sensor.emva.snr_max_db.value / 10)
    threshold = saturation / 10 ** (sensor.emva.dynamic_range_db.value / 20)
    noise = math.sqrt((threshold - 0.5) ** 2 - 0.25)
    assert sensor.emva.saturation_e.value == pytest.approx(saturation, rel=significant(4))
    assert sensor.photodiode.read_noise_e.value == pytest.approx(noise, rel=significant(4))
    assert sensor.emva.temporal_dark_noise_e.value == sensor.photodiode.read_noise_e.value


def test_imx477_decibels_follow_from_stops_and_electrons() -> None:
    emva = load_sensor("imx477").emva
    stops = 11.15 * 20 * math.log10(2)
    assert emva.dynamic_range_db.value == pytest.approx(stops, rel=significant(4))
    snr = 10 * math.log10(emva.saturation_e.value)
    assert emva.snr_max_db.value == pytest.approx(snr, rel=significant(4))


def test_hm01b0_exposes_for_a_frame_and_borrows_the_density_of_a_well() -> None:
    value, other = load_sensor("hm01b0").photodiode_fields(), load_sensor("imx250")
    assert value["integration_time_ms"] == pytest.approx(1000 / 60, rel=significant(4))
    well = other.photodiode.full_well_e.value * (3.6 / other.photodiode.pixel_pitch_um.value) ** 2
    assert value["full_well_e"] == pytest.approx(well, rel=significant(3))


def test_logarithmic_figures_follow_from_currents() -> None:
    value = load_sensor("log-oxford").photodiode_fields()
    time_s, knee = value["integration_time_ms"] * 1e-3, value["response"]["knee_e"]
    assert knee == pytest.approx(28.163e-15 / ELECTRON_C * time_s, rel=significant(4))
    assert value["dsnu_e"] == pytest.approx(4.4974e-15 / ELECTRON_C * time_s, rel=significant(4))
    slope_uv = value["response"]["slope_mv_per_decade"] * 1e3 / math.log(10) / knee
    assert value["conversion_gain_uv_per_e"] == pytest.approx(slope_uv, rel=2 * significant(4))


def test_split_pixel_diodes_differ_a_hundredfold() -> None:
    large, small = (load_sensor(f"split-pixel-{n}").photodiode for n in ("large", "small"))
    assert small.fill_factor.value == pytest.approx(0.01 * large.fill_factor.value)


def test_unknown_name_lists_those_that_ship(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'imx999'.*hm01b0, imx250, imx477"):
        load_sensor("imx999")
    with pytest.raises(InputError, match="no such file"):
        load_sensor(tmp_path / "none.toml")


def edited(folder: Path, old: str, new: str) -> Path:
    text = resources.data("sensors", "imx900-hcg.toml").read_text()
    assert text.count(old) >= 1
    path = folder / "mine.toml"
    path.write_text(text.replace(old, new, 1))
    return path


PITCH = 'pixel_pitch_um = { value = 2.25, unit = "um", basis = "published", source = "FRAMOS'
TIME = 'unit = "ms", basis = "assumed", source = "a choice, not a property: 1/30 s"'


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("value = 2.25,", "value = -2.25,", r"photodiode.pixel_pitch_um.value -2.25: expected"),
        ("value = 2.25,", 'value = "wide",', r"photodiode.pixel_pitch_um.value 'wide'"),
        (PITCH, PITCH.replace('"um"', '"nm"'), "pixel_pitch_um: unit 'nm', expected 'um'"),
        (
            PITCH,
            PITCH.replace('"published"', '"guessed"'),
            r"pixel_pitch_um.basis 'guessed': expected",
        ),
        (TIME, 'unit = "ms", basis = "assumed", source = ""', "integration_time_ms.source"),
        (TIME, 'unit = "ms", basis = "assumed"', "integration_time_ms.source: is missing"),
        ("low = 0.55, high", "low = 0.7, high", "low 0.7, value 0.633, high 1.12"),
        ("read_noise_e =", "read_nois_e =", "photodiode.read_noise_e: is missing"),
        ("[400, 425,", "[425, 400,", "400 after 425"),
        ("value = true, unit", "value = true, low = 0, unit", "beside a single number"),
        ("[photodiode]", "[photodiode", "not a TOML file"),
        ("[emva]", "[emva]\nsharpness = 1", "emva.sharpness"),
    ],
)
def test_malformed_file_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = edited(tmp_path, old, new)
    with pytest.raises(InputError, match=message) as error:
        load_sensor(path)
    assert str(path) in str(error.value)


def test_own_file_is_read_by_its_path(tmp_path: Path) -> None:
    path = edited(tmp_path, 'name = "imx900-hcg"', 'name = "mine"')
    assert load_sensor(path).name == load_sensor(str(path)).name == "mine"


def test_binary_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="not a TOML file"):
        load_sensor(path)


def test_folder_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "folder.toml"
    path.mkdir()
    with pytest.raises(InputError, match="cannot be read"):
        load_sensor(path)


def test_an_effect_that_a_file_does_not_state_is_not_there(tmp_path: Path) -> None:
    text = resources.data("sensors", "hm01b0.toml").read_text()
    fewer = [line for line in text.splitlines() if not line.startswith(("rts_", "row_", "column_"))]
    mine = tmp_path / "mine.toml"
    mine.write_text("\n".join(fewer))
    assert load_sensor(mine).photodiode_fields() == {
        k: v for k, v in load_sensor("hm01b0").photodiode_fields().items()
        if not k.startswith(("rts_", "row_", "column_"))
    }  # fmt: skip
    pixel = Photodiode(**load_sensor(mine).photodiode_fields())
    assert (pixel.rts_amplitude_e, pixel.row_noise_e, pixel.column_gain_percent) == (0, 0, 0)
