"""What an event does: to the city as data, and to a search that stands, column by column."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from math import isfinite
from typing import Any

import numpy as np
import numpy.typing as npt

from fleet.planner.city import City, Parcels
from fleet.planner.citycolumns import Columns, released
from fleet.planner.disruptions import (
    BadEvent,
    Event,
    Grounded,
    Locks,
    NewParcels,
    VanLate,
    VanLost,
    WaysLost,
    WindowMoved,
)
from fleet.planner.joint.arrivals import arrive
from fleet.planner.jointly import DOOR, LOCKER, SORTIE, JointPlan
from fleet.planner.legs import Legs, Straight, Table
from fleet.planner.routing import FAR_S, NEVER
from fleet.planner.warmstart import VanName, Warm

TICK = 1e-6
"""Before a moment, as far as departures are concerned (s)."""

Indexes = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Touched:
    """What an event means for a search: who can't be brought as before, which vans' times are to be worked out anew,
    and whether those of the machines' rows are."""

    parcels: Indexes
    vans: tuple[int, ...] = ()
    rows: bool = False


NOTHING: Indexes = np.zeros(0, np.int64)


def checked(warm: Warm, plan: JointPlan, event: Event) -> None:
    """Refuse an event that points to nothing, or to what is locked."""
    machines = warm.city.groups.machines
    match event:
        case Grounded(group, machine):
            _refuse(0 <= group < len(machines), event, "there is no such group")
            _refuse(-1 <= machine < machines[group], event, "there is no such machine in the group")
        case VanLost(route, done):
            _refuse(0 <= route < len(plan.routes), event, "there is no such route")
            _refuse(0 <= done <= len(plan.routes[route].stops), event, "it has fewer stops")
        case VanLate(route, stops, begins):
            _refuse(0 <= route < len(plan.routes), event, "there is no such route")
            _refuse(0 < stops <= len(plan.routes[route].stops), event, "it has no such stop")
            _refuse(isfinite(begins), event, "a moment is finite")
        case WaysLost(sorties, lockers):
            _refuse(_within(sorties, len(warm.way_of)), event, "there is no such sortie way")
            _refuse(_within(lockers, len(warm.locker_way_of)), event, "there is no such locker way")
        case WindowMoved(parcel, opens, closes):
            _refuse(0 <= parcel < warm.state.count, event, "there is no such parcel")
            _refuse(isfinite(opens) and isfinite(closes), event, "a window has finite ends")
            _refuse(
                warm.state.locked[parcel] == 0,
                event,
                "the parcel is locked: its stop or sortie stays as it is",
            )
        case NewParcels():
            _check_legs(warm.legs, event)
        case Locks(stops, closed):
            sound = all(0 <= route < len(plan.routes) for route in {*stops, *closed})
            _refuse(sound, event, "there is no such route")
            sound = all(0 <= count <= len(plan.routes[route].stops) for route, count in stops.items())
            _refuse(sound, event, "a route has fewer stops")


def _refuse(holds: bool, event: Event, otherwise: str) -> None:
    if not holds:
        raise BadEvent(f"{type(event).__name__}: {otherwise}: {event}")


def _within(rows: tuple[int, ...], count: int) -> bool:
    return all(0 <= row < count for row in rows)


def _check_legs(old: Legs, event: NewParcels) -> None:
    """Legs that come with parcels know the places that were known, and say the same of them."""
    new = event.legs
    if new is None:
        return
    same = type(old) is type(new) and new.places >= old.places
    if same and isinstance(old, Straight) and isinstance(new, Straight):
        count = old.places
        same = new.rounding == old.rounding and new.seconds_per_metre == old.seconds_per_metre
        same &= np.array_equal(old.x, new.x[:count]) and np.array_equal(old.y, new.y[:count])
    if same and isinstance(old, Table) and isinstance(new, Table):
        count = old.places
        same = np.array_equal(old.of_metres, new.of_metres[:count, :count])
        same &= np.array_equal(old.of_seconds, new.of_seconds[:count, :count])
    if not same:
        raise BadEvent(
            "NewParcels: legs must know the places that were known, in the same way, and may know more"
        )


