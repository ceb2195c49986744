"""More payload, distance, headwind or age never takes less energy or leaves more."""

import numpy as np
import pytest
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


@given(st.floats(0, 2), st.floats(-900, 900), st.floats(0, 60), st.data())
def test_no_file_that_is_read_gives_energy_back(
    drag: float, b0: float, b1: float, data: st.DataObject
) -> None:
    """Whatever drag area and coefficients somebody writes: refused, or every leg takes energy in any air."""
    courier = catalog.airframe("courier-x4").model_dump()
    courier["rotors"]["drag_area_m2"] = drag
    courier["regimes"]["cruise"] = {"b1": b1, "b0": b0}
    try:
        frame = Airframe.model_validate(courier)
    except ValueError:
        return
    speed = data.draw(st.floats(frame.min_airspeed_mps, frame.max_airspeed_mps))
    mass, density = data.draw(st.floats(9, 11.5)), data.draw(st.floats(0.3, 1.5))
    assert float(cruise_power_w(frame, mass, speed, density)) > 0


@pytest.mark.parametrize(("name", "value"), [("cruise", 25.5), ("drag_area_m2", 1.8)])
def test_a_slip_of_one_figure_is_refused(name: str, value: float) -> None:
    """b0 of 825.5 without its 8 (with a larger drag area), and 0.18 m2 with its point one place off: both gave energy
    back at 10 m/s."""
    courier = catalog.airframe("courier-x4").model_dump()
    if name == "cruise":
        courier["regimes"]["cruise"]["b0"] = value
        courier["rotors"]["drag_area_m2"] = 0.4
    else:
        courier["rotors"][name] = value
    with pytest.raises(ValueError, match="positive power"):
        Airframe.model_validate(courier)


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
