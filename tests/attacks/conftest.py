"""A hub with keys, and an honest asset that must not notice what others do to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.besieged import Besieged, Honest, besieged, honest_at


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Besieged]:
    with besieged(tmp_path) as running:
        yield running


@pytest.fixture
def honest(hub: Besieged) -> Iterator[Honest]:
    """It works before the attack, throughout, and, as the last thing in each test, after it."""
    with honest_at(hub) as asset:
        yield asset
