"""Where a parcel stands, and which routes could take it: the dispatcher's state in the planner's terms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

from fleet.dispatch.charge import last_measured
from fleet.dispatch.desk import Desk
from fleet.dispatch.drafting import STRANDED
from fleet.dispatch.duties import Shift, range_left, shift_of
from fleet.domain.fleet import RouteType
from fleet.domain.plan import RouteBreak, RoutePlan, RouteStop
from fleet.domain.sites import Site
from fleet.domain.state import OVER, MissionRecord, Parcel
from fleet.planner.insertion import FreeVan
from fleet.planner.ranges import Driven
from fleet.planner.running import RunningRoute
from fleet.protocol.lifecycle import AssetStatus, MissionStatus
from fleet.protocol.mission import Stop
from fleet.protocol.values import Direction, Order, Place


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a parcel is. ``pickup`` is the site to load it at (none: the van's depot, or its sender's door);
    ``at_any_depot`` says that it is not settled yet which depot it comes to; ``on_board`` is the van that it rides on
    already."""

    pickup: Site | None = None
    at_any_depot: bool = False
    on_board: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A route that a parcel might be put into, with how many of its stops stay as they are."""

    record: MissionRecord
    running: RunningRoute
    frozen: int

    @property
    def asset_id(self) -> str:
        """The van."""
        return self.record.mission.asset_id

    @property
    def depot_id(self) -> str:
        """The site that it starts from."""
        return self.running.route.depot_id

    @property
    def at_depot(self) -> bool:
        """Whether it has not begun to load, so that one more parcel can be put on."""
        return self.record.status is not MissionStatus.ACTIVE


def stand_of(desk: Desk, parcel: Parcel) -> Stand:
    """Where the parcel is to be taken over."""
    holder = parcel.custodian
    if holder.kind == "site":
        return Stand(pickup=desk.state.sites[holder.id])
    if holder.kind == "asset" and _is_on_route(desk, holder.id):
        return Stand(on_board=holder.id)
    if holder.kind == "asset":
        return Stand(pickup=_stranded(desk, holder.id))
    return Stand(at_any_depot=holder.kind == "linehaul")


def _is_on_route(desk: Desk, asset_id: str) -> bool:
    """Whether it rides on a van that is still on its route (and not on one that has broken down)."""
    record = desk.state.mission_of(asset_id)
    kind = desk.context.fleet.types[desk.asset(asset_id).record.type_id]
    return isinstance(kind, RouteType) and record is not None and record.status not in OVER


def _stranded(desk: Desk, asset_id: str) -> Site:
    asset = desk.asset(asset_id)
    sample = desk.live.get(asset_id)
    home = desk.state.sites[asset.record.site_id].place
    place = asset.place or (Place(lon=sample.lon, lat=sample.lat) if sample is not None else home)
    return Site(site_id=f"{STRANDED}{asset_id}", name=asset_id, place=place)


def running_routes(
    desk: Desk, stand: Stand, *, overtime: bool = False, planned: Sequence[RoutePlan] = ()
) -> list[Candidate]:
    """The routes that are drafted or under way and could still be changed, in the order of their ids. They leave room
    for those that are ``planned`` and not drafted yet."""
    found = []
    for mission_id, asset_id in sorted(desk.state.live_missions.items()):
        record = desk.state.missions[mission_id]
        if record.kind == "van" and stand.on_board in (None, asset_id) and _usable(desk, asset_id):
            start, of_it = record.mission.start_at, [one for one in planned if one.asset_id == asset_id]
            beside = shift_of(desk, asset_id, start, but=(mission_id,), planned=of_it)
            if stand.on_board:
                # What rides on it is brought, even if the next route has to wait for the van.
                beside = beside.before(start)
            found.append(_candidate(desk, record, beside, overtime=overtime))
    return found


def _usable(desk: Desk, asset_id: str) -> bool:
    asset = desk.asset(asset_id)
    return not asset.withdrawn and asset.status not in (AssetStatus.LINK_LOST, AssetStatus.RETURNING)


def _candidate(desk: Desk, record: MissionRecord, beside: Shift, *, overtime: bool) -> Candidate:
    """``beside``: the van's shift with its other routes."""
    stops = [s for s in record.mission.steps if isinstance(s, Stop)]
    done = sum(s.step_id in record.ended or s.step_id == record.current for s in stops)
    begun = record.status is MissionStatus.ACTIVE
    frozen = min(len(stops), done + desk.settings.frozen_stops) if begun else 0
    asset_id, depot, orders = record.mission.asset_id, *_frame(desk, record)
    running = RunningRoute(
        _as_route(desk, record, stops),
        beside.kind,
        depot,
        _latest(desk, record, beside, overtime=overtime),
        orders,
        range=range_left(desk, asset_id, beside),
        done=_behind_it_as_told(desk, record, stops[:done]) if begun else 0,
        back_by=_back_by(record, beside, stops),
    )
    return Candidate(record, running, frozen)


def _latest(desk: Desk, record: MissionRecord, beside: Shift, *, overtime: bool) -> datetime:
    """When a route must be over: at the end of its van's shift, or a while later, never beyond the longest shift with
    its others; before the next one, and its driver's break if he has it between them."""
    start, end = record.mission.start_at, beside.span.end + _overtime(desk, overtime=overtime)
    following = [one.away.start for one in beside.outings if one.away.start > start]
    if record.mission.driver_break is None:
        following = list(beside.back_by(start, following))
    return min([beside.over_by(end), *following])


