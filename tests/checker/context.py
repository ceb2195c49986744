"""Everything that a rule looks at: the plan and the inputs that it was made from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo
from functools import cached_property
from zoneinfo import ZoneInfo

from tests.checker.document import Charge, Parcel, Plan, Reservation, Route, Sortie
from tests.checker.fleet import FleetFacts, RouteFacts, SortieFacts
from tests.checker.inputs import Locker, Observation, Order, Site
from tests.checker.streets import Streets
from tests.checker.zones import Zone


@dataclass(frozen=True)
class Case:
    """One plan under check."""

    plan: Plan
    orders: dict[str, Order]
    sites: dict[str, Site]
    lockers: dict[str, Locker]
    fleet: FleetFacts
    zones: tuple[Zone, ...]
    weather: tuple[Observation, ...]
    streets: Streets | None = None
    """The map that the plan was made on; none where it was made by estimates."""

    @cached_property
    def parcels(self) -> dict[str, Parcel]:
        """The plan's parcels by order id."""
        return {parcel.order_id: parcel for parcel in self.plan.parcels}

    @cached_property
    def reservations(self) -> dict[str, list[Reservation]]:
        """All reservations of each locker."""
        found: dict[str, list[Reservation]] = defaultdict(list)
        for reservation in self.plan.reservations:
            found[reservation.locker_id].append(reservation)
        return found

    @cached_property
    def sorties_of(self) -> dict[str, list[Sortie]]:
        """Each asset's sorties in the order of their departure."""
        found: dict[str, list[Sortie]] = defaultdict(list)
        for sortie in sorted(self.plan.sorties, key=lambda s: s.depart):
            found[sortie.asset_id].append(sortie)
        return found

    @cached_property
    def charges_of(self) -> dict[str, list[Charge]]:
        """Each asset's stated charges in order."""
        found: dict[str, list[Charge]] = defaultdict(list)
        for charge in sorted(self.plan.charging, key=lambda c: c.start):
            found[charge.asset_id].append(charge)
        return found

    def facts(self, sortie: Sortie) -> SortieFacts:
        """The figures of the type that makes a sortie."""
        return self.fleet.sortie_type(sortie.kind, sortie.asset_id, self.sites[sortie.depot_id])

    def trips(self) -> Iterator[tuple[Sortie, SortieFacts]]:
        """Each sortie with its type's figures."""
        for sortie in self.plan.sorties:
            yield sortie, self.facts(sortie)

    def drives(self) -> Iterator[tuple[Route, RouteFacts]]:
        """Each route with its type's figures."""
        for route in self.plan.routes:
            yield route, self.fleet.route_type(route.asset_id, self.sites[route.depot_id])

    def local_time(self, site_id: str) -> tzinfo:
        """A site's own time zone, else the plan's."""
        name = self.sites[site_id].zone_name
        return ZoneInfo(name) if name else self.fleet.local_time(self.orders)

    def order(self, order_id: str) -> Order:
        """An order of the input."""
        return self.orders[order_id]
