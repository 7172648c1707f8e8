"""The tree tells the story: one name for one module, packages and no loose files."""

from collections import Counter
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "sensorsim"
PACKAGES = {
    "bnn", "circuits", "cli", "core", "experiments", "kernels", "lab", "optics", "pipeline",
    "plotting", "readout", "scenes", "sensor", "tonemap", "training",
}  # fmt: skip


def test_no_module_has_the_name_of_another() -> None:
    """But for verbs of the command and for what every readout's folder has."""
    stems = Counter(
        path.stem
        for path in PACKAGE.rglob("*.py")
        if path.name != "__init__.py"
        and path.relative_to(PACKAGE).parts[0] != "cli"
        and not (path.relative_to(PACKAGE).parts[0] == "readout" and path.parent.name != "readout")
    )
    assert [stem for stem, count in stems.items() if count > 1] == []


def test_packages_are_those_of_the_design_and_no_file_lies_loose() -> None:
    folders = {p.parent.name for p in PACKAGE.glob("*/__init__.py")}
    assert folders == PACKAGES
    assert {p.name for p in PACKAGE.iterdir() if p.is_file()} == {"__init__.py", "py.typed"}
