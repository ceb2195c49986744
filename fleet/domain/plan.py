"""A plan: what serves each parcel, when, at which cost, and why. Its JSON form is the plan file, ``lastmile-plan/1``.

Times are UTC inside; money is in major units of ``currency`` (a plan is an estimate; bookings are in minor units).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from fleet.protocol.options import Option, Status
from fleet.protocol.values import (
    CompartmentSize,
    Fraction,
    Identifier,
    Latitude,
    Longitude,
    NonNegative,
    Reason,
    Time,
    TimeWindow,
    Value,
)


class Alternative(Value):
    """What another mode would have meant for a parcel.

    ``cost`` is what it would add to the rest of the plan. One that is feasible and costs less than the parcel's
    ``cost`` or ``saving`` says in its ``reasons`` why the plan does not use it.
    """

    mode: str
    verdict: Status
    cost: NonNegative | None
    reasons: tuple[Reason, ...] = ()


class Fallback(Value):
    """What happens to a parcel when its mode fails."""

    mode: str
    detail: str


class ParcelPlan(Value):
    """One parcel's part of the plan. ``mode`` is a kind, or ``unassigned``.

    ``cost`` adds up to the plan's total: on a van's route it is a share of that route. ``saving`` is what leaving the
    parcel out would save, everything else unchanged: that is what an alternative's cost compares with.
    """

    order_id: Identifier
    mode: str
    asset_id: Identifier | None = None
    locker_id: Identifier | None = None
    eta: Time | None = None
    eta_low: Time | None = None
    eta_high: Time | None = None
    late_s: Annotated[float | None, Field(ge=0, exclude_if=lambda late: late is None)] = None
    """By how much its service is planned to end after its window, where that is allowed; none: it ends in it."""
    cost: NonNegative = 0
    saving: NonNegative | None = None
    alternatives: tuple[Alternative, ...] = ()
    fallback: Fallback | None = None
    options: Annotated[tuple[Option, ...], Field(exclude_if=lambda options: not options)] = ()
    """Every way that it has; of parcels that were asked about alone."""


class PathPoint(Value):
    """A point of a sortie's path; ``alt_m`` is above mean sea level."""

    lon: Longitude
    lat: Latitude
    alt_m: float
    at: Time


class SortieDrop(Value):
    """Where and when a sortie hands its parcel over."""

    order_id: Identifier
    lon: Longitude
    lat: Latitude
    at: Time


class ChargeNeed(Value):
    """What a sortie counts for in its asset's charge, as shares of a full battery: what it draws with its margin, and
    the least that must be in it when it leaves. ``alternate_id`` is the alternate that this is enough for too."""

    drawn_soc: NonNegative
    needed_soc: NonNegative
    alternate_id: Annotated[Identifier | None, Field(exclude_if=lambda name: name is None)] = None


class SortiePlan(Value):
    """One out-and-back trip; its path runs from the site to the drop and back.

    ``worst_wh * (1 + margin) + reserve_wh <= usable_wh``: ``margin_wh`` is what is left to spare after both, and
    ``worst_wh`` the energy of a trip that ends at the alternate ``alternate_id`` where that is more than ``energy_wh``,
    else that. ``needs`` is its part in the charge of its asset.
    """

    model_config = ConfigDict(populate_by_name=True)

    sortie_id: Identifier
    kind: str
    asset_id: Identifier
    depot_id: Identifier
    order_ids: tuple[Identifier, ...]
    depart: Time
    return_at: Annotated[Time, Field(alias="return")]
    path: tuple[PathPoint, ...]
    drops: tuple[SortieDrop, ...]
    payload_kg: NonNegative
    energy_wh: NonNegative
    usable_wh: NonNegative
    reserve_wh: NonNegative
    margin_wh: NonNegative
    locker_id: Identifier | None = None
    recharged_at: Time | None = None
    worst_wh: Annotated[NonNegative | None, Field(exclude_if=lambda wh: wh is None)] = None
    alternate_id: Annotated[Identifier | None, Field(exclude_if=lambda name: name is None)] = None
    needs: Annotated[ChargeNeed | None, Field(exclude_if=lambda need: need is None)] = None


class ChargePlan(Value):
    """A battery filled at a site: on one of its chargers from ``start`` to ``end``, or changed for a full one by then
    (``swap``; the pack that was taken out is then charged for the next who comes). States of charge are what can be
    counted on: after each trip that it took its margin too.
    """

    asset_id: Identifier
    depot_id: Identifier
    start: Time
    end: Time
    soc_from: Fraction
    soc_to: Fraction
    swap: bool = False


