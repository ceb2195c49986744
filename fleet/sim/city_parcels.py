"""The parcels of the demo's day: what is ordered where, so that every mode has work that suits it.

Each lot is a sort of demand. Which mode serves a parcel is the planner's choice; a lot only says what kind of parcel
it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from random import Random
from typing import Any, Final, NamedTuple

from fleet.sim.city_map import (
    LOCKERS,
    RING_SITE,
    SUBURBS,
    TOWN,
    VILLAGES,
    LockerSketch,
    Quarter,
    Spot,
    addresses,
)

Draw = Callable[[Random], Mapping[str, Any]]

WINDOWS: Final = ((0.0, 1.0), (0.0, 1.0), (0.0, 1.0), (0.0, 0.55), (0.2, 0.75), (0.35, 1.0))
"""Delivery windows as shares of the time up to the last one's end; half of the recipients are there all along."""

LATER_SHARE: Final = 0.1
LATER_READY: Final = (0.1, 0.5)
"""When a parcel that comes in during the day is ready, as shares of that same time."""


@dataclass(frozen=True)
class Parcel:
    """A parcel on the plan. ``window`` and ``ready`` are shares of the time in which deliveries are promised;
    ``ready`` is none for what stood at its site in the morning."""

    spot: Spot
    quarter: str
    window: tuple[float, float] = (0.0, 1.0)
    ready: float | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


class Lot(NamedTuple):
    """A sort of demand: its share of all parcels, where it is, and what it is."""

    share: float
    where: Callable[[Random], Iterator[tuple[Spot, str]]]
    what: Draw


class Hamlet(NamedTuple):
    """Farms near the end of the drones' range, at a bearing on the plan from ``RING_SITE``.

    ``limit_m`` is the farthest that a drone may go there with ``RING_PARCEL`` and the full energy margin;
    ``shares`` say how far the farms are, as shares of that. They lie densest where half the margin lets a drone go, the
    flight truly takes some Wh more than its reserve allows, and the monitor can't see so while the drone could still
    turn round: nearer than that the reserve holds, farther out it is called back a quarter of the way there.
    """

    name: str
    bearing_deg: float
    limit_m: float
    shares: tuple[float, ...]


HALF_MARGIN_REACH: Final = 1.0574
"""How many times as far a drone may go to the hamlets with half the energy margin."""

HAMLETS: Final = (
    Hamlet("Fonte Fria", 120.0, 7716.0, (0.982, 0.997)),
    Hamlet("Casal Novo", 103.0, 7736.0, (0.989, 1.014)),
    Hamlet("Lomba", 148.0, 7652.0, (1.0333, 1.0347, 1.0365, 1.0380, 1.0390)),
    Hamlet("Vale Longo", 55.0, 7634.0, (1.061,)),
)
"""Nothing on the last five kilometres home from Lomba is nearer than home: who finds itself short there flies on."""
RING_PARCEL: Final = {
    "weight_kg": 1.0,
    "length_m": 0.3,
    "width_m": 0.2,
    "height_m": 0.1,
    "service_minutes": 6.0,
}
RING_MOST: Final = sum(len(hamlet.shares) for hamlet in HAMLETS)
FARM_SPREAD_DEG: Final = 2.5
PARCELS_PER_FARM: Final = 15
FARM_WINDOW: Final = (0.0, 0.9)
"""Over early enough for a van to be back from out there before the day ends."""


