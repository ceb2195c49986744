"""How many flights may make use of an approval: counted when one more is to set out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from fleet.domain.fleet import SortieType
from fleet.feasibility.airspace import ask_path, checked
from fleet.feasibility.clearance import clearance_of
from fleet.feasibility.context import Context
from fleet.protocol.values import Reason
from geofences import Authorisation, Waypoint
from geofences.checks.authorisation import zones_of


@dataclass(frozen=True, slots=True)
class Flown:
    """A flight that was released: by which mission (and revision), with what, which way; whether it is still out."""

    mission: tuple[str, int]
    kind: SortieType
    path: tuple[Waypoint, ...]
    start_at: datetime
    is_out: bool


def approval_full(
    ctx: Context, kind: SortieType, path: Sequence[Waypoint], flown: Iterable[Flown]
) -> Reason | None:
    """Why a flight can't set out now: an approval that it needs has as many flights out, or as many on this local day
    of the fleet, as it allows. Another one that covers the flight lets it go.

    A flight counts for each approval whose zones it is not clear of and that is for its type: from its release on,
    also when it turned back, as when it was really inside, nobody promises.
    """
    counted = [
        one for one in ctx.authorisations if one.max_at_once is not None or one.max_per_day is not None
    ]
    if not any(_uses(ctx, one, kind, path) for one in counted):
        return None
    day, others = _day(ctx, path[0].at), tuple(flown)
    full = {one: why for one in counted if (why := _why_full(ctx, one, others, day)) is not None}
    if not full:
        return None
    left = replace(ctx, authorisations=tuple(one for one in ctx.authorisations if one not in full))
    if ask_path(left.of(kind), kind, path, "the flight").feasible:
        return None
    return next((why for one, why in full.items() if _uses(ctx, one, kind, path)), None)


def _why_full(ctx: Context, one: Authorisation, flown: Sequence[Flown], day: date) -> Reason | None:
    """Why one flight more is too many. Whether a flight that is over made use of it is worked out once."""
    if one.max_at_once is not None:
        out = sum(each.is_out and _used(ctx, one, each) for each in flown)
        if out >= one.max_at_once:
            return _full(one, f"{out} flights are out by", out, one.max_at_once, "flights at once")
    if one.max_per_day is not None:
        today = sum(_day(ctx, each.start_at) == day and _used(ctx, one, each) for each in flown)
        if today >= one.max_per_day:
            return _full(one, f"{today} flights have gone today by", today, one.max_per_day, "flights a day")
    return None


def _used(ctx: Context, one: Authorisation, flight: Flown) -> bool:
    return ctx.memory.get(("used", one, flight.mission), lambda: _uses(ctx, one, flight.kind, flight.path))


def _uses(ctx: Context, one: Authorisation, kind: SortieType, path: Sequence[Waypoint]) -> bool:
    """Whether a flight is for the approval's vehicles and not clear of its zones."""
    if one.vehicles and one.vehicles.isdisjoint((kind.type_id, kind.kind)):
        return False
    zones = ctx.memory.get(
        ("approved", one), lambda: replace(ctx, zones=zones_of(ctx.zones, one), areas=(), authorisations=())
    )
    return not checked(zones, path, clearance_of(ctx, kind, path)).is_clear


def _day(ctx: Context, at: datetime) -> date:
    return at.astimezone(ZoneInfo(ctx.fleet.timezone)).date()


def _full(one: Authorisation, found: str, actual: int, most: int, unit: str) -> Reason:
    return Reason(
        code="authorisation_full",
        detail=f"{found} authorisation {one.reference!r} for {one.zone_id}, which allows {most} {unit}",
        limit=most,
        actual=actual,
        unit=unit,
        source=one.reference,
    )
