"""A day as the hub would have logged it: a plan's events, played up to a moment, with a few things that go wrong.

Every event is applied as it is added, so a recording that the lifecycle tables forbid can't be made.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from fleet.domain import events as ev
from fleet.domain.apply import apply
from fleet.domain.fleet import FleetSpec
from fleet.domain.plan import Plan, RoutePlan, SortiePlan
from fleet.domain.sites import Locker, Site
from fleet.domain.state import State
from fleet.protocol.lifecycle import AssetEvent, CompartmentEvent, CompartmentStatus
from fleet.protocol.messages import Action
from fleet.protocol.mission import Drop, Item, Load, Mission, Step, Stop, Travel, Unload
from fleet.protocol.values import Order, Place, Reason, ServiceLevel, TimeWindow, Waypoint
from fleet.store import Batch, SqlStore

PLAN_TAKES = timedelta(seconds=20)
LEAD = timedelta(minutes=2)
VAN_LEAD = timedelta(minutes=10)


@dataclass(frozen=True)
class Day:
    """What a recording starts from."""

    at: datetime
    until: datetime
    fleet: FleetSpec
    sites: tuple[Site, ...]
    lockers: tuple[Locker, ...]
    assets: tuple[ev.AssetRecord, ...]
    orders: tuple[Order, ...]
    plan: Plan


@dataclass
class Recording:
    """Events in the order of their times. ``after`` plans what happens later; ``play`` lets time go on."""

    day: Day
    events: list[ev.Event] = field(default_factory=list)
    state: State = field(default_factory=State)
    _agenda: list[tuple[datetime, int, Callable[[], None]]] = field(default_factory=list)
    _number: int = 0

    def add(self, *events: ev.Event) -> None:
        """Log events."""
        for event in events:
            self.state = apply(self.state, event)
            self.events.append(event)

    def after(self, moment: datetime, action: Callable[[], None]) -> None:
        """Do something at a moment."""
        self._number += 1
        heapq.heappush(self._agenda, (moment, self._number, action))

    def play(self, until: datetime) -> None:
        """Let everything happen that is due by then."""
        while self._agenda and self._agenda[0][0] <= until:
            heapq.heappop(self._agenda)[2]()

    @property
    def orders(self) -> Mapping[str, Order]:
        """The day's orders by id."""
        return {o.order_id: o for o in self.day.orders}

    def write(self, path: Path) -> None:
        """Put it into a hub's store."""
        store = SqlStore.open(path)
        store.commit(Batch(events=tuple(self.events)))
        store.close()


def record_day(day: Day) -> Recording:
    """The day with everything on the agenda that the plan says; nothing but the planning has happened yet."""
    made = Recording(day)
    at, planned = day.at, day.at + PLAN_TAKES
    made.add(
        ev.DayOpened(
            at=at,
            until=day.until,
            fleet=day.fleet,
            sites=day.sites,
            lockers=day.lockers,
            assets=day.assets,
            zones_version=day.plan.zones_version,
        )
    )
    linehaul = ev.Custodian(kind="linehaul", id="linehaul")
    client = {o.order_id: ev.Custodian(kind="client", id=o.client) for o in day.orders}
    for order in day.orders:
        first = linehaul if order.direction.value == "delivery" else client[order.order_id]
        made.add(ev.OrderPlaced(at=at, order=order, custodian=first))
    for number, asset in enumerate(day.assets):
        made.add(ev.AssetConnected(at=at, asset_id=asset.asset_id, boot_id=f"boot-{number}"))
    ids = tuple(o.order_id for o in day.orders)
    made.add(ev.PlanRequested(at=at, plan_id=day.plan.plan_id, order_ids=ids))
    made.add(ev.PlanCommitted(at=planned, plan=day.plan))
    _keep_compartments(made, planned)
    for sortie in day.plan.sorties:
        _sortie(made, sortie, planned)
    for route in day.plan.routes:
        if route.stops:
            _route(made, route, planned)
    return made


