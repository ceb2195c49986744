"""How far a drone may fly from a place and come back, in every direction: a shape on the map, by the battery alone."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import NormalDist
from typing import Any

from fleet.domain.energy import EnergyTrack
from fleet.domain.fleet import FleetSpec, Kept, ReserveRule, RouteType, SortieType, StationType
from fleet.energy.airframe import Airframe
from fleet.energy.battery import Battery
from fleet.energy.errors import require_not_negative, require_within
from fleet.energy.regimes import Regime
from fleet.feasibility.antimeridian import geometry_of
from fleet.feasibility.appetite import appetite
from fleet.feasibility.charge import ToldCharge, ask_charge
from fleet.feasibility.estimate import Estimate, Question, estimate, radius_m
from fleet.feasibility.flight import wind_of
from fleet.feasibility.sky import Sky, sky_of, way_of_weather
from fleet.feasibility.speed import straight_speed
from fleet.feasibility.temperature import strange_temperature
from fleet.feasibility.vehicles import battery_of, vehicle_of
from fleet.feasibility.verdict import Verdict, unknown
from fleet.protocol.values import Place, Reason
from fleet.weather.field import Weather
from geofences.geometry.geodesy import destination

CORNERS = 72
"""Of the shape: between two of them the straight side lies 0.1 % of the radius within."""
FARTHEST_LAT = 85.0
"""Nearer to a pole a shape by longitudes and latitudes is none."""
LOOKS_AHEAD = timedelta(hours=1)
"""For how long the weather counts when a range is asked for."""
NO_ZONES = "the battery alone: zones, terrain, landing places and limits of weather are not asked"


@dataclass(frozen=True, slots=True)
class RangeArea:
    """Where a flight out and straight back may lead to. ``ring`` are corners as longitude and latitude, beginning in
    the north and turning with the clock; longitudes go on beyond 180 rather than jump. Empty where it may not start at
    all: the verdict says why. ``at_home`` is the estimate of a flight that leads nowhere.
    """

    verdict: Verdict
    ring: tuple[tuple[float, float], ...]
    radii_m: tuple[float, ...]
    at_home: Estimate
    question: Question


def range_area(
    frame: Airframe,
    question: Question,
    lon: float,
    lat: float,
    *,
    most_m: float | None = None,
    speeds_mps: tuple[float, float] | None = None,
) -> RangeArea:
    """The area of the flights that ``estimate`` calls feasible, whatever the question says of distances and bearing.

    Every point within is feasible; beyond a corner nothing is. ``most_m`` is the farthest that the operator allows.
    With ``speeds_mps``, the slowest and the fastest, each bearing is flown at the speed that takes least on it.
    Raises ``InvalidInput`` for a place that is none, or too near to a pole.
    """
    require_within(-180, 180, lon=lon)
    require_within(-FARTHEST_LAT, FARTHEST_LAT, lat=lat)
    here = replace(question, out_m=0.0, back_m=None)
    at_home = estimate(frame, here)
    if not at_home.verdict.feasible:
        return RangeArea(at_home.verdict, (), (), at_home, here)
    radii = _radii_m(frame, here, at_home, math.inf if most_m is None else most_m, speeds_mps)
    turned = [destination(lon, lat, 360.0 * at / CORNERS, far_m) for at, far_m in enumerate(radii)]
    ring = tuple((lon + math.remainder(to_lon - lon, 360.0), to_lat) for to_lon, to_lat in turned)
    return RangeArea(at_home.verdict, ring, radii, at_home, here)


def _radii_m(
    frame: Airframe,
    here: Question,
    at_home: Estimate,
    most_m: float,
    speeds_mps: tuple[float, float] | None,
) -> tuple[float, ...]:
    """How far it goes on each bearing.

    With one airspeed held what a metre takes is a convex function of where it leads, so straight sides lie within. With
    the speed over ground held, or a speed for each bearing, it need not be: each corner is then no farther than any
    bearing up to the next corner.
    """
    if here.wind_mps == 0 or here.wind.turns_deg >= 180:
        return (min(most_m, _radius_m(frame, here, at_home, speeds_mps)),) * CORNERS
    bends = (here.speed_held or frame.speed_held) == "ground" or speeds_mps is not None
    fine = 4 if bends else 1
    count = CORNERS * fine
    found = [
        min(most_m, _radius_m(frame, replace(here, bearing_deg=360.0 * at / count), at_home, speeds_mps))
        for at in range(count)
    ]
    if not bends:
        return tuple(found)
    around = range(-fine, fine + 1)
    return tuple(min(found[(at * fine + step) % count] for step in around) for at in range(CORNERS))


def _radius_m(
    frame: Airframe, asked: Question, at_home: Estimate, speeds_mps: tuple[float, float] | None
) -> float:
    if speeds_mps is None:
        return radius_m(frame, asked, at_home)
    out, back = asked.bearing_deg, (asked.bearing_deg + 180) % 360
    ways = (out, asked.wind, asked.payload_kg), (back, asked.wind, 0.0)
    chosen_mps = straight_speed(frame, speeds_mps, ways, asked.density_kg_m3)
    if chosen_mps is None:
        return 0.0
    asked = replace(asked, speed_mps=chosen_mps)
    # Beyond what was measured the margin is wider, and that may be a matter of speed.
    return radius_m(frame, asked, estimate(frame, asked))


def feature(found: RangeArea | Verdict, **properties: Any) -> dict[str, Any]:
    """The area as a GeoJSON Feature (RFC 7946); its geometry is null where there is none, and ``reasons`` say why."""
    verdict = found if isinstance(found, Verdict) else found.verdict
    told: dict[str, Any] = {
        "verdict": verdict.status.value,
        "reasons": [reason.model_dump(mode="json") for reason in verdict.reasons],
        "nearest_m": None,
        "farthest_m": None,
        "tail": "modelled, not proven",
        "assumptions": [NO_ZONES],
    }
    geometry = None
    if isinstance(found, RangeArea):
        told |= _figures(found)
        geometry = geometry_of(found.ring)
    return {"type": "Feature", "geometry": geometry, "properties": {**properties, **told}}


def _figures(area: RangeArea) -> dict[str, Any]:
    home = area.at_home
    return {
        "nearest_m": round(min(area.radii_m), 1) if area.radii_m else None,
        "farthest_m": round(max(area.radii_m), 1) if area.radii_m else None,
        "margin_share": round(home.margin_share, 6),
        "usable_wh": _rounded(home.usable_wh),
        "reserve_wh": _rounded(home.reserve_wh),
        "assumptions": [
            *home.assumptions,
            f"the ground {area.question.site_amsl_m:g} m above the sea",
            NO_ZONES,
        ],
    }


def _rounded(wh: float | None) -> float | None:
    return None if wh is None else round(wh, 2)


def asset_area(
    fleet: FleetSpec,
    weather: Weather | None,
    asset_type: SortieType | RouteType | StationType,
    place: Place,
    at: datetime,
    *,
    payload_kg: float,
    told: ToldCharge,
    ground_amsl_m: float = 0.0,
    known: EnergyTrack | None = None,
) -> RangeArea | Verdict:
    """The area of an asset of a type as it is, in the weather of the hour that comes, by the fleet's reserve and
    margin. ``known`` is what was learned of its energy.

    As over level ground, ``ground_amsl_m`` high, at the type's height. A verdict where it can't be said: of what
    drives or stands, where its charge is not known (`ask_charge`), without weather. Raises ``InvalidInput`` for a
    payload or place that is none.
    """
    require_not_negative(payload_kg=payload_kg)
    frame = vehicle_of(asset_type) if isinstance(asset_type, SortieType) else None
    if isinstance(asset_type, StationType):
        return unknown(
            _reason("range_of_a_station", f"{asset_type.type_id} stays where it is: it has no range")
        )
    if not isinstance(asset_type, SortieType) or not isinstance(frame, Airframe):
        why = f"{asset_type.type_id} does not fly: how far is a matter of streets"
        return unknown(_reason("range_by_streets", why))
    charge = ask_charge(fleet, told)
    if not charge.feasible:
        return charge
    home = way_of_weather(weather, fleet, (place,), asset_type.cruise_height_agl_m)
    # The worst of all places, for it may lead to any; and known where it begins.
    here, sky = (sky_of(weather, fleet, at, at + LOOKS_AHEAD, where) for where in (home, None))
    if isinstance(here, Verdict):
        return here
    if isinstance(sky, Verdict):
        return sky
    battery = battery_of(asset_type, 1.0)
    if (strange := strange_temperature(battery, sky.temperature_c, sky.warmest_c)) is not None:
        return strange
    soc = 1.0 if told.soc is None else told.soc  # of one that has not come, where the fleet assumes that
    question = replace(
        _question(fleet.reserve, asset_type, battery, sky, payload_kg, soc),
        site_amsl_m=ground_amsl_m,
        appetite=appetite(fleet, asset_type, known),
    )
    kept = fleet.reserve_of(asset_type)
    reserve = max(rule_share(kept, frame, battery, question), kept.fraction_of_usable)
    speeds = None if asset_type.speed_rule == "cruise" else asset_type.speeds_mps
    asked = replace(question, reserve=reserve)
    return range_area(frame, asked, place.lon, place.lat, most_m=asset_type.max_radius_m, speeds_mps=speeds)


def rule_share(rule: Kept, frame: Airframe, battery: Battery, question: Question) -> float:
    """The rule's time of hover as a share of what the full pack gives; at most all of it."""
    full_wh = battery.usable_wh(battery.curve.least_at(question.air_c, question.hottest_c))
    hover_w = float(frame.regimes.of(Regime.HOVER).power_w(frame.empty_mass_kg, question.density_kg_m3))
    return min(1.0, rule.minutes / 60 * hover_w / full_wh) if full_wh > 0 else 1.0


def _question(
    rule: ReserveRule, asset_type: SortieType, battery: Battery, sky: Sky, payload_kg: float, soc: float
) -> Question:
    # A forecast may be wrong in any direction: as far off as is accepted, and against every leg.
    off_mps = sky.wind_sd_mps * NormalDist().inv_cdf(1 - rule.epsilon)
    return Question(
        payload_kg=payload_kg,
        out_m=0.0,
        speed_mps=asset_type.cruise_mps,
        height_m=asset_type.cruise_height_agl_m,
        wind_mps=sky.wind_mps + off_mps,
        among=None if off_mps > 0 else wind_of(sky.winds),
        temperature_c=sky.temperature_c,
        warmest_c=sky.warmest_c,
        pressure_hpa=sky.hpa[0],
        highest_hpa=sky.hpa[1],
        drop_s=asset_type.drop_s,
        soc=soc,
        health=battery.state_of_health,
        floor=battery.floor,
        epsilon=rule.epsilon,
        margin_scale=rule.margin_scale,
    )


def _reason(code: str, detail: str) -> Reason:
    return Reason(code=code, detail=detail, source="range")
