"""Mistakes in a description, in words of the file."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, TypeAdapter, ValidationError

from sensorsim.core.description import Description
from sensorsim.core.explain import explain


class Gamma(Description):
    """A part whose field has the name of its kind."""

    kind: Literal["gamma"] = "gamma"
    gamma: float = Field(1.0, gt=0)


class Line(Description):
    """Another part."""

    kind: Literal["line"] = "line"


class Whole(Description):
    """A description with parts, lists and a union without kinds."""

    bits: int = Field(ge=1, le=14)
    curve: Annotated[Gamma | Line, Field(discriminator="kind")] = Line()
    efficiency: Annotated[float, Field(gt=0, le=1)] | Gamma = 0.5
    blocks: tuple[Gamma, ...] = Field((Gamma(),), min_length=1)


def mistakes(**stated: Any) -> str:
    with pytest.raises(ValidationError) as raised:
        TypeAdapter(Whole).validate_python({"bits": 8} | stated)
    return str(explain("my.toml", raised.value, Whole))


@pytest.mark.parametrize(
    ("stated", "words"),
    [
        ({"bits": 99}, "my.toml: bits: expected a value less than or equal to 14 (got 99)"),
        ({"bitz": 3}, "my.toml: bitz: no such field; did you mean 'bits'?"),
        ({"xyz": 3}, "xyz: no such field; expected one of bits, blocks, curve, efficiency"),
        ({"curve": {"kind": "gamma", "gama": 2}}, "curve.gama: no such field; did you mean 'gam"),
        ({"curve": {"kind": "gamma", "gamma": -2}}, "curve.gamma: expected a value greater than 0"),
        ({"curve": {"kind": "lin"}}, "curve.kind 'lin': no such kind; did you mean 'line'?"),
        ({"curve": {"gamma": 2}}, "curve: state its kind beside the other fields"),
        ({"efficiency": 2}, "l: efficiency: expected a value less than or equal to 1 (got 2)"),
        ({"efficiency": {"gama": 2}}, "efficiency.gama: no such field; did you mean 'gamma'?"),
        ({"efficiency": "x"}, "efficiency 'x': expected a number, not a string"),
        ({"blocks": [{"gamma": 0}]}, "my.toml: blocks[0].gamma: expected a value greater than 0"),
        ({"blocks": []}, "blocks: expected at least 1 item"),
        ({"blocks": 5}, "blocks: expected a list (got 5)"),
    ],
)
def test_place_expectation_and_value_are_said(stated: dict[str, Any], words: str) -> None:
    found = mistakes(**stated)
    assert words in found
    internals = ("function-", "[Gamma]", "constrained", "Tuple", "Input")
    assert not any(word in found for word in internals)


def test_all_mistakes_are_listed_one_on_each_line() -> None:
    lines = mistakes(bits=0, bitz=1, curve={"kind": "gamma", "gamma": 0}).splitlines()
    assert lines[0] == "my.toml: 3 mistakes"
    assert len(lines) == 4


def test_a_long_value_is_cut() -> None:
    assert len(mistakes(blocks="x" * 5000)) < 300


def test_own_words_replace_the_usual_ones() -> None:
    with pytest.raises(ValidationError) as raised:
        TypeAdapter(Whole).validate_python({})
    assert str(explain("a", raised.value, Whole, lambda place, _: f"{place}!")) == "a: bits!"
