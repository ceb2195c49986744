"""The air that a vehicle moves through: its density and the wind triangle."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fleet.energy.arrays import FloatArray, Floats
from fleet.energy.errors import require_finite, require_not_negative, require_positive, require_within

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

    Raises `InvalidInput` for a negative speed or a direction outside 0..360.
    """

    speed_mps: float
    from_deg: float

    def __post_init__(self) -> None:
        require_not_negative(wind_mps=self.speed_mps)
        require_within(0, 360, wind_from_deg=self.from_deg)


CALM = Wind(0.0, 0.0)


def air_density(alt_amsl_m: float, temperature_c: float | None = None) -> float:
    """Density in kg/m3 of dry air at a height above mean sea level.

    Pressure by the International Standard Atmosphere (ICAO Doc 7488, troposphere); density by the gas law
    with the
    temperature at that height, the standard's own where none is given. Raises `InvalidInput` outside
    -500..11,000 m
    or -60..60 °C.
    """
    require_within(-500, 11_000, alt_amsl_m=alt_amsl_m)
    standard_k = SEA_LEVEL_K - LAPSE_K_PER_M * alt_amsl_m
    exponent: float = GRAVITY_MPS2 / (DRY_AIR_J_PER_KG_K * LAPSE_K_PER_M)
    pressure_pa: float = SEA_LEVEL_PA * (standard_k / SEA_LEVEL_K) ** exponent
    return pressure_pa / (DRY_AIR_J_PER_KG_K * _kelvin(temperature_c, standard_k))


def _kelvin(temperature_c: float | None, standard_k: float) -> float:
    if temperature_c is None:
        return standard_k
    require_within(-60, 60, temperature_c=temperature_c)
    return temperature_c + ZERO_CELSIUS_K


def ground_speed(airspeed_mps: Floats, track_deg: Floats, wind: Wind) -> FloatArray:
    """Speed over ground in m/s along a track, by the wind triangle: the nose points into the crosswind.

    NaN where the wind is as fast as the aircraft or faster: there is then a direction in which it can't fly
    home, so
    no track counts as flyable. Raises `InvalidInput` for an airspeed that is not positive or a track not
    finite.
    """
    require_positive(airspeed_mps=airspeed_mps)
    require_finite(track_deg=track_deg)
    angle = np.radians(wind.from_deg - np.asarray(track_deg, dtype=np.float64))
    head_mps, cross_mps = wind.speed_mps * np.cos(angle), wind.speed_mps * np.sin(angle)
    air = np.asarray(airspeed_mps, dtype=np.float64)
    along = np.sqrt(np.maximum(air**2 - cross_mps**2, 0.0)) - head_mps
    speed: FloatArray = np.where(wind.speed_mps < air, along, math.nan)
    return speed
