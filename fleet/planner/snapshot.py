"""What a plan is made from: the parcels still to be planned, the assets with what they are already committed to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from fleet.domain.energy import EnergyTrack
from fleet.feasibility.approvals import Sent
from fleet.feasibility.context import Context
from fleet.protocol.values import CompartmentSize, Order, Reason, TimeWindow


@dataclass(frozen=True)
class AssetSlot:
    """One asset that may be planned: of a type, standing at a site (a locker at itself), free when not ``busy``.

    ``soc`` is its state of charge (0 to 1) now; ``takes`` is what it may still draw of a full battery in each of the
    times in ``busy``, ``needs`` the least to begin each with (empty: nothing). ``charges``: whether it can be charged
    between its trips, as far as is known. ``day_paid``: it has been out
    today or has a route anyway, so that one more costs no new fixed day (vans). ``assumes``: what it is planned by
    without being known, such as ``soc``. ``energy`` is what its trips have taught of what it takes; none while nothing
    has.

    Of a van, whose routes of one shift count together: ``out`` is when those were out that are over, ``rests`` are the
    breaks that its driver has had on these or has on those in ``busy``, and ``drawn`` is what these take of a full
    battery beyond ``soc``, which was told before they did.
    """

    asset_id: str
    type_id: str
    site_id: str
    busy: tuple[TimeWindow, ...] = ()
    soc: float = 1.0
    takes: tuple[float, ...] = ()
    needs: tuple[float, ...] = ()
    charges: bool = True
    state_of_health: float = 1.0
    day_paid: bool = False
    assumes: frozenset[str] = frozenset()
    energy: EnergyTrack | None = None
    out: tuple[TimeWindow, ...] = ()
    rests: tuple[TimeWindow, ...] = ()
    drawn: float = 0.0


@dataclass(frozen=True)
class PassedOver:
    """An asset that can't be planned, as something about it is not known: what."""

    asset_id: str
    type_id: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Held:
    """A compartment that is already taken or kept, over a time."""

    size: CompartmentSize
    window: TimeWindow


@dataclass(frozen=True)
class DraftedStop:
    """Where a drafted mission sets parcels down or takes them in: into a locker, or at the door (none)."""

    locker_id: str | None
    order_ids: tuple[str, ...]


@dataclass(frozen=True)
class Drafted:
    """A mission of the plan in force that may still be changed: nobody was shown it, and it was not sent.

    ``start`` is when loading begins. Its parcels are among the snapshot's orders, and its asset is free in its time.
    ``revision`` says as of when it is looked at. ``end`` is when a van is back as far as is known, which its other
    trips leave it; none: as the planner works it out.
    """

    mission_id: str
    revision: int
    asset_id: str
    start: datetime
    stops: tuple[DraftedStop, ...]
    end: datetime | None = None

    @property
    def order_ids(self) -> tuple[str, ...]:
        """The parcels that it brings."""
        return tuple(order_id for stop in self.stops for order_id in stop.order_ids)


@dataclass(frozen=True)
class Snapshot:
    """The planner's whole input, apart from seed and stop.

    ``at`` is the planning moment: nothing may start before it. ``until`` is the end of the day that is planned.
    ``standing`` says where a parcel must start from when that is no longer free to choose (order id to site id).
    ``excluded`` lists modes that have failed for a parcel and are not tried again (order id to kinds).
    ``sent`` are the sorties of today that are over, out or drafted already: they count where only so many may be made.
    ``passed_over`` are assets that would be here if enough were known of them: named where nothing else is there.
    ``packs`` are the states of charge of the packs that lie at a site and are not full, by site and type; those of the
    fleet's ``spare_packs`` that are not in it are.
    ``drafted`` is the part of the plan in force that is looked at again: the plan begins with it, and each of these
    missions that does not stay as it is costs the fleet's ``change_price``.
    """

    snapshot_id: str
    at: datetime
    until: datetime
    orders: tuple[Order, ...]
    assets: tuple[AssetSlot, ...]
    context: Context
    held: Mapping[str, tuple[Held, ...]] = field(default_factory=dict)
    standing: Mapping[str, str] = field(default_factory=dict)
    excluded: Mapping[str, frozenset[str]] = field(default_factory=dict)
    sent: tuple[Sent, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()
    packs: Mapping[tuple[str, str], tuple[float, ...]] = field(default_factory=dict)
    drafted: tuple[Drafted, ...] = ()
