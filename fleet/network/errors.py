"""What can be wrong with a street network: its source, its folder, or what is installed."""

from __future__ import annotations


class NetworkError(Exception):
    """A street network that can't be built or used. ``file`` is the path that is at fault, the message what to do."""

    def __init__(self, file: str, message: str) -> None:
        super().__init__(f"{file}: {message}")
        self.file = file
        self.message = message
