"""What terrain and geoid answer is judged: nonsense is not known, and never a height at which a zone is not."""

import ast
from dataclasses import replace
from datetime import timedelta
from math import inf, nan
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import geofences
from geofences import (
    STATUSES,
    Box,
    Datum,
    FlatTerrain,
    Flight,
    Interval,
    Limit,
    NoPath,
    Status,
    Terrain,
    Velocity,
    Watch,
    WithGeoid,
    ZoneSet,
    affected,
    check_column,
    check_flight,
    check_path,
    check_points,
    check_segments,
    path_around,
    time_to_breach,
)
from geofences.model.altitude import ANYTHING, Bounds, Floats
from geofences.model.told import ground_in, grounds_in, undulation_in
from tests.unit.geofences.make import HOME, NOON, agl, path, place, square, zone

HERE = Box(*HOME, *HOME)
NONSENSE = {
    "no number": (nan, nan),
    "half a number": (50.0, nan),
    "the other half": (nan, 50.0),
    "low above high": (55.0, 45.0),
    "no data of a grid": (-9_999.0, -9_999.0),
    "no data of SRTM": (-32_768.0, -32_768.0),
    "higher than all": (inf, inf),
    "lower than all": (-inf, -inf),
    "beyond space": (1e30, 1e30),
}
LEGS = {
    "level": path((-300, 0, 80.0), (300, 0, 80.0)),
    "climbing": path((-300, 0, 60.0), (300, 0, 90.0)),
    "sinking": path((-300, 0, 90.0), (300, 0, 60.0)),
}


class Told(Terrain):
    """It answers what it is told to, in small parts or as a whole."""

    def __init__(self, bounds: tuple[float, float], step_m: float) -> None:
        self._bounds, self._step_m = Interval(*bounds), step_m

    def ground_within(self, box: Box) -> Interval:
        return self._bounds

    @property
    def step_m(self) -> float:
        return self._step_m


class ToldGeoid:
    """So does this."""

    said = "told"

    def __init__(self, bounds: tuple[float, float]) -> None:
        self._bounds = Interval(*bounds)

    def undulation_within(self, box: Box) -> Interval:
        return self._bounds


@pytest.mark.parametrize("step_m", [inf, 100.0])
@pytest.mark.parametrize("leg", LEGS)
@pytest.mark.parametrize("bounds", NONSENSE)
def test_ground_that_cannot_be_is_not_known_to_any_check(bounds: str, leg: str, step_m: float) -> None:
    """Rule E13: through a zone up to 120 m above the ground, wherever that is."""
    zones, way = ZoneSet([zone(square(0, 0, 100), upper=agl(120.0))]), LEGS[leg]
    terrain = Told(NONSENSE[bounds], step_m)
    assert check_path(zones, way, terrain).status is Status.UNKNOWN
    assert check_flight(zones, way, terrain).status is Status.UNKNOWN
    assert affected(ZoneSet(), zones, [Flight(tuple(way))], terrain)[0].is_stopped
    ends = np.array([(one.lon, one.lat) for one in way])
    low, high, times = way[0].alt_amsl_m, way[1].alt_amsl_m, [one.at.timestamp() for one in way]
    codes = check_segments(zones, ends[:1], ends[1:], low, high, times[0], times[1], terrain)
    assert [STATUSES[code] for code in codes] == [Status.UNKNOWN]
    inside = replace(way[0], lon=HOME[0], lat=HOME[1])
    assert check_column(zones, inside, terrain).status is Status.UNKNOWN
    assert Watch(zones, terrain).status(*HOME, 80.0, times[0]) is Status.UNKNOWN
    assert [STATUSES[code] for code in check_points(zones, [HOME], 80.0, times[0], terrain)] == [
        Status.UNKNOWN
    ]
    breach = time_to_breach(zones, way[0], Velocity(15.0, 0.0, 0.5), 60.0, terrain)
    assert breach is not None
    assert breach.conflict.status is Status.UNKNOWN
    assert isinstance(_around(zones, place(-300, 0), terrain), NoPath)


def _around(zones: ZoneSet, start: tuple[float, float], terrain: Terrain) -> Any:
    """A way into a zone."""
    return path_around(zones, start, HOME, 80.0, NOON, 5.0, terrain, stop=lambda: False)


@pytest.mark.parametrize("leg", LEGS)
@pytest.mark.parametrize("bounds", NONSENSE)
def test_a_geoid_that_cannot_be_is_not_known(bounds: str, leg: str) -> None:
    """Of a zone up to 200 m above the ellipsoid."""
    zones = ZoneSet([zone(square(0, 0, 100), upper=Limit(200.0, Datum.WGS84))])
    terrain = WithGeoid(FlatTerrain(50.0, 5.0), ToldGeoid(NONSENSE[bounds]))
    assert check_path(zones, LEGS[leg], terrain).status is Status.UNKNOWN
    assert check_path(
        zones, LEGS[leg], WithGeoid(FlatTerrain(50.0, 5.0), ToldGeoid((55.0, 57.0)))
    ).status is (Status.BLOCKED)


