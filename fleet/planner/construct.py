"""Cheapest insertion: complete tours at once, to start from, to repair with, and as the greedy baseline."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fleet.planner.nearways import Legs
from fleet.planner.problem import Van
from fleet.planner.stop import Late, never
from fleet.planner.tours import Case, Tour, type_cost
from fleet.planner.trips import Openings, in_turn
from fleet.planner.visits import Visit

Floats = NDArray[np.float64]

LEGS_TRIED = 5
"""Of each tour, the legs that are asked exactly for a visit, the cheapest first."""


@dataclass(frozen=True)
class Spot:
    """A place for a visit: on a leg of a tour (alone in a new van, or on a further trip of one, where ``index`` is
    none), and what it adds to the cost."""

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
    """Put each visit where it costs least, what it is dearest to leave and then the tightest windows first; also
    returns the visits that fit nowhere, and those that were not come to before it was late."""
    result, left, openings = list(tours), [], Openings(case.problem)
    for visit in sorted(visits, key=lambda v: _urgency(case, v)):
        spot = None if late() else cheapest(case, result, visit, vans, openings)
        if spot is None or not _taken(result, spot):
            left.append(visit)
    return result, left


def _taken(tours: list[Tour], spot: Spot) -> bool:
    """Drive the changed tour; the van's other trips get what it leaves them. Nothing changes where they do not hold."""
    changed = spot.changed
    asset_id = changed.van.slot.asset_id
    beside = [i for i, t in enumerate(tours) if t.van.slot.asset_id == asset_id and i != spot.index]
    made = in_turn([*(tours[i] for i in beside), changed]) if beside else [changed]
    if made is None:
        return False
    if spot.index is None:
        tours.append(changed)
    by_number = {tour.van.index: tour for tour in made}
    for i in (*beside, len(tours) - 1 if spot.index is None else spot.index):
        tours[i] = by_number[tours[i].van.index]
    return True


def cheapest(
    case: Case, tours: Sequence[Tour], visit: int, vans: Sequence[Van], openings: Openings
) -> Spot | None:
    """The cheapest feasible place for a visit in the tours, in a van that still stands, or on a further trip of one
    that is out."""
    spots = [*_in_tours(case, tours, visit), *_in_new(case, tours, visit, vans)]
    best = min(spots, key=lambda s: s.extra, default=None)
    return _on_further(case, tours, visit, openings, best) or best


def _on_further(
    case: Case, tours: Sequence[Tour], visit: int, openings: Openings, best: Spot | None
) -> Spot | None:
    """The visit alone on a van's further trip, where that costs less than the best place elsewhere."""
    found, limit = None, math.inf if best is None else best.extra

    def pays(van: Van) -> bool:
        return van.base in case.visits[visit].bases and _round_trip(case, van, visit)[1] < limit

    for van in openings.of(tours, pays):
        if _round_trip(case, van, visit)[0] <= van.late_s - van.early_s:
            tour = Tour(case, van, (visit,))
            if tour.cost < limit and tour.feasible:
                found, limit = Spot(tour.cost, None, tour, visit, 0), tour.cost
    return found


def _round_trip(case: Case, van: Van, visit: int) -> tuple[int, float]:
    """How long a further trip to one visit takes, and what it costs."""
    depot, node, legs = case.site_node[van.site.site_id], case.first + visit, case.legs
    way_s = int(legs.seconds[depot, node] + legs.seconds[node, depot])
    way_m = int(legs.metres[depot, node] + legs.metres[node, depot])
    takes_s = math.ceil(van.type.load_s) + way_s + case.visits[visit].service_s
    return takes_s, type_cost(van.type, takes_s, way_m, len(case.visits[visit].orders), day_paid=True)


def _in_tours(case: Case, tours: Sequence[Tour], visit: int) -> Iterable[Spot]:
    best, extras = math.inf, [leg_costs(case, tour, visit) for tour in tours]
    for index in _in_turn(case, extras):
        spot = _in_tour(case, tours[index], visit, index, best, extras[index])
        if spot is not None:
            best = min(best, spot.extra)
            yield spot


def _in_turn(case: Case, extras: Sequence[NDArray[np.float64]]) -> Sequence[int]:
    """In which order tours are tried, by what a visit adds on their legs: where ways are estimated the cheapest first,
    so that few of the others' ways are asked for."""
    if case.legs.part is None:
        return range(len(extras))
    least = np.array([float(np.min(extra)) for extra in extras])
    found: list[int] = np.argsort(least, kind="stable").tolist()
    return found


def _in_tour(
    case: Case, tour: Tour, visit: int, index: int, best: float, extra: NDArray[np.float64]
) -> Spot | None:
    """The cheapest feasible leg, if it beats ``best``; what is left to test exactly is the length of the shift and the
    van's range. Ways to the visit and on are no estimates on the legs that are tried."""
    while (extra < best).any():
        legs = [leg for leg in np.argsort(extra, kind="stable")[:LEGS_TRIED].tolist() if extra[leg] < best]
        at = np.array(legs, np.int64)
        if case.settled(visit, tour.nodes[at], tour.nodes[at + 1]):
            holds = zip(legs, tour.slack.holds(visit, legs), strict=True)
            leg = next((leg for leg, fits in holds if fits), None)
            return None if leg is None else Spot(float(extra[leg]), index, tour, visit, leg)
        extra = leg_costs(case, tour, visit)
    return None


def leg_costs(case: Case, tour: Tour, visit: int) -> Floats:
    """What the visit adds on each leg of the tour (inf where it does not fit)."""
    node, legs = case.first + visit, case.legs
    start, end = tour.nodes[:-1], tour.nodes[1:]
    there = Legs(legs.metres[start, node], legs.seconds[start, node])
    return costs_by_leg(
        tour, case.visits[visit], there, Legs(legs.metres[node, end], legs.seconds[node, end])
    )


def costs_by_leg(tour: Tour, stop: Visit, there: Legs, back: Legs) -> Floats:
    """What a stop adds on each leg of the tour (inf where it does not fit), with the ways ``there`` from the begin of
    each leg and ``back`` to its end."""
    nowhere = np.full(len(tour.nodes) - 1, np.inf)
    if tour.van.base not in stop.bases:
        return nowhere
    seconds = there.seconds + back.seconds - tour.driven_s + stop.service_s
    fits = tour.work_s + seconds <= tour.van.type.max_shift_s
    if not fits.any():  # of a tour that is full: most of those that are asked where vans are few
        return nowhere
    when = (there.seconds, back.seconds, stop.early_s, stop.late_s, stop.service_s)
    fits &= tour.line.delays(*when)[1] if tour.breaks is None else tour.breaks.fits(*when)
    before, after = tour.room
    fits &= (before >= np.array(stop.deliver)[:, None]).all(axis=0)
    fits &= (after >= np.array(stop.collect)[:, None]).all(axis=0)
    metres = there.metres + back.metres - tour.driven.metres
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
    used = {tour.van.slot.asset_id for tour in tours}
    first = {van.group: van for van in reversed(vans) if van.slot.asset_id not in used}
    return sorted(first.values(), key=lambda van: van.index)


def _urgency(case: Case, visit: int) -> tuple[float, int, int, int]:
    stop = case.visits[visit]
    by_parcel = round(stop.penalty / len(stop.orders), 6)
    return (-by_parcel, stop.late_s - stop.early_s, stop.early_s, visit)
