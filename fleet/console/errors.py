"""What can go wrong in the console."""


class ConsoleError(Exception):
    """The console can't start or can't answer; the message says what to do."""


class NoSuchAsset(ConsoleError):
    """No asset of that id is known."""


class NoSuchOrder(ConsoleError):
    """No parcel of that id is known (yet)."""
