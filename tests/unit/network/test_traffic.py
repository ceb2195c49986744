"""Traffic: which hours count, what they slow, and that a plan rests on no better ones."""

import pickle
from datetime import time

import numpy as np
import pytest

from fleet.network.geodesic import GeodesicNetwork
from fleet.network.traffic import Hours, SlowedNetwork, Traffic, slowest
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
