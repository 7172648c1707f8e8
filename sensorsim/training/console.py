"""Progress of a training on standard error: a bar on a terminal, lines in a file."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from sensorsim.training import progress as state


class TrainingConsole:
    """Show the progress of a training on standard error.

    Parameters
    ----------
    name : str
        Name of what is trained, shown in front.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(None), TaskProgressColumn(),
            console=self._console, disable=not self._console.is_terminal,
        )  # fmt: skip
        self._task = self._bar.add_task(name, total=None)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def progress(self, now: state.Progress) -> None:
        """Show how far the training is.

        Parameters
        ----------
        now : Progress
            State of the training.
        """
        self._show(describe(self.name, now), now.step, now.steps)

    def note(self, text: str) -> None:
        """Print a line that stays.

        Parameters
        ----------
        text : str
            The line.
        """
        self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def answers(self, done: int, all_shifts: int) -> None:
        """Show how many of a teacher's answers are stored.

        Parameters
        ----------
        done, all_shifts : int
            Number of shifts done, and of all.
        """
        self._show(f"{self.name}: teacher's answers, shift {done}/{all_shifts}", done, all_shifts)

    def _show(self, text: str, done: int, total: int) -> None:
        if self._console.is_terminal:
            self._bar.update(self._task, description=text, completed=done, total=total)
        else:
            print(text, file=self._console.file, flush=True)


def describe(name: str, now: state.Progress) -> str:
    """Format the progress of a training as one line.

    Parameters
    ----------
    name : str
        Name of what is trained.
    now : Progress
        State of the training.

    Returns
    -------
    str
        At most 80 columns for names of up to 12 letters.
    """
    minutes, seconds = divmod(round(now.seconds_left), 60)
    text = (
        f"{name}: {now.step}/{now.steps} loss {now.loss:.3f} {now.images_per_s:.0f} images/s "
        f"{minutes}:{seconds:02} left"
    )
    if now.validation_accuracy is not None:
        text += f" val {100 * now.validation_accuracy:.1f} %"
    return text
