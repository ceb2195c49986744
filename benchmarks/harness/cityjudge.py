"""Whether a plan for a whole city holds, and what it costs: from the city alone, stop by stop and sortie by sortie.

It shares no code with the planner, whose way of adding up pieces of routes and rows it is to be held against. Its time
grows as the city and the plan do, a million parcels take it minutes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from fleet.planner.city import City
from fleet.planner.disruptions import Kept
from fleet.planner.jointly import JointPlan, Route, VanStop

SLACK = 1e-6
"""By how much sums in another order may differ."""

PIECE = 64
"""Legs that are asked for at a time, of a table with as many rows and columns."""

Interval = tuple[float, float]

NOTHING_KEPT = Kept()


class _LockerRows:
    """The rows of each parcel among the city's ways into lockers."""

    def __init__(self, city: City) -> None:
        parcel = city.locker_ways.parcel
        self._order = np.argsort(parcel, kind="stable")
        self._begins = np.searchsorted(parcel[self._order], np.arange(len(city.parcels.place) + 1))

    def of(self, parcel: int) -> list[int]:
        """Those of one parcel."""
        rows: list[int] = self._order[self._begins[parcel] : self._begins[parcel + 1]].tolist()
        return rows


def cost(city: City, plan: JointPlan, kept: Kept = NOTHING_KEPT) -> float:
    """What vans, sorties and lockers cost, and what is left out."""
    total = sum(float(city.parcels.penalty[parcel]) for parcel in plan.unserved)
    total += sum(float(city.sortie_ways.cost[sortie.way]) for sortie in plan.sorties)
    ways = _LockerRows(city)
    for route in plan.routes:
        van, places = city.vans[route.van_type], _places(city, route)
        total += (van.fixed if route.follows < 0 else 0.0) + van.per_metre * sum(_legs(city, places)[0])
        total += van.per_second * shortest(city, route, kept)
        for stop in route.stops:
            total += city.lateness * stop.late
            if stop.locker >= 0:
                total += sum(min(_locker_costs(city, ways, parcel, stop)) for parcel in stop.parcels)
    return total + city.fairness * _above_mean(city, plan, kept)


def _above_mean(city: City, plan: JointPlan, kept: Kept) -> float:
    """For how many seconds those vans are out longer than the mean that exceed it, together."""
    vans = list[float]()
    first_of = dict[int, int]()
    for number, route in enumerate(plan.routes if city.fairness > 0.0 else ()):
        first_of[number] = first_of[route.follows] if route.follows >= 0 else len(vans)
        vans += [0.0] if route.follows < 0 else []
        vans[first_of[number]] += shortest(city, route, kept)
    mean = sum(vans) / max(1, len(vans))
    return sum(each - mean for each in vans if each > mean)


def faults(city: City, plan: JointPlan, kept: Kept = NOTHING_KEPT) -> list[str]:
    """All that does not hold, or was to be kept and is not, in words; empty where everything does."""
    brought = Counter(parcel for route in plan.routes for stop in route.stops for parcel in stop.parcels)
    brought.update(int(city.sortie_ways.parcel[sortie.way]) for sortie in plan.sorties)
    brought.update(plan.unserved)
    found = [
        f"parcel {parcel} is brought or left {brought[parcel]} times"
        for parcel in range(len(city.parcels.place))
        if brought[parcel] != 1
    ]
    for kind, used in Counter(route.van_type for route in plan.routes if route.follows < 0).items():
        if used > city.vans[kind].vans:
            found.append(f"{used} vans of type {kind}")
    ways = _LockerRows(city)
    for route in plan.routes:
        found += _route_faults(city, route, kept, ways)
    found += _turn_faults(city, plan, kept)
    found += _sortie_faults(city, plan)
    found += _machine_faults(city, plan)
    found += _port_faults(city, plan)
    found += _box_faults(city, plan)
    found += _kept_route_faults(plan, kept)
    found += _kept_sortie_faults(city, plan, kept)
    return found


def _kept_route_faults(plan: JointPlan, kept: Kept) -> Iterator[str]:
    """Stops that were made or promised are the first of one route each, of the same type of van."""
    for said in kept.routes:
        found = [
            r for r in plan.routes if r.van_type == said.van_type and r.stops[: len(said.stops)] == said.stops
        ]
        if len(found) != 1:
            yield f"{len(found)} routes keep the stops {said.stops} of a van of type {said.van_type}"
        elif said.closed and found[0].stops != said.stops:
            yield f"a closed route goes on behind {said.stops}"


