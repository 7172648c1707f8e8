"""Readouts behind the same pixels give what each gives alone."""

import numba
import numpy as np
import pytest

import sensorsim as ss
from sensorsim.experiments.paired import compare


def test_compared_chains_decide_as_they_do_alone() -> None:
    chains = [ss.load_pipeline(name) for name in ("glt2", "adc4_log")]
    for chain, together in zip(chains, compare(chains, images=150, seed=1), strict=True):
        alone = chain.run(images=150, seed=1)
        np.testing.assert_array_equal(together["decision"], alone["decision"])
        assert together["energy_pj_typical"] == alone["energy_pj_typical"]


def test_threads_do_not_change_a_decision() -> None:
    chains = [ss.load_pipeline("glt4")]
    threads = numba.get_num_threads()
    many = compare(chains, images=100)[0]["decision"]
    numba.set_num_threads(1)
    try:
        one = compare(chains, images=100)[0]["decision"]
    finally:
        numba.set_num_threads(threads)
    np.testing.assert_array_equal(one, many)


def test_chains_with_other_pixels_are_refused() -> None:
    pipe = ss.load_pipeline("glt2")
    with pytest.raises(ValueError, match="share"):
        compare([pipe, pipe.replace({"photodiode.read_noise_e": 9})], images=10)
