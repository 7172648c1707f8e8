"""Kill sweeps, searches and trainings at random moments, and resume them.

    python tests/fuzz/kill_and_resume.py --kills 1000

After each kill, all that was finished must still be there, unchanged. The result of the resumed job
must be that of a job that nobody killed, bit for bit. Needs ``os.fork``.
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

import sensorsim as ss
from sensorsim.bnn.model_file import load_model
from sensorsim.core import resources
from sensorsim.core.files import check_place
from sensorsim.core.netcdf import write_netcdf
from sensorsim.experiments.optimize.search import Goal, Split, search
from sensorsim.experiments.optimize.space import space_of
from sensorsim.scenes.labelled import Labelled
from sensorsim.training import checkpoint, command, fit
from sensorsim.training.command import Place, run_recipe

_RECIPE = """
kind = "network"
pipeline = "glt4"
levels = 2
data = { dataset = "fashion-mnist" }
light = { law = "fixed" }
network = { blocks = [{ channels = 4, pool = 2 }] }
schedule = { epochs = 3.0, batch = 16 }
"""


@dataclass(frozen=True)
class Job:
    """A computation that can be resumed.

    Attributes
    ----------
    name : str
    run : callable
        Runs or resumes it in a folder.
    finished : callable
        What is finished in the folder, by name; later states keep it.
    result : callable
        The result in the folder, as bytes.
    """

    name: str
    run: Callable[[Path], None]
    finished: Callable[[Path], dict[str, bytes]]
    result: Callable[[Path], bytes]


def points(folder: Path) -> dict[str, bytes]:
    """Finished points of a store."""
    return {p.name: p.read_bytes() for p in (folder / "store").glob("[0-9]*.json")}


def sweep_job() -> Job:
    """A sweep of eight points."""
    pipe = ss.load_pipeline("glt2")
    axes = {"readout.comparator.offset_mv": [0, 1, 2, 4], "die": [0, 1]}
    pipe.run(40)

    def run(folder: Path) -> None:
        check_place("--out", folder / "result.nc")
        data = ss.sweep(pipe, axes, folder / "store", images=300)
        write_netcdf(data, folder / "result.nc")

    def result(folder: Path) -> bytes:
        return b"".join(points(folder)[name] for name in sorted(points(folder)))

    return Job("sweep", run, points, result)


def search_job(models: Path) -> Job:
    """A search of 24 designs among two networks."""
    for name in ("glt-1", "glt-2"):
        shutil.copy(resources.data("models", "fashion-mnist", f"{name}.npz"), models)
    space = space_of(ss.load_pipeline("glt2"), models)
    split = Split(reported=10, searched=20)
    space.base.validation  # noqa: B018  loaded once, before all forks

    def run(folder: Path) -> None:
        trials = search(space, Goal(), split, 24, store=folder / "store")
        (folder / "result").write_text(repr(trials), "utf-8")

    return Job("search", run, points, lambda folder: (folder / "result").read_bytes())


def training_job() -> Job:
    """A training of 27 steps, with a checkpoint after each."""
    random = np.random.default_rng(3)
    images = random.integers(0, 256, (160, 8, 8, 1)).astype(np.uint8)
    data = Labelled(images, np.arange(160) % 4, ("a", "b", "c", "d"), "random", "here")

    def run(folder: Path) -> None:
        command.load_dataset = lambda *_: data
        fit._CHECKPOINT_S = 0.0
        recipe = folder / "recipe.toml"
        recipe.write_text(_RECIPE, "utf-8")
        run_recipe(str(recipe), {}, Place(folder / "m.npz", folder / "work", "cpu", "test"))

    def finished(folder: Path) -> dict[str, bytes]:
        """Every step up to that of the checkpoint."""
        file = folder / "m.checkpoint"
        if (folder / "m.npz").exists():
            return {str(step): b"" for step in range(27 + 1)}
        step = checkpoint.read(file)["step"] if file.exists() else 0
        return {str(s): b"" for s in range(step + 1)}

    def result(folder: Path) -> bytes:
        model = load_model(folder / "m.npz")
        return repr((model.readout, model.training.validation_accuracy)).encode() + b"".join(
            array.tobytes()
            for layer in model.layers
            for array in vars(layer).values()
            if isinstance(array, np.ndarray)
        )

    return Job("training", run, finished, result)


def start(job: Job, folder: Path) -> int:
    """Run a job in a forked process; returns its number."""
    child = os.fork()
    if child:
        return child
    try:
        torch.set_num_threads(1)
        sys.stdout = sys.stderr = (folder / "output").open("w", encoding="utf-8")
        job.run(folder)
        os._exit(0)
    except BaseException:
        (folder / "traceback").write_text(traceback.format_exc(), "utf-8")
        os._exit(1)


def ended(child: int, after_s: float) -> bool:
    """Kill a process after some time; returns whether it ended before by itself, without error."""
    stop = time.monotonic() + after_s
    while time.monotonic() < stop:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status) == 0
        time.sleep(min(0.002, max(0.0, stop - time.monotonic())))
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 0


def undisturbed(job: Job, folder: Path) -> tuple[bytes, float]:
    """Result of a job that nobody kills, and its time, s."""
    begun = time.monotonic()
    if not ended(start(job, folder), 600.0):
        raise AssertionError(f"{job.name}: {said(folder)}")
    return job.result(folder), time.monotonic() - begun


def said(folder: Path) -> str:
    """Traceback of a job that failed; empty if it was killed."""
    file = folder / "traceback"
    return file.read_text("utf-8") if file.exists() else ""


def kill(job: Job, kills: int, random: np.random.Generator, room: Path) -> int:
    """Kill a job so many times, over as many repetitions as it takes.

    Returns
    -------
    int
        How often the whole job was completed between the kills.

    Raises
    ------
    AssertionError
        If something that was finished is lost or changed, a resumed job fails, or its result
        differs.
    """
    whole = room / f"{job.name}-whole"
    whole.mkdir()
    expected, duration_s = undisturbed(job, whole)
    killed = completed = 0
    while killed < kills:
        folder = room / f"{job.name}-{completed}"
        folder.mkdir()
        before: dict[str, bytes] = {}
        # Runs of a part of the time; the last one of each job is left to end.
        while killed < kills and not ended(start(job, folder), duration_s * random.uniform(0, 0.9)):
            killed += 1
            check(job, folder, before)
        if killed == kills:
            assert ended(start(job, folder), 600.0), f"{job.name}: {said(folder)}"
        assert job.result(folder) == expected, f"{job.name}: another result, in {folder}"
        left = [p for p in folder.rglob(".*") if p.suffix == ".part"]
        assert not left, f"{job.name}: left {left}"
        shutil.rmtree(folder)
        completed += 1
    return completed


def check(job: Job, folder: Path, before: dict[str, bytes]) -> None:
    """Raise if a finished part is lost or changed; ``before`` then holds those of now."""
    assert not said(folder), f"{job.name}: {said(folder)}"
    now = job.finished(folder)
    lost = [name for name, content in before.items() if now.get(name) != content]
    assert not lost, f"{job.name}: lost or changed {lost} in {folder}"
    before.update(now)


def jobs(room: Path) -> list[Job]:
    """Everything that can be resumed."""
    (room / "models").mkdir()
    return [sweep_job(), search_job(room / "models"), training_job()]


def main() -> None:
    """Kill each job a third of the times."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--kills", type=int, default=30)
    options.add_argument("--seed", type=int, default=0)
    args = options.parse_args()
    random = np.random.default_rng(args.seed)
    with tempfile.TemporaryDirectory() as folder:
        for job in jobs(Path(folder)):
            begun = time.monotonic()
            completed = kill(job, -(-args.kills // 3), random, Path(folder))
            print(
                f"{job.name}: {-(-args.kills // 3)} kills, {completed} whole jobs, "
                f"{time.monotonic() - begun:.0f} s",
                flush=True,
            )


if __name__ == "__main__":
    main()