def draw_parcels(count: int, rng: Random) -> tuple[list[Parcel], list[Parcel]]:
    """The parcels that are known in the morning, and those that come in later, in the order of their coming."""
    farms = _farms(min(RING_MOST, count // PARCELS_PER_FARM))
    others = [
        parcel for lot, number in _numbers(count - len(farms)) for parcel in islice(_lot(lot, rng), number)
    ]
    rng.shuffle(others)
    later = round(count * LATER_SHARE)
    known = [*farms, *others[later:]]
    rng.shuffle(known)
    return known, sorted((_later(each, rng) for each in others[:later]), key=lambda each: each.ready or 0.0)


def farms_of(hamlet: Hamlet) -> Iterator[Spot]:
    """Where a hamlet's farms lie: on either side of its bearing, so that no two are neighbours on the same ray."""
    for index, share in enumerate(hamlet.shares):
        side = FARM_SPREAD_DEG * (index - (len(hamlet.shares) - 1) / 2)
        yield RING_SITE.spot.towards(hamlet.bearing_deg + side, share * hamlet.limit_m)


def _farms(count: int) -> list[Parcel]:
    """That many of the farms, spread over all of them."""
    farms = [(spot, hamlet.name) for hamlet in HAMLETS for spot in farms_of(hamlet)]
    chosen = [farms[index * len(farms) // count] for index in range(count)]
    return [Parcel(spot, name, FARM_WINDOW, details=RING_PARCEL) for spot, name in chosen]


def _numbers(count: int) -> Iterator[tuple[Lot, int]]:
    """How many parcels each lot has, rounded so that the sum is right."""
    given, owed, whole = 0, 0.0, sum(lot.share for lot in LOTS)
    for lot in LOTS:
        owed += count * lot.share / whole
        number = round(owed) - given
        given += number
        yield lot, number


def _lot(lot: Lot, rng: Random) -> Iterator[Parcel]:
    for spot, name in lot.where(rng):
        yield Parcel(spot, name, rng.choice(WINDOWS), details=lot.what(rng))


def _later(parcel: Parcel, rng: Random) -> Parcel:
    ready = rng.uniform(*LATER_READY)
    return Parcel(parcel.spot, parcel.quarter, (ready, 1.0), ready, parcel.details)


# Where


def _anywhere(quarters: Sequence[Quarter]) -> Callable[[Random], Iterator[tuple[Spot, str]]]:
    def draw(rng: Random) -> Iterator[tuple[Spot, str]]:
        endless = {quarter.name: addresses(quarter, rng) for quarter in quarters}
        while True:
            name = rng.choice(quarters).name
            yield next(endless[name]), name

    return draw


def _near_lockers(rng: Random) -> Iterator[tuple[Spot, str]]:
    """Within a few minutes' walk of a locker in town or a suburb."""
    around = {locker: addresses(Quarter(locker.name, locker.spot, 190.0), rng) for locker in _TOWN_LOCKERS}
    while True:
        locker = rng.choice(_TOWN_LOCKERS)
        yield next(around[locker]), locker.name


_TOWN_LOCKERS: Final[tuple[LockerSketch, ...]] = LOCKERS[:-1]


# What


def _box(rng: Random, weight_kg: tuple[float, float], longest_m: tuple[float, float]) -> dict[str, Any]:
    length = rng.uniform(*longest_m)
    return {
        "weight_kg": round(rng.uniform(*weight_kg), 2),
        "length_m": round(length, 2),
        "width_m": round(length * rng.uniform(0.6, 0.75), 2),
        "height_m": round(length * rng.uniform(0.3, 0.55), 2),
        "value_eur": round(rng.lognormvariate(3.4, 0.8), 2),
    }


def _light(rng: Random) -> dict[str, Any]:
    goods = rng.choice(("standard", "standard", "standard", "fragile", "chilled"))
    return {**_box(rng, (0.3, 2.3), (0.2, 0.38)), "goods": goods}


def _midsize(rng: Random) -> dict[str, Any]:
    """Too heavy for a drone, or not allowed in the air, or to be signed for: right for a robot."""
    why = rng.choice(("heavy", "heavy", "lithium", "signature"))
    weight = (2.7, 8.5) if why == "heavy" else (0.4, 4.0)
    extra = {"lithium": {"goods": "lithium"}, "signature": {"service": "signature"}}.get(why, {})
    return {**_box(rng, weight, (0.24, 0.44)), "service_minutes": 4.0, **extra}


def _lockerable(rng: Random) -> dict[str, Any]:
    goods = rng.choice(("standard", "standard", "standard", "fragile", "lithium"))
    return {**_box(rng, (0.3, 9.0), (0.18, 0.42)), "goods": goods, "locker_ok": True}


def _bulky(rng: Random) -> dict[str, Any]:
    return _box(rng, (12.0, 28.0), (0.6, 0.9))


def _handled(direction: str) -> Draw:
    return lambda rng: {**_box(rng, (0.5, 12.0), (0.2, 0.5)), "direction": direction}


def _adult(rng: Random) -> dict[str, Any]:
    return {**_box(rng, (1.2, 9.0), (0.3, 0.42)), "goods": "fragile", "min_age": 18, "service": "signature"}


def _dangerous(rng: Random) -> dict[str, Any]:
    return {**_box(rng, (0.8, 6.0), (0.2, 0.36)), "goods": "dangerous", "service": "signature"}


def _white_glove(rng: Random) -> dict[str, Any]:
    box = _box(rng, (32.0, 60.0), (0.8, 1.2))
    return {**box, "service": "white_glove", "crew": 2, "service_minutes": 15.0}


LOTS: Final = (
    Lot(0.225, _anywhere(SUBURBS), _light),
    Lot(0.035, _anywhere(VILLAGES), _light),
    Lot(0.24, _anywhere(TOWN), _midsize),
    Lot(0.275, _near_lockers, _lockerable),
    Lot(0.06, _anywhere((*TOWN, *SUBURBS)), _handled("pickup")),
    Lot(0.045, _anywhere((*TOWN, *SUBURBS)), _handled("return")),
    Lot(0.05, _anywhere((*TOWN, *SUBURBS)), _bulky),
    Lot(0.03, _anywhere((*TOWN, *SUBURBS)), _adult),
    Lot(0.02, _anywhere((*TOWN, *SUBURBS)), _dangerous),
    Lot(0.02, _anywhere(TOWN), _white_glove),
)
"""The day's demand besides the farms."""
