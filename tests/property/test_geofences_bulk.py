"""Arrays, single places and paths get the same answers; two dimensions are never more lenient than four."""

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from geofences import (
    STATUSES,
    Applicability,
    DailyPeriod,
    FlatTerrain,
    Interval,
    Restriction,
    SunEvent,
    Terrain,
    TimeOfDay,
    TimePeriod,
    UnknownTerrain,
    Watch,
    Waypoint,
    Zone,
    ZoneSet,
    check_path,
    check_point,
    check_points,
    check_segments,
    segments_hit,
)
from geofences.model.altitude import Box
from tests.property.test_geofences_check import cases

MARGINS = (0.0, 10.0, 75.0)


@dataclass(frozen=True)
class Hills(Terrain):
    """Ground that rises to the east, known to a metre."""

    per_degree_m: float

    def ground_within(self, box: Box) -> Interval:
        ends = [(lon % 1.0) * self.per_degree_m for lon in (box.west, box.east)]
        return (
            Interval(0.0, self.per_degree_m)
            if box.east - box.west > 0.5
            else Interval(min(ends), max(ends) + 1)
        )

    @property
    def step_m(self) -> float:
        return 150.0


HOURS = st.one_of(
    st.none(),
    st.sampled_from([SunEvent.SR, SunEvent.SS]),
    st.builds(TimeOfDay, st.integers(11 * 3600, 13 * 3600).map(float)),
)
WEEKLY = st.builds(
    lambda start, end: Applicability((TimePeriod(schedule=(DailyPeriod(frozenset(range(7)), start, end),)),)),
    HOURS,
    HOURS,
)


@st.composite
def sets(draw: st.DrawFn) -> tuple[ZoneSet, list[Waypoint], Terrain, float]:
    """Zones around one place, of all kinds, and a path among them."""
    first = draw(cases())
    zones: list[Zone] = []
    for number in range(draw(st.integers(1, 4))):
        made = first.zone if number == 0 else draw(cases()).zone
        when = draw(st.one_of(st.just(made.applicability), WEEKLY))
        kind = draw(st.sampled_from([Restriction.PROHIBITED, Restriction.REQ_AUTHORISATION]))
        zones.append(replace(made, zone_id=f"Z{number}", applicability=when, restriction=kind))
    terrain = draw(
        st.sampled_from([first.terrain, FlatTerrain(10.0, 8.0), UnknownTerrain(), Hills(2000.0), Hills(40.0)])
    )
    return ZoneSet(zones), first.path, terrain, draw(st.sampled_from(MARGINS))


@given(case=sets(), held=st.sampled_from([frozenset(), frozenset({"Z0", "Z2"})]))
def test_legs_as_arrays_get_the_answers_of_paths(
    case: tuple[ZoneSet, list[Waypoint], Terrain, float], held: frozenset[str]
) -> None:
    """Each leg by itself; the filter in two dimensions is never more lenient."""
    zones, path, terrain, margin_m = case
    legs = list(pairwise(path)) or [(path[0], path[0])]
    start, end = ([(leg[side].lon, leg[side].lat) for leg in legs] for side in (0, 1))
    low, high = ([leg[side].alt_amsl_m for leg in legs] for side in (0, 1))
    begin, until = ([leg[side].at.timestamp() for leg in legs] for side in (0, 1))
    codes = check_segments(
        *(zones, start, end, low, high, begin, until, terrain),
        margin_m=margin_m,
        vertical_margin_m=3.0,
        held=held,
    )
    hit = segments_hit(zones, start, end, margin_m, held=held)
    for leg, code, near in zip(legs, codes.tolist(), hit.tolist(), strict=True):
        asked = check_path(zones, leg, terrain, margin_m=margin_m, vertical_margin_m=3.0, held=held)
        assert asked.status is STATUSES[code]
        assert near or asked.is_clear


@given(case=sets(), hours=st.lists(st.integers(-30, 30), min_size=1, max_size=4))
def test_places_get_one_answer_however_they_are_asked(
    case: tuple[ZoneSet, list[Waypoint], Terrain, float], hours: list[int]
) -> None:
    """One by one by a watch that has seen other days, as an array, and as a path that stands still."""
    zones, path, terrain, margin_m = case
    watch = Watch(zones, terrain, margin_m=margin_m)
    points = [replace(one, at=one.at + timedelta(hours=hour)) for one in path for hour in hours]
    codes = check_points(
        zones,
        [(one.lon, one.lat) for one in points],
        [one.alt_amsl_m for one in points],
        [one.at.timestamp() for one in points],
        terrain,
        margin_m=margin_m,
    )
    for one, code in zip(points, codes.tolist(), strict=True):
        asked = check_point(zones, one, terrain, margin_m=margin_m).status
        assert asked is STATUSES[code]
        assert asked is watch.status(one.lon, one.lat, one.alt_amsl_m, one.at.timestamp())
