"""The energy ledger of one frame: count, price and source of every component."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from sensorsim.circuits.constant import Constant, Estimate, Range
from sensorsim.core.errors import InputError

STAGES = ("pixel", "readout", "link", "network", "static")


@dataclass(frozen=True)
class Row:
    """One line of the ledger.

    Attributes
    ----------
    stage : str
        One of `STAGES`.
    component : str
        What is priced, for the table.
    count : float
        How often per frame.
    price : Estimate
        pJ each.
    whole_chip : bool
        The price is a published chip's, memory included: no other row may stand in its stage.
    """

    stage: str
    component: str
    count: float
    price: Estimate
    whole_chip: bool = False

    @property
    def each_pj(self) -> Range:
        """Price of one, pJ.

        Returns
        -------
        Range
            Energy, pJ.
        """
        return self.price.range

    @property
    def total_pj(self) -> Range:
        """Count times price.

        Returns
        -------
        Range
            Energy, pJ.
        """
        return self.each_pj.scaled(self.count)

    @property
    def source(self) -> str:
        """Sources of the price.

        Returns
        -------
        str
            Of all its constants.
        """
        return self.price.source

    def draws_pj(self, values: Mapping[str, Any]) -> Any:
        """Count times price for drawn constants, by id.

        Parameters
        ----------
        values : mapping of str to float or float64 [draws]
            Value of each constant, by its id.

        Returns
        -------
        float64 [draws]
            Energy, pJ.
        """
        return self.count * self.price.at(values)


@dataclass(frozen=True, repr=False)
class Ledger:
    """All lines of one frame.

    Attributes
    ----------
    rows : tuple of Row
        Lines, in the order in which they are shown.
    frame_rate_hz : float or None
        For which its static rows were made; None if it has no frame rate.

    Raises
    ------
    InputError
        If a chip-level price, which contains its memory, stands beside parts of the same stage.
    """

    rows: tuple[Row, ...]
    frame_rate_hz: float | None = None

    def __post_init__(self) -> None:
        for row in self.rows:
            others = [r.component for r in self.rows if r.stage == row.stage and r is not row]
            if row.whole_chip and others:
                raise InputError(
                    f"{row.stage}: {row.component!r} is the price of a whole chip and already "
                    f"contains {', '.join(map(repr, others))}; expected one or the other"
                )

    def __repr__(self) -> str:
        total = self.total_pj()
        return (
            f"<Ledger of {len(self.rows)} rows: {total.typical:,.0f} pJ a frame "
            f"({total.low:,.0f} to {total.high:,.0f})>"
        )

    def total_pj(self, *stages: str) -> Range:
        """Sum over the given stages, or over all of them: the energy of a frame.

        Parameters
        ----------
        *stages : str
            Stages of the ledger; all if left out.

        Returns
        -------
        Range
            Energy, pJ.
        """
        rows = [r.total_pj for r in self.rows if not stages or r.stage in stages]
        return Range(
            low=sum(r.low for r in rows),
            typical=sum(r.typical for r in rows),
            high=sum(r.high for r in rows),
        )

    def draws_pj(self, values: Mapping[str, Any], *stages: str) -> Any:
        """The same sum for drawn constants, by id: float64 [draws].

        Parameters
        ----------
        values : mapping of str to float or float64 [draws]
            Value of each constant, by its id.
        *stages : str
            Stages of the ledger; all if left out.

        Returns
        -------
        float64 [draws]
            Energy, pJ.
        """
        return sum(r.draws_pj(values) for r in self.rows if not stages or r.stage in stages)

    def per_decision_pj(self, frames: int = 1) -> Range:
        """Energy of a decision that takes so many frames.

        Parameters
        ----------
        frames : int
            Frames of a decision.

        Returns
        -------
        Range
            Energy, pJ.

        Raises
        ------
        InputError
            If there is no frame.
        """
        if frames < 1:
            raise InputError(
                f"frames {frames}: expected an integer >= 1, the frames that one decision takes"
            )
        return self.total_pj().scaled(frames)

    def per_correct_decision_pj(self, accuracy: float, frames: int = 1) -> Range:
        """Energy spent for each decision that is right.

        Parameters
        ----------
        accuracy : float
            Part of the decisions that are right, above 0 to 1.
        frames : int
            Frames of a decision.

        Returns
        -------
        Range
            Energy, pJ.

        Raises
        ------
        InputError
            If the accuracy is not above 0 and at most 1, or there is no frame.
        """
        if not 0 < accuracy <= 1:
            raise InputError(f"accuracy {accuracy:g}: expected above 0 and at most 1")
        return self.per_decision_pj(frames).scaled(1 / accuracy)

    def average_power_uw(self) -> Range:
        """Power at the frame rate, which static energy was made for.

        Returns
        -------
        Range
            Power, uW.

        Raises
        ------
        InputError
            If the ledger has no frame rate.
        """
        if self.frame_rate_hz is None:
            raise InputError(
                "frame_rate_hz None: expected the rate of the ledger's frames; state "
                "energy.frame_rate_hz in the pipeline"
            )
        return self.total_pj().scaled(self.frame_rate_hz * 1e-6)

    def constants(self) -> tuple[Constant, ...]:
        """All constants that enter, each once, in the order of the rows.

        Returns
        -------
        tuple of Constant
            Each once.
        """
        found = {c.id: c for row in self.rows for c in row.price.constants}
        return tuple(found.values())

    def table(self) -> pd.DataFrame:
        """Rows as a table: price of one and total at low, typical and high, and the sources.

        Returns
        -------
        DataFrame
            A row for each line of the ledger, pJ.
        """
        return pd.DataFrame(
            [
                {"stage": r.stage, "component": r.component, "count": r.count}
                | {f"each_pj_{k}": v for k, v in r.each_pj.model_dump().items()}
                | {f"energy_pj_{k}": v for k, v in r.total_pj.model_dump().items()}
                | {"source": r.source}
                for r in self.rows
            ]
        )

    def to_xarray(self) -> xr.Dataset:
        """Rows as a dataset over the dimension ``row``.

        Returns
        -------
        Dataset
            Counts and energies, pJ, with units.
        """
        table = self.table()
        data = xr.Dataset({str(k): ("row", v.to_numpy()) for k, v in table.items()})
        for name in ("stage", "component", "source"):
            data[name] = data[name].astype(np.str_)
        for column in data.data_vars:
            if "_pj_" in str(column):
                data[column].attrs["units"] = "pJ"
        return data
