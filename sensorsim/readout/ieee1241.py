"""Static and dynamic tests of converters by IEEE Std 1241.

The tests use only volts and codes, so they apply to any readout, and they show whether a converter
behaves as its description states. A thermometer's code is its count of ones. One column of one die
is tested.
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
"""Highest harmonic that counts as distortion, as IEEE Std 1241 suggests."""
_CHUNK = 2**20
_PROBES = 64
_SEARCH, _RAMP, _SINE = (n << 24 for n in range(3))
"""First frame of each test, so that no two tests share a noise draw."""


class Converter(Protocol):
    """Interface of a converter to test, like an ADC or a thermometer."""

    @property
    def levels(self) -> int:
        """Number of transitions between codes.

        Returns
        -------
        int
            Number of transitions, which is the largest code.
        """

    def convert(
        self, volts: npt.NDArray[np.float32], full_scale_v: float, key: streams.Key
    ) -> npt.NDArray[Any]:
        """Convert images to codes.

        Parameters
        ----------
        volts : float32 [N, H, W, C], V
            Pixel signals.
        full_scale_v : float
            Voltage at which an ideal converter's code range ends, V.
        key : Key
            Noise addresses of the N frames.

        Returns
        -------
        unsigned integer [N, H, W, C]
            Codes.
        """

    def digital_numbers(self, codes: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        """Convert codes to numbers that rise with the volts.

        Parameters
        ----------
        codes : unsigned integer, any shape
            Codes.

        Returns
        -------
        int64, shape of ``codes``
            Numbers, 0 to ``levels``.
        """


@dataclass(frozen=True)
class ColumnUnderTest:
    """One column of one die of a converter in the test setup.

    Attributes
    ----------
    readout : Converter
        The converter.
    full_scale_v : float
        Voltage at which an ideal converter's code range ends, V.
    column, die : int
        Column and die under test.
    seed : int, 0 to 2**32 - 1
        Seed of all noise.
    """

    readout: Converter
    full_scale_v: float
    column: int
    die: int
    seed: int

    @property
    def nominal_step_v(self) -> float:
        """Code width of an ideal linear converter with as many levels.

        Returns
        -------
        float
            Code width, V.
        """
        return self.full_scale_v / (self.readout.levels + 1)

    def codes(self, volts: FloatArray, first_frame: int) -> npt.NDArray[np.int64]:
        """Convert samples, each with its own noise draw.

        Each sample is a row of an image that is just wide enough for the tested column.

        Parameters
        ----------
        volts : float64 [S]
            Samples, V.
        first_frame : int
            First frame number, which addresses the noise.

        Returns
        -------
        int64 [S]
            Codes as numbers.

        Raises
        ------
        InputError
            If the converter gives a code above its number of levels.
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
                f"{self.readout.levels}; its convert and levels are inconsistent"
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
    readout : Converter
        The converter, like an `Adc` or a `Thermometer`.
    full_scale_v : float
        Voltage at which an ideal converter's code range ends, V.
    column : int
        Column under test.
    die : int, 0 to `streams.MAX_DIE`
        Die under test.
    seed : int, 0 to 2**32 - 1
        Seed of all noise.
    samples_per_code : int, 4 to 1024
        Ramp samples per nominal code width, which resolve transitions to ``1 / samples_per_code``.
    record_length : int, a power of two from 64 to 2**22
        Samples of the sine.
    cycles : int, odd, below half the record length
        Cycles of the sine in the record; odd, so that no two samples have the same phase.

    Returns
    -------
    Dataset
        Results of `static_test` and `dynamic_test`, each with its unit in ``attrs["units"]``.

    Raises
    ------
    InputError
        If an argument is out of range, the converter never gives its lowest or highest code, all
        its transitions coincide, or it gives a code above its number of levels.

    Examples
    --------
    >>> from sensorsim.readout import Adc, Comparator
    >>> adc = Adc(bits=8, comparator=Comparator(noise_mv=0, offset_mv=0))
    >>> round(characterize_adc(adc)["enob_bits"].item(), 1)
    8.0
    """
    _check(full_scale_v, column, die, seed)
    _check_sampling(samples_per_code, record_length, cycles)
    bench = ColumnUnderTest(readout, full_scale_v, column, die, seed)
    static = static_test(bench, samples_per_code)
    dynamic = dynamic_test(bench, static["transition_v"].values, record_length, cycles)
    data = xr.merge([static, dynamic])
    data.attrs = {
        "readout": repr(readout), "full_scale_v": full_scale_v, "column": column, "die": die,
        "seed": seed, "samples_per_code": samples_per_code, "record_length": record_length,
        "cycles": cycles, "method": "IEEE Std 1241: ramp histogram, end-point fit; coherent sine",
    }  # fmt: skip
    return data


def static_test(bench: ColumnUnderTest, samples_per_code: int) -> xr.Dataset:
    """Measure transition levels and their errors from the histogram of a ramp.

    The number of samples below code k gives transition k; noise is averaged over the samples around
    it. With the average code width ``Q = (T[L] - T[1]) / (L - 1)``,
    ``DNL[k] = (T[k + 1] - T[k]) / Q - 1`` and, by the end-point fit,
    ``INL[k] = (T[k] - T[1]) / Q - (k - 1)``. Gain G and offset O make the first and last of
    ``G * T[k] + O`` ideal. The reference is a linear converter, so the INL of a companded converter
    includes its curve.

    Parameters
    ----------
    bench : ColumnUnderTest
        The converter in the test setup.
    samples_per_code : int
        Ramp samples per nominal code width.

    Returns
    -------
    Dataset
        ``transition_v``, V, and ``inl_lsb`` (transitions 1 to L); ``dnl_lsb`` and ``missing``
        (codes 1 to L - 1); ``missing_codes``, their number; ``gain_error_percent``, NaN with a
        single level; ``offset_mv``, which assumes gain 1 with a single level. A code is missing if
        no sample of the ramp gives it; the standard's DNL below -0.9 would also count narrow codes
        of a companded converter.

    Raises
    ------
    InputError
        If the converter never gives its lowest or highest code, or all its transitions coincide.
    """
    last = bench.readout.levels
    start, stop = (_far_enough(bench, code) for code in (0, last))
    step = bench.nominal_step_v / samples_per_code
    # Half a step away from the ideal levels, so that no sample equals a level.
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
    bench: ColumnUnderTest, transition_v: FloatArray, record_length: int, cycles: int
) -> xr.Dataset:
    """Measure noise and distortion of a coherent sine by an FFT without a window.

    The sine covers the converter's own range, from half an average step below the first transition
    to half a step above the last, so it does not clip for any gain and offset. With this amplitude
    an ideal converter of b bits has an SNDR of 6.02 b + 1.76 dB within 0.1 dB from 4 bits on. Fewer
    bits have less, by 0.3 dB (3), 0.9 dB (2) and 1.5 dB (1: a square wave, with
    ``10 log10(8 / (pi**2 - 8)) = 6.31`` dB), because their error is neither uniform nor independent
    of the sine. The end codes clip noise at the peaks of the sine, so the measured noise is too
    low: by 0.13 dB for one LSB at 8 bits, 0.07 dB at 10.

    Parameters
    ----------
    bench : ColumnUnderTest
        The converter in the test setup.
    transition_v : float64 [L]
        Measured transition levels, V.
    record_length : int
        Samples of the sine.
    cycles : int
        Cycles of the sine in the record.

    Returns
    -------
    Dataset
        ``sndr_db``, ``enob_bits = (sndr_db - 1.76) / 6.02``, ``sfdr_db``, ``thd_db``, ``snr_db``;
        the sine's ``sine_amplitude_v`` and ``sine_center_v``, V.

    Raises
    ------
    InputError
        If all transitions coincide.
    """
    low, high = float(transition_v[0]), float(transition_v[-1])
    step = average_step_v(transition_v, bench.nominal_step_v)
    center, amplitude = (low + high) / 2, (high - low + step) / 2
    # Integers keep the phase exact. The small shift gives rising and falling samples different
    # volts.
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
    """Average code width between the first and the last transition.

    Parameters
    ----------
    transition_v : float64 [L]
        Transition levels, V, ascending.
    nominal_step_v : float
        Nominal code width, V.

    Returns
    -------
    float
        Code width, V; the nominal one if there is a single transition.

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
            "expected ascending ones; the codes between are missing"
        )
    return float(transition_v[-1] - transition_v[0]) / (transition_v.size - 1)


def power_spectrum(codes: npt.NDArray[np.int64]) -> FloatArray:
    """Compute the one-sided power spectrum of codes.

    Parameters
    ----------
    codes : int64 [S]
        Codes; S is even.

    Returns
    -------
    float64 [S / 2 + 1]
        Power of each frequency, codes squared; their sum is the mean square of the codes.

    Examples
    --------
    >>> power_spectrum(np.array([1, -1, 1, -1]))
    array([0., 0., 1.])
    """
    power = np.abs(np.fft.rfft(codes) / codes.size) ** 2
    power[1:-1] *= 2
    return power


def _far_enough(bench: ColumnUnderTest, code: int) -> float:
    """Find volts at which the converter always gives its lowest or highest code."""
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
