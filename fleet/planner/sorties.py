"""The exact schedule of drones and robots: assets, chargers and locker ports are booked to the second.

A sortie keeps its asset from the start of loading until it is turned round and recharged. It is put into the
first gap in which all of this fits; what is booked does not move.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from fleet.feasibility import Trip
from fleet.planner.flights import Flights, earliest_departure, round_up
from fleet.planner.permitroom import BEFORE_S, NOTHING, Counted, PermitRoom
from fleet.planner.problem import Pool, Problem, Span
from fleet.planner.snapshot import AssetSlot
from fleet.planner.timetable import Chargers, Timetable
from fleet.planner.ways import SortieWay
from fleet.protocol.values import Reason

FULL_SOC = 0.98
"""From here on a battery counts as full."""

STEP_S = 3600
"""How far on the next departure is tried when weather, zones or energy forbid this one: weather comes by the hour."""

MAX_TRIES = 60
"""Departures that are tried for one sortie."""


@dataclass(frozen=True)
class Sortie:
    """One booked trip of an asset, in planner seconds; ``cost`` includes a locker's fee."""

    order: int
    way: SortieWay
    slot: AssetSlot
    trip: Trip
    load_s: int
    depart_s: int
    return_s: int
    charge_s: int
    recharged_s: int
    counted: Counted = NOTHING
    """The permits and approvals for a number of trips that it counts for."""

    @property
    def out(self) -> Span:
        """From its release to its return."""
        return self.load_s - BEFORE_S, self.return_s

    @property
    def assumptions(self) -> frozenset[str]:
        """What the trip rests on without being known, and what its asset is planned by."""
        return self.trip.assumptions | self.slot.assumes

    @property
    def trip_cost(self) -> float:
        """The trip's cost at its actual time."""
        return self.trip.cost

    @property
    def cost(self) -> float:
        """The trip's cost, and the stay's where it ends in a locker."""
        return self.trip.cost + (self.way.locker.fee if self.way.locker else 0.0)


