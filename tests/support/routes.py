"""Whether routes of vans hold, and what they cost, stop by stop: it shares no code with the search that finds them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from fleet.planner.routing import Case

Trip = tuple[int, ...]
Pause = tuple[int, int] | None
"""On which trip, and behind how many of its stops, a driver takes his break; none under way."""

Rounds = tuple[int, tuple[Trip, ...], Pause]
"""The type of a van, the stops of each of its trips, and the break."""

SLACK = 1e-6
"""By how much sums in another order may differ (s)."""


def cost(case: Case, plan: Sequence[Rounds]) -> float:
    """What all vans cost, and what is left out."""
    served = {stop for _, trips, _ in plan for trip in trips for stop in trip}
    left_out = sum(stop.penalty for number, stop in enumerate(case.stops) if number not in served)
    return left_out + sum(price(case, *rounds) for rounds in plan)


def price(case: Case, kind: int, trips: Sequence[Trip], pause: Pause = None) -> float:
    """What one van costs: itself, its ways, and its time under way."""
    van = case.vans[kind]
    metres = sum(sum(_steps(case, kind, trip, seconds=False)) for trip in trips)
    under_way = sum(shortest(case, kind, trip, _within(pause, number)) for number, trip in enumerate(trips))
    return van.fixed + van.per_metre * metres + van.per_second * under_way


def _within(pause: Pause, number: int) -> int:
    """Behind how many stops of a trip the break is; -1: not on this trip."""
    return pause[1] if pause is not None and pause[0] == number else -1


def faults(case: Case, plan: Sequence[Rounds]) -> list[str]:
    """All that does not hold, in words."""
    visits = Counter(stop for _, trips, _ in plan for trip in trips for stop in trip)
    found = [f"stop {stop} is served {count} times" for stop, count in visits.items() if count > 1]
    for kind, used in Counter(kind for kind, _, _ in plan).items():
        if used > case.vans[kind].vans:
            found.append(f"{used} vans of type {kind}")
    for kind, trips, pause in plan:
        found += _rounds_faults(case, kind, trips, pause)
        if not any(_in_time(case, kind, trips, pause, at) for at in _at_depot(case, kind, trips, pause)):
            found.append(
                f"a van of type {kind} is late somewhere, or its driver's break is: {trips}, {pause}"
            )
    return found


def _at_depot(case: Case, kind: int, trips: Sequence[Trip], pause: Pause) -> range:
    """Before which trips the driver may take his break at the depot (behind the last one: after all); -1: not there."""
    if pause is not None or case.vans[kind].break_s <= 0.0:
        return range(-1, 0)
    return range(len(trips) + 1)


def _in_time(case: Case, kind: int, trips: Sequence[Trip], pause: Pause, at_depot: int) -> bool:
    """Whether one van's trips are nowhere late, each begun as early as may be."""
    van = case.vans[kind]
    now = van.opens
    for number, trip in enumerate(trips):
        if number == at_depot:
            if number and now > van.break_closes + SLACK:
                return False
            now = max(now, van.break_opens + van.break_s, now + van.break_s if number else now)
        begin = max(now, *(case.stops[stop].release for stop in trip))
        late, now = _driven(case, kind, trip, begin, _within(pause, number))
        if late > SLACK:
            return False
    return at_depot < len(trips) or now <= van.break_closes + SLACK


def _rounds_faults(case: Case, kind: int, trips: Sequence[Trip], pause: Pause) -> Iterator[str]:
    """What doesn't hold of one van's trips, times aside."""
    van = case.vans[kind]
    if pause is not None and (van.break_s <= 0.0 or not 0 <= pause[1] <= len(trips[pause[0]])):
        yield f"a break {pause} of a van of type {kind}"
    if len(trips) > van.trips:
        yield f"{len(trips)} trips of a van of type {kind}"
    for number, trip in enumerate(trips):
        stops = [case.stops[stop] for stop in trip]
        if not stops:
            yield "an empty trip"
            continue
        if sum(stop.weight for stop in stops) > van.weight or sum(stop.volume for stop in stops) > van.volume:
            yield f"trip {trip} is too heavy or too large"
        if any(stop.needs & ~van.has for stop in stops):
            yield f"trip {trip} has a stop that the van has no skill for"
        lasts = shortest(case, kind, trip, _within(pause, number))
        if lasts > van.longest + SLACK:
            yield f"trip {trip} lasts longer than a trip may"
        metres = sum(_steps(case, kind, trip, seconds=False))
        if metres + van.drain * lasts > van.reach + SLACK:
            yield f"trip {trip} leads farther than a trip may"


def _driven(case: Case, kind: int, trip: Trip, begin: float, rest: int = -1) -> tuple[float, float]:
    """How late a trip is at worst, and when it is over, if it begins at a moment, with a break behind so many stops."""
    now, late, van = begin, 0.0, case.vans[kind]
    for number, step in enumerate(_steps(case, kind, trip, seconds=True)):
        if number == rest:
            late = max(late, now - van.break_closes)
            now = max(now + step, van.break_opens) + van.break_s
        else:
            now += step
        if number < len(trip):
            stop = case.stops[trip[number]]
            now = max(now, stop.opens)
            late = max(late, now - stop.closes)
            now += stop.service
    return max(late, now - van.closes), now


def shortest(case: Case, kind: int, trip: Trip, rest: int = -1) -> float:
    """How long a trip lasts that begins as late as it may (s): none is shorter."""
    steps, van = _steps(case, kind, trip, seconds=True), case.vans[kind]
    latest = van.closes
    for number in range(len(trip), -1, -1):
        latest -= steps[number]
        if number == rest:
            latest = min(latest - van.break_s, van.break_closes)
        if number:
            stop = case.stops[trip[number - 1]]
            latest = min(stop.closes, latest - stop.service)
    latest = min(latest, van.closes)
    return _driven(case, kind, trip, latest, rest)[1] - latest


def _steps(case: Case, kind: int, trip: Sequence[int], *, seconds: bool) -> list[float]:
    """The legs of a trip, from depot to depot."""
    van = case.vans[kind]
    places = np.array([van.start, *(case.stops[stop].place for stop in trip), van.end])
    table = case.legs.durations(places, places) if seconds else case.legs.metres(places, places)
    return [float(table[i, i + 1]) for i in range(len(places) - 1)]