def _keep_compartments(made: Recording, at: datetime) -> None:
    for locker in made.day.plan.lockers:
        for kept in locker.reservations:
            window = TimeWindow(start=kept.start, end=kept.until)
            locker_id, order_id = locker.locker_id, kept.order_id
            made.add(
                ev.CompartmentWanted(
                    at=at, locker_id=locker_id, order_id=order_id, size=kept.size, window=window
                ),
                ev.CompartmentChanged(
                    at=at, locker_id=locker_id, order_id=order_id, change=CompartmentEvent.CONFIRM
                ),
            )


def _draft(made: Recording, mission: Mission, kind: str, at: datetime, release_at: datetime) -> None:
    plan_id = made.day.plan.plan_id
    made.add(
        ev.MissionDrafted(at=at, mission=mission, kind=kind, plan_id=plan_id, release_at=max(at, release_at))
    )
    made.after(max(at, release_at), lambda: _release(made, mission, max(at, release_at)))


def _assign(
    made: Recording, mission: Mission, order_id: str, at: datetime, eta: datetime, locker_id: str | None
) -> None:
    choice = made.state.choices[order_id]
    made.add(
        ev.ParcelAssigned(
            at=at,
            order_id=order_id,
            mode=choice.mode,
            mission_id=mission.mission_id,
            asset_id=mission.asset_id,
            locker_id=locker_id,
            eta=eta,
        )
    )


def _release(made: Recording, mission: Mission, at: datetime) -> None:
    assumed = made.day.plan.assumptions
    accepted = ev.MissionAccepted(at=at, mission_id=mission.mission_id, revision=mission.revision)
    made.add(ev.MissionReleased(at=at, mission=mission, assumptions=assumed), accepted)
    made.after(mission.start_at, lambda: _begin(made, mission))


def _begin(made: Recording, mission: Mission) -> None:
    load = next(s for s in mission.steps if isinstance(s, Load))
    at = mission.start_at
    made.add(ev.MissionBegun(at=at, mission_id=mission.mission_id), _begun(mission, load, at))
    for order_id in load.order_ids:
        _pass(made, order_id, _asset(mission), at, mission)
    made.add(_ended(mission, load, at))


def _begun(mission: Mission, step: Step, at: datetime) -> ev.Event:
    return ev.StepBegun(at=at, mission_id=mission.mission_id, step_id=step.step_id)


def _ended(mission: Mission, step: Step, at: datetime) -> ev.Event:
    return ev.StepEnded(at=at, mission_id=mission.mission_id, step_id=step.step_id, ok=True)


def _asset(mission: Mission) -> ev.Custodian:
    return ev.Custodian(kind="asset", id=mission.asset_id)


def _settle(made: Recording, order_ids: Iterable[str], site_id: str, at: datetime) -> None:
    for order_id in order_ids:
        if made.state.parcels[order_id].custodian.kind == "linehaul":
            _pass(made, order_id, ev.Custodian(kind="site", id=site_id), at)


def _pass(
    made: Recording, order_id: str, taker: ev.Custodian, at: datetime, mission: Mission | None = None
) -> None:
    parcel = made.state.parcels[order_id]
    made.add(
        ev.CustodyPassed(
            at=at,
            order_id=order_id,
            giver=parcel.custodian,
            taker=taker,
            mission_id=None if mission is None else mission.mission_id,
            place=parcel.order.place if taker.kind == "recipient" else None,
            proof=f"photo-{order_id}" if taker.kind == "recipient" else None,
        )
    )


def _sortie(made: Recording, sortie: SortiePlan, at: datetime) -> None:
    mission = sortie_mission(made, sortie)
    _draft(made, mission, sortie.kind, at, mission.start_at - LEAD)
    _settle(made, sortie.order_ids, sortie.depot_id, at)
    for drop in sortie.drops:
        _assign(made, mission, drop.order_id, at, drop.at, sortie.locker_id)
    out, drop_step, back, unload = mission.steps[1:]
    dropped = sortie.drops[0].at
    made.after(sortie.depart, lambda: _if_active(made, mission, _begun(mission, out, sortie.depart)))
    made.after(dropped, lambda: _hand_over(made, mission, drop_step, sortie.order_ids, (), dropped))
    made.after(dropped, lambda: _if_active(made, mission, _ended(mission, out, dropped)))
    made.after(dropped, lambda: _if_active(made, mission, _begun(mission, back, dropped)))
    made.after(sortie.return_at, lambda: _over(made, mission, (back, unload), sortie.return_at))


