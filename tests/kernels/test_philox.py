"""Random numbers: published known answers, distributions, addresses."""

import numpy as np
import pytest
from scipy import special, stats

from sensorsim.kernels.philox import (
    fill_standard_normal,
    fill_uniform,
    normal_quantile,
    philox4x32,
    standard_normal,
    uniform32,
)

FULL = 0xFFFFFFFF
DRAWS = 100_000


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ((0,) * 4, (0, 0), "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ((FULL,) * 4, (FULL, FULL), "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            "d16cfe09 94fdcceb 5001e420 24126ea1",
        ),
    ],
)
def test_known_answers_of_random123(
    counter: tuple[int, ...], key: tuple[int, ...], expected: str
) -> None:
    words = philox4x32(*(np.uint64(v) for v in (*counter, *key)))
    assert " ".join(f"{int(w):08x}" for w in words) == expected


def test_normal_quantile_is_that_of_scipy() -> None:
    p = np.concatenate([np.geomspace(1e-12, 0.5, 500), 1 - np.geomspace(1e-12, 0.5, 500)])
    ours = np.array([normal_quantile(v) for v in p])
    np.testing.assert_allclose(ours, special.ndtri(p), rtol=1e-12, atol=1e-14)


def test_no_normal_draw_exceeds_the_stated_bound() -> None:
    largest = normal_quantile(uniform32(np.uint64(FULL)))
    assert 6.3 < largest <= 6.34
    assert -6.34 <= normal_quantile(uniform32(np.uint64(0))) < -6.3


def test_normal_draws_are_normal_and_uniform_draws_uniform() -> None:
    values = np.empty(DRAWS)
    fill_standard_normal(values, 3, 1, 2)
    assert stats.kstest(values, "norm").pvalue > 0.01
    fill_uniform(values, 3, 1, 2)
    assert stats.kstest(values, "uniform").pvalue > 0.01


def test_every_part_of_the_address_matters() -> None:
    base = {"pixel": 5, "frame": 6, "draw": 7, "seed": 8, "stream": 9}
    first = standard_normal(*base.values())
    assert standard_normal(*base.values()) == first
    for name in base:
        assert standard_normal(*(base | {name: base[name] + 1}).values()) != first
