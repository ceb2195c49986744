"""Exact verdicts: one parcel on one sortie, in one type of route vehicle, in one locker."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from fleet.domain.fleet import RouteType, SortieType, StationType
from fleet.domain.sites import Locker, Site
from fleet.energy.learning import Appetite
from fleet.feasibility.case import LockerCase, ParcelCase, SortieCase
from fleet.feasibility.context import Context
from fleet.feasibility.locker import smallest_fit
from fleet.feasibility.motion import Departure, plan_trip
from fleet.feasibility.questions import answers_of_locker, answers_of_parcel, answers_of_sortie
from fleet.feasibility.trip import Trip
from fleet.feasibility.verdict import Verdict, combine, feasible
from fleet.kinds import kind_of
from fleet.protocol.values import CompartmentSize, Order, Place


@dataclass(frozen=True, slots=True)
class SortieAssessment:
    """The verdict on a sortie, and the trip that it is about (none where no trip could be worked out)."""

    verdict: Verdict
    trip: Trip | None


@dataclass(frozen=True, slots=True)
class LockerAssessment:
    """The verdict on a locker, the smallest size class that fits, and the recipient's walk in metres.

    ``size`` is none where nothing fits; ``walk_m`` is infinite where there is no way on foot.
    """

    verdict: Verdict
    size: CompartmentSize | None
    walk_m: float


def assess_sortie(
    ctx: Context,
    order: Order,
    asset_type: SortieType,
    site: Site,
    depart_at: datetime,
    *,
    locker: Locker | None = None,
    soc: float = 1.0,
    state_of_health: float = 1.0,
    via: tuple[Place, ...] = (),
    appetite: Appetite | None = None,
) -> SortieAssessment:
    """May an asset of this type leave ``site`` at ``depart_at`` with this parcel (or to fetch it)?

    Loading takes the type's ``load_s`` before ``depart_at``. With ``locker`` the parcel goes there instead
    of to the recipient's door; whether a compartment fits is ``assess_locker``'s part. ``via``: it flies by way
    of these points instead of the way that is otherwise chosen. ``appetite`` is what is to be allowed for the asset
    (none: for a new one of its type). All of the kind's questions are answered, so that
    every obstacle is named, not the first one only.
    """
    ctx = ctx.of(asset_type)
    kind = kind_of(asset_type.kind)
    parcel = answers_of_parcel(kind, ParcelCase(ctx, order, asset_type))
    departure = Departure(site, depart_at, locker, soc, state_of_health, via, appetite)
    planned = plan_trip(ctx, order, asset_type, departure)
    if isinstance(planned, Verdict):
        return SortieAssessment(combine((*parcel, planned)), None)
    trip = planned.trip
    case = SortieCase(ctx, order, asset_type, site, locker, trip, planned.shape, planned.sky)
    verdict = combine((*parcel, feasible(*trip.assumptions), *answers_of_sortie(kind, case)))
    return SortieAssessment(verdict, replace(trip, assumptions=trip.assumptions | verdict.assumptions))


def assess_route(ctx: Context, order: Order, asset_type: RouteType) -> Verdict:
    """Could a vehicle of this type carry the parcel on a route? Its times, and the shift's, are the
    router's part.
    """
    kind = kind_of(asset_type.kind)
    return combine(answers_of_parcel(kind, ParcelCase(ctx, order, asset_type)))


def assess_locker(ctx: Context, order: Order, locker: Locker, locker_type: StationType) -> LockerAssessment:
    """May the parcel wait in this locker? Whether a compartment is free at the time is the planner's part."""
    kind = kind_of(locker_type.kind)
    leg = ctx.network.leg(order.place, locker.place, "walk")
    walk_m = None if leg is None else leg.distance_m
    case = LockerCase(ctx, order, locker_type, locker, walk_m)
    verdict = combine((*answers_of_parcel(kind, case), *answers_of_locker(kind, case)))
    size = smallest_fit(order, locker, locker_type)
    return LockerAssessment(verdict, size, float("inf") if walk_m is None else walk_m)
