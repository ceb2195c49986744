"""The insertion test of a route, held against working everything out again."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fleet.planner.line import Line, backward, forward, latest_departure

times = st.integers(0, 300)


@st.composite
def lines(draw: st.DrawFn) -> Line:
    """Feasible and infeasible routes of up to six stops."""
    stops = draw(st.integers(0, 6))
    travel = draw(st.lists(st.integers(1, 60), min_size=stops + 1, max_size=stops + 1))
    early = [0, *draw(st.lists(times, min_size=stops, max_size=stops)), 0]
    width = draw(st.lists(st.integers(50, 900), min_size=stops, max_size=stops))
    late = [2000, *(e + w for e, w in zip(early[1:-1], width, strict=True)), 1500]
    service = [5, *([10] * stops), 0]
    load = draw(st.lists(st.integers(0, 20), min_size=stops + 1, max_size=stops + 1))
    travel_s, early_s, late_s, service_s = (np.array(x) for x in (travel, early, late, service))
    return Line(travel_s, early_s, late_s, service_s, np.array([load, load]), np.array([20, 20]))


@given(line=lines(), to=st.integers(1, 60), back=st.integers(1, 60), early=times, width=st.integers(0, 500))
def test_delays_are_those_of_the_changed_route(
    line: Line, to: int, back: int, early: int, width: int
) -> None:
    """For every leg, what the arrays say is what comes out when the stop is really put there."""
    if not line.feasible:
        return
    legs = len(line.travel_s)
    delay, fits = line.delays(np.full(legs, to), np.full(legs, back), early, early + width, 7)
    ends = line.end_delay(delay)
    for leg in range(legs):
        changed, late = put(line, leg, (to, back), (early, early + width, 7))
        assert fits[leg] == all(b <= limit for b, limit in zip(changed, late, strict=True))
        if fits[leg]:
            assert ends[leg] == max(0, changed[-1] - line.begin_s[-1])


def put(
    line: Line, leg: int, ways: tuple[int, int], stop: tuple[int, int, int]
) -> tuple[list[int], list[int]]:
    """Begins and limits of the route with the stop on the leg, from scratch."""
    travel, early, late, service = (
        a.tolist() for a in (line.travel_s, line.early_s, line.late_s, line.service_s)
    )
    travel[leg : leg + 1] = list(ways)
    for values, value in ((early, stop[0]), (late, stop[1]), (service, stop[2])):
        values.insert(leg + 1, value)
    return forward(np.array(travel), np.array(early), np.array(service)), late


@given(line=lines())
def test_latest_starts_are_feasible_and_tight(line: Line) -> None:
    """Starting at the latest time keeps all windows; a second later does not."""
    if not line.feasible:
        return
    latest = backward(line.travel_s, line.late_s, line.service_s)
    for shift, good in ((0, True), (1, False)):
        early = line.early_s.copy()
        early[0] = latest[0] + shift
        begins = forward(line.travel_s, early, line.service_s)
        assert all(b <= limit for b, limit in zip(begins, line.late_s.tolist(), strict=True)) == good


@given(line=lines())
def test_leaving_late_does_not_end_later(line: Line) -> None:
    """The latest departure takes out waiting, and nothing else."""
    if not line.feasible:
        return
    early = line.early_s.copy()
    early[0] = latest_departure(line)
    assert forward(line.travel_s, early, line.service_s)[-1] == line.begin_s[-1]


@given(line=lines())
def test_room_is_what_the_fullest_leg_leaves(line: Line) -> None:
    """Before: legs up to this one; after: this one and all later."""
    load = line.load[0].tolist()
    assert line.room_before()[0].tolist() == [20 - max(load[: k + 1]) for k in range(len(load))]
    assert line.room_after()[0].tolist() == [20 - max(load[k:]) for k in range(len(load))]
