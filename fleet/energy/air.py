"""The air that a vehicle moves through: its density and the wind triangle."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from fleet.energy.arrays import Bools, FloatArray, Floats
from fleet.energy.errors import require_not_negative, require_within

GRAVITY_MPS2 = 9.80665
SEA_LEVEL_PA = 101_325.0
SEA_LEVEL_K = 288.15
LAPSE_K_PER_M = 0.0065
DRY_AIR_J_PER_KG_K = 287.053
ZERO_CELSIUS_K = 273.15
SEA_LEVEL_DENSITY_KG_M3 = SEA_LEVEL_PA / (DRY_AIR_J_PER_KG_K * SEA_LEVEL_K)


@dataclass(frozen=True)
class Wind:
    """Wind speed and the direction that it comes from, in degrees clockwise from true north.

    Where it is not known better it is a set, of which the worst counts: from ``weakest_mps`` (none: as the strongest)
    to ``speed_mps``, from within ``turns_deg`` to either side of ``from_deg`` (180: from anywhere), and from anywhere
    with ``stray_mps`` at most. Raises `InvalidInput` for a negative speed, a weakest above it, a direction outside
    0..360, or a turn outside 0..180.
    """

    speed_mps: float
    from_deg: float
    weakest_mps: float | None = None
    turns_deg: float = 0.0
    stray_mps: float = 0.0

    def __post_init__(self) -> None:
        require_not_negative(wind_mps=self.speed_mps)
        require_within(0, 360, wind_from_deg=self.from_deg)
        if self.weakest_mps is not None:
            require_within(0, self.speed_mps, weakest_mps=self.weakest_mps)
        if self.turns_deg != 0 or self.stray_mps != 0:
            require_within(0, 180, turns_deg=self.turns_deg)
            require_not_negative(stray_mps=self.stray_mps)

    @property
    def least_mps(self) -> float:
        """The weakest."""
        return self.speed_mps if self.weakest_mps is None else self.weakest_mps

    @property
    def is_one(self) -> bool:
        """Whether it is one wind, not a set."""
        return self.least_mps == self.speed_mps and self.turns_deg == 0 and self.stray_mps == 0


CALM = Wind(0.0, 0.0)


def air_density(
    alt_amsl_m: float, temperature_c: float | None = None, pressure_hpa: float | None = None
) -> float:
    """Density in kg/m3 of dry air at a height above mean sea level.

    Pressure by the International Standard Atmosphere (ICAO Doc 7488, troposphere), from the ``pressure_hpa`` of the day
    reduced to sea level (QNH) where it is given; density by the gas law with the temperature at that height, the
    standard's own where none is given. Raises `InvalidInput` outside -500..11,000 m, -60..60 °C or 850..1100 hPa: all
    that was ever measured at sea level lies within.
    """
    require_within(-500, 11_000, alt_amsl_m=alt_amsl_m)
    standard_k = SEA_LEVEL_K - LAPSE_K_PER_M * alt_amsl_m
    exponent: float = GRAVITY_MPS2 / (DRY_AIR_J_PER_KG_K * LAPSE_K_PER_M)
    pressure_pa: float = _sea_level_pa(pressure_hpa) * (standard_k / SEA_LEVEL_K) ** exponent
    return pressure_pa / (DRY_AIR_J_PER_KG_K * _kelvin(temperature_c, standard_k))


def _sea_level_pa(pressure_hpa: float | None) -> float:
    if pressure_hpa is None:
        return SEA_LEVEL_PA
    require_within(850, 1100, pressure_hpa=pressure_hpa)
    return pressure_hpa * 100.0


def _kelvin(temperature_c: float | None, standard_k: float) -> float:
    if temperature_c is None:
        return standard_k
    require_within(-60, 60, temperature_c=temperature_c)
    return temperature_c + ZERO_CELSIUS_K


class Speeds(NamedTuple):
    """Speeds over ground and through the air in m/s."""

    ground_mps: FloatArray
    air_mps: FloatArray


def triangle(
    speed_mps: Floats,
    track_deg: Floats,
    wind_mps: Floats,
    wind_from_deg: Floats,
    holds_ground: Bools = False,
) -> Speeds:
    """Both speeds along a track by the wind triangle: the nose points into the crosswind.

    ``speed_mps`` is what the autopilot holds: the airspeed, or the speed over ground where it ``holds_ground``. With
    the airspeed held, both are NaN where the wind is as fast as the aircraft or faster: there is then a direction in
    which it can't fly home, so no track counts as flyable.
    """
    speed = np.asarray(speed_mps, dtype=np.float64)
    if holds_ground is False and isinstance(wind_mps, float) and wind_mps == 0.0:
        return Speeds(speed, speed)
    angle = np.radians(np.asarray(wind_from_deg, dtype=np.float64) - track_deg)
    head_mps, cross_sq = wind_mps * np.cos(angle), (wind_mps * np.sin(angle)) ** 2
    if holds_ground is True:
        return Speeds(speed, np.sqrt((speed + head_mps) ** 2 + cross_sq))
    along = np.sqrt(np.maximum(speed**2 - cross_sq, 0.0)) - head_mps
    # A wind that is weaker by less than a rounding leaves no speed over ground either.
    flyable = (wind_mps < speed) & (along > 0)
    held = Speeds(np.where(flyable, along, math.nan), np.where(flyable, speed, math.nan))
    if holds_ground is False:
        return held
    through = np.sqrt((speed + head_mps) ** 2 + cross_sq)
    return Speeds(
        np.where(holds_ground, speed, held.ground_mps), np.where(holds_ground, through, held.air_mps)
    )


class Span(NamedTuple):
    """The least speed over ground, and the least and the most through the air, in m/s, that the winds of a set bring
    about."""

    ground_mps: FloatArray
    least_air_mps: FloatArray
    most_air_mps: FloatArray


def worst_triangle(
    speed_mps: Floats,
    track_deg: Floats,
    strongest_mps: Floats,
    from_deg: Floats,
    holds_ground: Bools,
    weakest_mps: Floats,
    turns_deg: Floats,
    stray_mps: Floats,
) -> Span:
    """As `triangle`, over all winds of a set (see `Wind`).

    Exact, not searched. Let w be the wind's speed and a its angle to the track, 0 a headwind. With the airspeed v held,
    v_g = sqrt(v^2 - (w sin a)^2) - w cos a rises with a (its derivative is w sin a (1 - w cos a / sqrt(..)), and the
    root is more than |w cos a| while w < v) and is concave in w: least nearest to the track, at either end of strength.
    With the speed over ground s held, v_a^2 = s^2 + w^2 + 2 s w cos a falls with a and is convex in w: most nearest to
    the track at either end, least farthest from it where w is nearest to -s cos a.
    """
    speed = np.asarray(speed_mps, dtype=np.float64)
    off = np.abs((np.asarray(from_deg, dtype=np.float64) - track_deg + 180.0) % 360.0 - 180.0)
    near_deg = np.maximum(off - turns_deg, 0.0)
    strong, weak = (
        triangle(speed, 0.0, np.asarray(mps, dtype=np.float64), near_deg, holds_ground)
        for mps in (strongest_mps, weakest_mps)
    )
    # Without a stray wind there is none from anywhere, not even a calm.
    strays = np.asarray(stray_mps, dtype=np.float64)
    against = triangle(speed, 0.0, strays, 0.0, holds_ground)
    stray = Speeds(
        np.where(strays > 0, against.ground_mps, strong.ground_mps),
        np.where(strays > 0, against.air_mps, strong.air_mps),
    )
    # NaN of any is NaN of all.
    ground_mps = np.minimum(np.minimum(strong.ground_mps, weak.ground_mps), stray.ground_mps)
    most_mps = np.maximum(np.maximum(strong.air_mps, weak.air_mps), stray.air_mps)
    if holds_ground is False:
        return Span(ground_mps, most_mps, most_mps)
    behind = np.cos(np.radians(np.minimum(off + turns_deg, 180.0)))
    mps = np.clip(-speed * behind, weakest_mps, strongest_mps)
    least_mps = np.sqrt(np.maximum(speed**2 + mps**2 + 2 * speed * mps * behind, 0.0))
    along_mps = np.where(strays > 0, np.maximum(speed - strays, 0.0), least_mps)
    return Span(ground_mps, np.where(holds_ground, np.minimum(least_mps, along_mps), most_mps), most_mps)
