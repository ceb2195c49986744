"""How many flights may make use of an approval: counted when they are planned, and when one more is to set out.

One rule for both. A flight counts for each approval whose zones it is not clear of, that is for its type and may be
valid then: from its release on, also when it turned back, as when it was really inside, nobody promises. It counts on
the local day of the approval on which it enters a zone; on both days where it enters so near midnight that its planned
time may be wrong by as much (``zone_time_margin_s``), and on each day on which it enters one anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from fleet.domain.fleet import FleetSpec, SortieType
from fleet.feasibility.airspace import ask_path, checked
from fleet.feasibility.clearance import clearance_of
from fleet.feasibility.context import Context
from fleet.protocol.values import Reason
from geofences import Authorisation, Conflict, Waypoint
from geofences.checks.authorisation import zones_of
from geofences.model.spans import intersection


@dataclass(frozen=True, slots=True)
class Sent:
    """A trip that counts beside others: by which mission (and revision), with what, which way; whether it is out (or
    still to be), how far behind its times it was when that was last known, in s, and from which site it sets out.
    """

    mission: tuple[str, int]
    kind: SortieType
    path: tuple[Waypoint, ...]
    is_out: bool
    late_s: float = 0.0
    site_id: str = ""


@dataclass(frozen=True, slots=True)
class Use:
    """That a flight counts for an approval: on which of its days, and when it enters the approval's zones by plan."""

    approval: Authorisation
    days: frozenset[date]
    entries: tuple[datetime, ...]


def has_count(one: Authorisation) -> bool:
    """Whether an approval allows so many flights only."""
    return one.max_at_once is not None or one.max_per_day is not None


def uses_of(ctx: Context, kind: SortieType, path: Sequence[Waypoint], late_s: float = 0.0) -> tuple[Use, ...]:
    """The approvals with a number of flights that a flight counts for."""
    found = (_use(ctx, one, kind, path, late_s) for one in ctx.authorisations if has_count(one))
    return tuple(use for use in found if use is not None)


def approval_full(
    ctx: Context, kind: SortieType, path: Sequence[Waypoint], sent: Iterable[Sent]
) -> Reason | None:
    """Why a flight can't set out now: an approval that it needs has as many flights out, or as many on a day on which
    it counts, as it allows. Another one that covers the flight lets it go.
    """
    uses = uses_of(ctx, kind, path)
    others = tuple(sent) if uses else ()
    full = {use.approval: why for use in uses if (why := _why_full(ctx, use, others)) is not None}
    if not full or covered_without(ctx, full, kind, path):
        return None
    return next(iter(full.values()))


def covered_without(
    ctx: Context, full: Collection[Authorisation], kind: SortieType, path: Sequence[Waypoint]
) -> bool:
    """Whether a flight may be made by the other approvals alone."""
    left = replace(ctx, authorisations=tuple(one for one in ctx.authorisations if one not in full))
    return ask_path(left.of(kind), kind, path, "the flight").feasible


def _why_full(ctx: Context, use: Use, sent: Sequence[Sent]) -> Reason | None:
    """Why one flight more is too many."""
    one = use.approval
    if one.max_at_once is not None:
        out = sum(each.is_out and _of_sent(ctx, one, each) is not None for each in sent)
        if out >= one.max_at_once:
            return _full(one, f"{out} flights are out by", out, one.max_at_once, "flights at once")
    if one.max_per_day is not None:
        known = [other for each in sent if (other := _of_sent(ctx, one, each)) is not None]
        most, day = max((sum(day in other.days for other in known), day) for day in use.days)
        if most >= one.max_per_day:
            return _full(one, f"{most} flights have gone on {day} by", most, one.max_per_day, "flights a day")
    return None


def _of_sent(ctx: Context, one: Authorisation, trip: Sent) -> Use | None:
    """The use that a trip beside made of an approval, worked out once."""
    key = ("used", one, trip.mission, trip.late_s)
    return ctx.memory.get(key, lambda: _use(ctx, one, trip.kind, trip.path, trip.late_s))


def _use(
    ctx: Context, one: Authorisation, kind: SortieType, path: Sequence[Waypoint], late_s: float
) -> Use | None:
    if one.vehicles and one.vehicles.isdisjoint((kind.type_id, kind.kind)):
        return None
    zones = ctx.memory.get(
        ("approved", one), lambda: replace(ctx, zones=zones_of(ctx.zones, one), areas=(), authorisations=())
    )
    return use_met(one, checked(zones, path, clearance_of(ctx, kind, path)).conflicts, ctx.fleet, late_s)


def use_met(one: Authorisation, met: Iterable[Conflict], fleet: FleetSpec, late_s: float = 0.0) -> Use | None:
    """The use that a flight makes of an approval whose zones (``zones_of``) it meets so; none where it makes none."""
    margin = timedelta(seconds=fleet.zone_time_margin_s)
    before, after = margin, margin + timedelta(seconds=max(0.0, late_s))
    entries = tuple(each.entered_at for each in met if _may_hold(one, each, before, after))
    clocks = days_by(one, fleet)
    moments = (at for entry in entries for at in (entry - before, entry, entry + after))
    return Use(one, frozenset(at.astimezone(clocks).date() for at in moments), entries) if entries else None


def days_by(one: Authorisation, fleet: FleetSpec) -> ZoneInfo:
    """By whose clocks the days of an approval are told: its own time zone, else the fleet's."""
    return ZoneInfo(one.timezone or fleet.timezone)


def _may_hold(one: Authorisation, met: Conflict, before: timedelta, after: timedelta) -> bool:
    """Whether an approval may be valid while a flight is in its zone; else it is there by another one."""
    if one.valid.is_permanent or one.valid.follows_sun:  # the sun's times are known at a place only
        return True
    stay = (met.entered_at - before).timestamp(), (met.left_at + after).timestamp()
    return bool(intersection(one.valid.active(*stay).possible, (stay,)))


def _full(one: Authorisation, found: str, actual: int, most: int, unit: str) -> Reason:
    return Reason(
        code="authorisation_full",
        detail=f"{found} authorisation {one.reference!r} for {one.zone_id}, which allows {most} {unit}",
        limit=most,
        actual=actual,
        unit=unit,
        source=one.reference,
    )
