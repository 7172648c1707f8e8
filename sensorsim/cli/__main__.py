"""``python -m sensorsim.cli`` is the ``sensorsim`` command."""

from sensorsim.cli import main

main()
