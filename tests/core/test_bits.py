"""The packed layout."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensorsim.core.bits import code_planes, pack, pack_fields, spread_fields, unpack, words_for


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 130))
def test_packing_is_that_of_numpy_and_comes_back(seed: int, channels: int) -> None:
    bits = np.random.default_rng(seed).integers(0, 2, (2, 3, channels)).astype(np.uint8)
    words = pack(bits)
    assert words.shape == (2, 3, words_for(channels))
    octets = words.astype("<u8").view(np.uint8)
    theirs = np.packbits(bits, axis=-1, bitorder="little")
    np.testing.assert_array_equal(octets[..., : theirs.shape[-1]], theirs)
    assert not octets[..., theirs.shape[-1] :].any()
    np.testing.assert_array_equal(unpack(words, channels), bits)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 14), st.integers(1, 70))
def test_planes_weighted_by_powers_of_two_are_the_code(
    seed: int, planes: int, channels: int
) -> None:
    random = np.random.default_rng(seed)
    codes = random.integers(0, 2**planes, (2, 3, 2, channels)).astype(np.uint16)
    split = unpack(code_planes(codes, planes), channels).astype(int)
    weights = 2 ** np.arange(planes).reshape(1, -1, 1, 1, 1)
    np.testing.assert_array_equal((split * weights).sum(1), codes)


@pytest.mark.parametrize("width", range(1, 33))
def test_bit_m_of_color_c_is_channel_c_times_width_plus_m(width: int) -> None:
    colors = 64  # every place that a field can have in a word
    fields = np.random.default_rng(0).integers(0, 2**32, (2, 3, colors)).astype(np.uint32)
    bits = unpack(pack_fields(fields, width), colors * width)
    np.testing.assert_array_equal(bits, spread_fields(fields, width))
    for c in range(colors):
        for m in range(width):
            np.testing.assert_array_equal(bits[..., c * width + m], fields[..., c] >> m & 1)


def test_bits_beyond_the_width_reach_no_other_channel() -> None:
    words = pack_fields(np.array([[0xFFFFFFFF, 0]], np.uint32), 3)
    np.testing.assert_array_equal(words, [[0b000111]])


def test_wrong_number_of_words_is_refused() -> None:
    with pytest.raises(ValueError, match="65 channels need 2 words, got 1"):
        unpack(np.zeros((2, 1), np.uint64), 65)
