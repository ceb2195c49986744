"""Whatever zone is written reads as the same zone, or is refused."""

import math
from datetime import datetime, timedelta, timezone
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from geofences import (
    Applicability,
    CircleShape,
    DailyPeriod,
    Datum,
    Limit,
    LocalTime,
    PolygonShape,
    Restriction,
    SunEvent,
    TimeOfDay,
    TimePeriod,
    Volume,
    Zone,
    ZoneError,
    ZoneSet,
    compare,
    read_zones,
    write_zones,
)
from geofences.model.words import REASONS
from geofences.writers import WRITERS


def sound(kind: Any, *parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """What can be made of parts; where they contradict each other, something else."""
    return st.tuples(*parts).map(lambda given: _made(kind, given)).filter(lambda made: made is not None)


def _made(kind: Any, given: tuple[Any, ...]) -> Any:
    try:
        return kind(*given)
    except ZoneError:
        return None


finite = st.floats(-200_000.0, 200_000.0, allow_nan=False)
lowers = st.none() | st.builds(Limit, finite, st.sampled_from(list(Datum)))
limits = lowers | st.builds(Limit, st.just(math.inf), st.sampled_from(list(Datum)))
circles = st.builds(CircleShape, st.floats(-180.0, 180.0), st.floats(-80.0, 80.0), st.floats(0.5, 400_000.0))


@st.composite
def polygons(draw: st.DrawFn) -> PolygonShape:
    """A star around a place: never crosses itself."""
    lon, lat = draw(st.floats(-179.0, 179.0)), draw(st.floats(-80.0, 80.0))
    count = draw(st.integers(3, 8))
    reach = draw(st.lists(st.floats(0.001, 0.5), min_size=count, max_size=count))
    turns = [2.0 * math.pi * number / count for number in range(count)]
    ring = [(lon + r * math.cos(a), lat + r * math.sin(a)) for r, a in zip(reach, turns, strict=True)]
    return PolygonShape((*ring, ring[0]))


offsets = st.integers(-12 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))
moments = st.none() | st.builds(datetime.fromtimestamp, st.integers(0, 4_000_000_000), offsets)
bounds = st.one_of(
    st.none(),
    st.sampled_from(list(SunEvent)),
    st.builds(
        TimeOfDay,
        st.integers(0, 86_400).map(float),
        st.integers(-12 * 4, 14 * 4).map(lambda quarters: 900.0 * quarters),
    ),
)
clocks = st.builds(
    LocalTime, st.integers(0, 86_400).map(float), st.sampled_from(["Europe/Lisbon", "Asia/Kathmandu"])
)
ends = st.one_of(bounds, clocks)
daily = st.builds(DailyPeriod, st.frozensets(st.integers(0, 6), min_size=1), ends, ends)
periods = sound(TimePeriod, moments, moments, st.lists(daily, max_size=2).map(tuple))
characters = st.characters(codec="utf-8", exclude_characters="\0")
zones: st.SearchStrategy[Any] = st.builds(
    Zone,
    zone_id=st.text(characters, min_size=1, max_size=9),
    restriction=st.sampled_from(list(Restriction)),
    volumes=st.lists(sound(Volume, circles | polygons(), lowers, limits), min_size=1, max_size=3)
    .map(tuple)
    .filter(lambda volumes: _made(Zone, ("Z", Restriction.PROHIBITED, volumes)) is not None),
    name=st.text(characters, max_size=8),
    country=st.sampled_from(["LUX", "DEU", "", "LU"]),
    reasons=st.lists(st.sampled_from([*sorted(REASONS), "DRAGONS"]), max_size=2).map(tuple),
    applicability=st.builds(Applicability, st.lists(periods, max_size=2).map(tuple)),
    conditions=st.text(characters, max_size=8),
    message=st.text(characters, max_size=8),
)


@given(said=st.lists(zones, max_size=3), format_name=st.sampled_from(sorted(WRITERS)))
def test_what_is_written_reads_as_the_same_and_the_rest_is_listed(said: list[Zone], format_name: str) -> None:
    written = write_zones(said, format_name, strict=False)
    again = read_zones(written.text.encode(), "written.json").zones
    assert len(again) + len(written.refused) == len(said)
    hashes = [zone.content_hash() for zone in said]
    positions = [hashes.index(zone.content_hash()) for zone in again]
    assert positions == sorted(positions)
    kept = [said[at] for at in positions]
    assert not compare(ZoneSet(kept), ZoneSet(again))
