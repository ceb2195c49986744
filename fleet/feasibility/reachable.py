"""How far a type could go at best: a bound for sieves, in the kindest weather that the context knows."""

from __future__ import annotations

import numpy as np

from fleet.domain.fleet import SortieType
from fleet.energy.airframe import Airframe
from fleet.energy.arrays import FloatArray
from fleet.energy.ground import Drive, GroundRobot, drive_energy_wh
from fleet.energy.legs import cruise_power_w
from fleet.energy.sortie import SortiePlan, largest_radius_m
from fleet.feasibility.appetite import least_appetite, raised_share
from fleet.feasibility.context import Context
from fleet.feasibility.flight import air_at
from fleet.feasibility.vehicles import battery_of, vehicle_of

_SLACK = 1.001
"""For rounding: the bound must not be missed by a hair."""

_PROBE_M = 1000.0


def farthest_m(ctx: Context, asset_type: SortieType, payload_kg: float) -> float:
    """No trip with this payload or more, out or back, to a drop beyond this distance passes the energy question, not
    even with the most frugal asset of the type that there may be.

    The wind is taken at its kindest (see ``_kindest_wind``), cold air carries best and warm packs give most.
    Height, detours and the alternate are left out.
    """
    key = ("farthest", asset_type.type_id, payload_kg, ctx.temperatures_c, ctx.pressures_hpa)
    return ctx.memory.get(key, lambda: _farthest_m(ctx, asset_type, payload_kg))


def _farthest_m(ctx: Context, asset_type: SortieType, payload_kg: float) -> float:
    vehicle = vehicle_of(asset_type)
    if payload_kg > vehicle.max_payload_kg:
        return -1.0
    coldest_c, warmest_c = ctx.temperatures_c
    battery = battery_of(asset_type, 1.0)
    limits = battery.curve.points[0][0], battery.curve.points[-1][0]
    # Colder and warmer than its pack is known for no trip is judged: one row of a broken sensor is no bound.
    coldest_c, warmest_c = (min(max(each, limits[0]), limits[1]) for each in (coldest_c, warmest_c))
    usable_wh = battery.usable_wh(battery.curve.most_at(coldest_c, warmest_c))
    share_left = 1 - ctx.fleet.reserve_of(asset_type).fraction_of_usable
    raised = raised_share(ctx.fleet, asset_type, least_appetite(asset_type))
    budget_wh = usable_wh * share_left / (1 + raised)
    if isinstance(vehicle, Airframe):
        air = _kindest_air(vehicle, asset_type, (coldest_c, warmest_c), ctx.pressures_hpa)
        return max(_flying_m(vehicle, asset_type, budget_wh, payload_kg, one) for one in air) * _SLACK
    return _driving_m(vehicle, asset_type, budget_wh, payload_kg) * _SLACK


_LOWEST_LAND_M = -430.0
"""The shore of the Dead Sea: nowhere is the air denser."""


_HIGHEST_M = 5_500.0
"""Nobody lives higher (La Rinconada lies at 5,100 m); the aircraft flies a little above the ground."""


def _kindest_air(
    frame: Airframe, asset_type: SortieType, celsius: tuple[float, float], hpa: tuple[float, float]
) -> tuple[float, ...]:
    """Densities of which one is about the kindest: the densest of all, but for those who fly fast, see ``densities``.

    Power is a convex function of the density (lift by its root, drag in proportion), flattest around its least.
    """
    dense = air_at(_LOWEST_LAND_M, celsius[0], hpa[1])
    if frame.rotors is None or not (frame.holds_ground or _fastest(asset_type) > frame.cruise_mps):
        return (dense,)
    thin = air_at(_HIGHEST_M, celsius[1], hpa[0])
    return tuple(thin + (dense - thin) * n / _AIRS for n in range(_AIRS + 1))


_AIRS = 40
"""So many steps between the thinnest air and the densest: the least lies nearer to one than the slack tells."""


def _flying_m(
    frame: Airframe, asset_type: SortieType, budget_wh: float, payload_kg: float, density_kg_m3: float
) -> float:
    speeds = _speeds(asset_type)
    plan = SortiePlan(
        height_m=0.0,
        drop_s=asset_type.drop_s,
        density_kg_m3=density_kg_m3,
        airspeed_mps=speeds,
    )
    still_m = largest_radius_m(frame, budget_wh, np.zeros(len(speeds)), payload_kg, plan)
    masses = np.array([frame.empty_mass_kg + payload_kg, frame.empty_mass_kg])
    loaded_w, empty_w = cruise_power_w(frame, masses[:, None], speeds, density_kg_m3)
    if frame.holds_ground:
        kindest: FloatArray = (loaded_w + empty_w) / _least_w(frame, masses, density_kg_m3)
        return float(np.max(still_m * kindest))
    return float(np.max(still_m * _kindest_wind(loaded_w, empty_w)))


def _fastest(asset_type: SortieType) -> float:
    return asset_type.cruise_mps if asset_type.speed_rule == "cruise" else asset_type.fastest_mps


def _speeds(asset_type: SortieType) -> FloatArray:
    """All that its rule may choose, so close to each other that the best lies nearer to one than the slack tells."""
    if asset_type.speed_rule == "cruise":
        return np.array([asset_type.cruise_mps])
    return np.linspace(asset_type.slowest_mps, asset_type.fastest_mps, 101)


def _least_w(frame: Airframe, masses_kg: FloatArray, density_kg_m3: float) -> float:
    """Power of both ways at the airspeed that takes least: where the speed over ground is held, wind may make it so."""
    speeds = np.linspace(frame.min_airspeed_mps, frame.max_airspeed_mps, 101)
    return float(cruise_power_w(frame, masses_kg[:, None], speeds, density_kg_m3).min(axis=1).sum())


def _kindest_wind(loaded_w: FloatArray, empty_w: FloatArray) -> FloatArray:
    """How much farther than in still air a flight gets in the one wind that helps it most.

    A light wind that pushes the loaded way saves more than it costs the empty one. Over wind speeds w the energy
    loaded / (v + w) + empty / (v - w) is never below (sqrt(loaded) + sqrt(empty))^2 / 2v (Cauchy and Schwarz).
    """
    kindest: FloatArray = 2 * (loaded_w + empty_w) / (np.sqrt(loaded_w) + np.sqrt(empty_w)) ** 2
    return kindest


def _driving_m(robot: GroundRobot, asset_type: SortieType, budget_wh: float, payload_kg: float) -> float:
    base_wh, far_wh = (_round_wh(robot, asset_type, distance_m, payload_kg) for distance_m in (0.0, _PROBE_M))
    return max(0.0, (budget_wh - base_wh) / (far_wh - base_wh) * _PROBE_M)


def _round_wh(robot: GroundRobot, asset_type: SortieType, distance_m: float, payload_kg: float) -> float:
    out = Drive(distance_m, payload_kg, stops=1, waiting_s=asset_type.drop_s)
    back = Drive(distance_m, stops=1)
    return float(drive_energy_wh(robot, out)) + float(drive_energy_wh(robot, back))
