"""How far a flight lies beyond what its airframe was measured at, and by how much its margin grows there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from fleet.energy.airframe import Range, Validity

LOG_SD_PER_TENTH = 0.02
"""Standard deviation of the logarithm of energy that each tenth beyond a range adds (assumption: nobody has measured
there; a fitted line that is off by a fifth of the step beyond its end)."""
WAY_LOG_SD = 0.05
"""The same for heights and lengths, on ways without end: the slowest pace that the flights leave possible counts there
(`Timing`), so that only what is no straight line is left (assumption). A pace that is off by a share puts the time of a
way off by that share of what lies beyond."""
WAYS = ("height_m", "leg_m")
WIDEST = 3.0
"""Of the log deviation: nothing is known any more, and no flight passes."""
ROUNDING = 1e-9


class Beyond(NamedTuple):
    """A figure outside its range: by which share of the end that it lies beyond."""

    name: str
    actual: float
    known: Range
    share: float

    @property
    def log_sd(self) -> float:
        """The log deviation of energy that it adds."""
        if self.name not in WAYS:
            return self.share * 10 * LOG_SD_PER_TENTH
        return WAY_LOG_SD * (self.share / (1 + self.share) if self.actual > self.known.high else self.share)

    @property
    def said(self) -> str:
        """In words, as an assumption that an answer rests on."""
        return (
            f"{self.name} {self.actual:.4g} lies {self.share:.1%} beyond the {self.known.low:.4g} to "
            f"{self.known.high:.4g} that were measured: the margin is wider"
        )


def beyond(
    validity: Validity | None,
    *,
    masses_kg: Iterable[float],
    density_kg_m3: float,
    airspeeds_mps: Iterable[float],
    heights_m: Iterable[float] = (),
    legs_m: Iterable[float] = (),
) -> tuple[Beyond, ...]:
    """What lies outside: the farthest mass, the density, the farthest airspeed, the farthest height of a climb from the
    ground, the longest leg. Nothing where no range is known.

    A leg that is shorter than those that were flown lasts no longer than the airframe's times have it: they count the
    lost seconds in full there.
    """
    if validity is None:
        return ()
    masses = [_outside("mass_kg", mass_kg, validity.mass_kg) for mass_kg in masses_kg]
    found = [
        max(masses, key=lambda one: one.share),
        _outside("density_kg_m3", density_kg_m3, validity.density_kg_m3),
    ]
    if validity.airspeed_mps is not None:
        airspeeds = [_outside("airspeed_mps", speed, validity.airspeed_mps) for speed in airspeeds_mps]
        found.append(max(airspeeds, key=lambda one: one.share))
    if validity.height_m is not None:
        heights = [
            _outside("height_m", height_m, validity.height_m) for height_m in heights_m if height_m > 0
        ]
        found += sorted(heights, key=lambda one: one.log_sd)[-1:]
    if validity.leg_m is not None and (longest_m := max(legs_m, default=0.0)) > validity.leg_m.high:
        found.append(_outside("leg_m", longest_m, validity.leg_m))
    return tuple(one for one in found if one.share > ROUNDING)


def airspeeds(speed_mps: float, wind_mps: float, *, holds_ground: bool) -> tuple[float, ...]:
    """The least and the most airspeed of a flight in a wind that may blow along its legs or against them."""
    if not holds_ground or wind_mps == 0:
        return (speed_mps,)
    return max(0.0, speed_mps - wind_mps), speed_mps + wind_mps


def widening(found: Iterable[Beyond]) -> float:
    """The log deviation that they add together; nothing for none. They may all err to the same side, so they add up."""
    return min(WIDEST, sum(one.log_sd for one in found))


def _outside(name: str, actual: float, known: Range) -> Beyond:
    share = max(actual / known.high - 1, 1 - actual / known.low, 0.0)
    return Beyond(name, actual, known, share)
