"""DNG: rawpy, which is not ours, reads back the numbers, levels and pattern that were written."""

from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import rawpy

from sensorsim.core.errors import InputError
from sensorsim.optics.cfa import Bayer, cell_colors
from sensorsim.scenes.dng import write_dng
from sensorsim.scenes.formats import read_frame

RANDOM = np.random.default_rng(9)


@pytest.mark.parametrize("mosaic", [*get_args(Bayer), None])
@pytest.mark.parametrize(("white", "black"), [(8, 0), (255, 3), (16383, 64)])
def test_numbers_levels_and_pattern_come_back(
    tmp_path: Path, mosaic: Bayer | None, white: int, black: int
) -> None:
    numbers = RANDOM.integers(0, white + 1, (36, 50)).astype(np.uint16)
    write_dng(tmp_path / "x.dng", numbers, mosaic, white, black)
    with rawpy.imread(str(tmp_path / "x.dng")) as raw:
        np.testing.assert_array_equal(raw.raw_image, numbers)
        np.testing.assert_array_equal(raw.raw_image_visible, numbers)
        assert raw.black_level_per_channel == [black] * 4
        assert raw.white_level == white
        if mosaic:
            names = raw.color_desc.decode()
            cell = [names[c] for c in raw.raw_pattern.ravel()]
            assert cell == ["RGB"[c] for c in cell_colors(mosaic)]
        else:
            assert raw.num_colors == 1
    assert [p.name for p in tmp_path.iterdir()] == ["x.dng"]


@pytest.mark.parametrize("mosaic", ["bayer-gbrg", None])
def test_our_reader_gives_the_light_of_the_numbers(tmp_path: Path, mosaic: Bayer | None) -> None:
    numbers = RANDOM.integers(10, 256, (22, 23)).astype(np.uint16)
    write_dng(tmp_path / "x.dng", numbers, mosaic, 255, 10)
    frame = read_frame(tmp_path / "x.dng")
    assert frame.layout == (mosaic or "mono")
    np.testing.assert_allclose(frame.light[..., 0], (numbers - 10) / 245, rtol=1e-6)


def test_what_no_reader_would_open_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"21 x 30 pixels.*at least 22"):
        write_dng(tmp_path / "x.dng", np.zeros((21, 30), np.uint16), None, 255)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("numbers", "white", "black"),
    [
        (np.zeros((30, 30), np.int64), 255, 0), (np.zeros((30, 30, 3), np.uint16), 255, 0),
        (np.zeros((30, 30), np.uint16), 65536, 0), (np.zeros((30, 30), np.uint16), 255, 255),
        (np.zeros((30, 30), np.uint16), 255, -1),
    ],
)  # fmt: skip
def test_numbers_and_levels_that_do_not_fit_are_refused(
    tmp_path: Path, numbers: np.ndarray, white: int, black: int
) -> None:
    with pytest.raises(InputError, match="expected"):
        write_dng(tmp_path / "x.dng", numbers, None, white, black)
    assert not list(tmp_path.iterdir())


def test_a_write_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def half(path: Path, *_: object, **__: object) -> None:
        path.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr("tifffile.imwrite", half)
    with pytest.raises(InputError, match=r"x\.dng: cannot be written \(disk full\)"):
        write_dng(tmp_path / "x.dng", np.zeros((30, 30), np.uint16), None, 255)
    assert not list(tmp_path.iterdir())
