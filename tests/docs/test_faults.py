"""What docs/faults.md shows works."""

import re
import tomllib
from pathlib import Path

from sensorsim.bnn.activity import _COUNTS
from sensorsim.bnn.faults import Faults
from sensorsim.pipeline.pipeline import load_pipeline

PAGE = (Path(__file__).parents[2] / "docs" / "faults.md").read_text()


def test_example_fits_a_shipped_pipeline() -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    stated = tomllib.loads(text)["network"]["faults"]
    chain = load_pipeline("glt4", {f"network.faults.{k}": v for k, v in stated.items()})
    assert chain.description.network.faults == Faults.model_validate(stated)


def test_page_names_every_field_and_count() -> None:
    for name in [*Faults.model_fields, *_COUNTS]:
        assert f"`{name}`" in PAGE, name
