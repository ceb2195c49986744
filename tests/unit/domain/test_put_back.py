"""A store that was put back gives no number out again that was given since."""

from datetime import UTC, datetime

import pytest

from fleet.domain.apply import apply_all
from fleet.domain.events import StorePutBack
from fleet.domain.state import State

AT = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.mark.parametrize("floors", [(5, 9), (9, 5)])
def test_the_floor_never_sinks(floors: tuple[int, int]) -> None:
    """Also where the machine that put it back a second time has a clock that is behind."""
    state = apply_all(State(), [StorePutBack(at=AT, floor=floor) for floor in floors])
    assert (state.floor, state.plans, state.serial, state.reservations) == (9, 9, 9, 9)
