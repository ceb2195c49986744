"""Meter and gauge: what is counted is never more than either of them leaves, and a small error of one is no alarm."""

from __future__ import annotations

from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.energy.capacity import LEAST_SHARE, LESS, MORE, measured

FULL_WH = 800.0


@given(st.floats(0.2, 1), st.floats(0, 1), st.floats(0, 2000), st.floats(1, 2000))
def test_never_more_than_the_gauge_shows(start: float, soc: float, used_wh: float, full_wh: float) -> None:
    """Nor less than nothing."""
    found = measured(start, soc, used_wh, full_wh)
    assert 0 <= found.soc <= soc


@given(st.floats(0.3, 0.89), st.floats(0.16, 0.9))
def test_a_worn_pack_is_found_and_counted_by_what_it_holds(health: float, taken: float) -> None:
    """By the truth: it holds ``health`` of what it should, and both tell it without an error."""
    used_wh = taken * health * FULL_WH
    found = measured(1.0, 1 - taken, used_wh, FULL_WH)
    assert isclose(found.holds, health)
    assert isclose(found.soc * FULL_WH, (1 - taken) * health * FULL_WH)


@given(st.floats(0.3, 0.8), st.floats(0.3, 0.6))
def test_a_gauge_that_falls_too_slowly_gives_way_to_the_meter(slowness: float, drawn: float) -> None:
    """What was drawn is gone, whatever it shows."""
    found = measured(1.0, 1 - drawn * slowness, drawn * FULL_WH, FULL_WH)
    assert found.apart
    assert isclose(found.soc, 1 - drawn)


@given(st.floats(1 - LESS + 0.02, 1 + MORE - 0.02), st.floats(0.1, 0.9))
def test_errors_of_a_few_percent_are_none(holds: float, taken: float) -> None:
    """They agree."""
    found = measured(1.0, 1 - taken, taken * holds * FULL_WH, FULL_WH)
    assert (found.soc, found.apart) == (1 - taken, False)


@pytest.mark.parametrize("used_wh", [0.0, FULL_WH * LEAST_SHARE * 0.99])
def test_too_little_was_taken_to_tell(used_wh: float) -> None:
    """Steps and offsets count for more."""
    assert not measured(1.0, 0.9, used_wh, FULL_WH).apart


def test_one_that_stands_still_or_rises_while_power_is_drawn() -> None:
    """It shows nothing of what was drawn."""
    assert measured(0.8, 0.8, 400.0, FULL_WH).soc == pytest.approx(0.3)
    assert measured(0.8, 0.9, 400.0, FULL_WH).soc == pytest.approx(0.3)
    assert measured(0.5, 0.5, 4000.0, FULL_WH).soc == 0
