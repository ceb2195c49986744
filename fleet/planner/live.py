"""A plan that lives: what happens to it is repaired in milliseconds, then polished for as long as there is time.

The search stands between calls: its columns are made once, and an event changes those that it is about.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from fleet.planner.city import City
from fleet.planner.citycolumns import Columns
from fleet.planner.differences import Picture, moves, route_changes, table
from fleet.planner.disrupt import Indexes, NoRoom, Touched, applied, arrivals, checked, strike
from fleet.planner.disruptions import (
    BadEvent,
    Event,
    Grounded,
    Kept,
    KeptRoute,
    Locks,
    Move,
    NewParcels,
    RouteChange,
    VanLate,
    VanLost,
    WaysLost,
)
from fleet.planner.fewervans import Thrift
from fleet.planner.holding import check
from fleet.planner.joint.blend import Blend
from fleet.planner.joint.shown import compare
from fleet.planner.joint.standing import release, restore
from fleet.planner.jointly import BANNED, COLD, NEAREST_FIRST, NOBODY, SORTIE, JointPlan, VanStop, plan_of
from fleet.planner.kernels.undo import best
from fleet.planner.latevan import still_home
from fleet.planner.routing import CHUNK, NEVER, Budget, typical
from fleet.planner.warmstart import VanName, Warm, named

SPARE = 256
"""Rows for parcels that may still come. With one more the search is set up anew, which takes as long as at first."""

WARM = 0.3
"""The first temperature of polishing, in prices of a typical leg: a plan that is good is not melted."""

EVERY = (1 << 16) - 1
"""All types of van, as bits."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """The plan as it is now, and how it differs from what was shown last: parcels, routes, and how many of the shown
    routes are as they were. `rebuilt`: the search had to be set up anew for it."""

    plan: JointPlan
    moves: tuple[Move, ...]
    routes: tuple[RouteChange, ...]
    same: int
    rebuilt: bool

    @property
    def touched(self) -> float:
        """The share of routes that differ from what was shown, new ones among them, in all that were shown."""
        return len(self.routes) / max(1, self.same + sum(change.shown >= 0 for change in self.routes))


class Living:
    """A plan for a city, and the search that keeps it.

    `price`: what each van costs that does something else than its driver was shown (money): new vans, and those that
    stay at home, too. A plan that does not hold is refused (`BadPlan`), an event without sense as well (`BadEvent`).
    """

    def __init__(
        self, city: City, plan: JointPlan, *, seed: int, price: float = 0.0, spare: int = SPARE
    ) -> None:
        if not price >= 0.0 or spare < 0:
            raise ValueError(f"price and spare must be from 0, not {price} and {spare}")
        check(city, plan)
        self._city, self._inner, self._happened = city, city, list[tuple[Event, JointPlan]]()
        self._seed, self._price, self._spare = seed, price, spare
        self._kept, self._lost = dict[VanName, tuple[tuple[VanStop, ...], bool]](), set[VanName]()
        self._late = dict[VanName, dict[int, float]]()
        self._before, self._grounded = float("-inf"), list[Grounded]()
        self._because, self._iterations = dict[int, Event](), 0
        self._shown: Picture | None = None
        self._open(city, plan, named(plan))
        self.show()

    @property
    def plan(self) -> JointPlan:
        """The plan as it is now."""
        return self._now.plan

    @property
    def city(self) -> City:
        """The city after all that has happened; what its rows can't say is in `kept`."""
        for event, plan in self._happened:
            self._city = applied(self._city, event, plan)
            if not isinstance(event, VanLost):
                self._inner = applied(self._inner, event, plan)
        self._happened.clear()
        return self._city

    @property
    def kept(self) -> Kept:
        """What every plan from now on keeps."""
        departed = tuple(sortie for sortie in self.plan.sorties if sortie.depart < self._before)
        routes = tuple(
            KeptRoute(name[0], stops, closed, tuple(sorted(self._late.get(name, {}).items())))
            for name, (stops, closed) in sorted(self._kept.items())
        )
        return Kept(routes, departed, tuple(self._grounded), self._before)

    def show(self) -> None:
        """The drivers are shown the plan as it is now: what differs is counted from here on."""
        self._shown = self._now
        self._because.clear()
        self._search.look_near(())
        self._mark()

    def repair(self, *events: Event) -> Repaired:
        """Let go what does not hold after some events, and bring it in the way that costs least at once; all else stays
        as it is. Numbers of routes are those of the plan before the call."""
        rebuilt, plan, vans = False, self.plan, list(self._now.vans)
        comings = self._checked(events)
        self._pin()
        for cause in events:
            event = self._effective(cause)
            try:
                touched = strike(self._warm, event, vans, comings.get(id(cause)))
            except NoRoom:
                rebuilt, touched = True, self._reopen(event)
            self._happened.append((event, plan))
            for parcel in self._let_go(event, touched, plan, vans):
                self._because.setdefault(parcel, cause)
        self._search.ban(EVERY, BANNED)
        self._search.mend(NEAREST_FIRST)
        self._search.ban(EVERY, -BANNED)
        self._search.mend(NEAREST_FIRST)
        self._look()
        return self._answer(rebuilt)

    def _checked(self, events: tuple[Event, ...]) -> dict[int, Columns]:
        """Refuse events without sense, all of them before the first does anything; the columns of those who come."""
        legs, first, found = self._warm.legs, self._warm.state.count, dict[int, Columns]()
        told = set[int]()  # routes of which an event before says what stays
        for event in events:
            checked(self._warm, self.plan, event)
            if isinstance(event, VanLate):
                if event.route in told:
                    raise BadEvent(f"VanLate: another event of this repair is about its route: {event}")
                self._check_late(event)
            told |= _routes_of(event)
            if isinstance(event, NewParcels):
                legs = event.legs or legs
                found[id(event)] = arrivals(self._warm, event, first, legs)
                first += len(event.parcels.place)
        return found

    def _check_late(self, event: VanLate) -> None:
        """Refuse a late van that can't make what stays with it."""
        name, stops = self._now.vans[event.route], self.plan.routes[event.route].stops[: event.stops]
        held, closed = self._kept.get(name, ((), False))
        if closed or event.stops < len(held):
            raise BadEvent(f"VanLate: stops behind it are locked, or all of the route is: {event}")
        if not still_home(self._warm, name[0], stops, event.begins):
            raise BadEvent(f"VanLate: the van would not be home in time from these stops alone: {event}")

    def polish(self, budget: Budget) -> Repaired:
        """Search on from the plan as it is until the budget is used: whether it can do without the vans that it sends
        out and nobody was shown, then near what has happened rather than elsewhere."""
        assert self._shown is not None
        self._unpin()
        before, hot, cold = self._search.iterations, self._leg * WARM, self._leg * COLD
        thrift = Thrift(self._warm, self._search, frozenset(self._shown.vans), hot, cold)
        used = begun = thrift.try_all(budget, budget())
        while used < 1.0:
            self._search.run(CHUNK, hot * (cold / hot) ** ((used - begun) / (1.0 - begun)), 1.0, 1.0)
            used = budget()
        self._iterations += self._search.iterations - before
        restore(self._warm.state)
        self._look()
        return self._answer(rebuilt=False)

    def _open(self, city: City, plan: JointPlan, vans: list[VanName]) -> None:
        """Set the search up with a plan that holds."""
        self._warm = Warm(city, self._spare)
        case = self._warm.columns.case
        self._leg = typical(replace(case, rows=case.rows.first(len(city.parcels.place))))
        self._search = Blend(self._warm.state, self._seed)
        self._warm.take_over(plan, vans, shown=True)
        self._look()

    def _reopen(self, event: Event) -> Touched:
        """Set the search up anew for parcels that it has no room for: nobody brings them yet."""
        assert isinstance(event, NewParcels)
        _ = self.city
        known = self._warm.state.count
        city = applied(self._inner, event, self.plan)
        self._look()
        plan, vans = self.plan, list(self._now.vans)
        plan = replace(plan, unserved=(*plan.unserved, *range(known, len(city.parcels.place))))
        concerned = self._search.near()
        self._open(city, plan, vans)
        for grounded in self._grounded:
            strike(self._warm, grounded, vans, None)
        for name in self._lost:
            self._warm.state.routes.shut_down(self._warm.van(name))
        self._concern(concerned)
        self._bind()
        self._mark()
        self._pin()
        return Touched(np.arange(known, self._warm.state.count))

    def _pin(self) -> None:
        """No sortie departs at another moment than now, to make room for others."""
        times, flown = np.asarray(self._warm.state.best_time), self._now.table[:, 0] == SORTIE
        times[: len(flown)][flown] = self._now.table[flown, 5][:, None]
        restore(self._warm.state)

    def _unpin(self) -> None:
        """Sorties that have not departed may depart later again, where departures are not fixed anyway."""
        state = self._warm.state
        flown = np.flatnonzero(
            (np.asarray(state.mode)[: state.count] == SORTIE) & (np.asarray(state.locked)[: state.count] == 0)
        )
        way, machine = np.asarray(state.way)[flown], np.asarray(state.at)[flown]
        group = np.asarray(state.machines.group)[machine]
        free = (np.asarray(state.sorties.port)[way] < 0) & (np.asarray(state.machines.fixed)[group] == 0)
        latest = np.minimum(np.asarray(state.sorties.latest)[way], np.asarray(state.machines.until)[machine])
        np.asarray(state.best_time)[flown[free], 1] = latest[free]
        restore(state)

    def _mark(self) -> None:
        """Tell the search what was shown, and what a change costs."""
        assert self._shown is not None
        self._warm.show(self._shown.routes())
        self._warm.state.routes.toll = self._price
        compare(self._warm.state)
        restore(self._warm.state)

    def _effective(self, event: Event) -> Event:
        """Ways of what has departed, or was promised, hold on: the sortie is in the air."""
        if not isinstance(event, WaysLost):
            return event
        locked = np.asarray(self._warm.state.locked)

        def free(rows: tuple[int, ...], parcel: Indexes) -> tuple[int, ...]:
            return tuple(row for row in rows if locked[parcel[row]] == 0)

        return WaysLost(
            free(event.sortie_ways, self._warm.flown), free(event.locker_ways, self._warm.fetched)
        )

    def _let_go(self, event: Event, touched: Touched, plan: JointPlan, vans: list[VanName]) -> list[int]:
        """Take out what an event concerns, and what it makes too late; who that is."""
        state, parcels = self._warm.state, touched.parcels
        if isinstance(event, Grounded):
            self._grounded.append(event)
        if isinstance(event, VanLost):
            parcels = self._lose(event, plan, vans)
        if isinstance(event, Locks):
            self._lock(event, plan, vans)
        if isinstance(event, VanLate):
            self._delay(event, plan, vans)
        if isinstance(event, VanLost | VanLate | Locks):
            self._bind()
        if touched.rows:
            restore(state)
        parcels = parcels[np.asarray(state.locked)[parcels] == 0]
        left = np.asarray(state.mode)[: state.count] == NOBODY
        release(state, parcels.astype(np.int32), np.array(touched.vans, np.int32))
        gone = np.flatnonzero((np.asarray(state.mode)[: state.count] == NOBODY) & ~left)
        gone = np.union1d(gone, parcels)
        self._concern(gone.tolist())
        return [int(parcel) for parcel in gone]

    def _lose(self, event: VanLost, plan: JointPlan, vans: list[VanName]) -> Indexes:
        """What a van has done stays; the rest is free."""
        name, stops = vans[event.route], plan.routes[event.route].stops
        self._lost.add(name)
        self._kept[name] = stops[: event.done], True
        if not event.done:
            del self._kept[name]
        late = self._late.get(name, {})
        self._late[name] = {number: begins for number, begins in late.items() if number < event.done}
        return np.array([parcel for stop in stops[event.done :] for parcel in stop.parcels], np.int64)

    def _delay(self, event: VanLate, plan: JointPlan, vans: list[VanName]) -> None:
        """Remember when a van comes at the earliest, and that its stops until then stay."""
        name = vans[event.route]
        held, closed = self._kept.get(name, ((), False))
        self._kept[name] = plan.routes[event.route].stops[: max(len(held), event.stops)], closed
        late = self._late.setdefault(name, {})
        late[event.stops - 1] = max(event.begins, late.get(event.stops - 1, event.begins))

    def _lock(self, locks: Locks, plan: JointPlan, vans: list[VanName]) -> None:
        """Remember what stays."""
        self._before = max(self._before, locks.before)
        for number in sorted({*locks.stops, *locks.closed}):
            name, stops, closed = vans[number], plan.routes[number].stops, number in locks.closed
            held, shut = self._kept.get(name, ((), False))
            count = len(stops) if closed else max(len(held), locks.stops[number])
            if not shut and count:
                self._kept[name] = stops[:count], closed

    def _bind(self) -> None:
        """Tell the kernel what stays."""
        state, routes, warm = self._warm.state, self._warm.state.routes, self._warm
        fixed, held, locked = np.asarray(routes.fixed), np.asarray(routes.held), np.asarray(state.locked)
        fixed[:], held[:], locked[:] = 0, 0, 0
        warm.before = max(self._before, -NEVER)
        warm.late.clear()
        np.asarray(routes.leaves)[:] = warm.before
        for name, (stops, closed) in self._kept.items():
            trip = int(routes.head[warm.van(name)])
            fixed[[warm.node_of(stop) for stop in stops]] = 1
            held[trip] = len(stops)
            fixed[state.routes.size + 2 * trip + 1] = int(closed)
            np.asarray(routes.leaves)[warm.van(name)] = -NEVER
            locked[[parcel for stop in stops for parcel in stop.parcels]] = 1
            late = self._late.get(name, {}).items()
            warm.late.update({warm.node_of(stops[number]): begins for number, begins in late})
        self._bind_sorties()
        warm.renew()
        restore(state)

    def _bind_sorties(self) -> None:
        """What departs before now has departed; nothing else does."""
        state, before = self._warm.state, self._warm.before
        np.asarray(state.machines.since)[:] = before
        locked, times = np.asarray(state.locked), np.asarray(state.best_time)
        standing = np.arange(np.asarray(state.row).shape[1]) < np.asarray(state.length)[:, None]
        parcels, departs = np.asarray(state.row)[standing], np.asarray(state.early)[standing]
        gone = departs < before
        locked[parcels[gone]] = 1
        times[parcels[gone]] = departs[gone][:, None]
        times[parcels[~gone], 0] = np.maximum(times[parcels[~gone], 0], before)

    def _concern(self, parcels: Iterable[int]) -> None:
        """Look near some parcels from now on."""
        self._search.look_near(list(dict.fromkeys((*self._search.near(), *parcels))))

    def _look(self) -> None:
        """Read the plan from the kernel."""
        state = self._warm.state
        vans = tuple(self._warm.name(van) for van, _ in best(state.routes))
        plan = plan_of(self._warm.columns, state, self._iterations)
        tolls = state.routes.toll * float(np.sum(np.asarray(state.routes.changed)))
        self._now = Picture(replace(plan, cost=plan.cost - tolls), vans, table(self._warm))

    def _answer(self, rebuilt: bool) -> Repaired:
        assert self._shown is not None
        changes, same = route_changes(self._shown, self._now, self._because)
        return Repaired(self.plan, moves(self._shown, self._now, self._because), changes, same, rebuilt)


def _routes_of(event: Event) -> set[int]:
    """The routes of which an event says what stays."""
    match event:
        case VanLate() | VanLost():
            return {event.route}
        case Locks():
            return {*event.stops, *event.closed}
        case _:
            return set()
