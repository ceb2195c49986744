"""Zone sets: versions, changes, other processes and threads."""

import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta, timezone

import numpy as np
import pytest

from geofences import (
    Applicability,
    CircleShape,
    DailyPeriod,
    Datum,
    GeofenceError,
    Limit,
    NoSuchZone,
    Restriction,
    SunEvent,
    TimePeriod,
    Volume,
    Zone,
    ZoneSet,
    check_path,
)
from geofences.kernels.flat import Flat
from tests.unit.geofences.make import NOON, SEA, agl, amsl, circle, path, square, zone

ONE, TWO = zone(square(0, 0, 100), zone_id="1"), zone(circle(900, 0, 50), zone_id="2")
PINNED = "sha256:bae28f85b0ea461df24cc1deeed79cf92e4b02fcd6b94dc1c70203cbfb21faf3"


def test_version_is_of_the_content_only() -> None:
    """Rule E14: not of order, file or flags, but of all that decides."""
    assert ZoneSet([ONE, TWO]).version == ZoneSet([TWO, ONE]).version
    assert ZoneSet([replace(ONE, source="a.json", flags=("x",))]) == ZoneSet([ONE])
    changed = [
        replace(ONE, zone_id="3"),
        replace(ONE, volumes=TWO.volumes),
        replace(ONE, volumes=(replace(ONE.volumes[0], upper=amsl(5)),)),
        replace(ONE, applicability=Applicability((TimePeriod(NOON),))),
    ]
    assert len({ZoneSet([one]).version for one in [ONE, *changed]}) == 5


def test_version_is_the_same_everywhere() -> None:
    """Replays on another machine and Python compare it."""
    literal = Zone(
        "L",
        Restriction.USPACE,
        (Volume(CircleShape(1.5, 2.25, 100.0), Limit(0.1, Datum.AGL)),),
        reasons=("NOISE",),
        applicability=Applicability(
            (TimePeriod(NOON, None, (DailyPeriod(frozenset({4, 0}), None, SunEvent.SS),)),)
        ),
    )
    assert ZoneSet([literal]).version == PINNED
    elsewhere = NOON.astimezone(timezone(timedelta(hours=9)))
    here, there = (replace(ONE, applicability=Applicability((TimePeriod(at),))) for at in (NOON, elsewhere))
    assert ZoneSet([here]).version == ZoneSet([there]).version


def test_change_makes_a_new_set_and_leaves_the_old() -> None:
    """Rule E10: whoever checks against the old set goes on doing so."""
    old = ZoneSet([ONE])
    new = old.with_zone(TWO)
    assert ([z.zone_id for z in old.zones], [z.zone_id for z in new.zones]) == (["1"], ["1", "2"])
    flown = path((900, -200, 50), (900, 200, 50))
    assert check_path(old, flown, SEA).is_clear
    assert not check_path(new, flown, SEA).is_clear
    assert new.without_zone("2") == old
    assert new == ZoneSet([TWO, ONE])
    with pytest.raises(NoSuchZone, match="no zone '9'"):
        old.without_zone("9")
    assert issubclass(NoSuchZone, GeofenceError)


def test_zones_that_share_an_id_all_apply() -> None:
    """National files have such pairs; `without_zone` removes them together."""
    both = ZoneSet([ONE, replace(TWO, zone_id="1")])
    assert len(both.find("1")) == 2
    assert not check_path(both, path((0, 0, 50)), SEA).is_clear
    assert not check_path(both, path((900, 0, 50)), SEA).is_clear
    assert len(both.without_zone("1")) == 0


def test_set_travels_to_another_process() -> None:
    """With warm caches, which stay behind."""
    zones = ZoneSet([ONE, TWO])
    flown = path((-500, 0, 50), (1500, 0, 50))
    answer = check_path(zones, flown, SEA, margin_m=10.0)
    copy = pickle.loads(pickle.dumps(zones))  # noqa: S301
    assert copy == zones
    assert check_path(copy, flown, SEA, margin_m=10.0) == answer


def test_threads_share_a_set() -> None:
    """Cold caches, many threads, one answer."""
    zones = ZoneSet([ONE, TWO])
    flown = path((-500, 0, 50), (1500, 0, 50))
    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(lambda _: check_path(zones, flown, SEA, margin_m=10.0), range(200)))
    assert len(answers) == 1


def edges(flat: Flat) -> list[list[object]]:
    """What each volume's chunks hold, wherever in memory they lie."""
    return [
        [
            (
                flat.chunk_box[row].tolist(),
                flat.lonlat[low : high + 1].tolist(),
                flat.xyz[low : high + 1].tolist(),
            )
            for row in range(first, last)
            for low, high in [flat.chunks[row]]
        ]
        for first, last in flat.chunk_at.tolist()
    ]


def test_a_set_with_more_zones_is_as_if_it_was_made_at_once() -> None:
    """What was worked out for the first zones is used again; every volume is the same as afresh."""
    zones = [
        zone(circle(0, 0, 500), zone_id="a", lower=agl(30.0)),
        zone(square(900, 0, 100), square(1500, 0, 100), zone_id="b", upper=amsl(120.0)),
        zone(square(0, 900, 100), zone_id="area", restriction=Restriction.OPERATING_AREA),
        zone(circle(0, 3000, 800), zone_id="c", upper=agl(120.0)),
    ]
    for first in range(len(zones)):
        grown = ZoneSet(zones[:first])
        before = grown._flat
        for each in zones[first:]:
            grown = grown.with_zone(each)
        assert grown._stem is not None
        fresh = ZoneSet(zones)
        for mine, other in zip(grown._flat, fresh._flat, strict=True):
            assert np.asarray(mine).dtype == np.asarray(other).dtype
            assert np.shape(np.asarray(mine)) == np.shape(np.asarray(other))
        assert edges(grown._flat) == edges(fresh._flat)
        for same in ("boxes", "limits", "above_ground"):
            assert np.array_equal(getattr(grown._flat, same), getattr(fresh._flat, same))
        assert [one.zone.zone_id for one in grown.volumes] == ["a", "b", "b", "c"]
        assert len(before.limits) == sum(
            len(each.volumes) for each in zones[:first] if each.zone_id != "area"
        )
