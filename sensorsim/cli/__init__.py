"""The ``sensorsim`` command, one module per verb.

Results go to standard output, progress and messages to standard error.

Exit status: 0 done, 1 failed, 2 invalid input.
"""

import errno
import io
import os
import sys
from typing import NoReturn

from sensorsim.cli import (
    characterize,
    compare,
    energy,
    export,
    frame,
    import_,
    inspect,
    optimize,
    run,
    schema,
    sweep,
    train,
)
from sensorsim.cli.app import app

__all__ = [
    "characterize",
    "compare",
    "energy",
    "export",
    "frame",
    "import_",
    "inspect",
    "main",
    "optimize",
    "run",
    "schema",
    "sweep",
    "train",
]


_STREAM_ERRORS = (errno.ENOSPC, errno.EPIPE, errno.EIO, errno.EINVAL)
"""What writing to a full, closed or lost standard output raises."""


def main() -> None:
    """Run the command; print an `InputError` as one message and exit with status 2."""
    from sensorsim.core.errors import InputError

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # what the encoding lacks becomes "?"
            stream.reconfigure(errors="replace")
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except InputError as error:
        for line in str(error).splitlines():
            print(f"sensorsim: {line}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("sensorsim: stopped", file=sys.stderr)
        sys.exit(1)
    except OSError as error:
        if error.filename is not None or error.errno not in _STREAM_ERRORS:
            raise
        _stop_writing(error)


def _stop_writing(error: OSError) -> NoReturn:
    """End after a failure of standard output; say nothing if its reader closed it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())  # the interpreter flushes it once more at its end
    if error.errno != errno.EPIPE:
        print(f"sensorsim: standard output: {error.strerror}", file=sys.stderr)
    sys.exit(1)
