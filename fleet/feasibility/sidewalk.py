"""May a robot drive there: by permit where there are permit areas, inside the operating areas where there are some,
else only by a named assumption.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fleet.energy.ground import GroundRobot
from fleet.feasibility.airspace import judged
from fleet.feasibility.case import SortieCase
from fleet.feasibility.context import Context
from fleet.feasibility.vehicles import vehicle_of
from fleet.feasibility.verdict import Verdict, combine, feasible, unknown
from fleet.protocol.values import Reason
from geofences import Surface, Waypoint, Zone, ZoneSet, check_drive, check_path, permits_met

SIDEWALKS = "sidewalk robots may use every street that the network knows"


def ask_sidewalk(case: SortieCase) -> Verdict:
    """Whether the whole way lies inside permit areas, by their terms, and inside the operating areas. Zones for
    aircraft do not bind a robot.
    """
    ctx = case.ctx
    asked = [one for one in (_by_permit(case), _in_areas(case)) if one is not None]
    if asked:
        return combine(asked)
    if ctx.fleet.assumptions.sidewalks_everywhere:
        return feasible(SIDEWALKS)
    return unknown(_NO_AREAS)


def _in_areas(case: SortieCase) -> Verdict | None:
    ctx = case.ctx
    if not ctx.areas:
        return None
    areas = ctx.memory.get(("areas",), lambda: ZoneSet(ctx.areas))
    margin_s = ctx.fleet.zone_time_margin_s
    return judged(check_path(areas, case.trip.path, ctx.terrain, time_margin_s=margin_s), "the drive")


def _by_permit(case: SortieCase) -> Verdict | None:
    permits = case.ctx.permits
    if permits is None:
        return None
    vehicle = vehicle_of(case.asset_type)
    own_kg = vehicle.empty_mass_kg if isinstance(vehicle, GroundRobot) else float("inf")
    result = check_drive(
        permits,
        case.trip.path,
        Surface.SIDEWALK,
        own_kg + case.trip.payload_kg,
        time_margin_s=case.ctx.fleet.zone_time_margin_s,
    )
    return judged(result, "the drive")


def counted_areas(ctx: Context, path: Sequence[Waypoint]) -> tuple[Zone, ...]:
    """The permit areas on a way that may have so many robots at once only. A drive is UNKNOWN where some lack."""
    if ctx.permits is None:
        return ()
    met = permits_met(ctx.permits, path, Surface.SIDEWALK)
    return tuple(zone for zone in met.zones if _most(zone) is not None)


def permit_full(
    ctx: Context, path: Sequence[Waypoint], others: Iterable[Sequence[Waypoint]]
) -> Reason | None:
    """Why a robot can't set out now: a permit area on its way has as many robots out already as it may have at once.

    ``others`` are the ways of the robots that are out. Each counts for an area from its release to its return: when it
    is really inside, nobody promises.
    """
    if ctx.permits is None:
        return None
    limited = counted_areas(ctx, path)
    if not limited:
        return None
    met = [permits_met(ctx.permits, way, Surface.SIDEWALK).zones for way in others]
    for zone in limited:
        most, there = _most(zone), sum(zone in each for each in met)
        if most is not None and there >= most:
            return Reason(
                code="permit_full",
                detail=f"{there} robots are out in {zone.zone_id}, which may have {most} at once",
                limit=most,
                actual=there,
                unit="robots",
                source=ctx.permits.version,
            )
    return None


def _most(zone: Zone) -> int | None:
    return None if zone.permit is None else zone.permit.max_count


_NO_AREAS = Reason(
    code="no_permit_area",
    detail="no operating areas for sidewalk robots are known, and the fleet does not assume that they may "
    "drive everywhere (assumptions.sidewalks_everywhere)",
    source="operating areas",
)
