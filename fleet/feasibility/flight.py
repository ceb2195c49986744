"""A flight in time: straight up, along the way with the wind triangle, down to the drop, and back the same
way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple

from fleet.domain.fleet import SortieType
from fleet.energy.air import Wind, air_density
from fleet.energy.airframe import Airframe
from fleet.energy.legs import MOST_KG_M3
from fleet.energy.multirotor import (
    Climb,
    Cruise,
    Descent,
    EnergyEstimate,
    Hover,
    Phase,
    Unflyable,
    flight_energy,
)
from fleet.energy.regimes import Regime
from fleet.feasibility.moves import Load, Moves, Station
from fleet.feasibility.shape import TripShape, Way
from fleet.feasibility.sky import AIR_C, Sky
from fleet.feasibility.verdict import Verdict, infeasible, unknown
from fleet.protocol.values import Reason
from fleet.weather.winds import WHOLE_DEG, Winds


def fly(frame: Airframe, asset_type: SortieType, shape: TripShape, sky: Sky, load: Load) -> Moves | Verdict:
    """The flight of this shape in this wind: where it is when, and what it takes from the battery.

    A verdict when the wind is as strong as the aircraft is fast: it could not fly every leg.
    """
    air = densities(frame, asset_type.cruise_mps, shape.cruise_amsl_m, sky)
    estimate = costliest(frame, _phases(asset_type, shape, sky, load), air)
    if isinstance(estimate, Unflyable):
        return infeasible(_too_windy(estimate, asset_type))
    legs = len(shape.out.legs_m)
    return Moves(
        stations=tuple(_stations(shape, estimate)),
        drop_index=legs + 2,
        energy_wh=float(estimate.energy_wh),
        until_drop_wh=float(sum(estimate.by_phase_wh[: legs + 3])),
        idle_w=float(frame.regimes.of(Regime.HOVER).power_w(frame.empty_mass_kg + load.back_kg, air[0])),
    )


def densities(frame: Airframe, speed_mps: float, alt_amsl_m: float, sky: Sky) -> tuple[float, ...]:
    """The densities of the air at which a flight may take most, the thinnest first.

    Lift costs more in thin air, so the warmest that is known counts. Drag costs more in dense air: where the airspeed
    may be above that for which the airframe's cruise power holds, the coldest counts too. So do the lowest and the
    highest pressure that are known.
    """
    low_hpa, high_hpa = sky.hpa
    thin = air_at(alt_amsl_m, sky.warmest_c, low_hpa)
    fast = drag_counts(frame, speed_mps, frame.holds_ground)
    return (thin, air_at(alt_amsl_m, sky.temperature_c, high_hpa)) if fast else (thin,)


def air_at(alt_amsl_m: float, celsius: float, hpa: float | None = None) -> float:
    """The air's density at a height on a day of this pressure at sea level (none: the standard's); where it is colder
    or warmer than the models know, that of the nearest temperature: whoever is out in it is told to come home, and what
    that takes must be said. Air that is denser than they know counts as the densest that they do."""
    return min(_air_at(alt_amsl_m, celsius, hpa), MOST_KG_M3)


def _air_at(alt_amsl_m: float, celsius: float, hpa: float | None) -> float:
    return air_density(alt_amsl_m, min(max(celsius, AIR_C[0]), AIR_C[1]), hpa)


def too_dense(alt_amsl_m: float, sky: Sky) -> Verdict | None:
    """UNKNOWN where the air at a height may be denser than what a flight takes is known in."""
    density = _air_at(alt_amsl_m, sky.temperature_c, sky.hpa[1])
    return unknown(dense_air(density, sky.temperature_c)) if density > MOST_KG_M3 else None


def dense_air(density_kg_m3: float, celsius: float) -> Reason:
    """Why what a flight takes is not known in air of this density."""
    return Reason(
        code="air_density_unknown",
        detail=f"the air is denser than what a flight takes is known in: {celsius:.1f} °C at that pressure",
        limit=MOST_KG_M3,
        actual=round(density_kg_m3, 4),
        unit="kg/m3",
        source="models of energy",
    )


def drag_counts(frame: Airframe, speed_mps: float, holds_ground: bool) -> bool:
    """Whether it may fly faster through the air than where its cruise power was measured, and then pay for drag."""
    return frame.rotors is not None and (holds_ground or speed_mps > frame.cruise_mps)


def costliest(frame: Airframe, phases: Sequence[Phase], air: Iterable[float]) -> EnergyEstimate | Unflyable:
    """The flight at that of several densities at which it takes most; times are the same at all."""
    flown = [flight_energy(frame, phases, density_kg_m3=density) for density in air]
    refused = next((one for one in flown if isinstance(one, Unflyable)), None)
    if refused is not None:
        return refused
    return max((one for one in flown if not isinstance(one, Unflyable)), key=lambda one: float(one.energy_wh))


def _phases(asset_type: SortieType, shape: TripShape, sky: Sky, load: Load) -> tuple[Phase, ...]:
    up_m, down_m = shape.up_m, shape.down_m
    return (
        Phase(Climb(up_m), load.out_kg),
        *_cruise(shape.out, sky, asset_type.cruise_mps, load.out_kg),
        Phase(Descent(down_m, to_ground=False), load.out_kg),
        Phase(Hover(asset_type.drop_s), max(load)),
        Phase(Climb(down_m, from_ground=False), load.back_kg),
        *_cruise(shape.back, sky, asset_type.cruise_mps, load.back_kg),
        Phase(Descent(up_m), load.back_kg),
    )


class Hop(NamedTuple):
    """A way on from a drop to another place: how far that is, and how far below the cruise its ground lies."""

    distance_m: float
    down_m: float


def hop(
    frame: Airframe, asset_type: SortieType, shape: TripShape, sky: Sky, on: Hop, payload_kg: float
) -> EnergyEstimate | Unflyable:
    """From the drop of this shape to another place, wherever the wind is from: up, along, down to its ground."""
    north_deg = 0.0
    # With the airspeed held none costs more than the strongest straight against it.
    wind = (
        wind_of(sky.winds._replace(turns_deg=WHOLE_DEG))
        if frame.holds_ground
        else Wind(sky.wind_mps, north_deg)
    )
    leg = Cruise(on.distance_m, north_deg, wind, asset_type.cruise_mps)
    up = Climb(shape.down_m, from_ground=False)
    phases = [Phase(movement, payload_kg) for movement in (up, leg, Descent(on.down_m))]
    return costliest(frame, phases, densities(frame, asset_type.cruise_mps, shape.cruise_amsl_m, sky))


def _cruise(way: Way, sky: Sky, airspeed_mps: float, payload_kg: float) -> Iterable[Phase]:
    wind = wind_of(sky.winds)
    for length_m, bearing_deg in zip(way.legs_m, way.bearings_deg, strict=True):
        yield Phase(Cruise(length_m, bearing_deg, wind, airspeed_mps), payload_kg)


def wind_of(winds: Winds) -> Wind:
    """The winds of a sky as those of a leg, which is worked out in the worst of them."""
    strongest, weakest, from_deg, turns_deg, stray_mps = winds
    if weakest == strongest and turns_deg == 0 and stray_mps == 0:
        return Wind(strongest, from_deg)
    return Wind(strongest, from_deg, weakest, turns_deg, stray_mps)


def _stations(shape: TripShape, flown: EnergyEstimate) -> Iterable[Station]:
    """Every point of the path with the seconds since departure: ground, cruise legs, drop, cruise legs,
    ground.
    """
    site, drop, legs = shape.out.points[0], shape.out.points[-1], len(shape.out.legs_m)
    up_s, *out_s = flown.by_phase_s[: legs + 1]
    down_s, drop_s, up_again_s, *back_s, land_s = flown.by_phase_s[legs + 1 :]
    yield Station(site.lon, site.lat, shape.site_ground_m, 0.0)
    out = tuple(_passing(shape.out, shape.cruise_amsl_m, out_s, up_s))
    yield from out
    there_s = out[-1].seconds + down_s
    away_s = there_s + drop_s
    yield Station(drop.lon, drop.lat, shape.drop_ground_m, there_s)
    yield Station(drop.lon, drop.lat, shape.drop_ground_m, away_s)
    back = tuple(_passing(shape.back, shape.cruise_amsl_m, back_s, away_s + up_again_s))
    yield from back
    yield Station(site.lon, site.lat, shape.site_ground_m, back[-1].seconds + land_s)


def _passing(way: Way, alt_m: float, legs_s: Iterable[float], start_s: float) -> Iterable[Station]:
    for point, seconds in zip(way.points, accumulate(legs_s, initial=start_s), strict=True):
        yield Station(point.lon, point.lat, alt_m, seconds)


def _too_windy(refusal: Unflyable, asset_type: SortieType) -> Reason:
    return Reason(
        code="wind_too_strong",
        detail=f"the wind is as fast as {asset_type.type_id} flies: it could not fly every leg",
        limit=refusal.limit,
        actual=round(refusal.actual, 1),
        unit=refusal.unit,
        source=f"type {asset_type.type_id} of the fleet file",
    )
