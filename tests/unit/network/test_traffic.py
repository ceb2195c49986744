"""Traffic: which hours count, what they slow, and that a plan rests on no better ones."""

import pickle
from collections.abc import Sequence
from datetime import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.network.base import FASTEST_MPS, Matrix, Profile
from fleet.network.geodesic import GeodesicNetwork, straight_table_m
from fleet.network.traffic import Hours, SlowedNetwork, Speeds, Traffic, slowest
from fleet.protocol.values import Place

RUSH = Traffic(Hours(time(7), time(9, 30)), 0.6)
NOON = Traffic(Hours(time(11), time(13)), 0.8)
NIGHT = Traffic(Hours(time(22), time(5)), 1.3)
DAY, EVENING = Hours(time(7), time(19)), Hours(time(14), time(21))
PLACES = [Place(lon=-8.6, lat=41.15), Place(lon=-8.62, lat=41.16), Place(lon=-8.65, lat=41.14)]


@pytest.mark.parametrize(
    ("table", "out", "wanted"),
    [
        ((), [DAY], None),
        ((RUSH, NOON), [DAY], RUSH),
        ((NOON, RUSH), [Hours(time(9, 30), time(19))], NOON),
        ((RUSH, NOON), [EVENING], None),
        ((RUSH, NOON), [EVENING, DAY], RUSH),
        ((NIGHT,), [DAY], None),
        ((NIGHT,), [Hours(time(21), time(4))], None),
        ((NIGHT,), [Hours(time(23), time(4))], NIGHT),
        ((RUSH,), [Hours(time(20), time(7))], None),
        ((RUSH,), [Hours(time(20), time(7, 1))], RUSH),
        ((RUSH, Traffic(Hours(time(0), time(0)), 0.9)), [DAY], RUSH),
        ((RUSH,), [], None),
    ],
)
def test_the_slowest_hour_in_which_a_van_is_out_counts(
    table: tuple[Traffic, ...], out: list[Hours], wanted: Traffic | None
) -> None:
    """To the minute, over midnight too. Faster hours count only where no other is left."""
    assert slowest(table, out) == wanted


def test_of_entries_that_overlap_the_slower_one_holds() -> None:
    whole = Traffic(Hours(time(6), time(20)), 0.9)
    for table in ((RUSH, whole), (whole, RUSH)):
        assert slowest(table, [Hours(time(8), time(9))]) == RUSH
        assert slowest(table, [Hours(time(10), time(11))]) == whole


class Fastest(GeodesicNetwork):
    """Streets that lead straight, at the highest speed."""

    def cross(self, starts: Sequence[Place], ends: Sequence[Place], profile: Profile) -> Matrix:
        """All ways from some points to others."""
        straight_m = straight_table_m(starts, ends)
        return Matrix(straight_m, straight_m / FASTEST_MPS)


def test_nobody_is_faster_than_the_fastest_at_night_either() -> None:
    """What the planner counts on of ways that nobody asked for; slower streets are as much faster as is stated."""
    fastest = SlowedNetwork(Fastest(), NIGHT)
    least_s = straight_table_m(PLACES, PLACES) / FASTEST_MPS
    np.testing.assert_allclose(fastest.matrix(PLACES, "drive").duration_s, least_s)
    slower, full = SlowedNetwork(GeodesicNetwork(), NIGHT), GeodesicNetwork()
    np.testing.assert_allclose(
        slower.matrix(PLACES, "drive").duration_s * 1.3, full.matrix(PLACES, "drive").duration_s
    )
    leg, there = slower.leg(PLACES[0], PLACES[1], "drive"), full.leg(PLACES[0], PLACES[1], "drive")
    assert leg is not None
    assert there is not None
    assert leg.duration_s * 1.3 == pytest.approx(there.duration_s)


def test_drives_take_longer_and_nothing_else_does() -> None:
    base = GeodesicNetwork()
    slowed = SlowedNetwork(base, RUSH)
    for profile, times in (("drive", 1 / 0.6), ("walk", 1.0), ("roll", 1.0)):
        before, after = base.matrix(PLACES, profile), slowed.matrix(PLACES, profile)  # type: ignore[arg-type]
        np.testing.assert_allclose(after.duration_s, before.duration_s * times)
        np.testing.assert_array_equal(after.distance_m, before.distance_m)
        legs = slowed.legs(PLACES[:1], PLACES[1:2], profile)  # type: ignore[arg-type]
        leg = slowed.leg(PLACES[0], PLACES[1], profile)  # type: ignore[arg-type]
        assert leg is not None
        assert (leg.distance_m, leg.duration_s) == (legs.distance_m[0], legs.duration_s[0])
        assert leg.duration_s == pytest.approx(after.duration_s[0, 1])
    assert slowed.path(PLACES[0], PLACES[1], "drive") == (PLACES[0], PLACES[1])
    assert slowed.gap(PLACES[0], PLACES[1], "drive") is None
    assert pickle.loads(pickle.dumps(slowed)) == slowed  # noqa: S301 - our own bytes


def test_it_says_what_slows_and_when() -> None:
    said = SlowedNetwork(GeodesicNetwork(), RUSH).assumption
    assert "circuity" in said
    assert "drives at 0.6 of that speed" in said
    assert "07:00-09:30" in said


def lasts_s(table: tuple[Traffic, ...], begin: time, free_s: float) -> float:
    return Speeds(table).lasts_s(begin.hour * 3600 + begin.minute * 60 + begin.second, free_s)


@pytest.mark.parametrize(
    ("begin", "free_s", "wanted_s"),
    [
        (time(6), 600, 600),
        (time(8), 600, 1000),
        (time(6, 55), 600, 300 + 300 / 0.6),
        (time(9, 25), 600, 300 + (600 - 300 * 0.6)),
        (time(6, 50), 7200, 600 + 9000 + (7200 - 600 - 9000 * 0.6)),
        (time(23, 59), 120, 60 / 1.3 * 0 + 120 / 1.3),
        (time(4, 59), 130, 60 + (130 - 78)),
        (time(8), 0, 0),
    ],
)
def test_each_part_of_a_way_is_driven_at_the_speed_of_its_hour(
    begin: time, free_s: float, wanted_s: float
) -> None:
    assert lasts_s((RUSH, NIGHT), begin, free_s) == pytest.approx(wanted_s, abs=1e-3)


@given(
    st.lists(st.tuples(st.integers(0, 1439), st.integers(0, 1439), st.floats(0.05, 2)), max_size=6),
    st.floats(0, 86_399),
    st.floats(0, 7200),
    st.floats(0, 20_000),
)
def test_who_leaves_later_arrives_no_earlier(
    rows: list[tuple[int, int, float]], begin_s: float, wait_s: float, free_s: float
) -> None:
    """And no way is faster than at the fastest hour's speed, or slower than at the slowest's."""

    def at(minute: int) -> time:
        return time(minute // 60, minute % 60)

    speeds = Speeds([Traffic(Hours(at(a), at(b)), speed) for a, b, speed in rows])
    now, later = speeds.lasts_s(begin_s, free_s), speeds.lasts_s(begin_s + wait_s, free_s)
    assert begin_s + now <= begin_s + wait_s + later + 1e-3
    stated = [1.0, *(speed for _, _, speed in rows)]
    assert free_s / max(stated) - 1e-3 <= now <= free_s / min(stated) + 1e-3
