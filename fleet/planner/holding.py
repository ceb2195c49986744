"""Whether a plan holds for a city, asked before a search takes it over: the first row that does not is named."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, pairwise
from math import fsum

import numpy as np
import numpy.typing as npt

from fleet.planner.city import City
from fleet.planner.citycolumns import BEFORE, released
from fleet.planner.hours import hours_above_mean
from fleet.planner.jointly import Box, JointPlan, Route, Sortie, VanStop

ROUNDING = 1e-6
"""By how much sums in another order may differ."""

Pairs = list[tuple[float, float]]

Ask = Callable[[npt.NDArray[np.int64], npt.NDArray[np.int64]], npt.NDArray[np.float64]]
"""What legs say of the ways from some places to others."""

Visit = tuple[int, int, tuple[int, int]]
"""A locker, a slot, and what the parcels need and the depot where they stand (-1: any)."""


class BadPlan(ValueError):
    """A plan that does not hold, and where."""


def check(city: City, plan: JointPlan) -> None:
    """Refuse a plan that does not hold."""
    _refuse(
        city.late_most <= 0.0, "late_most: a live plan keeps windows, it knows no parcels that may be late"
    )
    for number, van in enumerate(city.vans):
        sound = van.trips == 1 and van.break_s <= 0.0
        _refuse(
            sound, f"van type {number}: a live plan knows neither several trips of a van nor drivers' breaks"
        )
    _check_rows(city, plan)
    _check_parcels(city, plan)
    for number, route in enumerate(plan.routes):
        _check_route(city, number, route)
    _check_sorties(city, plan.sorties)
    _check_boxes(city, plan)


def _refuse(holds: bool, otherwise: str) -> None:
    if not holds:
        raise BadPlan(otherwise)


def _check_rows(city: City, plan: JointPlan) -> None:
    """What points to rows of the city points to some."""
    parcels, lockers, slots = len(city.parcels.place), len(city.lockers.place), len(city.slots) - 1
    for number, route in enumerate(plan.routes):
        sound = 0 <= route.van_type < len(city.vans)
        _refuse(sound, f"route {number}: there is no type of van {route.van_type}")
        for at, stop in enumerate(route.stops):
            sound = -1 <= stop.locker < lockers and bool(stop.parcels)
            sound &= all(0 <= parcel < parcels for parcel in stop.parcels)
            sound &= len(stop.parcels) == 1 if stop.locker < 0 else 0 <= stop.slot < slots
            _refuse(sound, f"route {number}, stop {at}: there is no such parcel, locker or slot: {stop}")
    for number, sortie in enumerate(plan.sorties):
        sound = 0 <= sortie.way < len(city.sortie_ways.parcel)
        _refuse(sound, f"sortie {number}: the city has no way {sortie.way}")
    for number, box in enumerate(plan.boxes):
        sound = 0 <= box.parcel < parcels and 0 <= box.locker < lockers and 0 <= box.slot < slots
        sound &= 0 <= box.size < np.shape(city.lockers.room)[1]
        _refuse(sound, f"compartment {number}: there is no such parcel, locker, size or slot: {box}")


def _check_parcels(city: City, plan: JointPlan) -> None:
    """Each parcel is brought or left once."""
    times = Counter(plan.unserved)
    times.update(parcel for route in plan.routes for stop in route.stops for parcel in stop.parcels)
    times.update(city.sortie_ways.parcel[[sortie.way for sortie in plan.sorties]].tolist())
    for parcel in range(len(city.parcels.place)):
        _refuse(times[parcel] == 1, f"parcel {parcel}: it is brought or left {times[parcel]} times")
    _refuse(len(times) == len(city.parcels.place), "unserved: it names parcels that the city does not have")
    used = Counter(route.van_type for route in plan.routes)
    for kind, count in used.items():
        there = city.vans[kind].vans
        _refuse(count <= there, f"van type {kind}: {count} are used, there are {there}")
    seen = dict[Visit, int]()
    for number, route in enumerate(plan.routes):
        for stop in route.stops:
            if stop.locker >= 0:
                _check_visit(city, number, stop, seen)


def _check_visit(city: City, number: int, stop: VanStop, seen: dict[Visit, int]) -> None:
    """The search knows one stop for each locker, slot and need, depots among it: no other can be taken over."""
    depot = city.parcels.depot
    needs = {
        (int(city.parcels.needs[parcel]), -1 if depot is None else int(depot[parcel]))
        for parcel in stop.parcels
    }
    _refuse(
        len(needs) == 1,
        f"route {number}: at locker {stop.locker} it has parcels of different needs or depots: {stop}",
    )
    key = stop.locker, stop.slot, needs.pop()
    _refuse(
        key not in seen,
        f"route {number}: locker {stop.locker} is filled in slot {stop.slot} by route {seen.get(key)} already",
    )
    seen[key] = number


def _check_route(city: City, number: int, route: Route) -> None:
    """Load, skills and times of one van, stop by stop."""
    van, parcels, weight, volume = city.vans[route.van_type], city.parcels, 0.0, 0.0
    _refuse(bool(route.stops), f"route {number}: it has no stops")
    for at, stop in enumerate(route.stops):
        for parcel in stop.parcels:
            weight, volume = weight + float(parcels.weight[parcel]), volume + float(parcels.volume[parcel])
            sound = city.may_ride(parcel, route.van_type)
            _refuse(
                sound,
                f"route {number}, stop {at}: the van has no skill for parcel {parcel}, or starts elsewhere",
            )
            if stop.locker >= 0:
                sound = locker_cost(city, parcel, stop) is not None
                _refuse(
                    sound,
                    f"route {number}, stop {at}: parcel {parcel} may not go into locker {stop.locker} in slot "
                    f"{stop.slot}",
                )
        sound = weight <= van.weight + ROUNDING and volume <= van.volume + ROUNDING
        _refuse(sound, f"route {number}, stop {at}: the van would have {weight} and {volume} by then")
    seconds, release = _legs(city, route, city.legs.durations), released(city)
    now = max([van.opens, *(float(release[parcel]) for stop in route.stops for parcel in stop.parcels)])
    for at, stop in enumerate(route.stops):
        opens, closes, lasts = _window(city, stop)
        now = max(now + seconds[at], opens)
        sound = now <= closes + ROUNDING
        _refuse(sound, f"route {number}, stop {at}: the van comes at {now} s, too late by {now - closes} s")
        now += lasts
    now += seconds[-1]
    _refuse(now <= van.closes + ROUNDING, f"route {number}: it ends at {now} s, after the shift")
    least = _least(city, route, seconds)
    _refuse(
        least <= van.longest + ROUNDING, f"route {number}: it takes {least} s, longer than {van.longest} s"
    )
    metres = sum(_legs(city, route, city.legs.metres)) + van.drain * least
    sound = metres <= van.reach + ROUNDING
    _refuse(sound, f"route {number}: it takes a battery for {metres} m, more than the {van.reach} m it has")


def _least(city: City, route: Route, seconds: list[float]) -> float:
    """How long a route takes at the least (s): from the end on, with the latest begin that is in time everywhere. A
    break on the way to somewhere is like a stop before that: the way and the break take their time together."""
    van = city.vans[route.van_type]
    span, early, late = 0.0, van.opens, van.closes
    stops, seconds = [_window(city, stop) for stop in route.stops], list(seconds)
    if route.pause >= 0:
        way = seconds[route.pause]
        stops.insert(route.pause, (van.break_opens - way, van.break_closes, way + van.break_s))
        seconds[route.pause : route.pause + 1] = [0.0, 0.0]
    for (opens, closes, lasts), leg in zip(reversed(stops), reversed(seconds[1:]), strict=True):
        lead = lasts + leg
        wait = max(early - lead - closes, 0.0)
        early, late = max(early - lead, opens) - wait, min(late - lead, closes)
        span += lead + wait
    return span + seconds[0] + max(early - seconds[0] - van.closes, 0.0)


def cost_of(city: City, plan: JointPlan) -> float:
    """What a plan that holds costs, with the penalties of those that nobody brings, worked out from its rows; a van of
    several trips is paid for once."""
    trips = (_route_cost(city, route) for route in plan.routes)
    filled = (stop for route in plan.routes for stop in route.stops if stop.locker >= 0)
    stays = (locker_cost(city, parcel, stop) or 0.0 for stop in filled for parcel in stop.parcels)
    flown = (float(city.sortie_ways.cost[sortie.way]) for sortie in plan.sorties)
    left = (float(city.parcels.penalty[parcel]) for parcel in plan.unserved)
    late = (city.lateness * stop.late for route in plan.routes for stop in route.stops)
    return fsum(chain(trips, stays, flown, left, late, (uneven_cost(city, plan),)))


def uneven_cost(city: City, plan: JointPlan) -> float:
    """What it costs that some of a plan's vans are out longer than the mean of them."""
    if city.fairness <= 0.0:
        return 0.0
    lasts, van_of = list[float](), dict[int, int]()
    for number, route in enumerate(plan.routes):
        if route.follows < 0:
            van_of[number] = len(lasts)
            lasts.append(0.0)
        van_of[number] = van_of[number] if route.follows < 0 else van_of[route.follows]
        lasts[van_of[number]] += _least(city, route, _legs(city, route, city.legs.durations))
    return city.fairness * 3600 * hours_above_mean(lasts)