def _kept_sortie_faults(city: City, plan: JointPlan, kept: Kept) -> Iterator[str]:
    """What has departed stays as it was; nothing else departs before now, nor with a machine that is grounded."""
    departed = set(kept.sorties)
    if lost := departed - set(plan.sorties):
        yield f"sorties that had departed are no more: {lost}"
    for sortie in set(plan.sorties) - departed:
        if sortie.depart < kept.before - SLACK:
            yield f"sortie {sortie.way} departs at {sortie.depart}, which is past"
        for each in kept.grounded:
            ours = each.group == city.sortie_ways.group[sortie.way] and each.machine in (-1, sortie.machine)
            if ours and sortie.depart >= each.since:
                yield f"sortie {sortie.way} departs at {sortie.depart} with a machine that is grounded"


def _held(route: Route, kept: Kept) -> int:
    """How many of a route's first stops are kept."""
    return max(
        (
            len(said.stops)
            for said in kept.routes
            if said.van_type == route.van_type and said.stops == route.stops[: len(said.stops)]
        ),
        default=0,
    )


def _late(route: Route, kept: Kept) -> dict[int, float]:
    """Before which moment service at some of a route's stops does not begin, since the van is late."""
    said = [
        each
        for each in kept.routes
        if each.late and each.van_type == route.van_type and each.stops == route.stops[: len(each.stops)]
    ]
    return {number: moment for each in said for number, moment in each.late}


def _places(city: City, route: Route) -> list[int]:
    """Where a van is in turn, from its start to its end."""
    van, between = city.vans[route.van_type], list[int]()
    for stop in route.stops:
        column = city.parcels.place[stop.parcels[0]] if stop.locker < 0 else city.lockers.place[stop.locker]
        between.append(int(column))
    return [van.start, *between, van.end]


def _legs(city: City, places: Sequence[int]) -> tuple[list[float], list[float]]:
    """Metres and seconds of each leg."""
    metres, seconds = list[float](), list[float]()
    for first in range(0, len(places) - 1, PIECE):
        at = np.array(places[first : first + PIECE + 1])
        metres += np.diagonal(city.legs.metres(at[:-1], at[1:])).tolist()
        seconds += np.diagonal(city.legs.durations(at[:-1], at[1:])).tolist()
    return metres, seconds


def _window(city: City, stop: VanStop) -> tuple[float, float, float]:
    """When service may begin at a stop, and how long it lasts."""
    if stop.locker < 0:
        (parcel,) = stop.parcels
        parcels = city.parcels
        closes = float(parcels.closes[parcel]) + stop.late
        return float(parcels.opens[parcel]), closes, float(parcels.service[parcel])
    lasts = city.lockers.stop_s[stop.locker] + len(stop.parcels) * city.lockers.each_s[stop.locker]
    return float(city.slots[stop.slot]), float(city.slots[stop.slot + 1]), float(lasts)


def _driven(city: City, route: Route, begin: float, kept: Kept) -> tuple[float, float]:
    """How late a route is at worst, and when it is over, if it begins at a moment; what is not kept is yet to come."""
    seconds, now, late, held = _legs(city, _places(city, route))[1], begin, 0.0, _held(route, kept)
    van, delayed = city.vans[route.van_type], _late(route, kept)
    for number, leg in enumerate(seconds):
        if number == route.pause:
            late, now = max(late, now - van.break_closes), max(now + leg, van.break_opens) + van.break_s
        else:
            now += leg
        if number < len(route.stops):
            opens, closes, lasts = _window(city, route.stops[number])
            now = max(now, opens, kept.before if number >= held else opens)
            if number in delayed:
                now = max(now, delayed[number])
                closes = max(closes, delayed[number])
            late = max(late, now - closes)
            now += lasts
    return max(late, now - van.closes), now


def shortest(city: City, route: Route, kept: Kept = NOTHING_KEPT) -> float:
    """How long a route lasts that begins as late as it may (s): none is shorter."""
    seconds, van = _legs(city, _places(city, route))[1], city.vans[route.van_type]
    latest, delayed = van.closes, _late(route, kept)
    for number in range(len(route.stops), -1, -1):
        latest -= seconds[number]
        if number == route.pause:
            latest = min(latest - van.break_s, van.break_closes)
        if number:
            stop = route.stops[number - 1]
            _, closes, lasts = _window(city, stop)
            # A visit must begin a second before its slot ends; so late a begin is not asked for by a door.
            closes -= 1.0 if stop.locker >= 0 else 0.0
            latest = min(max(closes, delayed.get(number - 1, closes)), latest - lasts)
    latest = min(latest, van.closes)
    return _driven(city, route, latest, kept)[1] - latest


