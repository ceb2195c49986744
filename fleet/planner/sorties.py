"""The exact schedule of drones and robots: assets, chargers, packs and locker ports are booked to the second.

A sortie keeps its asset from the start of loading until it is turned round; before and after it the battery is filled
as ``refills`` says. It is put into the first gap in which it has the charge that it needs and leaves what later trips
need; what is booked does not move.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from fleet.feasibility import Trip
from fleet.feasibility.charging import charging_between, swap_s
from fleet.planner.day import Away, Day, Filled
from fleet.planner.flights import Flights, earliest_departure, round_up
from fleet.planner.permitroom import BEFORE_S, NOTHING, Counted, PermitRoom
from fleet.planner.problem import Pool, Problem
from fleet.planner.refills import Bay, Booking, Stand
from fleet.planner.snapshot import AssetSlot
from fleet.planner.spans import Span
from fleet.planner.stop import Late, never
from fleet.planner.timetable import Chargers, Timetable
from fleet.planner.ways import SortieWay
from fleet.protocol.values import Reason

FULL_SOC = 0.98
"""From here on a battery counts as full."""

STEP_S = 3600
"""How far on the next departure is tried when weather, zones or energy forbid this one: weather comes by the hour."""

LATE_S = 600
"""By how much the asset of a drafted sortie may be late for it: then it leaves later, and stays as it is."""

MAX_TRIES = 60
"""Departures that are tried for one sortie."""


@dataclass(frozen=True)
class Sortie:
    """One booked trip of an asset, in planner seconds; ``cost`` includes a locker's fee."""

    order: int
    way: SortieWay
    slot: AssetSlot
    trip: Trip
    depart_s: int
    return_s: int
    kept: Booking
    counted: Counted = NOTHING
    """The permits and approvals for a number of trips, and the pilots, that it counts for."""

    @property
    def load_s(self) -> int:
        """When loading begins."""
        return self.kept.away.begin

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
    """The state of all assets that make sorties: what is booked on them, on chargers, packs, ports, permits
    and pilots."""

    problem: Problem
    flights: Flights
    _days: dict[str, Day] = field(default_factory=dict)
    _stands: dict[str, Stand] = field(default_factory=dict)
    _bays: dict[int, Bay] = field(default_factory=dict)
    _orphans: set[tuple[str, Booking]] = field(default_factory=set)
    _ports: dict[str, Timetable] = field(default_factory=lambda: defaultdict(Timetable))

    def __post_init__(self) -> None:
        self._permits = PermitRoom.of(self.problem)
        if not self._days:
            self._stand_ready()

    @classmethod
    def idle(cls, problem: Problem, flights: Flights, *, piloted: bool = True) -> Yard:
        """With nothing planned, and as if no trip had been made: what fits in here is only kept out by others.
        ``piloted``: whether machines need their pilots."""
        yard = cls(problem, flights)
        yard._permits = PermitRoom.empty(problem) if piloted else PermitRoom(problem)
        return yard

    def _stand_ready(self) -> None:
        for pool in self.problem.pools:
            self._bays[pool.index] = bay = self._bay(pool)
            stand = self._stand(pool)
            for soc in self._store(stand, pool):
                stand.store(pool.type.type_id, bay, soc)
            for slot in pool.slots:
                self._days[slot.asset_id] = day = self._begun(slot, bay)
                if slot.charges:
                    stand.ready(day, bay)

    def _bay(self, pool: Pool) -> Bay:
        """The chargers of a pool's site in the coldest hour of the day that is planned."""
        context, day = self.problem.snapshot.context, (self.problem.snapshot.at, self.problem.snapshot.until)
        charging = charging_between(context, pool.type, pool.site, *day, pool.state_of_health)
        seconds = swap_s(pool.type)
        return Bay(charging, None if seconds is None else round_up(seconds))

    def _store(self, stand: Stand, pool: Pool) -> tuple[float, ...]:
        """Have the packs of a type lie at a site, once; what is in those that are not full."""
        type_id, site_id = pool.type.type_id, pool.site.site_id
        if type_id in stand.spares:
            return ()
        stand.spares[type_id] = Chargers(self.problem.fleet.spares_at(type_id, site_id))
        return self.problem.snapshot.packs.get((site_id, type_id), ())

    def _begun(self, slot: AssetSlot, bay: Bay) -> Day:
        """The day of an asset with what it is committed to. What those trips need and will not have is nobody's fault
        in here: no later trip may take more of it."""
        day = Day(1.0 if slot.soc >= FULL_SOC else slot.soc, bay.charging)
        takes, needs = slot.takes or (0.0,) * len(slot.busy), slot.needs or (0.0,) * len(slot.busy)
        for window, drawn, needed in zip(slot.busy, takes, needs, strict=True):
            begin, end = self.problem.floor_seconds(window.start), self.problem.seconds(window.end)
            begin = max([begin, *(away.end for away in day.aways)])
            if begin < end:
                day.book(Away(begin, end, drawn, needed))
        return day

    def book(self, order: int, way: SortieWay, since: int = 0) -> Sortie | None:
        """Book the earliest sortie that serves the parcel this way, from a time on; none when there is no room for
        it."""
        sortie = self.find(order, way, since)
        if sortie is not None:
            self.keep(sortie)
        return sortie

    def find(self, order: int, way: SortieWay, since: int = 0) -> Sortie | None:
        """The earliest sortie that there is room for, not booked yet; it departs no earlier than ``since``."""
        pool = self.problem.pools[way.pool]
        for opening in pool.open:
            found = self._within(
                order, way, pool, (max(opening[0], since - round_up(pool.type.load_s)), opening[1])
            )
            if found is not None:
                return found
        return None

    def on(self, order: int, way: SortieWay, depart: int, asset_id: str) -> Sortie | None:
        """The sortie that departs then on this very asset, not booked yet; none where that does not hold."""
        pool, due = self.problem.pools[way.pool], self.problem.due[order]
        trip = self.flights.trip(order, pool, way.locker.locker_id if way.locker else None, depart)
        if trip is None or depart < earliest_departure(self.problem, order, pool, (0, 0)):
            return None
        drop, back = self.problem.seconds(trip.drop_at), self.problem.seconds(trip.return_at)
        opened = any(begin <= depart - round_up(pool.type.load_s) and back <= end for begin, end in pool.open)
        if not (opened and due[0] <= drop <= due[1]):
            return None
        found = self._fitted(order, way, pool, trip, (depart, back), only=asset_id)
        return found if isinstance(found, Sortie) else None

    def drafted(self, order: int, way: SortieWay, depart: int, asset_id: str) -> Sortie | None:
        """A sortie that was drafted so, where its battery, its charger or a count would not let it be booked now: what
        it will have is found out at its release, as without a plan. It may be late by as much as its asset is (up to
        ``LATE_S``). None where the trip itself does not hold, or its asset or the port is not free.
        """
        pool, due = self.problem.pools[way.pool], self.problem.due[order]
        trip = self.flights.trip(order, pool, way.locker.locker_id if way.locker else None, depart)
        number = next(i for i, slot in enumerate(pool.slots) if slot.asset_id == asset_id)
        its = None if trip is None else self.flights.on_slot(pool, number, trip)
        if its is None or self._port_clash(way, pool, its) is not None:
            return None
        drop, back = self.problem.seconds(its.drop_at), self.problem.seconds(its.return_at)
        begin, end = depart - round_up(pool.type.load_s), back + round_up(pool.type.turnaround_s)
        clash = self._days[asset_id].clash(begin, end)
        late_s = 0 if clash is None else clash.end - begin
        if late_s > LATE_S or not due[0] <= drop <= due[1]:
            return None
        away = Away(begin + late_s, end, its.drawn_soc, its.needed_soc)
        if away.begin >= away.end or self._days[asset_id].clash(away.begin, away.end) is not None:
            return None
        counted = self._permits.counted(pool, its)
        return Sortie(order, way, pool.slots[number], its, depart, back, Booking(away), counted)

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
        # Most departures are refused for want of a free asset or of charge, which a trip of nearly the same time tells.
        guessed = self.flights.guessed(order, pool, locker_id, depart)
        if guessed is not None:
            refused = self._with_trip(order, way, pool, guessed, depart, opening)
            if isinstance(refused, int):
                return refused
        trip = self.flights.trip(order, pool, locker_id, depart)
        if trip is None:
            return (depart // STEP_S + 1) * STEP_S
        return self._with_trip(order, way, pool, trip, depart, opening)

    def _with_trip(
        self, order: int, way: SortieWay, pool: Pool, trip: Trip, depart: int, opening: Span
    ) -> Sortie | int | None:
        """The sortie by this trip, else the next departure worth trying, else none."""
        drop, back = self.problem.seconds(trip.drop_at), self.problem.seconds(trip.return_at)
        due = self.problem.due[order]
        if drop < due[0]:
            return depart + due[0] - drop
        if drop > due[1] or back > opening[1]:
            return None
        return self._fitted(order, way, pool, trip, (depart, back))

    def _first_free(self, pool: Pool, way: SortieWay, depart: int) -> int | None:
        """When some asset of the pool could leave, going by the usual length of its time away."""
        load, away_s = round_up(pool.type.load_s), way.gone_s
        starts = [self._days[s.asset_id].first_fit(depart - load, away_s) + load for s in pool.slots]
        return min(starts, default=None)

    def _fitted(
        self, order: int, way: SortieWay, pool: Pool, trip: Trip, away: Span, only: str | None = None
    ) -> Sortie | int | None:
        """The trip on the first asset with room for it (or on one alone); else when to try again."""
        port_clash = self._port_clash(way, pool, trip)
        if port_clash is not None:
            return away[0] + port_clash
        counted = self._permits.counted(pool, trip)
        release = away[0] - round_up(pool.type.load_s) - BEFORE_S
        permitted = self._permits.first_fit(counted, pool.type, trip, (release, away[1]))
        if permitted is None or permitted > release:
            return None if permitted is None else away[0] + permitted - release
        again: list[int] = []
        able = False
        for number, slot in enumerate(pool.slots):
            its = None if only not in (None, slot.asset_id) else self.flights.on_slot(pool, number, trip)
            if its is None:
                continue
            able = True
            kept = self._on(slot, pool, its, away)
            if isinstance(kept, Booking):
                return Sortie(order, way, slot, its, *away, kept, counted)
            if kept is not None:
                again.append(kept + round_up(pool.type.load_s))
        if not able:  # in other weather some battery may reach
            return (away[0] // STEP_S + 1) * STEP_S
        return min(again, default=None)

    def _on(self, slot: AssetSlot, pool: Pool, trip: Trip, away: Span) -> Booking | int | None:
        """What the trip would keep of this asset; else when its loading could begin instead; none where never."""
        day, load_s = self._days[slot.asset_id], away[0] - round_up(pool.type.load_s)
        gone = Away(load_s, away[1] + round_up(pool.type.turnaround_s), trip.drawn_soc, trip.needed_soc)
        clash = day.clash(gone.begin, gone.end)
        if clash is not None:
            return clash.end
        bay, type_id = self._bays[pool.index], pool.type.type_id
        return self._stand(pool).fitted(day, bay, type_id, gone, charges=slot.charges)

    def why_full(self, sortie: Sortie) -> tuple[Reason, ...]:
        """Which permits, approvals and pilots have no room for a sortie that is not booked; nothing where all have."""
        kind = self.problem.pools[sortie.way.pool].type
        return self._permits.why_full(sortie.counted, kind, sortie.trip, sortie.out)

    def keep(self, sortie: Sortie) -> None:
        """Book a sortie as it was found."""
        pool, key = self.problem.pools[sortie.way.pool], (sortie.slot.asset_id, sortie.kept)
        if key in self._orphans:
            self._orphans.remove(key)
            self._days[sortie.slot.asset_id].book(sortie.kept.away)
        else:
            self._days[sortie.slot.asset_id].book(sortie.kept.away, *sortie.kept.fills)
            self._stand(pool).book(sortie.kept, pool.type.type_id)
        if sortie.way.locker is not None:
            self._ports[sortie.way.locker.locker_id].book(*self._at_port(pool, sortie.trip))
        self._permits.book(sortie.counted, sortie.out)

    def release(self, sortie: Sortie) -> None:
        """Give back all that a booked sortie keeps, but for a refill without which a later trip would lack charge."""
        pool, day = self.problem.pools[sortie.way.pool], self._days[sortie.slot.asset_id]
        day.release(sortie.kept.away, *sortie.kept.fills)
        if day.holds(sortie.load_s):
            self._stand(pool).release(sortie.kept, pool.type.type_id)
        else:
            day.book(None, *sortie.kept.fills)
            self._orphans.add((sortie.slot.asset_id, sortie.kept))
        if sortie.way.locker is not None:
            self._ports[sortie.way.locker.locker_id].release(*self._at_port(pool, sortie.trip))
        self._permits.release(sortie.counted, sortie.out)

    def copy(self) -> Yard:
        """The same bookings, to be changed apart."""
        days = {k: day.copy() for k, day in self._days.items()}
        stands = {k: stand.copy() for k, stand in self._stands.items()}
        other = Yard(self.problem, self.flights, days, stands, self._bays, set(self._orphans))
        other._ports.update({k: table.copy() for k, table in self._ports.items()})
        other._permits = self._permits.copy()
        return other

    def _stand(self, pool: Pool) -> Stand:
        site = pool.site
        return self._stands.setdefault(site.site_id, Stand(Chargers(site.chargers), site.chargers))

    def level(self, sortie: Sortie) -> float:
        """What is in the battery when the sortie's loading begins."""
        return min(
            1.0, max(self._days[sortie.slot.asset_id].begun(sortie.kept.away), sortie.kept.away.needed)
        )

    def recharged_s(self, sortie: Sortie) -> int:
        """When the asset is filled again after the sortie, or leaves for the next one."""
        following = self._days[sortie.slot.asset_id].next_away(sortie.kept.away.end)
        ready_s = sortie.kept.ready_s
        return ready_s if following is None else min(ready_s, following.begin)

    def filled(self) -> Iterator[tuple[Pool, AssetSlot, Filled]]:
        """Every charge and change of a battery of the day."""
        for pool in self.problem.pools:
            for slot in pool.slots:
                yield from ((pool, slot, one) for one in self._days[slot.asset_id].filled())

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


def urgency(problem: Problem, order: int) -> tuple[float, int, int, int]:
    """The order of booking: what it is dearest to leave first, then short windows, then early ones."""
    start, end = problem.due[order]
    return -problem.penalties[order], end - max(0, start), end, order


def _turn(problem: Problem, order: int, departures: Mapping[int, int]) -> tuple[float, ...]:
    planned = departures.get(order)
    return (1, *urgency(problem, order)) if planned is None else (0, planned, order)


def book_all(
    yard: Yard, wanted: Iterable[tuple[int, SortieWay]], departures: Mapping[int, int], late: Late = never
) -> tuple[dict[int, Sortie], list[int]]:
    """Book the wanted sorties, the most urgent first; also returns the parcels that there was no room for,
    or no time before it was late.

    Those whose departure was planned come before the others, in turn, each then or as soon after it as there is room.
    """
    booked: dict[int, Sortie] = {}
    left: list[int] = []
    for order, way in sorted(wanted, key=lambda pair: _turn(yard.problem, pair[0], departures)):
        planned = departures.get(order)
        sortie = None if planned is None or late() else yard.book(order, way, planned)
        sortie = sortie or (None if late() else yard.book(order, way))
        if sortie is None:
            left.append(order)
        else:
            booked[order] = sortie
    return booked, left
