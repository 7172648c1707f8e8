"""Golden vectors, held against a layer in Verilog that Icarus Verilog runs."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from networks import draw_model, draw_words

from sensorsim import resources
from sensorsim.bnn.file import load_model
from sensorsim.bnn.model import Model
from sensorsim.bnn.vectors import random_words, write_vectors

HERE = Path(__file__).parent

pytestmark = pytest.mark.skipif(
    shutil.which("iverilog") is None,
    reason="Icarus Verilog is not installed (Debian package iverilog)",
)


class Bench:
    """Runs every layer of a folder of vectors for which there is Verilog."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest = json.loads((folder / "manifest.json").read_text())
        self.layers = {layer["place"]: layer for layer in self.manifest["layers"]}

    def places(self) -> list[str]:
        """Convolutions and dense layers with a threshold behind them, and pools."""
        return [p for p, layer in self.layers.items() if layer["kind"] == "max-pool"
                or (layer["kind"] in ("convolution", "dense") and self.threshold_of(p))]  # fmt: skip

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
        sources = [HERE / f"{bench}.v", HERE / f"{design}.v"]
        subprocess.run(["iverilog", "-g2005", "-Wall", "-Wno-timescale", *parameters,
                        "-o", program, *sources], check=True)  # fmt: skip
        plusargs = [f"+{name}={self.folder / file['file']}" for name, file in files.items()]
        done = subprocess.run(["vvp", program, *plusargs], capture_output=True, text=True,
                              check=True)  # fmt: skip
        assert "WARNING" not in done.stdout + done.stderr, done.stdout
        return done.stdout.strip()


def bench_of(model: Model, words: np.ndarray, folder: Path) -> Bench:
    write_vectors(model, words, range(len(words)), folder, {})
    return Bench(folder)


@pytest.mark.parametrize("seed", [2, 3, 10, 14])
def test_random_networks_agree_in_every_bit(seed: int, tmp_path: Path) -> None:
    model = draw_model(seed)
    bench = bench_of(model, draw_words(model, 1, seed), tmp_path / "v")
    for place in bench.places():
        assert bench.run(place).startswith("PASS"), place
