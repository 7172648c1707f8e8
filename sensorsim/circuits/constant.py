"""A figure with its spread, its source and its law, and estimates that are formulas over figures.

An estimate keeps the constants that it is made of. So one formula gives the low, typical and high
value, a list of all sources, and a thousand values for a thousand draws of its constants.
"""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from sensorsim.core.description import Description

FloatArray = npt.NDArray[np.float64]

Law = Literal["log-triangular", "triangular", "empirical"]
Rule = Literal["none", "capacitance", "cv2", "gate-energy"]

MEDIAN, HIGH = 50.0, 90.0
"""Percentiles of published values that stand for typical and high."""


class Range(Description):
    """A figure with its spread."""

    low: float = Field(ge=0)
    typical: float = Field(ge=0)
    high: float = Field(ge=0)

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        if not self.low <= self.typical <= self.high:
            raise ValueError(
                f"low {self.low:g}, typical {self.typical:g}, high {self.high:g}: "
                "expected low <= typical <= high"
            )
        return self

    def scaled(self, factor: float) -> "Range":
        """The same spread around another figure.

        Parameters
        ----------
        factor : float
            Factor on low, typical and high.

        Returns
        -------
        Range
            Low, typical and high times the factor.
        """
        return Range(low=self.low * factor, typical=self.typical * factor, high=self.high * factor)


class Constant(Range):
    """One figure of a technology: low, typical and high value with basis and source.

    Every constant is defined so that a larger value means more energy: the low values of all
    constants together give the low estimate.
    """

    unit: str
    source: str = Field(min_length=10, description="Where it was published, or why it is assumed.")
    basis: Literal["published", "derived", "assumed", "stated"] = Field(
        description="published: the source says it; derived: computed from what it says; assumed: "
        "chosen here, for the reason that the source gives; stated: by the designer."
    )
    verified: bool = Field(
        False, description="Whether the source itself was read, not a copy of its figure."
    )
    law: Law = Field(
        "log-triangular",
        description="How it is drawn: triangular in its logarithm, triangular, or as the values of "
        "its percentiles (empirical).",
    )
    percentiles: tuple[float, ...] = Field(
        (), description="Of what was published, ascending from 0 to 100, if the law is empirical."
    )
    values: tuple[float, ...] = Field((), description="At those percentiles.")
    scaling: Rule = Field("none", description="How it follows the node: see scaling.py.")
    node_nm: float | None = Field(None, gt=0, description="Node at which it holds, if it scales.")
    supply_v: float | None = Field(None, gt=0, description="Supply at which it holds.")
    size_bits: float | None = Field(
        None, gt=0, description="Size at which it holds, if it is a memory's."
    )
    id: str = Field("", description="section.field: the address of its draws.")
    origin: str = Field("", description="The file that it was read from.")
    overrides: bool = Field(False, description="Whether it replaces a figure of the base file.")

    @model_validator(mode="before")
    @classmethod
    def _median_is_typical(cls, raw: Any) -> Any:
        """Of published values typical is the median, high the 90th percentile, low the least."""
        if not isinstance(raw, dict) or not (raw.get("percentiles") or raw.get("values")):
            return raw
        percentiles, values = raw.get("percentiles", ()), raw.get("values", ())
        _check_distribution(percentiles, values)
        if stated := [end for end in ("typical", "high") if end in raw]:
            raise ValueError(f"{stated[0]} beside percentiles, from which it follows: leave it out")
        typical, high = np.exp(np.interp((MEDIAN, HIGH), percentiles, np.log(values)))
        found = {"low": values[0], "typical": float(typical), "high": float(high)}
        return found | {"law": "empirical"} | raw

    @model_validator(mode="after")
    def _law_has_its_figures(self) -> Self:
        if (self.law == "empirical") != bool(self.percentiles):
            raise ValueError(
                f"law {self.law!r} with {len(self.percentiles)} percentiles: expected percentiles "
                "and values of law 'empirical', and of no other"
            )
        return self

    @model_validator(mode="after")
    def _logarithm_exists(self) -> Self:
        if self.law == "log-triangular" and self.low == 0:
            raise ValueError("low 0 has no logarithm: expected more, or law = 'triangular'")
        return self

    @model_validator(mode="after")
    def _scales_from_somewhere(self) -> Self:
        if self.scaling != "none" and self.node_nm is None:
            raise ValueError(f"scaling {self.scaling!r}: expected node_nm beside it")
        if self.scaling in ("cv2", "gate-energy") and self.supply_v is None:
            raise ValueError(f"scaling {self.scaling!r}: expected supply_v beside it")
        return self

    def times(self, factor: float, why: str) -> "Constant":
        """The same constant around another figure; ``why`` is added to its source.

        Parameters
        ----------
        factor : float
            Factor on low, typical and high.
        why : str
            Added to the source.

        Returns
        -------
        Constant
            Low, typical and high times the factor.
        """
        changed = self.scaled(factor).model_dump() | {"source": f"{self.source}{why}"}
        changed["values"] = tuple(v * factor for v in self.values)
        return self.model_copy(update=changed)


