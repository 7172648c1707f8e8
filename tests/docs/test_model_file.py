"""The reader that docs/model_file.md shows reads what the program reads."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sensorsim.bnn import layerwise
from sensorsim.bnn.model_file import _ARRAYS, VERSION, load_model
from sensorsim.core import resources
from sensorsim.core.bits import pack, unpack

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "model_file.md").read_text()


def test_reader_without_the_program_computes_a_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert "sensorsim." not in code
    monkeypatch.chdir(ROOT)
    found: dict[str, Any] = {}
    exec(code, found)
    model = load_model(resources.data("models", "fashion-mnist", "glt-4.npz"))
    words = pack(found["image"].astype(np.uint8))[np.newaxis, np.newaxis]
    first, second, *_ = layerwise.observe(model, words)
    np.testing.assert_array_equal(found["accumulators"], first.accumulators[0])
    np.testing.assert_array_equal(found["activations"], unpack(second.words[0], 48))


def test_page_knows_every_kind_of_layer_and_the_version() -> None:
    for kind, arrays in _ARRAYS.items():
        (row,) = re.findall(rf"^\| `{kind}` \|.*$", PAGE, re.MULTILINE)
        for name, dtype in arrays.items():
            assert f"`{name}`" in row
            assert f"`{dtype}`".replace("|", r"\|") in row
    assert f"| `version` | `{VERSION}`" in PAGE
