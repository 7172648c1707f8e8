"""Nothing outside the readouts' own package asks which readout it is."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure
from PIL import Image
from typer.testing import CliRunner

import sensorsim as ss
from sensorsim.cli.app import app
from sensorsim.experiments.optimize.space import space_of
from sensorsim.plotting import plots
from sensorsim.readout import Adc, Readout, Thermometer, kinds
from sensorsim.readout.families import families
from sensorsim.readout.log_gradient import LogGradient

from .conftest import write_pipeline

ROOT = Path(__file__).parents[2]
FILES = [
    p.relative_to(ROOT)
    for top in ("sensorsim", "studies")
    for p in sorted((ROOT / top).rglob("*.py"))
    if "readout" not in p.relative_to(ROOT).parts
]
ALLOWED = {
    "studies/train_models.py": "holds the recipes of the shipped networks, of ADCs and others",
    "studies/train_mismatch_models.py": "states how long each of its own five readouts is trained",
    "studies/tone_mapping.py": "splits its own table in analog and digital tone curves",
}
CLASSES = {c.__name__ for k in kinds().values() for c in k.__mro__} | {"LearnedReadout"}
CLASSES -= {"object", "ABC", "BaseModel", "Description"}
NAMES = (*kinds(), "learned", *families())
FIELDS = {f for k in kinds().values() for f in k.level_fields} - {"bits"}


def questions(tree: ast.AST) -> list[str]:
    """Comparisons with a kind, family, class or level field of a readout."""
    return [ast.unparse(node) for node in ast.walk(tree) if _asks(node)]


def _asks(node: ast.AST) -> bool:
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        parts = [p for s in sides for p in (s.elts if hasattr(s, "elts") else [s])]
        return any(_named(p) or _class(p) or _symbol(p) for p in parts)
    if isinstance(node, ast.MatchValue):
        return _named(node.value)
    if isinstance(node, ast.MatchClass):
        return _class(node.cls)
    if isinstance(node, ast.Call):
        function = node.func
        if isinstance(function, ast.Name) and function.id in ("isinstance", "issubclass"):
            return any(_class(part) for part in ast.walk(node.args[1]))
        if isinstance(function, ast.Attribute) and function.attr in ("startswith", "endswith"):
            return any(_named(argument) for argument in node.args)
    return False


def _named(node: ast.AST) -> bool:
    text = node.value if isinstance(node, ast.Constant) else None
    return isinstance(text, str) and (text in FIELDS or text.startswith(NAMES))


def _class(node: ast.AST) -> bool:
    name = node.id if isinstance(node, ast.Name) else getattr(node, "attr", None)
    return isinstance(node, ast.Name | ast.Attribute) and name in CLASSES


def _symbol(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "symbol"


@pytest.mark.parametrize("path", FILES, ids=str)
def test_no_module_asks_for_the_kind_of_a_readout(path: Path) -> None:
    found = questions(ast.parse((ROOT / path).read_text("utf-8")))
    if str(path) in ALLOWED:
        assert found, f"{path} asks no more; remove it from ALLOWED"
    else:
        assert not found, f"{path} asks which readout it is: {found}; use a member of Readout"


@pytest.mark.parametrize(
    "line",
    ["isinstance(chain.readout, Adc)", "readout.kind == 'thermometer'", "'thresholds' in readout",
     "isinstance(x, Sar | Thermometer)", "type(r) is Adc", "attrs['kind'] == 'adc'",
     "table['readout'] != 'adc'", "family.symbol == 'b'", "'adc-linear' in model",
     "kind in ('learned', 'other')", "model.startswith('glt')", "isinstance(r, readout.Adc)",
     "match x:\n    case Adc(bits=1): pass", "match x.kind:\n    case 'adc': pass"],
)  # fmt: skip
def test_the_search_finds_such_lines(line: str) -> None:
    assert questions(ast.parse(line))


@pytest.mark.parametrize("line", ["x == 'survey'", "kind == 'sar'", "isinstance(x, Process)"])
def test_the_search_passes_other_comparisons(line: str) -> None:
    assert not questions(ast.parse(line))


def test_modules_beside_the_folders_import_none_of_them() -> None:
    folders = {p.parent.name for p in (ROOT / "sensorsim" / "readout").glob("*/__init__.py")}
    for path in sorted((ROOT / "sensorsim" / "readout").glob("[!_]*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                parts = node.module.split(".")
                assert parts[:2] != ["sensorsim", "readout"] or parts[2] not in folders, path


@pytest.fixture(scope="module", params=["log-gradient", "pulse-width"])
def pipeline(
    request: pytest.FixtureRequest, pulse_width: Any, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A pipeline of a readout that the rest of the program was not written for."""
    made: dict[str, tuple[Readout, str]] = {
        "log-gradient": (
            LogGradient(ratios=(0.8, 1.25)),
            'kind = "log-gradient"\nratios = [0.8, 1.25]\nbuffer_noise_mv = 20.0',
        ),
        "pulse-width": (pulse_width(bits=4), 'kind = "pulse-width"\nbits = 4'),
    }
    folder = tmp_path_factory.mktemp(request.param)
    return write_pipeline(folder, request.param, *made[request.param])


def invoke(*arguments: object) -> str:
    done = CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    return done.stdout


def model_of(pipeline: Path) -> Path:
    return pipeline.parent / "models" / f"{pipeline.stem}.npz"


def test_it_is_inspected(pipeline: Path) -> None:
    model = model_of(pipeline)
    readout = ss.load_pipeline(pipeline).readout
    assert f"readout   {readout.words()}. " in " ".join(invoke("inspect", model).split("\n"))
    assert json.loads(invoke("inspect", model, "--json"))["readout"]["kind"] == readout.kind


