"""Technology files: what ships, what overrides it, and what is refused."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from sensorsim import resources
from sensorsim.description import Description
from sensorsim.energy.constant import Constant
from sensorsim.energy.technology import (
    Process,
    Survey,
    load_technology,
    technology_names,
)
from sensorsim.errors import InputError
from sensorsim.units import unit_of

NODES = ("cmos28", "cmos65", "cmos130", "cmos180")
MOVED = (
    "logic.xnor_fj", "logic.full_adder_fj", "logic.flip_flop_clock_fj", "logic.flip_flop_toggle_fj",
    "logic.pin_ff", "memory.sram_fj_per_bit", "memory.registers_fj_per_bit",
    "pixel.column_ff_per_um", "comparator.dynamic_fj",
)  # fmt: skip


def constants(technology: Survey | Process) -> Iterator[Constant]:
    for _, table in technology:
        if isinstance(table, Description):
            yield from (c for _, c in table if isinstance(c, Constant))


def by_id(technology: Survey | Process) -> dict[str, Constant]:
    return {c.id: c for c in constants(technology)}


def write(folder: Path, text: str, name: str = "mine.toml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_all_that_ships_loads() -> None:
    assert {*NODES, "survey"} <= set(technology_names())
    for name in technology_names():
        assert load_technology(name).name == name


@pytest.mark.parametrize("name", [*NODES, "survey"])
def test_shipped_constants_are_ordered_and_have_source_unit_and_address(name: str) -> None:
    found = list(constants(load_technology(name)))
    assert len(found) > 5
    assert len({c.id for c in found}) == len(found)
    for c in found:
        assert c.low <= c.typical <= c.high
        assert len(c.source) > 20
        assert c.unit == unit_of(c.id.partition(".")[2])
        assert (resources.data("technologies") / c.origin).is_file()


def test_what_scales_ascends_with_the_node_and_nothing_else_moves() -> None:
    books = [by_id(load_technology(n)) for n in NODES]
    for id_ in books[0]:
        values = [b[id_].typical for b in books]
        if id_ in MOVED:
            assert all(a < b for a, b in itertools.pairwise(values)), id_
        elif not id_.startswith("supply."):
            assert len(set(values)) == 1, id_


def test_figure_at_its_own_node_is_as_published() -> None:
    c = by_id(load_technology("cmos65"))["comparator.dynamic_fj"]
    assert (c.low, c.typical, c.high) == (33.5, 67, 400)


def test_number_overrides_a_figure_of_the_base(tmp_path: Path) -> None:
    mine = load_technology(
        write(tmp_path, 'base = "cmos65"\nname = "mine"\n[comparator]\ndynamic_fj = 50\n')
    )
    found, base = by_id(mine), by_id(load_technology("cmos65"))
    c = found.pop("comparator.dynamic_fj")
    assert (c.low, c.typical, c.high, c.unit) == (50, 50, 50, "fJ")
    assert (c.overrides, c.origin, c.basis) == (True, "mine.toml", "stated")
    base.pop("comparator.dynamic_fj")
    assert found == base
    assert mine.name == "mine"


def test_table_overrides_with_its_spread_and_scales_if_it_says_so(tmp_path: Path) -> None:
    table = (
        "dynamic_fj = { low = 10, typical = 20, high = 40, basis = 'derived', "
        "source = 'my own layout', scaling = 'cv2', node_nm = 130, supply_v = 1.2 }"
    )
    mine = load_technology(write(tmp_path, f'base = "cmos65"\n[comparator]\n{table}\n'))
    c = by_id(mine)["comparator.dynamic_fj"]
    assert (c.low, c.typical, c.high) == pytest.approx((5, 10, 20))
    assert "my own layout [cv2 from 130 nm" in c.source


def test_supply_moves_what_scales_with_it(tmp_path: Path) -> None:
    mine = load_technology(write(tmp_path, 'base = "cmos65"\n[supply]\ndigital_v = 0.9\n'))
    base = by_id(load_technology("cmos65"))
    assert by_id(mine)["comparator.dynamic_fj"].typical == pytest.approx(
        base["comparator.dynamic_fj"].typical * (0.9 / 1.2) ** 2
    )
    assert by_id(mine)["logic.xnor_fj"].typical < base["logic.xnor_fj"].typical


def test_base_may_lie_beside_the_file(tmp_path: Path) -> None:
    write(tmp_path, 'base = "cmos65"\n[pixel]\nfollower_ua = 1\n', "first.toml")
    mine = load_technology(write(tmp_path, 'base = "first.toml"\n[comparator]\nstatic_ua = 2\n'))
    found = by_id(mine)
    assert found["pixel.follower_ua"].origin == "first.toml"
    assert found["comparator.static_ua"].origin == "mine.toml"


def test_survey_overrides_too(tmp_path: Path) -> None:
    mine = load_technology(write(tmp_path, 'base = "survey"\n[pixel]\nsupply_v = 0.9\n'))
    assert isinstance(mine, Survey)
    assert mine.pixel.energy(0).range.typical == pytest.approx(0.1 * 0.81 + 0.9)


FULL = "low = 1, typical = 2, high = 3, basis = 'assumed', source = 'made up for a test'"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[comparator]\ndynamic_pj = 50", r"comparator\.dynamic_pj: no such figure"),
        ("[comparater]\ndynamic_fj = 50", r"comparater: no such figure"),
        ("[comparator]\ndynamic_fj = -50", r"comparator\.dynamic_fj\.low"),
        ("[comparator]\ndynamic_fj = true", r"comparator\.dynamic_fj"),
        ("[comparator]\ndynamic_fj = 'cheap'", r"comparator\.dynamic_fj.*'cheap'"),
        ("[comparator]\ndynamic_fj = nan", r"comparator\.dynamic_fj"),
        ("[comparator]\ndynamic_fj = { typical = 50 }", r"comparator\.dynamic_fj\.low: is missing"),
        (f"[comparator]\ndynamic_fj = {{ {FULL}, unit = 'pJ' }}", r"unit 'pJ', expected 'fJ'"),
        (f"[timing]\nstep_ns = {{ {FULL}, unit = 'us' }}", r"timing\.step_ns: unit 'us'"),
        (f"[comparator]\ndynamic_fj = {{ {FULL.replace('high = 3', 'high = 1')} }}", "low <= typ"),
        (f"[comparator]\ndynamic_fj = {{ {FULL}, scaling = 'cv2' }}", "node_nm"),
        ("[converter]\nnonlinear_ramp = 0.5", r"nonlinear_ramp: 0\.5.*at least 1"),
        ("[pixel]\nmean_signal = 3", r"pixel\.mean_signal: 3.*expected 0 to 1"),
        ("[supply]\nanalog_v = 0", r"supply\.analog_v: 0 V, expected more than 0"),
        ("[timing]\ncounter_period_ns = 0", r"timing\.counter_period_ns: 0 ns"),
        (f"[pixel]\nreset_ff = {{ {FULL}, law = 'percentile' }}", "reset_ff: law 'percentile'"),
        ("[supply]\ndigital_v = 0.5", "where gate energy was fitted"),
        ("node_nm = 7", "node_nm 7"),
        ("survey = 'cmos65'", "expected a survey"),
        ("[comparator", "not a TOML file"),
    ],
)
def test_what_makes_no_sense_is_named(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InputError, match=rf"mine\.toml.*{words}"):
        load_technology(write(tmp_path, f'base = "cmos65"\n{text}\n'))


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("envelope_pj = 0.267", "envelope_pj = -0.267", "adc.envelope_pj"),
        ("envelope_pj = 0.267", "", "adc.envelope_pj: is missing"),
        ("photodiode_ff = 100", "photodiode_ff = 0", "pixel.photodiode_ff"),
        ("low = 4.35", "low = 400", "low <= typical"),
        ("spread = [0.5, 1.0, 2.0]", "spread = [0.5, 1.0]", "pixel.spread"),
        ("spread = [0.5,", "spread = [1.5,", "pixel"),
        ("ratio = [0.615,", "ratio = [-0.615,", "adc"),
        ("ratio = [0.615, ", "ratio = [", "adc"),
        ("\nratio_percentiles = [0, 10, 25,", "\nratio_percentiles = [0, 25, 10,", "adc"),
        ("energy_fj = [27,", "energy_fj = [1e9,", "comparator"),
        ("energy_fj_percentiles = [0, 10,", "energy_fj_percentiles = [10, 0,", "comparator"),
    ],
)
def test_survey_that_makes_no_sense_is_named(
    tmp_path: Path, old: str, new: str, field: str
) -> None:
    text = resources.data("technologies", "survey.toml").read_text()
    assert text.count(old) == 1
    with pytest.raises(InputError, match=rf"mine\.toml: .*{field}"):
        load_technology(write(tmp_path, text.replace(old, new)))


def test_missing_files_and_circles_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.toml.*no such file.*survey"):
        load_technology(tmp_path / "gone.toml")
    with pytest.raises(InputError, match=r"'3nm'.*cmos65.*survey"):
        load_technology("3nm")
    with pytest.raises(InputError, match=r"'4nm'.*no such file"):
        load_technology(write(tmp_path, 'base = "4nm"'))
    with pytest.raises(InputError, match="is its own base"):
        load_technology(write(tmp_path, 'base = "mine.toml"'))
    with pytest.raises(InputError, match=r"base 3: expected a name"):
        load_technology(write(tmp_path, "base = 3"))
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(InputError, match=r"folder\.toml"):
        load_technology(tmp_path / "folder.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=r"binary\.toml: not a TOML file"):
        load_technology(tmp_path / "binary.toml")


def test_a_base_alone_is_no_technology() -> None:
    with pytest.raises(InputError, match=r"components\.toml: names no technology.*cmos65"):
        load_technology("components")
