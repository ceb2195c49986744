"""What can go wrong for the process that hosts a world."""


class HostError(Exception):
    """The root of this package's errors: the message names the file and says what to do."""


class KeyGone(HostError):
    """The simulated world has no key of a peer's any more: somebody else plays it. The message says how that shows."""
