"""Remote pilots over time, worked by hand: shifts, ratios, and teams of one site beside those of several."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from fleet.domain.pilots import Pilots, crossing
from fleet.feasibility.pilots import PilotRoom, Rota, no_pilot, rota
from fleet.intake.fleetfile import default_fleet

EIGHT = datetime(2026, 5, 4, 8, tzinfo=UTC)
HOUR = 3600


def row(pilots: int, each: int, begins: str = "00:00", ends: str = "00:00", *sites: str) -> Pilots:
    clocks = time.fromisoformat(begins), time.fromisoformat(ends)
    return Pilots(
        kind="drone", sites=sites, pilots=pilots, machines_each=each, begins=clocks[0], ends=clocks[1]
    )


def of(*rows: Pilots, timezone: str = "UTC") -> Rota:
    """From eight to eight."""
    fleet = default_fleet().spec.model_copy(update={"pilots": rows, "timezone": timezone})
    found = rota(fleet, "drone", EIGHT, EIGHT + timedelta(hours=12))
    assert found is not None
    return found


def test_a_kind_without_a_row_needs_no_pilot() -> None:
    fleet = default_fleet().spec.model_copy(update={"pilots": (row(1, 1),)})
    assert rota(fleet, "sidewalk_robot", EIGHT, EIGHT) is None


def test_shifts_add_up_over_the_day() -> None:
    """Two pilots with three each until ten, one with five from nine to eleven: 6, 11, 5, none."""
    found = of(row(2, 3, "06:00", "10:00"), row(1, 5, "09:00", "11:00"))
    assert [found.at(hour * HOUR) for hour in (0, 1, 2, 3)] == [(6,), (11,), (5,), (0,)]


def test_a_shift_over_midnight_goes_on_in_the_morning() -> None:
    """From ten in the evening to nine: since yesterday until nine, and again after twenty-two."""
    found = of(row(1, 4, "22:00", "09:00"))
    assert [found.at(hour * HOUR) for hour in (0, 1, 13.99, 14)] == [(4,), (0,), (0,), (4,)]


def test_shifts_are_in_the_fleets_local_time() -> None:
    """Ten o'clock in Madrid is eight here."""
    found = of(row(1, 1, "10:00", "12:00"), timezone="Europe/Madrid")
    assert [found.at(s) for s in (-1, 0, 2 * HOUR - 1, 2 * HOUR)] == [(0,), (1,), (1,), (0,)]


def test_around_the_clock_has_no_gap() -> None:
    found = of(row(1, 1))
    assert PilotRoom.of(found).first_fit("A", 10 * HOUR, 10 * HOUR) == 10 * HOUR


def test_one_waits_until_a_machine_is_back() -> None:
    """Two may be out: from 0 to 100 and from 50 to 150 both are. One of 60 s may go at 100, or end by 50."""
    room = PilotRoom.of(of(row(1, 2)))
    room.book("A", 0, 100)
    room.book("B", 50, 100)
    assert [room.first_fit("A", start, 60) for start in (0, 60, 120)] == [100, 100, 120]
    assert room.first_fit("A", 0, 50) == 0
    room.release("B", 50, 100)
    assert room.first_fit("A", 0, 60) == 0
    with pytest.raises(ValueError, match="no machine of B is booked from 50"):
        room.release("B", 50, 100)


def test_a_trip_may_pass_from_one_shift_to_the_next_but_over_no_gap() -> None:
    """Handed over at nine; between ten and half past nobody is there."""
    room = PilotRoom.of(
        of(row(1, 1, "08:00", "09:00"), row(1, 1, "09:00", "10:00"), row(1, 1, "10:30", "12:00"))
    )
    assert room.first_fit("A", 30 * 60, HOUR) == 30 * 60
    assert room.first_fit("A", 90 * 60, HOUR) == 150 * 60
    assert room.first_fit("A", 0, 3 * HOUR) is None


def test_pilots_of_all_sites_help_out_whoever_has_none_left() -> None:
    """A has one of its own, B none, one more is for all: two of A, or one of each, or one of B."""
    found = of(row(1, 1, "00:00", "00:00", "A"), row(1, 1))
    assert found.teams == (frozenset({"A"}), None)
    allowed = [{"A": 2}, {"A": 1, "B": 1}, {"B": 1}]
    refused = [{"A": 3}, {"A": 2, "B": 1}, {"B": 2}]
    assert [found.enough(0, out) for out in allowed] == [True] * 3
    assert [found.enough(0, out) for out in refused] == [False] * 3


def test_a_flight_that_goes_by_its_own_site_leaves_the_others_theirs() -> None:
    """B's machine takes the one who is for all; A's next one has its own pilot, a second of B waits."""
    room = PilotRoom.of(of(row(1, 1, "00:00", "00:00", "A"), row(1, 1)))
    room.book("A", 0, 100)
    assert room.first_fit("B", 0, 50) == 0
    room.book("B", 0, 50)
    assert room.first_fit("B", 0, 50) == 50
    assert room.first_fit("A", 0, 10) == 50


def test_sites_that_are_partly_shared_can_t_be_told_apart() -> None:
    rows = [row(1, 1, "00:00", "00:00", "A", "B"), row(1, 1)]
    assert crossing(row(1, 1, "00:00", "00:00", "B", "C"), rows) == rows[0]
    for sites in (("A",), ("A", "B"), ("A", "B", "C"), ("C",), ()):
        assert crossing(row(1, 1, "00:00", "00:00", *sites), rows) is None


def test_the_reason_says_whether_nobody_is_there_or_all_are_busy() -> None:
    """Where pilots are there but have enough machines out it names how many they may have at most."""
    found = of(row(1, 2, "08:00", "10:00"))
    assert no_pilot(found, "A", 0.0, 60.0) is None
    assert no_pilot(found, "A", 0.0, 60.0, [(0, 60, "A")]) is None
    busy = no_pilot(found, "A", 0.0, 60.0, [(0, 60, "A"), (30, 90, "B")])
    assert busy is not None
    assert (busy.code, busy.limit) == ("pilots_busy", 2)
    late = no_pilot(found, "A", 2 * HOUR - 30.0, 2 * HOUR + 1.0)
    assert late is not None
    assert late.code == "no_pilot"
