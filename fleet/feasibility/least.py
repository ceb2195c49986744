"""What a trip costs at least, at whatever time and in whatever weather: a bound for whoever passes trips over."""

from __future__ import annotations

from fleet.domain.fleet import SortieType
from fleet.energy.airframe import Airframe
from fleet.energy.legs import lasts_s
from fleet.energy.regimes import Regime
from fleet.feasibility.trip import Trip
from fleet.feasibility.vehicles import vehicle_of
from fleet.kinds import TripFigures, kind_of
from fleet.protocol.values import Place
from geofences import Waypoint
from geofences.geometry.geodesy import EARTH

_SLACK = 1 - 1e-9
"""For rounding: the bound must not be missed by a hair."""


def least_cost(asset_type: SortieType, trip: Trip) -> float:
    """No trip of the type between the places of this one, by an asset of its pace, costs less.

    A way over ground, and the pace on it, are the same at all times: so is what it costs. A flight goes there and back
    in one wind. Over a leg of length L that takes 2 L sqrt(v² - c²) / (v² - w²) at airspeed v in a wind w, of which c
    is across, and so never less than the 2 L / v in still air; a wind whose direction is not known is flown against on
    both ways, and where the speed over ground is held it is no faster either. No way is shorter than the geodesic, and
    none is flown below its type's height. What its energy costs is left out.
    """
    figures = _least(asset_type, trip)
    return trip.cost if figures is None else kind_of(asset_type.kind).trip_cost(asset_type, figures)


def least_flight_cost(asset_type: SortieType, site: Place, drop: Place, pace: float) -> float:
    """The same of a flight between two places before any trip of it is known; 0 of a way over ground, whose path tells
    what it costs."""
    figures = _least_between(asset_type, site, drop, pace)
    return 0.0 if figures is None else kind_of(asset_type.kind).trip_cost(asset_type, figures)


def least_s(asset_type: SortieType, trip: Trip) -> float:
    """No such trip takes less, from departure to return (s)."""
    figures = _least(asset_type, trip)
    if figures is None:
        return (trip.return_at - trip.depart_at).total_seconds()
    return figures.duration_s


def _least(asset_type: SortieType, trip: Trip) -> TripFigures | None:
    return _least_between(asset_type, trip.path[0], trip.path[trip.drop_index], trip.pace)


def _least_between(
    asset_type: SortieType, site: Place | Waypoint, drop: Place | Waypoint, pace: float
) -> TripFigures | None:
    """How long and how far a flight is at the least; none of a way over ground, which is always the same."""
    frame = vehicle_of(asset_type)
    if not isinstance(frame, Airframe):
        return None
    both_m = 2 * EARTH.inv(site.lon, site.lat, drop.lon, drop.lat)[2] * _SLACK
    seconds = both_m / _fastest_mps(asset_type) + _upright_s(frame, asset_type.cruise_height_agl_m) * _SLACK
    # Who is known to be fast takes less on its ways, as `Moves.at_pace` has it.
    seconds *= min(1.0, pace)
    return TripFigures(duration_s=seconds + asset_type.drop_s, distance_m=both_m)


def _fastest_mps(asset_type: SortieType) -> float:
    return asset_type.cruise_mps if asset_type.speed_rule == "cruise" else asset_type.fastest_mps


def _upright_s(frame: Airframe, height_m: float) -> float:
    """Up from the site and down to it again, and the same over the drop, by so much at least."""
    each = (Regime.TAKEOFF, Regime.DESCENT, Regime.CLIMB, Regime.LANDING)
    return sum(lasts_s(frame, one, height_m) for one in each)
