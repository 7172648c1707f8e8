"""What a converter really does: the static and dynamic tests of IEEE Std 1241.

The tests see only volts and codes, so they hold for any readout, and a converter that does not do
what its description says is found out. A thermometer's code is its count of ones. One column of
one die is tested.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import xarray as xr

from sensorsim.core import streams
from sensorsim.core.errors import InputError

FloatArray = npt.NDArray[np.float64]

HIGHEST_HARMONIC = 10
"""Harmonics 2 to 10 count as distortion, as IEEE Std 1241 suggests."""
_CHUNK = 2**20
_PROBES = 64
_SEARCH, _RAMP, _SINE = (n << 24 for n in range(3))
"""First frame of each test, so that no two tests share a noise draw."""


class Converter(Protocol):
    """What can be tested: an ADC, a thermometer, anything that converts like one."""

    @property
    def levels(self) -> int:
        """Number of transitions between codes."""

    def convert(
        self, volts: npt.NDArray[np.float32], full_scale_v: float, key: streams.Key
    ) -> npt.NDArray[Any]:
        """Codes of images: [N, H, W, C]."""

    def digital_numbers(self, codes: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        """Codes as numbers, 0 to ``levels``."""


@dataclass(frozen=True)
class Bench:
    """A converter on the bench: one column of one die, fed with many samples."""

    readout: Converter
    full_scale_v: float
    column: int
    die: int
    seed: int

    @property
    def nominal_step_v(self) -> float:
        """Width of a code of an ideal linear converter with as many levels."""
        return self.full_scale_v / (self.readout.levels + 1)

    def codes(self, volts: FloatArray, first_frame: int) -> npt.NDArray[np.int64]:
        """Codes of samples, each with noise of its own: int64 [samples].

        Every sample is one row of an image that is just wide enough to have the tested column.

        Raises
        ------
        InputError
            If a code is larger than the number of levels.
        """
        width = self.column + 1
        rows = max(1, _CHUNK // width)
        codes = np.empty(volts.size, np.int64)
        for frame, start in enumerate(range(0, volts.size, rows), first_frame):
            samples = volts[start : start + rows]
            image = np.zeros((1, samples.size, width, 1), np.float32)
            image[0, :, self.column, 0] = samples
            key = streams.Key.of(self.seed, [frame], self.die)
            out = np.asarray(self.readout.convert(image, self.full_scale_v, key))
            codes[start : start + rows] = self.readout.digital_numbers(out[0, :, self.column, 0])
        if codes.max() > self.readout.levels:
            raise InputError(
                f"readout: made code {codes.max()}, expected at most its number of levels, "
                f"{self.readout.levels}; its convert and its levels disagree"
            )
        return codes


def characterize_adc(
    readout: Converter,
    full_scale_v: float = 1.0,
    *,
    column: int = 0,
    die: int = 0,
    seed: int = 0,
    samples_per_code: int = 64,
    record_length: int = 2**16,
    cycles: int = 1021,
) -> xr.Dataset:
    """Test a converter with a slow ramp and with a sine.

    Parameters
    ----------
    readout : object with ``levels`` and ``convert(volts, full_scale_v, key)``
    full_scale_v : float
        Volts at which an ideal converter's code range ends.
    column : int
        Column of the image that is tested.
    die : int, 0 to `streams.MAX_DIE`
    seed : int, 0 to 2**32 - 1
    samples_per_code : int, 4 to 1024
        Samples of the ramp per nominal step: resolves transitions to ``1 / samples_per_code``.
    record_length : int, a power of two from 64 to 2**22
        Samples of the sine.
    cycles : int, odd, below half the record length
        Cycles of the sine in the record; odd, so that every sample has a phase of its own.

    Returns
    -------
    Dataset
        Those of `static_test` and `dynamic_test`, with units.

    Raises
    ------
    InputError
        If an argument is out of range, or the converter never gives its lowest or highest code.
    """
    _check(full_scale_v, column, die, seed)
    _check_sampling(samples_per_code, record_length, cycles)
    bench = Bench(readout, full_scale_v, column, die, seed)
    static = static_test(bench, samples_per_code)
    dynamic = dynamic_test(bench, static["transition_v"].values, record_length, cycles)
    data = xr.merge([static, dynamic])
    data.attrs = {
        "readout": repr(readout), "full_scale_v": full_scale_v, "column": column, "die": die,
        "seed": seed, "samples_per_code": samples_per_code, "record_length": record_length,
        "cycles": cycles, "method": "IEEE Std 1241: ramp histogram, end-point fit; coherent sine",
    }  # fmt: skip
    return data


def static_test(bench: Bench, samples_per_code: int) -> xr.Dataset:
    """Transition levels and their errors, from the histogram of a ramp.

    The number of samples below code k places transition k between two samples of the ramp; noise is
    averaged over the samples around it. With ``Q = (T[L] - T[1]) / (L - 1)``, the average width of
    a code, ``DNL[k] = (T[k + 1] - T[k]) / Q - 1`` and, by the end-point fit,
    ``INL[k] = (T[k] - T[1]) / Q - (k - 1)``. Gain G and offset O make the first and last of
    ``G * T[k] + O`` ideal. A companded converter is compared with a linear one, so its INL is its
    curve.

    Returns
    -------
    Dataset
        ``transition_v``, ``inl_lsb`` (transition 1 to L); ``dnl_lsb``, ``missing`` (code 1 to
        L - 1): a missing code never came on the whole ramp (narrower than the standard's
        DNL of -0.9, which would count codes of a companded converter); ``missing_codes``;
        ``gain_error_percent``, NaN with a single level; ``offset_mv``, with a single level that
        of gain 1.

    Raises
    ------
    InputError
        If the converter never gives its lowest or highest code.
    """
    last = bench.readout.levels
    start, stop = (_far_enough(bench, code) for code in (0, last))
    step = bench.nominal_step_v / samples_per_code
    # Half a step off the ideal levels, which would else tie with samples.
    ramp = start + step * (np.arange(np.ceil((stop - start) / step), dtype=np.float64) + 0.5)
    histogram = np.bincount(bench.codes(ramp, _RAMP), minlength=last + 1)
    transition = start + step * np.cumsum(histogram[:-1]).astype(np.float64)
    average = average_step_v(transition, bench.nominal_step_v)
    gain = bench.nominal_step_v / average
    offset = bench.nominal_step_v - gain * transition[0]
    inl = (transition - transition[0]) / average - np.arange(last)
    missing = histogram[1:-1] == 0
    lsb = {"units": "LSB", "long_name": "1 LSB is the average width of a code"}
    percent = {"units": "percent"}
    return xr.Dataset(
        {
            "transition_v": ("transition", transition, {"units": "V"}),
            "inl_lsb": ("transition", inl, lsb),
            "dnl_lsb": ("code", np.diff(transition) / average - 1, lsb),
            "missing": ("code", missing, {"units": "1"}),
            "missing_codes": ((), int(missing.sum()), {"units": "1"}),
            "gain_error_percent": ((), 100 * (gain - 1) if last > 1 else np.nan, percent),
            "offset_mv": ((), 1e3 * offset, {"units": "mV"}),
        },
        {"transition": np.arange(1, last + 1), "code": np.arange(1, last)},
    )


def dynamic_test(
    bench: Bench, transition_v: FloatArray, record_length: int, cycles: int
) -> xr.Dataset:
    """Signal against noise and distortion of a coherent sine, by FFT without a window.

    The sine swings between the centers of the lowest and the highest code of the converter's own
    range, from half an average step below the first transition to half a step above the last. It
    does not clip, whatever gain and offset are. With this amplitude an ideal converter of b bits
    has 6.02 b + 1.76 dB within 0.1 dB from 4 bits on. Fewer bits have less, by 0.3 dB (3), 0.9 dB
    (2) and 1.5 dB (1: a square wave, of ``10 log10(8 / (pi**2 - 8)) = 6.31`` dB), because their
    error is neither uniform nor independent of the sine: for them the formula does not hold. The
    end codes clip noise at the peaks of the sine, so noise reads low: by 0.13 dB for one LSB at
    8 bits, 0.07 dB at 10.

    Parameters
    ----------
    transition_v : float64 [L], volts

    Returns
    -------
    Dataset
        ``sndr_db``, ``enob_bits = (sndr_db - 1.76) / 6.02``, ``sfdr_db``, ``thd_db``, ``snr_db``;
        the sine's ``sine_amplitude_v`` and ``sine_center_v``.
    """
    low, high = float(transition_v[0]), float(transition_v[-1])
    step = average_step_v(transition_v, bench.nominal_step_v)
    center, amplitude = (low + high) / 2, (high - low + step) / 2
    # Whole cycles first: exact integers keep the phase exact. The small shift keeps rising and
    # falling samples from having the same volts.
    turns = np.arange(record_length) * cycles % record_length + np.float64(0.125)
    sine = center + amplitude * np.sin(2 * np.pi * turns / record_length)
    power = power_spectrum(bench.codes(sine, _SINE))
    signal, ratios = power[cycles], {}
    power[[0, cycles]] = 0
    spur, all_else = power.max(), power.sum()
    orders = np.arange(2, HIGHEST_HARMONIC + 1) * cycles % record_length
    harmonics = np.minimum(orders, record_length - orders)
    distortion = power[harmonics].sum()
    with np.errstate(divide="ignore"):  # a converter without distortion has a THD of -inf
        ratios["sndr_db"] = 10 * np.log10(signal / all_else)
        ratios["sfdr_db"] = 10 * np.log10(signal / spur)
        ratios["thd_db"] = 10 * np.log10(distortion / signal)
        ratios["snr_db"] = 10 * np.log10(signal / (all_else - distortion))
    data = xr.Dataset({k: ((), float(v), {"units": "dB"}) for k, v in ratios.items()})
    data["enob_bits"] = ((), (ratios["sndr_db"] - 1.76) / 6.02, {"units": "bit"})
    data["sine_amplitude_v"] = ((), amplitude, {"units": "V"})
    data["sine_center_v"] = ((), center, {"units": "V"})
    return data


def average_step_v(transition_v: FloatArray, nominal_step_v: float) -> float:
    """Average width of a code, volts; the nominal one if there is a single transition.

    Raises
    ------
    InputError
        If all transitions coincide.
    """
    if transition_v.size == 1:
        return nominal_step_v
    if transition_v[-1] <= transition_v[0]:
        raise InputError(
            f"readout: all its {transition_v.size} transitions lie at {transition_v[0]:g} V, "
            "expected ascending ones; its codes between never come"
        )
    return float(transition_v[-1] - transition_v[0]) / (transition_v.size - 1)


def power_spectrum(codes: npt.NDArray[np.int64]) -> FloatArray:
    """One-sided power spectrum: float64 [n / 2 + 1]; its sum is the mean square of the codes."""
    power = np.abs(np.fft.rfft(codes) / codes.size) ** 2
    power[1:-1] *= 2
    return power


def _far_enough(bench: Bench, code: int) -> float:
    """Volts at which the converter always gives its lowest or highest code."""
    for excess in 0.125 * 2.0 ** np.arange(7):
        volts = bench.full_scale_v * (1 + excess if code else -excess)
        if (bench.codes(np.full(_PROBES, volts), _SEARCH) == code).all():
            return float(volts)
    raise InputError(
        f"readout: does not settle on code {code} even at {volts:g} V; expected codes 0 to "
        f"{bench.readout.levels} to be reached; check its levels, offset and noise"
    )


def _check(full_scale_v: float, column: int, die: int, seed: int) -> None:
    if not (np.isfinite(full_scale_v) and full_scale_v > 0):
        raise InputError(f"full_scale_v {full_scale_v}: expected volts above 0")
    for name, value, largest in (
        ("column", column, _CHUNK - 1), ("die", die, streams.MAX_DIE),
        ("seed", seed, streams.MAX_SEED),
    ):  # fmt: skip
        if not 0 <= value <= largest:
            raise InputError(f"{name} {value}: expected 0 to {largest}")


def _check_sampling(samples_per_code: int, record_length: int, cycles: int) -> None:
    if not 4 <= samples_per_code <= 1024:
        raise InputError(f"samples_per_code {samples_per_code}: expected 4 to 1024")
    if record_length not in 2 ** np.arange(6, 23):
        raise InputError(
            f"record_length {record_length}: expected a power of two from 64 to 2**22; "
            f"take {2 ** int(np.clip(np.ceil(np.log2(max(record_length, 1))), 6, 22))}"
        )
    if not (0 < cycles < record_length // 2 and cycles % 2 == 1):
        raise InputError(
            f"cycles {cycles}: expected an odd number below {record_length // 2}, half the "
            "record_length, so that cycles and record have no common factor"
        )
