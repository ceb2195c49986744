"""The weather of what is left of a trip, by the places and heights that it still leads through, and how sure it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain, pairwise
from math import inf, isfinite
from typing import NamedTuple

from fleet.dispatch.monitor.remaining import Leg
from fleet.dispatch.monitor.way import Way
from fleet.domain.fleet import SortieType
from fleet.domain.state import MissionRecord
from fleet.energy.airframe import Airframe
from fleet.energy.beyond import widening
from fleet.feasibility.alternate import lowest_ground_m
from fleet.feasibility.context import Context
from fleet.feasibility.flight import Hop
from fleet.feasibility.forecast import wind_log_sd
from fleet.feasibility.motion import Extent, unmeasured
from fleet.feasibility.sky import AIR_C, Sky, careful_temperatures, sky_over, way_in
from fleet.feasibility.temperature import strange_temperature
from fleet.feasibility.underway import Point, bearings_deg, highest_m, leg_wh_in, places_of
from fleet.feasibility.vehicles import battery_of, unsure_of, vehicle_of
from fleet.feasibility.verdict import Verdict
from fleet.feasibility.weather import held_against
from fleet.protocol.mission import Drop, Mission, Travel
from fleet.protocol.values import Reason
from fleet.weather.field import WeatherField, Where
from geofences.geometry.geodesy import distance_m

Interval = tuple[datetime, datetime]
Ways = tuple[Way | None, Way | None]


class RestSky(NamedTuple):
    """The weather for the rest of a trip. ``sky`` is none where it is not known, and once it is over; ``coldest_c`` and
    ``warmest_c`` are then the careful ends of what it may be. ``reasons`` is why the type may not be out in it."""

    sky: Sky | None
    coldest_c: float
    warmest_c: float
    reasons: tuple[Reason, ...] = ()
    elsewhere: Sky | None = None
    """The weather of ways that no plan has: of its own and of those to its alternates; of its own alone where that of
    the others is not known."""


def rest_sky(
    context: Context, kind: SortieType, during: Interval | None, ahead: Iterable[Leg], left: Iterable[Travel]
) -> RestSky:
    """The weather of a trip that is out ``during`` that time still, on the way that is ``ahead`` of it; of one on the
    ground, and of one that has not said where it is, on the legs that are ``left``.

    A storm far off does not count, and neither does a station far off stand in for a silent one nearby: a point that
    nothing reaches has no weather, as at dispatch.
    """
    battery = battery_of(kind, kind.state_of_health)
    careful = careful_temperatures(context, kind, battery.curve)
    if during is None:
        return RestSky(None, *careful)
    found = sky_over(context, *during, _where(context, ahead, left))
    if isinstance(found, Verdict):
        return RestSky(None, *careful, found.reasons)
    strange = strange_temperature(battery, found.temperature_c, found.warmest_c)
    reasons = (*held_against(kind, found).reasons, *(() if strange is None else strange.reasons))
    if not AIR_C[0] <= found.temperature_c <= found.warmest_c <= AIR_C[1]:  # air that no model is for
        return RestSky(None, *careful, reasons)
    return RestSky(found, found.temperature_c, found.warmest_c, reasons, found)


def with_elsewhere(
    rest: RestSky, context: Context, during: Interval | None, ahead: Sequence[Leg], mission: Mission
) -> RestSky:
    """The same, with the weather of the ways to the alternates of a mission."""
    if rest.sky is None or during is None or not mission.alternates:
        return rest
    if not isinstance(context.weather, WeatherField):
        return rest
    points: list[Point] = [point for leg in ahead for point in leg.path]
    points += [p for step in mission.steps if isinstance(step, Travel) for p in step.path]
    around = (*places_of(points), *(one.place for one in mission.alternates))
    found = sky_over(context, *during, way_in(context, around, highest_m(context, points)))
    known = not isinstance(found, Verdict) and AIR_C[0] <= found.temperature_c <= found.warmest_c <= AIR_C[1]
    return rest._replace(elsewhere=found) if known and isinstance(found, Sky) else rest


def _where(context: Context, ahead: Iterable[Leg], left: Iterable[Travel]) -> Where | None:
    if not isinstance(context.weather, WeatherField):
        return None
    points: list[Point] = [point for leg in ahead for point in leg.path]
    if not points:
        points = [point for travel in left for point in travel.path]
    return way_in(context, places_of(points), highest_m(context, points)) if points else None


def _extent(ways: Ways) -> Extent:
    """How high a sortie climbs from where it starts and lands, and how long the legs of its ways are."""
    ends = [way.path[at].alt_amsl_m for way, at in zip(ways, (0, -1), strict=True) if way is not None]
    highest = max((point.alt_amsl_m for way in ways if way is not None for point in way.path), default=0.0)
    legs = [there - here for way in ways if way is not None for here, there in pairwise(way.track.along_m)]
    return Extent(tuple(highest - end for end in ends), tuple(legs))


def hop_of(context: Context, record: MissionRecord, ways: Ways) -> Hop | None:
    """The way on from a sortie's drop to the alternate that it was released for; none where there was none, or nobody
    knows."""
    to = None if record.needs is None else record.needs.alternate_id
    place = next((one.place for one in record.mission.alternates if one.place_id == to), None)
    drop = next((step for step in record.mission.steps if isinstance(step, Drop)), None)
    low = -inf if place is None else lowest_ground_m(context, place)
    if place is None or drop is None or not isfinite(low):
        return None
    highest = max((point.alt_amsl_m for way in ways if way is not None for point in way.path), default=0.0)
    return Hop(distance_m(drop.place.lon, drop.place.lat, place.lon, place.lat), highest - low)


class Unsure(NamedTuple):
    """What is not known of a trip besides its model's error, as a deviation of the logarithm of energy; and why it
    can't be flown in the wind that it may turn out to be."""

    log_sd: float = 0.0
    reasons: tuple[Reason, ...] = ()