def sortie_mission(made: Recording, sortie: SortiePlan) -> Mission:
    """The mission of a sortie."""
    order = made.orders[sortie.order_ids[0]]
    drop_at, path = sortie.drops[0].at, sortie.path
    points = [Waypoint(lon=p.lon, lat=p.lat, alt_amsl_m=p.alt_m, at=p.at) for p in path]
    half = max(1, next((i for i, p in enumerate(path) if p.at >= drop_at), len(path) - 2))
    home = next(s for s in made.day.sites if s.site_id == sortie.depot_id)
    drop = sortie.drops[0]
    steps: tuple[Step, ...] = (
        Load(step_id="load", site_id=sortie.depot_id, order_ids=sortie.order_ids),
        Travel(step_id="out", path=tuple(points[: half + 1]), corridor_m=20),
        Drop(
            step_id="drop",
            order_id=order.order_id,
            place=Place(lon=drop.lon, lat=drop.lat),
            service_s=30,
            window=order.due,
            locker_id=sortie.locker_id,
        ),
        Travel(step_id="back", path=tuple(points[half:]), corridor_m=20),
        Unload(step_id="unload", site_id=sortie.depot_id),
    )
    return Mission(
        mission_id=sortie.sortie_id,
        asset_id=sortie.asset_id,
        items=(_item(order),),
        steps=steps,
        start_at=sortie.depart - timedelta(minutes=1),
        expires_at=made.day.until,
        home=home.place,
        energy_wh=sortie.energy_wh,
        reserve_wh=sortie.reserve_wh,
        zones_version=made.day.plan.zones_version,
    )


def _item(order: Order) -> Item:
    signed = order.service is not ServiceLevel.STANDARD
    return Item(
        order_id=order.order_id,
        weight_kg=order.weight_kg,
        size=order.size,
        goods=order.goods,
        signature=signed,
    )


def _route(made: Recording, route: RoutePlan, at: datetime) -> None:
    mission = route_mission(made, route)
    kind = made.state.assets[route.asset_id].record.kind
    _draft(made, mission, kind, at, mission.start_at - VAN_LEAD)
    load = next(s for s in mission.steps if isinstance(s, Load))
    _settle(made, load.order_ids, route.depot_id, at)
    stops = [s for s in mission.steps if isinstance(s, Stop)]
    for step, stop in zip(stops, route.stops, strict=True):
        for order_id in dict.fromkeys((*stop.deliver, *stop.collect)):
            _settle(made, (order_id,), stop.site_id or route.depot_id, at)
            _assign(made, mission, order_id, at, stop.arrive, stop.locker_id)
        _visit(made, mission, step, stop.arrive, stop.depart)
    made.after(route.end, lambda: _over(made, mission, mission.steps[-1:], route.end))


def _visit(made: Recording, mission: Mission, step: Stop, arrive: datetime, depart: datetime) -> None:
    made.after(arrive, lambda: _if_active(made, mission, _begun(mission, step, arrive)))
    made.after(depart, lambda: _hand_over(made, mission, step, step.deliver, step.collect, depart))


