"""The speed that a flight is planned at, by its type's rule: one for all of its way."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, nextafter
from statistics import NormalDist

import numpy as np

from fleet.domain.fleet import SortieType
from fleet.energy.air import Wind
from fleet.energy.airframe import Airframe
from fleet.energy.legs import lasts_s
from fleet.energy.regimes import Regime
from fleet.energy.speed import Cruises, cruises_speed
from fleet.feasibility.flight import densities, wind_of
from fleet.feasibility.moves import Load
from fleet.feasibility.shape import TripShape, Way
from fleet.feasibility.sky import Sky
from fleet.feasibility.vehicles import Vehicle

SPARE_S = 1.0
"""One is in time that is there so long before: plans count in whole seconds."""


def speed_for(
    vehicle: Vehicle,
    asset_type: SortieType,
    shape: TripShape,
    sky: Sky,
    load: Load,
    *,
    within_s: float,
    epsilon: float,
) -> float | None:
    """The speed that the type's rule chooses for a trip which must be at its drop within a time; none: its own.

    It is the speed that the autopilot holds. By ``range`` and ``on_time`` the trip takes least at it, of all speeds or
    of those at which it is in time; where none is, it is the one that is soonest there. Only speeds are chosen at which
    the wind may be flown against straight on, as the way to an alternate may lead, and a forecast's wind as strong as
    it may turn out but with a probability of ``epsilon``. None where there are none: at its own speed it is then
    refused.
    """
    if (
        asset_type.speed_rule == "cruise"
        or asset_type.speeds_mps is None
        or not isinstance(vehicle, Airframe)
    ):
        return None
    due = None
    if asset_type.speed_rule == "on_time":
        up_s = lasts_s(vehicle, Regime.TAKEOFF, shape.up_m)
        beside_s = up_s + lasts_s(vehicle, Regime.DESCENT, shape.down_m)
        due = len(shape.out.legs_m), within_s - beside_s - SPARE_S
    legs = [*_legs(vehicle, shape.out, sky, load.out_kg), *_legs(vehicle, shape.back, sky, load.back_kg)]
    off_mps = sky.wind_sd_mps * NormalDist().inv_cdf(1 - epsilon)
    speeds_mps = _against(vehicle, asset_type.speeds_mps, sky.wind_mps + off_mps)
    return None if speeds_mps is None else _chosen(vehicle, speeds_mps, legs, shape.cruise_amsl_m, sky, due)


def _against(frame: Airframe, speeds_mps: tuple[float, float], wind_mps: float) -> tuple[float, float] | None:
    """The speeds that can be held straight into a wind."""
    low, high = speeds_mps
    if frame.holds_ground:
        high = min(high, frame.max_airspeed_mps - wind_mps)
    else:
        low = max(low, nextafter(wind_mps, inf))
    return (low, high) if low <= high else None


def straight_speed(
    frame: Airframe,
    speeds_mps: tuple[float, float],
    tracks: Sequence[tuple[float, Wind, float]],
    density: float,
) -> float | None:
    """The speed at which legs of one length take least, each by its track, its wind and its payload; none where the
    wind lets it fly at none."""
    legs = [_leg(1000.0, deg, wind, frame.empty_mass_kg + kg) for deg, wind, kg in tracks]
    return cruises_speed(frame, Cruises(*np.array(legs, dtype=np.float64).T), (density,), speeds_mps)


Leg = tuple[float, ...]
"""A row of `Cruises`."""


def _leg(length_m: float, track_deg: float, wind: Wind, mass_kg: float) -> Leg:
    spread = wind.least_mps, wind.turns_deg, wind.stray_mps
    return (length_m, track_deg, wind.speed_mps, wind.from_deg, mass_kg, *spread)


def _chosen(
    frame: Airframe,
    speeds_mps: tuple[float, float],
    legs: Sequence[Leg],
    alt_amsl_m: float,
    sky: Sky,
    due: tuple[int, float] | None,
) -> float | None:
    if not legs:
        return None
    air = densities(frame, speeds_mps[1], alt_amsl_m, sky)
    return cruises_speed(frame, Cruises(*np.array(legs, dtype=np.float64).T), air, speeds_mps, due)


def _legs(frame: Airframe, way: Way, sky: Sky, payload_kg: float) -> list[Leg]:
    mass_kg = frame.empty_mass_kg + payload_kg
    wind = wind_of(sky.winds)
    return [
        _leg(length_m, bearing_deg, wind, mass_kg)
        for length_m, bearing_deg in zip(way.legs_m, way.bearings_deg, strict=True)
    ]
