"""What the rest of a trip takes in the weather that is observed, whatever it was planned in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import accumulate, pairwise
from math import isfinite
from typing import Protocol

from fleet.domain.fleet import SortieType
from fleet.energy.air import air_density
from fleet.energy.airframe import Airframe
from fleet.energy.multirotor import Climb, Cruise, Descent, Hover, Movement, Phase, Unflyable, flight_energy
from fleet.feasibility.context import Context
from fleet.feasibility.flight import costliest, densities, wind_on
from fleet.feasibility.sky import Sky, sky_over, way_in
from fleet.feasibility.vehicles import vehicle_of
from fleet.feasibility.verdict import Verdict
from fleet.protocol.values import Place, Waypoint
from geofences.geometry.geodesy import EARTH
from geofences.model.altitude import Box

STANDS_M = 0.5
"""Two points of a path closer than this over ground are one above the other."""


def leg_wh(
    ctx: Context,
    asset_type: SortieType,
    path: Sequence[Waypoint],
    during: tuple[datetime, datetime],
    *,
    payload_kg: float,
    hover_s: float | None = None,
) -> tuple[float, ...] | None:
    """Energy in Wh that flying a path still takes from each of its points on, in the worst wind that is known for a
    time; it ends with hovering, which the last value is, or by landing.

    None where it can't be said: on the ground (nothing there depends on the wind), where the weather is unknown, and
    where the wind is as strong as the aircraft is fast; the verdict on the weather has the reasons for those.
    """
    if not isinstance(vehicle_of(asset_type), Airframe) or len(path) < 2:
        return None
    sky = sky_over(ctx, *during, way_in(ctx, places_of(path), highest_m(ctx, path)))
    if isinstance(sky, Verdict):
        return None
    return leg_wh_in(sky, asset_type, path, payload_kg=payload_kg, hover_s=hover_s)


def leg_wh_in(
    sky: Sky,
    asset_type: SortieType,
    path: Sequence[Waypoint],
    *,
    payload_kg: float,
    hover_s: float | None = None,
) -> tuple[float, ...] | None:
    """As ``leg_wh``, in weather that is known already."""
    vehicle = vehicle_of(asset_type)
    if not isinstance(vehicle, Airframe) or len(path) < 2:
        return None
    air = densities(vehicle, asset_type.cruise_mps, max(p.alt_amsl_m for p in path), sky)
    movements = [
        *_movements(path, asset_type.cruise_mps, sky, lands=hover_s is None),
        Hover(hover_s or 0.0),
    ]
    estimate = costliest(vehicle, [Phase(m, payload_kg) for m in movements], air)
    if isinstance(estimate, Unflyable):
        return None
    return tuple(accumulate(reversed(estimate.by_phase_wh)))[::-1]


def hover_w(asset_type: SortieType, payload_kg: float, alt_amsl_m: float, warmest_c: float) -> float:
    """Power in W that staying where it is takes, at the most: in the air in the warmest that it may be in, for that is
    the thinnest; on the ground what its electronics draw."""
    vehicle = vehicle_of(asset_type)
    if not isinstance(vehicle, Airframe):
        return vehicle.standing_w
    density = air_density(alt_amsl_m, warmest_c)
    estimate = flight_energy(vehicle, [Phase(Hover(3600.0), payload_kg)], density_kg_m3=density)
    return 0.0 if isinstance(estimate, Unflyable) else float(estimate.energy_wh)


class Point(Protocol):
    """A point of a path, whoever made it."""

    @property
    def lon(self) -> float: ...
    @property
    def lat(self) -> float: ...
    @property
    def alt_amsl_m(self) -> float: ...


def places_of(path: Iterable[Point]) -> tuple[Place, ...]:
    """Its points over ground."""
    return tuple(Place(lon=point.lon, lat=point.lat) for point in path)


def highest_m(ctx: Context, path: Sequence[Point]) -> float:
    """How far above the ground below its points a path leads at most; where that is not known, as high as any flies."""
    grounds = (ctx.terrain.ground_within(Box(p.lon, p.lat, p.lon, p.lat)).low for p in path)
    highest = max((p.alt_amsl_m - ground for p, ground in zip(path, grounds, strict=True)), default=0.0)
    return max(0.0, highest) if isfinite(highest) else ctx.fleet.separation.max_height_agl_m


def bearings_deg(path: Sequence[Waypoint]) -> Iterator[float]:
    """Where each piece of a path leads that leads along, in degrees from true north."""
    for here, there in pairwise(path):
        bearing, _, metres = EARTH.inv(here.lon, here.lat, there.lon, there.lat)
        if metres > STANDS_M:
            yield bearing % 360.0


def _movements(path: Sequence[Waypoint], airspeed_mps: float, sky: Sky, *, lands: bool) -> Iterable[Movement]:
    """One for each two points: straight up or down where they lie above each other, else along."""
    for number, (here, there) in enumerate(pairwise(path), start=2):
        bearing, _, metres = EARTH.inv(here.lon, here.lat, there.lon, there.lat)
        rise_m = there.alt_amsl_m - here.alt_amsl_m
        if metres > STANDS_M:
            yield Cruise(metres, bearing % 360.0, wind_on(sky, bearing % 360.0), airspeed_mps)
        elif rise_m >= 0:
            yield Climb(rise_m, from_ground=not lands and number == 2)
        else:
            yield Descent(-rise_m, to_ground=lands and number == len(path))
