"""Pictures decoded and brought to one size."""

import io

import numpy as np
import pytest
from PIL import Image

from sensorsim.scenes.decode import decode
from sensorsim.scenes.srgb import to_linear, to_srgb


def encoded(array: np.ndarray, kind: str = "png", **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, kind, **options)
    return buffer.getvalue()


def smooth(height: int, width: int) -> np.ndarray:
    """A colored picture of a few waves, without detail that a JPEG would lose."""
    y, x = np.mgrid[:height, :width] / max(height, width)
    waves = [np.sin(5 * x + 3 * y), np.cos(4 * y), np.sin(3 * x - 6 * y)]
    return np.rint(128 + 100 * np.stack(waves, -1)).astype(np.uint8)


def test_all_codes_come_back_from_linear_light() -> None:
    codes = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(to_srgb(to_linear(codes)), codes)


def test_linear_light_is_encoded_to_the_nearest_code() -> None:
    light = np.linspace(0, 1, 10_001).astype(np.float32)
    x = light.astype(float)
    exact = 255 * np.where(x <= 0.0031308, 12.92 * x, 1.055 * x ** (1 / 2.4) - 0.055)
    assert np.abs(to_srgb(light) - exact).max() <= 0.5 + 1e-3


@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 3)])
def test_a_picture_of_the_wanted_size_is_not_touched(shape: tuple[int, ...]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    np.testing.assert_array_equal(decode(encoded(picture), 8), picture.reshape(8, 8, -1))
    np.testing.assert_array_equal(decode(encoded(picture)), picture.reshape(8, 8, -1))


def test_light_is_averaged_linearly_not_its_codes() -> None:
    """Black and white pixels in turn reflect half the light: code 188, not 128."""
    checks = (np.indices((64, 64)).sum(0) % 2 * 255).astype(np.uint8)
    middle = decode(encoded(checks), 8)[1:-1, 1:-1]
    assert np.abs(middle.astype(int) - 188).max() <= 1


def test_the_whole_picture_is_kept_whatever_its_aspect() -> None:
    """Borders of a wide and of a high picture are seen in the square, which a crop would lose."""
    for shape in ((30, 90, 3), (90, 30, 3)):
        picture = np.zeros(shape, np.uint8)
        picture[:, :6, 0], picture[:6, :, 1] = 255, 255
        small = decode(encoded(picture), 10)
        assert small.shape == (10, 10, 3)
        assert small[5, 0, 0] > 150 < small[0, 5, 1]
        assert small[5, 5].tolist() == [0, 0, 0]


def triangle_mean(light: np.ndarray, side: int) -> np.ndarray:
    """Weighted mean around each pixel of the result, the weight falling to 0 one pixel away."""
    for _ in range(2):  # down the rows, then across
        scale = len(light) / side
        place = (np.arange(len(light)) + 0.5) / scale
        weight = np.maximum(0, 1 - np.abs(place - np.arange(side)[:, np.newaxis] - 0.5))
        weight /= weight.sum(1, keepdims=True)
        light = np.tensordot(weight, light, 1).swapaxes(0, 1)
    return light


def test_result_is_the_mean_of_linear_light_under_a_triangle() -> None:
    random = np.random.default_rng(1).integers(0, 256, (60, 100, 3)).astype(np.uint8)
    for picture in (smooth(240, 320), random):
        expected = to_srgb(triangle_mean(to_linear(picture).astype(float), 16).astype(np.float32))
        assert np.abs(decode(encoded(picture), 16).astype(int) - expected).max() <= 1


@pytest.mark.parametrize("shape", [(1200, 1600), (480, 640)])
def test_draft_mode_of_a_jpeg_changes_little(shape: tuple[int, int]) -> None:
    picture = smooth(*shape)
    whole = decode(encoded(picture), 96).astype(int)
    assert np.abs(decode(encoded(picture, "jpeg", quality=95), 96) - whole).max() <= 4


def test_draft_mode_leaves_two_pixels_per_pixel_of_the_result(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = []
    resize = Image.Image.resize
    monkeypatch.setattr(
        Image.Image, "resize", lambda self, *a: seen.append(self.size) or resize(self, *a)
    )
    decode(encoded(smooth(480, 640), "jpeg"), 96)
    decode(encoded(smooth(1200, 1600), "jpeg"), 96)
    assert set(seen) == {(320, 240), (400, 300)}


def test_small_pictures_are_enlarged_within_their_range() -> None:
    picture = np.array([[10, 200], [10, 200]], np.uint8)
    large = decode(encoded(picture), 9)[..., 0]
    assert (large[:, 0] == 10).all() and (large[:, -1] == 200).all()
    assert (np.diff(large.astype(int), axis=1) >= 0).all()


@pytest.mark.parametrize("side", [None, 4])
def test_pictures_are_turned_as_their_exif_data_say(side: int | None) -> None:
    picture = np.repeat([[0, 0, 255, 255]], 4, 0).astype(np.uint8)  # white at the right
    exif = Image.Exif()
    exif[0x0112] = 6  # EXIF 2.32: row 0 is the right-hand side, so that right becomes bottom
    turned = decode(encoded(picture, "png", exif=exif), side)[..., 0]
    np.testing.assert_array_equal(turned, picture.T)


def test_floating_point_is_refused() -> None:
    with pytest.raises(ValueError, match="floating point"):
        decode(encoded(np.zeros((4, 4), np.float32), "tiff"))


def test_sixteen_bits_are_scaled_before_they_are_resized() -> None:
    assert decode(encoded(np.full((20, 20), 0x8080, np.uint16)), 4).ravel().tolist() == [128] * 16