def _route_cost(city: City, route: Route) -> float:
    van = city.vans[route.van_type]
    metres = sum(_legs(city, route, city.legs.metres))
    least = _least(city, route, _legs(city, route, city.legs.durations))
    return (van.fixed if route.follows < 0 else 0.0) + van.per_metre * metres + van.per_second * least


def _legs(city: City, route: Route, ask: Ask) -> list[float]:
    """Each leg of a route: how long it takes (s), or how far it leads (m)."""
    van = city.vans[route.van_type]
    places = [van.start, *(place_of(city, stop) for stop in route.stops), van.end]
    return [float(ask(np.array([a]), np.array([b]))[0, 0]) for a, b in pairwise(places)]


def place_of(city: City, stop: VanStop) -> int:
    """Where a stop is."""
    return int(city.parcels.place[stop.parcels[0]] if stop.locker < 0 else city.lockers.place[stop.locker])


def _window(city: City, stop: VanStop) -> tuple[float, float, float]:
    """When service may begin at a stop (s), and how long it lasts."""
    if stop.locker < 0:
        row, parcels = stop.parcels[0], city.parcels
        return float(parcels.opens[row]), float(parcels.closes[row]) + stop.late, float(parcels.service[row])
    lasts = city.lockers.stop_s[stop.locker] + len(stop.parcels) * city.lockers.each_s[stop.locker]
    return float(city.slots[stop.slot]), float(city.slots[stop.slot + 1]) - BEFORE, float(lasts)


