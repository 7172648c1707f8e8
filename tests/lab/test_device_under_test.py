"""Which camera a name stands for, and behind which ADC it is measured."""

import pytest

from sensorsim.core import resources
from sensorsim.core.errors import InputError
from sensorsim.lab.device_under_test import find_device, ideal_adc, put_on_bench
from sensorsim.pipeline.configuration import named_sensor

SMALL = {"rows": 64, "columns": 64}


def test_sensor_brings_its_own_bits_gain_and_light() -> None:
    bench, notes = put_on_bench(find_device("imx900-hcg"), **SMALL)
    assert notes == []
    assert bench.adc.bits == 12
    assert bench.photodiode.volts_per_e / bench.step_v == pytest.approx(1.673)
    assert bench.light.wavelength_nm == 536
    assert bench.electrons_per_photon == pytest.approx(0.8847)


def test_gain_is_compared_only_at_the_same_number_of_bits() -> None:
    device = find_device("imx900-hcg")
    same, _ = put_on_bench(device, **SMALL)
    other, _ = put_on_bench(device, adc_bits=10, **SMALL)
    assert device.published(same)["system_gain_dn_per_e"] == 1.673
    assert "system_gain_dn_per_e" not in device.published(other)
    assert device.published(other)["prnu_percent"] == 0.8
    assert find_device("glt4").published(same) == {}


def test_sensor_too_coarse_for_its_noise_gets_another_adc_and_says_so() -> None:
    bench, notes = put_on_bench(find_device("hm01b0"), **SMALL)
    assert bench.adc == ideal_adc(12).model_copy(update={"offset_mv": bench.adc.offset_mv})
    (note,) = notes
    for words in ("8 bits of its readout", "hides the temporal dark noise", "12-bit", "--adc-bits"):
        assert words in note


@pytest.mark.parametrize(
    ("pipeline", "words"),
    [("glt4", "'learned'"), ("thermometer4_log", "'thermometer'"), ("adc8_log", "log tone curve")],
)
def test_readout_that_is_not_linear_gets_another_adc_and_says_so(pipeline: str, words: str) -> None:
    bench, (note,) = put_on_bench(find_device(pipeline), **SMALL)
    assert words in note
    assert "makes no linear digital numbers" in note
    assert bench.adc.bits == 12
    assert bench.adc.comparator.noise_mv == 0


def test_fine_linear_readout_is_measured_as_it_is() -> None:
    settings = {"readout.bits": 12, "scene.spectrum": {"kind": "monochromatic"}, "die": 3}
    bench, notes = put_on_bench(find_device("adc8", settings), **SMALL)
    assert notes == []
    assert (bench.adc.bits, bench.adc.comparator.noise_mv, bench.die) == (12, 0.5, 3)
    assert bench.light.wavelength_nm == 555


def test_stated_bits_come_first_and_are_refused_where_too_few() -> None:
    device = find_device("glt4")
    bench, (note,) = put_on_bench(device, adc_bits=11, **SMALL)
    assert bench.adc.bits == 11
    assert "11-bit" in note
    with pytest.raises(InputError, match="hides the temporal dark noise"):
        put_on_bench(device, adc_bits=6, **SMALL)


def test_well_too_deep_for_its_own_twelve_bits_is_refused() -> None:
    deep = {"readout.bits": 12, "photodiode.full_well_e": 1e6, "readout.comparator.noise_mv": 0}
    deep["photodiode.conversion_gain_uv_per_e"] = 1
    with pytest.raises(InputError, match=r"readout.bits 12: a step of 244 e- hides"):
        put_on_bench(find_device("adc8", deep), **SMALL)


def test_pipelines_sensor_stands_behind_the_published_figures() -> None:
    settings = {"photodiode": {"sensor": "imx900-lcg"}}
    assert named_sensor("glt4", settings).name == "imx900-lcg"
    assert named_sensor("glt4") is None
    device = find_device("glt4", settings)
    assert device.wavelength_nm == 536
    _, notes = put_on_bench(device, **SMALL)
    assert len(notes) == 1
    changed = find_device("glt4", {"photodiode": {"sensor": "imx900-lcg", "prnu_percent": 2.0}})
    _, notes = put_on_bench(changed, **SMALL)
    assert notes[1].endswith("differs from it in prnu_percent")


def test_region_is_part_of_the_sensor() -> None:
    with pytest.raises(InputError, match="rows 400: the sensor has 324; expected 16 to 324"):
        put_on_bench(find_device("hm01b0"), rows=400)


def test_what_is_neither_pipeline_nor_sensor_is_refused() -> None:
    with pytest.raises(InputError, match=r"nothing: no such pipeline.*or a sensor: hm01b0"):
        find_device("nothing")
    with pytest.raises(InputError, match="imx250 is a sensor and has no fields to set"):
        find_device("imx250", {"readout.bits": 3})


def test_broken_pipeline_is_reported_as_such() -> None:
    text = resources.pipelines().joinpath("adc8.toml").read_text()
    assert "bits = 8" in text
    with pytest.raises(InputError, match=r"readout\.bits"):
        find_device("adc8", {"readout.bits": 99})
