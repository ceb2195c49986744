"""A robot's way as its energy sees it: what the street network knows of it, and what is assumed of the rest."""

from __future__ import annotations

from typing import NamedTuple

from fleet.domain.fleet import SortieType, Streets
from fleet.energy.ground import Drive, GroundRobot, PerKm
from fleet.feasibility.shape import Way
from fleet.feasibility.slopes import climbs_m
from fleet.feasibility.verdict import Verdict, unknown
from fleet.network.base import Leg
from fleet.protocol.values import Reason


class Driven(NamedTuple):
    """A drive; the part of it that is only assumed, and in words."""

    drive: Drive
    assumed: Drive
    said: frozenset[str]


def driven(
    robot: GroundRobot, asset_type: SortieType, way: Way, payload_kg: float, standing_s: float
) -> Driven | Verdict:
    """The way with this payload, standing for so long besides. It starts from standing once. It climbs what the network
    says; where that knows nothing, what is assumed, or what the loaded terrain does along it where that is more.

    UNKNOWN where the way has a surface of which nobody has said how the robot rolls on it.
    """
    leg = way.leg or Leg(way.length_m, 0.0)
    rolling = _rolling(robot, asset_type.streets, leg)
    if isinstance(rolling, Reason):
        return unknown(rolling)
    rule, whose = per_km(robot, asset_type.streets)
    km, climbs = way.length_m / 1000, climbs_m(way.ground_m)
    assumed = Drive(
        0.0,
        payload_kg,
        uphill_m=rule.climb_m * km if leg.climb_m is None else 0.0,
        stops=rule.stops * km if leg.stops is None else 0.0,
        waiting_s=rule.waiting_s * km,
    )
    drive = Drive(
        way.length_m,
        payload_kg,
        uphill_m=max(assumed.uphill_m, climbs) if leg.climb_m is None else leg.climb_m,
        stops=1 + assumed.stops + (leg.stops or 0.0),
        waiting_s=standing_s + assumed.waiting_s,
        surface_factor=rolling,
    )
    said = _said(rule, whose, leg)
    if leg.climb_m is None and climbs > 0:
        said |= {"a robot's climbs: those of the terrain's heights along its way, where they are more"}
    return Driven(drive, assumed, said)


def per_km(robot: GroundRobot, stated: Streets | None) -> tuple[PerKm, str]:
    """What is assumed of each kilometre of which nothing is known, and who says so."""
    if stated is None:
        return robot.per_km, f"vehicle data {robot.name}"
    told = {name: getattr(stated, name) for name in PerKm.model_fields if getattr(stated, name) is not None}
    return robot.per_km.model_copy(update=told), stated.source


def _rolling(robot: GroundRobot, stated: Streets | None, leg: Leg) -> float | Reason:
    """How many times as hard as on a hard, even surface, on the mean of the way."""
    whole_m = sum(metres for _, metres in leg.surfaces_m or ())
    if leg.surfaces_m is None or whole_m <= 0:
        return 1.0 if stated is None or stated.rolling is None else stated.rolling
    for name, _ in leg.surfaces_m:
        if name not in robot.surfaces:
            return _strange(robot, name)
    return sum(robot.surfaces[name] * metres for name, metres in leg.surfaces_m) / whole_m


def _said(rule: PerKm, whose: str, leg: Leg) -> frozenset[str]:
    climb_m = rule.climb_m if leg.climb_m is None else 0.0
    stops = rule.stops if leg.stops is None else 0.0
    if not (climb_m or stops or rule.waiting_s):
        return frozenset()
    parts = f"{climb_m:g} m of climb, {stops:g} stops and {rule.waiting_s:g} s of waiting for each km"
    return frozenset({f"a robot's streets: {parts} ({whose})"})


def _strange(robot: GroundRobot, surface: str) -> Reason:
    return Reason(
        code="surface_unknown",
        detail=f"the way leads over {surface}, and nobody has said how {robot.name} rolls on it",
        limit=", ".join(sorted(robot.surfaces)) or "no surface",
        actual=surface,
        source=f"vehicle data {robot.name}",
    )
