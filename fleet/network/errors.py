"""What can be wrong with a street network: its source, its folder, or what is installed."""

from __future__ import annotations

AGAIN = "build the streets again with `fleet network build`"


class NetworkError(Exception):
    """A street network that can't be built or used. ``file`` is the path that is at fault, the message what to do."""

    def __init__(self, file: str, message: str) -> None:
        super().__init__(file, message)  # both, since workers hand it on to another process
        self.file = file
        self.message = message

    def __str__(self) -> str:
        return f"{self.file}: {self.message}"
