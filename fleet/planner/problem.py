"""The snapshot, indexed for the search: parcels by number, assets in pools, free compartments, whole seconds.

Times inside the planner are whole seconds after ``snapshot.at``, so that sums are exact and the same everywhere.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TypeVar
from zoneinfo import ZoneInfo

import numpy as np

from fleet.domain.fleet import AssetType, FleetSpec, RouteType, SortieType, StationType
from fleet.domain.sites import Locker, Site
from fleet.energy.learning import Appetite, least_of
from fleet.feasibility.appetite import appetite
from fleet.feasibility.pilots import Rota, rota
from fleet.feasibility.route_energy import RouteRange, range_of
from fleet.kinds import TripFigures, kind_of
from fleet.planner.atlas import Atlas, Tables
from fleet.planner.breaks import Break
from fleet.planner.duty import Duty, shift
from fleet.planner.keptways import KeptWays
from fleet.planner.line import Ints
from fleet.planner.nearways import Legs, NearWays, Part, near_ways
from fleet.planner.snapshot import AssetSlot, Held, Snapshot
from fleet.planner.spans import Span, merged
from fleet.protocol.values import CompartmentSize, Direction, Order, Place, TimeWindow

NO_WAY_S = 10_000_000
"""Stands for a leg that does not exist: longer than any day, so that no window survives it."""

MAX_ATLAS = 3000
"""Up to so many places all legs are kept (144 MB): as the network has them, or, by streets, some of them estimated."""

ALL_ASKED = 1000
"""Up to so many places streets are asked for all ways at once: those that neighbours need take little less time."""

LAST_RESORT = 10
"""How many times the operator's price an unserved parcel counts, so that it is served whenever anything can."""

Group = tuple[str, str, int, int, bool, float, int]
"""Type, site, free span, whether the day is paid, how full its battery is, where that counts, and when its driver has
had his break at the depot: vans that share all of these are alike."""


class PlannerError(Exception):
    """The snapshot does not fit together: an id that nothing defines, a type of another archetype."""


@dataclass(frozen=True)
class Pool:
    """Sortie assets of one type, state of health and pace at one site, with the spans in which the site is open."""

    index: int
    type: SortieType
    site: Site
    slots: tuple[AssetSlot, ...]
    open: tuple[Span, ...]
    state_of_health: float
    appetites: tuple[Appetite, ...]
    """What is to be allowed for each of the slots."""

    @cached_property
    def least(self) -> Appetite:
        """No more than that of any of them: a trip that is not possible with it is possible for none."""
        return least_of(self.appetites)


@dataclass(frozen=True)
class Van:
    """One van with the span in which it is free; ``group`` is the same for vans that are alike.

    One of its trips is a van with a span of its own (``trips.py``): each has a number (``index``) of its own, and its
    place among the others (``trip``).
    """

    index: int
    slot: AssetSlot
    type: RouteType
    site: Site
    early_s: int
    late_s: int
    range: RouteRange | None = None
    """What its battery allows; none where its type states none."""
    trip: float = 0.0
    driver_break: Break | None = None
    """None where its type states none, or its driver has had it."""
    home_s: int | None = None
    """Since when it is at its depot when it is free; none where it has not been out in the shift."""

    @property
    def base(self) -> tuple[str, str]:
        """Its type and site: what decides which parcels it may carry."""
        return (self.type.type_id, self.site.site_id)

    @property
    def group(self) -> Group:
        """What makes vans interchangeable."""
        soc = 1.0 if self.range is None else self.range.soc
        return (*self.base, self.early_s, self.late_s, self.slot.day_paid, soc, self.rested_s)

    @property
    def rested_s(self) -> int:
        """From when on its driver has had his break at the depot; 0 where he has none."""
        rest = self.driver_break
        return 0 if rest is None else rest.rested_s(self.home_s)

    @property
    def fixed_cost(self) -> float:
        """What opening its route costs: its day, unless that is paid already."""
        return 0.0 if self.slot.day_paid else self.type.rates.per_trip


@dataclass(frozen=True)
class Station:
    """A locker with its type and, by size class, the compartments that stay free all day."""

    locker: Locker
    type: StationType
    free: dict[CompartmentSize, int]


T = TypeVar("T", SortieType, RouteType, StationType)


