"""Every tone curve inside a pipeline: JSON schema, TOML and back, and how mistakes are named."""

import json
import tomllib
from typing import Any

import pytest

from sensorsim.core.errors import InputError
from sensorsim.pipeline.configuration import PipelineDescription, change
from sensorsim.readout import Adc
from sensorsim.tonemap import (
    CURVE_KINDS,
    Bt709,
    Curve,
    Drago,
    Gamma,
    Linear,
    Log,
    NakaRushton,
    PiecewiseLinear,
    Pq,
    Reinhard,
    Srgb,
    curve_of,
)

CURVES: list[Any] = [
    Linear(), Gamma(gamma=1.8), Srgb(), Bt709(), Log(mu=100), Reinhard(key=30), Pq(peak_cd_m2=1000),
    NakaRushton(exponent=0.74, semisaturation=0.02), Drago(bias=0.9, max_luminance=1e5),
    curve_of([1e-5, 0.1 + 0.2, 1 / 3]),
]  # fmt: skip


def pipeline(curve: Any) -> PipelineDescription:
    return PipelineDescription.model_validate(
        {
            "readout": Adc(bits=2, tone_curve=curve),
            "network": {"model": "m"},
            "energy": {
                "technology": "survey", "link_pj_per_bit": 0.5, "frame_rate_hz": 30.0,
                "static_power_uw": 0.0,
            },
        }
    )  # fmt: skip


def test_every_kind_is_tried_here() -> None:
    assert {c.kind for c in CURVES} == CURVE_KINDS
    assert len(CURVE_KINDS) == len(Curve.__subclasses__()) == 10


@pytest.mark.parametrize("curve", CURVES)
def test_curve_survives_json_and_toml(curve: Curve) -> None:
    whole = pipeline(curve)
    assert PipelineDescription.model_validate_json(whole.model_dump_json()) == whole
    fields = "\n".join(f"{k} = {json.dumps(v)}" for k, v in curve.model_dump(mode="json").items())
    raw = json.loads(whole.model_dump_json())
    raw["readout"]["tone_curve"] = tomllib.loads(f"[readout.tone_curve]\n{fields}")["readout"][
        "tone_curve"
    ]
    again = PipelineDescription.model_validate(raw)
    assert again == whole
    assert isinstance(again.readout, Adc)
    assert again.readout.tone_curve == curve
    assert type(again.readout.tone_curve) is type(curve)


def test_schema_lists_every_curve_with_its_fields_explained() -> None:
    schema = PipelineDescription.model_json_schema()
    choice = schema["$defs"]["Adc"]["properties"]["tone_curve"]["discriminator"]["mapping"]
    assert set(choice) == CURVE_KINDS
    for reference in choice.values():
        fields = schema["$defs"][reference.rsplit("/", 1)[1]]["properties"]
        assert all("description" in f for name, f in fields.items() if name != "kind")


@pytest.mark.parametrize(
    ("curve", "message"),
    [
        ({"kind": "gamma", "gamma": 0.5}, r"readout\.tone_curve\.gamma 0\.5: expected .* to 10"),
        ({"kind": "pq", "peak": 5}, r"readout\.tone_curve\.peak: no such field"),
        ({"kind": "naka-rushton", "exponent": 9}, r"readout\.tone_curve\.exponent 9: "),
        ({"kind": "drago", "bias": 0.6}, r"readout\.tone_curve: drago with bias 0\.6 and"),
        ({"kind": "piecewise-linear", "x": [0, 1]}, r"readout\.tone_curve\.y: is missing"),
        ({"kind": "piecewise-linear", "x": [0, 2], "y": [0, 1]}, r"x goes from 0\.0 to 2\.0"),
        ({"kind": "filmic"}, r"readout\.tone_curve\.kind 'filmic': "),
    ],
)
def test_mistakes_are_named_by_their_field(curve: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        change(pipeline(Linear()), {"readout.tone_curve": curve})


def test_knots_can_be_lists() -> None:
    curve = PiecewiseLinear.model_validate({"x": [0, 0.5, 1], "y": [0, 0.75, 1]})
    assert curve.apply(0.25) == 0.375
