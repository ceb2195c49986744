"""From a plan's sorties and routes to the missions that assets understand."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import geofences
from fleet.dispatch.desk import Desk
from fleet.domain.fleet import RouteType, SortieType
from fleet.domain.plan import PathPoint, RoutePlan, RouteStop, SortiePlan
from fleet.feasibility import Trip
from fleet.protocol.mission import Alternate, BreakDue, Drop, Item, Load, Mission, Step, Stop, Travel, Unload
from fleet.protocol.values import Order, Place, ServiceLevel, TimeWindow, Waypoint

STRANDED = "stranded:"
"""Prefix of the made-up site at which a van takes a parcel over from an asset that can't go on."""

LONGEST_STEP_ID = 112
"""An id has 128 characters at most, and a revision appends its number; ids of places and parcels may be as long."""

EXPIRES_AFTER = timedelta(hours=1)
ROUTE_EXPIRES_AFTER = timedelta(hours=12)
"""A mission, or a route, that was not begun so long after its start is never begun."""


def item(order: Order) -> Item:
    """What the one who carries a parcel must know of it."""
    return Item(
        order_id=order.order_id,
        weight_kg=order.weight_kg,
        size=order.size,
        goods=order.goods,
        min_age=order.min_age,
        signature=order.service is not ServiceLevel.STANDARD,
        crew=order.crew,
    )


def drop_place(desk: Desk, order: Order, locker_id: str | None) -> Place:
    """Where a parcel is set down: its locker, its surveyed drop point, or its address point."""
    if locker_id is not None:
        return desk.state.lockers[locker_id].place
    return order.drop_point or order.place


def draft_sortie(desk: Desk, sortie: SortiePlan, zones_version: str) -> Mission:
    """The mission of a planned sortie, as planned with these zones; made anew from a fresh check at its release."""
    order = desk.parcel(sortie.order_ids[0]).order
    drop_at = sortie.drops[0].at
    out = [p for p in sortie.path if p.at <= drop_at]
    back = [p for p in sortie.path if p.at >= drop_at]
    return _sortie_mission(
        desk,
        mission_id=sortie.sortie_id,
        asset_id=sortie.asset_id,
        site_id=sortie.depot_id,
        order=order,
        locker_id=sortie.locker_id,
        out=[_waypoint(p) for p in out],
        back=[_waypoint(p) for p in back],
        depart=sortie.depart,
        energy=(sortie.energy_wh, None, sortie.reserve_wh),
        zones_version=zones_version,
        alternates=(),
    )


def sortie_from_trip(desk: Desk, drafted: Mission, trip: Trip, alternates: tuple[Alternate, ...]) -> Mission:
    """The same sortie with the path, times and energy of a fresh check."""
    drop = next(s for s in drafted.steps if isinstance(s, Drop))
    load = next(s for s in drafted.steps if isinstance(s, Load))
    return _sortie_mission(
        desk,
        mission_id=drafted.mission_id,
        asset_id=drafted.asset_id,
        site_id=load.site_id,
        order=desk.parcel(drop.order_id).order,
        locker_id=drop.locker_id,
        out=[_passed(p) for p in trip.path[: trip.drop_index + 1]],
        back=[_passed(p) for p in trip.path[trip.drop_index + 1 :]],
        depart=trip.depart_at,
        energy=(trip.energy_wh, trip.until_drop_wh, trip.reserve_wh),
        zones_version=trip.zones_version,
        alternates=alternates,
        cruise_mps=trip.cruise_mps,
        pace=trip.pace,
    )


def _waypoint(point: PathPoint) -> Waypoint:
    return Waypoint(lon=point.lon, lat=point.lat, alt_amsl_m=point.alt_m, at=point.at)


def _passed(point: geofences.Waypoint) -> Waypoint:
    return Waypoint(lon=point.lon, lat=point.lat, alt_amsl_m=point.alt_amsl_m, at=point.at)


def _sortie_mission(
    desk: Desk,
    *,
    mission_id: str,
    asset_id: str,
    site_id: str,
    order: Order,
    locker_id: str | None,
    out: Sequence[Waypoint],
    back: Sequence[Waypoint],
    depart: datetime,
    energy: tuple[float, float | None, float],
    zones_version: str,
    alternates: tuple[Alternate, ...],
    cruise_mps: float | None = None,
    pace: float = 1.0,
) -> Mission:
    kind = sortie_type(desk, asset_id)
    steps: tuple[Step, ...] = (
        Load(step_id="load", site_id=site_id, order_ids=(order.order_id,)),
        Travel(step_id="out", path=tuple(out), corridor_m=kind.corridor_m),
        Drop(
            step_id="drop",
            order_id=order.order_id,
            place=drop_place(desk, order, locker_id),
            service_s=kind.drop_s,
            window=order.due,
            locker_id=locker_id,
        ),
        Travel(step_id="back", path=tuple(back), corridor_m=kind.corridor_m),
        Unload(step_id="unload", site_id=site_id),
    )
    start = depart - timedelta(seconds=kind.load_s)
    return Mission(
        mission_id=mission_id,
        asset_id=asset_id,
        items=(item(order),),
        steps=steps,
        start_at=start,
        expires_at=start + EXPIRES_AFTER,
        home=desk.state.sites[site_id].place,
        alternates=alternates,
        energy_wh=energy[0],
        energy_to_drop_wh=energy[1],
        reserve_wh=energy[2],
        zones_version=zones_version,
        cruise_mps=cruise_mps,
        pace=pace,
    )


