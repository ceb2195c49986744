"""What can go wrong for the process that hosts a world."""


class HostError(Exception):
    """The root of this package's errors: the message names the file and says what to do."""
