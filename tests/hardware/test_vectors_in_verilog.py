"""Golden vectors, held against a layer in Verilog that Icarus Verilog runs."""

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from networks import draw_model, draw_words

from sensorsim.bnn.layers import Convolution, Threshold
from sensorsim.bnn.layerwise import observe
from sensorsim.bnn.model import Model
from sensorsim.bnn.model_file import load_model
from sensorsim.bnn.vectors import random_words, write_vectors
from sensorsim.core import resources

HERE = Path(__file__).parent

pytestmark = pytest.mark.skipif(
    shutil.which("iverilog") is None,
    reason="Icarus Verilog is not installed (Debian package iverilog)",
)


class Bench:
    """Runs the layers of a folder of vectors for which there is Verilog.

    ``mutations`` replace texts of the design, to see that the bench objects.
    """

    def __init__(self, folder: Path, *mutations: tuple[str, str]) -> None:
        self.folder = folder
        self.mutations = mutations
        self.manifest = json.loads((folder / "manifest.json").read_text())
        self.layers = {layer["place"]: layer for layer in self.manifest["layers"]}

    def places(self) -> list[str]:
        """Convolutions and dense layers with a threshold behind them, and pools."""
        return [
            place
            for place, layer in self.layers.items()
            if layer["kind"] == "max-pool"
            or (layer["kind"] in ("convolution", "dense") and self.threshold_of(place))
        ]

    def threshold_of(self, place: str) -> dict[str, Any] | None:
        reading = [x for x in self.layers.values() if x["reads"] == [place]]
        return reading[0] if reading and reading[0]["kind"] == "threshold" else None

    def run(self, place: str) -> str:
        layer, image = self.layers[place], self.manifest["images"][0]
        source = layer["reads"][0]
        read = image["input"] if source == "input" else image["layers"][source]
        given = image["layers"][place]
        shape = {k.upper(): layer["input"][k] for k in ("height", "width", "channels")}
        if layer["kind"] == "max-pool":
            files = {"input": read, "bits": given}
            return self._simulate("pool_bench", "or_pool", shape | {"SIZE": layer["size"]}, files)
        threshold = self.threshold_of(place)
        assert threshold is not None
        convolution = layer["kind"] == "convolution"
        numbers = {
            "PLANES": layer["input"]["planes"],
            "KERNEL_HEIGHT": layer["kernel"] if convolution else layer["input"]["height"],
            "KERNEL_WIDTH": layer["kernel"] if convolution else layer["input"]["width"],
            "STRIDE": layer["stride"] if convolution else 1,
            "PADDING": layer["padding"] if convolution else 0,
            "GROUPS": layer["groups"] if convolution else 1,
            "OUTPUTS": layer["outputs"],
            "SUM_BITS": given["word_bits"],
        }
        files = {**layer["memories"], **threshold["memories"], "input": read, "sums": given,
                 "bits": image["layers"][threshold["place"]]}  # fmt: skip
        return self._simulate("layer_bench", "xnor_layer", shape | numbers, files)

    def _simulate(
        self, bench: str, design: str, numbers: dict[str, int], files: dict[str, Any]
    ) -> str:
        program = self.folder / f"{bench}.vvp"
        parameters = [f"-P{bench}.{k}={v}" for k, v in numbers.items()]
        text = (HERE / f"{design}.v").read_text()
        for old, new in self.mutations:
            assert old in text
            text = text.replace(old, new)
        source = self.folder / f"{design}.v"
        source.write_text(text)
        made = subprocess.run(
            ["iverilog", "-g2005", "-Wall", "-Wno-timescale", *parameters, "-o", program,
             HERE / f"{bench}.v", source], capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (made.returncode, made.stderr) == (0, ""), made.stderr
        plusargs = [f"+{name}={self.folder / file['file']}" for name, file in files.items()]
        done = subprocess.run(["vvp", program, *plusargs], capture_output=True, text=True,
                              check=True)  # fmt: skip
        assert "WARNING" not in done.stdout + done.stderr, done.stdout
        return done.stdout.strip()


def bench_of(model: Model, words: np.ndarray, folder: Path) -> Bench:
    write_vectors(model, words, range(len(words)), folder, {})
    return Bench(folder)


@pytest.mark.parametrize("seed", [2, 3, 10, 32])
def test_random_networks_agree_in_every_bit(seed: int, tmp_path: Path) -> None:
    """Groups, strides, padding, planes of an ADC, dense layers, falling and constant channels."""
    model = draw_model(seed)
    bench = bench_of(model, draw_words(model, 1, seed), tmp_path / "v")
    places = bench.places()
    assert places
    for place in places:
        assert bench.run(place).startswith("PASS"), place


def test_drawn_networks_cover_what_layers_can_be() -> None:
    steps = [s for seed in (2, 3, 10, 32) for s in draw_model(seed).steps]
    convolutions = [s for s in steps if isinstance(s.layer, Convolution)]
    assert {s.layer.stride for s in convolutions} >= {1, 2}
    assert {s.layer.padding for s in convolutions} >= {0, 1, 2}
    assert {s.layer.groups for s in convolutions} >= {1, 2, 3}
    assert {s.before.planes for s in convolutions} >= {1, 2}
    assert {s.layer.kind for s in steps} >= {"dense", "max-pool"}
    thresholds = [s for s in steps if isinstance(s.layer, Threshold)]
    assert any(not s.layer.rising.all() for s in thresholds)
    assert any((abs(s.layer.levels) > s.before.max_accumulator).any() for s in thresholds)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "places"), [("fashion-mnist/glt-4", "02"), ("cifar10/glt-8", "024")]
)
def test_shipped_network_agrees_in_every_bit(name: str, places: str, tmp_path: Path) -> None:
    """Of CIFAR-10's the first layers: stride 2, two groups, a pool."""
    model = load_model(resources.data("models", f"{name}.npz"))
    bench = bench_of(model, random_words(model, [0], 0), tmp_path / "v")
    for place in places:
        assert bench.run(place).startswith("PASS"), place