def applied(city: City, event: Event, plan: JointPlan) -> City:
    """The city after an event. Which machines are grounded it can't say, nor which of its vans are lost."""
    match event:
        case VanLost(route, 0):
            vans, kind = list(city.vans), plan.routes[route].van_type
            vans[kind] = replace(vans[kind], vans=vans[kind].vans - 1)
            return replace(city, vans=tuple(vans))
        case WaysLost():
            return _without(city, event)
        case WindowMoved(parcel, opens, closes):
            begin, end = np.array(city.parcels.opens, float), np.array(city.parcels.closes, float)
            begin[parcel], end[parcel] = opens, closes
            return replace(city, parcels=replace(city.parcels, opens=begin, closes=end))
        case NewParcels():
            return _with(city, event)
        case Grounded() | VanLost() | VanLate() | Locks():
            return city


def _without(city: City, event: WaysLost) -> City:
    """Ways that hold no more are such that nothing fits: rows keep their numbers."""
    sorties, lockers = city.sortie_ways, city.locker_ways
    there, away = np.array(sorties.there, float), np.array(sorties.away, float)
    there[list(event.sortie_ways)], away[list(event.sortie_ways)] = FAR_S, FAR_S
    opens, closes = np.array(lockers.opens, float), np.array(lockers.closes, float)
    opens[list(event.locker_ways)], closes[list(event.locker_ways)] = FAR_S, -FAR_S
    return replace(
        city,
        sortie_ways=replace(sorties, there=there, away=away),
        locker_ways=replace(lockers, opens=opens, closes=closes),
    )


def _with(city: City, event: NewParcels) -> City:
    """The city with more parcels, and their ways, behind those that it has."""

    def longer(old: Any, new: Any) -> Any:
        names = [field.name for field in fields(old) if getattr(old, field.name) is not None]
        return replace(
            old, **{name: np.concatenate((getattr(old, name), getattr(new, name))) for name in names}
        )

    parcels, more = city.parcels, event.parcels
    if parcels.release is not None or more.release is not None:
        count = len(more.place)
        parcels = replace(parcels, release=released(city))
        more = replace(more, release=more.release if more.release is not None else np.zeros(count))
    if parcels.depot is not None or more.depot is not None:
        parcels, more = _anywhere(parcels), _anywhere(more)
    return replace(
        city,
        legs=event.legs or city.legs,
        parcels=longer(parcels, more),
        locker_ways=longer(city.locker_ways, event.locker_ways),
        sortie_ways=longer(city.sortie_ways, event.sortie_ways),
    )


def _anywhere(parcels: Parcels) -> Parcels:
    """With a column of depots, even if vans may start anywhere."""
    return parcels if parcels.depot is not None else replace(parcels, depot=np.full(len(parcels.place), -1))


def strike(warm: Warm, event: Event, vans: list[VanName], coming: Columns | None) -> Touched:
    """Change the columns of a search for an event (those of who comes, if somebody does); who is concerned."""
    match event:
        case Grounded():
            return _ground(warm, event)
        case VanLost(route, _):
            van = warm.van(vans[route])
            warm.state.routes.shut_down(van)
            return Touched(NOTHING, (van,))
        case VanLate(route):
            return Touched(NOTHING, (warm.van(vans[route]),))
        case WaysLost():
            return _close_ways(warm, event)
        case WindowMoved():
            return _move_window(warm, event)
        case NewParcels():
            assert coming is not None
            return _take_in(warm, event, coming)
        case Locks():
            return Touched(NOTHING, tuple(warm.van(name) for name in vans), rows=True)


def _ground(warm: Warm, event: Grounded) -> Touched:
    """Its machines depart no more from the moment on."""
    state, first = warm.state, np.asarray(warm.state.machines.first)
    machines = range(int(first[event.group]), int(first[event.group + 1]))
    if event.machine >= 0:
        machines = machines[event.machine : event.machine + 1]
    freed = list[int]()
    for machine in machines:
        last = np.asarray(state.machines.until)
        last[machine] = min(last[machine], max(event.since - TICK, -NEVER))
        count = state.length[machine]
        row, departs = np.asarray(state.row)[machine, :count], np.asarray(state.early)[machine, :count]
        freed += row[departs >= event.since].tolist()
    return Touched(np.array(freed, np.int64))


