"""What is written down of an exception that is over with its trip."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from fleet.dispatch.desk import Desk
from fleet.dispatch.handlers.missions import _close_exceptions
from fleet.protocol.messages import MissionEnded


@pytest.mark.parametrize(
    ("site_id", "outcome"),
    [("S1", "failed; the asset is at S1"), (None, "failed; the asset stands where it ended")],
)
def test_an_outcome_says_where_the_asset_is(site_id: str | None, outcome: str) -> None:
    """In words that read as a sentence also where it is at no site."""
    closed: list[tuple[str, str]] = []
    found = SimpleNamespace(exception_id="exc-1", owner="dispatcher", code="wind", mission_id="flight-1")
    state = SimpleNamespace(open_exceptions=lambda: (found,))
    desk: Any = SimpleNamespace(state=state, close_exception=lambda *said: closed.append(said))
    at = datetime(2026, 11, 24, 9, tzinfo=UTC)
    message = MissionEnded(at=at, mission_id="flight-1", outcome="failed", site_id=site_id)
    _close_exceptions(cast(Desk, desk), message)
    assert closed == [("exc-1", outcome)]
