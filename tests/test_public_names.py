"""What a newcomer meets first: version, names, one line for each object, checked arguments."""

import re
from importlib.metadata import version
from typing import Any

import numpy as np
import pytest

import sensorsim as ss
from sensorsim.experiments.monte_carlo import accuracy_over_dies


def test_the_package_lists_its_public_names() -> None:
    assert dir(ss) == sorted(dir(ss))
    assert set(dir(ss)) == {*ss.__all__, "__version__"}
    assert all(getattr(ss, name) is not None for name in dir(ss))
    assert ss.__version__ == version("sensorsim")


def test_objects_are_shown_in_one_readable_line() -> None:
    pipe = ss.load_pipeline("glt4")
    lines = [repr(o) for o in (pipe, pipe.readout, pipe.model, pipe.cost.ledger(), pipe.dataset)]
    assert all(len(line) < 180 and "\n" not in line and "array(" not in line for line in lines)
    assert lines[0].startswith("<Pipeline glt4: fashion-mnist, thermometer of 4 learned thresholds")
    assert lines[1].startswith("Thermometer(thresholds=(")
    assert "kind" not in lines[1]
    assert re.match(r"<Model of \d+ layers, 165,824 weight bits: 28 x 28 x 1 behind a", lines[2])
    assert re.match(r"<Ledger of 6 rows: [\d,]+ pJ a frame \([\d,]+ to [\d,]+\)>", lines[3])
    assert lines[4] == "<Labelled fashion-mnist: 10000 images of 28 x 28 x 1, 10 classes>"


@pytest.mark.parametrize("images", [2.5, True, "10", 0, -1, 10_001, [5], np.float64(3)])
def test_a_number_of_images_that_is_none_is_refused(images: Any) -> None:
    with pytest.raises(ss.InputError, match=r"images .*: expected a whole number from 1 to 10000"):
        ss.load_pipeline("glt2").run(images=images)


@pytest.mark.parametrize("seed", [0.5, 1.0, True, "1", -1, 2**32, None])
def test_a_seed_that_is_none_is_refused_everywhere(seed: Any) -> None:
    pipe = ss.load_pipeline("glt2")
    words = r"seed .*: expected a whole number from 0 to 4294967295"
    for call in (
        lambda: pipe.run(3, seed),
        lambda: pipe.trace(pipe.dataset.images[0], seed),
        lambda: ss.sweep(pipe, {"die": [0]}, images=3, seed=seed),
        lambda: accuracy_over_dies(pipe, [0, 1], 3, seed),
    ):
        with pytest.raises(ss.InputError, match=words):
            call()


def test_numbers_of_numpy_are_taken() -> None:
    pipe = ss.load_pipeline("glt2")
    plain = pipe.run(5, 3)
    assert pipe.run(np.int64(5), np.uint32(3)).equals(plain)


@pytest.mark.parametrize(
    ("axes", "words"),
    [
        (["die"], "axes .*expected a mapping, like"),
        ({1: [0]}, "axes: key 1: expected a name"),
        ({"die": 3}, r"die: 3 is no list; expected its values, like \[3\]"),
        ({"die": "01"}, "die: '01' is no list"),
        ({"die": {"a": 1}}, "die: .* is no list"),
        ({"readout.bits+die": [1]}, "1; expected 2 values that belong together"),
        ({"readout.bits+die": [(1, 2, 3)]}, "expected 2 values that belong together"),
        ({"die": [0], "die+name": [(1, "a")]}, "die is stated twice"),
    ],
)
def test_axes_that_are_none_are_refused(axes: Any, words: str) -> None:
    with pytest.raises(ss.InputError, match=words):
        ss.sweep(ss.load_pipeline("glt2"), axes, images=3)


@pytest.mark.parametrize("settings", [[("die", 1)], "die=1", 5])
def test_settings_that_are_no_mapping_are_refused(settings: Any) -> None:
    with pytest.raises(ss.InputError, match=r"settings .*expected a mapping"):
        ss.load_pipeline("glt2").replace(settings)
