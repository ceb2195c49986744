"""A drone that flies in a test: spot by spot, by `wayphysics` alone, with a battery of its own."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from fleet.energy.airframe import Airframe
from tests.support.legphysics import leg_joules
from tests.support.wayphysics import Spot, air_kg_m3, over_ground


@dataclass(frozen=True)
class Air:
    """Wind in m/s and degrees from where, the temperature in °C, and how many times what the model says it takes."""

    wind: tuple[float, float]
    temperature_c: float = 15.0
    takes: float = 1.0


@dataclass(frozen=True)
class Moment:
    """Where it is after so many seconds, and what it has taken in Wh."""

    seconds: float
    spot: Spot
    used_wh: float


def fly(
    frame: Airframe, way: Sequence[Spot], payload_kg: float, air: Air, speed_mps: float, every_s: float
) -> Iterator[Moment]:
    """A way from spot to spot, a moment every so often and one at each spot."""
    density = air_kg_m3(max(spot[2] for spot in way), air.temperature_c)
    figures, seconds, used = frame.model_dump(), 0.0, 0.0
    for here, there in pairwise(way):
        metres, track_deg = over_ground(here, there)
        rise_m = there[2] - here[2]
        regime, amount = (
            ("cruise", metres) if metres >= 0.5 else ("climb" if rise_m >= 0 else "descent", abs(rise_m))
        )
        lasts_s, joules = leg_joules(
            figures,
            regime,
            amount,
            frame.empty_mass_kg + payload_kg,
            density,
            speed_mps,
            track_deg,
            *air.wind,
            False,
        )
        assert math.isfinite(joules)
        parts = max(1, math.ceil(lasts_s / every_s))
        for n in range(1, parts + 1):
            share = n / parts
            spot = tuple(a + share * (b - a) for a, b in zip(here, there, strict=True))
            yield Moment(
                seconds + share * lasts_s,
                (spot[0], spot[1], spot[2]),
                used + share * joules * air.takes / 3600,
            )
        seconds, used = seconds + lasts_s, used + joules * air.takes / 3600
