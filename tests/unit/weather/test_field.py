"""Weather by place, height and time: who counts where, what a height makes of it, and what nobody knows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.intake.errors import IntakeError
from fleet.weather.blend import merged
from fleet.weather.conditions import ANYWHERE, Conditions, Observation, Said, Spot
from fleet.weather.errors import InvalidWeather
from fleet.weather.field import Part, Sort, WeatherField, Where
from fleet.weather.heights import at_height
from fleet.weather.reader import COLUMNS, read_weather
from fleet.weather.series import Missing, WeatherSeries, Worst

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
HERE, NEAR, FAR = (-8.6, 41.15), (-8.6, 41.20), (-8.6, 41.35)  # 5.6 and 22 km to the north


def said(wind_mps: float, temperature_c: float = 10.0) -> Conditions:
    """A dry clear wind from the west."""
    return Conditions(wind_mps, wind_mps + 2, 270, temperature_c, 0, 10_000)


def part(name: str, spot: Spot, *winds: float, sort: Sort = Sort.OBSERVED, every: timedelta = HOUR) -> Part:
    """Winds from noon on."""
    return Part(name, sort, spot, tuple(Observation(NOON + n * every, said(w)) for n, w in enumerate(winds)))


def wind(
    field: WeatherField, *points: tuple[float, float], height_m: float = 60.0, minutes: float = 30.0
) -> float | None:
    """The strongest wind on a way around a time after noon; none where it is not known."""
    at = NOON + timedelta(minutes=minutes)
    found = field.worst_along(Where(points, height_m), at, at + timedelta(minutes=10))
    return None if isinstance(found, Missing) else round(found.wind_mps, 6)


def test_a_station_counts_where_it_reaches_and_the_worst_of_those() -> None:
    """And where none reaches, nothing is known; one that names no place counts everywhere."""
    field = WeatherField(
        (part("a", Spot(*HERE), 3, 3), part("b", Spot(*NEAR), 6, 6), part("c", Spot(*FAR), 9, 9))
    )
    assert wind(field, HERE) == 6
    assert wind(field, FAR) == 9
    assert wind(field, HERE, FAR) == 9
    assert wind(field, (-8.0, 41.15)) is None
    assert wind(field, HERE, (-8.0, 41.15)) is None
    assert wind(WeatherField((*field.parts, part("day", ANYWHERE, 1, 1))), (-8.0, 41.15)) == 1


def test_stations_a_few_metres_apart_are_two() -> None:
    """Both in the same town with the name of one source: the worse counts."""
    spots = Spot(-122.41940, 37.77490), Spot(-122.41944, 37.77490)
    for winds in ((20, 1), (1, 20)):
        field = WeatherField(tuple(part("a", spot, mps, mps) for spot, mps in zip(spots, winds, strict=True)))
        assert wind(field, (-122.4194, 37.7749)) == 20


def test_the_way_between_two_points_is_looked_at_too() -> None:
    """Both ends have a station; the middle has none, until one is there."""
    ends = (part("a", Spot(*HERE), 3, 3), part("c", Spot(-8.6, 41.40), 3, 3))
    assert wind(WeatherField(ends), HERE, (-8.6, 41.40)) is None
    middle = part("b", Spot(-8.6, 41.275), 7, 7)
    assert wind(WeatherField((*ends, middle)), HERE, (-8.6, 41.40)) == 7


def test_a_station_that_is_stale_leaves_its_place_unknown_though_others_speak() -> None:
    field = WeatherField((part("a", Spot(*HERE), 3), part("c", Spot(*FAR), 4, 4, 4, 4)))
    assert wind(field, HERE, minutes=60) == 3
    assert wind(field, HERE, minutes=100) is None
    assert wind(field, FAR, minutes=100) == 4


def test_a_way_over_the_date_line() -> None:
    field = WeatherField((part("a", Spot(179.99, 0.0), 3, 3), part("b", Spot(-179.99, 0.0), 5, 5)))
    assert wind(field, (179.95, 0.0), (-179.95, 0.0)) == 5


def test_wind_grows_with_height_by_the_power_law_and_never_gets_less_below_the_instrument() -> None:
    """10 m/s at 10 m is 10 * 6^0.2 = 14.31 m/s at 60 m; the air there is 0.325 K colder."""
    raised = at_height(said(10), 10.0, 60.0)
    assert raised.wind_mps == pytest.approx(14.3097, abs=1e-4)
    assert raised.gust_mps == pytest.approx(12 * 1.43097, abs=1e-4)
    assert raised.temperature_c == pytest.approx(10 - 0.325)
    assert at_height(said(10), 100.0, 60.0) == said(10)
    assert at_height(said(10), None, 60.0) == said(10)


def test_of_heights_at_one_place_those_next_to_the_flight_count() -> None:
    """Not a jet far above; between two levels the worse of both."""
    mast = tuple(part("m", Spot(*HERE, h), w, w) for h, w in ((10.0, 2.0), (80.0, 5.0), (400.0, 30.0)))
    field = WeatherField(mast)
    assert wind(field, HERE, height_m=60) == 5
    assert wind(field, HERE, height_m=80) == pytest.approx(5)
    assert wind(field, HERE, height_m=10) == 2
    assert wind(field, HERE, height_m=120) == 30


def test_the_warm_side_is_that_on_the_ground_and_the_cold_side_that_of_the_height() -> None:
    cold = Part(
        "a",
        Sort.OBSERVED,
        Spot(*HERE, 2.0),
        (Observation(NOON, said(3, -4)), Observation(NOON + HOUR, said(3, -4))),
    )
    warm = Part(
        "b",
        Sort.OBSERVED,
        Spot(*NEAR, 2.0),
        (Observation(NOON, said(3, 9)), Observation(NOON + HOUR, said(3, 9))),
    )
    found = WeatherField((cold, warm)).worst_along(Where((HERE,), 100), NOON, NOON + HOUR)
    assert isinstance(found, Worst)
    assert found.min_temperature_c == pytest.approx(-4 - 0.0065 * 98)
    assert found.max_temperature_c == 9


def test_measurements_stand_over_a_forecast_where_they_reach_only() -> None:
    forecast = part("forecast", ANYWHERE, 2, 2, sort=Sort.FORECAST)
    field = WeatherField((part("a", Spot(*HERE), 8, 8), forecast))
    assert wind(field, HERE) == 8
    assert wind(field, FAR) == 2


def test_without_a_way_every_place_counts_at_the_greatest_height() -> None:
    field = WeatherField((part("a", Spot(*HERE, 10.0), 3, 3), part("c", Spot(*FAR), 4, 4)))
    found = field.worst_along(None, NOON, NOON + HOUR, highest_m=120)
    assert isinstance(found, Worst)
    assert found.wind_mps == pytest.approx(3 * 12**0.2)
    at = field.at(NOON)
    assert not isinstance(at, Missing)
    assert at.wind_mps == 4


def test_a_forecast_that_ceases_between_two_rows_of_another_counts_to_its_end() -> None:
    """On its own line, which leads on to a row that comes too late."""
    rising = WeatherSeries((Observation(NOON, said(0)), Observation(NOON + timedelta(minutes=92), said(9.2))))
    calm = WeatherSeries((Observation(NOON + timedelta(minutes=91), said(0)),))
    together = merged([rising, calm])
    assert together is not None
    for minute in (1, 45, 90):
        found = together.at(NOON + timedelta(minutes=minute))
        assert not isinstance(found, Missing)
        assert found.wind_mps == pytest.approx(0.1 * minute)


MINUTES = st.integers(0, 400)


@given(
    st.lists(st.dictionaries(MINUTES, st.floats(0, 40), min_size=1, max_size=6), min_size=1, max_size=4),
    MINUTES,
)
def test_several_forecasts_together_are_nowhere_kinder_than_one_that_counts(
    several: list[dict[int, float]], minute: int
) -> None:
    """And count nowhere where none of them does."""
    each = [
        WeatherSeries(tuple(Observation(NOON + timedelta(minutes=m), said(rows[m])) for m in sorted(rows)))
        for rows in several
    ]
    together, at = merged(each), NOON + timedelta(minutes=minute)
    assert together is not None
    known = [found for one in each if not isinstance(found := one.at(at), Missing)]
    found = together.at(at)
    if isinstance(found, Missing):
        assert not known
    else:
        assert known
        assert found.wind_mps >= max(one.wind_mps for one in known) - 1e-9


HEADER = ",".join((*COLUMNS, "lon", "lat", "height_m"))
ROW = "2026-06-01T{}:00:00Z,4,6,350,10,0,10000,{}"


def test_a_file_with_places_is_a_field_and_one_without_is_what_it_was() -> None:
    lines = [
        HEADER,
        ROW.format("12", "-8.6,41.15,10"),
        ROW.format("12", "-8.6,41.2,10"),
        ROW.format("13", "-8.6,41.15,10"),
    ]
    field = read_weather(lines, "w.csv")
    assert isinstance(field, WeatherField)
    assert [(one.spot, len(one.rows)) for one in field.parts] == [
        ((-8.6, 41.15, 10), 2),
        ((-8.6, 41.2, 10), 1),
    ]
    plain = read_weather([",".join(COLUMNS), "2026-06-01T12:00:00Z,4,6,350,10,0,10000"], "w.csv")
    assert plain == WeatherSeries((Observation(NOON, Conditions(4, 6, 350, 10, 0, 10_000)),), source="w.csv")
    empty = read_weather([HEADER, ROW.format("12", ",,")], "w.csv")
    assert empty == plain


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ("-8.6,,10", "lat: is empty: a place has lon and lat, or neither"),
        (",41.15,10", "lon: is empty: a place has lon and lat, or neither"),
        ("-8.6,91,10", "lat: must lie within -90 and 90"),
        ("-8.6,41.15,0", "height_m: must lie within 1 and 500"),
        ("-8.6,41.15,nan", "height_m: "),
    ],
)
def test_half_a_place_or_a_height_that_is_none_is_refused_by_line_and_column(
    cells: str, message: str
) -> None:
    with pytest.raises(IntakeError, match=r"w\.csv:2") as caught:
        read_weather([HEADER, ROW.format("12", cells)], "w.csv")
    assert message in str(caught.value)


def test_rows_of_one_place_and_height_must_rise_in_time() -> None:
    twice = [HEADER, ROW.format("12", "-8.6,41.15,10"), ROW.format("12", "-8.6,41.15,10")]
    with pytest.raises(IntakeError, match=r"w\.csv:3: time: .*is not after the row before"):
        read_weather(twice, "w.csv")


def test_half_a_place_is_no_spot() -> None:
    with pytest.raises(InvalidWeather, match="lon"):
        Said(NOON, said(3), None, Spot(None, 41.0))
