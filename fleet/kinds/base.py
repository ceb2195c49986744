"""What a kind of asset is: its archetype, the questions asked before it goes, and how its cost is counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from fleet.domain.fleet import AssetType, Emissions, LinkTimes, Rates, StationType

Archetype = Literal["sortie", "route", "station"]
"""Out and back with one parcel; a drive of many stops; a place that stays where it is."""

TravelProfile = Literal["air", "walk", "drive", "none"]
"""What it moves along: straight through the air, footways, streets, or nothing."""


@dataclass(frozen=True, slots=True)
class TripFigures:
    """What one trip takes, as far as it costs money.

    For a station the trip is the stay of the parcels, and ``distance_m`` the recipient's walk there. ``day_paid``:
    the rate per trip has been paid by an earlier trip, as by a van's first route of a day.
    """

    duration_s: float = 0.0
    distance_m: float = 0.0
    energy_wh: float = 0.0
    parcels: int = 1
    day_paid: bool = False


CostRule = Callable[[AssetType, TripFigures], float]
"""From a type with its rates and a trip to money, in major units of the fleet's currency."""


CREDIT = "credit"
"""The component of what a kind counts beyond its rates, such as a recipient's walk to a locker."""


CO2 = "co2"
"""The component of what emissions count at their price."""

NO_MONEY = 1e-9
"""What is left where a part is taken out of a sum that is nothing else."""


def emissions_of(asset_type: AssetType) -> Emissions | None:
    """What a type's trips emit; none where nobody says, and for what stays where it is."""
    return None if isinstance(asset_type, StationType) else asset_type.emissions


def rate_parts(rates: Rates, trip: TripFigures) -> dict[str, float]:
    """What each of the five rates comes to, by what it counts, in major units of the fleet's currency."""
    return {
        "trip": 0.0 if trip.day_paid else rates.per_trip,
        "time": rates.per_hour * trip.duration_s / 3600,
        "distance": rates.per_km * trip.distance_m / 1000,
        "energy": rates.per_kwh * trip.energy_wh / 1000,
        "parcel": rates.per_parcel * trip.parcels,
    }


def trip_rates(rates: Rates, trip: TripFigures) -> float:
    """The plain sum of all five rates, in major units of the fleet's currency."""
    return sum(rate_parts(rates, trip).values())


def moving_cost(asset_type: AssetType, trip: TripFigures) -> float:
    """The cost of a trip of something that moves: the plain sum of the rates."""
    return trip_rates(asset_type.rates, trip)


class ByItself(StrEnum):
    """What an asset does by itself once it hears nothing from the hub."""

    RETURN_HOME = "return_home"
    """Fly the way back that its mission names, and land at home."""
    STAND_STILL = "stand_still"
    """Stop where it is in nobody's way, and wait until it hears something."""
    GO_ON = "go_on"
    """Do its mission as it stands; report everything later."""
    WORK_OFFLINE = "work_offline"
    """Serve people as ever, from what it knows; report everything later."""


@dataclass(frozen=True, slots=True)
class LostLink:
    """What happens when an asset and the hub do not hear each other; times in seconds of business time.

    The hub's part: an asset under way counts as lost after ``silent_s``, one that was sent a mission and has not begun
    after ``waiting_s`` (it speaks seldom); from then on nothing is released to it, its mission stays with it, and an
    exception is open. Still silent ``missing_s`` later, an operator must look for it. ``None``: its silence alone means
    nothing.

    The asset's part: what it does ``by_itself``, at the latest ``by_itself_after_s`` after it last heard the hub.
    """

    silent_s: float | None
    waiting_s: float | None
    missing_s: float | None
    by_itself: ByItself
    by_itself_after_s: float

    def with_times(self, times: LinkTimes | None) -> LostLink:
        """The same with the times of a type that has its own."""
        stated = {} if times is None else times.model_dump(exclude_none=True)
        return replace(self, **stated)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of asset. One file in this package, or one entry point, defines it; nothing else names it.

    ``questions`` are names in the table of ``fleet.feasibility.questions``, in the order in which their
    reasons are to be shown. ``lost_link`` is what silence means. ``hovers``: in the air it
    can stay where it is, so that another may pass. ``cost`` counts what a trip costs. Whatever differs
    between two makes of a kind (weights, speeds, rates) belongs to the type in the fleet file instead.
    """

    name: str
    label: str
    archetype: Archetype
    profile: TravelProfile
    needs_airspace: bool
    questions: tuple[str, ...]
    lost_link: LostLink
    cost: CostRule = moving_cost
    hovers: bool = False

    def trip_cost(self, asset_type: AssetType, trip: TripFigures) -> float:
        """What the trip costs, in major units of the fleet's currency."""
        return self.cost(asset_type, trip)

    def trip_parts(self, asset_type: AssetType, trip: TripFigures) -> dict[str, float]:
        """The same by component, those that come to nothing left out: they add up to ``trip_cost``."""
        parts = rate_parts(asset_type.rates, trip)
        parts[CREDIT] = self.trip_cost(asset_type, trip) - sum(parts.values())
        found = emissions_of(asset_type)
        if found is not None:
            by_way = found.price_per_tonne / 1000 * found.kg(trip.distance_m, 0.0)
            by_energy = found.price_per_tonne / 1000 * found.kg(0.0, trip.energy_wh)
            parts["distance"] -= by_way
            parts["energy"] -= by_energy
            parts[CO2] = by_way + by_energy
        return {name: cost for name, cost in parts.items() if abs(cost) > NO_MONEY}
