"""Reasons that only a plan can give: a parcel could be served by itself, but not beside all the others.

The planner asks for them here, so that all reasons are made in one package.
"""

from __future__ import annotations

from fleet.feasibility.gaps import NO_WAY
from fleet.protocol.values import Reason
from geofences import Authorisation, Zone
from geofences.checks.authorisation import described

SOURCE = "planner"


def out_of_time(what: str) -> Reason:
    """The planner's time was up before it asked: a longer one may find what is not there."""
    return Reason(code="out_of_time", detail=f"time was up before {what}", source=SOURCE)


def no_asset(kind: str) -> Reason:
    """There is no asset of the kind (any more)."""
    return Reason(code="no_asset", detail=f"there is no {kind} that could be planned", source=SOURCE)


def no_room(kind: str, what: str) -> Reason:
    """All assets, compartments or routes of the kind are full at the times that suit the parcel."""
    return Reason(code="no_room", detail=what, actual=kind, source=SOURCE)


def nearer_first(kind: str) -> Reason:
    """Parcels nearer to the machines would take several times the time that these have: it was not asked about more."""
    what = (
        f"not asked: parcels nearer to the {kind}s' sites would take several times the time that these have"
    )
    return Reason(code="nearer_first", detail=what, actual=kind, source=SOURCE)


def authorisation_taken(one: Authorisation) -> Reason:
    """Other flights of the plan, or of earlier ones, are all that an approval allows then."""
    return Reason(
        code="authorisation_full",
        detail=f"authorisation {one.reference!r} for {one.zone_id} ({described(one)}) has no flight left at the times "
        "that suit the parcel",
        source=one.reference,
    )


def permit_taken(area: Zone) -> Reason:
    """Other robots of the plan, or of earlier ones, are all that may be in a permit area then."""
    return Reason(
        code="permit_full",
        detail=f"as many robots are out in {area.zone_id} as may be at once, at the times that suit the parcel",
        limit=None if area.permit is None else area.permit.max_count,
        unit="robots",
        source=SOURCE,
    )


def pilots_taken(kind: str, site_id: str) -> Reason:
    """Other machines of the plan, or of earlier ones, are all that the remote pilots may supervise then."""
    return Reason(
        code="pilots_busy",
        detail=f"the remote pilots of a {kind} of {site_id} have as many out as they may supervise, at the times that "
        "suit the parcel",
        source=SOURCE,
    )


def no_departure(kind: str, site_id: str) -> Reason:
    """The trip would be feasible at some times, but at none that also suits the parcel's window and the site."""
    return Reason(
        code="no_departure",
        detail=f"no departure from {site_id} suits window, weather and opening hours at once",
        actual=kind,
        source=SOURCE,
    )


def no_gain(cost: float, saving: float, share: float, currency: str) -> Reason:
    """The mode is cheaper than the parcel's share of its route, but adds no less than leaving that route would save."""
    return Reason(
        code="no_gain",
        detail=f"taking it off its route would save {saving:.2f} {currency}, and this adds {cost:.2f}; "
        f"the {share:.2f} that it costs are its share of the whole route",
        limit=round(saving, 2),
        actual=round(cost, 2),
        unit=currency,
        source=SOURCE,
    )


def tried_before(kind: str) -> Reason:
    """The kind has failed for the parcel before."""
    return Reason(
        code="failed_before",
        detail=f"{kind} has failed for this parcel and is not tried again",
        source=SOURCE,
    )


def elsewhere(kind: str, site_id: str) -> Reason:
    """The parcel stands where the kind does not start."""
    return Reason(
        code="stands_elsewhere",
        detail=f"the parcel stands at {site_id}, where no {kind} starts",
        source=SOURCE,
    )


def late(minutes: float) -> Reason:
    """A route could take it, but only so much later than its window allows."""
    return Reason(
        code="window_missed",
        detail=f"the nearest route comes {minutes:.0f} min after the window",
        actual=round(minutes, 1),
        unit="min",
        source=SOURCE,
    )


def no_way() -> Reason:
    """No street leads from the routes and depots to the parcel and on."""
    return NO_WAY


def shift_over(what: str) -> Reason:
    """A route could take it, but not within its shift or capacity."""
    return Reason(code="route_full", detail=what, source=SOURCE)
