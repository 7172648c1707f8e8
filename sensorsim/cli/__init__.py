"""The ``sensorsim`` command, a module for each verb.

Results go to standard output, progress and messages to standard error.

Exit status: 0 done, 1 failed, 2 the user's input is wrong.
"""

import sys

from sensorsim.cli import (
    characterize,
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


def main() -> None:
    """Entry point: errors of the user's become one message and exit status 2."""
    from sensorsim.core.errors import InputError

    try:
        app()
    except InputError as error:
        print(f"sensorsim: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("sensorsim: stopped", file=sys.stderr)
        sys.exit(1)
