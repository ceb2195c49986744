"""Reading, interpolating, missing weather, extremes and limits."""

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fleet.intake.errors import IntakeError
from fleet.weather.bounds import interpolate
from fleet.weather.conditions import Conditions, Observation, wind_vector
from fleet.weather.errors import InvalidWeather, WeatherError
from fleet.weather.limits import Violation, WeatherLimits, violated_limits
from fleet.weather.reader import COLUMNS, read_weather
from fleet.weather.series import Missing, WeatherSeries, Worst
from fleet.weather.winds import Winds

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
FINE = Conditions(4, 6, 350, 10, 0, 10_000)
ROUGH = Conditions(8, 13, 30, 6, 2, 3_000)
HEADER = ",".join(COLUMNS)


def series(*offsets_h: float, stale_after_s: float = 5400) -> WeatherSeries:
    """Fine and rough weather by turns at these hours from noon."""
    rows = (Observation(NOON + h * HOUR, (FINE, ROUGH)[i % 2]) for i, h in enumerate(offsets_h))
    return WeatherSeries(tuple(rows), stale_after_s)


@pytest.mark.parametrize(("from_deg", "east", "north"), [(0, 0, -5), (90, -5, 0), (180, 0, 5), (270, 5, 0)])
def test_wind_direction_is_where_it_comes_from(from_deg: float, east: float, north: float) -> None:
    """A north wind moves south."""
    assert wind_vector(5, from_deg) == pytest.approx((east, north))


def test_interpolation_turns_the_short_way() -> None:
    """From 350 to 30 degrees by way of north."""
    middle = interpolate(FINE, ROUGH, 0.5)
    assert middle == Conditions(6, 9.5, 10, 8, 1, 6_500)
    assert interpolate(FINE, ROUGH, 0) == FINE
    assert interpolate(FINE, ROUGH, 1) == ROUGH


def test_at_a_row_between_rows_and_after_the_last() -> None:
    """A row holds after the end of the series until it is stale."""
    known = series(0, 1)
    assert known.at(NOON) == FINE
    assert known.at(NOON + HOUR / 2) == interpolate(FINE, ROUGH, 0.5)
    assert known.at(NOON + 2 * HOUR) == ROUGH


def test_missing_says_what_and_how_old() -> None:
    """Before the first row, after the last one went stale, and in a gap: never a default."""
    assert series(0).at(NOON - HOUR) == Missing("weather before the first row", NOON - HOUR, None)
    stale = series(0, 5).at(NOON + 2 * HOUR)
    assert stale == Missing("weather newer than 5400 s", NOON + 2 * HOUR, 7200)
    assert isinstance(series(0).at(NOON + 2 * HOUR), Missing)


def test_worst_of_an_interval() -> None:
    """The extremes of the ends and of every row between; the arc of all directions between them."""
    whole = series(0, 1, 2).worst_between(NOON, NOON + 2 * HOUR)
    assert whole == Worst(Winds(8, 4, 10, 20), 13, 2, 3_000, 6, 10)
    part = series(0, 1).worst_between(NOON, NOON + HOUR / 2)
    assert part == Worst(Winds(6, 4, 0, 10), 9.5, 1, 6_500, 8, 10)


@pytest.mark.parametrize(("start_h", "end_h"), [(-1, 1), (0, 5), (0.5, 4.9), (4, 5)])
def test_worst_of_an_interval_with_a_gap_is_missing(start_h: float, end_h: float) -> None:
    """Also where both ends are known and the gap is between them."""
    assert isinstance(series(0, 5).worst_between(NOON + start_h * HOUR, NOON + end_h * HOUR), Missing)


def test_limits_list_what_is_violated() -> None:
    """Touching a limit is within it; a bound that is none does not bind."""
    limits = WeatherLimits(8, 12, 1, 3_500, 6, None)
    assert violated_limits(limits, FINE) == ()
    assert limits.violations(ROUGH) == (
        Violation("max_gust_mps", 12, 13, "m/s"),
        Violation("max_precipitation_mm_h", 1, 2, "mm/h"),
        Violation("min_visibility_m", 3_500, 3_000, "m"),
    )
    cold_and_hot = WeatherLimits(min_temperature_c=0, max_temperature_c=30)
    names = [v.name for v in cold_and_hot.violations(Worst(Winds(1, 1, 0), 1, 0, 9_000, -1, 31))]
    assert names == ["min_temperature_c", "max_temperature_c"]


def test_reads_the_format() -> None:
    """Unknown columns are ignored, offsets kept."""
    lines = [HEADER + ",remark", "2026-11-24T12:00:00+00:00,4,6,350,10,0,10000,calm"]
    assert read_weather(lines, "w.csv").at(NOON) == FINE


