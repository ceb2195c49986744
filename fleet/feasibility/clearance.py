"""How far a flight stays from zones: one answer for planning, release, monitor and foresight.

Without a rule that is the type's corridor. With one (``[margins]`` of the fleet file) it is the volume of SORA's
semantic model around the path: as far as the aircraft may get before it is brought back, or until it has come down.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite
from types import MappingProxyType

from fleet.domain.fleet import AirMargins, SortieType
from fleet.feasibility.context import Context
from fleet.kinds import kind_of
from geofences import Waypoint
from geofences.altitude import Box
from geofences.sora import Ballistic, Descent, OneToOne, Operation, margins


@dataclass(frozen=True, slots=True)
class Clearance:
    """What is kept free around a path, in metres: to either side, and above and below. ``why``: by which rule."""

    beside_m: float
    above_m: float = 0.0
    why: str = ""

    def around(self, what: str) -> str:
        """A flight's name for a reason, with what is kept free around it where a rule says so."""
        return f"{what} with {self._sizes()} ({self.why})" if self.why else what

    def assumptions(self, type_id: str) -> frozenset[str]:
        """What a trip names: how far its type stays from zones, and why so far."""
        named = f"margins to zones of {type_id}: {self._sizes()}, {self.why}"
        return frozenset({named}) if self.why else frozenset()

    def _sizes(self) -> str:
        return f"{self.beside_m:.0f} m beside its path and {self.above_m:.0f} m above and below"


def clearance_of(ctx: Context, kind: SortieType, path: Sequence[Waypoint]) -> Clearance:
    """What is kept free around a path."""
    return clearance_at(ctx, kind, max(p.alt_amsl_m for p in path), ((p.lon, p.lat) for p in path))


def clearance_at(
    ctx: Context, kind: SortieType, alt_amsl_m: float, places: Iterable[tuple[float, float]]
) -> Clearance:
    """What is kept free around a flight that is ``alt_amsl_m`` high at most and passes these places (degrees)."""
    rule = ctx.fleet.margins
    if rule is None or not kind_of(kind.kind).needs_airspace:
        return Clearance(kind.corridor_m)
    height_m = 0.0
    if rule.volume == "ground_risk":  # the only one that grows with the height
        height_m = max(0.0, _height_m(ctx, kind, alt_amsl_m, places))
    return _by_rule(rule, kind.cruise_mps, _wind_mps(rule, kind), kind.corridor_m, height_m)


def traits(ctx: Context, kind: SortieType) -> tuple[float, ...]:
    """What of a type the sizes depend on, besides height and place: part of the key of what is kept in memory."""
    rule = ctx.fleet.margins
    if rule is None:
        return (kind.corridor_m,)
    return kind.corridor_m, kind.cruise_mps, _wind_mps(rule, kind)


def _wind_mps(rule: AirMargins, kind: SortieType) -> float:
    wind_mps = kind.weather.max_wind_mps if rule.wind_mps is None else rule.wind_mps
    assert wind_mps is not None  # a fleet in which neither is stated is refused
    return wind_mps


def _height_m(
    ctx: Context, kind: SortieType, alt_amsl_m: float, places: Iterable[tuple[float, float]]
) -> float:
    """Above the lowest ground that the terrain allows: what falls from higher gets farther. Without any terrain the
    type's own height is all that is known; no flight is planned then."""
    lons, lats = zip(*places, strict=True)
    low = ctx.terrain.ground_within(Box(min(lons), min(lats), max(lons), max(lats))).low
    return alt_amsl_m - low if isfinite(low) else kind.cruise_height_agl_m


_DESCENTS: Mapping[str, Descent] = MappingProxyType({"one_to_one": OneToOne(), "ballistic": Ballistic()})


@lru_cache(maxsize=4096)
def _by_rule(
    rule: AirMargins, cruise_mps: float, wind_mps: float, corridor_m: float, height_m: float
) -> Clearance:
    """Never less than the corridor: beside its path by so much an aircraft is still thought to follow it."""
    operation = Operation(
        height_m=height_m,
        airspeed_mps=cruise_mps,
        wind_mps=wind_mps,
        span_m=rule.span_m,
        bank_deg=rule.bank_deg,
        reaction_s=rule.reaction_s,
        gnss_m=rule.gnss_m,
        holding_m=rule.holding_m,
        map_m=rule.map_m,
        height_error_m=rule.height_error_m,
    )
    found = margins(operation, _DESCENTS[rule.descent])
    at = f"at {cruise_mps:g} m/s in {wind_mps:g} m/s of wind"
    if rule.volume == "ground_risk":
        beside_m = found.ground_m
        why = f"SORA contingency volume and ground risk buffer {at} and {height_m:.0f} m above ground"
    else:
        beside_m, why = found.contingency_m, f"SORA contingency volume {at}"
    return Clearance(max(corridor_m, beside_m), found.contingency_up_m, f"{why}; {rule.source}")
