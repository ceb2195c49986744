"""Energy: what a sortie takes by another formula, what the battery gives, what must stay in it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

from tests.checker.context import Case
from tests.checker.document import PathPoint, Sortie
from tests.checker.fleet import SortieFacts
from tests.checker.geo import bearing_deg, distance_m
from tests.checker.inputs import weather_between
from tests.checker.physics import Roller, Rotorcraft
from tests.checker.violation import Code, Violation

TOO_LITTLE, TOO_MUCH = 0.15, 0.20
"""How far two sound models of one trip may lie apart, as shares: a plan may err more on the safe side, and does on
short trips, where the hover at the drop is priced like a climb."""

_STANDING_MPS = 1.0
"""Slower than this is hovering or vertical: still air is taken, as the lift that wind gives can't be counted on."""


def check_energy(case: Case) -> Iterator[Violation]:
    """The stated energy agrees with another model's within the two shares."""
    for sortie, facts in case.trips():
        own = sortie_wh(case, sortie, facts)
        if not own * (1 - TOO_LITTLE) <= sortie.energy_wh <= own * (1 + TOO_MUCH):
            detail = f"says {sortie.energy_wh:.1f} Wh, another model {own:.1f} Wh"
            yield Violation(Code.ENERGY, f"sortie {sortie.sortie_id}", detail)


def check_reserve(case: Case) -> Iterator[Violation]:
    """The trip's energy and the reserve are in the battery, and the reserve is what the fleet's rule says."""
    for sortie, facts in case.trips():
        where, needed = f"sortie {sortie.sortie_id}", sortie.energy_wh + sortie.reserve_wh
        if needed > sortie.usable_wh + 0.01:
            yield Violation(Code.RESERVE, where, f"takes and keeps {needed:.1f} Wh of {sortie.usable_wh:.1f}")
        ruled = case.fleet.reserve_fraction * sortie.usable_wh
        if sortie.reserve_wh < ruled * 0.995:
            yield Violation(
                Code.RESERVE, where, f"keeps {sortie.reserve_wh:.1f} Wh, the rule says {ruled:.1f}"
            )
        if sortie.usable_wh > facts.usable_wh * 1.01:
            detail = f"counts on {sortie.usable_wh:.1f} Wh, the pack gives {facts.usable_wh:.1f}"
            yield Violation(Code.USABLE, where, detail)


def sortie_wh(case: Case, sortie: Sortie, facts: SortieFacts) -> float:
    """The trip's energy from its path, loaded up to the drop, then empty (a collection: the reverse)."""
    drop = sortie.drops[0]
    outbound = case.order(drop.order_id).outbound
    # A robot's electronics are on while it is loaded, before its path begins.
    total = facts.energy.standing_wh(facts.load_s) if isinstance(facts.energy, Roller) else 0.0
    for a, b in pairwise(sortie.path):
        before_drop = a.at + (b.at - a.at) / 2 <= drop.at
        payload_kg = sortie.payload_kg if before_drop == outbound else 0.0
        total += _leg_wh(case, facts.energy, payload_kg, a, b)
    return total


def _leg_wh(case: Case, model: Rotorcraft | Roller, payload_kg: float, a: PathPoint, b: PathPoint) -> float:
    seconds, length = (b.at - a.at).total_seconds(), distance_m((a.lon, a.lat), (b.lon, b.lat))
    if isinstance(model, Roller):
        return model.leg_wh(payload_kg, length, seconds)
    if seconds <= 0:
        return 0.0
    moving = length > seconds * _STANDING_MPS
    airspeed = _airspeed_mps(case, a, b, length / seconds) if moving else 0.0
    return model.power_w(payload_kg, airspeed, (b.alt_m - a.alt_m) / seconds) * seconds / 3600


def _airspeed_mps(case: Case, a: PathPoint, b: PathPoint, ground_mps: float) -> float:
    """The speed through the air: ground velocity minus wind."""
    middle = a.at + (b.at - a.at) / 2
    wind, from_deg = _wind(case, middle)
    course = math.radians(bearing_deg((a.lon, a.lat), (b.lon, b.lat)))
    to = math.radians(from_deg + 180)
    east = ground_mps * math.sin(course) - wind * math.sin(to)
    north = ground_mps * math.cos(course) - wind * math.cos(to)
    return math.hypot(east, north)


def _wind(case: Case, at: datetime) -> tuple[float, float]:
    speed = weather_between(case.weather, "wind_mps", at)
    direction = weather_between(case.weather, "wind_from_deg", at)
    return (speed[0], direction[1]) if speed and direction else (0.0, 0.0)
