"""How long an asset's trips last over what its type's model says: learned slowly, believed most where it is slow."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.energy.errors import InvalidInput
from fleet.energy.learning import NEW, Track
from fleet.energy.pace import MOST_LOG_PACE, STEP, pace_of, paced, slow_log

ratios = st.lists(st.floats(0.5, 2.0), min_size=1, max_size=30)


def after(*lasted: float) -> Track:
    """The track after ways that lasted so many times as long as the model says."""
    track = NEW
    for one in lasted:
        track = paced(track, one * 600, 600)
    return track


def test_nothing_is_known_of_a_new_asset() -> None:
    assert (pace_of(NEW), slow_log(NEW)) == (1.0, 0.0)


@given(ratios)
def test_what_is_counted_with_lies_between_the_model_and_what_was_seen(lasted: list[float]) -> None:
    """Shrunken both ways, and never faster than the model unless ways were."""
    track = after(*lasted)
    seen = [math.log(one) for one in lasted]
    assert min(0.0, *seen) - 1e-9 <= track.log_pace <= max(0.0, *seen) + 1e-9
    assert abs(track.log_pace) <= MOST_LOG_PACE
    assert slow_log(track) == max(0.0, track.log_pace)
    if min(lasted) >= 1:
        assert pace_of(track) >= 1


@pytest.mark.parametrize("ratio", [0.9, 0.97, 1.03, 1.15, 1.3])
def test_one_way_moves_it_by_half_and_many_by_all(ratio: float) -> None:
    once, often = after(ratio).log_pace, after(*[ratio] * 40).log_pace
    assert abs(once) < 0.7 * abs(math.log(ratio))
    assert often == pytest.approx(math.log(ratio), rel=0.02)


def test_one_that_stood_for_long_once_is_not_thought_slow_for_ever() -> None:
    """One way counts as three deviations at most, and those after it take that back."""
    assert after(2.0).log_pace < 0.2
    assert pace_of(after(2.0, *[1.0] * 20)) == 1.0


def test_a_fast_asset_counts_as_fast_only_as_far_as_that_is_sure() -> None:
    slow, fast = after(*[1.1] * 10), after(*[1 / 1.1] * 10)
    assert slow.log_pace == pytest.approx(-fast.log_pace)
    assert 1 / pace_of(slow) < pace_of(fast) < 1
    assert pace_of(after(0.9)) > 0.97


@given(ratios)
def test_times_count_in_steps(lasted: list[float]) -> None:
    """So that assets that are alike are planned together."""
    steps = (pace_of(after(*lasted)) - 1) / STEP
    assert steps == pytest.approx(round(steps))


@pytest.mark.parametrize("times", [(0.0, 600.0), (600.0, 0.0), (math.nan, 600.0), (-1.0, 600.0)])
def test_times_that_are_none_are_refused(times: tuple[float, float]) -> None:
    with pytest.raises(InvalidInput):
        paced(NEW, *times)
