"""What falls and zones without stated reasons whose floor is measured from another datum than the ground is."""

from dataclasses import replace

import pytest

from geofences import (
    STATUSES,
    Datum,
    FlatTerrain,
    GroundRisk,
    Interval,
    Limit,
    NoPath,
    Status,
    Terrain,
    UnknownTerrain,
    Watch,
    ZoneSet,
    check_path,
    check_point,
    check_points,
    path_around,
    protecting,
    segments_hit,
)
from geofences.model.altitude import ANYTHING, Box
from geofences.terrain.provider import Geoid, WithGeoid
from tests.unit.geofences.make import HOME, NOON, SEA, agl, amsl, path, place, square, zone


class Halves(Terrain):
    """Ground at the sea to the west of the middle of a zone, none known to the east; it can't be a key of anything."""

    __hash__ = None  # type: ignore[assignment]

    def ground_within(self, box: Box) -> Interval:
        return Interval(0.0, 0.0) if box.east < place(3000, 0)[0] else ANYTHING


class Level(Geoid):
    """The sea lies at the ellipsoid everywhere."""

    def undulation_within(self, box: Box) -> Interval:
        return Interval(0.0, 0.0)

    @property
    def said(self) -> str:
        return "level"


def ellipsoid(value_m: float) -> Limit:
    """A limit above the ellipsoid."""
    return Limit(value_m, Datum.WGS84)


def pressure(value_m: float) -> Limit:
    """A pressure height."""
    return Limit(value_m, Datum.FL)


HILL = FlatTerrain(650.0, 5.0)
IN_THE_HILL = [None, agl(0), amsl(0), amsl(10), amsl(300), amsl(655), ellipsoid(20), pressure(300)]
ABOVE_IT = [agl(120), amsl(656), amsl(700), ellipsoid(800), pressure(2000)]


@pytest.mark.parametrize("lower", [*IN_THE_HILL, *ABOVE_IT])
@pytest.mark.parametrize("reasons", [(), ("OTHER",)])
def test_a_lower_limit_in_the_ground_is_the_ground(lower: Limit | None, reasons: tuple[str, ...]) -> None:
    """Above the sea, the ellipsoid or pressure: it counts unless it is surely above the ground there. In all checks."""
    shape = square(3000, 350, 300)  # 50 m beside its edge
    zones = ZoneSet([replace(zone(shape, lower=lower), reasons=reasons)])
    risk, counts = GroundRisk(100.0), lower in IN_THE_HILL
    # Flown beside it, so that only what falls can meet it.
    at, (lon, lat) = path((3000, 0, 652))[0], place(3000, 0)
    blocked = Status.BLOCKED if counts else Status.CLEAR
    assert check_point(zones, at, HILL, ground=risk).status is blocked
    assert check_path(zones, path((0, 0, 652), (6000, 0, 652)), HILL, ground=risk).status is blocked
    assert Watch(zones, HILL, ground=risk).status(lon, lat, 652.0, NOON.timestamp()) is blocked
    code = check_points(zones, [(lon, lat)], 652.0, NOON.timestamp(), HILL, ground=risk)[0]
    assert STATUSES[code] is blocked
    assert bool(segments_hit(zones, [place(0, 0)], [place(6000, 0)], ground=risk, terrain=HILL)[0]) is counts
    way = path_around(zones, HOME, place(6000, 0), 652.0, NOON, 0.0, HILL, lambda: False, ground=risk)
    assert not isinstance(way, NoPath)
    assert (len(way) > 2) is counts
    grown = ZoneSet().with_zone(zones.zones[0])
    assert check_point(grown, at, HILL, ground=risk).status is blocked


@pytest.mark.parametrize(
    "terrain", [UnknownTerrain(), FlatTerrain(0.0, 0.0), Halves(), WithGeoid(Halves(), Level())]
)
def test_ground_that_is_not_known_may_reach_any_limit_that_it_reaches_on_earth(terrain: Terrain) -> None:
    """Also where only some of the ground below the zone is not known; kept or not, with each terrain its own answer."""
    is_known = terrain == SEA
    for lower, counts in ((amsl(8900), not is_known), (amsl(8901), False), (pressure(11_000), not is_known)):
        zones = ZoneSet([replace(zone(square(3000, 350, 300), lower=lower), reasons=())])
        at = path((3000, 0, 0))[0]
        for _ in range(2):
            assert check_point(zones, at, terrain, ground=GroundRisk(100.0)).is_clear is not counts
        assert check_point(zones, at, SEA, ground=GroundRisk(100.0)).is_clear
        assert bool(protecting(zones).zones) is (lower != amsl(8901))
        of_the_air = ZoneSet([replace(zones.zones[0], reasons=("AIR_TRAFFIC",))])
        assert check_point(of_the_air, at, terrain, ground=GroundRisk(100.0)).is_clear


def test_of_a_zone_in_several_parts_those_in_the_ground_count() -> None:
    """The other part begins above all the ground; stated reasons count at any height."""
    parts = zone(square(3000, 350, 300), lower=amsl(300)).volumes
    high = zone(square(9000, 350, 300), lower=amsl(700)).volumes
    zones = ZoneSet([replace(zone(square(0, 0, 1)), volumes=parts + high)])
    (kept,) = protecting(zones, terrain=HILL).zones
    assert [(one.shape, one.lower, one.upper) for one in kept.volumes] == [(parts[0].shape, None, None)]
    people = ZoneSet([replace(zones.zones[0], reasons=("POPULATION",))])
    assert len(protecting(people, terrain=HILL).zones[0].volumes) == 2
