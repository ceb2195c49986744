"""The judge's eye for two aircraft that come too near: planted cases with known answers."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from fleet.sim.geo import Piece, Point, moved
from fleet.sim.nearness import Nearness
from tests.unit.sim.small_world import HOME, START


def piece(start: tuple[float, float, float], end: tuple[float, float, float], *times: float) -> Piece:
    """A straight movement between points in metres from home (east, north, up)."""
    a, b = (Point(p.lon, p.lat, up) for p, up in ((moved(HOME, *c[:2]), c[2]) for c in (start, end)))
    begins, ends = (START + timedelta(seconds=t) for t in times)
    return Piece(a, b, begins, ends, 0.0)


def losses(*flown: tuple[str, Piece]) -> list[dict[str, object]]:
    watch = Nearness(50.0, 15.0)
    for asset_id, one in flown:
        watch.moved(asset_id, f"M-{asset_id}", one)
    return list(watch.losses.values())


EASTWARD = piece((-500, 0, 60), (500, 0, 60), 0, 100)


@pytest.mark.parametrize(
    ("height_m", "later_s", "found"),
    [(60, 0, True), (74.9, 0, True), (75.1, 0, False), (60, 6, True), (60, 8, False), (60, 101, False)],
)
def test_crossing_at_right_angles(height_m: float, later_s: float, found: bool) -> None:
    """At 10 m/s each, so much later the second is 50 m away where it would be nearest (50 * sqrt(2) / 10 s)."""
    northward = piece((0, -500, height_m), (0, 500, height_m), later_s, 100 + later_s)
    assert bool(losses(("a", EASTWARD), ("b", northward))) is found
    assert bool(losses(("b", northward), ("a", EASTWARD))) is found


def test_where_and_when_it_began() -> None:
    """Head on at 20 m/s together they are within 50 m 2.5 s before they would meet."""
    (loss,) = losses(("a", EASTWARD), ("b", piece((500, 0, 60), (-500, 0, 60), 0, 100)))
    began = (datetime.fromisoformat(str(loss["at"])) - START).total_seconds()
    assert began == pytest.approx(47.5, abs=0.05)
    assert loss["lateral_m"] == pytest.approx(50.0, abs=0.1)
    assert loss["mission_ids"] == ["M-a", "M-b"]


def test_passing_through_the_height_of_another() -> None:
    """One climbs past another that hangs beside it: too near only while both height and distance are."""
    hangs = piece((30, 0, 60), (30, 0, 60), 0, 60)
    (loss,) = losses(("a", hangs), ("b", piece((0, 0, 0), (0, 0, 120), 0, 60)))
    assert (datetime.fromisoformat(str(loss["at"])) - START).total_seconds() == pytest.approx(22.5, abs=0.05)
    assert not losses(("a", hangs), ("b", piece((-30, 0, 0), (-30, 0, 120), 0, 60)))


def test_a_pair_is_noted_once_and_nobody_is_near_itself() -> None:
    parts = [("a", piece((-500, 0, 60), (0, 0, 60), 0, 50)), ("a", piece((0, 0, 60), (500, 0, 60), 50, 100))]
    assert losses(*parts) == []
    follows = [
        ("b", piece((-480, 0, 60), (20, 0, 60), 0, 50)),
        ("b", piece((20, 0, 60), (520, 0, 60), 50, 100)),
    ]
    assert len(losses(*parts, *follows)) == 1


def test_nothing_is_looked_for_without_a_distance() -> None:
    watch = Nearness(0.0, 0.0)
    watch.moved("a", "M", EASTWARD)
    watch.moved("b", "N", EASTWARD)
    assert watch.losses == {}
