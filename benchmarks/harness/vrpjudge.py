"""Whether tours hold, and what they cost: from the instance alone, place by place, in Python's own arithmetic.

It shares no code with the planner, whose way of adding up pieces of routes it is to be held against.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import hypot

from benchmarks.harness.vrpfiles import Instance, Tour


def length(instance: Instance, start: int, end: int) -> float:
    """From one place to another, as the family counts."""
    (x0, y0), (x1, y1) = instance.xy[start], instance.xy[end]
    line = hypot(x1 - x0, y1 - y0)
    if instance.counting == "tenths":
        return float(int(10.0 * line))
    return float(int(line + 0.5)) if instance.counting == "nearest" else line


def cost(instance: Instance, tours: Sequence[Tour]) -> float:
    """The price of the vans that are used and of every length."""
    total = 0.0
    for tour in tours:
        van = instance.vans[tour.van]
        total += van.fixed
        for trip in tour.trips:
            stops = (0, *trip, 0)
            total += van.per_length * sum(length(instance, a, b) for a, b in pairwise(stops))
    return total


def faults(instance: Instance, tours: Sequence[Tour]) -> list[str]:
    """All that does not hold, in words; empty where everything does and every place is served once."""
    visits = Counter(place for tour in tours for trip in tour.trips for place in trip)
    places = range(1, len(instance.xy))
    found = [f"place {place} is served {visits[place]} times" for place in places if visits[place] != 1]
    found += [f"there is no place {place}" for place in visits if place not in places]
    used = Counter(tour.van for tour in tours)
    for number, van in enumerate(instance.vans):
        if used[number] > van.count:
            found.append(f"{used[number]} vans of type {number} are used, {van.count} are there")
    if found:
        return found
    for tour in tours:
        found += _tour_faults(instance, tour)
    return found


def _tour_faults(instance: Instance, tour: Tour) -> Iterator[str]:
    """Loads, trips and times of one van, which leaves as early as it may."""
    van, (now, closes) = instance.vans[tour.van], instance.windows[0]
    if len(tour.trips) > van.trips:
        yield f"a van makes {len(tour.trips)} trips, {van.trips} are allowed"
    for trip in tour.trips:
        if not trip:
            yield "a trip is empty"
        load = sum(instance.demand[place] for place in trip)
        if load > van.capacity:
            yield f"a trip carries {load}, its van {van.capacity}"
        now, at = max([now, *(instance.release[place] for place in trip)]), 0
        for place in trip:
            now = max(now + length(instance, at, place), instance.windows[place][0])
            if instance.has_windows and now > instance.windows[place][1]:
                yield f"place {place} is served at {now}, it closes at {instance.windows[place][1]}"
            now, at = now + instance.service[place], place
        now += length(instance, at, 0)
    if instance.has_windows and now > closes:
        yield f"a van is back at {now}, the depot closes at {closes}"
