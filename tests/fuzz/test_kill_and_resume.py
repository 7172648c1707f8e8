"""Some kills of each job that can be resumed; the script makes more of them."""

import os
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("optuna")

import kill_and_resume

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")


@pytest.mark.slow
def test_nothing_finished_is_lost_and_the_result_is_the_same(tmp_path: Path) -> None:
    for job in kill_and_resume.jobs(tmp_path):
        kill_and_resume.kill(job, 7, np.random.default_rng(1), tmp_path)


def test_a_lost_point_is_found(tmp_path: Path) -> None:
    job = kill_and_resume.Job("x", lambda _: None, lambda _: {"1": b"other"}, lambda _: b"")
    for before in ({"1": b"one"}, {"0": b"gone"}):
        with pytest.raises(AssertionError, match="lost or changed"):
            kill_and_resume.check(job, tmp_path, before)
