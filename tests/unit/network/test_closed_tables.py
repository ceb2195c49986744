"""Tables without closed streets that another process takes away at the worst moment."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from fleet.network import closing
from fleet.network.closing import MADE, SIZES, around
from fleet.network.errors import NetworkError
from fleet.network.programs import silently


def prepare(_folder: Path, made: Path, *_: Any) -> None:
    """Tables of a few bytes, as whole as any."""
    made.mkdir(parents=True)
    (made / MADE).write_bytes(b"tables")
    (made / SIZES).write_text(f'{{"{MADE}": 6}}', encoding="utf-8")


def test_tables_that_are_taken_away_while_they_are_opened_are_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never is the map taken for one of which nothing is closed."""
    monkeypatch.setattr(closing, "_prepare", prepare)
    made = around(tmp_path / "car", (), silently)
    assert made is not None

    def taken_away(folder: Path, *_: Any) -> None:
        shutil.rmtree(folder)

    monkeypatch.setattr(os, "utime", taken_away)
    assert around(tmp_path / "car", (), silently) == made
    assert (made / MADE).exists()


def test_tables_that_are_gone_again_once_they_are_made_are_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which says what to do."""
    monkeypatch.setattr(closing, "_prepare", lambda *_: None)
    with pytest.raises(NetworkError, match="try again"):
        around(tmp_path / "car", (), silently)
