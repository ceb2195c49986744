"""Whether routes of vans hold, and what they cost, stop by stop: it shares no code with the search that finds them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from fleet.planner.routing import Case

Trip = tuple[int, ...]
Rounds = tuple[int, tuple[Trip, ...]]
"""The type of a van, and the stops of each of its trips."""

SLACK = 1e-6
"""By how much sums in another order may differ (s)."""


def cost(case: Case, plan: Sequence[Rounds]) -> float:
    """What all vans cost, and what is left out."""
    served = {stop for _, trips in plan for trip in trips for stop in trip}
    left_out = sum(stop.penalty for number, stop in enumerate(case.stops) if number not in served)
    return left_out + sum(price(case, *rounds) for rounds in plan)


def price(case: Case, kind: int, trips: Sequence[Trip]) -> float:
    """What one van costs: itself, its ways, and its time under way."""
    van = case.vans[kind]
    metres = sum(sum(_steps(case, kind, trip, seconds=False)) for trip in trips)
    return van.fixed + van.per_metre * metres + van.per_second * sum(shortest(case, kind, t) for t in trips)


def faults(case: Case, plan: Sequence[Rounds]) -> list[str]:
    """All that does not hold, in words."""
    visits = Counter(stop for _, trips in plan for trip in trips for stop in trip)
    found = [f"stop {stop} is served {count} times" for stop, count in visits.items() if count > 1]
    for kind, used in Counter(kind for kind, _ in plan).items():
        if used > case.vans[kind].vans:
            found.append(f"{used} vans of type {kind}")
    for kind, trips in plan:
        found += _rounds_faults(case, kind, trips)
    return found


def _rounds_faults(case: Case, kind: int, trips: Sequence[Trip]) -> Iterator[str]:
    """One van's trips in turn, each begun as early as may be."""
    van = case.vans[kind]
    now = van.opens
    if len(trips) > van.trips:
        yield f"{len(trips)} trips of a van of type {kind}"
    for trip in trips:
        stops = [case.stops[stop] for stop in trip]
        if not stops:
            yield "an empty trip"
            continue
        if sum(stop.weight for stop in stops) > van.weight or sum(stop.volume for stop in stops) > van.volume:
            yield f"trip {trip} is too heavy or too large"
        if any(stop.needs & ~van.has for stop in stops):
            yield f"trip {trip} has a stop that the van has no skill for"
        begin = max(now, *(stop.release for stop in stops))
        late, now = _driven(case, kind, trip, begin)
        if late > SLACK:
            yield f"trip {trip} of type {kind} is {late} s late somewhere"
        if shortest(case, kind, trip) > van.longest + SLACK:
            yield f"trip {trip} lasts longer than a trip may"
        metres = sum(_steps(case, kind, trip, seconds=False))
        if metres + van.drain * shortest(case, kind, trip) > van.reach + SLACK:
            yield f"trip {trip} leads farther than a trip may"


def _driven(case: Case, kind: int, trip: Trip, begin: float) -> tuple[float, float]:
    """How late a trip is at worst, and when it is over, if it begins at a moment."""
    now, late = begin, 0.0
    steps = _steps(case, kind, trip, seconds=True)
    for step, number in zip(steps, trip, strict=False):
        stop = case.stops[number]
        now = max(now + step, stop.opens)
        late = max(late, now - stop.closes)
        now += stop.service
    now += steps[-1]
    return max(late, now - case.vans[kind].closes), now


def shortest(case: Case, kind: int, trip: Trip) -> float:
    """How long a trip lasts that begins as late as it may (s): none is shorter."""
    steps = _steps(case, kind, trip, seconds=True)
    latest = case.vans[kind].closes
    for number, step in zip(reversed(trip), reversed(steps), strict=False):
        stop = case.stops[number]
        latest = min(stop.closes, latest - step - stop.service)
    latest = min(latest - steps[0], case.vans[kind].closes)
    return _driven(case, kind, trip, latest)[1] - latest


def _steps(case: Case, kind: int, trip: Sequence[int], *, seconds: bool) -> list[float]:
    """The legs of a trip, from depot to depot."""
    van = case.vans[kind]
    places = np.array([van.start, *(case.stops[stop].place for stop in trip), van.end])
    table = case.legs.durations(places, places) if seconds else case.legs.metres(places, places)
    return [float(table[i, i + 1]) for i in range(len(places) - 1)]