def _route_faults(city: City, route: Route, kept: Kept, ways: _LockerRows) -> Iterator[str]:
    """Loads, skills and times of one van."""
    van, parcels = city.vans[route.van_type], [p for stop in route.stops for p in stop.parcels]
    if not parcels:
        yield "a van drives without parcels"
        return
    weight, volume = (float(np.sum(c[parcels])) for c in (city.parcels.weight, city.parcels.volume))
    if weight > van.weight + SLACK or volume > van.volume + SLACK:
        yield f"a van of type {route.van_type} has {weight} kg and {volume} l"
    if any(int(city.parcels.needs[parcel]) & ~van.has for parcel in parcels):
        yield f"a van of type {route.van_type} has a parcel that it has no skill for"
    depot = city.parcels.depot
    if depot is not None and any(int(depot[parcel]) not in (-1, van.start) for parcel in parcels):
        yield f"a van of type {route.van_type} has a parcel that stands at another depot"
    if route.pause >= 0 and (van.break_s <= 0.0 or route.pause > len(route.stops)):
        yield f"a van of type {route.van_type} has a break behind {route.pause} stops"
    if shortest(city, route, kept) > van.longest + SLACK:
        yield f"a van of type {route.van_type} is out for too long"
    metres = sum(_legs(city, _places(city, route))[0])
    if metres + van.drain * shortest(city, route, kept) > van.reach + SLACK:
        yield f"a van of type {route.van_type} goes farther than it may"
    for stop in route.stops:
        if not 0.0 <= stop.late <= (city.late_most if stop.locker < 0 else 0.0):
            yield f"a van of type {route.van_type} may be {stop.late} s late at {stop.parcels}"
        if stop.locker >= 0 and not all(_locker_costs(city, ways, parcel, stop) for parcel in stop.parcels):
            yield f"a parcel may not go into locker {stop.locker} in slot {stop.slot}"


def _turn_faults(city: City, plan: JointPlan, kept: Kept) -> Iterator[str]:
    """The routes of each van in turn, its driver's break among them."""
    behind = {route.follows: number for number, route in enumerate(plan.routes) if route.follows >= 0}
    if len(behind) != sum(route.follows >= 0 for route in plan.routes):
        yield "two routes follow the same one"
    seen = 0
    for number, route in enumerate(plan.routes):
        turn = [number] if route.follows < 0 else []
        while turn and turn[-1] in behind:
            turn.append(behind[turn[-1]])
        seen += len(turn)
        routes, van = [plan.routes[k] for k in turn], city.vans[route.van_type]
        if len(routes) > van.trips or any(each.van_type != route.van_type for each in routes):
            yield f"a van of type {route.van_type} makes the routes {turn}"
        if sum(each.pause >= 0 for each in routes) > 1:
            yield f"the driver of the routes {turn} has two breaks"
        rests = van.break_s > 0.0 and all(each.pause < 0 for each in routes)
        if turn and not any(
            _in_time(city, routes, kept, at) for at in (range(len(turn) + 1) if rests else range(-1, 0))
        ):
            yield f"a van of type {route.van_type} is late somewhere on the routes {turn}"
    if seen != len(plan.routes):
        yield "routes follow each other in a ring"


def _in_time(city: City, routes: Sequence[Route], kept: Kept, at_depot: int) -> bool:
    """Whether a van's routes are nowhere late, each begun as early as may be, with the driver's break at the depot
    before one of them (behind the last: after all; -1: not there)."""
    van = city.vans[routes[0].van_type]
    now = van.opens if _held(routes[0], kept) else max(van.opens, kept.before)
    for number, route in enumerate(routes):
        if number == at_depot:
            if number and now > van.break_closes + SLACK:
                return False
            now = max(now, van.break_opens + van.break_s, now + van.break_s if number else now)
        if city.parcels.release is not None:
            parcels = [parcel for stop in route.stops for parcel in stop.parcels]
            now = max(now, float(np.max(city.parcels.release[parcels], initial=0.0)))
        late, now = _driven(city, route, now, kept)
        if late > SLACK:
            return False
    return at_depot < len(routes) or now <= van.break_closes + SLACK


def _locker_costs(city: City, rows: _LockerRows, parcel: int, stop: VanStop) -> list[float]:
    """What a parcel costs at a locker stop, by each way that allows the whole slot."""
    ways = city.locker_ways
    begin, end = city.slots[stop.slot], city.slots[stop.slot + 1]
    return [
        float(ways.cost[row])
        for row in rows.of(parcel)
        if ways.locker[row] == stop.locker and ways.opens[row] <= begin and end <= ways.closes[row]
    ]


