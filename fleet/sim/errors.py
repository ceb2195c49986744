"""What can be wrong with a world's description or its use."""


class SimError(ValueError):
    """The root of this package's errors: the message says what is wrong and what to do."""
