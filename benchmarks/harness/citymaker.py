"""A city to plan for: depots with vans, sites with drones and robots, lockers, and parcels, all from one seed.

Distances are of streets, 1.3 times the straight line; drones fly straight and around nothing: where a no-fly area lies
in between they can't go. Figures are of the order of those of services that publish theirs; money is in euros.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.harness.cells import Cells, nearest
from fleet.planner.city import City, Groups, Lockers, LockerWays, Parcels, SortieWays
from fleet.planner.legs import Straight
from fleet.planner.routing import VanType

Floats = npt.NDArray[np.float64]
Indexes = npt.NDArray[np.int64]

DAY_S, SLOT_S = 36000.0, 7200.0
DETOUR, VAN_M_S = 1.3, 8.0
AREA_M2 = 100_000.0
"""Of the city, for each parcel."""
DEPOT_OF, SITE_OF, LOCKER_OF = 2500, 250, 50
"""Parcels for each depot, each site and each locker."""
ONE_TOWN = 100_000
"""Of more parcels the depots lie everywhere, as in a region; up to so many they lie rather in the middle."""
ROWS = 4096
"""Parcels that are held against all depots at a time."""
BOXES = (10, 7, 3)
WALK_M = 900.0
CONSENT = 0.6
"""How far a locker may be from the door, and who consents to one."""


@dataclass(frozen=True)
class Kind:
    """A kind of machine: how many at a site, at how many sites (of each so many), how many may be away and charge, how
    heavy a parcel may be (kg), how far it goes (m), speed (m/s), on the street or straight, loading and handing over
    (s), seconds on the charger for each second away, price of a trip and of a metre there."""

    machines: int
    every: int
    away: int
    chargers: int
    weight: float
    reach: float
    speed: float
    streets: bool
    load_s: float
    charging: float
    fixed: float
    per_metre: float


DRONE = Kind(3, 1, 2, 2, 2.5, 6000.0, 15.0, False, 60.0, 0.9, 0.5, 8e-5)
ROBOT = Kind(3, 2, 3, 2, 10.0, 1800.0, 1.5, True, 90.0, 0.4, 0.55, 1.2e-4)


def made(parcels: int, seed: int, pilots: int | None = None) -> City:
    """A city with so many parcels; the remote ``pilots`` of a site supervise at most so many of its machines of a kind
    that are away at a time, or (none) as many as the kind says. Nothing else differs."""
    rng = np.random.default_rng(seed)
    side = float(np.sqrt(AREA_M2 * parcels))
    depots = _points(rng, max(1, round(parcels / DEPOT_OF)), side, middle=parcels <= ONE_TOWN)
    sites = _points(rng, max(1, round(parcels / SITE_OF)), side, middle=False)
    doors = _doors(rng, parcels, side)
    lockers = doors[rng.permutation(parcels)[: max(1, round(parcels / LOCKER_OF))]] + 50.0
    columns = _parcels(rng, _nearest_of(doors, depots), len(depots))
    everywhere = np.concatenate((depots, lockers, doors)) * DETOUR
    legs = Straight(everywhere[:, 0], everywhere[:, 1], seconds_per_metre=1.0 / VAN_M_S)
    slots = np.arange(0.0, DAY_S + 1.0, SLOT_S)
    areas = max(1, parcels // 500)
    centres, radii = _points(rng, areas, side, middle=False), rng.uniform(400.0, 1200.0, areas)
    air = Air(Cells(centres, 3000.0), radii)
    groups, sorties = _machines(sites, lockers, doors, columns, air, pilots)
    return City(
        legs,
        columns,
        tuple(van for depot in range(len(depots)) for van in _vans(depot, parcels, len(depots))),
        slots,
        _lockers(rng, len(depots), len(lockers), len(slots) - 1),
        _locker_ways(rng, lockers, doors),
        groups,
        sorties,
    )


def _points(rng: np.random.Generator, count: int, side: float, *, middle: bool) -> Floats:
    """Places all over the city, or rather in the middle."""
    inset = 0.25 * side if middle else 0.05 * side
    return np.asarray(rng.uniform(inset, side - inset, (count, 2)))


def _doors(rng: np.random.Generator, count: int, side: float) -> Floats:
    """Two of three around centres, the others anywhere."""
    centres = rng.uniform(0.1 * side, 0.9 * side, (max(2, count // 40), 2))
    around = centres[rng.integers(0, len(centres), count)] + rng.normal(0.0, 500.0, (count, 2))
    anywhere = rng.uniform(0.0, side, (count, 2))
    return np.clip(np.where(rng.random((count, 1)) < 2 / 3, around, anywhere), 0.0, side)


def _nearest_of(some: Floats, others: Floats) -> Indexes:
    """The nearest of a few others, some rows at a time."""
    parts = [some[first : first + ROWS] for first in range(0, len(some), ROWS)]
    far = (np.hypot(*(part[:, None] - others[None]).transpose(2, 0, 1)) for part in parts)
    return np.concatenate([np.argmin(table, axis=1) for table in far])


def _parcels(rng: np.random.Generator, depot: npt.NDArray[np.int64], depots: int) -> Parcels:
    """Loads, windows of two to four hours for three of five, and the depot where each stands."""
    count = len(depot)
    weight = np.round(np.clip(rng.lognormal(0.6, 0.9, count), 0.1, 25.0), 2)
    volume = np.round(weight * rng.uniform(2.0, 8.0, count), 1)
    opens = np.round(rng.uniform(0.0, DAY_S - 10800.0, count))
    closes = np.minimum(opens + np.round(rng.uniform(7200.0, 14400.0, count)), DAY_S)
    windowed = rng.random(count) < 0.6
    size = np.searchsorted([12.0, 40.0], volume).astype(np.int64)
    return Parcels(
        place=depots + max(1, round(count / LOCKER_OF)) + np.arange(count),
        opens=np.where(windowed, opens, 0.0),
        closes=np.where(windowed, closes, DAY_S),
        service=np.full(count, 150.0),
        weight=weight,
        volume=volume,
        size=size,
        kept=np.where(rng.random(count) < 0.3, np.round(rng.uniform(14400.0, DAY_S, count)), DAY_S),
        needs=np.zeros(count, np.int64),
        penalty=np.full(count, 50.0),
        depot=depot,
    )


def _vans(depot: int, parcels: int, depots: int) -> tuple[VanType, VanType]:
    """Large vans from morning on, small ones for the later day."""
    count = parcels // (25 * depots) + 3
    large = VanType(depot, depot, count, 1, 320.0, 1600.0, 60.0, 2.2e-4, 0.0045, 0.0, 30600.0)
    small = VanType(depot, depot, count, 1, 160.0, 700.0, 42.0, 1.6e-4, 0.0045, 7200.0, DAY_S)
    return large, small


def _lockers(rng: np.random.Generator, depots: int, count: int, slots: int) -> Lockers:
    """Compartments, of which some are still taken in the morning and become free one after the other."""
    room = np.empty((count, len(BOXES), slots), np.int64)
    for size, boxes in enumerate(BOXES):
        taken = rng.binomial(boxes, 0.25, count)
        for slot in range(slots):
            taken = np.minimum(taken, rng.binomial(boxes, 0.25 / (slot + 1), count)) if slot else taken
            room[:, size, slot] = boxes - taken
    each, stop = np.full(count, 20.0), np.full(count, 180.0)
    return Lockers(depots + np.arange(count), room, np.full(count, 120.0), stop, each)


def _locker_ways(rng: np.random.Generator, lockers: Floats, doors: Floats) -> LockerWays:
    """The three nearest lockers within a walk of those who consent; the price is what the recipient is given for it."""
    near, far = nearest(doors, lockers, 3, WALK_M)
    consent = rng.random(len(doors)) < CONSENT
    parcel, rank = np.nonzero((near >= 0) & consent[:, None])
    cost = 0.25 + 5e-4 * far[parcel, rank]
    return LockerWays(parcel, near[parcel, rank], cost, np.zeros(len(parcel)), np.full(len(parcel), DAY_S))


@dataclass(frozen=True, eq=False)
class Air:
    """Areas in which no drone may fly: centres and radii (m)."""

    cells: Cells
    radius: Floats

    def crossed(self, site: Floats, targets: Floats, reach: float) -> npt.NDArray[np.bool_]:
        """Whether the straight line from a site to each target, none farther than the reach, meets an area."""
        crosses = np.zeros(len(targets), bool)
        way = targets - site
        length = np.maximum((way * way).sum(axis=1), 1e-9)
        for area in self.cells.around(site, reach + float(np.max(self.radius))):
            centre = self.cells.points[area]
            share = np.clip(((centre - site) * way).sum(axis=1) / length, 0.0, 1.0)
            crosses |= np.hypot(*(site + share[:, None] * way - centre).T) < self.radius[area]
        return crosses


def _machines(
    sites: Floats, lockers: Floats, doors: Floats, parcels: Parcels, air: Air, pilots: int | None
) -> tuple[Groups, SortieWays]:
    """Drones at each site and robots at every second one; to doors, and drones to the ports of every other locker."""
    kinds = [(kind, site) for kind in (DRONE, ROBOT) for site in range(0, len(sites), kind.every)]
    groups = Groups(
        machines=np.array([kind.machines for kind, _ in kinds]),
        opens=np.full(len(kinds), 1800.0),
        closes=np.full(len(kinds), DAY_S - 1800.0),
        away=np.array([kind.away if pilots is None else min(kind.machines, pilots) for kind, _ in kinds]),
        chargers=np.array([kind.chargers for kind, _ in kinds]),
    )
    cells, ports = Cells(doors, DRONE.reach / 4.0), _Ports(lockers, doors)
    rows = []
    for number, (kind, site) in enumerate(kinds):
        near = cells.around(sites[site], kind.reach)
        rows.append(_sorties(number, kind, sites[site], near, doors[near], parcels.weight, air))
    for number, (kind, site) in enumerate(kinds):
        if not kind.streets:
            rows.append(ports.sorties(number, kind, sites[site], parcels.weight, air))
    return groups, SortieWays(*(np.concatenate(column) for column in zip(*rows, strict=True)))


Row = tuple[Indexes, Indexes, Floats, Floats, Floats, Floats, Indexes]


def _sorties(
    number: int, kind: Kind, site: Floats, parcel: Indexes, targets: Floats, weight: Floats, air: Air
) -> Row:
    """To the target of each parcel, if it is in reach."""
    metres = np.hypot(*(targets - site).T) * (DETOUR if kind.streets else 1.0)
    able = (metres <= kind.reach) & (weight[parcel] <= kind.weight)
    if not kind.streets:
        able &= ~air.crossed(site, targets, kind.reach)
    parcel, metres = parcel[able], metres[able]
    there = kind.load_s + metres / kind.speed
    away = there + kind.load_s + metres / kind.speed
    cost = kind.fixed + 2.0 * kind.per_metre * metres
    charge = kind.charging * (away - kind.load_s)
    return parcel, np.full(len(parcel), number), there, away, charge, cost, np.full(len(parcel), -1)


class _Ports:
    """Lockers with a port, every other one, and for each door within a walk of one the nearest."""

    def __init__(self, lockers: Floats, doors: Floats) -> None:
        own, walk = nearest(doors, lockers[::2], 1, WALK_M)
        self.parcel = np.flatnonzero(own[:, 0] >= 0)
        self.locker, self.walk = 2 * own[self.parcel, 0], walk[self.parcel, 0]
        self.targets = lockers[self.locker]
        self.cells = Cells(self.targets, DRONE.reach / 4.0)

    def sorties(self, number: int, kind: Kind, site: Floats, weight: Floats, air: Air) -> Row:
        """To the ports in reach, for the parcels whose doors are near them."""
        near = self.cells.around(site, kind.reach)
        row = _sorties(number, kind, site, near, self.targets[near], weight[self.parcel], air)
        chosen, group, there, away, charge, cost, _ = row
        cost = cost + 0.25 + 5e-4 * self.walk[chosen]
        return self.parcel[chosen], group, there, away, charge, cost, self.locker[chosen]
