"""Technology files: what ships, what overrides it, and what is refused."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from sensorsim.circuits.constant import Constant
from sensorsim.circuits.memory import access
from sensorsim.circuits.technology import (
    Process,
    Survey,
    constants_of,
    load_technology,
    technology_names,
)
from sensorsim.core import resources
from sensorsim.core.errors import InputError
from sensorsim.core.units import unit_of

NODES = ("cmos28", "cmos65", "cmos130", "cmos180")
MOVED = (
    "logic.xnor_fj", "logic.full_adder_fj", "logic.flip_flop_clock_fj", "logic.flip_flop_toggle_fj",
    "logic.pin_ff", "memory.sram_fj_per_bit", "memory.registers_fj_per_bit",
    "pixel.column_ff_per_um", "comparator.dynamic_fj", "comparator.input_ff",
)  # fmt: skip


def constants(technology: Survey | Process) -> Iterator[Constant]:
    yield from (c for *_, c in constants_of(technology))


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
        assert c.unit == unit_of(c.id.rpartition(".")[2])
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


def test_memory_keeps_the_size_at_which_its_figure_holds_or_states_one(tmp_path: Path) -> None:
    for text, bits in (
        ("sram_fj_per_bit = 100", 65536),
        (f"sram_fj_per_bit = {{ {FULL} }}", 65536),
        (f"sram_fj_per_bit = {{ {FULL}, size_bits = 163840 }}", 163840),
    ):
        mine = load_technology(write(tmp_path, f'base = "cmos65"\n[memory]\n{text}\n'))
        assert isinstance(mine, Process)
        figure = mine.memory.sram_fj_per_bit
        assert figure.size_bits == bits
        assert access(mine, bits).range.typical == pytest.approx(1e-3 * figure.typical)


def test_base_may_lie_beside_the_file(tmp_path: Path) -> None:
    write(tmp_path, 'base = "cmos65"\n[pixel]\nfollower_ua = 1\n', "first.toml")
    mine = load_technology(write(tmp_path, 'base = "first.toml"\n[comparator]\nstatic_ua = 2\n'))
    found = by_id(mine)
    assert found["pixel.follower_ua"].origin == "first.toml"
    assert found["comparator.static_ua"].origin == "mine.toml"


@pytest.mark.parametrize("base", ["survey", "cmos65"])
def test_any_figure_of_the_survey_may_be_overridden(tmp_path: Path, base: str) -> None:
    """As a number, as a range, or as another survey of one's own; in a process file too."""
    path = write(
        tmp_path,
        f"""base = "{base}"
[survey.adc]
ratio = {{ percentiles = [0, 50, 100], values = [1, 4, 9], basis = "stated", source = "our own chips" }}
envelope_pj = 0.1
[survey.comparator]
decision_fj = {{ low = 10, typical = 20, high = 30, basis = "stated", source = "our own layout" }}
[survey.pixel]
supply_v = 0.9
[survey.merit]
walden_fj_per_step = 7
[chip]
fj_per_operation = 3
[leakage]
stored_pw_per_bit = 0.1
""",  # noqa: E501
    )
    found, shipped = by_id(load_technology(path)), by_id(load_technology(base))
    assert found.keys() == shipped.keys()
    changed = {k for k, c in found.items() if c.overrides}
    assert changed == {
        "survey.adc.ratio", "survey.adc.envelope_pj", "survey.comparator.decision_fj",
        "survey.pixel.supply_v", "survey.merit.walden_fj_per_step", "chip.fj_per_operation",
        "leakage.stored_pw_per_bit",
    }  # fmt: skip
    assert all(found[k].origin == "mine.toml" for k in changed)
    assert all(found[k] == shipped[k] for k in found.keys() - changed)
    ratio, decision = found["survey.adc.ratio"], found["survey.comparator.decision_fj"]
    assert (ratio.law, ratio.typical, ratio.unit) == ("empirical", pytest.approx(4), "1")
    assert (decision.law, decision.typical, decision.percentiles) == ("log-triangular", 20, ())
    assert found["survey.adc.envelope_pj"].typical == 0.1


@pytest.mark.parametrize("name", [*NODES, "survey"])
def test_every_shipped_figure_may_be_overridden_by_a_number(tmp_path: Path, name: str) -> None:
    for id_, c in by_id(load_technology(name)).items():
        section, _, field = id_.rpartition(".")
        path = write(tmp_path, f'base = "{name}"\n[{section}]\n{field} = {c.typical!r}\n')
        found = by_id(load_technology(path))[id_]
        assert (found.low, found.typical, found.high) == (c.typical,) * 3, id_
        assert found.overrides


