"""``sensorsim train``: a pipeline's readout and a network for it."""

from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from sensorsim.bnn.model import Model
from sensorsim.configuration import LearnedReadout, PipelineDescription
from sensorsim.errors import InputError
from sensorsim.files import check_place
from sensorsim.scenes.datasets import load_dataset
from sensorsim.training.deliver import deliver
from sensorsim.training.fit import Recipe
from sensorsim.training.network import Architecture, Block
from sensorsim.training.session import Task, start_readout, train


def train_pipeline(
    description: PipelineDescription,
    out: Path,
    levels: int | None,
    channels: list[int],
    pools: list[int],
    epochs: float,
    seed: int,
    command: str,
) -> Model:
    """Train and write a model for a pipeline.

    The state is kept beside ``out`` while training runs, so that a stopped run can go on.

    Raises
    ------
    InputError
        If a learned readout has no number of levels, or channels and pools do not pair up.
    """
    if len(channels) != len(pools):
        raise InputError(
            f"--channels names {len(channels)} convolutions, --pools {len(pools)}; "
            "expected one pool per convolution, 1 for none"
        )
    check_place("--out", out)
    scene = description.scene
    dataset = load_dataset(scene.dataset, "train", scene.data_dir, scene.size)
    test = load_dataset(scene.dataset, "test", scene.data_dir, scene.size)
    camera = description.camera()
    readout = description.readout
    learned = isinstance(readout, LearnedReadout)
    if isinstance(readout, LearnedReadout):
        if levels is None:
            raise InputError("readout.kind 'learned': say how many thresholds with --levels M")
        start = start_readout("glt", levels, readout.comparator, dataset, camera)
        readout = readout.applied_to(start)
    blocks = tuple(Block(channels=c, pool=p) for c, p in zip(channels, pools, strict=True))
    task = Task(
        family="glt" if learned else readout.kind,
        readout=readout,
        learned=learned,
        architecture=Architecture(blocks=blocks, classes=len(dataset.class_names)),
        recipe=Recipe(epochs=epochs, seed=seed, mirror=scene.dataset != "mnist"),
        camera=camera,
    )
    checkpoint = out.with_suffix(".checkpoint")
    with Progress(console=Console(stderr=True)) as progress:
        bar = progress.add_task("training")

        def report(step: int, steps: int, loss: float) -> None:
            progress.update(bar, completed=step, total=steps, description=f"loss {loss:.3f}")

        trained = train(task, dataset, checkpoint, report)
    model = deliver(task, trained, dataset, test, command, out)
    checkpoint.unlink()
    return model
