"""Report and card of a training: what they state, and that nothing in them can be misread."""

import base64
import hashlib
import re
import tomllib
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from sensorsim.bnn.model import Model  # noqa: E402
from sensorsim.circuits.constant import Range  # noqa: E402
from sensorsim.circuits.uncertainty import Spread  # noqa: E402
from sensorsim.core.errors import InputError  # noqa: E402
from sensorsim.core.statistics import wilson_interval  # noqa: E402
from sensorsim.scenes.exposure import Exposure  # noqa: E402
from sensorsim.sensor import Photodiode  # noqa: E402
from sensorsim.sensor.camera import Camera  # noqa: E402
from sensorsim.training import card, report, report_figures, words  # noqa: E402
from sensorsim.training.decisions import Decisions  # noqa: E402
from sensorsim.training.marked import check_replaceable, write_marked  # noqa: E402
from sensorsim.training.outcome import (  # noqa: E402
    Circumstances,
    FrameEnergy,
    Outcome,
)
from sensorsim.training.recipe import NetworkRecipe  # noqa: E402
from sensorsim.training.toml_text import toml_text  # noqa: E402

NAMES = ("<b>bold", "a|b & $c$", "plain")
RECIPE = NetworkRecipe.model_validate(
    {
        "kind": "network",
        "pipeline": "glt4",
        "data": {"dataset": "cifar10", "data_dir": "/somewhere/else"},
        "light": {"law": "uniform", "low_stops": -3},
        "levels": 2,
        "network": {"blocks": [{"channels": 10, "pool": 2}, {"channels": 12, "groups": 2}]},
        "limit_bits": 1000,
        "schedule": {"epochs": 2, "batch": 8, "learning_rate": 0.004},
    }
)


class Cells(HTMLParser):
    """Rows of cells, and everything else that a page says."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
        self.inside = tag in ("td", "th")

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.inside:
            self.rows[-1][-1] += data.replace("\N{NO-BREAK SPACE}", " ")

    def handle_endtag(self, tag: str) -> None:
        self.inside = False

    def row(self, first: str) -> list[str]:
        (found,) = (r for r in self.rows if r[0] == first)
        return found


def decisions(images: int, seed: int) -> Decisions:
    """Labels of two of the three classes, half of the decisions right."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 2, images)
    return Decisions(labels, np.where(random.random(images) < 0.5, labels, 2))


@pytest.fixture
def outcome(model: Model) -> Outcome:
    named = replace(
        model, class_names=NAMES, training=model.training.model_copy(update={"dataset": "cifar10"})
    )
    spread = Spread(mean=3e3, median=3e3, low=1.5e3, high=9e3)
    low, high = Range(low=1, typical=2, high=4), Range(low=1e3, typical=2.5e3, high=1e4)
    return Outcome(
        file_name="small.npz",
        recipe_name="small",
        recipe=RECIPE,
        model=named,
        camera=Camera(Photodiode(full_well_e=20000, conversion_gain_uv_per_e=50), Exposure()),
        start=np.array([0.2, 0.3]),
        log=[
            {"step": 10, "epoch": 1.0, "loss": 1.1, "rate": 1.0, "validation_accuracy": 0.4,
             "thresholds": [0.15, 0.35]},
            {"step": 20, "epoch": 2.0, "loss": 0.9, "rate": 0.1, "validation_accuracy": 0.6,
             "thresholds": [0.1, 0.4]},
        ],
        seconds=5400,
        validation=decisions(50, 1),
        test=decisions(80, 2),
        energy=FrameEnergy("survey", 30.0, {"pixel": low, "readout": high}, high, spread, spread,
                           ["beyond <all> surveys"]),
        circumstances=Circumstances(
            "sensorsim train small --set a=<i>", {"sensorsim": "0.1.0", "torch": "9.9"}, "cpu (x)",
            "float32", 2, "2026-01-02T03:04:05+00:00",
        ),
    )  # fmt: skip


@pytest.fixture
def page(outcome: Outcome, monkeypatch: pytest.MonkeyPatch) -> Cells:
    """The page without its pictures, which take time."""
    monkeypatch.setattr(report_figures, "png", lambda _: b"")
    return Cells(report.page(outcome))


def test_confusion_matrix_is_that_of_a_slow_count() -> None:
    random = np.random.default_rng(0)
    labels, decided = random.integers(0, 4, (2, 300))
    slow = [[sum((labels == a) & (decided == b)) for b in range(5)] for a in range(5)]
    counts = Decisions(labels, decided).confusion(5)
    np.testing.assert_array_equal(counts, slow)
    assert counts.trace() == Decisions(labels, decided).right