def route_mission(made: Recording, route: RoutePlan) -> Mission:
    """The mission of a van's route."""
    collected = {o for s in route.stops for o in s.collect}
    loaded = tuple(o for s in route.stops for o in s.deliver if o not in collected)
    items = dict.fromkeys(o for s in route.stops for o in (*s.deliver, *s.collect))
    stops = tuple(
        Stop(
            step_id=f"stop-{number}",
            place=Place(lon=s.lon, lat=s.lat),
            deliver=s.deliver,
            collect=s.collect,
            locker_id=s.locker_id,
            site_id=s.site_id,
            service_s=(s.depart - s.arrive).total_seconds(),
            window=TimeWindow(start=route.start, end=max(route.end, s.arrive)),
            eta=s.arrive,
            shown=number <= 3,
        )
        for number, s in enumerate(route.stops, 1)
    )
    return Mission(
        mission_id=route.route_id,
        asset_id=route.asset_id,
        items=tuple(_item(made.orders[o]) for o in items),
        steps=(
            Load(step_id="load", site_id=route.depot_id, order_ids=loaded),
            *stops,
            Unload(step_id="unload", site_id=route.depot_id),
        ),
        start_at=route.start,
        expires_at=made.day.until + timedelta(hours=12),
        home=next(s for s in made.day.sites if s.site_id == route.depot_id).place,
    )


def _is_active(made: Recording, mission: Mission) -> bool:
    return made.state.missions[mission.mission_id].status.value == "active"


def _if_active(made: Recording, mission: Mission, event: ev.Event) -> None:
    if _is_active(made, mission):
        made.add(event)


def _hand_over(
    made: Recording,
    mission: Mission,
    step: Step,
    deliver: tuple[str, ...],
    collect: tuple[str, ...],
    at: datetime,
) -> None:
    """At a drop or stop: parcels go to their recipients, or into the locker; what is collected comes aboard."""
    if not _is_active(made, mission):
        return
    locker_id = getattr(step, "locker_id", None)
    for order_id in deliver:
        if made.state.parcels[order_id].custodian != _asset(mission):
            continue
        if locker_id is None:
            _pass(made, order_id, ev.Custodian(kind="recipient", id=order_id), at, mission)
        else:
            _deposit(made, order_id, locker_id, at, mission)
    for order_id in collect:
        _pass(made, order_id, _asset(mission), at, mission)
    made.add(_ended(mission, step, at))


def _deposit(made: Recording, order_id: str, locker_id: str, at: datetime, mission: Mission) -> None:
    kept = made.state.compartments.get((locker_id, order_id))
    if kept is None or kept.status is not CompartmentStatus.RESERVED:
        raise AssertionError(f"{order_id} has no compartment at {locker_id}")
    _pass(made, order_id, ev.Custodian(kind="locker", id=locker_id), at, mission)
    made.add(
        ev.CompartmentChanged(at=at, locker_id=locker_id, order_id=order_id, change=CompartmentEvent.DEPOSIT)
    )
    picked_up = at + timedelta(minutes=35 + sum(map(ord, order_id)) % 90)
    made.after(picked_up, lambda: _collect(made, order_id, locker_id, picked_up))


def _collect(made: Recording, order_id: str, locker_id: str, at: datetime) -> None:
    _pass(made, order_id, ev.Custodian(kind="recipient", id=order_id), at)
    made.add(
        ev.CompartmentChanged(at=at, locker_id=locker_id, order_id=order_id, change=CompartmentEvent.COLLECT)
    )


def _over(made: Recording, mission: Mission, steps: Iterable[Step], at: datetime) -> None:
    if not _is_active(made, mission):
        return
    made.add(*(_ended(mission, s, at) for s in steps))
    used = None if mission.energy_wh is None else round(mission.energy_wh * 0.97, 1)
    made.add(
        ev.MissionOver(at=at, mission_id=mission.mission_id, outcome="completed", energy_used_wh=used),
        ev.AssetChanged(
            at=at,
            asset_id=mission.asset_id,
            change=AssetEvent.CHARGE if used else AssetEvent.READY,
            soc=0.62 if used else None,
            site_id=made.state.assets[mission.asset_id].record.site_id,
        ),
    )


# --- what goes wrong -------------------------------------------------------------------------------------------------


