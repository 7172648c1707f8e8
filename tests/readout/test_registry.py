"""Readouts are found by their kind; what cannot be one is one clear error."""

from importlib.metadata import EntryPoint
from typing import Any, ClassVar, Literal

import numpy as np
import pytest

import sensorsim as ss
from sensorsim.circuits.comparator import Comparator
from sensorsim.circuits.constant import Estimate
from sensorsim.core.errors import InputError
from sensorsim.readout import Readout, kinds, register, registry, unregister


class Lazy(Readout):
    """States a kind and nothing else."""

    kind: Literal["lazy"] = "lazy"


class Constant(Readout):
    """A readout whose samples are all the same."""

    kind: Literal["constant"] = "constant"
    comparator: Comparator = Comparator()
    code_words: ClassVar[str] = "nothing"
    level_fields: ClassVar[tuple[str, ...]] = ()
    levels: ClassVar[int] = 1
    bits_per_sample: ClassVar[int] = 1
    stored_bits: ClassVar[int] = 0

    def convert(self, volts: Any, full_scale_v: float, key: Any) -> Any:
        return np.ones(volts.shape, np.uint32)

    def words(self, learned: bool = False) -> str:
        return "constant"

    def shown(self, codes: Any) -> Any:
        return codes.astype(float)

    def conversion_us(self, timing: Any) -> Estimate:
        return Estimate((), lambda: 0.0)

    def rows(self, settings: Any, technology: Any, array: Any, enob: Any = None) -> list[Any]:
        return []


class Unseen(Constant):
    """A readout without gray values of its codes."""

    kind: Literal["unseen"] = "unseen"
    shown = Readout.shown


class Misspelled(Constant):
    kind: Literal["misspelled"] = "misspelled"
    level_fields: ClassVar[tuple[str, ...]] = ("treshold",)


class Taken(Constant):
    kind: Literal["adc"] = "adc"


class TwoKinds(Constant):
    kind: Literal["one", "two"] = "one"


def test_a_readout_that_lacks_members_is_named_with_them() -> None:
    with pytest.raises(InputError, match=r"lazy-package: readout Lazy lacks comparator.*convert"):
        register(Lazy, "lazy-package")
    assert "lazy" not in kinds()


def test_codes_that_are_no_numbers_need_a_gray_value() -> None:
    with pytest.raises(InputError, match="readout Unseen lacks shown or digital_numbers;"):
        register(Unseen, "mine")


def test_the_fields_that_a_model_gives_must_be_stated_and_exist() -> None:
    with pytest.raises(InputError, match=r"lazy-package: readout Lazy lacks .*level_fields"):
        register(Lazy, "lazy-package")
    with pytest.raises(InputError, match=r"level_fields treshold: no such field; expected .*kind"):
        register(Misspelled, "mine")


def test_a_kind_that_is_not_registered_cannot_be_removed() -> None:
    with pytest.raises(InputError, match=r"'termometer': not registered.*mean 'thermometer'"):
        unregister("termometer")


def test_a_kind_that_is_taken_is_named_with_its_owner() -> None:
    with pytest.raises(InputError, match=r"mine: readout Taken: kind 'adc' is taken by sensorsim"):
        register(Taken, "mine")


def test_a_kind_is_one_name() -> None:
    with pytest.raises(InputError, match=r"mine: readout TwoKinds: kind .* Literal of one name"):
        register(TwoKinds, "mine")


@pytest.mark.parametrize("thing", [int, 3, Comparator])
def test_what_is_no_readout_raises(thing: Any) -> None:
    with pytest.raises(InputError, match="no subclass"):
        register(thing, "mine")


def test_a_package_that_cannot_be_imported_is_one_error(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = EntryPoint("pwm", "package_that_is_not_there:Pwm", registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [broken])
    with pytest.raises(InputError, match=r"package_that_is_not_there.*cannot be imported"):
        registry.load_entry_points()


def test_a_registered_readout_is_stated_by_pipelines_and_in_the_schema() -> None:
    from sensorsim.pipeline.configuration import PipelineDescription

    with pytest.raises(ss.InputError, match="expected one of"):
        ss.load_pipeline("glt1", {"readout": {"kind": "constant"}})
    register(Constant, "tests")
    try:
        pipe = ss.load_pipeline("glt1", {"readout": {"kind": "constant"}})
        assert pipe.run(20)["bits_per_sample"] == 1
        schema = PipelineDescription.model_json_schema()
        assert "Constant" in schema["$defs"]
    finally:
        unregister("constant")
    assert "Constant" not in PipelineDescription.model_json_schema()["$defs"]


def test_choices_of_a_registered_readout_are_searched() -> None:
    pytest.importorskip("optuna")
    from sensorsim.experiments.optimize.space import variables

    class Chosen(Constant):
        kind: Literal["chosen"] = "chosen"
        choices: ClassVar[dict[str, tuple[str, ...]]] = {"gain": ("low", "high")}

    assert "gain" not in variables()
    register(Chosen, "tests")
    try:
        assert "gain" in variables()
    finally:
        unregister("chosen")


@pytest.mark.parametrize(
    ("kind", "words"),
    [("termometer", "did you mean 'thermometer'"), ("log_gradient", "did you mean 'log-gradient'"),
     ("nothing", "'adc', 'log-gradient', 'thermometer', 'learned'")],
)  # fmt: skip
def test_unknown_kind_names_the_known_and_the_nearest(kind: str, words: str) -> None:
    with pytest.raises(ss.InputError, match=rf"readout\.kind '{kind}': expected one of .*{words}"):
        ss.load_pipeline("glt4", {"readout": {"kind": kind}})
