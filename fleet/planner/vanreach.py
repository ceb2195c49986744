"""How far a van's battery leads, as a search takes it that knows metres and seconds only.

What a way takes by the metre depends on how long it is (stops cost, and so does speed) and on what rides on it. Two
ways stand for all: one from a depot to a door, driven out and back, and one from a door to the next. Tours are asked
exactly afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fleet.energy.van import RouteLegs
from fleet.feasibility.route_energy import RouteRange
from fleet.planner.legs import Floats, Indexes, Legs, Measured
from fleet.planner.problem import NO_WAY_S

AT_A_TIME = 4000
"""Doors that ways are looked up to at a time."""

SAMPLED = 150
"""Doors that stand for all, about, where their legs must be looked up: their medians are a few per cent off."""


@dataclass(frozen=True, slots=True)
class Usual:
    """Usual ways of a city, each in metres and seconds: from a depot to a door, and from a door to the next; and the
    payload (kg) that rides on each."""

    out: tuple[float, float]
    between: tuple[float, float]
    payload_kg: float


def usual_ways(legs: Legs, depots: int, first: int, payload_kg: float) -> Usual:
    """The medians: of the places the first are depots, and doors begin later. Of legs that are looked up some doors
    stand for all. Nothing where no parcel may go by van."""
    sites, doors = np.arange(depots), np.arange(first, legs.places)
    if not len(doors):
        return Usual((0.0, 0.0), (0.0, 0.0), payload_kg)
    some = doors[:: max(1, len(doors) // SAMPLED)] if isinstance(legs, Measured) else doors
    metres, columns = legs.metres(sites, some), np.arange(len(some))
    out = _median(metres, legs.durations(sites, some), metres.argmin(axis=0), columns)
    nearest, seconds = _to_the_next(legs, some, doors)
    between = (float(np.median(nearest)), float(np.median(seconds)))
    return Usual(out, between if between[0] < NO_WAY_S else out, payload_kg)


def _to_the_next(legs: Legs, some: Indexes, doors: Indexes) -> tuple[Floats, Floats]:
    """From each of some doors to the next one, in metres and seconds; of very many doors some are asked at a time."""
    nearest, seconds = np.full(len(some), np.inf), np.zeros(len(some))
    rows = np.arange(len(some))
    for begin in range(0, len(doors), AT_A_TIME):
        part = doors[begin : begin + AT_A_TIME]
        metres = legs.metres(some, part)
        metres = np.where(metres > 0.0, metres, NO_WAY_S)
        column = metres.argmin(axis=1)
        nearer = metres[rows, column] < nearest
        nearest[nearer] = metres[rows, column][nearer]
        seconds[nearer] = legs.durations(some, part)[rows, column][nearer]
    return nearest, seconds


def _median(metres: Floats, seconds: Floats, rows: Indexes, columns: Indexes) -> tuple[float, float]:
    picked = (rows, columns)
    return float(np.median(metres[picked])), float(np.median(seconds[picked]))


def reach(limit: RouteRange, usual: Usual, load_s: float) -> tuple[float, float]:
    """How far a route leads at most (m), and how much of that each second takes (m), loading aside."""
    if limit.strange is not None:
        return 0.0, 0.0
    by_second = limit.standing_w / 3600
    out, between = (_by_metre(limit, way, usual.payload_kg) for way in (usual.out, usual.between))
    budget_wh = (limit.usable_wh - limit.reserve_wh) / (1 + limit.margin) - by_second * load_s
    twice = 2 * usual.out[0]
    metres = budget_wh / out if budget_wh < twice * out else twice + (budget_wh - twice * out) / between
    return max(0.0, metres), by_second / between


def _by_metre(limit: RouteRange, way: tuple[float, float], payload_kg: float) -> float:
    """What driving takes (Wh/m), what is drawn by the second aside."""
    metres, seconds = max(1.0, way[0]), way[1]
    kg = min(payload_kg, limit.van.max_payload_kg)
    legs = RouteLegs(np.array([metres]), np.array([seconds]), np.array([kg]))
    return (limit.energy_of(legs, 0.0).energy_wh - limit.standing_w * seconds / 3600) / metres
