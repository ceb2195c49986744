"""The rounds: choose modes at prices, route, learn prices from the routes, choose again. Beside them all modes are
searched at once, of counted iterations once more from what the rounds made; the best draft stays. Of a large day all
modes are searched at once alone, and the tours of that polished, cluster by cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fleet.planner.assignment import assign
from fleet.planner.clusters import clustered
from fleet.planner.draft import Builder, Draft, Ranking, nothing, rerouted
from fleet.planner.flights import Flights
from fleet.planner.greedy import greedy, ranked, van_only
from fleet.planner.mixing import mixed, mixed_from
from fleet.planner.prices import Prices, average_to_marginal, learn
from fleet.planner.problem import Problem
from fleet.planner.stop import MaxIterations, Stop
from fleet.planner.tiled import Workers
from fleet.planner.ways import Ways

LEAN = (0.7, 0.35, 0.9, 0.5)
"""For each round how far its stop prices lean from marginal (0) to average (1) cost: a van that falls away whole
saves the average, a single stop the marginal."""

STEP = 0.6
"""How far prices move towards those just learnt."""

ROUTE_SHARE = 0.15
"""Of the effort that is left, what each round's routing gets; the rest goes to the best round in the end."""

AT_ONCE_SHARE = 0.75
"""Of the time for the joint plan, what the search over all modes at once gets, with the polish of its tours; of counted
iterations it gets as many again. It comes first: the other way's beginning, by insertion, is not interrupted, and may
take longer than there is."""

MANY_SHARE = 0.6
"""Of the time for a plan of more places than legs are kept of, what the search over all modes gets; the rest is for
making its plan exact, and for the polish of its tours (`benchmarks/RESULTS.md`, "tours of large days")."""

MIXED_SHARE = 0.8
"""Of that, what goes to the search before the polish."""

SAME = 1e-6
"""Objectives that lie no farther apart are the same."""

NEAR = 1.05
"""All modes are searched at once again, from the plan made in turn, if that is no more than so many times as dear as
what the search found by itself: with as many iterations as before. Time is not kept for it: by then there is none left
(what it would gain and lose: `benchmarks/RESULTS.md`, "a second start")."""

BASELINE_SHARE = 0.2
"""Of the effort, what the vans-only baseline gets: about what the routing of the joint plan ends up with."""


VANS_SHARE = 0.4
"""Of the time that is left after the search over all modes, what vans alone may take by insertion."""


@dataclass(frozen=True)
class Found:
    """The best draft and the baselines beside it; vans alone are none where they were not asked for, or where time was
    up before they were planned. Of a large problem no baselines are planned."""

    best: Draft
    greedy: Draft | None
    van_only: Draft | None
    late: Draft | None = None
    """The best draft in which parcels are late at a price, where that is better than ``best``, in which nobody is. Both
    are to be finished then, and the better one stays."""

    @property
    def drafts(self) -> list[Draft]:
        """Those that are to be finished."""
        return [self.best] if self.late is None else [self.best, self.late]