def unsure(
    context: Context,
    kind: SortieType,
    rest: RestSky,
    ways: Ways,
    carries_kg: Sequence[float],
    on: Hop | None = None,
) -> Unsure:
    """The forecast's error, and what lies beyond what the airframe was measured at, with ``carries_kg`` aboard on each
    of its ways and ``on`` its way to its alternate; of one on the ground what is not known of its figures.

    Of the whole trip as at dispatch, whatever of it is flown already: on one way alone a wind that was not expected
    costs a larger share than on both together, and trips that were planned to the end of their range would be called
    home though nothing has changed.
    """
    flown = [(way, kg) for way, kg in zip(ways, carries_kg, strict=True) if way is not None]
    if not isinstance(vehicle_of(kind), Airframe) or not flown:
        return Unsure(unsure_of(vehicle_of(kind)))
    highest = max(point.alt_amsl_m for way, _ in flown for point in way.path)
    temperatures = (rest.coldest_c, rest.warmest_c)
    wind_mps = 0.0 if rest.sky is None else rest.sky.wind_mps
    hpa = (None,) if rest.sky is None else rest.sky.hpa
    extent = _extent(ways) if on is None else _extent(ways).with_hop(on)
    beyond = widening(unmeasured(kind, highest, temperatures, carries_kg, wind_mps, extent, hpa))
    if rest.sky is None:
        return Unsure(beyond)
    drops = ways[0]

    def needed_wh(sky: Sky) -> float:
        found = [
            leg_wh_in(sky, kind, way.path, payload_kg=kg, hover_s=kind.drop_s if way is drops else None)
            for way, kg in flown
        ]
        return sum(inf if wh is None else wh[0] for wh in found)

    along = next(chain.from_iterable(bearings_deg(way.path) for way, _ in flown), 0.0)
    wind = wind_log_sd(rest.sky, along, context.fleet.reserve.epsilon, needed_wh)
    return Unsure(beyond, wind.reasons) if isinstance(wind, Verdict) else Unsure((beyond**2 + wind**2) ** 0.5)