TURNS = (("reg [31:0] row,", "reg [31:0] turn, row,"), ("row <= 0;", "row <= 0; turn <= 0;"))
MUTANTS = {
    "a tie of a rising channel gives -1": [("sum >= level", "sum > level")],
    "a tie of a falling channel gives -1": [("sum <= level", "sum < level")],
    "all channels rise": [("rising[0][output_number] ?", "1 ?")],
    "XOR for XNOR": [("~^", "^")],
    "padding of +1": [("+: SHARE] = 0", "+: SHARE] = {SHARE{1'b1}}")],
    "one group reads for all": [("[group * SHARE +: SHARE]", "[0 +: SHARE]")],
    "planes weigh the same": [("<<< plane", "<<< 0")],
    "rows never advance": [
        *TURNS,
        ("row <= row + 1;", "turn <= turn + 1;"),
        ("row + 1 < OUT_HEIGHT", "turn + 1 < OUT_HEIGHT"),
    ],
    "nothing is computed but channel 0 of pixel 0": [
        *TURNS,
        ("output_number <= output_number + 1;", "turn <= turn + 1;"),
        ("output_number + 1 < OUTPUTS", "turn + 1 < OUTPUTS * OUT_HEIGHT * OUT_WIDTH"),
        ("column + 1 < OUT_WIDTH", "0"),
        ("row + 1 < OUT_HEIGHT", "0"),
    ],
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_bench_objects_to_another_layer(mutant: str, tmp_path: Path) -> None:
    model = draw_model(32)
    words = draw_words(model, 1)
    sums = next(observe(model, words)).accumulators
    # The sums of the first pixel as levels: there every channel ties.
    levels = replace(model.layers[1], levels=sums[0, 0, 0])
    model = replace(model, layers=(model.layers[0], levels, *model.layers[2:]))
    bench_of(model, words, tmp_path / "v")
    assert Bench(tmp_path / "v").run("0").startswith("PASS")
    assert Bench(tmp_path / "v", *MUTANTS[mutant]).run("0").startswith("FAIL")


@pytest.mark.parametrize(
    "mutations",
    [
        [("any | pixels", "any ^ pixels")],
        [("next / OUT_WIDTH", "0"), ("next % OUT_WIDTH", "0"), ("pixel <= next", "pixel <= 0")],
    ],
)
def test_bench_objects_to_another_pool(
    mutations: list[tuple[str, str]], model: Model, tmp_path: Path
) -> None:
    bench_of(model, draw_words(model, 1), tmp_path / "v")
    assert Bench(tmp_path / "v", *mutations).run("2").startswith("FAIL")


@pytest.mark.parametrize("suffix", ["layer0.weights", "layer1.levels", "layer1.rising",
                                    "image0.input", "image0.layer0", "image0.layer1"])  # fmt: skip
def test_bench_objects_to_a_damaged_vector(suffix: str, model: Model, tmp_path: Path) -> None:
    bench = bench_of(model, draw_words(model, 1), tmp_path / "v")
    assert bench.run("0").startswith("PASS")
    (file,) = bench.folder.glob(f"{suffix}.hex")
    first, *rest = file.read_text().split()
    width = 4 * len(first)
    # The last digit of a level may have to move it over a sum: all its bits but the sign.
    flip = 2 ** (width - 2) - 1 if suffix.endswith("levels") else 1
    file.write_text("\n".join([f"{int(first, 16) ^ flip:0{width // 4}x}", *rest]) + "\n")
    assert bench.run("0").startswith("FAIL")