def test_its_frames_are_drawn(
    pipeline: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: dict[str, Figure] = {}  # rendering takes seconds, and tests/cli renders everything
    monkeypatch.setattr(plots, "save", lambda figure, path: drawn.setdefault(path.name, figure))
    picture = np.random.default_rng(0).integers(0, 256, (28, 28), dtype=np.uint8)
    Image.fromarray(picture).save(tmp_path / "x.png")
    out = tmp_path / "out"
    assert "readout: " in invoke("frame", tmp_path / "x.png", pipeline, "--out", out)
    readout = ss.load_pipeline(pipeline).readout
    titles = [axes.get_title() for axes in drawn["5-bits"].axes]
    named = [title.rpartition(": ")[0] for title in titles[: readout.bits_per_sample]]
    assert tuple(named) == readout.bit_words(1.0), "and the share of samples at 1"
    with xr.open_dataset(out / "trace.nc", group="readout") as group:
        assert 0 <= group["shown"].min() <= group["shown"].max() <= 1
        labels = [axes.get_xlabel() for axes in drawn["4-readout"].axes]
        number = f"{readout.number_words} (DN), of 0 to {readout.levels}"
        expected = number if "digital_number" in group else "codes as gray values (1)"
        assert expected in labels
        assert (out / "frame.dng").exists() == ("digital_number" in group)


def test_it_is_searched(pipeline: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plots, "save", lambda figure, path: [path])
    said = invoke(
        "optimize", pipeline, "--models", pipeline.parent / "models", "--images", 20,
        "--search-images", 20, "--trials", 2, "--dies", 2, "--json", "--out", tmp_path / "x.nc",
    )  # fmt: skip
    (design,) = json.loads(said)["designs"]
    assert design["settings"]["readout"]["kind"] == pipeline.stem
    with xr.open_dataset(tmp_path / "x.nc") as data:
        assert data["circuit"].item() == ss.load_pipeline(pipeline).readout.circuit_words()


def test_its_pixel_is_characterized_behind_an_adc(pipeline: Path) -> None:
    said = invoke("characterize", pipeline, "--rows", 16, "--columns", 16)
    assert "12-bit ADC" in said, "its own codes are no linear digital numbers"


def test_its_energy_is_compared(pipeline: Path) -> None:
    for technology in ("survey", "cmos65"):
        setting = f"energy.technology={technology}"
        assert "adc4" in invoke("energy", pipeline, "--against", "adc4", "--set", setting)


def test_it_is_swept(pipeline: Path, tmp_path: Path) -> None:
    axis = "readout.comparator.offset_mv=0,5"
    said = invoke("sweep", pipeline, "--axis", axis, "--images", 20, "--out", tmp_path / "sweep.nc")
    assert said.count("\n") >= 3


def test_it_is_exported_with_its_own_order_of_channels(pipeline: Path, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    path = tmp_path / "x.onnx"
    invoke("export", model_of(pipeline), "--onnx", path)
    (entry,) = onnx.load(path).metadata_props
    words = ss.load_pipeline(pipeline).readout.channel_words()
    assert json.loads(entry.value)["conventions"]["channels"] == words


READOUTS = [
    Adc(bits=4, gain_error_percent=2, column_gain_percent=1),
    Thermometer(thresholds=(0.01, 0.1), hysteresis_mv=9, reference_mismatch_percent=2),
    LogGradient(ratios=(0.8, 1.25), buffer_noise_mv=50, ratio_mismatch_percent=20),
]


@pytest.fixture(scope="module")
def every_readout(pulse_width: Any) -> Iterator[list[Readout]]:
    yield [*READOUTS, pulse_width(bits=3, reference=0.05)]


@pytest.mark.parametrize("learned", [False, True])
@pytest.mark.parametrize("technology", ["survey", "cmos65"])
def test_a_design_equal_to_the_base_decides_as_the_base(
    every_readout: list[Readout], tmp_path: Path, technology: str, learned: bool
) -> None:
    """The design states no size, which would replace the stated offset."""
    assert {r.kind for r in every_readout} == set(kinds()), "every registered readout"
    for readout in every_readout:
        path = write_pipeline(tmp_path, readout.kind, readout, 'kind = "learned"')
        stated = readout.model_dump(mode="json", exclude_none=True)
        if learned:
            stated = {"kind": "learned", **readout.circuit()}
        stated["comparator"] = {"noise_mv": 7.0, "offset_mv": 5.0}
        settings = {"readout": stated, "energy.technology": technology}
        base = ss.load_pipeline(path, settings)
        space = space_of(base, tmp_path / "models", ("exposure",))
        called = str(tmp_path / "models" / f"{readout.kind}.npz")
        design = space.chain({"model": called, "exposure": 1.0})
        assert design.readout == base.readout, readout.kind
        key = base.key(0, np.arange(20))
        volts = base.volts(base.dataset.images[:20] / np.float32(255), key)
        np.testing.assert_array_equal(design.scores(volts, key), base.scores(volts, key))
        (tmp_path / "models" / f"{readout.kind}.npz").unlink()


def test_a_design_of_levels_that_the_pipeline_states_keeps_them(tmp_path: Path) -> None:
    trained = Thermometer(thresholds=(0.01, 0.1))
    path = write_pipeline(tmp_path, "own", trained, 'kind = "thermometer"\nthresholds = [0.2, 0.3]')
    space = space_of(ss.load_pipeline(path), tmp_path / "models")
    (design,) = space.first_designs()
    assert space.chain(design).readout.transitions().tolist() == [0.2, 0.3]  # type: ignore[union-attr]