def _close_ways(warm: Warm, event: WaysLost) -> Touched:
    """No sortie departs, and no slot suits, any more."""
    state = warm.state
    sorties, lockers = warm.way_of[list(event.sortie_ways)], warm.locker_way_of[list(event.locker_ways)]
    sorties, lockers = sorties[sorties >= 0], lockers[lockers >= 0]
    np.asarray(state.sorties.earliest)[sorties], np.asarray(state.sorties.latest)[sorties] = NEVER, -NEVER
    np.asarray(state.lockers.slots)[lockers] = 0
    mode, way = np.asarray(state.mode), np.asarray(state.way)
    gone = ((mode == SORTIE) & np.isin(way, sorties)) | ((mode == LOCKER) & np.isin(way, lockers))
    return Touched(np.flatnonzero(gone))


def _move_window(warm: Warm, event: WindowMoved) -> Touched:
    """Of a door, of sorties to it, and of the sortie that is planned; who does not hold then is let go."""
    state, parcel = warm.state, event.parcel
    routes, sorties, groups = state.routes, state.sorties, warm.city.groups
    np.asarray(routes.stops.opens)[parcel] = event.opens
    np.asarray(routes.stops.closes)[parcel] = event.closes
    warm.renew()
    begins = np.asarray(state.parcels.sorties)
    rows = slice(int(begins[parcel]), int(begins[parcel + 1]))
    there, away = np.asarray(sorties.there)[rows], np.asarray(sorties.away)[rows]
    door, of = np.asarray(sorties.port)[rows] < 0, np.asarray(sorties.group)[rows]
    lost = np.asarray(sorties.earliest)[rows] >= NEVER
    slots = np.array([warm.city.slots[0], warm.city.slots[-1] - 1.0])
    earliest = np.maximum(groups.opens[of], np.where(door, event.opens, slots[0]) - there)
    earliest = np.maximum(earliest, float(state.parcels.release[parcel]))
    latest = np.minimum(event.closes - there, groups.closes[of] - away)
    latest = np.minimum(latest, np.where(door, np.inf, slots[1] - there))
    np.asarray(sorties.earliest)[rows] = np.where(lost, NEVER, earliest)
    np.asarray(sorties.latest)[rows] = np.where(lost, -NEVER, latest)
    if state.mode[parcel] == DOOR:
        return Touched(NOTHING, (int(routes.van[routes.trip[parcel]]),))
    if state.mode[parcel] != SORTIE:
        return Touched(NOTHING)
    return _still_departs(warm, parcel)


def _still_departs(warm: Warm, parcel: int) -> Touched:
    """Whether a sortie departs at its moment still; if so, never before or after its new window allows."""
    state, way = warm.state, warm.state.way[parcel]
    row = np.asarray(state.row)[state.at[parcel]]
    depart = float(np.asarray(state.early)[state.at[parcel], np.flatnonzero(row == parcel)[0]])
    since, until = float(state.sorties.earliest[way]), float(state.sorties.latest[way])
    if not since - TICK <= depart <= until + TICK:
        return Touched(np.array([parcel]))
    times = np.asarray(state.best_time)
    times[parcel] = depart, depart if times[parcel, 0] == times[parcel, 1] else max(until, depart)
    return Touched(NOTHING, rows=True)


class NoRoom(Exception):
    """A search that stands can't take in what came: it must be set up anew."""


def _take_in(warm: Warm, event: NewParcels, more: Columns) -> Touched:
    """Fill the next rows with parcels, their ways and neighbours."""
    state, first, count = warm.state, warm.state.count, len(event.parcels.place)
    _check_room(warm, more, first + count)
    if event.legs is not None:
        warm.legs, state.routes.metric = event.legs, event.legs.metric()
    _fill_doors(warm, more, first)
    _append_sorties(warm, more, first)
    _append_lockers(warm, more, first)
    far = np.zeros(max(state.routes.breadth, 1))
    for parcel in range(first, first + count):
        arrive(state, parcel, far)
    return Touched(np.arange(first, first + count))


def arrivals(warm: Warm, event: NewParcels, first: int, legs: Legs) -> Columns:
    """The new parcels as the columns of a city of their own, which is checked."""
    lockers, sorties = event.locker_ways, event.sortie_ways
    city = replace(
        warm.city,
        legs=legs,
        parcels=event.parcels,
        locker_ways=replace(lockers, parcel=lockers.parcel - first),
        sortie_ways=replace(sorties, parcel=sorties.parcel - first),
    )
    return Columns(city, warm.columns.depots)


