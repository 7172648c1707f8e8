"""Log gradients: against a slow reference, closed forms, and what they cannot see."""

import math

import numpy as np
import pytest
from priced import rows_of, stated
from pydantic import ValidationError
from scipy.stats import norm

import sensorsim as ss
from sensorsim.circuits.figures import Process, Survey
from sensorsim.circuits.ledger import Ledger
from sensorsim.circuits.pixel import PixelArray, pixel_rows
from sensorsim.core import streams
from sensorsim.core.errors import InputError
from sensorsim.kernels.normal import decision_noise
from sensorsim.readout import Comparator, kinds
from sensorsim.readout.families import make_readout
from sensorsim.readout.log_gradient import LogGradient
from sensorsim.readout.log_gradient.description import log_ratios
from sensorsim.readout.log_gradient.families import spaced_ratios
from sensorsim.readout.log_gradient.ratios import mismatched_ratios

IDEAL = Comparator(noise_mv=0, offset_mv=0)
KEY = streams.Key.of(0, [0])
RATIOS = (0.5, 0.8, 1.25)


def ideal(*ratios: float) -> LogGradient:
    return LogGradient(
        ratios=ratios or RATIOS, comparator=IDEAL, ratio_mismatch_percent=0, buffer_noise_mv=0
    )


def slow(
    volts: np.ndarray,
    ratios: np.ndarray,
    offset: np.ndarray,
    readout: LogGradient,
    key: streams.Key,
) -> np.ndarray:
    """One decision after another, by the definition."""
    n, h, w, c = volts.shape
    m = readout.levels
    noise_v, buffer_v = 1e-3 * readout.comparator.noise_mv, 1e-3 * readout.buffer_noise_mv
    out = np.zeros(volts.shape, np.uint32)
    draw = np.vectorize(lambda p, f, k: decision_noise(p, f, k, key.seed, streams.READOUT_NOISE))
    for i, y, x, k in np.ndindex(n, h, w, c):
        column, place, frame = x * c + k, (y * w + x) * c + k, key.frames[i]
        v = float(volts[i, y, x, k])
        for direction, (dy, dx) in enumerate(((0, 1), (1, 0))):
            count = 0
            for level in range(m):
                r = ratios[column, level]
                if y < dy or x < dx:
                    count += int(r <= 1)
                    continue
                neighbor = float(volts[i, y - dy, x - dx, k])
                if direction == 1:
                    neighbor += buffer_v * float(draw(place - w * c, frame, 2 * m))
                scaled = v - r * neighbor if r <= 1 else v / r - neighbor
                noise = noise_v * float(draw(place, frame, direction * m + level))
                count += int(scaled + offset[column] + noise >= 0)
            out[i, y, x, k] |= ((1 << count) - 1) << (direction * m)
    return out


def test_codes_are_those_of_the_definition_with_all_errors() -> None:
    readout = LogGradient(
        ratios=RATIOS, comparator=Comparator(noise_mv=30, offset_mv=20),
        ratio_mismatch_percent=5, buffer_noise_mv=40,
    )  # fmt: skip
    volts = np.random.default_rng(1).uniform(0, 1, (2, 6, 5, 2)).astype(np.float32)
    key = streams.Key.of(3, [7, 9], 4)
    ratios = mismatched_ratios(RATIOS, 5, 10, [4], 3)[0]
    from sensorsim.circuits.comparator import column_offsets_v

    offset = column_offsets_v(readout.comparator, 10, 1, [4], 3)[0, :, 0]
    expected = slow(volts, ratios, offset, readout, key)
    np.testing.assert_array_equal(readout.convert(volts, 1.0, key), expected)


def test_counts_of_a_step_by_hand() -> None:
    row = np.array([0.2, 0.2, 0.1, 0.099, 0.9], np.float32).reshape(1, 1, 5, 1)
    codes = ideal().convert(row, 1.0, KEY).ravel()
    # against the left: itself; equal; a half; 0.99; nine times; nothing above: 1 reaches two
    counts = [2, 2, 1, 2, 3]
    assert codes.tolist() == [(1 << n) - 1 | 0b011 << 3 for n in counts]


