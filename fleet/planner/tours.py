"""Van tours over a set of visits: their exact schedule, load and cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from fleet.domain.fleet import RouteType
from fleet.energy.van import RouteLegs
from fleet.feasibility.route_energy import RouteEnergy, RouteRange
from fleet.kinds import TripFigures, kind_of
from fleet.planner.breaks import Places
from fleet.planner.line import Ints, Line, forward, latest_departure
from fleet.planner.nearways import Legs
from fleet.planner.problem import NO_WAY_S, Problem, Van
from fleet.planner.slack import Around, Slack
from fleet.planner.spans import Span
from fleet.planner.visits import FOREVER_S, GRAMS_PER_UNIT, Visit, capacity, loads_along
from fleet.protocol.values import Place

AT_ANY_TIME = ("nodes", "lockers", "stops", "driven", "metres", "released_s", "_rows", "_ways_wh")
"""What of a tour does not depend on when its van is free."""

FAR_S = 10**9
"""No day ends so late (s)."""

Rows = list[tuple[int, int, int]]

Stops = tuple[tuple[str | None, frozenset[int]], ...]
"""A tour's stops: the locker (none: a door) and the parcels' numbers, in order."""

Cross = Callable[[Sequence[Place], Sequence[Place]], Legs]
"""The ways from some places to others: as they are, about, or at the least."""


@dataclass(frozen=True)
class Case:
    """Visits and the sites that vans start from, with all legs between them: sites first, then visits. ``sites`` are
    those of the vans that it is for, where not all: of very many sites each tour would hold far more legs than it has.
    """

    problem: Problem
    visits: tuple[Visit, ...]
    sites: tuple[str, ...] = ()

    @cached_property
    def site_node(self) -> dict[str, int]:
        """The node of each site from which a van starts."""
        return {site_id: node for node, site_id in enumerate(self.sites or self.problem.van_sites)}

    @cached_property
    def legs(self) -> Legs:
        """All legs between the nodes; some may be estimated, but none of those that a tour drives (``Tour.driven``)."""
        sites = [self.problem.site(site_id).place for site_id in self.site_node]
        return self.problem.legs([*sites, *(visit.place for visit in self.visits)])

    @property
    def first(self) -> int:
        """The node of the first visit."""
        return len(self.site_node)

    @cached_property
    def visit_columns(self) -> tuple[Ints, Ints, Ints]:
        """Earliest and latest start, and length of service, of all visits."""
        columns = [(v.early_s, v.late_s, v.service_s) for v in self.visits]
        table = np.array(columns, dtype=np.int64).reshape(-1, 3)
        return table[:, 0], table[:, 1], table[:, 2]

    def around(self, visit: int, limit: RouteRange) -> Around:
        """What the ways to a visit and on from it take of a van's battery. The last one's are kept for each type of
        van: a visit is asked about in one tour after the other."""
        known = self._around.get(limit.van.name)
        if known is None or known[0] != visit:
            known = self._around[limit.van.name] = visit, Around.of(limit, self.legs, self.first + visit)
        return known[1]

    def settled(self, visit: int, before: Ints, after: Ints) -> bool:
        """Whether the ways to a visit from some nodes, and on from it to others, were the network's own already; they
        are now."""
        here = np.full(len(before), self.first + visit)
        changed = self._settle(before, here), self._settle(here, after)
        return not any(changed)

    def along(self, starts: Ints, ends: Ints) -> Legs:
        """From each node to another, as the network has it: estimates are put right for good."""
        self._settle(starts, ends)
        return Legs(self.legs.metres[starts, ends], self.legs.seconds[starts, ends])

    def _settle(self, starts: Ints, ends: Ints) -> bool:
        """Whether an estimate was put right; what was made of it is forgotten."""
        changed = self.legs.settle(starts, ends)
        if changed:
            self._around.clear()
        return changed

    @cached_property
    def _around(self) -> dict[str, tuple[int, Around]]:
        return {}


@dataclass(frozen=True)
class Tour:
    """A van and the visits that it makes, in order (numbers within the case)."""

    case: Case
    van: Van
    visits: tuple[int, ...]

    @cached_property
    def nodes(self) -> Ints:
        """The nodes passed, the site at both ends."""
        depot = self.case.site_node[self.van.site.site_id]
        return np.array([depot, *(self.case.first + v for v in self.visits), depot], dtype=np.int64)

    @cached_property
    def lockers(self) -> frozenset[str]:
        """The lockers where the van stops."""
        stops = (self.case.visits[v].locker_id for v in self.visits)
        return frozenset(locker_id for locker_id in stops if locker_id is not None)

    @cached_property
    def stops(self) -> Stops:
        """What the van stops for, in order."""
        return tuple(
            (one.locker_id, frozenset(one.orders)) for one in (self.case.visits[v] for v in self.visits)
        )

    @property
    def line(self) -> Line:
        """The tour as arrays: loading is the start's service, and the driver's break is a part of the way."""
        return self._scheduled[0]

    @property
    def break_leg(self) -> int | None:
        """The leg on which the driver's break is; none where it is at the depot, or there is none."""
        return self._scheduled[1]

    @property
    def break_s(self) -> Span | None:
        """When the driver's break begins and ends, as soon as it may; none as of ``break_leg``."""
        rest, leg = self.van.driver_break, self.break_leg
        if rest is None or leg is None:
            return None
        begin = max(rest.opens_s, self.times_s[leg] + int(self.line.service_s[leg]))
        return begin, begin + rest.lasts_s

    @cached_property
    def _scheduled(self) -> tuple[Line, int | None]:
        return (self._plain, None) if self.breaks is None else self.breaks.best

    @cached_property
    def breaks(self) -> Places | None:
        """Every place of the driver's break; none where he has none."""
        rest = self.van.driver_break
        return None if rest is None else Places(self._plain, rest, self.van.rested_s)

    @cached_property
    def driven(self) -> Legs:
        """Each leg, without a break: as the network has it."""
        return self.case.along(self.nodes[:-1], self.nodes[1:])

    @property
    def driven_s(self) -> Ints:
        """What each leg takes, without a break."""
        return self.driven.seconds

    @cached_property
    def _plain(self) -> Line:
        """The tour as arrays, without a break."""
        early, late, service = (column[list(self.visits)] for column in self.case.visit_columns)
        stops = [self.case.visits[v] for v in self.visits]
        start = max(self.van.early_s, self.released_s)
        kind, end = self.van.type, self.van.late_s
        return Line(
            travel_s=self.driven_s,
            early_s=np.concatenate(([start], early, [0])),
            late_s=np.concatenate(([end], late, [end])),
            service_s=np.concatenate(([int(np.ceil(kind.load_s))], service, [0])),
            load=loads_along([s.deliver for s in stops], [s.collect for s in stops]),
            capacity=np.array(capacity(kind), dtype=np.int64),
        )

    @cached_property
    def released_s(self) -> int:
        """When all that it carries is there."""
        return max((self.case.visits[v].release_s for v in self.visits), default=0)

    @cached_property
    def _rows(self) -> tuple[Rows, Rows]:
        """Of each leg, from the first and from the last on: how long it takes, when service may begin at its end at the
        earliest (from the last: at its begin at the latest), and how long service at its begin takes."""
        line = self._plain
        travel, service = self.driven_s.tolist(), line.service_s[:-1].tolist()
        ahead = list(zip(travel, line.early_s[1:].tolist(), service, strict=True))
        back = list(zip(travel[:0:-1], line.late_s[-2:0:-1].tolist(), service[:0:-1], strict=True))
        return ahead, [*back, (travel[0], FAR_S, service[0])]

    def over_from(self, begin_s: int) -> int:
        """When a trip without a break is over at the earliest that begins no earlier than that."""
        now = max(begin_s, self.released_s)
        for leg, opens, served in self._rows[0]:
            now = max(opens, now + served + leg)
        return now

    def begun_for(self, end_s: int) -> int:
        """When a trip without a break must begin at the latest that is over no later than that."""
        now = end_s
        for leg, closes, serves in self._rows[1]:
            now = min(closes, now - leg - serves)
        return now

    @cached_property
    def start_s(self) -> int:
        """When loading begins: as late as possible without coming back any later."""
        return latest_departure(self.line)

    @cached_property
    def times_s(self) -> tuple[int, ...]:
        """The start of service at each node, when loading begins at ``start_s``."""
        line = self.line
        early = line.early_s.copy()
        early[0] = self.start_s
        return tuple(forward(line.travel_s, early, line.service_s))

    @property
    def duration_s(self) -> int:
        """From the start of loading to the end."""
        return int(self.line.begin_s[-1]) - self.start_s

    @cached_property
    def work_s(self) -> int:
        """Driving, loading and serving, without waiting: the least that the tour can take. A break is not in it, which
        may be at the depot once the tour changes."""
        return int(self.driven_s.sum() + self.line.service_s.sum())

    @cached_property
    def metres(self) -> int:
        """The way driven."""
        return int(self.driven.metres.sum())

    @property
    def parcels(self) -> int:
        """How many parcels it moves."""
        return sum(len(self.case.visits[v].orders) for v in self.visits)

    @cached_property
    def feasible(self) -> bool:
        """Whether windows, capacity, shift, its length, break, cold chain and the van's abilities hold."""
        able = all(self.van.base in self.case.visits[v].bases for v in self.visits)
        there = bool((self.line.travel_s < NO_WAY_S).all())
        short = self.duration_s <= self.van.type.max_shift_s
        return able and there and self.line.feasible and short and not self.overripe and self.in_range

    @cached_property
    def slack(self) -> Slack:
        """What is left of its time, load and battery: tells quickly whether it holds with one more visit."""
        return Slack(self)

    @cached_property
    def room(self) -> tuple[Ints, Ints]:
        """For each leg, the load that fits on it and all before it, and on it and all after it."""
        return self.line.room_before(), self.line.room_after()

    @cached_property
    def energy(self) -> RouteEnergy | None:
        """What it takes out of the van's battery; none where its type states none."""
        limit = self.van.range
        return None if limit is None else limit.energy_lasting(self._ways_wh, float(self.duration_s))

    @cached_property
    def _ways_wh(self) -> float:
        """What its ways take, of a van that states a battery; at any time the same."""
        limit = self.van.range
        if limit is None:
            return 0.0
        metres = self.driven.metres
        payload_kg = self.line.load[0] * (GRAMS_PER_UNIT / 1000)
        legs = RouteLegs(metres.astype(np.float64), self.driven_s.astype(np.float64), payload_kg)
        return limit.ways_wh(legs)

    @property
    def in_range(self) -> bool:
        """Whether the van's battery is enough for it, as far as anybody asks."""
        limit, energy = self.van.range, self.energy
        return limit is None or energy is None or limit.judged(energy, self.van.slot.asset_id).feasible

    @property
    def overripe(self) -> list[int]:
        """The visits whose goods are under way for longer than they keep."""
        limited = [(k, v) for k, v in enumerate(self.visits, 1) if self.case.visits[v].ride_s < FOREVER_S]
        return [v for k, v in limited if self._ride_s(k, v) > self.case.visits[v].ride_s]

    def _ride_s(self, node: int, visit: int) -> int:
        """How long a visit's goods are in the van: from loading on, or to the end."""
        stop, times = self.case.visits[visit], self.times_s
        if stop.collect == (0, 0):
            return times[node] + stop.service_s - times[0]
        return times[-1] - times[node]

    @cached_property
    def cost(self) -> float:
        """What it costs; nothing when it stays at home."""
        if not self.visits:
            return 0.0
        day_paid = self.van.slot.day_paid
        return type_cost(self.van.type, self.duration_s, self.metres, self.parcels, day_paid=day_paid)

    def with_visit(self, visit: int, leg: int) -> Tour:
        """The tour with a visit put on a leg."""
        return Tour(self.case, self.van, (*self.visits[:leg], visit, *self.visits[leg:]))

    def without(self, at: int) -> Tour:
        """The tour without its visit number ``at``."""
        return Tour(self.case, self.van, (*self.visits[:at], *self.visits[at + 1 :]))


