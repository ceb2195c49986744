"""The error of a forecast's wind, fitted to forecasts held against what was measured later."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from fleet.weather.error import SECONDS_PER_HOUR
from fleet.weather.errors import WeatherError
from fleet.weather.series import Missing, WeatherSeries

FEWEST: Final = 30
"""Forecasts below which nothing is fitted: of thirty the deviation is known to a quarter."""

CERTAINTY: Final = 1.645
"""Normal quantile of 95 %: the fitted deviation is raised to the upper end of what so many pairs leave open."""


class Pair(NamedTuple):
    """A forecast that can be judged: how old it was, and by how much its wind was too strong. ``issued_at`` is when it
    was said; none: by itself."""

    lead_h: float
    error_mps: float
    issued_at: datetime | None = None


class Fitted(NamedTuple):
    """The rule `error.wind_sd` with its figures, and what they rest on."""

    now_mps: float
    per_sqrt_h_mps: float
    most_mps: float
    pairs: int
    longest_h: float
    forecasts: int


class TooFewPairs(WeatherError):
    """The forecasts and measurements do not meet often enough to say how wrong forecasts are."""


def pairs_of(forecast: WeatherSeries, measured: WeatherSeries) -> list[Pair]:
    """The rows of a forecast of which is known when they were said, before their time, and what was measured then."""
    found: list[Pair] = []
    for row in forecast.rows:
        said_at, seen = row.issued_at, measured.at(row.time)
        if said_at is None or said_at > row.time or isinstance(seen, Missing):
            continue
        lead_h = (row.time - said_at).total_seconds() / SECONDS_PER_HOUR
        found.append(Pair(lead_h, row.conditions.wind_mps - seen.wind_mps, said_at))
    return found


def fitted(pairs: Sequence[Pair]) -> Fitted:
    """The figures of the rule: the straight line through the squares of the errors over the hours, nowhere falling.

    A constant error counts as one, not only the spread around it. Both figures are raised to the upper end of what the
    number of forecasts leaves open (95 %, the normal approximation of chi-square). The hours and places of one forecast
    err together, so all that was said at one time counts as one. ``most_mps`` is the deviation at the longest time that
    any pair has, beyond which nothing is known. Raises ``TooFewPairs`` for fewer forecasts than ``FEWEST``.
    """
    forecasts = _independent(pairs)
    if forecasts < FEWEST:
        raise TooFewPairs(
            f"{forecasts} forecasts can be held against a measurement, {FEWEST} are needed: they state issued_at "
            "before their time, and somebody measured then; the hours of one forecast are one"
        )
    level, slope = _line([(one.lead_h, one.error_mps**2) for one in pairs])
    raised = 1 / math.sqrt(1 - CERTAINTY * math.sqrt(2 / forecasts))
    longest_h = max(one.lead_h for one in pairs)
    now_mps, per_mps = raised * math.sqrt(level), raised * math.sqrt(slope)
    return Fitted(
        now_mps,
        per_mps,
        math.hypot(now_mps, per_mps * math.sqrt(longest_h)),
        len(pairs),
        longest_h,
        forecasts,
    )


def _independent(pairs: Sequence[Pair]) -> int:
    said = {one.issued_at for one in pairs if one.issued_at is not None}
    return len(said) + sum(one.issued_at is None for one in pairs)


def _line(points: Iterable[tuple[float, float]]) -> tuple[float, float]:
    """Level and slope of the least squares through points, neither below zero."""
    xs, ys = zip(*points, strict=True)
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((x - mean_x) ** 2 for x in xs)
    slope = (
        0.0 if spread == 0 else sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / spread
    )
    if slope <= 0:
        return mean_y, 0.0
    if mean_y - slope * mean_x < 0:
        return 0.0, sum(x * y for x, y in zip(xs, ys, strict=True)) / sum(x * x for x in xs)
    return mean_y - slope * mean_x, slope
