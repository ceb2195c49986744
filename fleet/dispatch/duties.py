"""A van's shift: which one a moment belongs to, and the van's routes in it, over, under way and to come, together.

They lie in one longest shift, draw on one battery as long as nothing is told of its being charged, and leave the driver
his one break.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from fleet.dispatch.charge import last_measured, told_charge
from fleet.dispatch.desk import Desk
from fleet.dispatch.drafting import route_type
from fleet.domain.fleet import RouteType
from fleet.domain.plan import RoutePlan
from fleet.domain.sites import Site
from fleet.domain.state import OVER, MissionRecord
from fleet.feasibility.route_energy import RouteRange, range_of
from fleet.planner.breaks import Break
from fleet.planner.duty import Duty, shift
from fleet.protocol.mission import Stop
from fleet.protocol.values import TimeWindow


@dataclass(frozen=True, slots=True)
class Outing:
    """A route of a van: when it is out, when its driver has his break on it (none: not on it), what of a full battery
    it takes after the van has last told how full it is, and whether it is over."""

    away: TimeWindow
    rest: TimeWindow | None
    drawn: float
    over: bool = False


@dataclass(frozen=True, slots=True)
class Shift:
    """One shift of a van with its routes in it, in the order in which they begin; but for one that is asked about."""

    kind: RouteType
    timezone: str
    span: TimeWindow
    outings: tuple[Outing, ...]

    @property
    def drawn(self) -> float:
        """What its routes take of a full battery."""
        return sum(one.drawn for one in self.outings)

    @property
    def break_begins(self) -> TimeWindow | None:
        """Between which times the driver's break begins; none where he has none."""
        rest = self.kind.driver_break
        return None if rest is None else rest.begins(self.span.start, self.timezone)

    @property
    def rests(self) -> tuple[TimeWindow, ...]:
        """The breaks that are on its routes."""
        return tuple(one.rest for one in self.outings if one.rest is not None)

    def before(self, start: datetime) -> Shift:
        """With those routes alone that begin before a time."""
        return replace(self, outings=tuple(one for one in self.outings if one.away.start < start))

    def over_by(self, end: datetime) -> datetime:
        """When one more route must be over that may be out until ``end``: in the longest shift that began with the
        first."""
        first = min((one.away.start for one in self.outings), default=end)
        return min(end, first + timedelta(seconds=self.kind.max_shift_s))

    def break_due(self, start: datetime) -> TimeWindow | None:
        """Between which times the break begins that the driver has still to have when a route begins then; none where
        he has none, has it on another route, or has had it at the depot."""
        due = self._duty.break_after(self._seconds(start)) is not None
        return self.break_begins if due else None

    def home_since(self, start: datetime) -> datetime | None:
        """Since when the van is at its depot that begins a route then; none where it was not out before."""
        home_s = self._duty.home_s(self._seconds(start))
        return None if home_s is None else self.span.start + timedelta(seconds=home_s)

    def back_by(self, start: datetime, following: Sequence[datetime]) -> Iterator[datetime]:
        """When a route must be over that begins then, for those that follow, and for a break before one of these."""
        rest = self._duty.break_after(self._seconds(start))
        for begins in following:
            span = self._seconds(start), self._seconds(begins)
            back_s = span[1] if rest is None else self._duty.back_s(span, rest)
            yield begins - timedelta(seconds=span[1] - back_s)

    @property
    def _duty(self) -> Duty:
        """In the planner's terms, in seconds after its begin."""
        stated, begins, rest = self.kind.driver_break, self.break_begins, None
        if stated is not None and begins is not None and not self.rests:
            rest = Break(stated.lasts_s, self._seconds(begins.start), self._seconds(begins.end))
        ends_s = self._seconds(self.span.end)
        routes = [(self._seconds(one.away.start), self._seconds(one.away.end)) for one in self.outings]
        return Duty((0, ends_s), tuple(routes), int(self.kind.max_shift_s), ends_s, rest)

    def _seconds(self, moment: datetime) -> int:
        return math.floor((moment - self.span.start).total_seconds())


def shift_at(
    kind: RouteType, depot: Site, moment: datetime, *, beyond: timedelta = timedelta(0)
) -> TimeWindow:
    """The shift of a type that a moment lies in, or is ``beyond`` by no more than that; else that of its local day."""
    today = moment.astimezone(ZoneInfo(depot.timezone)).date()
    own = shift(today.isoformat(), kind, depot.timezone)
    before = shift((today - timedelta(days=1)).isoformat(), kind, depot.timezone)
    return before if moment < own.start and moment < before.end + beyond else own