def test_vertical_gradient_is_the_horizontal_one_of_the_transposed_image() -> None:
    volts = np.random.default_rng(0).uniform(0.01, 1, (1, 9, 9, 1)).astype(np.float32)
    codes = ideal().convert(volts, 1.0, KEY)
    turned = ideal().convert(np.swapaxes(volts, 1, 2), 1.0, KEY).swapaxes(1, 2)
    np.testing.assert_array_equal(codes >> 3, turned & 0b111)


@pytest.mark.parametrize("stops", [-6, -1, 3])
def test_exposure_cancels_without_errors(stops: int) -> None:
    volts = np.random.default_rng(0).uniform(0.01, 1, (1, 20, 20, 1)).astype(np.float32)
    bright = ideal().convert(volts, 1.0, KEY)
    np.testing.assert_array_equal(ideal().convert(volts * np.float32(2.0**stops), 1.0, KEY), bright)


def test_a_wrong_black_level_does_not_cancel() -> None:
    volts = np.random.default_rng(0).uniform(0.01, 0.05, (1, 40, 40, 1)).astype(np.float32)
    right = ideal().convert(volts, 1.0, KEY)
    assert (ideal().convert(volts + np.float32(0.02), 1.0, KEY) != right).mean() > 0.1


def test_chance_of_a_decision_is_that_of_its_noise() -> None:
    """The larger side is scaled: V against r V_n below 1, V / r against V_n above."""
    noise_mv, buffer_mv = 6.0, 8.0
    readout = LogGradient(
        ratios=(0.8, 1.25), comparator=Comparator(noise_mv=noise_mv, offset_mv=0),
        ratio_mismatch_percent=0, buffer_noise_mv=buffer_mv,
    )  # fmt: skip
    volts = np.full((1, 2, 60_000, 1), 0.100, np.float32)
    volts[:, 1] = 0.083
    codes = readout.convert(volts, 1.0, KEY)[0, 1, :, 0] >> 2
    below = 83 - 0.8 * 100
    above = 83 / 1.25 - 100
    p_low = norm.cdf(below / math.hypot(noise_mv, 0.8 * buffer_mv))
    p_high = norm.cdf(above / math.hypot(noise_mv, buffer_mv))
    got = np.bitwise_count(codes).mean()
    assert got == pytest.approx(p_low + p_high, abs=4 * math.sqrt(0.25 / 60_000))


def test_ratios_of_columns_spread_by_their_mismatch() -> None:
    ratios = mismatched_ratios(RATIOS, 2.0, 20_000, [0, 5], 0)
    relative = ratios / np.array(RATIOS) - 1
    assert relative.std() == pytest.approx(0.02, rel=0.02)
    assert abs(np.corrcoef(relative[0].T)[0, 1]) < 0.03, "each ratio has its own capacitors"
    assert (ratios[0] != ratios[1]).all()


def test_frames_and_dies_do_not_depend_on_their_company() -> None:
    readout = LogGradient(ratios=RATIOS, comparator=Comparator(noise_mv=20, offset_mv=5))
    volts = np.random.default_rng(0).uniform(0, 1, (3, 8, 8, 2)).astype(np.float32)
    together = readout.convert(volts, 1.0, streams.Key.of(0, [4, 5, 6], [1, 2, 1]))
    alone = readout.convert(volts[1:2], 1.0, streams.Key.of(0, [5], [2]))
    np.testing.assert_array_equal(together[1:2], alone)


