"""What the rest of a trip takes in the weather that is observed, whatever it was planned in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from math import inf, isfinite
from typing import NamedTuple, Protocol

from fleet.domain.fleet import SortieType
from fleet.energy.air import CALM
from fleet.energy.airframe import Airframe
from fleet.energy.multirotor import Climb, Cruise, Descent, Hover, Movement, Phase, Unflyable, flight_energy
from fleet.feasibility.context import Context
from fleet.feasibility.flight import air_at, costliest, densities, wind_of
from fleet.feasibility.sky import Sky
from fleet.feasibility.vehicles import vehicle_of
from fleet.protocol.values import Place, Waypoint
from geofences.geometry.geodesy import EARTH
from geofences.model.altitude import Box

STANDS_M = 0.5
"""Two points of a path closer than this over ground are one above the other."""


def leg_wh_in(
    sky: Sky,
    asset_type: SortieType,
    path: Sequence[Waypoint],
    *,
    payload_kg: float,
    hover_s: float | None = None,
) -> tuple[float, ...] | None:
    """Energy in Wh that flying a path still takes from each of its points on in this weather; it ends with hovering,
    which the last value is, or by landing.

    None where it can't be said: on the ground (nothing there depends on the wind), and where the wind is as strong as
    the aircraft is fast; the verdict on the weather has the reason for that.
    """
    flown = flown_in(asset_type, path, sky, payload_kg=payload_kg, hover_s=hover_s)
    return None if flown is None or not isfinite(flown.left_wh[0]) else flown.left_wh


class Flown(NamedTuple):
    """A path as it is flown in a wind: what it still takes from each of its points on in Wh, and when it is there, in
    seconds from its beginning. Infinite where the wind forbids it."""

    left_wh: tuple[float, ...]
    at_s: tuple[float, ...]


def flown_in(
    asset_type: SortieType,
    path: Sequence[Point],
    sky: Sky,
    *,
    payload_kg: float,
    hover_s: float | None = None,
) -> Flown | None:
    """A path in this weather, by the wind triangle on each of its legs and with what is on board; it ends with
    hovering, or by landing. None for what does not fly."""
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
        return Flown((inf,) * len(path), (inf,) * len(path))
    left_wh = tuple(accumulate(reversed(estimate.by_phase_wh)))[::-1]
    return Flown(left_wh, (0.0, *accumulate(estimate.by_phase_s[:-1])))


class Watts(NamedTuple):
    """Power at the battery in W of going up, along, down, and of staying where it is; of what stays on the ground only
    the last, which is what its electronics draw."""

    up: float = 0.0
    along: float = 0.0
    down: float = 0.0
    stay: float = 0.0


def watts(
    asset_type: SortieType,
    paths: Sequence[Sequence[Point]],
    sky: Sky | None,
    warmest_c: float,
    payload_kg: float,
) -> Watts:
    """The power of each regime on paths with so much on board, in the warmest air that they may lead through, which is
    the thinnest: along them that of the costliest leg in this wind, in still air where that is not known."""
    vehicle = vehicle_of(asset_type)
    if not isinstance(vehicle, Airframe):
        return Watts(stay=vehicle.standing_w)
    if not any(paths):
        return Watts()
    low_hpa = None if sky is None else sky.hpa[0]
    density = air_at(max(p.alt_amsl_m for path in paths for p in path), warmest_c, low_hpa)
    still: list[Movement] = [Climb(100.0), Descent(100.0), Hover(100.0)]
    calm: list[Movement] = [Cruise(1000.0, 0.0, CALM, asset_type.cruise_mps)]
    legs = [] if sky is None else [each for path in paths for each in _cruises(path, asset_type, sky)]
    for along in (legs or calm, calm):
        phases = [Phase(one, payload_kg) for one in (*still, *along)]
        flown = flight_energy(vehicle, phases, density_kg_m3=density)
        if not isinstance(flown, Unflyable):
            up, down, stay, *level = map(_power_w, flown.by_phase_wh, flown.by_phase_s)
            return Watts(up, max(level), down, stay)
    return Watts()


def _power_w(energy_wh: float, seconds: float) -> float:
    return energy_wh * 3600 / seconds


def _cruises(path: Sequence[Point], asset_type: SortieType, sky: Sky) -> Iterable[Movement]:
    moves = _movements(path, asset_type.cruise_mps, sky, lands=True)
    return (one for one in moves if isinstance(one, Cruise))


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


def _movements(path: Sequence[Point], airspeed_mps: float, sky: Sky, *, lands: bool) -> Iterable[Movement]:
    """One for each two points: straight up or down where they lie above each other, else along."""
    wind = wind_of(sky.winds)
    for number, (here, there) in enumerate(pairwise(path), start=2):
        bearing, _, metres = EARTH.inv(here.lon, here.lat, there.lon, there.lat)
        rise_m = there.alt_amsl_m - here.alt_amsl_m
        if metres > STANDS_M:
            yield Cruise(metres, bearing % 360.0, wind, airspeed_mps)
        elif rise_m >= 0:
            yield Climb(rise_m, from_ground=not lands and number == 2)
        else:
            yield Descent(-rise_m, to_ground=lands and number == len(path))
