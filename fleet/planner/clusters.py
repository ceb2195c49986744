"""Vans' tours of a large day, searched on by PyVRP: those that lie together, cluster by cluster, each with the legs of
its own stops alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import NamedTuple

import numpy as np

from fleet.planner.draft import Draft
from fleet.planner.hours import driven_s, driver_of, hours_above_mean
from fleet.planner.problem import Problem
from fleet.planner.routes import Routing, improved
from fleet.planner.stop import Stop
from fleet.planner.tiling import Floats, halved
from fleet.planner.tours import Case, Tour, total_cost, tour_of
from fleet.planner.trips import together

STOPS = 400
"""Stops that are searched together at most."""

Trips = Sequence[Tour]
"""All tours of one van."""


class _Part(NamedTuple):
    """A cluster's tours, as they were and as searched: no dearer but for how drivers' hours are shared out."""

    before: list[Tour]
    found: list[Tour]


def clustered(draft: Draft, *, seed: int, stop: Stop) -> Draft:
    """The same choices with the vans' tours searched on, each cluster's until it has had its share of the time; none
    make the draft dearer than it was, with what drivers' hours cost. What there is no time for stays."""
    clusters, parts = _clusters(draft.routing.tours), list[_Part]()
    for number, vans in enumerate(clusters):
        share = stop.part(1 / (len(clusters) - number))
        before = [tour for trips in vans for tour in trips]
        parts.append(_Part(before, _searched(draft.problem, before, seed=seed, stop=share)))
    found = _with_tours(draft, (part.found for part in parts))
    per_hour = draft.problem.fleet.fairness.per_hour
    if per_hour <= 0:
        return found
    # What is not worth it by itself may be with all others: where each van's hours get fewer.
    return min((found, _with_tours(draft, _fair(parts, per_hour))), key=lambda d: d.objective)


def _with_tours(draft: Draft, tours: Iterable[Sequence[Tour]]) -> Draft:
    return replace(draft, routing=Routing(tuple(chain.from_iterable(tours)), draft.routing.left))


def _fair(parts: Sequence[_Part], per_hour: float) -> Iterator[list[Tour]]:
    """Each cluster's tours as searched, or as they were where the hours above the mean of all drivers, with what the
    clusters before have come to, would cost more than is saved."""
    driven = driven_s(tour for part in parts for tour in part.before)
    for before, found in parts:
        drivers = {driver_of(tour) for tour in before}
        others = Counter({who: out_s for who, out_s in driven.items() if who not in drivers})
        then = others + driven_s(found)
        dearer = per_hour * (hours_above_mean(list(then.values())) - hours_above_mean(list(driven.values())))
        taken = dearer <= total_cost(before) - total_cost(found)
        driven = then if taken else driven
        yield found if taken else before


def _clusters(tours: Sequence[Tour]) -> list[list[Trips]]:
    """The vans that are out, with their trips, those together that lie together."""
    vans = list(together(tours).values())
    stops = np.array([sum(len(tour.visits) for tour in trips) for trips in vans], dtype=np.int64)
    parts = halved(_middles(vans), stops, np.arange(len(vans)), (STOPS, len(vans)), 0.5) if vans else ()
    return [[vans[row] for row in rows.tolist()] for rows in parts]


def _middles(vans: Sequence[Trips]) -> Floats:
    """About where each van's stops lie."""
    places = [[tour.case.visits[v].place for tour in trips for v in tour.visits] for trips in vans]
    middles = np.array([np.mean([(p.lon, p.lat) for p in some], axis=0) for some in places])
    narrow = np.cos(np.radians(middles[:, 1].mean()))
    return np.asarray(middles * (narrow, 1.0))


def _searched(problem: Problem, before: list[Tour], *, seed: int, stop: Stop) -> list[Tour]:
    if stop() or stop.late():
        return before
    case = Case(problem, tuple(t.case.visits[v] for t in before for v in t.visits), _sites(before))
    whole = [problem.whole(trips[0].van) for trips in together(before).values()]
    tours, left = improved(case, list(_moved(case, before)), whole, seed=seed, stop=stop, late=stop.late)
    if left:
        return before
    return [tour_of(problem, tour.van, [case.visits[v] for v in tour.visits]) for tour in tours]


def _sites(tours: Sequence[Tour]) -> tuple[str, ...]:
    return tuple(sorted({tour.van.site.site_id for tour in tours}))


def _moved(case: Case, tours: Sequence[Tour]) -> Iterator[Tour]:
    """The tours in a case that has their stops one after the other."""
    first = 0
    for tour in tours:
        beyond = first + len(tour.visits)
        yield Tour(case, tour.van, tuple(range(first, beyond)))
        first = beyond