@pytest.mark.parametrize(
    ("ratios", "words"),
    [
        ((), "at least 1"), ((1.25, 0.8), "ascending"), ((0.8, 0.8), "ascending"),
        ((0.0, 1.0), "1/16 to 16"), ((0.5, 17.0), "1/16 to 16"), ((float("nan"),), "finite"),
    ],
)  # fmt: skip
def test_impossible_ratios_raise(ratios: tuple[float, ...], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        LogGradient(ratios=ratios)


def test_a_mosaic_pipeline_gets_the_readout_s_own_reason() -> None:
    with pytest.raises(InputError, match="mosaic are of different colors and have no gradient"):
        ss.load_pipeline("log_gradient2").replace({"scene.layout": "bayer-rggb"})


def test_a_bayer_mosaic_has_no_gradient() -> None:
    with pytest.raises(InputError, match="different colors"):
        ideal().check_layout("bayer-rggb")
    ideal().check_layout("rgb")


def test_bits_are_those_of_the_published_codes() -> None:
    for levels, link in ((2, 4), (6, 6)):
        readout = make_readout("log-gradient", levels, IDEAL)
        assert (readout.bits_per_sample, readout.link_bits_per_sample) == (2 * levels, link)
        assert (readout.planes, readout.channels(3)) == (1, 6 * levels)
        assert readout.stored_bits == 32 * levels
    assert spaced_ratios(2) == (0.8, 1.25)
    assert spaced_ratios(3) == (0.8, 1.0, 1.25)


def test_bits_are_named_by_neighbor_and_ratio_in_the_order_of_codes() -> None:
    readout = ideal(0.8, 1.25)
    expected = (
        "horizontal ratio 0.8", "horizontal ratio 1.25", "vertical ratio 0.8",
        "vertical ratio 1.25",
    )  # fmt: skip
    assert readout.bit_words(1.0) == expected
    assert readout.channel_words().startswith("color * 4 + direction * 2 + ratio;")
    volts = np.array([[0.1, 0.1], [0.1, 0.1], [0.9, 0.1]], np.float32).reshape(1, 3, 2, 1)
    codes = readout.convert(volts, 1.0, KEY)[0, ..., 0]
    assert codes[2, 0] == 0b1101, "brighter than above; its left neighbor is itself"
    assert codes[2, 1] == 0b0100, "darker than the left, equal to above"


def test_levels_are_learned_by_their_logarithms() -> None:
    readout = ideal()
    learnable = readout.learnable()
    np.testing.assert_allclose(np.exp(learnable.levels), RATIOS)
    assert readout.with_levels(learnable.levels).ratios == pytest.approx(RATIOS)
    volts = np.random.default_rng(0).uniform(0.01, 1, (2, 5, 6, 2)).astype(np.float32)
    feature = log_ratios(volts, 1.0)
    bits = (feature[..., np.newaxis] >= learnable.levels).reshape(2, 5, 6, -1)
    inside = np.s_[:, 1:, 1:]
    values = readout.channel_values(readout.convert(volts, 1.0, KEY.of(0, [0, 1])))
    np.testing.assert_array_equal(values[inside], bits[inside])


def test_a_price_for_every_part(process: Process, array: PixelArray) -> None:
    readout = ideal()
    rows = {r.component: r for r in rows_of(process, readout, array)}
    assert rows["dynamic comparison with clock"].count == 80 * 6
    assert rows["capacitors of a ratio"].count == 80 * 6
    assert rows["capacitors of a ratio"].each_pj.typical == pytest.approx(2 * 50e-3 * 1.8 * 0.3)
    assert rows["analog row buffer, write"].each_pj.typical == pytest.approx(50e-3 * 1.8 * 0.3)
    amplifier = rows["analog row buffer, amplifier"]
    settled = 2 * 0.0625 * 50 * 11 * math.log(2)  # fC: two branches, I/gm, C, 10 bits
    assert amplifier.count == 80 * 3, "of the vertical decisions alone"
    assert amplifier.each_pj.typical == pytest.approx(1e-3 * 1.8 * settled)
    held = rows["source follower that holds the column"]
    assert (held.count, held.stage) == (80, "readout")
    assert readout.conversion_us(process.timing).range.typical == pytest.approx(6 * 0.1)


def test_quiet_row_buffer_needs_a_capacitor_of_thermal_size(
    process: Process, array: PixelArray
) -> None:
    quiet = ideal().model_copy(update={"buffer_noise_mv": 0.1})
    rows = {r.component: r for r in rows_of(process, quiet, array)}
    farad = rows["analog row buffer, write"].each_pj.typical * 1e-12 / 1.8 / 0.3
    assert math.sqrt(1.380649e-23 * 300 / farad) == pytest.approx(1e-4)


def test_survey_prices_each_comparison(survey: Survey, array: PixelArray) -> None:
    (row,) = ideal().rows(stated(converter=None), survey, array)
    assert row.count == 80 * 6


def test_a_survey_without_dividers_and_row_buffer_is_reported(
    process: Process, survey: Survey
) -> None:
    settings = stated(converter=None)
    (words,) = ideal().beyond_the_survey(settings, survey, None)
    assert "dividers and row buffer are not priced" in words
    assert not ideal().beyond_the_survey(settings, process, None)


def test_the_published_imager_lies_within_the_models_range() -> None:
    """99 pJ per pixel, whole imager, QVGA, 0.13 um (Young et al., JSSC 2019)."""
    from sensorsim.circuits.technology import load_technology

    process = load_technology("cmos130")
    assert isinstance(process, Process)
    qvga = PixelArray(240, 320, 1, 5.0, 1.0, 2, 300.0)
    for levels in (2, 6):
        readout = make_readout("log-gradient", levels, Comparator())
        rows = (*pixel_rows(process, qvga), *rows_of(process, readout, qvga))
        price = Ledger(rows).total_pj().scaled(1 / qvga.samples)
        assert price.low < 99 < price.high
        assert 99 / price.typical == pytest.approx(1.95, abs=0.15), (
            "drivers and control are not in it"
        )


def test_pipeline_traces_and_prices_it() -> None:
    assert kinds()["log-gradient"] is LogGradient
    pipe = ss.load_pipeline("log_gradient2")
    image = pipe.dataset.images[0]
    tree = pipe.trace(image)
    found = set(tree["readout"].data_vars)
    assert found == {"code", "shown"}, "a code of neighbors is no digital number"
    assert list(tree["readout"]["bit"].values)[:3] == [
        "horizontal ratio 0.8", "horizontal ratio 1.25", "vertical ratio 0.8",
    ]  # fmt: skip
    assert tree["network"]["score"].size == 10
    shown = pipe.readout.shown(tree["readout"]["code"].to_numpy())
    assert (shown.min() >= 0) and (shown.max() <= 1)
    for technology in ("survey", "cmos180", "cmos130", "cmos65", "cmos28"):
        book = pipe.replace({"energy.technology": technology}).cost.ledger()
        assert book.total_pj("readout").typical > 0


STATED = {"buffer_noise_mv": 50.0, "ratio_mismatch_percent": 20.0}


def test_the_circuit_of_a_learned_log_gradient_is_stated_by_its_pipeline() -> None:
    pipe = ss.load_pipeline("log_gradient2")
    model = {"readout.kind": "learned", "readout.comparator": {"noise_mv": 1.0}}
    chain = ss.load_pipeline("glt2", {"network.model": "fashion-mnist/log-gradient-2"} | model)
    assert chain.readout.model_dump(exclude={"comparator"}) == pipe.readout.model_dump(
        exclude={"comparator"}
    )
    changed = chain.replace({f"readout.{n}": v for n, v in STATED.items()})
    assert STATED.items() <= changed.readout.model_dump().items()
    assert changed.readout.comparator.noise_mv == 1.0


def test_a_search_keeps_the_circuit_that_the_pipeline_states() -> None:
    pytest.importorskip("optuna")
    from sensorsim.experiments.optimize.space import space_of

    base = ss.load_pipeline("log_gradient2", {f"readout.{n}": v for n, v in STATED.items()})
    space = space_of(base, None, ())
    one = space.chain(space.first_designs()[-1] | {"model": "fashion-mnist/log-gradient-2"})
    assert one.readout == base.readout
    np.testing.assert_array_equal(one.run(100)["decision"], base.run(100)["decision"])
