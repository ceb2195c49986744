"""What could be more or longer for a parcel that nobody has room for: windows, compartments, machines, pilots, vans,
shifts.

One row for each: it yields changes, or limits that are stretched by as much as it takes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import partial

from fleet.domain.fleet import AssetType, RouteType, SortieType, StationType
from fleet.domain.pilots import Pilots
from fleet.feasibility import assess_locker, assess_route
from fleet.kinds import kind_of
from fleet.planner.board import Board
from fleet.planner.limits import ordered, typed
from fleet.planner.problem import Problem, Station
from fleet.planner.snapshot import AssetSlot, Snapshot
from fleet.planner.trial import Change
from fleet.planner.ways import LockerWay
from fleet.protocol.values import Order, Place, TimeWindow

LOCKERS_ASKED = 3
"""The nearest lockers that may be made larger for a parcel."""

SITES_ASKED = 2
"""The nearest sites that may get a machine or a van more, of each type."""

LONGEST_MIN = 240
"""By how much a window or a shift is stretched at most."""

SHIFT_STEP_MIN = 10


@dataclass(frozen=True)
class Left:
    """A parcel that the board's plan leaves behind."""

    board: Board
    order: int

    @property
    def problem(self) -> Problem:
        """What was planned."""
        return self.board.problem

    @property
    def parcel(self) -> Order:
        """The parcel."""
        return self.problem.orders[self.order]

    def name(self, kind: AssetType) -> str:
        """What a type is called: its kind, where it is the only one of that; else its own name."""
        alone = len(list(self.problem.fleet.of_kind(kind.kind))) == 1
        return kind.kind if alone else kind.type_id

    def nearest(self, sites: Iterable[str]) -> list[str]:
        """The sites that are nearest to the parcel; where it stands already, that one."""
        standing = self.problem.standing(self.order)
        if standing is not None:
            return [standing]
        away = {s: apart(self.problem.site(s).place, self.parcel.place) for s in sites}
        return sorted(away, key=lambda site: (away[site], site))[:SITES_ASKED]

    def lockers(self) -> list[Station]:
        """The nearest lockers."""
        place = self.parcel.place
        return sorted(
            self.problem.stations.values(),
            key=lambda s: (apart(s.locker.place, place), s.locker.locker_id),
        )[:LOCKERS_ASKED]

    @property
    def van_types(self) -> list[RouteType]:
        """The types of route vehicles that may carry it."""
        context = self.problem.snapshot.context
        types = [t for t in self.problem.fleet.types.values() if isinstance(t, RouteType)]
        return [
            t
            for t in types
            if t.kind not in self.problem.excluded(self.order)
            and assess_route(context, self.parcel, t).feasible
        ]


@dataclass(frozen=True)
class Stretch:
    """A limit that can be moved by 1 to ``most`` steps; the fewest that serve the parcel are looked for."""

    by: Callable[[int], Change]
    most: int

    @property
    def effort(self) -> float:
        """What the first step asks for."""
        return self.by(1).effort


Row = Callable[[Left], Iterator[Change | Stretch]]


# --- rows -------------------------------------------------------------------------------------------------------------


def _windows(left: Left) -> Iterator[Stretch]:
    order_id, due = left.parcel.order_id, left.parcel.due

    def later(minutes: int) -> Change:
        window = TimeWindow(start=due.start, end=due.end + timedelta(minutes=minutes))
        text = f"a window that ends {minutes} min later"
        return Change(text, 0.5, lambda s: ordered(s, order_id, due=window), sorties=True)

    def earlier(minutes: int) -> Change:
        window = TimeWindow(start=due.start - timedelta(minutes=minutes), end=due.end)
        text = f"a window that begins {minutes} min earlier"
        return Change(text, 0.6, lambda s: ordered(s, order_id, due=window), sorties=True)

    yield Stretch(later, LONGEST_MIN)
    yield Stretch(earlier, LONGEST_MIN)


def _compartments(left: Left) -> Iterator[Change]:
    """One more of the class that the parcel needs, at lockers that have none left."""
    context = left.problem.snapshot.context
    for station in left.lockers():
        answer = assess_locker(context, left.parcel, station.locker, station.type)
        if not answer.verdict.feasible or answer.size is None or answer.walk_m is None:
            continue
        locker_id, size = station.locker.locker_id, answer.size
        if not left.board.compartments.room(
            LockerWay(station.type.kind, locker_id, size, answer.walk_m, 0.0)
        ):
            text = f"one more {size} compartment at locker {locker_id}"
            yield Change(
                text, 1.5, partial(_with_compartment, locker_id=locker_id, size=size.value), sorties=True
            )


def _with_compartment(snapshot: Snapshot, locker_id: str, size: str) -> Snapshot:
    context = snapshot.context
    locker = context.lockers[locker_id]
    larger = locker.model_copy(update={size: getattr(locker, size) + 1})
    return replace(snapshot, context=replace(context, lockers={**context.lockers, locker_id: larger}))