def locker_cost(city: City, parcel: int, stop: VanStop) -> float | None:
    """What the cheapest way of a parcel into a locker in a slot costs; none where there is no way."""
    ways, begin, end = city.locker_ways, city.slots[stop.slot], city.slots[stop.slot + 1]
    rows = np.flatnonzero((ways.parcel == parcel) & (ways.locker == stop.locker))
    costs = [float(ways.cost[row]) for row in rows if ways.opens[row] <= begin and end <= ways.closes[row]]
    return min(costs, default=None)


def _check_sorties(city: City, sorties: tuple[Sortie, ...]) -> None:
    """Each one's hours; machines, pilots, chargers and ports."""
    ways, parcels, groups = city.sortie_ways, city.parcels, city.groups
    for number, sortie in enumerate(sorties):
        row, group = sortie.way, int(ways.group[sortie.way])
        over, back = sortie.depart + float(ways.there[row]), sortie.depart + float(ways.away[row])
        parcel, sound = int(ways.parcel[row]), 0 <= sortie.machine < groups.machines[group]
        _refuse(sound, f"sortie {number}: group {group} has no machine {sortie.machine}")
        sound = groups.opens[group] - ROUNDING <= sortie.depart and back <= groups.closes[group] + ROUNDING
        _refuse(
            sound, f"sortie {number}: it is away from {sortie.depart} to {back} s, outside its group's hours"
        )
        there = float(released(city)[parcel])
        sound = there - ROUNDING <= sortie.depart
        _refuse(
            sound, f"sortie {number}: it departs at {sortie.depart} s, parcel {parcel} is there at {there} s"
        )
        early = -np.inf if ways.locker[row] >= 0 else parcels.opens[parcel]
        sound = early - ROUNDING <= over <= parcels.closes[parcel] + ROUNDING
        _refuse(sound, f"sortie {number}: it hands parcel {parcel} over at {over} s, outside its window")
    for name, (pairs, most) in _taken(city, sorties):
        _refuse(_deepest(pairs) <= most, f"{name}: more than {most} at a time")


