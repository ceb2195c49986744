"""The wind from how an aircraft moves: with and without airspeed, as well known as it says, and never made up."""

from __future__ import annotations

import cmath
import math
import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.energy.air import Wind
from fleet.energy.catalog import airframe
from fleet.energy.multirotor import Cruise, Unflyable, flight_energy, sortie_phases
from fleet.feasibility.flight import wind_of
from fleet.weather.conditions import Conditions, Observation, Spot
from fleet.weather.field import Part, Sort, WeatherField, Where
from fleet.weather.inflight import FEWEST, Motion, wind_shown
from fleet.weather.series import Missing, Worst
from fleet.weather.shown import COUNTS_FOR, ShownWind
from fleet.weather.winds import Winds

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
COURIER = airframe("courier-x4")


def flown(
    headings: list[float],
    airspeed_mps: float,
    wind_mps: float,
    from_deg: float,
    *,
    tells: bool = True,
    dice: random.Random | None = None,
) -> list[Motion]:
    """Flights on these headings, as complex numbers: east is real, north imaginary. Noise where dice are given."""
    wind = cmath.rect(-wind_mps, math.radians(90 - from_deg))
    found = []
    for heading in headings:
        air, nose, ground_off = airspeed_mps, heading, 0j
        if dice is not None:
            air += dice.gauss(0, 0.3)
            nose += dice.gauss(0, 2.0)
            ground_off = complex(dice.gauss(0, 0.15), dice.gauss(0, 0.15))
        ground = cmath.rect(airspeed_mps, math.radians(90 - heading)) + wind + ground_off
        track = (90 - math.degrees(cmath.phase(ground))) % 360
        found.append(Motion(track, abs(ground), nose % 360, air if tells else None))
    return found


def apart(one: float, other: float) -> float:
    return abs((one - other + 180) % 360 - 180)


@given(
    st.floats(8, 25),
    st.floats(0.5, 15),
    st.floats(0, 359),
    st.lists(st.floats(0, 359), min_size=5, max_size=12),
)
def test_with_an_airspeed_any_heading_shows_the_wind(
    airspeed_mps: float, wind_mps: float, from_deg: float, headings: list[float]
) -> None:
    found = wind_shown(flown(headings, airspeed_mps, wind_mps, from_deg))
    assert found is not None
    assert found.wind_mps == pytest.approx(wind_mps, abs=1e-6)
    assert apart(found.wind_from_deg, from_deg) < 1e-4
    assert 0.5 <= found.sd_mps <= 2.0


@given(st.floats(8, 25), st.floats(0.5, 15), st.floats(0, 359), st.floats(0, 359), st.integers(8, 24))
def test_without_one_headings_all_round_show_it(
    airspeed_mps: float, wind_mps: float, from_deg: float, first: float, count: int
) -> None:
    headings = [(first + 360 * number / count) % 360 for number in range(count)]
    found = wind_shown(flown(headings, airspeed_mps, wind_mps, from_deg, tells=False))
    assert found is not None
    assert found.wind_mps == pytest.approx(wind_mps, abs=1e-6)
    assert apart(found.wind_from_deg, from_deg) < 1e-4


@given(st.floats(8, 25), st.floats(0, 8), st.floats(0, 359), st.floats(0, 359))
def test_one_heading_without_an_airspeed_shows_nothing(
    airspeed_mps: float, wind_mps: float, from_deg: float, heading: float
) -> None:
    """A tailwind and a fast aircraft look alike."""
    assert wind_shown(flown([heading] * 30, airspeed_mps, wind_mps, from_deg, tells=False)) is None


def test_a_few_samples_show_nothing() -> None:
    few = flown([0, 90, 180, 270], 16, 5, 300)
    assert len(few) < FEWEST
    assert wind_shown(few) is None


@pytest.mark.parametrize("tells", [True, False])
def test_it_is_as_well_known_as_it_says(tells: bool) -> None:
    """Of a thousand flights with noise the error of the strength lies within two deviations in 95 % at least; and the
    deviation is no more than twice what the errors show."""
    dice = random.Random(5)
    errors, deviations, within = [], [], 0
    for _ in range(1000):
        wind, start = dice.uniform(2, 12), dice.uniform(0, 360)
        headings = [(start + dice.choice((0, 120, 240)) + dice.uniform(-10, 10)) % 360 for _ in range(15)]
        found = wind_shown(flown(headings, 16, wind, dice.uniform(0, 360), tells=tells, dice=dice))
        assert found is not None
        errors.append(found.wind_mps - wind)
        deviations.append(found.sd_mps)
        within += abs(errors[-1]) <= 2 * found.sd_mps
    assert within >= 950
    spread = math.sqrt(sum(error**2 for error in errors) / len(errors))
    # An airspeed's error and a compass's stay the same in all samples of a flight, which this noise does not.
    assert spread < sum(deviations) / len(deviations) < (10 if tells else 4) * spread
    assert abs(sum(errors) / len(errors)) < 0.1


# --- what the weather makes of it ------------------------------------------------------------------------------------

HERE, FAR = (-8.6, 41.15), (-8.6, 41.35)


def field(*shown: ShownWind, mps: float = 5.0, from_deg: float = 270.0) -> WeatherField:
    """A station that counts everywhere and says the same all day, and winds that were shown."""
    said = Conditions(mps, mps + 2, from_deg, 10, 0, 10_000)
    rows = tuple(Observation(NOON + timedelta(hours=number), said) for number in range(-2, 4))
    return WeatherField((Part("day", Sort.FILE, Spot(), rows),), shown=shown)


