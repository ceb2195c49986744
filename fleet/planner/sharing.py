"""How a few parcels share out what is there so that they cost least together: a model for CP-SAT.

Each goes by a sortie, on a machine that is free then, or with others in one of the tours that were worked out for them,
or is left for its price. Charging, ports, permits and pilots are not in the model: sorties that do not hold for these
are forbidden together, and it is asked again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from fleet.planner.assignment import larger_classes
from fleet.planner.flights import round_up
from fleet.planner.problem import Pool, Problem
from fleet.planner.seats import Seat
from fleet.planner.sorties import Sortie
from fleet.planner.ways import LockerWay, SortieWay

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

PARTS = 10_000
"""The model counts in so many parts of the currency's unit."""

EFFORT = 0.05
"""For each answer, in CP-SAT's own measure of time, which is the same on all machines."""


@dataclass(frozen=True)
class Flight:
    """A sortie that a parcel could have: the earliest if none of the others were there."""

    order: int
    way: SortieWay
    earliest: Sortie


@dataclass(frozen=True)
class Column:
    """Parcels that one van takes besides what it has, put in one after the other: each with the tour as it is then."""

    orders: tuple[int, ...]
    seats: tuple[Seat, ...]

    @cached_property
    def cost(self) -> float:
        """What they add together."""
        return sum(seat.cost for seat in self.seats)

    @property
    def van(self) -> int | None:
        """The tour's number."""
        tour = self.seats[-1].tour
        return None if tour is None else tour.van.index

    @property
    def asset_id(self) -> str | None:
        """The van, of which one trip at a time changes."""
        tour = self.seats[-1].tour
        return None if tour is None else tour.van.slot.asset_id


@dataclass(frozen=True)
class Part:
    """What a group has to choose from, beside the sorties that are booked and the stays in lockers."""

    problem: Problem
    group: Sequence[int]
    flights: Sequence[Flight]
    columns: Sequence[Column]
    booked: Mapping[int, Sortie]
    stays: Mapping[int, LockerWay]


class Answer(NamedTuple):
    """What is driven, and what is flown: when it departs, and on which machine, in order of departure."""

    columns: tuple[Column, ...]
    flown: tuple[tuple[Flight, int, str], ...]


class _Flown(NamedTuple):
    flight: Flight
    asset_id: str
    load_s: cp_model.IntVar
    taken: cp_model.IntVar


class Sharing:
    """The model of a part."""

    def __init__(self, part: Part) -> None:
        # It loads pandas, 0.3 s of CPU: not for who has nothing to share out, as a day too large to keep all its legs.
        from ortools.sat.python import cp_model

        self.part, self._model, self._solver = part, cp_model.CpModel(), cp_model.CpSolver()
        self._found = frozenset((cp_model.OPTIMAL, cp_model.FEASIBLE))
        self._choices: dict[int, list[cp_model.IntVar]] = {order: [] for order in part.group}
        self._stays: dict[str, list[tuple[LockerWay, cp_model.IntVar]]] = defaultdict(list)
        self._terms: list[cp_model.LinearExprT] = []
        self._driven = self._columns()
        self._flown = [one for flight in part.flights for one in self._on_each(flight)]
        self._machines()
        self._compartments()
        for order, choices in self._choices.items():
            left = self._chosen(part.problem.penalties[order])
            self._model.add_exactly_one([left, *choices])
        self._model.minimize(sum(self._terms))

    def cheapest(self, limit: float) -> Answer | None:
        """The choice that costs least, if less than ``limit``; none without one, or where the effort was too little."""
        solver = self._solver
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = 0
        solver.parameters.max_deterministic_time = EFFORT
        # Else it takes Ctrl-C to itself, and does not give it back: from then on that would end the process at once.
        solver.parameters.catch_sigint_signal = False
        status = solver.solve(self._model)
        if status not in self._found or solver.objective_value > limit * PARTS:
            return None
        out = [
            (
                one.flight,
                solver.value(one.load_s) + round_up(self._pool(one.flight).type.load_s),
                one.asset_id,
            )
            for one in self._flown
            if solver.value(one.taken)
        ]
        columns = zip(self.part.columns, self._driven, strict=True)
        driven = tuple(column for column, taken in columns if solver.value(taken))
        return Answer(driven, tuple(sorted(out, key=lambda one: (one[1], one[0].order))))

    def forbid(self, answer: Answer) -> None:
        """Not these sorties beside each other again."""
        flights = [flight for flight, _, _ in answer.flown]
        same = [one.taken for one in self._flown if one.flight in flights]
        self._model.add(sum(same) <= len(flights) - 1)

    def _chosen(self, cost: float) -> cp_model.IntVar:
        """A choice with its cost."""
        taken = self._model.new_bool_var("")
        self._terms.append(round(cost * PARTS) * taken)
        return taken

    def _pool(self, flight: Flight) -> Pool:
        return self.part.problem.pools[flight.way.pool]

    def _columns(self) -> list[cp_model.IntVar]:
        """Each column, no more than one of a van."""
        found: list[cp_model.IntVar] = []
        by_van: dict[str | None, list[cp_model.IntVar]] = defaultdict(list)
        for column in self.part.columns:
            taken = self._chosen(column.cost)
            found.append(taken)
            by_van[column.asset_id].append(taken)
            for order, seat in zip(column.orders, column.seats, strict=True):
                self._choices[order].append(taken)
                if isinstance(seat.way, LockerWay):
                    self._stays[seat.way.locker_id].append((seat.way, taken))
        for several in by_van.values():
            self._model.add_at_most_one(several)
        return found

    def _on_each(self, flight: Flight) -> list[_Flown]:
        """A flight on each machine of its pool, at whatever time suits its window."""
        pool, first = self._pool(flight), flight.earliest.load_s
        last = self.part.problem.due[flight.order][1] - flight.way.out_s - round_up(pool.type.load_s)
        found = []
        for slot in pool.slots:
            load_s = self._model.new_int_var(first, max(first, last), "")
            found.append(_Flown(flight, slot.asset_id, load_s, self._chosen(flight.earliest.cost)))
        taken = [one.taken for one in found]
        self._choices[flight.order] += taken
        if flight.way.locker is not None:
            self._stays[flight.way.locker.locker_id] += [(flight.way.locker, one) for one in taken]
        return found

    def _machines(self) -> None:
        """Each machine is away once at a time."""
        away: dict[str, list[cp_model.IntervalVar]] = defaultdict(list)
        for flight, asset_id, load_s, taken in self._flown:
            kept = flight.earliest.kept.away
            gone = self._model.new_optional_fixed_size_interval_var(load_s, kept.end - kept.begin, taken, "")
            away[asset_id].append(gone)
        for sortie in self.part.booked.values():
            kept = sortie.kept.away
            if sortie.slot.asset_id in away:
                gone = self._model.new_fixed_size_interval_var(kept.begin, kept.end - kept.begin, "")
                away[sortie.slot.asset_id].append(gone)
        for several in away.values():
            self._model.add_no_overlap(several)

    def _compartments(self) -> None:
        """Of each class, and of those that are larger, no more than others leave free."""
        for locker_id, users in self._stays.items():
            free = self.part.problem.stations[locker_id].free
            kept = [way.size for way in self.part.stays.values() if way.locker_id == locker_id]
            for sizes in larger_classes():
                room = sum(free[size] for size in sizes) - sum(size in sizes for size in kept)
                self._model.add(sum(taken for way, taken in users if way.size in sizes) <= room)
