"""What is chosen with what is left, against every choice; from where on turning round fails, by walking there."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.energy.errors import InvalidInput
from fleet.energy.inflight import Option, Turn, Where, in_order, no_return

WH = st.one_of(st.floats(0, 120), st.just(math.inf), st.sampled_from([20.0, 50.0, 80.0]))
LEFT = st.one_of(st.floats(-50, 150), st.sampled_from([20.0, 50.0, 80.0]))
RESERVE = st.one_of(st.floats(0, 60), st.just(30.0))


@st.composite
def ways(draw: st.DrawFn) -> list[Option]:
    """Going on, home and up to four other places, in any order, each known or not."""
    on = [Option(Where.ON, draw(WH))] if draw(st.booleans()) else []
    home = [Option(Where.HOME, draw(WH))] if draw(st.booleans()) else []
    several = draw(st.lists(WH, max_size=4))
    elsewhere = [Option(Where.ELSEWHERE, wh, f"L{n}") for n, wh in enumerate(several)]
    return draw(st.permutations([*on, *home, *elsewhere]))


@given(ways(), LEFT, RESERVE)
def test_the_first_is_the_best_of_all(options: list[Option], left_wh: float, reserve_wh: float) -> None:
    """The rule in words: who can go on goes on; else home if that leaves the reserve; else where it takes least, of
    what leaves the reserve before what does not; never what takes more than there is."""
    order = in_order(options, left_wh, reserve_wh)
    assert len(set(order)) == len(order)
    able = [one for one in options if one.needed_wh <= left_wh + reserve_wh]
    assert sorted(order) == sorted(able)
    if not able:
        return
    whole = {one for one in able if one.needed_wh <= left_wh}
    first = order[0]
    assert not whole or first in whole
    for where in (Where.ON, Where.HOME):
        if any(one.where is where for one in whole):
            assert first.where is where
            return
    rivals = whole or set(able)
    assert all(first.needed_wh <= one.needed_wh for one in rivals)


@given(ways(), LEFT, RESERVE)
def test_nobody_is_sent_elsewhere_for_more_than_home_takes(
    options: list[Option], left_wh: float, reserve_wh: float
) -> None:
    """Where home can be reached at all."""
    order = in_order(options, left_wh, reserve_wh)
    home = [one for one in order if one.where is Where.HOME]
    if home and order[0].where is Where.ELSEWHERE:
        assert order[0].needed_wh < home[0].needed_wh


@given(ways(), st.tuples(LEFT, LEFT).map(sorted), RESERVE)
def test_more_charge_never_makes_it_worse(
    options: list[Option], left: list[float], reserve_wh: float
) -> None:
    """From down to elsewhere to home to going on: never the other way."""

    def rank(left_wh: float) -> int:
        order = in_order(options, left_wh, reserve_wh)
        keeps = bool(order) and order[0].needed_wh <= left_wh
        return 0 if not order else 1 if not keeps else 4 - order[0].where

    assert rank(left[0]) <= rank(left[1])


STEPS = st.lists(st.tuples(st.floats(0, 40), st.floats(0, 60)), min_size=1, max_size=6)


@given(STEPS, st.floats(-10, 200))
def test_from_where_turning_round_fails(steps: list[tuple[float, float]], left_wh: float) -> None:
    """Walked in thousandths of each stretch: up to the place found it can turn round, and just behind it not."""
    turns, there = [], 0.0
    for further, home in steps:
        there += further
        turns.append(Turn(there, home))
    found = no_return(turns, left_wh)
    walked = [(0, 0.0, turns[0])]
    for n, (a, b) in enumerate(pairwise(turns)):
        for k in range(1, 1001):
            s = k / 1000
            walked.append((n, s, Turn(a[0] + s * (b[0] - a[0]), a[1] + s * (b[1] - a[1]))))
    fails = [(n + s) for n, s, turn in walked if turn.there_wh + turn.home_wh > left_wh]
    if found is None:
        assert not any(turn.there_wh + turn.home_wh > left_wh + 1e-9 for _, _, turn in walked)
        return
    index, share = found
    assert 0 <= share <= 1
    assert fails
    assert index + share == pytest.approx(fails[0], abs=1.001e-3)


@pytest.mark.parametrize("bad", [math.nan, -1.0])
def test_what_is_no_number_is_refused(bad: float) -> None:
    """By the name of its field."""
    with pytest.raises(InvalidInput, match="needed_wh"):
        in_order([Option(Where.HOME, bad)], 10.0, 5.0)
    with pytest.raises(InvalidInput, match="left_wh"):
        in_order([], math.nan, 5.0)
    with pytest.raises(InvalidInput, match="reserve_wh"):
        in_order([], 1.0, bad)
    with pytest.raises(InvalidInput, match="needed_wh"):
        no_return([Turn(0.0, bad)], 10.0)
    with pytest.raises(InvalidInput, match="turns"):
        no_return([], 10.0)
