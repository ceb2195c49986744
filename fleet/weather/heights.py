"""Weather at another height than it was measured at: wind by the power law, temperature by the lapse."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from fleet.weather.conditions import BOUNDS, Conditions

EXPONENT: Final = 0.2
"""Of the power law u(z) = u(h) (z / h)^a: the normal wind profile of IEC 61400-1. Over towns it is more (0.25 to 0.4),
over water less (0.1); whoever knows better states it in the fleet file."""

LAPSE_K_PER_M: Final = 0.0065
"""By how much it gets colder with height: the standard atmosphere's (ICAO Doc 7488)."""


def at_height(
    said: Conditions, measured_m: float | None, height_m: float, exponent: float = EXPONENT
) -> Conditions:
    """The conditions at a height above the ground, as far as what was measured at ``measured_m`` tells.

    Above the instrument wind and gusts are stronger by the power law, and the air colder by the lapse. Below it they
    count as they were measured: no law is trusted to make the weather kinder. Nor is the warmest lapsed: air need not
    get colder with height. Without ``measured_m`` the row already
    stands for the height that is flown. Rain and sight do not change with height.
    """
    if measured_m is None or height_m <= measured_m:
        return said
    factor = (height_m / measured_m) ** exponent
    winds = said.winds.times(factor, BOUNDS["wind_mps"][1])
    return replace(
        said,
        wind_mps=winds.strongest_mps,
        gust_mps=min(said.gust_mps * factor, BOUNDS["gust_mps"][1]),
        temperature_c=max(
            said.temperature_c - LAPSE_K_PER_M * (height_m - measured_m), BOUNDS["temperature_c"][0]
        ),
        among=None if said.among is None else winds,
        warmest_c=said.highest_c,
    )
