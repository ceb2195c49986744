"""A flight in time: straight up, along the way with the wind triangle, down to the drop, and back the same
way.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate

from fleet.domain.fleet import SortieType
from fleet.energy.air import Wind, air_density, ground_speed
from fleet.energy.airframe import Airframe
from fleet.energy.multirotor import (
    Climb,
    Cruise,
    Descent,
    Hover,
    Phase,
    Unflyable,
    flight_energy,
)
from fleet.feasibility.moves import Load, Moves, Station
from fleet.feasibility.shape import TripShape, Way
from fleet.feasibility.sky import Sky
from fleet.feasibility.verdict import Verdict, infeasible
from fleet.protocol.values import Reason


def fly(frame: Airframe, asset_type: SortieType, shape: TripShape, sky: Sky, load: Load) -> Moves | Verdict:
    """The flight of this shape in this wind: where it is when, and what it takes from the battery.

    A verdict when the wind is as strong as the aircraft is fast: it could not fly every leg.
    """
    density = air_density(shape.cruise_amsl_m, sky.temperature_c)
    estimate = flight_energy(frame, _phases(asset_type, shape, sky, load), density_kg_m3=density)
    if isinstance(estimate, Unflyable):
        return infeasible(_too_windy(estimate, asset_type))
    legs = len(shape.out.legs_m)
    return Moves(
        stations=tuple(_stations(frame, asset_type, shape, sky)),
        drop_index=legs + 2,
        energy_wh=float(estimate.energy_wh),
        until_drop_wh=float(sum(estimate.by_phase_wh[: legs + 3])),
        idle_w=float(frame.regimes.takeoff.power_w(frame.empty_mass_kg + load.back_kg, density)),
    )


def _phases(asset_type: SortieType, shape: TripShape, sky: Sky, load: Load) -> tuple[Phase, ...]:
    up_m, down_m = shape.up_m, shape.down_m
    return (
        Phase(Climb(up_m), load.out_kg),
        *_cruise(shape.out, sky, asset_type.cruise_mps, load.out_kg),
        Phase(Descent(down_m, to_ground=False), load.out_kg),
        Phase(Hover(asset_type.drop_s), max(load)),
        Phase(Climb(down_m), load.back_kg),
        *_cruise(shape.back, sky, asset_type.cruise_mps, load.back_kg),
        Phase(Descent(up_m), load.back_kg),
    )


def hop_wh(
    frame: Airframe, asset_type: SortieType, shape: TripShape, sky: Sky, distance_m: float, payload_kg: float
) -> float:
    """Energy from the drop of this shape to another place: up, along into the wind, down. Infinite if not
    flyable.
    """
    north_deg = 0.0
    leg = Cruise(distance_m, north_deg, Wind(sky.wind_mps, north_deg), asset_type.cruise_mps)
    phases = [Phase(movement, payload_kg) for movement in (Climb(shape.down_m), leg, Descent(shape.down_m))]
    density = air_density(shape.cruise_amsl_m, sky.temperature_c)
    estimate = flight_energy(frame, phases, density_kg_m3=density)
    return float("inf") if isinstance(estimate, Unflyable) else float(estimate.energy_wh)


def _cruise(way: Way, sky: Sky, airspeed_mps: float, payload_kg: float) -> Iterable[Phase]:
    for length_m, bearing_deg in zip(way.legs_m, way.bearings_deg, strict=True):
        leg = Cruise(length_m, bearing_deg, wind_on(sky, bearing_deg), airspeed_mps)
        yield Phase(leg, payload_kg)


def wind_on(sky: Sky, bearing_deg: float) -> Wind:
    """The wind on a leg; one whose direction is not known blows against it."""
    return Wind(sky.wind_mps, bearing_deg if sky.wind_from_deg is None else sky.wind_from_deg)


def _stations(frame: Airframe, asset_type: SortieType, shape: TripShape, sky: Sky) -> Iterable[Station]:
    """Every point of the path with the seconds since departure: ground, cruise legs, drop, cruise legs,
    ground.
    """
    site, drop = shape.out.points[0], shape.out.points[-1]
    airspeed_mps = asset_type.cruise_mps
    yield Station(site.lon, site.lat, shape.site_ground_m, 0.0)
    out = tuple(_passing(shape.out, shape.cruise_amsl_m, sky, airspeed_mps, shape.up_m / frame.climb_mps))
    yield from out
    there_s = out[-1].seconds + shape.down_m / frame.descent_mps
    away_s = there_s + asset_type.drop_s
    yield Station(drop.lon, drop.lat, shape.drop_ground_m, there_s)
    yield Station(drop.lon, drop.lat, shape.drop_ground_m, away_s)
    cruising_s = away_s + shape.down_m / frame.climb_mps
    back = tuple(_passing(shape.back, shape.cruise_amsl_m, sky, airspeed_mps, cruising_s))
    yield from back
    yield Station(site.lon, site.lat, shape.site_ground_m, back[-1].seconds + shape.up_m / frame.descent_mps)


def _passing(way: Way, alt_m: float, sky: Sky, airspeed_mps: float, start_s: float) -> Iterable[Station]:
    reached = accumulate(leg_seconds(way, sky, airspeed_mps), initial=start_s)
    for point, seconds in zip(way.points, reached, strict=True):
        yield Station(point.lon, point.lat, alt_m, seconds)


def leg_seconds(way: Way, sky: Sky, airspeed_mps: float) -> list[float]:
    """Time of each leg of a way through the air, by the wind triangle."""
    return [
        length_m / float(ground_speed(airspeed_mps, bearing_deg, wind_on(sky, bearing_deg)))
        for length_m, bearing_deg in zip(way.legs_m, way.bearings_deg, strict=True)
    ]


def _too_windy(refusal: Unflyable, asset_type: SortieType) -> Reason:
    return Reason(
        code="wind_too_strong",
        detail=f"the wind is as fast as {asset_type.type_id} flies: it could not fly every leg",
        limit=refusal.limit,
        actual=round(refusal.actual, 1),
        unit=refusal.unit,
        source=f"type {asset_type.type_id} of the fleet file",
    )