FULL = "low = 1, typical = 2, high = 3, basis = 'assumed', source = 'made up for a test'"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[comparator]\ndynamic_pj = 50", r"comparator\.dynamic_pj: no such figure"),
        ("[comparater]\ndynamic_fj = 50", r"comparater: no such figure"),
        ("[comparator]\ndynamic_fj = -50", r"comparator\.dynamic_fj\.low"),
        ("[comparator]\ndynamic_fj = true", r"comparator\.dynamic_fj"),
        ("[comparator]\ndynamic_fj = nan", r"comparator\.dynamic_fj"),
        ("[comparator]\ndynamic_fj = { typical = 50 }", r"comparator\.dynamic_fj\.low: is missing"),
        (f"[comparator]\ndynamic_fj = {{ {FULL}, unit = 'pJ' }}", r"unit 'pJ', expected 'fJ'"),
        (f"[timing]\nstep_ns = {{ {FULL}, unit = 'us' }}", r"timing\.step_ns: unit 'us'"),
        (f"[comparator]\ndynamic_fj = {{ {FULL.replace('high = 3', 'high = 1')} }}", "low <= typ"),
        (f"[comparator]\ndynamic_fj = {{ {FULL}, scaling = 'cv2' }}", "node_nm"),
        ("[driver]\nnonlinear_ramp = 0.5", r"nonlinear_ramp: 0\.5.*at least 1"),
        ("[driver]\nsettling_bits = 300", r"settling_bits: 300.*expected 1 to 24"),
        ("[comparator]\ndynamic_fj = 'fifty'", r"dynamic_fj: 'fifty'; expected a number, or a tab"),
        (f"[comparator]\ndynamic_fj = {{ {FULL}, size_bits = 8 }}", "none of anything else"),
        ("[pixel]\nmean_signal = 3", r"pixel\.mean_signal: 3.*expected 0 to 1"),
        ("[supply]\nanalog_v = 0", r"supply\.analog_v: 0 V, expected more than 0"),
        ("[timing]\ncounter_period_ns = 0", r"timing\.counter_period_ns: 0 ns"),
        (f"[pixel]\nreset_ff = {{ {FULL}, law = 'percentile' }}", r"reset_ff\.law: .*empirical"),
        (f"[pixel]\nreset_ff = {{ {FULL}, law = 'empirical' }}", "expected percentiles and values"),
        ("[supply]\ndigital_v = 0.5", r"logic\.xnor_fj: supply 0\.5 V.*gate energy was fitted"),
        (
            f"[logic]\npin_ff = {{ {FULL}, scaling = 'gate-energy', node_nm = 7, supply_v = 1 }}",
            r"logic\.pin_ff: node_nm 7: expected 20 to 180",
        ),
        (
            "[logic]\nxnor_fj = { low = 1, typical = 2, high = 3, basis = 'derived' }",
            r"logic\.xnor_fj\.source: is missing$",
        ),
        ("node_nm = 7", "node_nm 7"),
        ("survey = 'cmos65'", r"survey: 'cmos65'; expected a table of figures"),
        ("[timing]\nstep_ns = []", r"timing\.step_ns: \[\]; expected a number, or a table"),
        ("[survey]\nadc = 3", r"survey\.adc: 3; expected a table of figures"),
        ("[survey.adc]\nsurveyed_enob_bits = [10, 4]", r"\[10\.0, 4\.0\]: expected the fewest"),
        ("[survey.adc]\nratios = 3", r"survey\.adc\.ratios: no such figure"),
        ("[survey.adc]\nratio = -3", r"survey\.adc\.ratio\.low"),
        ("[comparator", "not a TOML file"),
    ],
)
def test_what_makes_no_sense_is_named(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InputError, match=rf"(?s)mine\.toml.*{words}"):
        load_technology(write(tmp_path, f'base = "cmos65"\n{text}\n'))


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("envelope_pj = { low = 0.267", "envelope_pj = { low = -0.267", r"adc\.envelope_pj\.low"),
        ("photodiode_ff = { low = 50", "photodiode_ff = { low = 500", "low <= typical"),
        ("ratio = { percentiles", "ratoi = { percentiles", r"survey\.adc\.ratio: is missing"),
        ("values = [0.615,", "values = [-0.615,", "adc"),
        ("values = [0.615, ", "values = [", "6 values for 7 percentiles"),
        ("values = [27,", "values = [1e9,", r"comparator\.decision_fj: .*do not descend"),
        ("ratio = { percentiles = [0, 10, 25,", "ratio = { percentiles = [0, 25, 10,", "ascending"),
        ("fj_per_operation = {", "fj_per_operation = { scaling = 'cv2', node_nm = 65, "
         "supply_v = 1,", r"chip\.fj_per_operation: scaling 'cv2' in a survey"),
    ],
)  # fmt: skip
def test_survey_that_makes_no_sense_is_named(
    tmp_path: Path, old: str, new: str, field: str
) -> None:
    text = resources.data("technologies", "published.toml").read_text()
    assert text.count(old) == 1
    named = f'name = "mine"\ndescription = "made up"\n{text.replace(old, new)}'
    with pytest.raises(InputError, match=rf"(?s)mine\.toml: .*{field}"):
        load_technology(write(tmp_path, named))


def test_survey_that_gets_parts_is_told_to_be_a_process(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"comparator: a survey has no such part.*like cmos65"):
        load_technology(write(tmp_path, 'base = "survey"\n[comparator]\ndynamic_fj = 50\n'))


def test_missing_files_and_circles_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.toml.*no such file.*survey"):
        load_technology(tmp_path / "gone.toml")
    with pytest.raises(InputError, match=r"'3nm'.*cmos65.*survey"):
        load_technology("3nm")
    with pytest.raises(InputError, match=rf"{tmp_path}/gone'.*no such file"):
        load_technology(f"{tmp_path}/gone")
    with pytest.raises(InputError, match=r"'4nm'.*no such file"):
        load_technology(write(tmp_path, 'base = "4nm"'))
    with pytest.raises(InputError, match="base files form a circle"):
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
    for name in ("components", "published", "timing"):
        with pytest.raises(InputError, match=rf"{name}\.toml: names no technology.*cmos65"):
            load_technology(name)


def test_bases_that_form_a_circle_are_refused_however_they_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "deep"
    folder.mkdir()
    (folder / "a.toml").write_text('base = "../deep/b.toml"\nname = "a"\n')
    (folder / "b.toml").write_text('base = "../deep/./a.toml"\nname = "b"\n')
    with pytest.raises(InputError, match=r"circle \(a\.toml -> b\.toml -> a\.toml\)"):
        load_technology(folder / "a.toml")