def _sortie_faults(city: City, plan: JointPlan) -> Iterator[str]:
    """Each sortie's own times."""
    ways, parcels = city.sortie_ways, city.parcels
    for sortie in plan.sorties:
        row, parcel, group = sortie.way, ways.parcel[sortie.way], ways.group[sortie.way]
        hand_over, back = sortie.depart + ways.there[row], sortie.depart + ways.away[row]
        if sortie.depart < city.groups.opens[group] - SLACK or back > city.groups.closes[group] + SLACK:
            yield f"sortie {row} is away outside its group's hours"
        if not 0 <= sortie.machine < city.groups.machines[group]:
            yield f"group {group} has no machine {sortie.machine}"
        if parcels.release is not None and sortie.depart < parcels.release[parcel] - SLACK:
            yield f"sortie {row} departs at {sortie.depart}, before its parcel is there"
        if hand_over > parcels.closes[parcel] + SLACK:
            yield f"sortie {row} hands over at {hand_over}, too late"
        if ways.locker[row] < 0 and hand_over < parcels.opens[parcel] - SLACK:
            yield f"sortie {row} hands over at {hand_over}, too early"


def _machine_faults(city: City, plan: JointPlan) -> Iterator[str]:
    """One sortie at a time and charging, no more away or charging in a group than may be."""
    ways, groups = city.sortie_ways, city.groups
    busy, away, charging = (defaultdict[object, list[Interval]](list) for _ in range(3))
    for sortie in plan.sorties:
        group, back = int(ways.group[sortie.way]), sortie.depart + float(ways.away[sortie.way])
        ready = back + float(ways.charge[sortie.way])
        busy[group, sortie.machine].append((sortie.depart, ready))
        away[group].append((sortie.depart, back))
        charging[group].append((back, ready))
    for key, intervals in busy.items():
        if _deepest(intervals) > 1:
            yield f"a machine {key} is asked for two things at a time"
    for group in range(len(groups.machines)):
        if _deepest(away[group]) > groups.away[group]:
            yield f"too many of group {group} are away"
        if _deepest(charging[group]) > groups.chargers[group]:
            yield f"too many of group {group} charge"


def _deepest(intervals: Sequence[Interval]) -> int:
    """How many lie above each other at most; those that touch do not."""
    ends = [(begin + SLACK, 1) for begin, end in intervals if end > begin + 2 * SLACK]
    ends += [(end, -1) for begin, end in intervals if end > begin + 2 * SLACK]
    depth = most = 0
    for _, change in sorted(ends):
        depth += change
        most = max(most, depth)
    return most


def _port_faults(city: City, plan: JointPlan) -> Iterator[str]:
    """One hand-over at a port at a time."""
    taken = defaultdict[int, list[Interval]](list)
    for sortie in plan.sorties:
        locker = int(city.sortie_ways.locker[sortie.way])
        if locker >= 0:
            begin = sortie.depart + float(city.sortie_ways.there[sortie.way])
            taken[locker].append((begin, begin + float(city.lockers.port_s[locker])))
    for locker, intervals in taken.items():
        if _deepest(intervals) > 1:
            yield f"two are at the port of locker {locker} at a time"


def _box_faults(city: City, plan: JointPlan) -> Iterator[str]:
    """A compartment that fits for each parcel in a locker, from its hand-over on, and none given to two."""
    given, wanted = {box.parcel: box for box in plan.boxes}, _handed_over(city, plan)
    if len(given) != len(plan.boxes) or given.keys() != wanted.keys():
        yield f"compartments for {sorted(given)}, wanted for {sorted(wanted)}"
        return
    taken = Counter[tuple[int, int, int]]()
    for parcel, (locker, first, last) in wanted.items():
        box, kept = given[parcel], city.parcels.kept[parcel]
        begin, end = city.slots[box.slot], city.slots[box.slot + 1]
        if box.locker != locker or box.size < city.parcels.size[parcel]:
            yield f"parcel {parcel} has a compartment elsewhere, or one that is too small"
        if first < begin - SLACK or last > end + SLACK:
            yield f"parcel {parcel} comes from {first} to {last}, its compartment is for {begin} to {end}"
        if begin >= kept:
            yield f"parcel {parcel} comes after it is kept"
        for slot in range(box.slot, len(city.slots) - 1):
            if city.slots[slot] < kept:
                taken[locker, box.size, slot] += 1
    for (locker, size, slot), count in taken.items():
        if count > city.lockers.room[locker, size, slot]:
            yield f"{count} compartments of size {size} of locker {locker} in slot {slot}"


def _handed_over(city: City, plan: JointPlan) -> dict[int, tuple[int, float, float]]:
    """Who comes into which locker, and between which times: a van's stop is free within its slot."""
    found = dict[int, tuple[int, float, float]]()
    for stop in (stop for route in plan.routes for stop in route.stops if stop.locker >= 0):
        for parcel in stop.parcels:
            found[parcel] = stop.locker, float(city.slots[stop.slot]), float(city.slots[stop.slot + 1])
    for sortie in plan.sorties:
        locker, moment = (
            city.sortie_ways.locker[sortie.way],
            city.sortie_ways.there[sortie.way] + sortie.depart,
        )
        if locker >= 0:
            found[int(city.sortie_ways.parcel[sortie.way])] = int(locker), float(moment), float(moment)
    return found