def _overtime(desk: Desk, *, overtime: bool) -> timedelta:
    return timedelta(hours=desk.settings.overtime_hours if overtime else 0)


def _behind_it_as_told(desk: Desk, record: MissionRecord, done: Sequence[Stop]) -> int:
    """How many of its stops a van had behind it when it told how full it is."""
    told, late = last_measured(desk, record.mission.asset_id), timedelta(seconds=record.late_s)
    return 0 if told is None else sum(stop.eta + late <= told[1] for stop in done)


def route_of(desk: Desk, record: MissionRecord) -> Driven:
    """A route as its mission has it."""
    stops = [step for step in record.mission.steps if isinstance(step, Stop)]
    return Driven(_as_route(desk, record, stops), *_frame(desk, record))


def _frame(desk: Desk, record: MissionRecord) -> tuple[Place, dict[str, Order]]:
    """Its depot, and the orders that it carries."""
    depot = desk.state.sites[desk.asset(record.mission.asset_id).record.site_id]
    return depot.place, {i.order_id: desk.parcel(i.order_id).order for i in record.mission.items}


def _back_by(record: MissionRecord, beside: Shift, stops: list[Stop]) -> datetime | None:
    """By when a van must be back whose driver has his break at the depot then, as the route was planned."""
    mission = record.mission
    begins = beside.break_due(mission.start_at)
    if begins is None or mission.driver_break is not None:
        return None
    leaves = max([mission.start_at, *(s.eta + timedelta(seconds=s.service_s) for s in stops)])
    return begins.end if leaves <= begins.end else None


def _break_of(record: MissionRecord, stops: list[Stop], late: timedelta) -> RouteBreak | None:
    """The driver's break as the mission has it, later by so much while it is not over."""
    rest = record.mission.driver_break
    if rest is None:
        return None
    after = next((n for n, stop in enumerate(stops, 1) if stop.step_id == rest.after), 0)
    over = any(stop.step_id in record.ended for stop in stops[after:])
    start = rest.start if over else max(rest.start + late, rest.begins.start)
    return RouteBreak(after=after, start=start, end=start + (rest.end - rest.start), begins=rest.begins)


def _as_route(desk: Desk, record: MissionRecord, stops: list[Stop]) -> RoutePlan:
    mission = record.mission
    late = timedelta(seconds=record.late_s)
    moved = tuple(_as_stop(desk, s, late if s.step_id not in record.ended else timedelta(0)) for s in stops)
    depot_id = desk.asset(mission.asset_id).record.site_id
    rest = _break_of(record, stops, late)
    return RoutePlan(
        route_id=mission.mission_id,
        asset_id=mission.asset_id,
        depot_id=depot_id,
        start=mission.start_at,
        end=max([mission.start_at, *(s.depart for s in moved), *([] if rest is None else [rest.end])]),
        distance_m=0,
        cost=0,
        stops=moved,
        driver_break=rest,
    )


def _as_stop(desk: Desk, stop: Stop, late: timedelta) -> RouteStop:
    """A stop in the planner's terms, later by so much; taking over what is to be delivered is loading, wherever it
    is.
    """
    arrive = stop.eta + late
    loads = any(desk.parcel(o).order.direction is Direction.DELIVERY for o in stop.collect)
    site_id = stop.site_id or (f"{STRANDED}{stop.step_id}" if loads else None)
    return RouteStop(
        lon=stop.place.lon,
        lat=stop.place.lat,
        locker_id=stop.locker_id,
        site_id=site_id,
        deliver=stop.deliver,
        collect=stop.collect,
        arrive=arrive,
        depart=arrive + timedelta(seconds=stop.service_s),
    )


def out_today(desk: Desk, *, but: frozenset[str] = frozenset()) -> frozenset[str]:
    """Assets that went out on a mission of this local day, or have one to go on (``but`` for these): their fixed day is
    paid."""
    state = desk.state
    live = (
        (asset_id, state.missions[m].mission.start_at)
        for m, asset_id in state.live_missions.items()
        if m not in but
    )
    over = (
        (asset_id, asset.out_for) for asset_id, asset in state.assets.items() if asset.out_for is not None
    )
    return frozenset(
        asset_id for asset_id, start_at in chain(live, over) if _is_today(desk, asset_id, start_at)
    )


def _is_today(desk: Desk, asset_id: str, start_at: datetime) -> bool:
    zone = ZoneInfo(desk.state.sites[desk.asset(asset_id).record.site_id].timezone)
    return start_at.astimezone(zone).date() == desk.now.astimezone(zone).date()


def free_vans(desk: Desk, *, overtime: bool = False) -> Iterable[FreeVan]:
    """Vans at their depot, fit and with no mission, with the rest of their shift."""
    busy, out = set(desk.state.live_missions.values()), out_today(desk)
    for asset_id, asset in sorted(desk.state.assets.items()):
        kind = desk.context.fleet.types[asset.record.type_id]
        ready = asset.status in (AssetStatus.READY, AssetStatus.CHARGING) and not asset.withdrawn
        if not isinstance(kind, RouteType) or asset_id in busy or not ready:
            continue
        duty = shift_of(desk, asset_id, desk.now)
        early, late = (
            max(duty.span.start, desk.now),
            duty.over_by(duty.span.end + _overtime(desk, overtime=overtime)),
        )
        if late > desk.now:
            yield FreeVan(
                asset_id,
                kind,
                desk.state.sites[asset.record.site_id],
                early,
                late,
                asset_id in out,
                range_left(desk, asset_id, duty),
                duty.break_due(early),
                home_since=duty.home_since(early),
            )
