"""Two ways to the same answer that differ: the answer is UNKNOWN with a reason, and never CLEAR."""

import pytest

from geofences import (
    FlatTerrain,
    Interval,
    Status,
    Terrain,
    UnknownTerrain,
    Why,
    ZoneSet,
    check_path,
    check_segments,
)
from geofences.checks import check as checking
from geofences.model.altitude import Box
from tests.unit.geofences.make import SEA, agl, path, place, square, zone

EAST = path((-500, 0, 100), (500, 0, 100))


class Slope(Terrain):
    """Ground that differs from place to place: far below everything."""

    def ground_within(self, box: Box) -> Interval:
        return Interval(-100.0 + box.west, -90.0 + box.west)

    @property
    def step_m(self) -> float:
        return 100.0


@pytest.mark.parametrize("terrain", [SEA, FlatTerrain(0.0, 20.0), UnknownTerrain(), Slope()])
def test_what_only_one_of_the_two_finds_is_unknown(terrain: Terrain, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where stretches beside the path get lost, the piece as a whole stays not clear."""
    zones = ZoneSet([zone(square(0, 0, 100), upper=agl(300))])
    assert not check_path(zones, EAST, terrain).is_clear
    monkeypatch.setattr(checking, "spans_beside", lambda *_args: [])
    found = check_path(zones, EAST, terrain)
    assert found.status is Status.UNKNOWN
    assert [(one.why, round(one.from_m), round(one.to_m)) for one in found.conflicts] == [
        (Why.NOT_CONFIRMED, 0, 1000)
    ]


def test_ground_that_the_fast_check_has_not_seen_clears() -> None:
    """It is UNKNOWN to it, and the path is high above: no reason for doubt."""
    zones = ZoneSet([zone(square(0, 0, 100), upper=agl(120))])
    assert check_path(zones, EAST, UnknownTerrain()).status is Status.UNKNOWN
    assert check_path(zones, EAST, Slope()).is_clear
    ends = [place(-500, 0)], [place(500, 0)]
    assert check_segments(zones, *ends, 100.0, 100.0, 0.0, 60.0, Slope()).tolist() == [0]
