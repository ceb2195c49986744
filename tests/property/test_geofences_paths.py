"""Paths among jagged zones, against an oracle that tries every corner: safe, within 1 % of the shortest, and none only
where there is none.
"""

import math
import random
from dataclasses import dataclass

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from geofences import NoPath, NoPathWhy, PolygonShape, Restriction, Volume, Zone, ZoneSet, path_around
from tests.support.tautstring import Widened, length_m, nearest_m
from tests.unit.geofences.make import HOME, NOON, SEA, place

GAP_M = 0.6
"""A way that needs less than this beside what the margin asks for may be missed (0.3 m on either side)."""

Ring = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Case:
    """Rings, a margin, and where to go."""

    rings: tuple[Ring, ...]
    margin_m: float
    start: tuple[float, float]
    goal: tuple[float, float]

    @property
    def zones(self) -> ZoneSet:
        """Each ring a zone."""
        volumes = [Volume(PolygonShape(ring)) for ring in self.rings]
        return ZoneSet(
            Zone(f"Z{number}", Restriction.PROHIBITED, (one,)) for number, one in enumerate(volumes)
        )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Stars of any depth, which overlap, with the ends outside (perhaps by centimetres, perhaps in a star's bay)."""
    rng = random.Random(draw(st.integers(0, 2**32)))
    trip_m, margin_m = (
        draw(st.sampled_from([400.0, 1500.0, 3000.0])),
        draw(st.sampled_from([0.0, 5.0, 20.0, 60.0])),
    )
    depth, largest_m = (
        draw(st.sampled_from([0.05, 0.3, 0.7, 0.95])),
        draw(st.sampled_from([60.0, 200.0, 500.0])),
    )
    start, goal = (place(side * trip_m / 2.0, rng.uniform(-0.3, 0.3) * trip_m) for side in (-1.0, 1.0))
    least_m = margin_m * 1.0013 + rng.choice([0.06, 0.3, 5.0])
    rings = [_star(rng, trip_m, largest_m, depth) for _ in range(draw(st.integers(1, 20)))]
    kept = [
        ring for ring in rings if min(nearest_m([end, end], [ring], 1.0) for end in (start, goal)) > least_m
    ]
    assume(kept)
    return Case(tuple(kept), margin_m, start, goal)


def _star(rng: random.Random, trip_m: float, largest_m: float, depth: float) -> Ring:
    east, north = rng.uniform(-0.6, 0.6) * trip_m, rng.uniform(-0.5, 0.5) * trip_m
    count, reach = rng.randint(3, 40), largest_m * rng.uniform(0.3, 1.0)
    ring = []
    for number in range(count):
        angle, far = math.tau * (number + rng.uniform(-0.3, 0.3)) / count, reach * rng.uniform(depth, 1.0)
        ring.append(place(east + far * math.cos(angle), north + far * math.sin(angle)))
    return (*ring, ring[0])


@settings(max_examples=15)
@given(case=cases())
def test_a_path_is_safe_and_as_short_as_can_be(case: Case) -> None:
    """Never nearer than the margin by dense geodesic samples; within 1 % of what every corner and line would give."""
    found = path_around(case.zones, case.start, case.goal, 60.0, NOON, case.margin_m, SEA, lambda: False)
    wider = Widened(case.rings, case.margin_m + GAP_M, HOME)
    if isinstance(found, NoPath):
        assert found.why is NoPathWhy.ENCLOSED
        assert wider.shortest_m(case.start, case.goal, 20_000.0) == math.inf
        return
    assert (found[0], found[-1]) == (case.start, case.goal)
    assert nearest_m(found, case.rings, 20.0) >= case.margin_m
    flown_m = length_m(found)
    assert (
        Widened(case.rings, case.margin_m, HOME).shortest_m(case.start, case.goal, flown_m) <= flown_m + 0.01
    )
    assert flown_m <= wider.shortest_m(case.start, case.goal, flown_m * 1.01) * 1.01


@settings(max_examples=15)
@given(case=cases(), gap=st.floats(0.0, 30.0))
def test_a_goal_behind_walls_is_reached_through_the_gap_or_not_at_all(case: Case, gap: float) -> None:
    """A box of walls around the goal with a gap in it: by the gap if it is wide enough, else enclosed."""
    out, thick, wide = 150.0, 20.0, case.margin_m * 2.0 + gap
    sides = [
        ((-out, -out), (-wide / 2.0, thick - out)),
        ((wide / 2.0, -out), (out, thick - out)),
        ((-out, out - thick), (out, out)),
        ((-out, -out), (thick - out, out)),
        ((out - thick, -out), (out, out)),
    ]
    walls = tuple(_box(*corners) for corners in sides)
    walled = Case(walls, case.margin_m, place(-900.0, 40.0), place(0.0, 0.0))
    found = path_around(
        walled.zones, walled.start, walled.goal, 60.0, NOON, case.margin_m, SEA, lambda: False
    )
    if gap > GAP_M + case.margin_m * 0.004:
        assert not isinstance(found, NoPath)
    elif gap < 1e-3:
        assert isinstance(found, NoPath)
    if isinstance(found, NoPath):
        assert found.why is NoPathWhy.ENCLOSED


def _box(low: tuple[float, float], high: tuple[float, float]) -> Ring:
    corners = [low, (high[0], low[1]), high, (low[0], high[1]), low]
    return tuple(place(*corner) for corner in corners)