def search(
    problem: Problem,
    ways: Sequence[Ways],
    flights: Flights,
    *,
    seed: int,
    stop: Stop,
    baselines: bool,
    workers: Workers | None = None,
) -> Found:
    """The best plan within ``stop``, and never one worse than the greedy plan, if there is time for one. The tiles of a
    large problem are searched by ``workers``."""
    if stop.late():
        none = nothing(problem, ways, flights)
        return Found(none, none, None)
    if not problem.keeps_legs and any(each.all for each in ways):
        many = stop.beside(MANY_SHARE)
        found = mixed(problem, ways, flights, seed=seed, stop=many, workers=workers)
        return Found(clustered(found, seed=seed, stop=stop), None, None)
    ours = stop.part(1 - BASELINE_SHARE)
    strict = problem.fleet.lateness is not None and isinstance(stop, MaxIterations)
    both = _at_once(problem, ways, flights, seed=seed, stop=ours.beside(AT_ONCE_SHARE), strict=strict)
    vans = van_only(problem, ways, flights, seed=seed, stop=None, late=stop.ahead(VANS_SHARE).late)
    prices = learn(problem, ways, vans.routing)
    first = greedy(problem, ways, flights, prices, seed=seed, late=stop.late)
    again = ours.beside(AT_ONCE_SHARE)
    unhurried = [ours.beside(AT_ONCE_SHARE) for _ in range(2)] if strict else []
    in_turn = _rounds(problem, ways, flights, _Start(first, prices), seed=seed, stop=ours)
    if baselines:
        vans = rerouted(vans, ways, seed=seed, stop=stop)
    best = min((in_turn, first, vans), key=lambda draft: draft.objective)
    near = both is not None and in_turn.objective <= NEAR * both.objective
    if near:
        third = _at_once(problem, ways, flights, seed=seed, stop=again, start=in_turn, strict=strict)
    else:
        third = None
    # Of two that cost the same the rounds' stays: their bookings share sorties out among machines, which leave early.
    for other in (both, third):
        if other is not None and other.objective < best.objective - SAME:
            best = other
    late = _late(problem, ways, flights, best, seed=seed, stops=unhurried)
    return Found(best, first, vans if baselines and not vans.cut else None, late)


def _at_once(
    problem: Problem,
    ways: Sequence[Ways],
    flights: Flights,
    *,
    seed: int,
    stop: Stop,
    start: Draft | None = None,
    strict: bool = False,
) -> Draft | None:
    """The draft of the search over all modes, from another if there is one to begin with; none without any effort or
    way. ``strict``: windows hold, even where lateness has a price."""
    if stop.used >= 1 or not problem.keeps_legs or not any(each.all for each in ways):
        return None
    part = stop.part(MIXED_SHARE)
    if start is None:
        found: Draft | None = mixed(problem, ways, flights, seed=seed, stop=part, strict=strict)
    else:
        found = mixed_from(start, problem, ways, flights, seed=seed, stop=part, strict=strict)
    return None if found is None else rerouted(found, ways, seed=seed, stop=stop)


def _late(
    problem: Problem,
    ways: Sequence[Ways],
    flights: Flights,
    best: Draft,
    *,
    seed: int,
    stops: Sequence[Stop],
) -> Draft | None:
    """The best draft of two searches over all modes in which parcels may be late at a price: one from the beginning,
    and one from the best draft in which nobody is. None where neither is better than that."""
    found = [
        _at_once(problem, ways, flights, seed=seed, stop=stop, start=start)
        for stop, start in zip(stops, (None, best), strict=False)
    ]
    better = (draft for draft in found if draft is not None and draft.objective < best.objective - SAME)
    return min(better, key=lambda draft: draft.objective, default=None)


@dataclass(frozen=True)
class _Start:
    draft: Draft
    prices: Prices


def _rounds(
    problem: Problem, ways: Sequence[Ways], flights: Flights, start: _Start, *, seed: int, stop: Stop
) -> Draft:
    best, last, prices = start.draft, start.draft, start.prices
    for number, lean in enumerate(LEAN):
        if stop():
            break
        leaning = prices.scaled(average_to_marginal(last.routing) ** lean)
        choices = assign(problem, ways, leaning)
        builder = Builder(problem, ways, flights, _ranking(ways, leaning), late=stop.late)
        last = builder.build(choices, best.routing.warm, seed=seed + number, stop=stop.part(ROUTE_SHARE))
        prices = prices.mixed(learn(problem, ways, last.routing), STEP)
        best = min((best, last), key=lambda draft: draft.objective)
    return rerouted(best, ways, seed=seed, stop=stop)


def _ranking(ways: Sequence[Ways], prices: Prices) -> Ranking:
    return lambda order: ranked(ways[order], order, prices)
