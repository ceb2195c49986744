"""Masts of which an instrument dies, and stations that fall silent: what is known stays known, and gets no milder."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fleet.weather.blend import blended
from fleet.weather.conditions import Conditions, Observation, Spot
from fleet.weather.field import Part, Sort, WeatherField, Where
from fleet.weather.series import STALE_AFTER_S, Missing

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HERE = (-8.6, 41.15)
STALE_MIN = STALE_AFTER_S / 60
FLOWN_M = 60.0


def row(minute: float, wind_mps: float) -> Observation:
    """A dry clear wind so many minutes after noon."""
    return Observation(NOON + timedelta(minutes=minute), Conditions(wind_mps, wind_mps, 270, 10, 0, 10_000))


Levels = dict[float, tuple[float, list[int]]]
"""For each height of a mast its wind, which never changes, and the minutes at which it is told."""


def mast(levels: Levels, sort: Sort = Sort.OBSERVED) -> WeatherField:
    """The mast as a field."""
    return WeatherField(
        tuple(
            Part("mast", sort, Spot(*HERE, height_m), tuple(row(minute, mps) for minute in minutes))
            for height_m, (mps, minutes) in levels.items()
        )
    )


def wind(field: WeatherField, minute: float) -> float | None:
    """The wind at the flight's height; none where it is not known."""
    at = NOON + timedelta(minutes=minute)
    found = field.worst_along(Where((HERE,), FLOWN_M), at, at)
    return None if isinstance(found, Missing) else found.wind_mps


def counts(minutes: list[int], minute: float) -> bool:
    """Whether the newest row before a minute is not stale."""
    ages = [minute - told for told in minutes if told <= minute]
    return bool(ages) and min(ages) <= STALE_MIN


def before_a_gap(minutes: list[int], minute: float) -> bool:
    """Whether the next row comes after a time of which nothing is known: what was said fades towards it."""
    before, after = [at for at in minutes if at <= minute], [at for at in minutes if at > minute]
    return bool(before and after) and min(after) - max(before) > STALE_MIN


def aloft(height_m: float, mps: float) -> float:
    """The power law up, nothing down."""
    factor: float = (FLOWN_M / height_m) ** 0.2
    return mps * max(1.0, factor)


def at_least(levels: Levels, minute: float) -> float | None:
    """What the next instruments below and above that are alive say; none where all are dead."""
    alive = {h: mps for h, (mps, minutes) in levels.items() if counts(minutes, minute)}
    below, above = [h for h in alive if h < FLOWN_M], [h for h in alive if h >= FLOWN_M]
    chosen = ([max(below)] if below else []) + ([min(above)] if above else [])
    return max((aloft(h, alive[h]) for h in chosen), default=None)


told = st.lists(st.integers(0, 600), min_size=1, max_size=8, unique=True).map(sorted)
masts = st.dictionaries(
    st.sampled_from([5.0, 10.0, 30.0, 50.0, 60.0, 80.0, 120.0]),
    st.tuples(st.floats(0, 20), told),
    min_size=1,
    max_size=5,
)


@settings(max_examples=300, deadline=None)
@given(masts, st.floats(0, 800))
def test_a_mast_is_known_while_any_instrument_lives_and_no_milder_than_those_next_to_the_flight(
    levels: Levels, minute: float
) -> None:
    expected, found = at_least(levels, minute), wind(mast(levels), minute)
    assert (found is None) == (expected is None)
    if found is not None and expected is not None:
        everything = max(aloft(h, mps) for h, (mps, _) in levels.items())
        assert found <= everything + 1e-9
        if not before_a_gap([at for _, minutes in levels.values() for at in minutes], minute):
            assert found >= expected - 1e-9


@pytest.mark.parametrize("sort", list(Sort))
def test_a_dead_upper_instrument_does_not_take_the_mast_with_it(sort: Sort) -> None:
    """Dead from noon on: it counts until it is stale, then the one below it does, by the power law."""
    field = mast({50.0: (9.0, [0]), 10.0: (4.0, list(range(0, 301, 10)))}, sort)
    assert wind(field, 89) == pytest.approx(aloft(50, 9.0))
    assert wind(field, 120) == pytest.approx(aloft(10, 4.0))
    assert wind(field, 390) == pytest.approx(aloft(10, 4.0))
    assert wind(field, 391) is None


def test_while_the_nearest_lives_those_farther_off_do_not_count() -> None:
    """What the power law makes of the lowest is not held against what was measured right below the flight."""
    often = list(range(0, 301, 10))
    field = mast({50.0: (4.0, often), 10.0: (9.0, often), 80.0: (5.0, often), 120.0: (19.0, often)})
    assert wind(field, 155) == pytest.approx(5.0)


stations = st.dictionaries(
    st.sampled_from("abcd"),
    st.lists(st.tuples(st.integers(0, 400), st.floats(0, 20)), min_size=1, max_size=6),
)


@settings(max_examples=300, deadline=None)
@example({"a": [(0, 20.0)], "b": [(60, 1.0), (120, 1.0)]}, 80.0)
@given(stations, st.floats(0, 600))
def test_a_station_that_falls_silent_makes_it_no_milder_while_it_counts(
    said: dict[str, list[tuple[int, float]]], minute: float
) -> None:
    """However seldom the others speak. Known it is as long as any of them counts, and no longer."""
    observed = {name: [row(at, mps) for at, mps in sorted(dict(rows).items())] for name, rows in said.items()}
    series = blended(None, observed, [])
    if series is None:
        assert not observed
        return
    found = series.at(NOON + timedelta(minutes=minute))
    alive = {name: rows for name, rows in observed.items() if counts(minutes(rows), minute)}
    assert isinstance(found, Missing) == (not alive)
    if isinstance(found, Missing) or before_a_gap(
        [at for rows in observed.values() for at in minutes(rows)], minute
    ):
        return
    assert found.wind_mps >= max(least_around(rows, minute) for rows in alive.values()) - 1e-9


def minutes(rows: list[Observation]) -> list[int]:
    """When a station spoke."""
    return [round((each.time - NOON).total_seconds() / 60) for each in rows]


def least_around(rows: list[Observation], minute: float) -> float:
    """The lesser of what a station says before a minute, and next after it."""
    last = max(n for n, at in enumerate(minutes(rows)) if at <= minute)
    return min(each.conditions.wind_mps for each in rows[last : last + 2])
