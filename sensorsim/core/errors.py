"""The exception raised for user input that cannot be used."""


class InputError(ValueError):
    """User input cannot be used.

    The message names the field or file, the value, what was expected, and what to do. The command
    line prints it and exits with status 2.
    """
