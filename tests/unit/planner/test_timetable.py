"""Bookings of machines that do one thing at a time, and of chargers."""

from __future__ import annotations

import pytest

from fleet.planner.timetable import Chargers, Timetable


def test_first_fit_is_the_first_gap_that_is_long_enough() -> None:
    """The gap of five between the bookings takes five, not six."""
    table = Timetable([(10, 20), (25, 40)])
    assert table.first_fit(0, 10) == 0
    assert table.first_fit(0, 11) == 40
    assert table.first_fit(12, 5) == 20
    assert table.first_fit(12, 6) == 40


def test_double_booking_is_refused() -> None:
    """An overlap of one second is one too many; touching ends are fine."""
    table = Timetable()
    table.book(0, 10)
    table.book(10, 20)
    with pytest.raises(ValueError, match="already booked"):
        table.book(19, 21)


def test_chargers_serve_as_many_at_once_as_there_are() -> None:
    """The third of three waits for the first of two chargers."""
    chargers = Chargers(2)
    for start, length in ((0, 100), (0, 60)):
        assert chargers.first_fit(start, length) == start
        chargers.book(start, length)
    assert chargers.first_fit(10, 30) == 60


def test_charging_fits_before_a_later_booking_only_if_it_ends_by_then() -> None:
    """A gap before a booked time is used when it is long enough."""
    chargers = Chargers(1)
    chargers.book(50, 50)
    assert chargers.first_fit(0, 50) == 0
    assert chargers.first_fit(0, 51) == 100


def test_no_chargers_charge_nothing() -> None:
    """Without a charger only trips that need none are possible."""
    assert Chargers(0).first_fit(5, 1) is None
    assert Chargers(0).first_fit(5, 0) == 5