def _machines(left: Left) -> Iterator[Change]:
    """One more drone or robot at the nearest sites that have such, or that have none at all."""
    for kind in left.problem.fleet.types.values():
        if isinstance(kind, SortieType) and kind.kind not in left.problem.excluded(left.order):
            there = {p.site.site_id: p.slots[0] for p in left.problem.pools if p.type == kind}
            for site_id in left.nearest(there or _with_places(left.problem, kind)):
                slot = _one_more(kind, site_id)
                if site_id in there:
                    slot = replace(slot, state_of_health=there[site_id].state_of_health)
                text = f"one more {left.name(kind)} at site {site_id}"
                yield replace(_added(text, 1.0, slot), sorties=True)


def _chargers(left: Left) -> Iterator[Change]:
    for site_id in left.nearest({pool.site.site_id for pool in left.problem.pools}):
        text = f"one more charger at site {site_id}"
        yield Change(text, 1.1, partial(_with_charger, site_id=site_id), sorties=True)


def _with_charger(snapshot: Snapshot, site_id: str) -> Snapshot:
    context = snapshot.context
    if site_id not in context.sites:
        return snapshot
    site = context.sites[site_id]
    more = site.model_copy(update={"chargers": site.chargers + 1})
    return replace(snapshot, context=replace(context, sites={**context.sites, site_id: more}))


def _approvals(left: Left) -> Iterator[Change]:
    if any(a.max_at_once or a.max_per_day for a in left.problem.snapshot.context.authorisations):
        yield Change("an authorisation for more flights", 0.9, _with_any_flights, sorties=True)


def _with_any_flights(snapshot: Snapshot) -> Snapshot:
    context = snapshot.context
    free = tuple(replace(one, max_at_once=None, max_per_day=None) for one in context.authorisations)
    return replace(snapshot, context=replace(context, authorisations=free))


def _pilots(left: Left) -> Iterator[Change]:
    """One more remote pilot in each shift that may supervise machines near the parcel; where they have none at all, the
    first."""
    for kind, site_ids in _supervised(left):
        near = [row for row in left.problem.fleet.pilots_of(kind) if row.supervises(site_ids)]
        for row in near:
            more = row.model_copy(update={"pilots": row.pilots + 1})
            yield _staffed(f"one more remote pilot of {_whose(row)}", 0.95, row, more)
        if not near:
            for site_id in site_ids:
                first = Pilots(kind=kind, sites=(site_id,), pilots=1, machines_each=1)
                yield _staffed(f"a remote pilot of {_whose(first)}", 1.3, None, first)


def _pilot_shifts(left: Left) -> Iterator[Stretch]:
    for kind, site_ids in _supervised(left):
        for row in left.problem.fleet.pilots_of(kind):
            most = min(LONGEST_MIN, 24 * 60 - row.minutes) // SHIFT_STEP_MIN
            if row.supervises(site_ids):
                yield Stretch(partial(_later_pilots, row), most)
                yield Stretch(partial(_earlier_pilots, row), most)


def _supervised(left: Left) -> Iterator[tuple[str, list[str]]]:
    """The kinds that need pilots and may bring the parcel, with the nearest sites at which some stand."""
    pools = left.problem.pools
    for kind in sorted({row.kind for row in left.problem.fleet.pilots} - left.problem.excluded(left.order)):
        sites = {pool.site.site_id for pool in pools if pool.type.kind == kind}
        if sites:
            yield kind, left.nearest(sites)


def _whose(row: Pilots) -> str:
    return f"{row.kind} at {', '.join(row.sites) or 'all sites'}"


def _later_pilots(row: Pilots, steps: int) -> Change:
    ends = _plus(row.ends, steps * SHIFT_STEP_MIN)
    text = f"a shift of remote pilots of {_whose(row)} that ends at {ends:%H:%M} instead of {row.ends:%H:%M}"
    return _staffed(text, 1.05, row, row.model_copy(update={"ends": ends}))


def _earlier_pilots(row: Pilots, steps: int) -> Change:
    begins = _plus(row.begins, -steps * SHIFT_STEP_MIN)
    text = f"a shift of remote pilots of {_whose(row)} that begins at {begins:%H:%M} instead of {row.begins:%H:%M}"
    return _staffed(text, 1.06, row, row.model_copy(update={"begins": begins}))


def _staffed(text: str, effort: float, row: Pilots | None, changed: Pilots) -> Change:
    """Pilots as they are stated in place of a row, or in addition."""

    def staffed(snapshot: Snapshot) -> Snapshot:
        context = snapshot.context
        rows = [*(one for one in context.fleet.pilots if one != row), changed]
        if row is not None:
            rows += [row] * (context.fleet.pilots.count(row) - 1)
        return replace(
            snapshot,
            context=replace(context, fleet=context.fleet.model_copy(update={"pilots": tuple(rows)})),
        )

    return Change(text, effort, staffed, sorties=True)