def fly_back(made: Recording, sortie: SortiePlan, at: datetime, van: RoutePlan) -> None:
    """The wind rises: the monitor has the drone return, and its parcel is handed on to a van that goes later."""
    order_id, asset_id = sortie.order_ids[0], sortie.asset_id
    why = Reason(
        code="gust_too_strong",
        detail="gusts at cruise height exceed what the type may fly in",
        limit=12.0,
        actual=13.4,
        unit="m/s",
        source="operator's rule",
    )
    raised = ev.ExceptionRaised(
        at=at,
        exception_id=f"exc-wind-{order_id}",
        code="gust_too_strong",
        asset_id=asset_id,
        order_id=order_id,
        mission_id=sortie.sortie_id,
        owner="monitor",
        action="return home",
        reasons=(why,),
    )
    told = ev.CommandIssued(
        at=at,
        command_id=f"cmd-{order_id}",
        asset_id=asset_id,
        action=Action.RETURN,
        by="monitor",
        why=why.detail,
    )
    made.add(raised, told, ev.CommandAnswered(at=at, command_id=told.command_id, accepted=True))
    back = at + timedelta(minutes=2)
    made.after(back, lambda: _hand_on(made, sortie, back, van, why))


def _hand_on(made: Recording, sortie: SortiePlan, at: datetime, van: RoutePlan, why: Reason) -> None:
    order_id = sortie.order_ids[0]
    made.add(
        ev.MissionOver(at=at, mission_id=sortie.sortie_id, outcome="failed", code=why.code),
        ev.AssetChanged(
            at=at, asset_id=sortie.asset_id, change=AssetEvent.READY, soc=0.71, site_id=sortie.depot_id
        ),
    )
    _pass(made, order_id, ev.Custodian(kind="site", id=sortie.depot_id), at)
    made.add(
        ev.ParcelFreed(at=at, order_id=order_id, excluded=sortie.kind, why=(why,)),
        ev.ParcelAssigned(
            at=at,
            order_id=order_id,
            mode="van",
            mission_id=van.route_id,
            asset_id=van.asset_id,
            eta=van.end,
            handed_on_from=sortie.kind,
            why=(why,),
        ),
        ev.ExceptionClosed(
            at=at, exception_id=f"exc-wind-{order_id}", outcome=f"put into the route of {van.asset_id}"
        ),
    )


def lose_link(made: Recording, mission_id: str, at: datetime) -> None:
    """An asset falls silent under way."""
    asset_id = made.state.missions[mission_id].mission.asset_id
    silent = Reason(
        code="link_lost", detail="nothing heard for longer than allowed", limit=15.0, actual=16.0, unit="s"
    )
    made.add(
        ev.AssetChanged(at=at, asset_id=asset_id, change=AssetEvent.LOSE_LINK),
        ev.ExceptionRaised(
            at=at,
            exception_id=f"exc-link-{asset_id}",
            code="link_lost",
            asset_id=asset_id,
            mission_id=mission_id,
            owner="operator",
            action="watched; its own rule is to return",
            reasons=(silent,),
        ),
    )


def hold(made: Recording, mission_id: str, at: datetime, *, answered: bool = True) -> None:
    """An operator holds the asset of a mission."""
    asset_id = made.state.missions[mission_id].mission.asset_id
    command_id = f"cmd-hold-{asset_id}"
    made.add(
        ev.CommandIssued(
            at=at,
            command_id=command_id,
            asset_id=asset_id,
            action=Action.HOLD,
            by="console",
            why="crowd below",
        )
    )
    if answered:
        made.add(ev.CommandAnswered(at=at, command_id=command_id, accepted=True))


def along(path: Iterable[tuple[float, float, datetime]], at: datetime) -> tuple[float, float, float] | None:
    """Position and heading (degrees) on a timed path; none outside its times."""
    import math

    for (lon1, lat1, t1), (lon2, lat2, t2) in pairwise(path):
        if t1 <= at < t2:
            part = (at - t1) / (t2 - t1)
            east = (lon2 - lon1) * math.cos(math.radians(lat1))
            heading = math.degrees(math.atan2(east, lat2 - lat1)) % 360
            return lon1 + part * (lon2 - lon1), lat1 + part * (lat2 - lat1), heading % 360
    return None