def in_span(tour: Tour, van: Van) -> Tour:
    """The tour at another time, by the same van that is free then; what it is at any time is not worked out again."""
    made, known = Tour(tour.case, van, tour.visits), vars(tour)
    vars(made).update((name, known[name]) for name in AT_ANY_TIME if name in known)
    if "_plain" in known:
        line: Line = known["_plain"]
        early, late = line.early_s.copy(), line.late_s.copy()
        early[0] = max(van.early_s, tour.released_s)
        late[0] = late[-1] = van.late_s
        vars(made)["_plain"] = replace(line, early_s=early, late_s=late)
    return made


def tour_of(problem: Problem, van: Van, visits: Sequence[Visit]) -> Tour:
    """A van's tour over these visits, in order, with the legs of these alone."""
    case = Case(problem, tuple(visits), (van.site.site_id,))
    return Tour(case, van, tuple(range(len(visits))))


def type_cost(
    kind: RouteType, duration_s: float, metres: float, parcels: int, *, day_paid: bool = False
) -> float:
    """A route's cost at the type's rates, without the van's fixed day where that is paid already."""
    figures = TripFigures(duration_s=duration_s, distance_m=metres, parcels=parcels, day_paid=day_paid)
    return kind_of(kind.kind).trip_cost(kind, figures)