def test_what_can_be_is_taken_as_it_is_told() -> None:
    """Deep shores, high mountains, and bounds that reach beyond both."""
    for low, high in ((-430.0, -430.0), (8_848.0, 8_850.0), (-inf, 100.0), (50.0, inf), (-9_999.0, 20.0)):
        assert ground_in(Told((low, high), inf), HERE) == (low, high)
    assert undulation_in(WithGeoid(Told((0.0, 0.0), inf), ToldGeoid((-106.0, 85.0))), HERE) == (-106.0, 85.0)


class Pairs(Told):
    """It answers in plain pairs."""

    def ground_within(self, box: Box) -> Any:
        return tuple(self._bounds)

    def undulation_within(self, box: Box) -> Any:
        return [55.0, 57.0]


@pytest.mark.parametrize("step_m", [inf, 100.0])
@pytest.mark.parametrize("upper", [agl(120.0), *(Limit(200.0, datum) for datum in Datum)], ids=str)
def test_a_plain_pair_is_as_good_as_an_interval(upper: Limit, step_m: float) -> None:
    """Ground at 50 m, and the sea some 56 m above the ellipsoid."""
    zones, pairs = ZoneSet([zone(square(0, 0, 100), lower=agl(10.0), upper=upper)]), Pairs((50, 50), step_m)
    same = WithGeoid(Told((50.0, 50.0), step_m), ToldGeoid((55.0, 57.0)))
    for leg in LEGS.values():
        found = check_path(zones, leg, pairs)
        assert found.conflicts == check_path(zones, leg, same).conflicts != ()
        inside = replace(leg[0], lon=HOME[0], lat=HOME[1])
        assert check_column(zones, inside, pairs).conflicts == check_column(zones, inside, same).conflicts
        status = Watch(zones, pairs).status(*HOME, 80.0, NOON.timestamp())
        assert status is Watch(zones, same).status(*HOME, 80.0, NOON.timestamp()) is not Status.CLEAR


def test_many_boxes_are_judged_one_by_one() -> None:
    class Some(Told):
        def ground_within_many(self, boxes: Floats) -> Bounds:
            return Bounds(np.array([1.0, nan, 3.0])[: len(boxes)], np.array([2.0, 5.0, 1.0])[: len(boxes)])

    low, high = grounds_in(Some((0.0, 0.0), 1.0), np.array([HERE] * 3))
    assert list(zip(low.tolist(), high.tolist(), strict=True)) == [(1.0, 2.0), ANYTHING, ANYTHING]
    with pytest.raises(ValueError, match="was asked about 4 boxes, answered"):
        grounds_in(Some((0.0, 0.0), 1.0), np.array([HERE] * 4))


def test_what_is_no_terrain_is_refused() -> None:
    """It would lack what a check asks later, or not."""

    class Duck:
        def ground_within(self, box: Box) -> Interval:
            return Interval(45.0, 55.0)

    duck: Any = Duck()
    zones = ZoneSet([zone(square(0, 0, 100), upper=agl(120.0))])
    for ask in (
        lambda: check_path(zones, LEGS["level"], duck),
        lambda: Watch(zones, duck),
        lambda: check_column(zones, replace(LEGS["level"][0], lon=HOME[0], lat=HOME[1]), duck),
        lambda: _around(zones, place(-300, 0), duck),
        lambda: check_points(zones, [HOME], 80.0, (NOON + timedelta(0)).timestamp(), duck),
    ):
        with pytest.raises(TypeError, match=r"derives from geofences\.Terrain, Duck does not"):
            ask()


@pytest.mark.parametrize("step_m", [0.0, -1.0, nan])
def test_pieces_without_length_are_refused(step_m: float) -> None:
    zones = ZoneSet([zone(square(0, 0, 100), upper=agl(120.0))])
    with pytest.raises(ValueError, match=r"Told\.step_m must be more than 0, or math\.inf"):
        check_path(zones, LEGS["level"], Told((45.0, 55.0), step_m))


def test_nobody_asks_terrain_past_the_judge() -> None:
    """But terrain itself, of another."""
    root = Path(geofences.__file__).parent
    asking = {
        str(file.relative_to(root))
        for file in root.rglob("*.py")
        for one in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(one, ast.Call)
        and isinstance(one.func, ast.Attribute)
        and one.func.attr in ("ground_within", "ground_within_many", "undulation_within")
    }
    assert asking == {"model/told.py", "model/altitude.py", "terrain/provider.py"}
