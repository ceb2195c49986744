"""More payload, distance, headwind or age never takes less energy or leaves more."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fleet.energy import catalog
from fleet.energy.air import Wind
from fleet.energy.airframe import Airframe
from fleet.energy.battery import usable_wh
from fleet.energy.charging import charge_s
from fleet.energy.legs import cruise_power_w
from fleet.energy.sortie import SortiePlan, sortie_energy_wh

AIRFRAMES = st.sampled_from([catalog.airframe(name) for name in catalog.airframe_names()])
SHARES = st.floats(0, 1)
PAIRS = st.tuples(SHARES, SHARES).map(sorted)
BEARINGS = st.floats(0, 360)
LOSS = 1 - 1e-9


@given(AIRFRAMES, PAIRS, BEARINGS, SHARES, SHARES, st.floats(0.8, 1.3))
def test_payload(
    frame: Airframe, pair: list[float], bearing: float, wind: float, speed: float, rho: float
) -> None:
    """At any wind that can be flown and any airspeed of the range."""
    airspeed = frame.min_airspeed_mps + speed * (frame.max_airspeed_mps - frame.min_airspeed_mps)
    plan = SortiePlan(wind=Wind(wind * 0.95 * airspeed, bearing), density_kg_m3=rho, airspeed_mps=airspeed)
    light, heavy = sortie_energy_wh(frame, 3000.0, 0.0, np.array(pair) * frame.max_payload_kg, plan)
    assert 0 < light * LOSS <= heavy


@given(AIRFRAMES, PAIRS, BEARINGS, SHARES)
def test_distance(frame: Airframe, pair: list[float], bearing: float, wind: float) -> None:
    """Further is never cheaper, with the wind from wherever."""
    plan = SortiePlan(wind=Wind(wind * 0.95 * frame.cruise_mps, bearing))
    near, far = sortie_energy_wh(frame, np.array(pair) * 9000, 0.0, 0.0, plan)
    assert 0 < near * LOSS <= far


@given(AIRFRAMES, PAIRS, BEARINGS)
def test_wind_out_and_back(frame: Airframe, pair: list[float], bearing: float) -> None:
    """Empty both ways, more wind costs more on the round trip from any direction: it takes more than it
    gives."""
    weak, strong = (
        float(
            sortie_energy_wh(
                frame, 3000.0, 0.0, 0.0, SortiePlan(wind=Wind(w * 0.95 * frame.cruise_mps, bearing))
            )
        )
        for w in pair
    )
    assert weak * LOSS <= strong


@given(AIRFRAMES, SHARES, SHARES)
def test_power_is_positive(frame: Airframe, payload: float, speed: float) -> None:
    """Over the whole range of airspeeds and payloads."""
    airspeed = frame.min_airspeed_mps + speed * (frame.max_airspeed_mps - frame.min_airspeed_mps)
    assert (
        float(cruise_power_w(frame, frame.empty_mass_kg + payload * frame.max_payload_kg, airspeed, 1.2)) > 0
    )


@given(PAIRS, PAIRS, st.floats(-20, 50))
def test_age_and_cold(health: list[float], floor: list[float], temperature_c: float) -> None:
    """An older pack, a higher floor or the cold never leave more."""
    assert usable_wh(800, health[0], temperature_c, 0.1) <= usable_wh(800, health[1], temperature_c, 0.1)
    assert usable_wh(800, 1, temperature_c, floor[1]) <= usable_wh(800, 1, temperature_c, floor[0])
    assert usable_wh(800, 1, temperature_c, 0.1) <= usable_wh(800, 1, 50, 0.1)


@given(st.lists(SHARES, min_size=3, max_size=3).map(sorted))
def test_charging_in_two_parts_takes_as_long_as_in_one(socs: list[float]) -> None:
    """A pause at the middle changes nothing."""
    first, middle, last = socs
    parts = charge_s(first, middle, 500, 800) + charge_s(middle, last, 500, 800)
    assert abs(parts - charge_s(first, last, 500, 800)) < 1e-6
