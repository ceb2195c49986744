"""How far a flight stays from zones: one answer for planning, release, monitor and foresight.

Without a rule that is the type's corridor, to the sides and in height. With one (``[margins]`` of the fleet file) it is
the volume of SORA's semantic model around the path: as far as the aircraft may get before it is brought back, a part of
the air that meets zones where they have their heights; and as far as it may get until it has come down, a part of the
ground, which is kept off the zones that protect what is there at whatever height (``geofences.GroundRisk``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite
from types import MappingProxyType

from fleet.domain.fleet import AirMargins, SortieType
from fleet.feasibility.context import Context
from fleet.feasibility.overground import box_around
from fleet.kinds import kind_of
from geofences import GroundRisk, Waypoint
from geofences.checks.sora import Ballistic, Descent, OneToOne, Operation, margins


@dataclass(frozen=True, slots=True)
class Clearance:
    """What is kept free around a path, in metres: to either side, and above and below; and of zones that something
    could fall on. ``why``: by which rule.
    """

    beside_m: float
    above_m: float = 0.0
    why: str = ""
    ground: GroundRisk | None = None

    @property
    def widest_m(self) -> float:
        """How far beside the path a zone may be that matters."""
        return self.beside_m if self.ground is None else max(self.beside_m, self.ground.reach_m)

    def around(self, what: str) -> str:
        """A flight's name for a reason, with what is kept free around it where a rule says so."""
        return f"{what} with {self._sizes()} ({self.why})" if self.why else what

    def assumptions(self, type_id: str) -> frozenset[str]:
        """What a trip names: how far its type stays from zones, and why so far."""
        named = f"margins to zones of {type_id}: {self._sizes()}, {self.why}"
        return frozenset({named}) if self.why else frozenset()

    def _sizes(self) -> str:
        around = f"{self.beside_m:.0f} m beside its path and {self.above_m:.0f} m above and below"
        if self.ground is None:
            return around
        return f"{around}, and {self.ground.reach_m:.0f} m beside it off what is protected on the ground"


def clearance_of(ctx: Context, kind: SortieType, path: Sequence[Waypoint]) -> Clearance:
    """What is kept free around a path."""
    return clearance_at(ctx, kind, max(p.alt_amsl_m for p in path), ((p.lon, p.lat) for p in path))


def clearance_at(
    ctx: Context, kind: SortieType, alt_amsl_m: float, places: Iterable[tuple[float, float]]
) -> Clearance:
    """What is kept free around a flight that is ``alt_amsl_m`` high at most and passes these places (degrees)."""
    rule, flies = ctx.fleet.margins, kind_of(kind.kind).needs_airspace
    if rule is None or not flies:
        return Clearance(kind.corridor_m, kind.keeps_up_m if flies else 0.0)
    height_m = 0.0
    if rule.volume == "ground_risk":  # the only one that grows with the height
        height_m = max(0.0, _height_m(ctx, kind, alt_amsl_m, places))
    corridor = kind.corridor_m, kind.keeps_up_m
    return _by_rule(rule, kind.fastest_mps, _wind_mps(rule, kind), corridor, height_m)


def traits(ctx: Context, kind: SortieType) -> tuple[float, ...]:
    """What of a type the sizes depend on, besides height and place: part of the key of what is kept in memory."""
    rule = ctx.fleet.margins
    if rule is None:
        return kind.corridor_m, kind.keeps_up_m
    return kind.corridor_m, kind.keeps_up_m, kind.fastest_mps, _wind_mps(rule, kind)


def _wind_mps(rule: AirMargins, kind: SortieType) -> float:
    wind_mps = kind.weather.max_wind_mps if rule.wind_mps is None else rule.wind_mps
    assert wind_mps is not None  # a fleet in which neither is stated is refused
    return wind_mps


def _height_m(
    ctx: Context, kind: SortieType, alt_amsl_m: float, places: Iterable[tuple[float, float]]
) -> float:
    """Above the lowest ground that the terrain allows: what falls from higher gets farther. Without any terrain the
    type's own height is all that is known; no flight is planned then."""
    low = ctx.terrain.ground_within(box_around(places)).low
    return alt_amsl_m - low if isfinite(low) else kind.cruise_height_agl_m


_DESCENTS: Mapping[str, Descent] = MappingProxyType({"one_to_one": OneToOne(), "ballistic": Ballistic()})


@lru_cache(maxsize=4096)
def _by_rule(
    rule: AirMargins, cruise_mps: float, wind_mps: float, corridor: tuple[float, float], height_m: float
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
    beside_m, up_m = max(corridor[0], found.contingency_m), max(corridor[1], found.contingency_up_m)
    if rule.volume == "contingency":
        return Clearance(beside_m, up_m, f"SORA contingency volume {at}; {rule.source}")
    why = f"SORA contingency volume and ground risk buffer {at} and {height_m:.0f} m above ground"
    ground = GroundRisk(max(corridor[0], found.ground_m), rule.protects)
    return Clearance(beside_m, up_m, f"{why}; {rule.source}", ground)
