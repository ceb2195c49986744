"""What a question is asked about: a parcel and a type, a parcel and a locker, or a parcel on one exact
trip.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from fleet.domain.fleet import AssetType, SortieType, StationType
from fleet.domain.sites import Locker, Site
from fleet.feasibility.context import Context
from fleet.feasibility.trip import Trip
from fleet.protocol.values import Direction, Order

if TYPE_CHECKING:
    # Working a shape out asks the airspace, which asks about cases.
    from fleet.feasibility.shape import TripShape
    from fleet.feasibility.sky import Sky


@dataclass(frozen=True, slots=True)
class ParcelCase:
    """Could this type carry this parcel at all, whenever and wherever?"""

    ctx: Context
    order: Order
    asset_type: AssetType

    @property
    def source(self) -> str:
        """Where the type's limits come from, for a reason."""
        return f"type {self.asset_type.type_id} of the fleet file"

    @property
    def delivers(self) -> bool:
        """Whether the parcel goes out to the recipient (it comes in otherwise)."""
        return self.order.direction is Direction.DELIVERY


@dataclass(frozen=True, slots=True)
class LockerCase(ParcelCase):
    """May this parcel wait in this locker? ``walk_m`` is the recipient's way there, none where there is no
    way.
    """

    asset_type: StationType
    locker: Locker
    walk_m: float | None


@dataclass(frozen=True, slots=True)
class SortieCase(ParcelCase):
    """May this trip be made? ``shape`` and ``sky`` are what it was worked out from."""

    asset_type: SortieType
    site: Site
    locker: Locker | None
    trip: Trip
    shape: TripShape
    sky: Sky

    @property
    def loading_at(self) -> datetime:
        """When loading begins: ``load_s`` before the departure."""
        return self.trip.depart_at - timedelta(seconds=self.asset_type.load_s)
