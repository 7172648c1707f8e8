"""The one exception a user's mistake raises."""


class InputError(ValueError):
    """What the user gave cannot be used.

    The message names the field or file, the value, what was expected, and what to do. The command
    line prints it and ends with exit status 2.
    """
