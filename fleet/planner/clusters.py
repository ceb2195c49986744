"""Vans' tours of a large day, searched on by PyVRP: those that lie together, cluster by cluster, each with the legs of
its own stops alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from fleet.planner.draft import Draft
from fleet.planner.problem import Problem
from fleet.planner.routes import Routing, improved
from fleet.planner.stop import Stop
from fleet.planner.tiling import Floats, halved
from fleet.planner.tours import Case, Tour, tour_of
from fleet.planner.trips import together

STOPS = 400
"""Stops that are searched together at most."""

Trips = Sequence[Tour]
"""All tours of one van."""


def clustered(draft: Draft, *, seed: int, stop: Stop) -> Draft:
    """The same choices with the vans' tours searched on, each cluster's until it has had its share of the time; none
    are dearer than they were. What there is no time for stays."""
    clusters, made = _clusters(draft.routing.tours), list[Tour]()
    for number, vans in enumerate(clusters):
        part = stop.part(1 / (len(clusters) - number))
        made += _searched(draft.problem, vans, seed=seed, stop=part)
    return replace(draft, routing=Routing(tuple(made), draft.routing.left))


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


def _searched(problem: Problem, vans: Sequence[Trips], *, seed: int, stop: Stop) -> list[Tour]:
    before = [tour for trips in vans for tour in trips]
    if stop() or stop.late():
        return before
    case = Case(problem, tuple(t.case.visits[v] for t in before for v in t.visits), _sites(before))
    whole = [problem.whole(trips[0].van) for trips in vans]
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
