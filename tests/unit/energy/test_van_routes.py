"""A van's route by its energy: a sum over its ways, by hand, with the payload that falls, stops and the weather."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from fleet.energy import catalog
from fleet.energy.errors import InvalidInput
from fleet.energy.van import ElectricVan, RouteLegs, least_wh_per_m, route_energy_wh

VAN = catalog.electric_van("van-e")
GRAVITY, RHO = 9.80665, 1.225
LOSS = 1 / 0.94 - 0.65
"""What of a joule at the wheels is lost that is given and taken back."""

WAYS = st.lists(
    st.tuples(st.floats(0, 12_000), st.floats(10, 1500), st.floats(0, 1000)), min_size=1, max_size=12
)


def legs(*ways: tuple[float, float, float]) -> RouteLegs:
    return RouteLegs(*np.array(ways, dtype=np.float64).T)


def by_hand(ways: list[tuple[float, float, float]], standing_s: float, standing_w: float) -> float:
    """Each way for itself, in joules: rolling, air, its stops and those of the traffic, hills; then what is on."""
    joules = 0.0
    for metres, seconds, kg in ways:
        mass, km, v = 2400.0 + kg, metres / 1000, max(10.0, metres / seconds)
        steady = 0.010 * mass * GRAVITY * metres + 0.5 * RHO * 1.9 * v**2 * metres
        stops = (1 if metres > 0 else 0) + 2.0 * km
        given = stops * 0.5 * mass * v**2 + mass * GRAVITY * 5.0 * km
        joules += steady / 0.94 + given * LOSS
    lasts_s = sum(seconds for _, seconds, _ in ways) + standing_s
    return (joules + standing_w * lasts_s) / 3600


@given(WAYS, st.floats(0, 20_000), st.floats(0, 3000))
def test_a_sum_over_its_ways(ways: list[tuple[float, float, float]], standing_s: float, watts: float) -> None:
    found = route_energy_wh(VAN, legs(*ways), standing_s, watts)
    assert found == pytest.approx(by_hand(ways, standing_s, watts), rel=1e-4)
    apart = sum(route_energy_wh(VAN, legs(way), 0.0, watts) for way in ways)
    assert found == pytest.approx(apart + watts * standing_s / 3600, rel=1e-9, abs=1e-9)


@given(WAYS, st.integers(0, 11), st.sampled_from([0, 1, 2]), st.floats(0, 500), st.floats(0, 5000))
def test_more_of_anything_never_takes_less(
    ways: list[tuple[float, float, float]], at: int, what: int, more: float, standing_s: float
) -> None:
    """Longer, heavier; longer out with the same ways: the electronics, heating and cooling never rest.

    More time for the same way may be slower driving, which takes less air: it is held at the speed of the town.
    """
    base = route_energy_wh(VAN, legs(*ways), standing_s, 900.0)
    changed = [list(way) for way in ways]
    one = changed[at % len(ways)]
    one[what] += more if what != 2 else min(more, 1000.0 - one[2])
    slow = all(metres / seconds <= 10.0 for metres, seconds, _ in (*ways, one))
    if what != 1 or slow:
        longer = legs(*((one[0], one[1], one[2]) for one in changed))
        assert route_energy_wh(VAN, longer, standing_s, 900.0) >= base * (1 - 1e-12)
    assert route_energy_wh(VAN, legs(*ways), standing_s + more, 900.0) >= base
    assert route_energy_wh(VAN, legs(*ways), standing_s, 900.0 + more) >= base


@given(WAYS)
def test_no_metre_takes_less_than_the_least(ways: list[tuple[float, float, float]]) -> None:
    """The bound that searches go by, which know metres only."""
    metres = sum(way[0] for way in ways)
    assert route_energy_wh(VAN, legs(*ways), 0.0, 0.0) >= metres * least_wh_per_m(VAN) * (1 - 1e-9)


@pytest.mark.parametrize(
    ("celsius", "watts"), [(-30, 2750), (-15, 2750), (0, 1750), (5, 1300), (20, 250), (35, 1450), (50, 1450)]
)
def test_heating_and_cooling_by_the_weather(celsius: float, watts: float) -> None:
    """Linear between the points of the file, as at the nearest beyond them, on top of what is always on."""
    assert VAN.standing_w(celsius) == pytest.approx(watts)


@given(st.floats(-20, 40), st.floats(-20, 40))
def test_the_worst_of_a_day_is_found_between_its_extremes(a: float, b: float) -> None:
    coldest, warmest = sorted((a, b))
    fine = [VAN.standing_w(float(c)) for c in np.linspace(coldest, warmest, 400)]
    worst = VAN.worst_standing_w(coldest, warmest)
    assert max(fine) <= worst + 1e-9
    assert worst <= max(fine) + (warmest - coldest) / 400 * 150


@given(st.floats(-15, 18), st.floats(-15, 18))
def test_colder_never_takes_less(a: float, b: float) -> None:
    """Below what needs no heating."""
    cold, mild = sorted((a, b))
    assert VAN.standing_w(cold) >= VAN.standing_w(mild)


def test_a_day_in_town() -> None:
    """60 stops over 80 km, 700 kg that get less, at 20 °C: within a quarter of the 0.25 kWh/km in the default fleet's
    rates, which include charging; at -5 °C much more, nearly all of it heating."""
    ways = [(1333.0, 200.0, 700.0 * (60 - n) / 60) for n in range(60)]
    per_100_km = [
        route_energy_wh(VAN, legs(*ways), 60 * 180.0, VAN.standing_w(c)) / sum(w[0] for w in ways) * 100
        for c in (20.0, -5.0)
    ]
    assert per_100_km[0] == pytest.approx(25, rel=0.25)
    assert per_100_km[1] > 1.2 * per_100_km[0]


def test_figures_of_before_are_read_as_they_were() -> None:
    """A file that says nothing of streets, speed and climate: the ways' own speeds, no heating."""
    bare = VAN.model_copy(
        update={"climate_by_c": (), "driving_mps": None, "per_km": type(VAN.per_km)(), "residual": None}
    )
    mass, v = 2400.0, 8.0
    steady = 0.010 * mass * GRAVITY * 1000 + 0.5 * RHO * 1.9 * v**2 * 1000
    joules = steady / 0.94 + 0.5 * mass * v**2 * LOSS
    assert route_energy_wh(bare, legs((1000.0, 125.0, 0.0)), 0.0, bare.standing_w(-10)) == pytest.approx(
        (joules + 250 * 125) / 3600, rel=1e-4
    )


@pytest.mark.parametrize(
    ("ways", "standing_s", "standing_w", "field"),
    [
        ([(-1.0, 10.0, 0.0)], 0.0, 0.0, "metres"),
        ([(1.0, float("nan"), 0.0)], 0.0, 0.0, "seconds"),
        ([(1.0, 10.0, 1001.0)], 0.0, 0.0, "payload_kg"),
        ([(1.0, 10.0, 0.0)], -1.0, 0.0, "standing_s"),
        ([(1.0, 10.0, 0.0)], 0.0, float("inf"), "standing_w"),
    ],
)
def test_bad_numbers_name_their_field(
    ways: list[tuple[float, float, float]], standing_s: float, standing_w: float, field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        route_energy_wh(VAN, legs(*ways), standing_s, standing_w)
    assert caught.value.field == field


def test_temperatures_of_the_climate_must_rise() -> None:
    with pytest.raises(ValidationError, match="climate_by_c"):
        ElectricVan.model_validate({**VAN.model_dump(), "climate_by_c": [(10, 100), (0, 500)]})
