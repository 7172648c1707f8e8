"""The verbs ``export`` and ``import``: what they write, and how they refuse."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from exchanged import inputs, run_onnx
from networks import draw_words

import sensorsim as ss
from sensorsim.bnn import simulator
from sensorsim.bnn.model_file import find_model, load_model
from sensorsim.cli import main
from sensorsim.core import resources

GRAPHS = Path(__file__).parents[1] / "bnn" / "exchange" / "graphs"


def sensorsim(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sensorsim.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_what_was_exported_comes_back(tmp_path: Path) -> None:
    plain, qonnx, out = (tmp_path / name for name in ("a.onnx", "q.onnx", "m.npz"))
    done = sensorsim("export", "fashion-mnist/glt-2", "--onnx", plain, "--qonnx", qonnx)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    done = sensorsim("import", qonnx, "--out", out)
    assert done.returncode == 0, done.stderr
    assert "thermometer" in done.stdout
    model, back = load_model(find_model("fashion-mnist/glt-2")), load_model(out)
    words = draw_words(model, 3)
    expected = simulator.scores(model, words)
    np.testing.assert_array_equal(simulator.scores(back, words), expected)
    np.testing.assert_array_equal(run_onnx(onnx.load(plain), inputs(model, words)), expected)
    assert back.training == model.training
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.onnx", "m.npz", "q.onnx"]


def test_brevitas_export_becomes_a_model_of_a_pipelines_readout(tmp_path: Path) -> None:
    out = tmp_path / "m.npz"
    done = sensorsim("import", GRAPHS / "brevitas.onnx", "--readout", "glt2",
                     "--classes", "a,b,c", "--out", out)  # fmt: skip
    assert done.returncode == 0, done.stderr
    model = load_model(out)
    assert model.readout.thresholds == ss.load_pipeline("glt2").readout.thresholds
    assert model.class_names == ("a", "b", "c")
    assert model.training.command.startswith("sensorsim import")


def test_vectors_of_test_images_decide_as_the_run_does(tmp_path: Path) -> None:
    folder = tmp_path / "v"
    done = sensorsim("export", "fashion-mnist/glt-2", "--vectors", folder, "--pipeline", "glt2",
                     "--image-index", "3,17", "--seed", "5")  # fmt: skip
    assert done.returncode == 0, done.stderr
    manifest = json.loads((folder / "manifest.json").read_text())
    decisions = ss.load_pipeline("glt2").run(18, 5)["decision"].values
    assert [i["image"] for i in manifest["images"]] == [3, 17]
    assert [i["decision"] for i in manifest["images"]] == decisions[[3, 17]].tolist()
    assert manifest["provenance"]["seed"] == 5


def test_vectors_of_a_network_with_faults_are_refused(tmp_path: Path) -> None:
    pipeline = tmp_path / "faulty.toml"
    clean = (resources.pipelines() / "glt2.toml").read_text()
    pipeline.write_text(clean + "\n[network.faults]\nactivation_flip_rate = 0.05\n")
    done = sensorsim("export", "fashion-mnist/glt-2", "--vectors", tmp_path / "v",
                     "--pipeline", pipeline)  # fmt: skip
    assert done.returncode == 2
    assert "[network.faults]" in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["faulty.toml"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("export", "nowhere", "--onnx", "x.onnx"), "nowhere"),
        (("export", "fashion-mnist/glt-2"), "--vectors DIR"),
        (("export", "fashion-mnist/glt-2", "--onnx", "/nowhere/x.onnx"), "/nowhere"),
        (("export", "fashion-mnist/glt-2", "--vectors", "/nowhere/v"), "/nowhere"),
        (("export", "fashion-mnist/glt-2", "--vectors", "{}/v", "--pipeline", "adc4"), "planes"),
        (("export", "fashion-mnist/glt-2", "--vectors", "{}/v", "--images", "2",
          "--image-index", "3"), "--image-index"),
        (("export", "fashion-mnist/glt-2", "--vectors", "{}/v", "--image-index", "-1"),
         "--image-index"),
        (("export", "fashion-mnist/glt-2", "--vectors", "{}/v", "--pipeline", "glt2",
          "--image-index", "10000"), "10000"),
        (("import", "nowhere.onnx", "--out", "{}/m.npz"), "nowhere.onnx"),
        (("import", GRAPHS / "brevitas.onnx", "--out", "/nowhere/m.npz"), "/nowhere"),
        (("import", GRAPHS / "brevitas.onnx", "--out", "{}/m.npz"), "--readout"),
        (("import", GRAPHS / "brevitas.onnx", "--out", "{}/m.npz", "--readout", "glt2"),
         "--classes"),
        (("import", GRAPHS / "brevitas.onnx", "--out", "{}/m.npz", "--readout", "glt4",
          "--classes", "a,b,c"), "does not fit the readout"),
    ],
)  # fmt: skip
def test_wrong_input_ends_with_status_2_and_names_it(
    arguments: tuple[str | Path, ...],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["sensorsim", *(str(a).format(tmp_path) for a in arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capsys.readouterr()
    assert (ended.value.code, out) == (2, "")
    assert words in err
    assert list(tmp_path.iterdir()) == []


def test_export_without_onnx_says_what_to_install(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['onnx'] = None; from sensorsim.cli import main; "
        f"sys.argv = ['sensorsim', 'export', 'fashion-mnist/glt-2', '--onnx', '{tmp_path}/x']; "
        "main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "sensorsim[exchange]" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_what_the_document_shows_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (Path(__file__).parents[2] / "docs" / "exchange.md").read_text()
    commands = [line.split() for line in text.splitlines() if line.startswith("    sensorsim ")]
    assert len(commands) == 4
    shutil.copy(GRAPHS / "brevitas.onnx", tmp_path / "mine.onnx")
    monkeypatch.chdir(tmp_path)
    for command in commands:
        monkeypatch.setattr(sys, "argv", command)
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 0, command
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    exec(code, {})
    assert load_model("mine.npz").class_names == ("cat", "dog", "none")