def _vans(left: Left) -> Iterator[Change]:
    """One more van of a type that may carry the parcel, at the nearest depots."""
    types = left.problem.fleet.types
    there = {s.site_id for s in left.problem.snapshot.assets if isinstance(types[s.type_id], RouteType)}
    for kind in left.van_types:
        for site_id in left.nearest(there or _with_places(left.problem, kind)):
            slot = _one_more(kind, site_id)
            yield replace(_added(f"one more {left.name(kind)} at {site_id}", 2.0, slot), van=slot)


def _with_places(problem: Problem, kind: AssetType) -> set[str]:
    """The sites that have places for a type; all where none is known to have."""
    sites = problem.snapshot.context.sites
    flies = kind_of(kind.kind).needs_airspace
    count = "vans" if isinstance(kind, RouteType) else "drone_pads" if flies else "robot_bays"
    return {name for name, site in sites.items() if getattr(site, count) > 0} or set(sites)


def _one_more(kind: AssetType, site_id: str) -> AssetSlot:
    return AssetSlot(f"{site_id}/{kind.type_id}/one-more", kind.type_id, site_id)


def _added(text: str, effort: float, slot: AssetSlot) -> Change:
    return Change(text, effort, lambda s: replace(s, assets=(*s.assets, slot)))


def _lockers(left: Left) -> Iterator[Change]:
    """The nearest locker that is not in service, where there is one."""
    kinds = [t for t in left.problem.fleet.types.values() if isinstance(t, StationType)]
    lockers = left.problem.snapshot.context.lockers
    closed = sorted(
        lockers.keys() - left.problem.stations.keys(),
        key=lambda name: (apart(lockers[name].place, left.parcel.place), name),
    )
    if kinds and closed:
        slot = AssetSlot(closed[0], kinds[0].type_id, closed[0])
        yield replace(_added(f"locker {closed[0]} in service", 1.2, slot), sorties=True)


def _shift_ends(left: Left) -> Iterator[Stretch]:
    for kind in left.van_types:
        if kind.shift_end > kind.shift_start:
            minutes_left = 23 * 60 + 59 - kind.shift_end.hour * 60 - kind.shift_end.minute
            most = min(LONGEST_MIN, minutes_left) // SHIFT_STEP_MIN
            yield Stretch(partial(_later_shift, left, kind), most)


def _later_shift(left: Left, kind: RouteType, steps: int) -> Change:
    end = _plus(kind.shift_end, steps * SHIFT_STEP_MIN)
    text = f"a shift of {left.name(kind)} that ends at {end:%H:%M} instead of {kind.shift_end:%H:%M}"
    return Change(text, 1.8, lambda s: typed(s, _now(s, kind).model_copy(update={"shift_end": end})))


def _shift_lengths(left: Left) -> Iterator[Stretch]:
    for kind in left.van_types:
        yield Stretch(partial(_longer_shift, left, kind), LONGEST_MIN // SHIFT_STEP_MIN)


def _longer_shift(left: Left, kind: RouteType, steps: int) -> Change:
    limit = kind.max_shift_s + steps * SHIFT_STEP_MIN * 60
    text = f"a shift of {left.name(kind)} of {limit / 3600:.1f} h instead of {kind.max_shift_s / 3600:.1f} h"
    return Change(text, 1.9, lambda s: typed(s, _now(s, kind).model_copy(update={"max_shift_s": limit})))


def _now(snapshot: Snapshot, kind: RouteType) -> AssetType:
    """The type as it is in a snapshot that may have been changed already."""
    return snapshot.context.fleet.types[kind.type_id]


def _plus(clock: time, minutes: int) -> time:
    return (datetime.combine(date(2000, 1, 1), clock) + timedelta(minutes=minutes)).time()


def _moved(left: Left) -> Iterator[Change]:
    """The parcel at a site from which vans start, where it stands at another."""
    standing, order_id = left.problem.standing(left.order), left.parcel.order_id
    if standing is None:
        return
    for site_id in sorted({site_id for _, site_id in left.problem.bases} - {standing}):
        text = f"the parcel at {site_id} instead of {standing}"
        yield Change(text, 1.4, partial(_with_parcel_at, order_id=order_id, site_id=site_id), sorties=True)


def _with_parcel_at(snapshot: Snapshot, order_id: str, site_id: str) -> Snapshot:
    return replace(snapshot, standing={**snapshot.standing, order_id: site_id})


ROWS: Sequence[Row] = (
    _windows,
    _compartments,
    _machines,
    _chargers,
    _approvals,
    _pilots,
    _pilot_shifts,
    _vans,
    _lockers,
    _shift_ends,
    _shift_lengths,
    _moved,
)


def apart(a: Place, b: Place) -> float:
    """Which of several places is nearest: squared degrees, longitude shortened."""
    narrow = math.cos(math.radians(a.lat))
    return ((a.lon - b.lon) * narrow) ** 2 + (a.lat - b.lat) ** 2