def seen(mps: float, from_deg: float = 270.0, minute: float = 0.0, height_m: float = 60.0) -> ShownWind:
    return ShownWind("asset:d", NOON + timedelta(minutes=minute), Spot(*HERE, height_m), mps, from_deg)


def worst(some: WeatherField, place: tuple[float, float] | None = HERE, minute: float = 1.0) -> Worst:
    at = NOON + timedelta(minutes=minute)
    where = None if place is None else Where((place,), 60.0)
    found = some.worst_along(where, at, at + timedelta(minutes=5))
    assert not isinstance(found, Missing)
    return found


@given(st.floats(0, 20), st.floats(0, 359), st.floats(-30, 30), st.floats(2, 120), st.floats(-20, 20))
def test_a_wind_that_is_shown_never_makes_the_weather_milder(
    mps: float, from_deg: float, minute: float, height_m: float, asked: float
) -> None:
    """Nor anything else than the wind: all that may blow without it may with it."""
    without, found = (
        worst(field(), minute=asked),
        worst(field(seen(mps, from_deg, minute, height_m)), minute=asked),
    )
    assert found.wind_mps >= without.wind_mps
    assert found.gust_mps >= max(without.gust_mps, found.wind_mps)
    off = abs(math.remainder(without.winds.from_deg - found.winds.from_deg, 360.0))
    assert off <= found.winds.turns_deg + 1e-9
    assert found.winds.weakest_mps <= without.winds.weakest_mps
    shown_mps = seen(mps, from_deg, minute, height_m).mps_at(60.0, 0.2)
    if -4.9 <= asked - minute <= 14.9 and shown_mps >= 1:
        assert apart(found.winds.from_deg, from_deg) <= found.winds.turns_deg + 1e-9
        assert found.winds.weakest_mps <= shown_mps <= found.wind_mps


def test_it_counts_near_by_and_for_a_quarter_of_an_hour() -> None:
    storm = field(seen(12.0))
    assert worst(storm).wind_mps == 12.0
    assert worst(storm, None).wind_mps == 12.0, "for those who ask about no place"
    assert worst(storm, FAR).wind_mps == 5.0
    end = COUNTS_FOR.total_seconds() / 60
    assert worst(storm, minute=end).wind_mps == 12.0
    assert worst(storm, minute=end + 0.01).wind_mps == 5.0
    assert worst(storm, minute=-5.01).wind_mps == 5.0, "nor for what was over before it was shown"


def test_a_stronger_wind_from_elsewhere_widens_where_it_may_blow_from() -> None:
    assert worst(field(seen(12.0, 280.0))).winds == Winds(12.0, 5.0, 275.0, 5.0)
    assert worst(field(seen(12.0, 180.0))).winds == Winds(12.0, 5.0, 225.0, 45.0)
    assert worst(field(seen(12.0, 90.0))).winds.anywhere


def test_a_weaker_wind_from_elsewhere_counts_too() -> None:
    """It was left out: from ahead it costs more than a stronger one from the side."""
    assert worst(field(seen(4.0, 180.0))).winds == Winds(5.0, 4.0, 225.0, 45.0)
    assert worst(field(seen(4.0, 180.0), seen(4.5, 200.0))).winds == Winds(5.0, 4.0, 225.0, 45.0)
    assert worst(field(seen(5.0))).winds == Winds(5.0, 5.0, 270.0)


@given(
    st.floats(2, 9), st.floats(0, 359), st.floats(2, 9), st.floats(0, 359), st.floats(2, 8), st.floats(0, 359)
)
def test_a_longer_time_is_never_milder(
    mps: float, from_deg: float, later_mps: float, later_deg: float, shown_mps: float, shown_deg: float
) -> None:
    """However the wind grows later: a flight takes at least what it takes in the wind that was shown."""
    rows = (
        Observation(NOON, Conditions(mps, mps + 1, from_deg, 10, 0, 10_000)),
        Observation(
            NOON + timedelta(hours=1), Conditions(later_mps, later_mps + 1, later_deg, 10, 0, 10_000)
        ),
    )
    some = WeatherField((Part("day", Sort.FILE, Spot(), rows),), shown=(seen(shown_mps, shown_deg),))
    takes = []
    for minutes in (5, 15, 55):
        found = some.worst_along(Where((HERE,), 60.0), NOON, NOON + timedelta(minutes=minutes))
        assert not isinstance(found, Missing)
        takes.append(flight_wh(wind_of(found.winds)))
    assert takes[0] >= flight_wh(Wind(shown_mps, shown_deg)) * (1 - 1e-9)
    assert all(longer >= shorter * (1 - 1e-9) for shorter, longer in pairwise(takes))


def flight_wh(wind: Wind) -> float:
    """Out to the north and back with the airspeed held."""
    ways = ([Cruise(4000, 0.0, wind)], [Cruise(4000, 180.0, wind)])
    flown = flight_energy(COURIER, sortie_phases(*ways, payload_kg=1.0, height_m=60, drop_s=30))
    assert not isinstance(flown, Unflyable)
    return float(flown.energy_wh)


def test_it_grows_with_height_and_is_no_less_below() -> None:
    assert worst(field(seen(8.0, height_m=20.0))).wind_mps == pytest.approx(8.0 * 3**0.2)
    assert worst(field(seen(8.0, height_m=110.0))).wind_mps == 8.0


def test_without_other_weather_a_wind_alone_is_none() -> None:
    """What is not known stays so."""
    alone = WeatherField((), shown=(seen(3.0),))
    found = alone.worst_along(Where((HERE,), 60.0), NOON, NOON)
    assert isinstance(found, Missing)