def shift_of(
    desk: Desk,
    asset_id: str,
    moment: datetime,
    *,
    but: Collection[str] = (),
    planned: Sequence[RoutePlan] = (),
) -> Shift:
    """A van's shift at a moment, with all its routes but some, and those that are planned and not drafted yet."""
    depot, kind = desk.state.sites[desk.asset(asset_id).record.site_id], route_type(desk, asset_id)
    beyond = timedelta(hours=desk.settings.overtime_hours)
    span = shift_at(kind, depot, moment, beyond=beyond)
    found = [*outings_of(desk, asset_id, but=but), *(_of_plan(desk, one) for one in planned)]
    of_it = (one for one in found if shift_at(kind, depot, one.away.start, beyond=beyond) == span)
    return Shift(kind, depot.timezone, span, tuple(sorted(of_it, key=lambda one: one.away.start)))


def range_left(desk: Desk, asset_id: str, beside: Shift) -> RouteRange | None:
    """What a van's other routes leave of its battery, as full as it last told; none where its type states none."""
    limit = range_of(desk.context, beside.kind, told_charge(desk, asset_id).soc)
    return limit if limit is None or not beside.drawn else replace(limit, soc=limit.soc - beside.drawn)


def outings_of(desk: Desk, asset_id: str, *, but: Collection[str] = ()) -> list[Outing]:
    """A van's routes of the last day, under way and to come, but for some."""
    live = (one for one, whose in desk.state.live_missions.items() if whose == asset_id)
    full, told = _full(desk, asset_id), last_measured(desk, asset_id)
    since = None if told is None else told[1]
    missions = (desk.state.missions[one] for one in (*desk.asset(asset_id).routes, *live) if one not in but)
    return [_of_mission(desk, record, full, since) for record in missions]


def _of_mission(desk: Desk, record: MissionRecord, full: RouteRange | None, since: datetime | None) -> Outing:
    away = away_of(desk, record)
    drawn = 0.0 if full is None else _drawn(record, full) * _after(away, since)
    return Outing(away, _rest(record, away), drawn, record.status in OVER)


def _of_plan(desk: Desk, route: RoutePlan) -> Outing:
    limit, rest = _full(desk, route.asset_id), route.driver_break
    drawn = 0.0 if limit is None else _with_margin(limit, route.energy_wh or 0.0)
    had = None if rest is None else TimeWindow(start=rest.start, end=rest.end)
    return Outing(TimeWindow(start=route.start, end=route.end), had, drawn)


def _full(desk: Desk, asset_id: str) -> RouteRange | None:
    return range_of(desk.context, route_type(desk, asset_id))


def away_of(desk: Desk, record: MissionRecord) -> TimeWindow:
    """From its start until its van was, or will be, back."""
    start = record.mission.start_at
    if record.status in OVER:
        return TimeWindow(start=start, end=max(start, record.over_at or start))
    late = timedelta(seconds=record.late_s)
    stops = [step for step in record.mission.steps if isinstance(step, Stop)]
    ends = [stop.eta + late + timedelta(seconds=stop.service_s) for stop in stops]
    rest = record.mission.driver_break
    end = max([start, *ends, *([] if rest is None else [rest.end])])
    return TimeWindow(start=start, end=end + (_home(desk, record, stops[-1]) if stops else timedelta(0)))


def _home(desk: Desk, record: MissionRecord, last: Stop) -> timedelta:
    """How long it is on its way home from its last stop."""
    way = desk.context.network.leg(last.place, record.mission.home, "drive")
    return timedelta(seconds=ROUTE_OVER_S if way is None else way.duration_s)


ROUTE_OVER_S = 1800.0
"""How long after its last stop a van may be home."""


def _rest(record: MissionRecord, away: TimeWindow) -> TimeWindow | None:
    """The driver's break on a route; none where that was over before it."""
    rest = record.mission.driver_break
    if rest is None:
        return None
    had = record.status not in OVER or (rest.after in record.ended and rest.start <= away.end)
    return TimeWindow(start=rest.start, end=rest.end) if had else None


def _drawn(record: MissionRecord, full: RouteRange) -> float:
    """What a route takes of a full battery: as it told, else as predicted with the margin."""
    if record.energy_used_wh is not None:
        return record.energy_used_wh / full.full_wh
    return _with_margin(full, record.mission.energy_wh or 0.0)


def _with_margin(full: RouteRange, energy_wh: float) -> float:
    return energy_wh * (1 + full.margin) / full.full_wh


def _after(away: TimeWindow, told_at: datetime | None) -> float:
    """The share of a route that is after its van has told how full it is; all of it where it never has."""
    if told_at is None or told_at <= away.start:
        return 1.0
    whole_s = (away.end - away.start).total_seconds()
    return max(0.0, (away.end - told_at).total_seconds()) / whole_s if whole_s > 0 else 0.0