def savings(tour: Tour) -> list[float]:
    """For each visit of a tour, what driving past it would save: way, time, and its share of a day's fixed cost."""
    kind, driven = tour.van.type, tour.driven
    without = tour.case.along(tour.nodes[:-2], tour.nodes[2:])
    metres = driven.metres[:-1] + driven.metres[1:] - without.metres
    seconds = driven.seconds[:-1] + driven.seconds[1:] - without.seconds
    busy = np.maximum(0, seconds) + tour.line.service_s[1:-1]
    rates = kind.rates
    fixed = tour.van.fixed_cost / max(1, tour.duration_s)
    parcels = np.array([len(tour.case.visits[v].orders) for v in tour.visits])
    cost = np.maximum(0, metres) * rates.per_km / 1000 + busy * (rates.per_hour / 3600 + fixed)
    return [float(c) for c in cost + rates.per_parcel * parcels]


def detours(tour: Tour, goals: Sequence[Place], ways: Cross) -> Legs:
    """What driving by each goal (columns) on each leg of the tour (rows) adds, in whole metres and seconds, where
    ``ways`` says what the ways to goals take and those on from there."""
    places = [tour.van.site.place, *(tour.case.visits[v].place for v in tour.visits)]
    out, back = ways(places, goals), ways(goals, places)
    after = np.roll(np.arange(len(places)), -1)
    return Legs(
        out.metres + back.metres.T[after] - tour.driven.metres[:, None],
        out.seconds + back.seconds.T[after] - tour.driven.seconds[:, None],
    )


def total_cost(tours: Sequence[Tour]) -> float:
    """What the tours cost together."""
    return sum(tour.cost for tour in tours)