def test_page_states_accuracies_with_their_intervals(outcome: Outcome, page: Cells) -> None:
    for found in (outcome.validation, outcome.test):
        right, images = sum(found.labels == found.decided), found.labels.size
        low, high = wilson_interval(int(right), images)
        stated = (
            f"{100 * right / images:.2f} % of {images} images "
            f"(95 % interval {100 * low:.2f} % to {100 * high:.2f} %)"
        )
        assert stated in page.text
    stored = f"{outcome.model.stored_bits:,} bits stored"
    assert f"cifar10 behind a thermometer of 2 learned thresholds: {stored}" in page.text


def test_page_states_recall_by_class(outcome: Outcome, page: Cells) -> None:
    test = outcome.test
    for number, name in enumerate(NAMES[:2]):
        mine = test.labels == number
        right = int((test.decided[mine] == number).sum())
        row = page.row(name)
        assert row[1:4] == [str(mine.sum()), str(right), f"{100 * right / mine.sum():.2f} %"]
    assert page.row("plain")[1:] == ["0", "0", "no images", ""]


def test_page_states_layers_size_and_operations(page: Cells, outcome: Outcome) -> None:
    convolutions = [r for r in page.rows if len(r) == 7 and r[1] == "convolution"]
    assert convolutions[0][3:] == ["6 x 7 x 2", "6 x 7 x 10", "180", f"{6 * 7 * 10 * 18:,}"]
    weights = 180 + 12 * 45 + 144
    products = 6 * 7 * 180 + 2 * 2 * 12 * 45 + 144
    sums = [r for r in page.rows if r[0] == "all"]
    assert sums[0][5:] == [f"{weights}", f"{products:,}"]
    assert page.row("binary weights")[1:] == [f"{weights}"]
    # Accumulators of 18 and 45 products have 20 and 47 levels of use: 5 and 6 bits.
    assert page.row("levels of the thresholds")[1:] == [f"{10 * 5 + 12 * 6}"]
    assert page.row("directions of the thresholds")[1:] == [f"{10 + 12}"]
    assert page.row("levels of the readout")[1:] == [f"{2 * 32}"]
    assert sums[1][1:] == [f"{outcome.model.stored_bits:,}"]
    assert f"{products:,} per image" in page.text
    assert f"{outcome.model.largest_activation_memory_bits:,} bits" in page.text


def test_page_states_thresholds_in_volts_and_electrons(page: Cells) -> None:
    head = next(i for i, row in enumerate(page.rows) if row[:2] == ["level", "part of full scale"])
    assert page.rows[head + 1] == ["1", "0.1000", "100.00", "2,000.0", "0.2000"]
    assert page.rows[head + 2] == ["2", "0.4000", "400.00", "8,000.0", "0.3000"]


def test_page_states_energy_with_units(page: Cells) -> None:
    assert page.row("pixel")[1:] == ["1.00 pJ", "2.00 pJ", "4.00 pJ"]
    assert page.row("whole frame")[1:] == ["1.00 nJ", "2.50 nJ", "10.0 nJ"]
    assert "readout 1.50 nJ to 9.00 nJ" in page.text


def test_page_says_why_there_is_no_price(outcome: Outcome) -> None:
    found = Cells(report.page(replace(outcome, energy="supply <2 V> too low")))
    assert "Not priced: supply <2 V> too low" in found.text


def test_page_states_circumstances(page: Cells) -> None:
    assert page.row("training time, all runs together")[1] == "1.5 h"
    assert page.row("versions")[1] == "sensorsim 0.1.0, torch 9.9"
    assert page.row("device")[1] == "cpu (x), convolutions in float32, 2 threads"
    assert page.row("date of the end")[1] == "2026-01-02T03:04:05+00:00"


def test_page_shows_names_and_commands_as_they_are(page: Cells) -> None:
    assert {tag for tag, _ in page.tags}.isdisjoint({"b", "i", "all", "script", "link"})
    assert page.row("command")[1] == "sensorsim train small --set a=<i>"
    assert "beyond <all> surveys" in page.text


def test_page_loads_nothing(outcome: Outcome) -> None:
    text = report.page(outcome)
    pictures = [a["src"] for tag, a in Cells(text).tags if tag == "img"]
    assert len(pictures) == 4
    for source in pictures:
        assert source is not None
        kind, data = source.split(",")
        assert kind == "data:image/png;base64"
        assert base64.b64decode(data).startswith(b"\x89PNG")
    assert not re.search(r"https?:|url\(|@import", text)


def test_readout_that_does_not_learn_has_no_threshold_moves(outcome: Outcome) -> None:
    log = [{k: v for k, v in row.items() if k != "thresholds"} for row in outcome.log]
    found = Cells(report.page(replace(outcome, start=None, log=log)))
    assert sum(tag == "img" for tag, _ in found.tags) == 3
    assert "thermometer of 2 thresholds" in found.text


def test_recipe_on_the_page_is_the_recipe(outcome: Outcome, page: Cells) -> None:
    assert outcome.recipe_text in page.text
    raw = tomllib.loads(outcome.recipe_text)
    assert "data_dir" not in raw["data"]
    raw["data"]["data_dir"] = "/somewhere/else"
    assert NetworkRecipe.model_validate(raw) == RECIPE


