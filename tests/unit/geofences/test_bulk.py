"""Legs and places as arrays: what is refused, and that neither order nor number of rows matters."""

import math
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from benchmarks.harness.zonecases import scenes
from geofences import (
    STATUSES,
    Applicability,
    DailyPeriod,
    PathError,
    TimeOfDay,
    Watch,
    Waypoint,
    ZoneSet,
    check_path,
    check_points,
    check_segments,
    segments_hit,
)
from geofences.checks import asked
from geofences.model.periods import TimePeriod
from tests.unit.geofences.make import HOME, NOON, SEA, place, square, zone

NOON_S = NOON.timestamp()
ZONES = ZoneSet([zone(square(0, 0, 100))])
FAR = place(5000, 0)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"lonlat_from": [HOME, (math.nan, 0.0)]}, "row 1 is no longitude and latitude"),
        ({"lonlat_to": [(0.0, 90.5), HOME]}, "row 0 is no longitude and latitude"),
        ({"lonlat_to": [(181.0, 0.0), HOME]}, "row 0 is no longitude and latitude"),
        ({"lonlat_to": [HOME]}, "as many ends as starts"),
        ({"alt_to_m": [50.0, math.inf]}, "row 1 has a height or a time that is no number"),
        ({"alt_from_m": math.nan}, "row 0 has a height or a time that is no number"),
        ({"time_from_s": [NOON_S, math.nan]}, "row 1 has a height or a time that is no number"),
        (
            {"time_to_s": NOON_S - 1.0},
            "row 0 has a height or a time that is no number, or ends before it begins",
        ),
        ({"time_to_s": 1e15}, "years 2 to 9998"),
        ({"alt_from_m": [1.0, 2.0, 3.0]}, "one height for each of 2 rows is needed, or one for all"),
        ({"lonlat_from": [(*HOME, 80.0), (*HOME, 80.0)]}, r"an array \(n, 2\), got \(2, 3\)"),
        ({"lonlat_to": HOME}, r"an array \(n, 2\), got \(2,\)"),
        ({"lonlat_to": np.array([HOME] * 4).T}, r"an array \(n, 2\), got \(2, 4\)"),
        ({"lonlat_to": [[HOME], [HOME]]}, r"an array \(n, 2\), got \(2, 1, 2\)"),
        ({"lonlat_to": [HOME, (1.0, 2.0, 3.0)]}, "a number of degrees"),
        ({"lonlat_to": [("0", "1"), ("0", "1")]}, "a number of degrees, got <U1"),
        (
            {"time_to_s": np.array(["2026-06-01T12:01"] * 2, "datetime64[m]")},
            r"Unix seconds .*got datetime64\[m\]",
        ),
        ({"time_to_s": np.datetime64("2026-06-02")}, r"Unix seconds .*got datetime64\[D\]"),
        ({"time_from_s": [NOON, NOON]}, "Unix seconds .*got object"),
        ({"time_to_s": np.array([60, 60], "timedelta64[s]")}, r"Unix seconds .*got timedelta64\[s\]"),
        ({"alt_to_m": "50"}, "metres above mean sea level, got <U2"),
        ({"alt_to_m": np.ma.masked_greater([50.0, 900.0], 500.0)}, "values are masked"),
        ({"lonlat_to": np.ma.masked_less(np.array([FAR, FAR]), 90.0)}, "values are masked"),
    ],
)
def test_bad_rows_are_refused_with_what_is_wrong(changed: dict[str, Any], message: str) -> None:
    """Never clear by comparing with a number that is none."""
    given: dict[str, Any] = {
        "lonlat_from": [HOME, HOME],
        "lonlat_to": [FAR, FAR],
        "alt_from_m": 50.0,
        "alt_to_m": 50.0,
        "time_from_s": NOON_S,
        "time_to_s": NOON_S + 60.0,
    }
    with pytest.raises(PathError, match=message):
        check_segments(ZONES, terrain=SEA, **(given | changed))


def test_no_rows_and_no_zones_are_fine() -> None:
    """Empty in, empty out; nothing in the way of anything."""
    assert check_points(ZONES, np.empty((0, 2)), 0.0, NOON_S, SEA).tolist() == []
    assert check_points(ZONES, [], 0.0, NOON_S, SEA).tolist() == []
    assert segments_hit(ZONES, [], []).tolist() == []
    assert check_points(ZoneSet(), [HOME], 0.0, NOON_S, SEA).tolist() == [0]
    assert segments_hit(ZoneSet(), [HOME], [FAR]).tolist() == [False]
    assert Watch(ZoneSet(), SEA).status(*HOME, 0.0, NOON_S) is STATUSES[0]


@pytest.mark.parametrize("metres", [4_990.0, 5_005.0, 40_000.0, 3_000_000.0])
def test_legs_of_any_length_get_the_answer_of_the_path(metres: float) -> None:
    """Long ones are cut into pieces; one leads through the zone, one does not."""
    end = place(metres, 0.0)
    legs = [(place(-metres, 0.0), end), (end, place(metres, 900.0))]
    starts, ends = zip(*legs, strict=True)
    codes = check_segments(ZONES, starts, ends, 50.0, 50.0, NOON_S, NOON_S + 600.0, SEA, margin_m=5.0)
    for (start, to), code in zip(legs, codes.tolist(), strict=True):
        path = [Waypoint(*start, 50.0, NOON), Waypoint(*to, 50.0, NOON + timedelta(minutes=10))]
        assert check_path(ZONES, path, SEA, margin_m=5.0).status is STATUSES[code]
    assert segments_hit(ZONES, starts, ends, 5.0).tolist() == [bool(code) for code in codes]


def test_order_in_memory_changes_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many legs among many zones are looked at in another order than they are given."""
    for scene in scenes(5, 1_000):
        given: tuple[Any, ...] = (ZoneSet(scene.zones), scene.ends[:, :2], scene.ends[:, 2:])
        given = (*given, *scene.heights.T, *scene.times.T, scene.terrain)
        monkeypatch.setattr(asked, "WORTH_ORDERING", (10**9, 10**9))
        as_given = check_segments(*given)
        monkeypatch.setattr(asked, "WORTH_ORDERING", (1, 1))
        assert check_segments(*given).tolist() == as_given.tolist()
        bad = scene.ends[:, :2].copy()
        bad[7] = math.nan
        with pytest.raises(PathError, match="row 7"):
            check_points(given[0], bad, 0.0, NOON_S, scene.terrain)


def test_a_watch_goes_on_through_days() -> None:
    """Hours of a schedule are worked out day by day, forwards and back."""
    hours = DailyPeriod(frozenset(range(5)), TimeOfDay(8 * 3600.0), TimeOfDay(18 * 3600.0))
    watch = Watch(
        ZoneSet([zone(square(0, 0, 100), applicability=Applicability((TimePeriod(schedule=(hours,)),)))]), SEA
    )
    for hour in [*range(-200, 200, 7), 0, -24, 24, 0]:
        at = NOON + timedelta(hours=hour)
        closed = at.weekday() < 5 and 8 <= at.hour <= 18
        assert (watch.status(*HOME, 50.0, at.timestamp()) is STATUSES[2]) == closed
