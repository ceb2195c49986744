"""Trips that are about the same as one of the same hour: only departures that may do are asked about exactly."""

from __future__ import annotations

import random

import pytest

from fleet.planner.candidates import find_ways
from fleet.planner.flights import Flights
from fleet.planner.problem import Problem
from fleet.planner.sorties import Sortie, Yard
from tests.unit.planner.town import order, place, snapshot


class Asking(Flights):
    """Flights that count what they ask, and that may do without guesses."""

    asked = 0
    guesses = True

    def _asked(self, *key):  # type: ignore[no-untyped-def]
        self.asked += 1
        return super()._asked(*key)

    def guessed(self, *key):  # type: ignore[no-untyped-def]
        return super().guessed(*key) if self.guesses else None


def booked(seed: int, *, guesses: bool) -> tuple[list[Sortie | None], int]:
    """Every way of every parcel booked in turn, on few drones that must charge in between; how much was asked."""
    rng = random.Random(seed)
    spots = [place(rng.uniform(1500, 3500), rng.uniform(-1500, 1500)) for _ in range(60)]
    orders = [order(f"O{i}", spot, weight_kg=rng.uniform(0.3, 2)) for i, spot in enumerate(spots)]
    problem = Problem(snapshot(orders, drones=3, chargers=1))
    flights = Asking(problem)
    ways = find_ways(problem, flights)
    flights.guesses, flights.asked = guesses, 0
    yard = Yard(problem, flights)
    return [yard.book(o, way) for o, found in enumerate(ways) for way in found.sorties[:1]], flights.asked


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_guesses_change_nothing_in_calm_weather_and_ask_less(seed: int) -> None:
    """There all trips of a way are the same but for their time: departures are the same to the second."""
    quick, asked = booked(seed, guesses=True)
    slow, more = booked(seed, guesses=False)
    assert quick == slow
    assert len([one for one in quick if one]) > 10
    assert asked < 0.7 * more
