"""How wrong forecasts are, from forecasts and what was measured later."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta

import pytest

from fleet.weather.conditions import Conditions, Observation, Said
from fleet.weather.error import wind_sd
from fleet.weather.fit import FEWEST, Pair, TooFewPairs, fitted, pairs_of
from fleet.weather.series import WeatherSeries

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def said(wind_mps: float) -> Conditions:
    return Conditions(wind_mps, wind_mps + 2, 270, 10, 0, 10_000)


def drawn(now_mps: float, per_mps: float, count: int, seed: int = 1) -> list[Pair]:
    """Errors of a known rule at times from at once to a day ahead."""
    chance = random.Random(seed)
    hours = [chance.uniform(0, 24) for _ in range(count)]
    return [Pair(h, chance.gauss(0, math.hypot(now_mps, per_mps * math.sqrt(h)))) for h in hours]


def test_the_figures_that_errors_were_drawn_with_come_back() -> None:
    found = fitted(drawn(0.8, 0.5, 20_000))
    assert found.now_mps == pytest.approx(0.8, rel=0.2)
    assert found.per_sqrt_h_mps == pytest.approx(0.5, rel=0.06)
    assert found.most_mps == pytest.approx(wind_sd(found.longest_h * 3600, 0.8, 0.5, 99), rel=0.06)


def test_few_pairs_leave_the_deviation_open_and_raise_it() -> None:
    """Errors that are all one metre a second: thirty raise it by a third, three thousand by two per cent."""
    few, many = (fitted([Pair(1.0, (-1.0) ** n) for n in range(count)]) for count in (30, 3000))
    assert few.now_mps == pytest.approx(1 / math.sqrt(1 - 1.645 * math.sqrt(2 / 30)))
    assert many.now_mps == pytest.approx(1.02, abs=0.02)
    assert few.per_sqrt_h_mps == many.per_sqrt_h_mps == 0


def test_a_forecast_that_is_always_too_low_is_wrong_by_as_much() -> None:
    assert fitted([Pair(2.0, -3.0)] * 1000).now_mps >= 3.0


def test_errors_that_get_less_with_time_count_as_constant() -> None:
    """And such as start below nothing grow from nothing: neither figure is below zero."""
    falling = fitted([Pair(float(h), 5.0 - 0.2 * h) for h in range(24)] * 5)
    assert falling.per_sqrt_h_mps == 0
    steep = fitted([Pair(float(h), 0.2 * h) for h in range(24)] * 5)
    assert steep.now_mps == 0
    assert steep.per_sqrt_h_mps > 0


def test_only_what_was_said_before_its_time_and_measured_at_it_counts() -> None:
    measured = WeatherSeries((Observation(NOON, said(4)), Observation(NOON + HOUR, said(6))))
    forecast = WeatherSeries(
        (
            Said(NOON - HOUR, said(9), NOON - 3 * HOUR),  # nobody measured
            Said(NOON, said(5), NOON - 3 * HOUR),
            Said(NOON + HOUR / 2, said(5), None),  # said nobody knows when
            Said(NOON + HOUR, said(5), NOON + 2 * HOUR),  # said afterwards
            Said(NOON + 2 * HOUR, said(5), NOON),
            Said(NOON + 5 * HOUR, said(5), NOON),  # the last measurement is stale
        )
    )
    assert pairs_of(forecast, measured) == [
        Pair(3.0, 1.0, NOON - 3 * HOUR),
        Pair(2.0, -1.0, NOON),
    ]


def hours_of(forecasts: int, seed: int) -> list[Pair]:
    """Forecasts of twelve hours whose errors hang together: 2 m/s, 0.9 from hour to hour."""
    chance = random.Random(seed)
    found = []
    for number in range(forecasts):
        error = chance.gauss(0, 1)
        for hour in range(1, 13):
            error = 0.9 * error + chance.gauss(0, math.sqrt(1 - 0.81))
            found.append(Pair(float(hour), 2 * error, NOON + number * HOUR))
    return found


def test_the_hours_of_one_forecast_are_one() -> None:
    """The upper end of 95 % lies below the truth no oftener than it says, though hours of one forecast err together."""
    with pytest.raises(TooFewPairs, match="29 forecasts"):
        fitted(hours_of(FEWEST - 1, 0))
    below = 0
    for seed in range(200):
        found = fitted(hours_of(FEWEST, seed))
        assert (found.pairs, found.forecasts) == (12 * FEWEST, FEWEST)
        below += math.hypot(found.now_mps, found.per_sqrt_h_mps * math.sqrt(6)) < 2
    assert below <= 0.05 * 200 + 6, "as many as chance explains"


def test_too_few_pairs_are_refused() -> None:
    with pytest.raises(TooFewPairs, match=f"29 forecasts .* {FEWEST} are needed"):
        fitted([Pair(1.0, 1.0)] * (FEWEST - 1))
