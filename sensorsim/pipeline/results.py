"""Collect the results of a run in a Dataset: accuracy with its interval, energy and time."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from sensorsim.circuits.ledger import Ledger
from sensorsim.core.statistics import wilson_interval
from sensorsim.core.units import unit_of
from sensorsim.pipeline.time_budget import TimeBudget


def run_dataset(
    decisions: npt.NDArray[np.int64],
    labels: npt.NDArray[Any],
    ledger: Ledger,
    time: TimeBudget,
    stated: Mapping[str, float],
    class_names: Sequence[str],
) -> xr.Dataset:
    """Collect the results of a run.

    Parameters
    ----------
    decisions, labels : int [images]
        Class numbers: decided and true.
    ledger : Ledger
        Energy of one frame.
    time : TimeBudget
        Times of one frame.
    stated : mapping of str to float
        Further numbers of the chain, by name; the name ends with the unit.
    class_names : sequence of str
        Names of the classes.

    Returns
    -------
    Dataset
        The result that `Pipeline.run` describes; every variable has its unit.
    """
    correct = decisions == labels
    accuracy = float(correct.mean())
    low, high = wilson_interval(int(correct.sum()), correct.size)
    total, readout = ledger.total_pj(), ledger.total_pj("readout")
    power, decision = ledger.average_power_uw(), ledger.per_decision_pj().typical
    data = ledger.to_xarray().rename(
        {f"energy_pj_{k}": f"row_energy_pj_{k}" for k in ("low", "typical", "high")}
    )
    data = data.assign(stated).assign(
        accuracy=accuracy,
        accuracy_low=low,
        accuracy_high=high,
        images=correct.size,
        energy_pj_low=total.low,
        energy_pj_typical=total.typical,
        energy_pj_high=total.high,
        readout_energy_pj_low=readout.low,
        readout_energy_pj_typical=readout.typical,
        readout_energy_pj_high=readout.high,
        energy_pj_per_decision=decision,
        energy_pj_per_correct_decision=_per(decision, accuracy),
        energy_pj_per_correct_decision_low=_per(decision, high),
        energy_pj_per_correct_decision_high=_per(decision, low),
        average_power_uw_low=power.low,
        average_power_uw_typical=power.typical,
        average_power_uw_high=power.high,
        conversion_time_us=time.conversion_us.typical,
        row_time_us=time.row_us.typical,
        latency_us=time.latency_us.typical,
        frame_rate_limit_hz=time.frame_rate_limit_hz.typical,
        decision=("image", decisions),
        label=("image", labels),
    )
    data = data.merge(_by_class(decisions, labels, class_names))
    for name in data.data_vars:
        data[name].attrs["units"] = unit_of(str(name))
    return data


def _by_class(
    decisions: npt.NDArray[np.int64], labels: npt.NDArray[Any], class_names: Sequence[str]
) -> xr.Dataset:
    """Confusion matrix and recall of each class; recall is NaN where a class has no images."""
    count, names = len(class_names), [str(name) for name in class_names]
    confusion = np.zeros((count, count), np.int64)
    np.add.at(confusion, (labels, decisions), 1)
    right, images = confusion.diagonal(), confusion.sum(1)
    recall = np.divide(right, images, out=np.full(count, np.nan), where=images > 0)
    return xr.Dataset(
        {
            "confusion": (("class_name", "decided_class"), confusion),
            "recall": ("class_name", recall),
        },
        {"class_name": names, "decided_class": names},
    )


def _per(energy_pj: float, accuracy: float) -> float:
    """Energy per correct decision; NaN if there is none."""
    return energy_pj / accuracy if accuracy > 0 else float("nan")