def draft_route(desk: Desk, route: RoutePlan) -> Mission:
    """The mission of a van's route: load at the depot, the stops, and back."""
    stops = route_steps(desk, route.stops)
    loaded = _loaded_at_depot(route.stops)
    steps: tuple[Step, ...] = (
        Load(step_id="load", site_id=route.depot_id, order_ids=loaded),
        *stops,
        Unload(step_id="unload", site_id=route.depot_id),
    )
    return Mission(
        driver_break=break_due(route, "load", stops),
        mission_id=route.route_id,
        asset_id=route.asset_id,
        items=items_of(desk, stops),
        steps=steps,
        start_at=route.start,
        expires_at=route.start + ROUTE_EXPIRES_AFTER,
        home=desk.state.sites[route.depot_id].place,
        energy_wh=route.energy_wh,
        reserve_wh=route.reserve_wh,
    )


def break_due(route: RoutePlan, load_id: str, stops: Sequence[Stop]) -> BreakDue | None:
    """The driver's break on a route, behind the step of its loading, or of one of its stops, that these are."""
    rest = route.driver_break
    if rest is None:
        return None
    after = stops[rest.after - 1].step_id if rest.after else load_id
    return BreakDue(after=after, start=rest.start, end=rest.end, begins=rest.begins)


def _loaded_at_depot(stops: Iterable[RouteStop]) -> tuple[str, ...]:
    """What is delivered without having been collected on the way was loaded at the depot."""
    collected = {order_id for s in stops for order_id in s.collect}
    return tuple(o for s in stops for o in s.deliver if o not in collected)


def items_of(desk: Desk, stops: Iterable[Stop]) -> tuple[Item, ...]:
    """Each parcel that the stops mention, once, in the order of first mention."""
    ids = dict.fromkeys(o for s in stops for o in (*s.deliver, *s.collect))
    return tuple(item(desk.parcel(o).order) for o in ids)


def route_steps(desk: Desk, stops: Sequence[RouteStop]) -> tuple[Stop, ...]:
    """A route's stops as steps. A step's id names its place and parcels, so that it survives a revision."""
    return tuple(_stop(desk, stop) for stop in stops)


def _stop(desk: Desk, stop: RouteStop) -> Stop:
    orders = [desk.parcel(o).order for o in (*stop.deliver, *stop.collect)]
    return Stop(
        step_id=step_id(stop),
        place=Place(lon=stop.lon, lat=stop.lat),
        deliver=stop.deliver,
        collect=stop.collect,
        locker_id=stop.locker_id,
        site_id=None if stop.site_id is None or stop.site_id.startswith(STRANDED) else stop.site_id,
        service_s=max(0.0, (stop.depart - stop.arrive).total_seconds()),
        window=_common_window(desk, stop, orders),
        eta=stop.arrive,
    )


def step_id(stop: RouteStop) -> str:
    """What a stop is called: by its place of ours, else by its first parcel."""
    first = (*stop.deliver, *stop.collect)[0]
    verb = "deliver" if stop.deliver else "collect"
    where = stop.locker_id or stop.site_id or "door"
    name = f"{verb}:{where}:{first}"
    if len(name) <= LONGEST_STEP_ID:
        return name
    return f"{verb}:{hashlib.sha256(name.encode()).hexdigest()[:32]}"


def _common_window(desk: Desk, stop: RouteStop, orders: Sequence[Order]) -> TimeWindow:
    """When the stop may begin; at our own places, lockers and for late parcels any time of the shift will do."""
    until = desk.state.until or stop.arrive
    whole_day = TimeWindow(start=min(stop.arrive, desk.now), end=max(stop.arrive, until))
    if stop.locker_id or stop.site_id:
        return whole_day
    start = max(o.due.start for o in orders)
    end = min(o.due.end for o in orders)
    return whole_day if end < stop.arrive or end < start else TimeWindow(start=start, end=end)


def sortie_type(desk: Desk, asset_id: str) -> SortieType:
    """The type of a drone or robot; raises ``TypeError`` for an asset that does no sorties."""
    found = _type(desk, asset_id)
    if not isinstance(found, SortieType):
        raise TypeError(f"{asset_id} is no drone or robot")
    return found


def route_type(desk: Desk, asset_id: str) -> RouteType:
    """The type of a van; raises ``TypeError`` for an asset that drives no routes."""
    found = _type(desk, asset_id)
    if not isinstance(found, RouteType):
        raise TypeError(f"{asset_id} is no van")
    return found


def _type(desk: Desk, asset_id: str) -> object:
    if desk.state.fleet is None:
        raise TypeError("no day is open")
    return desk.state.fleet.types[desk.asset(asset_id).record.type_id]
