"""Works a sortie out: shape, weather, motion and battery put together into one exact trip."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import product
from math import hypot
from typing import NamedTuple

from fleet.domain.fleet import SortieType
from fleet.domain.sites import Locker, Site
from fleet.energy.airframe import Airframe
from fleet.energy.battery import Battery
from fleet.energy.beyond import Beyond, airspeeds, beyond, widening
from fleet.energy.learning import Appetite
from fleet.energy.reserve import reserve_wh
from fleet.feasibility.appetite import in_trial, raised_share
from fleet.feasibility.charging import charging_of
from fleet.feasibility.context import Context
from fleet.feasibility.drive import drive
from fleet.feasibility.drop_point import drop_place
from fleet.feasibility.flight import Hop, air_at, fly, too_dense
from fleet.feasibility.forecast import wind_log_sd
from fleet.feasibility.moves import Load, Moves
from fleet.feasibility.refuge import NO_ALTERNATE, Leaving, Refuge, refuge_of
from fleet.feasibility.shape import TripShape, by_way_of, sortie_shape
from fleet.feasibility.sky import LONGEST_LOOK, Sky, both, sky_over, way_in
from fleet.feasibility.speed import speed_for
from fleet.feasibility.temperature import strange_temperature
from fleet.feasibility.trip import Trip
from fleet.feasibility.vehicles import (
    Vehicle,
    battery_of,
    calibration_assumption,
    cold_assumption,
    spread_assumption,
    vehicle_of,
)
from fleet.feasibility.verdict import Verdict, infeasible
from fleet.kinds import TripFigures, kind_of
from fleet.protocol.values import Direction, Order, Place, Reason
from geofences import Waypoint


@dataclass(frozen=True, slots=True)
class Departure:
    """From where and when an asset leaves, to a locker or a door, with what battery, by way of which points, and what
    is to be allowed for it (none: for a new asset of its type)."""

    site: Site
    at: datetime
    locker: Locker | None = None
    soc: float = 1.0
    state_of_health: float = 1.0
    via: tuple[Place, ...] = ()
    appetite: Appetite | None = None


STANDARD_PRESSURE = "air: 1013.25 hPa at sea level, the standard atmosphere's"
"""Named where the weather says no pressure: a deep low of 980 hPa costs a multirotor 1.7 %."""


class Extent(NamedTuple):
    """How high a flight climbs from the ground, and how long its legs are, in metres."""

    heights_m: tuple[float, ...]
    legs_m: tuple[float, ...]

    def with_hop(self, on: Hop) -> Extent:
        """The same with a way on from the drop, as the trip may end there."""
        return Extent((*self.heights_m, on.down_m), (*self.legs_m, on.distance_m))


def extent_of(shape: TripShape, refuge: Refuge | None) -> Extent:
    """That of a trip, and of the way on to its alternate."""
    planned = Extent((shape.up_m,), (*shape.out.legs_m, *shape.back.legs_m))
    return planned if refuge is None else planned.with_hop(refuge.on)


class Planned(NamedTuple):
    """A trip with what it was worked out from."""

    trip: Trip
    shape: TripShape
    sky: Sky


def plan_trip(ctx: Context, order: Order, asset_type: SortieType, departure: Departure) -> Planned | Verdict:
    """The exact trip, possible or not; a verdict where none can be worked out, with its reasons."""
    vehicle = vehicle_of(asset_type)
    if order.weight_kg > vehicle.max_payload_kg:
        return infeasible(overloaded(vehicle, order.weight_kg))
    place = drop_place(order, departure.locker)
    shape = sortie_shape(ctx, asset_type, departure.site, place, departure.at)
    if isinstance(shape, Verdict):
        return shape
    if departure.via:
        shape = by_way_of(ctx, asset_type, shape, departure.via)
        if isinstance(shape, Verdict):
            return shape
    found = _worked(ctx, order, asset_type, departure, shape)
    if isinstance(found, Verdict):
        return found
    worked, chosen_mps = found
    trip = _trip(ctx, asset_type.at_speed(chosen_mps), departure, worked)
    if isinstance(trip, Verdict):
        return trip
    return Planned(replace(trip, cruise_mps=chosen_mps), shape, worked.sky)


def _worked(
    ctx: Context, order: Order, asset_type: SortieType, departure: Departure, shape: TripShape
) -> tuple[Worked, float | None] | Verdict:
    """The parts of the trip in the weather of all of its time, and the speed that is chosen for it (none: its type's).

    In a strong wind it takes long, and in the weather of a longer time longer still: it is asked for until the trip is
    over within it. That ends, because each time is longer by a fifth and weather ends.
    """
    vehicle, load = vehicle_of(asset_type), _load(order)
    battery = battery_of(asset_type, departure.state_of_health)
    where = way_in(ctx, shape.out.points, shape.highest_m)
    pace = 1.0 if departure.appetite is None else departure.appetite.pace
    within_s = (order.due.end - departure.at).total_seconds() / pace
    epsilon = ctx.fleet.reserve.epsilon
    looked_at = _longest(asset_type, shape)
    while True:
        sky = sky_over(ctx, departure.at, departure.at + looked_at, where)
        if isinstance(sky, Verdict):
            return sky
        if (strange := strange_temperature(battery, sky.temperature_c, sky.warmest_c)) is not None:
            return strange
        if isinstance(vehicle, Airframe) and (thick := too_dense(shape.cruise_amsl_m, sky)) is not None:
            return thick
        chosen_mps = speed_for(vehicle, asset_type, shape, sky, load, within_s=within_s, epsilon=epsilon)
        moves = _move(vehicle, asset_type.at_speed(chosen_mps), shape, sky, load)
        if isinstance(moves, Verdict):
            return moves
        moves = moves.at_pace(pace)
        takes = timedelta(seconds=moves.duration_s)
        if takes <= looked_at or looked_at > LONGEST_LOOK:
            return Worked(vehicle, battery, shape, sky, load, moves), chosen_mps
        looked_at = takes * 1.2


@dataclass(frozen=True, slots=True)
class Worked:
    """The parts that a trip is put together from."""

    vehicle: Vehicle
    battery: Battery
    shape: TripShape
    sky: Sky
    load: Load
    moves: Moves


def _move(
    vehicle: Vehicle, asset_type: SortieType, shape: TripShape, sky: Sky, load: Load
) -> Moves | Verdict:
    if isinstance(vehicle, Airframe):
        return fly(vehicle, asset_type, shape, sky, load)
    return drive(vehicle, asset_type, shape, load)


def _trip(ctx: Context, asset_type: SortieType, departure: Departure, worked: Worked) -> Trip | Verdict:
    moves, battery = worked.moves, worked.battery
    path = tuple(_waypoints(moves, departure.at))
    refuge = _refuge(ctx, asset_type, departure, worked, path[moves.drop_index + 1].at)
    wind_sd = _wind_log_sd(ctx, asset_type, worked, refuge)
    if isinstance(wind_sd, Verdict):
        return wind_sd
    # The pack gives what it gives in the worst air that it may come into, on the way to the alternate too.
    sky = worked.sky if refuge is None else both(worked.sky, refuge.sky)
    pack_c = battery.curve.least_at(sky.temperature_c, sky.warmest_c)
    usable_wh = battery.usable_wh(pack_c, departure.soc)
    kept_wh = _reserve_wh(ctx, asset_type, battery.usable_wh(pack_c), moves.idle_w)
    beyond_known = unmeasured(
        asset_type,
        worked.shape.cruise_amsl_m,
        (sky.temperature_c, sky.warmest_c),
        worked.load,
        sky.wind_mps,
        extent_of(worked.shape, refuge),
        sky.hpa,
    )
    more_log_sd = hypot(widening(beyond_known), wind_sd, moves.log_sd)
    raised = raised_share(ctx.fleet, asset_type, departure.appetite, more_log_sd)
    worst_wh = _worst_wh(moves, refuge, worked.sky)
    needed_wh = worst_wh * (1 + raised)
    return Trip(
        path=path,
        drop_index=moves.drop_index,
        depart_at=departure.at,
        drop_at=path[moves.drop_index].at,
        return_at=path[-1].at,
        out_m=worked.shape.out_m,
        back_m=worked.shape.back_m,
        flight_s=moves.duration_s,
        payload_kg=max(worked.load),
        energy_wh=moves.energy_wh,
        until_drop_wh=moves.until_drop_wh,
        usable_wh=usable_wh,
        reserve_wh=kept_wh,
        margin_wh=usable_wh - needed_wh - kept_wh,
        charging=charging_of(asset_type, departure.site, worked.sky.temperature_c, departure.state_of_health),
        # A cold pack gives less, so that the same energy takes a larger share of its charge.
        full_wh=battery.nominal_wh * battery.state_of_health * battery.curve.share(pack_c),
        floor_soc=battery.floor,
        zones_version=ctx.airspace.version,
        cost=_cost(asset_type, worked),
        assumptions=_assumptions(ctx, worked, refuge) | frozenset(one.said for one in beyond_known),
        alternate=None if refuge is None else refuge.alternate,
        worst_wh=worst_wh,
        more_log_sd=more_log_sd,
        pace=1.0 if departure.appetite is None else departure.appetite.pace,
    )


def _worst_wh(moves: Moves, refuge: Refuge | None, sky: Sky) -> float:
    """What it takes to come home, or to the alternate where that takes more."""
    there_wh = 0.0 if refuge is None else refuge.energy_wh(sky, moves.until_drop_wh)
    return max(moves.energy_wh, there_wh)


def _wind_log_sd(
    ctx: Context, asset_type: SortieType, worked: Worked, refuge: Refuge | None
) -> float | Verdict:
    """What the forecast's error adds to the trip's margin, by the less sure of its own way and that to its alternate;
    nothing on the ground."""
    if not isinstance(worked.vehicle, Airframe):
        return 0.0
    epsilon, planned, blown = ctx.fleet.reserve.epsilon, worked.sky, refuge
    if refuge is not None:
        planned = replace(planned, wind_sd_mps=max(planned.wind_sd_mps, refuge.sky.wind_sd_mps))
        blown = refuge.blown(epsilon)

    def needed_wh(sky: Sky) -> float | Verdict:
        moves = _move(worked.vehicle, asset_type, worked.shape, sky, worked.load)
        if isinstance(moves, Verdict):
            return moves
        return _worst_wh(moves, refuge if sky == planned else blown, sky)

    along_deg = next(iter(worked.shape.out.bearings_deg), 0.0)
    return wind_log_sd(planned, along_deg, epsilon, needed_wh)


def unmeasured(
    asset_type: SortieType,
    alt_amsl_m: float,
    temperatures_c: Iterable[float],
    carries_kg: Iterable[float],
    wind_mps: float,
    extent: Extent,
    pressures_hpa: Iterable[float | None] = (None,),
) -> tuple[Beyond, ...]:
    """What of a flight at a height and in a wind lies beyond what its airframe was measured at, at whichever of
    some temperatures and pressures at sea level that is most; ``carries_kg`` is what it has aboard at one time or
    another, ``extent`` how high and far it leads."""
    frame = vehicle_of(asset_type)
    if not isinstance(frame, Airframe):
        return ()
    masses = [frame.empty_mass_kg + carried_kg for carried_kg in carries_kg]
    speeds = airspeeds(asset_type.cruise_mps, wind_mps, holds_ground=frame.holds_ground)
    found = [
        beyond(
            frame.validity,
            masses_kg=masses,
            density_kg_m3=density,
            airspeeds_mps=speeds,
            heights_m=extent.heights_m,
            legs_m=extent.legs_m,
        )
        for density in (air_at(alt_amsl_m, *each) for each in product(temperatures_c, set(pressures_hpa)))
    ]
    return max(found, key=widening, default=())


def _load(order: Order) -> Load:
    delivers = order.direction is Direction.DELIVERY
    return Load(order.weight_kg, 0.0) if delivers else Load(0.0, order.weight_kg)


def _longest(asset_type: SortieType, shape: TripShape) -> timedelta:
    """For how long the weather is looked at: half as long again as the trip takes in still air."""
    still_s = (shape.out_m + shape.back_m) / asset_type.slowest_mps + asset_type.drop_s
    return timedelta(seconds=1.5 * still_s + 120)


def _waypoints(moves: Moves, depart_at: datetime) -> list[Waypoint]:
    return [
        Waypoint(one.lon, one.lat, one.alt_amsl_m, depart_at + timedelta(seconds=one.seconds))
        for one in moves.stations
    ]


def _refuge(
    ctx: Context, asset_type: SortieType, departure: Departure, worked: Worked, leave_at: datetime
) -> Refuge | None:
    if not isinstance(worked.vehicle, Airframe):
        return None
    payload_kg = worked.load.back_kg
    leaving = Leaving(worked.vehicle, asset_type, worked.battery, worked.shape, payload_kg, leave_at)
    return refuge_of(ctx, leaving, departure.site)


def _reserve_wh(ctx: Context, asset_type: SortieType, full_usable_wh: float, idle_w: float) -> float:
    rule = ctx.fleet.reserve_of(asset_type)
    return reserve_wh(rule.fraction_of_usable, rule.minutes, full_usable_wh, idle_w)


def _cost(asset_type: SortieType, worked: Worked) -> float:
    figures = TripFigures(
        duration_s=worked.moves.duration_s,
        distance_m=worked.shape.out_m + worked.shape.back_m,
        energy_wh=worked.moves.energy_wh,
    )
    return kind_of(asset_type.kind).trip_cost(asset_type, figures)


def _assumptions(ctx: Context, worked: Worked, refuge: Refuge | None) -> frozenset[str]:
    rule = ctx.fleet.reserve
    scaled = f"energy margin scaled by {rule.margin_scale:g}"
    thin = frozenset({scaled}) if in_trial(rule) else frozenset()
    calibration = calibration_assumption(worked.vehicle) | spread_assumption(worked.vehicle)
    calibration |= cold_assumption(worked.vehicle)
    known = worked.shape.assumptions | worked.sky.assumptions | worked.moves.assumptions
    flies = isinstance(worked.vehicle, Airframe)
    pressed = frozenset({STANDARD_PRESSURE}) if flies and worked.sky.hpa == (None, None) else frozenset()
    return known | _of_refuge(worked.vehicle, refuge) | calibration | thin | pressed


def _of_refuge(vehicle: Vehicle, refuge: Refuge | None) -> frozenset[str]:
    if refuge is not None:
        return refuge.sky.assumptions
    return frozenset({NO_ALTERNATE}) if isinstance(vehicle, Airframe) else frozenset()


def overloaded(vehicle: Vehicle, weight_kg: float) -> Reason:
    """Why a vehicle has no trip with so heavy a parcel."""
    return Reason(
        code="over_vehicle_payload",
        detail=f"{vehicle.name} carries {vehicle.max_payload_kg:g} kg at most, so no trip can be worked out",
        limit=vehicle.max_payload_kg,
        actual=weight_kg,
        unit="kg",
        source=f"vehicle data {vehicle.name}",
    )