@dataclass(frozen=True)
class Problem:
    """A snapshot with its indexes. Cheap to make; everything is derived."""

    snapshot: Snapshot

    @cached_property
    def walked(self) -> dict[tuple[Place, Place], float]:
        """The walks between doors that were asked for, in metres (``walks.py``)."""
        return {}

    @property
    def fleet(self) -> FleetSpec:
        """The types, rates and rules."""
        return self.snapshot.context.fleet

    @cached_property
    def rotas(self) -> dict[str, Rota]:
        """The remote pilots of each kind that needs some, in planner seconds."""
        day = self.snapshot.at, self.snapshot.until
        found = ((kind, rota(self.fleet, kind, *day)) for kind in sorted({p.kind for p in self.fleet.pilots}))
        return {kind: one for kind, one in found if one is not None}

    @cached_property
    def penalties(self) -> tuple[float, ...]:
        """The objective's price for each parcel when nobody brings it."""
        return tuple(LAST_RESORT * self.fleet.unserved_penalty * order.priority for order in self.orders)

    def dearest_first(self, orders: Iterable[int]) -> list[int]:
        """Parcels in the order in which they are asked and given room: those first that it is dearest to leave; such as
        cost the same in the order that they are given in."""
        return sorted(orders, key=lambda order: -self.penalties[order])

    def left_price(self, orders: Iterable[int]) -> float:
        """The objective's price for some parcels that nobody brings."""
        return math.fsum(self.penalties[order] for order in orders)

    @cached_property
    def orders(self) -> tuple[Order, ...]:
        """The parcels; elsewhere in the planner a parcel is its number in here."""
        return self.snapshot.orders

    @cached_property
    def horizon_s(self) -> int:
        """The end of the planned day."""
        return max(0, self.seconds(self.snapshot.until))

    def seconds(self, moment: datetime) -> int:
        """Planner seconds of a moment, rounded up."""
        return math.ceil((moment - self.snapshot.at).total_seconds())

    def floor_seconds(self, moment: datetime) -> int:
        """Planner seconds of a moment, rounded down (for limits)."""
        return math.floor((moment - self.snapshot.at).total_seconds())

    def moment(self, seconds: float) -> datetime:
        """The moment of planner seconds."""
        return self.snapshot.at + timedelta(seconds=seconds)

    @cached_property
    def due(self) -> tuple[Span, ...]:
        """Each parcel's window."""
        return tuple((self.seconds(o.due.start), self.floor_seconds(o.due.end)) for o in self.orders)

    @cached_property
    def ready(self) -> tuple[int, ...]:
        """When each parcel is ready, not before the planning moment."""
        return tuple(max(0, self.seconds(o.ready_at)) for o in self.orders)

    def standing(self, order: int) -> str | None:
        """The site where the parcel must start from; none while that is free to choose."""
        return self.snapshot.standing.get(self.orders[order].order_id)

    def excluded(self, order: int) -> frozenset[str]:
        """The kinds that have failed for the parcel."""
        return self.snapshot.excluded.get(self.orders[order].order_id, frozenset())

    @cached_property
    def pools(self) -> tuple[Pool, ...]:
        """Sortie assets by type, site, health and pace."""
        alike: dict[tuple[str, str, float, float], list[AssetSlot]] = defaultdict(list)
        for slot, kind in self._of(SortieType):
            pace = appetite(self.fleet, kind, slot.energy).pace
            alike[kind.type_id, slot.site_id, slot.state_of_health, pace].append(slot)
        return tuple(self._pool(i, base, slots) for i, (base, slots) in enumerate(sorted(alike.items())))

    @cached_property
    def vans(self) -> tuple[Van, ...]:
        """Vans that are free for some time, those of one type and site together."""
        slots = sorted(
            self._of(RouteType), key=lambda pair: (pair[1].type_id, pair[0].site_id, pair[0].asset_id)
        )
        free = ((slot, kind, self._van_span(slot, kind)) for slot, kind in slots)
        usable = [(slot, kind, span) for slot, kind, span in free if span is not None]
        return tuple(self._van(i, *one) for i, one in enumerate(usable))

    def _van(self, index: int, slot: AssetSlot, kind: RouteType, span: Span) -> Van:
        site, limit = self.site(slot.site_id), self._range(kind, slot)
        duty = next(one for one in self._duties(slot, kind) if span[1] <= one.span[1])
        rest, home_s = duty.break_after(span[0]), duty.home_s(span[0])
        early_s, late_s = span if rest is None else (span[0], duty.back_s(span, rest))
        return Van(index, slot, kind, site, early_s, late_s, range=limit, driver_break=rest, home_s=home_s)

    def whole(self, van: Van) -> Van:
        """The van of a trip, with all its free span."""
        return self.vans[van.index % len(self.vans)]

    def _range(self, kind: RouteType, slot: AssetSlot) -> RouteRange | None:
        """What its other routes leave of its battery. One that has told nothing counts as full: as its type says that
        it begins, then."""
        limit = range_of(self.snapshot.context, kind, None if slot.soc >= 1 else slot.soc)
        return limit if limit is None or not slot.drawn else replace(limit, soc=limit.soc - slot.drawn)

    @cached_property
    def stations(self) -> dict[str, Station]:
        """Lockers by id."""
        stations = {}
        for slot, kind in self._of(StationType):
            locker = self.locker(slot.site_id)
            stations[locker.locker_id] = Station(locker, kind, self._free(locker))
        return dict(sorted(stations.items()))

    @cached_property
    def route_types(self) -> tuple[RouteType, ...]:
        """The route types of which there is a free van."""
        return tuple({van.type.type_id: van.type for van in self.vans}.values())

    @cached_property
    def bases(self) -> frozenset[tuple[str, str]]:
        """Types and sites of the vans."""
        return frozenset(van.base for van in self.vans)

    @cached_property
    def van_sites(self) -> tuple[str, ...]:
        """The sites from which vans start."""
        return tuple(sorted({van.site.site_id for van in self.vans}))

    @cached_property
    def kinds_of(self) -> dict[frozenset[tuple[str, str]], list[RouteType]]:
        """The types of some vans, by their bases, as far as they were asked for."""
        return {}

    @cached_property
    def cut_off(self) -> frozenset[tuple[str, int]]:
        """Sites of vans and parcels' numbers between which the streets do not lead there and back. Estimates without
        streets lead everywhere, and are not asked."""
        if self.snapshot.context.network.version is None:
            return frozenset()
        sites = sorted({site_id for _, site_id in self.bases})
        depots, doors = [self.site(s).place for s in sites], [order.place for order in self.orders]
        there, back = self.cross(depots, doors).seconds, self.cross(doors, depots).seconds.T
        rows, columns = np.nonzero(np.maximum(there, back) >= NO_WAY_S)
        return frozenset((sites[i], j) for i, j in zip(rows.tolist(), columns.tolist(), strict=True))

    def site(self, site_id: str) -> Site:
        """A site by id; ``PlannerError`` when the context lacks it."""
        try:
            return self.snapshot.context.sites[site_id]
        except KeyError:
            raise PlannerError(
                f"an asset or parcel stands at site {site_id!r}, which is not among the sites"
            ) from None

    def locker(self, locker_id: str) -> Locker:
        """A locker by id; ``PlannerError`` when the context lacks it."""
        try:
            return self.snapshot.context.lockers[locker_id]
        except KeyError:
            raise PlannerError(f"locker {locker_id!r} is not among the context's lockers") from None

    def legs(self, places: Sequence[Place]) -> Legs:
        """All ways by van between the places, in whole units; some may be estimated (``Legs.settle``)."""
        rows, near = self._numbers(places), self._near
        if rows is None or near is None:
            return self.cross(places, places)
        return Legs(*near.rough(rows, rows), Part.of(near, rows))

    def cross(self, starts: Sequence[Place], ends: Sequence[Place]) -> Legs:
        """The ways by van from some places to others, in whole units."""
        return self._looked_up(starts, ends, lambda near, *pair: Legs(*near.exact(*pair)))

    def roughly(self, starts: Sequence[Place], ends: Sequence[Place]) -> Legs:
        """The same, some of them estimated."""
        return self._looked_up(starts, ends, lambda near, *pair: Legs(*near.rough(*pair)))

    def at_least(self, starts: Sequence[Place], ends: Sequence[Place]) -> Legs:
        """No more than the ways take: by streets those that nobody asked for yet as the crow flies."""
        return self._looked_up(starts, ends, NearWays.least)

    def _looked_up(
        self,
        starts: Sequence[Place],
        ends: Sequence[Place],
        by: Callable[[NearWays, Ints, Ints], Legs],
    ) -> Legs:
        rows = self._numbers(starts)
        columns = rows if ends is starts else self._numbers(ends)
        if rows is None or columns is None:
            return Legs(*(self._measured if self._kept is None else self._kept.cross)(starts, ends))
        if self._near is not None:
            return by(self._near, rows, columns)
        picked = np.ix_(rows, columns)
        return Legs(self._atlas.metres[picked], self._atlas.seconds[picked])

    def altered(self, snapshot: Snapshot) -> Problem:
        """The problem of the snapshot with other limits, fewer parcels or more assets: at the same places, whose legs
        need not be asked for again."""
        other = Problem(snapshot)
        known = vars(self)
        kept = ("_atlas_index", "_atlas", "_near", "_kept")
        vars(other).update({name: known[name] for name in kept if name in known})
        return other

    def _numbers(self, places: Sequence[Place]) -> Ints | None:
        """The places' numbers in the atlas; none when one is not in it."""
        found = [self._atlas_index.get(place, -1) for place in places]
        return None if -1 in found else np.array(found, dtype=np.int64)

    @property
    def keeps_legs(self) -> bool:
        """Whether all legs are kept, so that asking for many of them costs little."""
        return bool(self._atlas_index)

    @cached_property
    def _atlas_index(self) -> dict[Place, int]:
        """The places that have their legs in the atlas: all of a small problem, none of a large one."""
        places = self._places()
        return {place: i for i, place in enumerate(places)} if len(places) <= MAX_ATLAS else {}

    def _places(self) -> list[Place]:
        """Sites, doors and lockers, each place once."""
        known = [o.place for o in self.orders] + [s.locker.place for s in self.stations.values()]
        return list(dict.fromkeys([*(site.place for site in self.snapshot.context.sites.values()), *known]))

    @cached_property
    def _kept(self) -> KeptWays | None:
        """Of a large problem by streets: the ways that were asked for before."""
        if self._atlas_index or self.snapshot.context.network.version is None:
            return None
        return KeptWays(self._places(), self._measured)

    @cached_property
    def _near(self) -> NearWays | None:
        """By streets, of more places than all ways are asked of, those that neighbours need."""
        places, context = list(self._atlas_index), self.snapshot.context
        if len(places) <= ALL_ASKED or context.network.version is None:
            return None
        known = context.memory.get(Atlas, Atlas).known(places, context.network)
        depots = sorted({self._atlas_index[self.site(site_id).place] for site_id in self.van_sites})
        return near_ways(
            places,
            np.array(depots, np.int64),
            lambda rows, columns: known.cross(rows, columns, self._measured),
            NO_WAY_S,
        )

    @cached_property
    def _atlas(self) -> Legs:
        places, context = list(self._atlas_index), self.snapshot.context
        if context.network.version is None:
            return Legs(*self._measured(places, places))
        known = context.memory.get(Atlas, Atlas)
        return Legs(*known.between(places, context.network, self._measured))

    def _measured(self, starts: Sequence[Place], ends: Sequence[Place]) -> Tables:
        matrix = self.snapshot.context.network.cross(starts, ends, "drive")
        seconds = np.where(np.isfinite(matrix.duration_s), matrix.duration_s, NO_WAY_S)
        metres = np.where(np.isfinite(matrix.distance_m), matrix.distance_m, NO_WAY_S)
        return np.rint(metres).astype(np.int64), np.ceil(seconds).astype(np.int64)

    def _of(self, archetype: type[T]) -> Iterator[tuple[AssetSlot, T]]:
        for slot in sorted(self.snapshot.assets, key=lambda s: s.asset_id):
            kind = self._type(slot)
            if isinstance(kind, archetype):
                yield slot, kind

    def _type(self, slot: AssetSlot) -> AssetType:
        try:
            return self.fleet.types[slot.type_id]
        except KeyError:
            raise PlannerError(
                f"asset {slot.asset_id!r} is of type {slot.type_id!r}, which the fleet lacks"
            ) from None

    def _pool(self, index: int, base: tuple[str, str, float, float], slots: list[AssetSlot]) -> Pool:
        kind, site = self.fleet.types[base[0]], self.site(base[1])
        if not isinstance(kind, SortieType):
            raise PlannerError(f"type {base[0]!r} makes no sorties")
        appetites = tuple(appetite(self.fleet, kind, slot.energy) for slot in slots)
        return Pool(index, kind, site, tuple(slots), self._open(site), base[2], appetites)

    def _open(self, site: Site) -> tuple[Span, ...]:
        opening = (site.opening(day.date()) for day in self._days(site.timezone))
        return tuple(merged(self._clipped(opening)))

    def _days(self, timezone: str) -> Iterator[datetime]:
        """The local days that the plan touches, and the one before (a shift may run over midnight)."""
        zone = ZoneInfo(timezone)
        day = self.snapshot.at.astimezone(zone) - timedelta(days=1)
        last = max(self.snapshot.until, self.snapshot.at).astimezone(zone)
        while day.date() <= last.date():
            yield day
            day += timedelta(days=1)

    def _clipped(self, windows: Iterable[TimeWindow]) -> Iterator[Span]:
        for window in windows:
            span = (max(0, self.seconds(window.start)), min(self.horizon_s, self.floor_seconds(window.end)))
            if span[0] < span[1]:
                yield span

    def _van_span(self, slot: AssetSlot, kind: RouteType) -> Span | None:
        """The longest time in which the van is on shift, its site open and nothing else planned for it; of one that has
        drafts that in which most of these begin."""
        opened, busy = self._open(self.site(slot.site_id)), [self._span(window) for window in slot.busy]
        free = [gap for duty in self._duties(slot, kind) for gap in duty.free(opened, busy)]
        begins = self._drafted_s.get(slot.asset_id, ())

        def rank(span: Span) -> tuple[int, int, int]:
            return sum(span[0] <= begin_s < span[1] for begin_s in begins), span[1] - span[0], -span[0]

        return max(free, key=rank, default=None)

    @cached_property
    def _drafted_s(self) -> dict[str, list[int]]:
        """When each asset's drafts begin."""
        found: dict[str, list[int]] = defaultdict(list)
        for one in self.snapshot.drafted:
            found[one.asset_id].append(self.seconds(one.start))
        return found

    def _duties(self, slot: AssetSlot, kind: RouteType) -> list[Duty]:
        """A van's shifts on the days of the plan."""
        site = self.site(slot.site_id)
        shifts = [shift(day.date().isoformat(), kind, site.timezone) for day in self._days(site.timezone)]
        return [self._duty(slot, kind, one, site.timezone) for one in shifts]

    def _duty(self, slot: AssetSlot, kind: RouteType, whole: TimeWindow, timezone: str) -> Duty:
        routes = [self._span(w) for w in (*slot.out, *slot.busy) if whole.start <= w.start < whole.end]
        stated = kind.driver_break
        had = any(whole.start <= rest.start < whole.end for rest in slot.rests)
        begins = None if stated is None or had else stated.begins(whole.start, timezone)
        rest = None
        if stated is not None and begins is not None:
            rest = Break(stated.lasts_s, self.seconds(begins.start), self.floor_seconds(begins.end))
        span = self.seconds(whole.start), self.floor_seconds(whole.end)
        return Duty(span, tuple(sorted(routes)), int(kind.max_shift_s), self.horizon_s, rest)

    def _span(self, window: TimeWindow) -> Span:
        return self.floor_seconds(window.start), self.seconds(window.end)

    def _free(self, locker: Locker) -> dict[CompartmentSize, int]:
        held = self.snapshot.held.get(locker.locker_id, ())
        return {size: max(0, locker.count(size) - self._peak(held, size)) for size in CompartmentSize}

    def _peak(self, held: Sequence[Held], size: CompartmentSize) -> int:
        """The most compartments of the size that are held at once from now on."""
        spans = [h.window for h in held if h.size is size and h.window.end > self.snapshot.at]
        return max((sum(w.start <= s.start < w.end or w is s for w in spans) for s in spans), default=0)


def is_delivery(order: Order) -> bool:
    """Whether the parcel goes from us to the recipient."""
    return order.direction is Direction.DELIVERY


def stay_fee(station: Station, walk_m: float) -> float:
    """What a parcel's stay in the locker costs, walk credit included."""
    return kind_of(station.type.kind).trip_cost(station.type, TripFigures(distance_m=walk_m))
