"""Cheapest insertion: complete tours at once, to start from, to repair with, and as the greedy baseline."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fleet.planner.problem import Van
from fleet.planner.stop import Late, never
from fleet.planner.tours import Case, Tour

LEGS_TRIED = 5
"""Of each tour, the legs that are asked exactly for a visit, the cheapest first."""


@dataclass(frozen=True)
class Spot:
    """A place for a visit: on a leg of a tour (alone in a new van where ``index`` is none), and what it adds to the
    cost."""

    extra: float
    index: int | None
    tour: Tour
    visit: int
    leg: int

    @property
    def changed(self) -> Tour:
        """The tour with the visit."""
        return self.tour if self.index is None else self.tour.with_visit(self.visit, self.leg)


def insert_all(
    case: Case, tours: Sequence[Tour], visits: Iterable[int], vans: Sequence[Van], late: Late = never
) -> tuple[list[Tour], list[int]]:
    """Put each visit where it costs least, the tightest windows first; also returns the visits that fit nowhere, and
    those that were not come to before it was late."""
    result, left = list(tours), []
    for visit in sorted(visits, key=lambda v: _urgency(case, v)):
        spot = None if late() else cheapest(case, result, visit, vans)
        if spot is None:
            left.append(visit)
        elif spot.index is None:
            result.append(spot.changed)
        else:
            result[spot.index] = spot.changed
    return result, left


def cheapest(case: Case, tours: Sequence[Tour], visit: int, vans: Sequence[Van]) -> Spot | None:
    """The cheapest feasible place for a visit in the tours or in a van that still stands."""
    spots = [*_in_tours(case, tours, visit), *_in_new(case, tours, visit, vans)]
    return min(spots, key=lambda s: s.extra, default=None)


def _in_tours(case: Case, tours: Sequence[Tour], visit: int) -> Iterable[Spot]:
    best = math.inf
    for index, tour in enumerate(tours):
        spot = _in_tour(case, tour, visit, index, best)
        if spot is not None:
            best = min(best, spot.extra)
            yield spot


def _in_tour(case: Case, tour: Tour, visit: int, index: int, best: float) -> Spot | None:
    """The cheapest feasible leg, if it beats ``best``; what is left to test exactly is the length of the shift and the
    van's range."""
    extra = leg_costs(case, tour, visit)
    if not (extra < best).any():
        return None
    legs = [leg for leg in np.argsort(extra, kind="stable")[:LEGS_TRIED].tolist() if extra[leg] < best]
    leg = next((leg for leg, holds in zip(legs, tour.slack.holds(visit, legs), strict=True) if holds), None)
    return None if leg is None else Spot(float(extra[leg]), index, tour, visit, leg)


def leg_costs(case: Case, tour: Tour, visit: int) -> NDArray[np.float64]:
    """What the visit adds on each leg of the tour (inf where it does not fit)."""
    stop = case.visits[visit]
    nowhere = np.full(len(tour.nodes) - 1, np.inf)
    if tour.van.base not in stop.bases:
        return nowhere
    node, legs, line = case.first + visit, case.legs, tour.line
    start, end = tour.nodes[:-1], tour.nodes[1:]
    to_s, from_s = legs.seconds[start, node], legs.seconds[node, end]
    seconds = to_s + from_s - line.travel_s + stop.service_s
    fits = tour.work_s + seconds <= tour.van.type.max_shift_s
    if not fits.any():  # of a tour that is full: most of those that are asked where vans are few
        return nowhere
    fits &= line.delays(to_s, from_s, stop.early_s, stop.late_s, stop.service_s)[1]
    before, after = tour.room
    fits &= (before >= np.array(stop.deliver)[:, None]).all(axis=0)
    fits &= (after >= np.array(stop.collect)[:, None]).all(axis=0)
    metres = legs.metres[start, node] + legs.metres[node, end] - legs.metres[start, end]
    rates = tour.van.type.rates
    cost = metres * rates.per_km / 1000 + seconds * rates.per_hour / 3600
    return np.where(fits, cost + rates.per_parcel * len(stop.orders), np.inf)


def _in_new(case: Case, tours: Sequence[Tour], visit: int, vans: Sequence[Van]) -> Iterable[Spot]:
    """The visit alone in the first van of each group that still stands."""
    for van in standing_vans(tours, vans):
        tour = Tour(case, van, (visit,))
        if tour.feasible:
            yield Spot(tour.cost, None, tour, visit, 0)


def standing_vans(tours: Sequence[Tour], vans: Sequence[Van]) -> list[Van]:
    """One unused van of each group."""
    used = {tour.van.index for tour in tours}
    first = {van.group: van for van in reversed(vans) if van.index not in used}
    return sorted(first.values(), key=lambda van: van.index)


def _urgency(case: Case, visit: int) -> tuple[int, int, int]:
    stop = case.visits[visit]
    return (stop.late_s - stop.early_s, stop.early_s, visit)
