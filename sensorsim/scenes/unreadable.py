"""The error of a picture that cannot be read, without the name of its file."""


class UnreadableError(ValueError):
    """The data are no complete picture, or their light is not defined; the message says why."""
