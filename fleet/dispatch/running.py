"""Where a parcel stands, and which routes could take it: the dispatcher's state in the planner's terms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

from fleet.dispatch.charge import told_charge
from fleet.dispatch.desk import Desk
from fleet.dispatch.drafting import STRANDED, route_type
from fleet.domain.fleet import RouteType
from fleet.domain.plan import RouteBreak, RoutePlan, RouteStop
from fleet.domain.sites import Site
from fleet.domain.state import OVER, MissionRecord, Parcel
from fleet.feasibility.route_energy import range_of
from fleet.planner.insertion import FreeVan
from fleet.planner.ranges import Driven
from fleet.planner.running import RunningRoute
from fleet.protocol.lifecycle import AssetStatus, MissionStatus
from fleet.protocol.mission import Stop
from fleet.protocol.values import Direction, Order, Place, TimeWindow


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


def running_routes(desk: Desk, stand: Stand, *, overtime: bool = False) -> list[Candidate]:
    """The routes that are drafted or under way and could still be changed, in the order of their ids."""
    found, starts = [], _starts(desk)
    for mission_id, asset_id in sorted(desk.state.live_missions.items()):
        record = desk.state.missions[mission_id]
        if record.kind == "van" and stand.on_board in (None, asset_id) and _usable(desk, asset_id):
            # What rides on it is brought, even if the next route has to wait for the van.
            others = () if stand.on_board else starts[asset_id]
            behind = [start for start in others if start > record.mission.start_at]
            found.append(_candidate(desk, record, behind, overtime=overtime))
    return found


def _starts(desk: Desk) -> dict[str, list[datetime]]:
    """When each van's routes start that are drafted or under way."""
    found = defaultdict[str, list[datetime]](list)
    for mission_id, asset_id in desk.state.live_missions.items():
        found[asset_id].append(desk.state.missions[mission_id].mission.start_at)
    return found


def _usable(desk: Desk, asset_id: str) -> bool:
    asset = desk.asset(asset_id)
    return not asset.withdrawn and asset.status not in (AssetStatus.LINK_LOST, AssetStatus.RETURNING)


def _candidate(desk: Desk, record: MissionRecord, behind: Sequence[datetime], *, overtime: bool) -> Candidate:
    """``behind``: when the van's later routes start, before which this one must be over."""
    stops = [s for s in record.mission.steps if isinstance(s, Stop)]
    done = sum(s.step_id in record.ended or s.step_id == record.current for s in stops)
    begun = record.status is MissionStatus.ACTIVE
    frozen = min(len(stops), done + desk.settings.frozen_stops) if begun else 0
    kind, depot, latest, orders = _frame(desk, record, overtime=overtime)
    # A driver who has no break on this route has it at the depot, if he does not have it on a later one.
    rest = kind.driver_break if record.mission.driver_break is None else None
    between = timedelta(minutes=rest.minutes if rest is not None else 0)
    frame = kind, depot, min([latest, *(start - between for start in behind)]), orders
    limit = range_of(desk.context, frame[0], told_charge(desk, record.mission.asset_id).soc)
    running = RunningRoute(
        _as_route(desk, record, stops),
        *frame,
        range=limit,
        done=done if begun else 0,
        back_by=_back_by(desk, record, stops),
    )
    return Candidate(record, running, frozen)


def route_of(desk: Desk, record: MissionRecord) -> Driven:
    """A route as its mission has it."""
    stops = [step for step in record.mission.steps if isinstance(step, Stop)]
    _, depot, _, orders = _frame(desk, record, overtime=False)
    return Driven(_as_route(desk, record, stops), depot, orders)


def _frame(
    desk: Desk, record: MissionRecord, *, overtime: bool
) -> tuple[RouteType, Place, datetime, dict[str, Order]]:
    asset_id = record.mission.asset_id
    kind = route_type(desk, asset_id)
    depot = desk.state.sites[desk.asset(asset_id).record.site_id]
    orders = {i.order_id: desk.parcel(i.order_id).order for i in record.mission.items}
    return kind, depot.place, _latest(desk, kind, depot, overtime=overtime), orders


def _latest(desk: Desk, kind: RouteType, depot: Site, *, overtime: bool) -> datetime:
    """When a van must be back: at the end of its shift, or a while later; never beyond the longest shift of its
    type.
    """
    end = shift(kind, depot, desk.now)[1]
    return end + timedelta(hours=desk.settings.overtime_hours) if overtime else end


def _back_by(desk: Desk, record: MissionRecord, stops: list[Stop]) -> datetime | None:
    """By when a van must be back whose driver has his break at the depot then, as the route was planned."""
    mission = record.mission
    depot = desk.state.sites[desk.asset(mission.asset_id).record.site_id]
    begins = _break_begins(route_type(desk, mission.asset_id), depot, mission.start_at)
    if begins is None or mission.driver_break is not None:
        return None
    leaves = max([mission.start_at, *(s.eta + timedelta(seconds=s.service_s) for s in stops)])
    return begins.end if leaves <= begins.end else None


def _break_begins(kind: RouteType, depot: Site, day: datetime) -> TimeWindow | None:
    """Between which times the driver's break begins on the local day of ``day``; none where he has none."""
    rest = kind.driver_break
    return None if rest is None else rest.begins(shift(kind, depot, day)[0], depot.timezone)


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


def shift(kind: RouteType, depot: Site, day: datetime) -> tuple[datetime, datetime]:
    """When a van of this type may be out on the local day of ``day``."""
    zone = ZoneInfo(depot.timezone)
    date = day.astimezone(zone).date()
    start = datetime.combine(date, kind.shift_start, zone).astimezone(UTC)
    end = datetime.combine(date, kind.shift_end, zone).astimezone(UTC)
    return start, end if end > start else end + timedelta(days=1)


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
        depot = desk.state.sites[asset.record.site_id]
        early = shift(kind, depot, desk.now)[0]
        late = _latest(desk, kind, depot, overtime=overtime)
        if late > desk.now:
            limit = range_of(desk.context, kind, told_charge(desk, asset_id).soc)
            begins = _break_begins(kind, depot, desk.now)
            early = max(early, desk.now)
            yield FreeVan(asset_id, kind, depot, early, late, asset_id in out, limit, begins)