def _taken(city: City, sorties: Iterable[Sortie]) -> Iterator[tuple[str, tuple[Pairs, int]]]:
    """What sorties take for some time, and how many may at a time."""
    ways, groups = city.sortie_ways, city.groups
    machines = defaultdict[tuple[int, int], Pairs](list)
    away, charging, ports = (defaultdict[int, Pairs](list) for _ in range(3))
    for sortie in sorties:
        row, group = sortie.way, int(ways.group[sortie.way])
        back = sortie.depart + float(ways.away[row])
        ready = back + float(ways.charge[row])
        machines[group, sortie.machine].append((sortie.depart, ready))
        away[group].append((sortie.depart, back))
        charging[group].append((back, ready))
        if ways.locker[row] >= 0:
            over = sortie.depart + float(ways.there[row])
            ports[int(ways.locker[row])].append((over, over + float(city.lockers.port_s[ways.locker[row]])))
    for key, pairs in machines.items():
        yield f"group and machine {key}", (pairs, 1)
    for group in away:
        yield f"group {group}, away", (away[group], int(groups.away[group]))
        yield f"group {group}, charging", (charging[group], int(groups.chargers[group]))
    for locker, pairs in ports.items():
        yield f"port of locker {locker}", (pairs, 1)


def _deepest(pairs: Pairs) -> int:
    """How many spans of time lie above each other at most; those that touch do not."""
    begins, ends = np.sort([begin for begin, _ in pairs]) + ROUNDING, np.sort([end for _, end in pairs])
    return int(np.max(np.arange(1, len(pairs) + 1) - np.searchsorted(ends, begins, side="right"), initial=0))


def _check_boxes(city: City, plan: JointPlan) -> None:
    """A compartment for each parcel that comes into a locker, large enough, and never more than there are."""
    wanted = _into_lockers(city, plan)
    taken: npt.NDArray[np.int64] = np.zeros_like(city.lockers.room)
    given = set[int]()
    for number, box in enumerate(plan.boxes):
        sound = box.parcel not in given and wanted.get(box.parcel) == (box.locker, box.slot)
        _refuse(sound, f"compartment {number}: parcel {box.parcel} does not come there and then: {box}")
        _refuse(box.size >= city.parcels.size[box.parcel], f"compartment {number}: it is too small: {box}")
        kept = city.slots[:-1] < city.parcels.kept[box.parcel]
        _refuse(bool(kept[box.slot]), f"compartment {number}: the parcel is kept no more by then: {box}")
        taken[box.locker, box.size, box.slot :] += kept[box.slot :]
        full = np.any(taken[box.locker, box.size] > city.lockers.room[box.locker, box.size])
        _refuse(not full, f"compartment {number}: none is left: {box}")
        given.add(box.parcel)
    lost = sorted(wanted.keys() - given)
    _refuse(not lost, f"parcel {lost[:1]}: it comes into a locker without a compartment")


def _into_lockers(city: City, plan: JointPlan) -> dict[int, tuple[int, int]]:
    """The locker and the slot of each parcel that comes into one."""
    found = {
        parcel: (stop.locker, stop.slot)
        for route in plan.routes
        for stop in route.stops
        if stop.locker >= 0
        for parcel in stop.parcels
    }
    for sortie in plan.sorties:
        locker = int(city.sortie_ways.locker[sortie.way])
        if locker >= 0:
            over = sortie.depart + float(city.sortie_ways.there[sortie.way])
            slot = int(np.searchsorted(city.slots[1:-1], over, side="right"))
            found[int(city.sortie_ways.parcel[sortie.way])] = locker, slot
    return found


def box_of(plan: JointPlan) -> dict[int, Box]:
    """The compartment of each parcel that has one."""
    return {box.parcel: box for box in plan.boxes}