def test_digest_is_of_content_and_not_of_place(outcome: Outcome) -> None:
    assert outcome.recipe_digest == hashlib.sha256(outcome.recipe_text.encode()).hexdigest()
    data = RECIPE.data.model_copy(update={"data_dir": None})
    moved = replace(outcome, recipe=RECIPE.model_copy(update={"data": data}))
    fewer = replace(outcome, recipe=RECIPE.model_copy(update={"levels": 1}))
    assert moved.recipe_digest == outcome.recipe_digest != fewer.recipe_digest


def test_toml_is_read_as_what_was_written() -> None:
    table = {
        "text": 'quote " backslash \\ line\nend \x7f µ 🙂', "small": 1e-7, "yes": True,
        "none_of_it": [], "part": {"n": 3, "list": [{"a": 1, "b": [1.5]}, {"a": 2}], "sub": {}},
    }  # fmt: skip
    assert tomllib.loads(toml_text(table)) == table


def test_card_states_what_a_user_needs(outcome: Outcome) -> None:
    text = card.card(outcome)
    for stated in (
        f"SHA-256 `{outcome.recipe_digest}`", "| seed | 0 |", "| training time | 1.5 h |",
        f"| stored | {outcome.model.stored_bits:,} bits |", "| stored: binary weights | 864 bits |",
        f"| test accuracy | {words.accuracy(outcome.test)} |",
        f"| validation accuracy | {words.accuracy(outcome.validation)} |",
        "| energy, readout | 2.50 nJ (range 1.00 nJ to 10.0 nJ), survey |",
        "drawn for each image, uniform from -3 to 0 stops", "0.1000, 0.4000",
        "    sensorsim train small --set a=<i>", "state no license", "not redistributed",
        "sensorsim run glt4 --set network.model=small.npz --set scene.dataset=cifar10",
    ):  # fmt: skip
        assert stated in text
    assert "/somewhere" not in text
    assert r"\<b\>bold, a\|b \& \$c\$, plain" in text


@pytest.mark.parametrize(
    ("pj", "expected"),
    [(0, "0.00 pJ"), (0.5, "0.500 pJ"), (999.4, "999 pJ"), (999.6, "1.00 nJ"),
     (123456, "123 nJ"), (2.5e12, "2.50 J")],
)  # fmt: skip
def test_energies_have_three_digits(pj: float, expected: str) -> None:
    assert words.energy(pj) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(36, "0.01 h (36 s)"), (900, "0.25 h (15.0 min)"), (36000, "10 h")],
)
def test_times_are_in_hours(seconds: float, expected: str) -> None:
    assert words.duration(seconds) == expected


@pytest.mark.parametrize(("levels", "scale"), [((0.1, 0.5), "linear"), ((0.01, 0.5), "log")])
def test_tone_curve_has_a_logarithmic_axis_for_decades(
    levels: tuple[float, ...], scale: str
) -> None:
    (axes,) = report_figures.tone_curve(np.array(levels), None).axes
    assert axes.get_xscale() == scale
    x, y = axes.lines[0].get_data()
    assert list(x[1:-1]) == list(levels)
    assert list(y) == [0, 1, 2, 2]


def test_confusion_matrix_of_many_classes_can_be_drawn() -> None:
    for classes in (2, 17, 60):
        names = tuple(f"class {'x' * 30} {i}" for i in range(classes))
        drawn = report_figures.confusion_matrix(np.eye(classes, dtype=np.int64), names)
        assert report_figures.png(drawn).startswith(b"\x89PNG")


@pytest.mark.parametrize("write", [report.write_report, card.write_card])
def test_own_file_is_replaced_and_a_foreign_one_is_not(
    outcome: Outcome, tmp_path: Path, write: object
) -> None:
    assert callable(write)
    path = tmp_path / "small.out"
    write(path, outcome)
    first = path.read_bytes()
    write(path, replace(outcome, seconds=7200))
    assert b"2 h" in path.read_bytes() != first
    path.write_bytes(b" " + first)
    with pytest.raises(InputError, match=r"small\.out: would be replaced"):
        write(path, outcome)
    assert path.read_bytes() == b" " + first
    assert [p.name for p in tmp_path.iterdir()] == ["small.out"]


def test_empty_files_and_folders_are_foreign(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    for path, message in ((tmp_path / "empty", "would be replaced"), (tmp_path, "cannot be read")):
        with pytest.raises(InputError, match=message):
            check_replaceable(path, report.MARKER)
    check_replaceable(tmp_path / "none", report.MARKER)
    write_marked(tmp_path / "text", "<!-- m -->", "µ\n")
    assert (tmp_path / "text").read_bytes() == "<!-- m -->\nµ\n".encode()
