"""What one out-and-back flight takes, for people who ask: energy by regime, reserve, margin, radius, reasons."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from fleet.domain.fleet import ReserveRule
from fleet.energy.air import LAPSE_K_PER_M, SEA_LEVEL_K, SEA_LEVEL_PA, ZERO_CELSIUS_K, Wind, air_density
from fleet.energy.airframe import Airframe, Held
from fleet.energy.arrays import FloatArray, Floats
from fleet.energy.battery import Battery
from fleet.energy.beyond import Beyond, airspeeds, beyond, widening
from fleet.energy.errors import InvalidInput, require_not_negative, require_positive, require_within
from fleet.energy.learning import AS_ITS_TYPE, ASSUMED_APART, NEW, Appetite, appetite_of, raised_with
from fleet.energy.legs import MOST_KG_M3
from fleet.energy.multirotor import Cruise, EnergyEstimate, Unflyable, sortie_phases
from fleet.energy.sortie import farthest_m
from fleet.feasibility.energy import out_of_range
from fleet.feasibility.flight import costliest, dense_air, drag_counts
from fleet.feasibility.motion import overloaded
from fleet.feasibility.temperature import strange_temperature
from fleet.feasibility.vehicles import calibration_assumption, cold_assumption
from fleet.feasibility.verdict import Verdict, combine, feasible, infeasible, unknown
from fleet.protocol.options import Status
from fleet.protocol.values import Reason

RULE = ReserveRule()
"""The reserve and the accepted probability of who states none."""
LONGEST_M = 1_000_000.0
"""Longer ways are slips of the keyboard: no multirotor flies so far, and sums stay finite."""
PERCENTILES = {"p50": 0.5, "p95": 0.05, "p99": 0.01, "p999": 0.001}
"""For each percentile of the energy the probability that a flight takes more."""


@dataclass(frozen=True, slots=True)
class Question:
    """A flight out with the payload, a drop, and back without it, in one wind and temperature.

    ``back_m`` none is as far as out, ``wind_from_deg`` none a wind against every leg, ``temperature_c`` none the
    standard atmosphere's at the flight height; where it is only known between two bounds that is the lower, which
    counts for the pack, and ``warmest_c`` the upper, at which air is thinnest. ``pressure_hpa`` (at sea level) none is
    the standard's; where it is only known between two bounds that is the lower, and ``highest_hpa`` the upper, at which
    drag costs most. ``speed_mps`` is the airspeed, or the speed over ground where the autopilot holds that:
    ``speed_held`` says so, else the airframe.
    Heights but ``site_amsl_m`` are above the launch site; ``floor``, ``reserve`` and ``epsilon`` are the shares and the
    probability of the safety criterion, ``margin_scale`` scales the margin that follows.
    Raises ``InvalidInput`` for what is no such number, by its name here.
    """

    payload_kg: float
    out_m: float
    speed_mps: float
    height_m: float
    back_m: float | None = None
    bearing_deg: float = 0.0
    wind_mps: float = 0.0
    wind_from_deg: float | None = None
    temperature_c: float | None = None
    site_amsl_m: float = 0.0
    drop_s: float = 30.0
    drop_height_m: float = 0.0
    soc: float = 1.0
    health: float = 1.0
    floor: float = 0.1
    reserve: float = RULE.fraction_of_usable
    epsilon: float = RULE.epsilon
    pressure_hpa: float | None = None
    speed_held: Held | None = None
    margin_scale: float = 1.0
    warmest_c: float | None = None
    highest_hpa: float | None = None
    appetite: Appetite | None = None
    """What is to be allowed for the asset; none: that it is not known, where the airframe's file says how far assets of
    the type lie apart, and else nothing but what was measured."""
    among: Wind | None = None
    """The winds where they are a set, of which each way counts the worst; ``wind_mps`` is then the strongest of it."""

    def __post_init__(self) -> None:
        require_not_negative(payload_kg=self.payload_kg, wind_mps=self.wind_mps)
        require_positive(speed_mps=self.speed_mps)
        require_within(0, LONGEST_M, out_m=self.out_m, back_m=self.home_m)
        require_within(0, 360, bearing_deg=self.bearing_deg, wind_from_deg=self.wind_from_deg or 0.0)
        require_within(-60, 60, temperature_c=self.temperature_c or 0.0)
        require_within(850, 1100, pressure_hpa=1000.0 if self.pressure_hpa is None else self.pressure_hpa)
        require_within(-500, 6_000, site_amsl_m=self.site_amsl_m)
        require_within(0, 2_000, height_m=self.height_m)
        require_within(0, self.height_m, drop_height_m=self.drop_height_m)
        require_within(0, 86_400, drop_s=self.drop_s)
        require_within(0, 1, soc=self.soc, health=self.health, floor=self.floor, reserve=self.reserve)
        require_within(1e-6, 0.5, epsilon=self.epsilon)
        require_not_negative(margin_scale=self.margin_scale)
        if self.warmest_c is not None:
            require_within(self.air_c, 60, warmest_c=self.warmest_c)
        if self.highest_hpa is not None:
            least_hpa = SEA_LEVEL_PA / 100 if self.pressure_hpa is None else self.pressure_hpa
            require_within(least_hpa, 1100, highest_hpa=self.highest_hpa)
        if self.speed_held not in (None, "air", "ground"):
            raise InvalidInput("speed_held", self.speed_held, "air or ground")

    @property
    def wind(self) -> Wind:
        """The wind of both ways; one of which only the strength is known may come from anywhere."""
        if self.among is not None:
            return self.among
        if self.wind_from_deg is None:
            return Wind(self.wind_mps, 0.0, turns_deg=180.0)
        return Wind(self.wind_mps, self.wind_from_deg)

    @property
    def home_m(self) -> float:
        """How far it is back."""
        return self.out_m if self.back_m is None else self.back_m

    @property
    def air_c(self) -> float:
        """The lowest temperature, at which most packs give least."""
        if self.temperature_c is not None:
            return self.temperature_c
        return SEA_LEVEL_K - ZERO_CELSIUS_K - LAPSE_K_PER_M * (self.site_amsl_m + self.height_m)

    @property
    def hottest_c(self) -> float:
        """The highest temperature, at which some packs give less."""
        return self.air_c if self.warmest_c is None else self.warmest_c

    @property
    def density_kg_m3(self) -> float:
        """The air's density at the flight height where it is thinnest, in the warmest air at the lowest pressure: lift
        costs most there."""
        warmest_c = self.temperature_c if self.warmest_c is None else self.warmest_c
        return air_density(self.site_amsl_m + self.height_m, warmest_c, self.pressure_hpa)

    @property
    def dense_kg_m3(self) -> float:
        """The same in the coldest air at the highest pressure, in which drag costs most."""
        hpa = self.pressure_hpa if self.highest_hpa is None else self.highest_hpa
        return air_density(self.site_amsl_m + self.height_m, self.temperature_c, hpa)


@dataclass(frozen=True, slots=True)
class Estimate:
    """The answer. What can't be worked out is none, and the verdict says why.

    ``usable_wh`` is what the battery gives now, ``reserve_wh`` the share of what it gives when full that must stay.
    ``largest_radius_m`` is how far a flight out and straight back may go with this battery in this wind; 0 where it may
    not start at all.
    """

    verdict: Verdict
    flight: EnergyEstimate | None
    usable_wh: float | None
    reserve_wh: float | None
    margin_share: float
    percentiles_wh: Mapping[str, float]
    largest_radius_m: float | None
    assumptions: tuple[str, ...]

    @property
    def margin_wh(self) -> float | None:
        """By how much more than predicted the flight may take."""
        return None if self.flight is None else float(self.flight.energy_wh) * self.margin_share

    @property
    def needed_wh(self) -> float | None:
        """What must be usable for it to start: energy, margin and reserve."""
        if self.flight is None or self.reserve_wh is None:
            return None
        return float(self.flight.energy_wh) * (1 + self.margin_share) + self.reserve_wh

    @property
    def spare_wh(self) -> float | None:
        """What is left over; below zero where the flight may not start."""
        needed_wh = self.needed_wh
        return None if needed_wh is None or self.usable_wh is None else self.usable_wh - needed_wh


def estimate(frame: Airframe, question: Question) -> Estimate:
    """What the flight takes, what the battery gives, and whether it may start."""
    unmeasured = _beyond(frame, question)
    margin_share = _raised(frame, question, question.epsilon, unmeasured) * question.margin_scale
    curve = frame.battery.curve(f"{frame.name}: {frame.sources.get('battery', '')}")
    battery = Battery(frame.pack_wh, question.health, question.floor, curve)
    strange = strange_temperature(battery, question.air_c, question.hottest_c)
    pack_c = curve.least_at(question.air_c, question.hottest_c)
    usable_wh = None if strange else battery.usable_wh(pack_c, question.soc)
    # Of the full pack, so that the reserve is no smaller on half a charge.
    reserve_wh = None if strange else question.reserve * battery.usable_wh(pack_c)
    flown = _flight(frame, question)
    flight = flown if isinstance(flown, EnergyEstimate) else None
    dense = question.dense_kg_m3
    air = unknown(dense_air(dense, question.air_c)) if dense > MOST_KG_M3 else None
    # Air that is too dense is too cold for most packs, which says it better.
    unknowable = tuple(one for one in (strange or air,) if one is not None)
    stops = (*_stops(frame, question), *_too_fast(frame, flown), *unknowable)
    worked = Estimate(
        verdict=combine(stops),
        flight=flight,
        usable_wh=usable_wh,
        reserve_wh=reserve_wh,
        margin_share=margin_share,
        percentiles_wh={}
        if flight is None
        else _percentiles(frame, question, float(flight.energy_wh), unmeasured),
        largest_radius_m=None if combine(stops).status is Status.UNKNOWN else 0.0,
        assumptions=(*_assumptions(frame, question), *(one.said for one in unmeasured)),
    )
    return worked if stops else _held_against_battery(frame, question, worked)


def _stops(frame: Airframe, question: Question) -> Iterator[Verdict]:
    """What stands in the way whatever the battery holds."""
    if question.payload_kg > frame.max_payload_kg:
        yield infeasible(overloaded(frame, question.payload_kg))
    if question.speed_mps > frame.max_airspeed_mps:
        yield infeasible(_speed(frame, question, frame.max_airspeed_mps, "it flies {:g} m/s at most"))
    if question.speed_mps < frame.min_airspeed_mps:
        yield unknown(
            _speed(frame, question, frame.min_airspeed_mps, "what it takes is known from {:g} m/s on")
        )
    if question.wind_mps > frame.wind.max_wind_mps:
        yield infeasible(_wind(frame, question, frame.wind.max_wind_mps, "it is built or shown for"))
    elif not _holds_ground(frame, question) and question.wind_mps >= question.speed_mps:
        yield infeasible(_wind(frame, question, question.speed_mps, "it could not fly every leg at"))


def _too_fast(frame: Airframe, flown: EnergyEstimate | Unflyable | None) -> Iterator[Verdict]:
    """A speed over ground that the wind asks too much airspeed for."""
    if isinstance(flown, Unflyable) and flown.code == "airspeed_too_high":
        yield infeasible(
            Reason(
                code="wind_too_strong",
                detail=f"against the wind that speed over ground takes {flown.actual:.1f} m/s through the air; "
                f"{frame.name} flies {flown.limit:g} m/s at most",
                limit=flown.limit,
                actual=round(flown.actual, 2),
                unit="m/s",
                source=f"vehicle data {frame.name}",
            )
        )


def _flight(
    frame: Airframe, question: Question, air: tuple[float, ...] | None = None
) -> EnergyEstimate | Unflyable | None:
    """In those of several densities of air in which it takes most; none where there is none to be worked out."""
    lifts = question.payload_kg <= frame.max_payload_kg
    if question.dense_kg_m3 > MOST_KG_M3:
        return None
    if not lifts or not frame.min_airspeed_mps <= question.speed_mps <= frame.max_airspeed_mps:
        return None
    phases = sortie_phases(
        [_leg(question, question.out_m, question.bearing_deg)],
        [_leg(question, question.home_m, (question.bearing_deg + 180) % 360)],
        payload_kg=question.payload_kg,
        height_m=question.height_m,
        drop_s=question.drop_s,
        drop_height_m=question.drop_height_m,
    )
    return costliest(frame, phases, _air(frame, question) if air is None else air)


def _air(frame: Airframe, question: Question) -> tuple[float, ...]:
    """The densities at which the flight may take most."""
    thin, dense = question.density_kg_m3, question.dense_kg_m3
    pays_drag = drag_counts(frame, question.speed_mps, _holds_ground(frame, question))
    return (thin, dense) if pays_drag and dense != thin else (thin,)


def _leg(question: Question, distance_m: float, track_deg: float) -> Cruise:
    held = question.speed_held
    holds_ground = None if held is None else held == "ground"
    return Cruise(distance_m, track_deg, question.wind, question.speed_mps, holds_ground)


def _holds_ground(frame: Airframe, question: Question) -> bool:
    return (question.speed_held or frame.speed_held) == "ground"


def _held_against_battery(frame: Airframe, question: Question, worked: Estimate) -> Estimate:
    """With the verdict on the range, and how far it goes."""
    usable_wh, reserve_wh, needed_wh = worked.usable_wh or 0.0, worked.reserve_wh or 0.0, worked.needed_wh
    if needed_wh is None:
        raise ValueError("a flight that nothing stands in the way of was not worked out")
    enough = needed_wh <= usable_wh
    short = out_of_range(usable_wh, reserve_wh, needed_wh - reserve_wh, "the reserve that was asked for")
    return replace(
        worked,
        verdict=feasible(*worked.assumptions) if enough else infeasible(short),
        largest_radius_m=radius_m(frame, question, worked),
    )


def radius_m(frame: Airframe, question: Question, worked: Estimate) -> float:
    """How far a flight out and straight back may go on the question's bearing, with the battery, reserve and margin of
    an estimate of it that nothing but distance stands in the way of.

    Exact, not searched: see ``farthest_m``. Of two airs the one that leads less far counts.
    """
    above_wh = (worked.usable_wh or 0.0) - (worked.reserve_wh or 0.0)

    def within(leg_m: float) -> float:
        """How far with the margin of a flight so far."""
        asked = replace(question, out_m=leg_m, back_m=None)
        budget_wh = above_wh / (
            1 + _raised(frame, asked, asked.epsilon, _beyond(frame, asked)) * asked.margin_scale
        )
        return min(_radius_in(frame, question, density, budget_wh) for density in _air(frame, question))

    far_m = within(0.0)
    measured = None if frame.validity is None else frame.validity.leg_m
    # Beyond the legs that were measured the margin grows with the way: that of the end counts for all of it.
    return far_m if measured is None or far_m <= measured.high else max(measured.high, within(far_m))


def _radius_in(frame: Airframe, question: Question, density_kg_m3: float, budget_wh: float) -> float:
    def energy_wh(distance_m: Floats) -> FloatArray:
        return np.asarray(_there_and_back_wh(frame, question, float(distance_m), density_kg_m3))

    return float(farthest_m(frame, energy_wh, budget_wh))


def _there_and_back_wh(frame: Airframe, question: Question, distance_m: float, density_kg_m3: float) -> float:
    flown = _flight(frame, replace(question, out_m=distance_m, back_m=None), (density_kg_m3,))
    return float(flown.energy_wh) if isinstance(flown, EnergyEstimate) else math.inf


def _percentiles(
    frame: Airframe, question: Question, energy_wh: float, unmeasured: tuple[Beyond, ...]
) -> dict[str, float]:
    return {
        name: energy_wh * (1 + _raised(frame, question, epsilon, unmeasured))
        for name, epsilon in PERCENTILES.items()
    }


def _raised(frame: Airframe, question: Question, epsilon: float, unmeasured: tuple[Beyond, ...]) -> float:
    return raised_with(epsilon, _appetite(frame, question), frame.residual, widening(unmeasured))


def _appetite(frame: Airframe, question: Question) -> Appetite:
    """What the question allows for the asset; without, of one that is not known where the file says how far assets of
    the type lie apart, else of those that were flown."""
    if question.appetite is not None:
        return question.appetite
    said = frame.residual is not None and frame.residual.between_log_sd is not None
    return appetite_of(NEW, frame.residual) if said else AS_ITS_TYPE


def _spread(frame: Airframe, question: Question) -> Iterator[str]:
    """How far assets of the type lie apart, and whether the margin counts it."""
    if question.appetite is not None or frame.residual is None:
        return
    apart = frame.residual.between_log_sd
    if apart is None:
        whose = "one that it was declared for" if frame.residual.declared else "the assets that were flown"
        yield (
            f"energy of {frame.name}: as of {whose}; trips of a fleet take others to lie "
            f"{ASSUMED_APART:.0%} apart"
        )
    elif apart > 0:
        yield f"energy of {frame.name}: of an asset that is not known; they lie {apart:.1%} apart"


def _beyond(frame: Airframe, question: Question) -> tuple[Beyond, ...]:
    masses = frame.empty_mass_kg + question.payload_kg, frame.empty_mass_kg
    speeds = airspeeds(question.speed_mps, question.wind_mps, holds_ground=_holds_ground(frame, question))
    found = [
        beyond(
            frame.validity,
            masses_kg=masses,
            density_kg_m3=density,
            airspeeds_mps=speeds,
            heights_m=(question.height_m,),
            legs_m=(question.out_m, question.home_m),
        )
        for density in (question.density_kg_m3, question.dense_kg_m3)
    ]
    return max(found, key=widening)


def _assumptions(frame: Airframe, question: Question) -> Iterator[str]:
    yield from sorted(calibration_assumption(frame) | cold_assumption(frame))
    yield from _spread(frame, question)
    if question.temperature_c is None:
        yield f"air and pack at {question.air_c:.1f} °C: the standard atmosphere at the flight height"
    if question.wind_mps == 0:
        yield "calm air"
    elif question.wind.turns_deg >= 180:
        yield "wind of unknown direction: against every leg"
    yield "no alternate: the way home alone is held against the battery"


def _speed(frame: Airframe, question: Question, limit: float, what: str) -> Reason:
    return Reason(
        code="speed_out_of_range",
        detail=f"{frame.name} can't be estimated at {question.speed_mps:g} m/s: {what.format(limit)}",
        limit=limit,
        actual=question.speed_mps,
        unit="m/s",
        source=f"vehicle data {frame.name}",
    )


def _wind(frame: Airframe, question: Question, limit: float, what: str) -> Reason:
    return Reason(
        code="wind_too_strong",
        detail=f"the wind of {question.wind_mps:g} m/s is more than {frame.name} can take: {what} {limit:g} m/s",
        limit=limit,
        actual=question.wind_mps,
        unit="m/s",
        source=f"vehicle data {frame.name}",
    )