@pytest.mark.parametrize(
    ("lines", "line", "field"),
    [
        ([], 1, None),
        ([HEADER.replace("gust_mps,", "")], 1, "gust_mps"),
        ([HEADER], None, None),
        ([HEADER, "2026-11-24T12:00:00,4,6,350,10,0,10000"], 2, "time"),
        ([HEADER, "noon,4,6,350,10,0,10000"], 2, "time"),
        ([HEADER, "2026-11-24T12:00:00Z,four,6,350,10,0,10000"], 2, "wind_mps"),
        ([HEADER, "2026-11-24T12:00:00Z,nan,6,350,10,0,10000"], 2, "wind_mps"),
        ([HEADER, "2026-11-24T12:00:00Z,-4,6,350,10,0,10000"], 2, "wind_mps"),
        ([HEADER, "2026-11-24T12:00:00Z,4,3,350,10,0,10000"], 2, "gust_mps"),
        ([HEADER, "2026-11-24T12:00:00Z,4,6,361,10,0,10000"], 2, "wind_from_deg"),
        ([HEADER, "2026-11-24T12:00:00Z,4,6,350,10,0,"], 2, "visibility_m"),
        ([HEADER, "2026-11-24T12:00:00Z,4,6,350,10"], 2, None),
        ([HEADER, *["2026-11-24T12:00:00Z,4,6,350,10,0,9000"] * 2], 3, "time"),
        ([HEADER, "2026-11-24T12:00:00Z,4,6,0,9,0,9", "2026-11-24T12:00:00+01:00,4,6,0,9,0,9"], 3, "time"),
    ],
)
def test_bad_file_names_file_line_and_field(lines: list[str], line: int | None, field: str | None) -> None:
    """Naive times, bad numbers, duplicates, rows out of order."""
    with pytest.raises(IntakeError, match=r"w\.csv") as caught:
        read_weather(lines, "w.csv")
    (fault,) = caught.value.errors
    assert (fault.file, fault.line, fault.field) == ("w.csv", line, field)


def test_every_fault_of_a_file_is_named() -> None:
    """In the order of the lines; a wrong row does not hide what is wrong with those after it."""
    lines = [
        HEADER,
        "2026-11-24T12:00:00,four,6,361,10,0,9000",
        "2026-11-24T13:00:00Z,4,3,0,10,0,9000",
        "2026-11-24T14:00:00Z,4,6,0",
        "2026-11-24T11:00:00Z,4,6,0,10,-1,9000",
    ]
    with pytest.raises(IntakeError) as caught:
        read_weather(lines, "w.csv")
    assert str(caught.value).splitlines() == [
        "w.csv:2: time: has no offset from UTC, so the moment is not known; write 2026-11-24T08:00:00-06:00"
        " (found '2026-11-24T12:00:00')",
        "w.csv:2: wind_mps: is not a number (found 'four')",
        "w.csv:2: wind_from_deg: must lie within 0 and 360 (found '361')",
        "w.csv:3: gust_mps: must be at least wind_mps (4) (found '3')",
        "w.csv:4: 4 cells under 7 columns; is a comma or a quote missing?",
        "w.csv:5: precipitation_mm_h: must lie within 0 and 500 (found '-1')",
        "w.csv:5: time: is not after the row before (2026-11-24T13:00:00+00:00); sort the rows and remove duplicates"
        " (found '2026-11-24T11:00:00Z')",
    ]


def test_many_faults_are_counted() -> None:
    with pytest.raises(IntakeError) as caught:
        read_weather([HEADER, *["noon,4,6,350,10,0,10000"] * 30], "w.csv")
    assert str(caught.value).splitlines()[-1] == "… and 10 more"


@pytest.mark.parametrize(
    "call",
    [
        lambda: WeatherSeries(()),
        lambda: series(0, stale_after_s=math.nan),
        lambda: series(1, 0),
        lambda: series(0).at(NOON.replace(tzinfo=None)),
        lambda: series(0).worst_between(NOON, NOON - HOUR),
        lambda: Observation(NOON.replace(tzinfo=None), FINE),
        lambda: WeatherLimits(max_wind_mps=math.nan),
        lambda: WeatherLimits(max_gust_mps=-1),
    ],
)
def test_bad_questions_are_errors_under_the_root(call: object) -> None:
    """Not a verdict, a mistake of the caller."""
    assert callable(call)
    with pytest.raises(InvalidWeather) as caught:
        call()
    assert isinstance(caught.value, WeatherError)


def test_real_files(shared_data: Path) -> None:
    """A day of 24 hourly rows; rain at 15 and 16 h in Austin."""
    for city in ("austin", "porto"):
        file = shared_data / "demand" / f"{city}.weather.csv"
        known = read_weather(file.read_text(encoding="utf-8").splitlines(), file.name)
        assert isinstance(known, WeatherSeries)
        assert len(known.rows) == 24
        worst = known.worst_between(known.rows[0].time, known.rows[-1].time)
        assert isinstance(worst, Worst)
        assert worst.precipitation_mm_h > 0
