"""Which airspeed to fly: against a brute grid, by what it must do in wind, and in time."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fleet.energy import catalog
from fleet.energy.air import Wind
from fleet.energy.errors import InvalidInput
from fleet.energy.multirotor import Cruise, EnergyEstimate, flight_energy, sortie_phases
from fleet.energy.sortie import SortiePlan, largest_radius_m
from fleet.energy.speed import Speed, Way, at_speed, range_speed, timely_speed

COURIER, M100 = catalog.airframe("courier-x4"), catalog.airframe("dji-matrice-100")
SHARES = st.floats(0, 1)
WINDS = st.builds(Wind, st.floats(0, 15), st.floats(0, 360))


def flight(way: Way, wind: Wind, airspeed_mps: float) -> EnergyEstimate | None:
    """The flight phase by phase, not by the table."""
    out, back = (
        Cruise(way.out_m, deg, wind, airspeed_mps) for deg in (way.bearing_deg, way.bearing_deg + 180)
    )
    phases = sortie_phases([out], [back], payload_kg=way.payload_kg, height_m=60, drop_s=30)
    found = flight_energy(COURIER, phases)
    return found if isinstance(found, EnergyEstimate) else None


def ways() -> st.SearchStrategy[Way]:
    return st.builds(Way, st.floats(100, 8000), st.floats(0, 360), st.floats(0, 2.5))


@given(ways(), WINDS)
def test_no_other_speed_goes_farther(way: Way, wind: Wind) -> None:
    """Of a thousand, by the largest radius on a battery."""
    plan = SortiePlan(wind=wind)
    best = range_speed(COURIER, way, plan)
    assert best is not None
    radii = [
        float(
            largest_radius_m(
                COURIER, 400.0, way.bearing_deg, way.payload_kg, SortiePlan(wind=wind, airspeed_mps=v)
            )
        )
        for v in (best.airspeed_mps, *np.linspace(5, 20, 61).tolist())
    ]
    assert radii[0] >= max(radii) * (1 - 1e-6)


@given(ways(), WINDS, st.floats(200, 3000))
def test_the_timely_speed_is_in_time_and_none_that_is_takes_less(
    way: Way, wind: Wind, within_s: float
) -> None:
    """And where there is none, not even the fastest is in time."""
    plan = SortiePlan(wind=wind)
    best = timely_speed(COURIER, way, plan, within_s)
    others = [flight(way, wind, v) for v in np.linspace(5, 20, 61).tolist()]
    in_time = [one for one in others if one is not None and one.duration_s <= within_s]
    if best is None:
        assert not in_time
        return
    assert best.duration_s <= within_s
    same = flight(way, wind, best.airspeed_mps)
    assert same is not None
    assert (best.energy_wh, best.duration_s) == pytest.approx((same.energy_wh, same.duration_s), rel=1e-12)
    assert all(best.energy_wh <= one.energy_wh * (1 + 1e-6) for one in in_time)


@given(ways(), st.floats(0, 12), st.floats(0, 12), SHARES)
def test_more_time_never_takes_more(way: Way, wind_mps: float, from_deg: float, share: float) -> None:
    plan = SortiePlan(wind=Wind(wind_mps, from_deg))
    fastest = at_speed(COURIER, way, plan, COURIER.max_airspeed_mps)
    assume(math.isfinite(fastest.duration_s))
    hurried, calm = (
        timely_speed(COURIER, way, plan, fastest.duration_s * f) for f in (1 + share / 2, 1 + share)
    )
    assert isinstance(hurried, Speed)
    assert isinstance(calm, Speed)
    assert calm.energy_wh <= hurried.energy_wh * (1 + 1e-6)


def test_against_the_wind_the_best_speed_is_higher() -> None:
    """As for every aircraft: the more wind there is to be made good, the less time should be spent in it."""
    way = Way(3000, 0.0, 1.0)
    speeds = [range_speed(COURIER, way, SortiePlan(wind=Wind(w, 0.0))) for w in (0.0, 4.0, 8.0, 12.0)]
    found = [one.airspeed_mps for one in speeds if one is not None]
    assert found == sorted(found)
    assert found[0] < found[-1]


def test_without_rotor_figures_the_fastest_is_best() -> None:
    """The Matrice's power is the same at all its speeds."""
    way, plan = Way(500, 0.0, 0.5), SortiePlan()
    best, timely = range_speed(M100, way, plan), timely_speed(M100, way, plan, 600)
    assert best is not None
    assert timely is not None
    assert best.airspeed_mps == timely.airspeed_mps == M100.max_airspeed_mps


def test_a_wind_faster_than_it_flies_has_no_speed() -> None:
    plan = SortiePlan(wind=Wind(21.0, 0.0))
    assert range_speed(COURIER, Way(500, 0.0, 0.5), plan) is None
    assert timely_speed(COURIER, Way(500, 0.0, 0.5), plan, 1e6) is None


@pytest.mark.parametrize("within_s", [0.0, -1.0, math.nan])
def test_a_time_that_is_none_is_refused(within_s: float) -> None:
    with pytest.raises(InvalidInput, match="within_s"):
        timely_speed(COURIER, Way(500, 0.0, 0.5), SortiePlan(), within_s)
