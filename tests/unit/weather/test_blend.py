"""One series from stations, forecasts and a file: what outranks what, and when all of it is too old."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fleet.weather.blend import LASTING, blended
from fleet.weather.bounds import worst_of
from fleet.weather.conditions import Conditions, Observation
from fleet.weather.series import STALE_AFTER_S, Missing, WeatherSeries
from fleet.weather.winds import Winds

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def wind(
    mps: float, *, from_deg: float = 270, temperature_c: float = 10, visibility_m: float = 9_000
) -> Conditions:
    """Conditions of which the wind matters; gusts are 2 m/s stronger."""
    return Conditions(mps, mps + 2, from_deg, temperature_c, 0, visibility_m)


def rows(**by_minute: float) -> list[Observation]:
    """Winds by minutes from noon, ``m10`` before or ``p10`` after."""
    return [
        Observation(NOON + timedelta(minutes=int(at[1:]) * (-1 if at[0] == "m" else 1)), wind(mps))
        for at, mps in by_minute.items()
    ]


def at(series: WeatherSeries | None, minutes: float) -> float | None:
    """The wind so many minutes after noon; none where it is not known."""
    assert series is not None
    found = series.at(NOON + timedelta(minutes=minutes))
    return None if isinstance(found, Missing) else round(found.wind_mps, 6)


FILE = WeatherSeries(tuple(rows(m60=5, p0=5, p60=5, p120=5)), source="day.csv")


def test_without_a_feed_the_file_is_what_counts() -> None:
    """And without a file either, nothing is known."""
    assert blended(FILE, {}, []) is FILE
    assert blended(None, {}, []) is None


def test_what_was_measured_stands_over_file_and_forecast() -> None:
    """At its own moment, and for all moments between two measurements."""
    series = blended(FILE, {"harbour": rows(m10=9, p10=9)}, rows(m10=2, p0=2, p10=2))
    assert [at(series, m) for m in (-10, 0, 10)] == [9, 9, 9]
    assert series is not None
    assert series.source == "harbour, forecast, day.csv"


@pytest.mark.parametrize(("observed", "expected"), [(9, 9), (3, 8)])
def test_a_forecast_is_not_kinder_than_the_weather_just_measured(observed: float, expected: float) -> None:
    """For half an hour; one that is worse counts at once."""
    feed = {"harbour": rows(p0=observed)}
    lasting = LASTING.total_seconds() / 60
    series = blended(None, feed, rows(p10=8, p30=8, p40=8))
    assert at(series, 10) == expected
    assert at(series, lasting) == expected
    assert at(series, lasting + 10) == 8


def test_a_measurement_does_not_fade_at_once_into_rows_by_the_hour() -> None:
    """It holds for its half hour, and is gone when the next row is reached."""
    series = blended(FILE, {"harbour": rows(p10=9)}, [])
    assert [at(series, m) for m in (10, 25, 40, 60)] == [9, 9, 9, 5]
    assert at(series, 50) == 7


def test_that_it_lasts_makes_no_row_count_longer() -> None:
    """Where no row follows, the measurement is stale when it is."""
    series = blended(WeatherSeries(tuple(rows(m60=5))), {"harbour": rows(p0=9)}, [])
    assert at(series, 90) == 9
    assert at(series, 91) is None


def test_a_forecast_outranks_the_file() -> None:
    """It is newer than what the day began with."""
    series = blended(FILE, {}, rows(p60=12))
    assert [at(series, m) for m in (0, 60, 120)] == [5, 12, 5]


def test_of_two_stations_the_worse_counts_until_it_is_stale() -> None:
    """They need not speak at the same moments."""
    feed = {"hill": rows(m10=11), "harbour": rows(m10=4, p0=4, p120=4)}
    series = blended(None, feed, [])
    assert at(series, 0) == 11
    assert at(series, 120) == 4


def test_a_feed_without_a_file_goes_stale() -> None:
    """After the time that a row of a file counts, and not a second later."""
    series = blended(None, {"harbour": rows(p0=4)}, [])
    assert at(series, STALE_AFTER_S / 60) == 4
    assert at(series, STALE_AFTER_S / 60 + 1 / 60) is None


def test_the_file_says_when_rows_are_stale() -> None:
    """One rule for both."""
    strict = WeatherSeries(tuple(rows(m60=5)), stale_after_s=600)
    series = blended(strict, {"harbour": rows(p0=4)}, [])
    assert at(series, 10) == 4
    assert at(series, 11) is None


def test_the_worst_of_each_value() -> None:
    """They need not belong to one row; winds and temperatures are bounds of all."""
    hot, strong = wind(3, from_deg=50, temperature_c=39, visibility_m=800), wind(9, from_deg=90)
    winds = Winds(9, 3, 70, 20)
    assert worst_of([hot, strong]) == Conditions(9, 11, 70, 10, 0, 800, among=winds, warmest_c=39)
    assert worst_of([wind(3, from_deg=270), strong]).winds.anywhere
    assert worst_of([strong, wind(0.5, from_deg=270)]).winds == Winds(9, 0.5, 90, 0, 0.5)


def by_second(mps: float, shift_s: float, count: int) -> list[Observation]:
    """A station that speaks every ten seconds from noon."""
    times = (NOON + timedelta(seconds=10 * n + shift_s) for n in range(count))
    return [Observation(time, wind(mps)) for time in times]


def test_however_many_stations_speak_there_are_two_moments_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is asked of every station: without a bound a few busy ones would hold up whoever blends."""
    minutes, stations = 10, 8
    feed = {f"s{n}": by_second(3, n / 8, 6 * minutes) for n in range(stations)}
    asked: list[datetime] = []
    one = WeatherSeries.at

    def counted(self: WeatherSeries, time: datetime) -> Conditions | Missing:
        asked.append(time)
        return one(self, time)

    monkeypatch.setattr(WeatherSeries, "at", counted)
    series = blended(None, feed, [])
    assert series is not None
    assert len(series.rows) == 2 * minutes
    assert len(asked) == 2 * minutes * stations


def test_what_was_measured_within_a_minute_counts_at_both_its_ends() -> None:
    """A gust between two moments that stand is not passed over; two moments stand as they are."""
    busy = by_second(3, 0, 12)
    busy[2] = Observation(busy[2].time, wind(11))
    series = blended(None, {"harbour": busy}, [])
    assert [at(series, m) for m in (0, 50 / 60, 1, 110 / 60)] == [11, 11, 3, 3]
    assert [at(blended(None, {"harbour": busy[1:3]}, []), m / 60) for m in (10, 20)] == [3, 11]