@dataclass
class Yard:
    """The state of all assets that make sorties: what is booked on them, on chargers, ports and permits."""

    problem: Problem
    flights: Flights
    _assets: dict[str, Timetable] = field(default_factory=dict)
    _chargers: dict[str, Chargers] = field(default_factory=dict)
    _ports: dict[str, Timetable] = field(default_factory=lambda: defaultdict(Timetable))
    _topped_up: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._permits = PermitRoom.of(self.problem)
        self._stand_ready()

    @classmethod
    def idle(cls, problem: Problem, flights: Flights) -> Yard:
        """With nothing planned, and as if no trip had been made: what fits in here is only kept out by others."""
        yard = cls(problem, flights)
        yard._permits = PermitRoom(problem)
        return yard

    def _stand_ready(self) -> None:
        for pool in self.problem.pools:
            for slot in pool.slots:
                busy = ((self.problem.floor_seconds(w.start), self.problem.seconds(w.end)) for w in slot.busy)
                self._assets[slot.asset_id] = Timetable(busy)

    def book(self, order: int, way: SortieWay) -> Sortie | None:
        """Book the earliest sortie that serves the parcel this way; none when there is no room for it."""
        sortie = self.find(order, way)
        if sortie is not None:
            self.keep(sortie)
        return sortie

    def find(self, order: int, way: SortieWay) -> Sortie | None:
        """The earliest sortie that there is room for, not booked yet."""
        pool = self.problem.pools[way.pool]
        for opening in pool.open:
            found = self._within(order, way, pool, opening)
            if found is not None:
                return found
        return None

    def _within(self, order: int, way: SortieWay, pool: Pool, opening: Span) -> Sortie | None:
        """Try one departure after the other within the opening; each refusal says where to go on."""
        due = self.problem.due[order]
        first = earliest_departure(self.problem, order, pool, opening)
        depart = max(first, due[0] - way.out_s)
        for _ in range(MAX_TRIES):
            if depart > min(due[1], opening[1]):
                return None
            found = self._at(order, way, pool, depart, opening)
            if isinstance(found, Sortie):
                return found
            if found is None:
                return None
            depart = max(found, depart + 1)
        return None

    def _at(self, order: int, way: SortieWay, pool: Pool, depart: int, opening: Span) -> Sortie | int | None:
        """The sortie that departs then, else the next departure worth trying, else none."""
        locker_id = way.locker.locker_id if way.locker else None
        free_at = self._first_free(pool, way, depart)
        if free_at is None or free_at > depart:
            return free_at
        trip = self.flights.trip(order, pool, locker_id, depart)
        if trip is None:
            return (depart // STEP_S + 1) * STEP_S
        drop, back = self.problem.seconds(trip.drop_at), self.problem.seconds(trip.return_at)
        due = self.problem.due[order]
        if drop < due[0]:
            return depart + due[0] - drop
        if drop > due[1] or back > opening[1]:
            return None
        return self._fitted(order, way, pool, trip, (depart, back))

    def _first_free(self, pool: Pool, way: SortieWay, depart: int) -> int | None:
        """When some asset of the pool could leave, going by the usual length of its cycle."""
        load = round_up(pool.type.load_s)
        starts = [self._assets[s.asset_id].first_fit(depart - load, way.cycle_s) + load for s in pool.slots]
        return min(starts, default=None)

    def _fitted(self, order: int, way: SortieWay, pool: Pool, trip: Trip, away: Span) -> Sortie | int | None:
        """The trip on the first asset with room for it; else when to try again."""
        port_clash = self._port_clash(way, pool, trip)
        if port_clash is not None:
            return away[0] + port_clash
        counted = self._permits.counted(pool.type, trip)
        release = away[0] - round_up(pool.type.load_s) - BEFORE_S
        permitted = self._permits.first_fit(counted, pool.type, trip, (release, away[1]))
        if permitted is None or permitted > release:
            return None if permitted is None else away[0] + permitted - release
        again: list[int] = []
        able = False
        for number, slot in enumerate(pool.slots):
            its = self.flights.on_slot(pool, number, trip)
            able = able or its is not None
            sortie = None if its is None else self._on(slot, order, way, pool, its, away)
            if sortie is None:
                continue
            clash = self._assets[slot.asset_id].clash(sortie.load_s, sortie.recharged_s)
            if clash is None:
                return replace(sortie, counted=counted)
            again.append(clash[1] + round_up(pool.type.load_s))
        if not able:  # in other weather some battery may reach
            return (away[0] // STEP_S + 1) * STEP_S
        return min(again, default=None)

    def _on(
        self, slot: AssetSlot, order: int, way: SortieWay, pool: Pool, trip: Trip, away: Span
    ) -> Sortie | None:
        """The trip on this asset, with the first charger that is free after it; none without a charger."""
        self._top_up(slot, pool, trip)
        landed = away[1] + round_up(pool.type.turnaround_s)
        length = round_up(trip.recharge_s)
        charge = self._charger(pool).first_fit(landed, length)
        if charge is None:
            return None
        load_s = away[0] - round_up(pool.type.load_s)
        return Sortie(order, way, slot, trip, load_s, *away, charge, charge + length)

    def _top_up(self, slot: AssetSlot, pool: Pool, trip: Trip) -> None:
        """Before its first sortie an asset that is not full is charged, at the rate that the trip's recharge shows."""
        if slot.asset_id in self._topped_up:
            return
        self._topped_up.add(slot.asset_id)
        if slot.soc >= FULL_SOC or trip.recharge_s <= 0:
            return
        full_wh = trip.usable_wh / (1 - pool.type.floor_fraction)
        length = round_up((1 - slot.soc) * full_wh * trip.recharge_s / trip.energy_wh)
        table = self._assets[slot.asset_id]
        start = self._charger(pool).first_fit(table.last_end, length)
        if start is None:
            table.book(table.last_end, self.problem.horizon_s + 1)
        else:
            self._charger(pool).book(start, length)
            table.book(start, start + length)

    def why_full(self, sortie: Sortie) -> tuple[Reason, ...]:
        """Which permits and approvals have no room for a sortie that is not booked; nothing where all have."""
        kind = self.problem.pools[sortie.way.pool].type
        return self._permits.why_full(sortie.counted, kind, sortie.trip, sortie.out)

    def keep(self, sortie: Sortie) -> None:
        """Book a sortie as it was found."""
        pool = self.problem.pools[sortie.way.pool]
        self._assets[sortie.slot.asset_id].book(sortie.load_s, sortie.recharged_s)
        self._charger(pool).book(sortie.charge_s, sortie.recharged_s - sortie.charge_s)
        if sortie.way.locker is not None:
            self._ports[sortie.way.locker.locker_id].book(*self._at_port(pool, sortie.trip))
        self._permits.book(sortie.counted, sortie.out)

    def release(self, sortie: Sortie) -> None:
        """Give back all that a booked sortie keeps."""
        pool = self.problem.pools[sortie.way.pool]
        self._assets[sortie.slot.asset_id].release(sortie.load_s, sortie.recharged_s)
        self._charger(pool).release(sortie.charge_s, sortie.recharged_s - sortie.charge_s)
        if sortie.way.locker is not None:
            self._ports[sortie.way.locker.locker_id].release(*self._at_port(pool, sortie.trip))
        self._permits.release(sortie.counted, sortie.out)

    def copy(self) -> Yard:
        """The same bookings, to be changed apart."""
        other = Yard(self.problem, self.flights)
        other._assets = {k: table.copy() for k, table in self._assets.items()}
        other._chargers = {k: chargers.copy() for k, chargers in self._chargers.items()}
        other._ports.update({k: table.copy() for k, table in self._ports.items()})
        other._topped_up = set(self._topped_up)
        other._permits = self._permits.copy()
        return other

    def _charger(self, pool: Pool) -> Chargers:
        site = pool.site
        return self._chargers.setdefault(site.site_id, Chargers(site.chargers))

    def _port_clash(self, way: SortieWay, pool: Pool, trip: Trip) -> int | None:
        """How much later to come so that the locker's port is free; none when it is."""
        if way.locker is None:
            return None
        start, end = self._at_port(pool, trip)
        later = self._ports[way.locker.locker_id].first_fit(start, end - start) - start
        return later if later > 0 else None

    def _at_port(self, pool: Pool, trip: Trip) -> Span:
        """When the trip keeps the port: from its arrival until it has set down and is gone."""
        arrive = self.problem.floor_seconds(trip.drop_at)
        return arrive, arrive + 1 + round_up(pool.type.drop_s)


def urgency(problem: Problem, order: int) -> tuple[int, int, int]:
    """The order of booking: short windows first, then early ones."""
    start, end = problem.due[order]
    return end - max(0, start), end, order


def book_all(yard: Yard, wanted: Iterable[tuple[int, SortieWay]]) -> tuple[dict[int, Sortie], list[int]]:
    """Book the wanted sorties, the most urgent first; also returns the parcels that there was no room for."""
    booked: dict[int, Sortie] = {}
    left: list[int] = []
    for order, way in sorted(wanted, key=lambda pair: urgency(yard.problem, pair[0])):
        sortie = yard.book(order, way)
        if sortie is None:
            left.append(order)
        else:
            booked[order] = sortie
    return booked, left
