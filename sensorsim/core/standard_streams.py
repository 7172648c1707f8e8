"""Standard output and error of a command, whatever their encoding, full, closed or missing."""

import errno
import io
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO, cast


class OutputLostError(Exception):
    """Standard output takes no more: its disk is full, or its reader ended.

    Parameters
    ----------
    error : OSError
        What writing raised.
    """

    def __init__(self, error: OSError) -> None:
        super().__init__(error.strerror)
        self.errno = error.errno


class _Stream:
    """A text stream whose failures the class below handles."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def write(self, text: str) -> int:
        raise NotImplementedError


class _Output(_Stream):
    """Raise `OutputLostError` instead of an `OSError`, which might be that of any file."""

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError as error:
            raise OutputLostError(error) from None

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError as error:
            raise OutputLostError(error) from None


class _Messages(_Stream):
    """Drop what cannot be written: a lost message is no reason to lose a result."""

    def write(self, text: str) -> int:
        with suppress(OSError):
            return self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


@contextmanager
def standard_streams(command: str) -> Iterator[None]:
    """Run a command whose standard output and error may fail.

    Characters that an encoding lacks become "?". Messages that standard error cannot take are
    dropped. If standard output fails, the process ends with status 1: without a word if its reader
    closed it, else with one line.

    Parameters
    ----------
    command : str
        Name of the command, for the message.

    Yields
    ------
    None
        Run the command inside the context.
    """
    kept = sys.stdout, sys.stderr
    output, messages = (_open(stream) for stream in kept)
    sys.stdout = cast(TextIO, _Output(output))
    sys.stderr = cast(TextIO, _Messages(messages))
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except OutputLostError as error:
        _discard(output)
        if error.errno != errno.EPIPE:
            print(f"{command}: standard output: {error}", file=sys.stderr)
        sys.exit(1)
    finally:
        sys.stdout, sys.stderr = kept


def _open(stream: TextIO | None) -> TextIO:
    """The stream, which replaces what it cannot encode; the null device if there is none."""
    if stream is None:  # closed by the caller of the process
        return Path(os.devnull).open("w", encoding="utf-8")
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")
    return stream


def _discard(stream: TextIO) -> None:
    """Send what is left to the null device: the interpreter flushes once more at its end."""
    with suppress(io.UnsupportedOperation):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