class RouteStop(Value):
    """One stop of a van's route; ``site_id`` is set where it loads at one of our own sites on the way."""

    lon: Longitude
    lat: Latitude
    locker_id: Identifier | None = None
    site_id: Identifier | None = None
    deliver: tuple[Identifier, ...] = ()
    collect: tuple[Identifier, ...] = ()
    arrive: Time
    depart: Time


class RouteBreak(Value):
    """The driver's break on a route: behind so many stops, from when to when, and between which times it may begin."""

    after: Annotated[int, Field(ge=0)]
    start: Time
    end: Time
    begins: TimeWindow


class RoutePlan(Value):
    """One van's route from its depot and back to it. Where its type states a battery: what it is predicted to take,
    what the battery gives, the reserve, and what is left after the energy with its margin and the reserve."""

    route_id: Identifier
    asset_id: Identifier
    depot_id: Identifier
    start: Time
    end: Time
    distance_m: NonNegative
    cost: NonNegative
    stops: tuple[RouteStop, ...]
    energy_wh: Annotated[NonNegative | None, Field(exclude_if=lambda wh: wh is None)] = None
    usable_wh: Annotated[NonNegative | None, Field(exclude_if=lambda wh: wh is None)] = None
    reserve_wh: Annotated[NonNegative | None, Field(exclude_if=lambda wh: wh is None)] = None
    margin_wh: Annotated[NonNegative | None, Field(exclude_if=lambda wh: wh is None)] = None
    driver_break: Annotated[RouteBreak | None, Field(exclude_if=lambda rest: rest is None)] = None
    """None: the driver has none on the way."""


class Reservation(Value):
    """A compartment kept for a parcel over a time."""

    order_id: Identifier
    size: CompartmentSize
    start: Annotated[Time, Field(alias="from")]
    until: Time

    model_config = ConfigDict(populate_by_name=True)


class LockerPlan(Value):
    """All reservations at one locker."""

    locker_id: Identifier
    reservations: tuple[Reservation, ...]


class Unassigned(Value):
    """A parcel that nobody brings, why, and the smallest change that would serve it; of a repair of the plan in force
    how to have that tried."""

    order_id: Identifier
    reasons: tuple[Reason, ...]
    nearest_change: str


class CostSummary(Value):
    """The plan's cost, in all and by mode."""

    total: NonNegative
    by_mode: dict[str, NonNegative]


class Summary(Value):
    """The plan in a few figures. ``van_only_cost`` and ``greedy_cost`` are the same parcels planned in those two
    ways. No plan by the ways that were found costs less than ``bound``, with the objective's price for what is left.
    """

    parcels: int
    by_mode: dict[str, int]
    cost: CostSummary
    van_only_cost: NonNegative | None = None
    van_only_unassigned: int | None = None
    greedy_cost: NonNegative | None = None
    greedy_unassigned: int | None = None
    bound: Annotated[NonNegative | None, Field(exclude_if=lambda bound: bound is None)] = None


class Revised(Value):
    """A mission that was drafted before this plan and was looked at again with it, as of its ``revision``. One that is
    ``kept`` is in the plan under its own id; of any other the plan has made something else, or nothing, of its parcels.
    """

    mission_id: Identifier
    revision: int
    kept: bool


class Lost(Value):
    """Why a drafted mission can't bring a parcel any more."""

    order_id: Identifier
    why: tuple[Reason, ...]


class Plan(Value):
    """A whole plan, a draft until it is committed; ``snapshot_id`` says what it was made from. ``revised`` is the part
    of the plan in force that it began with, ``lost`` what of that did not hold any more."""

    format: Literal["lastmile-plan/1"] = "lastmile-plan/1"
    plan_id: Identifier
    snapshot_id: str
    made_at: Time
    at: Time
    seed: int
    seconds: NonNegative | None
    iterations: int | None = None
    zones_version: str
    currency: str
    assumptions: tuple[str, ...]
    summary: Summary
    parcels: tuple[ParcelPlan, ...]
    sorties: tuple[SortiePlan, ...]
    routes: tuple[RoutePlan, ...]
    lockers: tuple[LockerPlan, ...]
    unassigned: tuple[Unassigned, ...]
    charging: Annotated[tuple[ChargePlan, ...], Field(exclude_if=lambda charges: not charges)] = ()
    revised: Annotated[tuple[Revised, ...], Field(exclude_if=lambda missions: not missions)] = ()
    lost: Annotated[tuple[Lost, ...], Field(exclude_if=lambda parcels: not parcels)] = ()
