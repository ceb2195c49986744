"""What the forecast's error adds to the margin: how much more a flight takes in the wind that it may turn out to be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import isinf, log
from statistics import NormalDist

from fleet.feasibility.sky import Sky
from fleet.feasibility.verdict import Verdict, infeasible
from fleet.protocol.values import Reason


def wind_log_sd(
    sky: Sky, along_deg: float, epsilon: float, needed_wh: Callable[[Sky], float | Verdict]
) -> float | Verdict:
    """The standard deviation, as a logarithm of energy, that comes from not knowing the wind.

    The energy is asked for in the wind that is as far off as the accepted probability ``epsilon`` lets it be, along the
    way (``along_deg``), against it, or stronger than it is: the worst of the three. Taken there and divided by the
    normal quantile, because energy grows faster than wind: the margin for the wind alone is then just what that wind
    costs. 0 where the wind is known. A verdict where the aircraft could not fly in that wind.
    """
    if sky.wind_sd_mps <= 0:
        return 0.0
    quantile = NormalDist().inv_cdf(1 - epsilon)
    planned_wh, worst_wh = needed_wh(sky), 0.0
    if isinstance(planned_wh, Verdict):
        return planned_wh
    if isinf(planned_wh):  # out of reach in any wind
        return 0.0
    for other in _blown(sky, quantile * sky.wind_sd_mps, along_deg):
        found_wh = needed_wh(other)
        if isinstance(found_wh, Verdict) or isinf(found_wh):
            return infeasible(_too_uncertain(sky, other))
        worst_wh = max(worst_wh, found_wh)
    return log(worst_wh / planned_wh) / quantile if worst_wh > planned_wh > 0 else 0.0


def strengthened(sky: Sky, epsilon: float) -> Sky:
    """The sky with its wind as strong as the accepted probability lets it turn out; the same where it is known."""
    if sky.wind_sd_mps <= 0:
        return sky
    more_mps, winds = NormalDist().inv_cdf(1 - epsilon) * sky.wind_sd_mps, sky.winds
    strong = winds._replace(
        strongest_mps=winds.strongest_mps + more_mps, weakest_mps=max(0.0, winds.weakest_mps - more_mps)
    )
    return replace(sky, worst=replace(sky.worst, winds=strong))


def _blown(sky: Sky, more_mps: float, along_deg: float) -> Iterator[Sky]:
    """The sky with a wind of so many m/s added, from different directions; from anywhere where that is not known."""
    against = {along_deg % 360.0: None, (along_deg + 180.0) % 360.0: None}
    for from_deg in {sky.winds.from_deg: None, **({} if sky.winds.anywhere else against)}:
        winds = sky.winds.blown(more_mps, from_deg)
        yield replace(sky, worst=replace(sky.worst, winds=winds))


def _too_uncertain(sky: Sky, other: Sky) -> Reason:
    return Reason(
        code="wind_too_uncertain",
        detail=f"the wind of {sky.wind_mps:.1f} m/s is a forecast and may turn out {other.wind_mps:.1f} m/s, in which "
        "it could not fly every leg",
        limit=round(sky.wind_sd_mps, 2),
        actual=round(other.wind_mps, 2),
        unit="m/s",
        source="the forecast's error, weather.forecast of the fleet file",
    )
