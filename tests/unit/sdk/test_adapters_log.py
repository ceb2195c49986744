"""What an adapter's process says on stderr is lost where it can't be written, and nothing else is."""

from __future__ import annotations

import errno
import importlib
import io
import sys

import pytest


class Full(io.StringIO):
    """A log on a disk that is full."""

    tried = 0

    def write(self, text: str) -> int:
        self.tried += 1
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("program", ["adapters.weather", "adapters.sim.__main__"])
def test_a_log_on_a_full_disk_ends_no_adapter(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in the air goes on without a word."""
    out = Full()
    monkeypatch.setattr(sys, "stderr", out)
    importlib.import_module(program)._tell("the hub does not take drone-1's key")
    assert out.tried
