"""The ``sensorsim`` command, one module per verb.

Results go to standard output, progress and messages to standard error.

Exit status: 0 done, 1 failed, 2 invalid input.
"""

import sys

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


def main() -> None:
    """Run the command; print an `InputError` as one message and exit with status 2."""
    from sensorsim.core.errors import InputError
    from sensorsim.core.standard_streams import standard_streams

    with standard_streams("sensorsim"):
        try:
            app()
        except InputError as error:
            for line in str(error).splitlines():
                print(f"sensorsim: {line}", file=sys.stderr)
            sys.exit(2)
        except KeyboardInterrupt:
            print("sensorsim: stopped", file=sys.stderr)
            sys.exit(1)