def _check_room(warm: Warm, more: Columns, count: int) -> None:
    """Rows are left, needs and depots are known, and so are the visits that ways lead to."""
    needs, visits, depots = warm.columns.needs, warm.columns.number, warm.columns.depots
    meant = more.city.parcels.needs
    if not more.depots.items() <= depots.items() or any(np.any(meant & bit) for bit in depots.values()):
        raise NoRoom
    if count > warm.state.size or not np.all(np.isin(more.needs, needs)):
        raise NoRoom
    known = visits[:, np.searchsorted(needs, more.needs)] >= 0
    if np.any((more.number >= 0) & ~known):
        raise NoRoom


def _fill_doors(warm: Warm, more: Columns, first: int) -> None:
    """Columns of parcels, and of the stops at their doors."""
    state, city = warm.state, more.city
    rows = slice(first, first + len(city.parcels.place))
    routes, stops = state.routes, state.routes.stops
    for name in ("place", "service"):
        np.asarray(getattr(routes, name))[rows] = getattr(city.parcels, name)
    for name in ("place", "opens", "closes", "service", "weight", "volume"):
        np.asarray(getattr(stops, name))[rows] = getattr(city.parcels, name)
    np.asarray(stops.needs)[rows] = more.needs[more.need]
    starts = np.array([van.start for van in city.vans] or [0])
    warm.renew()
    np.asarray(stops.radius)[rows] = city.legs.metres(starts, city.parcels.place).min(axis=0)
    np.asarray(stops.release)[rows] = released(city)
    stops.released = stops.released or bool(np.any(released(city) > 0.0))
    for name in ("weight", "volume", "release", "size", "last", "penalty"):
        np.asarray(getattr(state.parcels, name))[rows] = np.asarray(getattr(more.parcels, name))
    number = np.searchsorted(warm.columns.needs, more.needs)
    np.asarray(state.parcels.need)[rows] = number[np.asarray(more.parcels.need)]


def _append_sorties(warm: Warm, more: Columns, first: int) -> None:
    """Their sorties behind all others, and the rows of the city's that these are."""
    state, ours = warm.state, warm.state.sorties
    total, rows = len(np.asarray(ours.cost)), len(warm.way_of)
    for name in ("group", "there", "away", "charge", "cost", "port", "earliest", "latest"):
        both = (np.asarray(getattr(ours, name)), np.asarray(getattr(more.sorties, name)))
        setattr(ours, name, np.concatenate(both))
    begins, count = np.asarray(state.parcels.sorties), len(more.sortie_begins) - 1
    begins[first : first + count] = total + more.sortie_begins[:-1]
    begins[first + count :] = total + more.sortie_begins[-1]
    warm.columns.rows = np.concatenate((warm.columns.rows, rows + more.rows))
    warm.way_of = np.concatenate((warm.way_of, np.full(len(more.city.sortie_ways.parcel), -1)))
    warm.way_of[rows + more.rows] = total + np.arange(len(more.rows))
    warm.flown = np.concatenate((warm.flown, first + more.city.sortie_ways.parcel))


def _append_lockers(warm: Warm, more: Columns, first: int) -> None:
    """Their lockers behind all others; of each locker, whose it can be."""
    ours, theirs, ways = warm.state.lockers, more.lockers, more.city.locker_ways
    total = len(np.asarray(ours.cost))
    for name in ("locker", "cost", "slots"):
        both = (np.asarray(getattr(ours, name)), np.asarray(getattr(theirs, name)))
        setattr(ours, name, np.concatenate(both))
    begins, own = np.asarray(warm.state.parcels.lockers), np.asarray(more.parcels.lockers)
    begins[first : first + len(own) - 1] = total + own[:-1]
    begins[first + len(own) - 1 :] = total + own[-1]
    bounds, added = np.asarray(ours.first), np.diff(np.asarray(theirs.first)).astype(np.int64)
    ours.whose = np.insert(
        np.asarray(ours.whose), np.repeat(bounds[1:], added), np.asarray(theirs.whose) + np.int32(first)
    )
    ours.first = (bounds + np.concatenate(([0], np.cumsum(added)))).astype(np.int32)
    old, rows = len(warm.locker_way_of), more.locker_rows
    warm.locker_way_of = np.concatenate((warm.locker_way_of, np.full(len(ways.parcel), -1)))
    warm.locker_way_of[old + rows] = total + np.arange(len(rows))
    warm.fetched = np.concatenate((warm.fetched, first + ways.parcel))
