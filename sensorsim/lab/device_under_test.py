"""Look up a camera by name: a shipped sensor, or a pipeline's pixel and readout."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from sensorsim.core.errors import InputError
from sensorsim.lab.bench import MIN_SIDE, Bench, set_up
from sensorsim.optics.spectrum import MONOCHROMATIC_555NM, Monochromatic
from sensorsim.pipeline.configuration import find_pipeline, load_description, named_sensor
from sensorsim.readout import Adc, Comparator, LearnedReadout, Readout
from sensorsim.sensor import Photodiode
from sensorsim.sensor.presets import Sensor, load_sensor, sensor_names

BENCH_BITS = 12
"""Bits of the ideal linear ADC that replaces a readout that cannot be characterized."""
ROWS, COLUMNS = 240, 320


@dataclass(frozen=True)
class DeviceUnderTest:
    """A camera to characterize.

    Attributes
    ----------
    name : str
        Name of the sensor or pipeline.
    photodiode : Photodiode
        The pixel.
    adc : Adc or None
        The camera's readout, if it is a linear ADC.
    readout : str
        Description of the camera's readout, for messages.
    full_scale_v : float
        Voltage at which the range of an ideal converter ends, V.
    wavelength_nm : float
        Wavelength of the light that its data sheet or pipeline states, nm.
    die : int
        Die number.
    sensor : Sensor or None
        The sensor with published figures, if it is known.
    """

    name: str
    photodiode: Photodiode
    adc: Adc | None
    readout: str
    full_scale_v: float
    wavelength_nm: float
    die: int
    sensor: Sensor | None

    def published(self, bench: Bench) -> dict[str, float]:
        """Published figures of the sensor, from its ``[emva]`` table.

        Parameters
        ----------
        bench : Bench
            The camera in the setup. The system gain is left out unless its ADC has as many bits as
            the sensor's.

        Returns
        -------
        dict of str to float
            Values by the names and in the units of the results of `characterize`; empty if the
            sensor is not known.
        """
        if self.sensor is None:
            return {}
        figures = {name: f.value for name, f in self.sensor.emva if f is not None}
        bits = self.sensor.adc_bits
        if bits is None or bits.value != bench.adc.bits:
            figures.pop("system_gain_dn_per_e", None)
        return {k: v for k, v in figures.items() if k not in ("wavelength_nm", "temperature_c")}


def find_device(target: str, settings: Mapping[str, Any] | None = None) -> DeviceUnderTest:
    """Look up a camera.

    Parameters
    ----------
    target : str
        Name of a shipped sensor, or path or name of a pipeline.
    settings : mapping of str to value, optional
        Dotted fields of the pipeline to change.

    Returns
    -------
    DeviceUnderTest
        The camera.

    Raises
    ------
    InputError
        If it is neither, cannot be read, or settings are given for a sensor.
    """
    if target in sensor_names():
        if settings:
            raise InputError(
                f"--set {next(iter(settings))}: {target} is a sensor and has no fields to set; "
                "name it as photodiode.sensor in a pipeline"
            )
        return _of_sensor(load_sensor(target))
    try:
        find_pipeline(target)
    except InputError as error:
        raise InputError(f"{error}, or a sensor: {', '.join(sensor_names())}") from None
    description, _ = load_description(target, settings)
    sensor = named_sensor(target, settings)
    pixel, readout = description.photodiode, description.readout
    spectrum = description.scene.spectrum
    light = spectrum if isinstance(spectrum, Monochromatic) else MONOCHROMATIC_555NM
    adc = cast(Adc | None, readout.linear_adc())
    return DeviceUnderTest(
        description.name, pixel, adc, _called(readout), pixel.full_scale_v,
        _wavelength_nm(sensor, light), description.die, sensor,
    )  # fmt: skip


def put_on_bench(
    device: DeviceUnderTest, *, adc_bits: int | None = None, wavelength_nm: float | None = None,
    rows: int | None = None, columns: int | None = None, seed: int = 0,
) -> tuple[Bench, list[str]]:  # fmt: skip
    """Set up a camera with its own readout or with an ideal linear ADC.

    Parameters
    ----------
    device : DeviceUnderTest
        The camera.
    adc_bits : int, 1 to 14, optional
        Bits of an ideal linear ADC that replaces the camera's readout. If left out, the camera's
        readout is used if it is linear and resolves the dark noise, else one of `BENCH_BITS`.
    wavelength_nm : float, 380 to 780, optional
        Wavelength of the light, nm; the camera's if left out.
    rows, columns : int, optional
        Size of the region that is read, pixels; `ROWS` x `COLUMNS` or the sensor's size if left
        out, whichever is smaller.
    seed : int, 0 to 2**32 - 1
        Seed of all noise.

    Returns
    -------
    bench : Bench
        The camera in the setup.
    notes : list of str
        Sentences about readout and camera for the reader of the results.

    Raises
    ------
    InputError
        If the camera cannot be characterized, or the region is larger than the sensor.
    """
    rows, columns = _region(device.sensor, rows, columns)
    mount = partial(
        set_up, device.photodiode, full_scale_v=device.full_scale_v,
        wavelength_nm=device.wavelength_nm if wavelength_nm is None else wavelength_nm,
        rows=rows, columns=columns, die=device.die, seed=seed,
    )  # fmt: skip
    if adc_bits is not None:
        adc, note = ideal_adc(adc_bits), f"measured behind an ideal linear {adc_bits}-bit ADC"
    else:
        why = f"{device.readout} makes no linear digital numbers"
        if device.adc is not None:
            own, why = _behind_its_own(mount, device.adc)
            if own is not None:
                return own, _notes(device)
            why = f"with the {device.adc.bits} bits of its readout, {why}"
        adc = ideal_adc(BENCH_BITS)
        note = f"{why}: measured behind an ideal linear {BENCH_BITS}-bit ADC instead (--adc-bits)"
    bench = mount(adc)
    bench.check_dark_variance(bench.dark_variance_dn2())
    return bench, [note, *_notes(device)]


def _behind_its_own(mount: Callable[[Adc], Bench], adc: Adc) -> tuple[Bench | None, str]:
    """Set up the camera with its own ADC, or say why not if an ADC of more bits can help."""
    try:
        own = mount(adc)
        dark_dn2 = own.dark_variance_dn2()
        if adc.bits >= BENCH_BITS:
            own.check_dark_variance(dark_dn2)
    except InputError as error:
        if adc.bits >= BENCH_BITS:
            raise
        return None, str(error)
    why = own.hidden_noise(dark_dn2)
    return (None, why) if why else (own, "")


def _notes(device: DeviceUnderTest) -> list[str]:
    """Notes about the camera itself, for the reader of the results."""
    notes = _changes(device)
    if device.photodiode.row_noise_e > 0:
        notes.append(
            "standard errors of gain and dark noise count every pixel as a measurement of its own "
            f"and are too small here: row_noise_e {device.photodiode.row_noise_e:g} is common to "
            "the pixels of a row"
        )
    return notes


def _changes(device: DeviceUnderTest) -> list[str]:
    """Note the fields that differ from the sensor whose published figures are compared."""
    if device.sensor is None:
        return []
    theirs, mine = Photodiode(**device.sensor.photodiode_fields()), device.photodiode
    fields = [f for f in Photodiode.model_fields if getattr(theirs, f) != getattr(mine, f)]
    if not fields:
        return []
    return [
        f"published figures are of {device.sensor.name}; this camera differs from it in "
        f"{', '.join(fields)}"
    ]


def ideal_adc(bits: int) -> Adc:
    """Make a linear ADC without errors other than quantization.

    Parameters
    ----------
    bits : int, 1 to 14
        Resolution, bits.

    Returns
    -------
    Adc
        The ADC.
    """
    return Adc(bits=bits, comparator=Comparator(noise_mv=0, offset_mv=0))


def _of_sensor(sensor: Sensor) -> DeviceUnderTest:
    """Make a sensor with an ideal ADC of its published bits and gain, else of `BENCH_BITS`."""
    pixel = Photodiode(**sensor.photodiode_fields())
    bits = sensor.adc_bits.value if sensor.adc_bits else BENCH_BITS
    gain = sensor.emva.system_gain_dn_per_e
    full_scale_v = 2**bits * pixel.volts_per_e / gain.value if gain else pixel.full_scale_v
    return DeviceUnderTest(
        sensor.name, pixel, ideal_adc(bits), f"an ADC of {bits} bits", full_scale_v,
        _wavelength_nm(sensor, MONOCHROMATIC_555NM), 0, sensor,
    )  # fmt: skip


def _wavelength_nm(sensor: Sensor | None, light: Monochromatic) -> float:
    stated = sensor.emva.wavelength_nm if sensor is not None else None
    return light.wavelength_nm if stated is None else stated.value


def _called(readout: Readout | LearnedReadout) -> str:
    called = f"readout.kind {readout.kind!r}"
    return called if readout.is_learned else f"{called} ({readout.resolved(None).words()})"


def _region(sensor: Sensor | None, rows: int | None, columns: int | None) -> tuple[int, int]:
    sides = []
    for name, asked, default in (("rows", rows, ROWS), ("columns", columns, COLUMNS)):
        most = getattr(sensor, name).value if sensor is not None else None
        if most is None:
            sides.append(default if asked is None else asked)
            continue
        if asked is not None and asked > most:
            raise InputError(
                f"{name} {asked}: the sensor has {most}; expected {MIN_SIDE} to {most}"
            )
        sides.append(min(default, most) if asked is None else asked)
    return sides[0], sides[1]