def _check_distribution(percentiles: Any, values: Any) -> None:
    """As many values as percentiles, ascending, positive."""
    lists = (percentiles, values)
    if not all(isinstance(x, list | tuple) and set(map(type, x)) <= {int, float} for x in lists):
        raise ValueError("percentiles and values: expected two lists of numbers")
    if len(percentiles) != len(values) or len(values) < 2:
        raise ValueError(
            f"{len(values)} values for {len(percentiles)} percentiles; expected as many of one as "
            "of the other, and at least two"
        )
    if (np.diff(percentiles) <= 0).any() or (percentiles[0], percentiles[-1]) != (0, 100):
        raise ValueError(f"percentiles {list(percentiles)}: expected ascending, from 0 to 100")
    if not values[0] > 0 or not (np.diff(values) >= 0).all() or not np.isfinite(values[-1]):
        raise ValueError(f"values {list(values)}: expected positive values that do not descend")


def stated(
    id_: str, value: float, unit: str, source: str, origin: str = "the pipeline"
) -> Constant:
    """A figure that the designer states, without a spread.

    Parameters
    ----------
    id_ : str
        Address, like "link.via_ff".
    value : float
        The figure, in ``unit``.
    unit : str
        Unit, like "fF".
    source : str
        Where it comes from.
    origin : str
        What stated it.

    Returns
    -------
    Constant
        Low, typical and high alike.
    """
    return Constant(
        low=value, typical=value, high=value, unit=unit, source=source, basis="stated",
        verified=True, law="triangular", id=id_, origin=origin,
    )  # fmt: skip


def measured(id_: str, value: float, unit: str, source: str) -> Constant:
    """A figure that this program measured, without a spread.

    Parameters
    ----------
    id_ : str
        Address, like "link.via_ff".
    value : float
        The figure, in ``unit``.
    unit : str
        Unit, like "fF".
    source : str
        Where it comes from.

    Returns
    -------
    Constant
        Low, typical and high alike.
    """
    return stated(id_, value, unit, source, "measured").model_copy(update={"basis": "derived"})


@dataclass(frozen=True)
class Estimate:
    """A quantity as a formula over constants.

    Attributes
    ----------
    constants : tuple of Constant
        Arguments of the formula.
    formula : callable
        Takes the constants' values in their order, numbers or arrays of draws, and must not fall
        when one of them rises.
    """

    constants: tuple[Constant, ...]
    formula: Callable[..., Any]

    @classmethod
    def over(cls, formula: Callable[..., Any], *parts: "Estimate | Constant") -> "Estimate":
        """A formula over estimates and constants, in their order.

        Parameters
        ----------
        formula : callable
            Takes a value for each part, float or float64 [draws].
        *parts : Estimate or Constant
            What the formula takes, in its order.

        Returns
        -------
        Estimate
            Made of the constants of all parts.
        """
        estimates = [p if isinstance(p, Estimate) else cls((p,), lambda v: v) for p in parts]
        ends = list(itertools.accumulate(len(e.constants) for e in estimates))

        def whole(*values: Any) -> Any:
            starts = [0, *ends[:-1]]
            return formula(
                *(e.formula(*values[a:b]) for e, a, b in zip(estimates, starts, ends, strict=True))
            )

        return cls(tuple(c for e in estimates for c in e.constants), whole)

    def at(self, values: Mapping[str, Any]) -> Any:
        """The quantity for given values of its constants, by id.

        Parameters
        ----------
        values : mapping of str to float or float64 [draws]
            Value of each constant, by its id.

        Returns
        -------
        float or float64 [draws]
            The quantity, in its unit.
        """
        return self.formula(*(values[c.id] for c in self.constants))

    @property
    def range(self) -> Range:
        """The quantity with all constants low, typical and high.

        Returns
        -------
        Range
            In the unit of the quantity.
        """
        return Range(
            low=float(self.formula(*(c.low for c in self.constants))),
            typical=float(self.formula(*(c.typical for c in self.constants))),
            high=float(self.formula(*(c.high for c in self.constants))),
        )

    @property
    def source(self) -> str:
        """The sources of all constants, each once.

        Returns
        -------
        str
            Separated by semicolons.
        """
        return "; ".join(dict.fromkeys(c.source for c in self.constants))
