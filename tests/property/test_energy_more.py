"""More asked for never takes less, of flights, drives and vans; energy is neither made nor lost in a pack."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.energy import catalog
from fleet.energy.air import air_density
from fleet.energy.airframe import Airframe, Residual, Timing
from fleet.energy.battery import Battery
from fleet.energy.charging import DEFAULT_CHARGE_CURVE, charge_s, soc_after
from fleet.energy.ground import Drive, drive_energy_wh
from fleet.energy.legs import Legs, leg_table
from fleet.energy.margin import margin_fraction
from fleet.energy.multirotor import Cruise, EnergyEstimate, flight_energy, sortie_phases
from fleet.energy.regimes import Regime
from fleet.energy.van import RoadLeg, road_energy_wh

FRAMES = st.sampled_from([catalog.airframe(name) for name in catalog.airframe_names()])
ROBOT, VAN = catalog.ground_robot("walker-s1"), catalog.electric_van("van-e")
SHARES = st.floats(0, 1)
PAIRS = st.tuples(SHARES, SHARES).map(sorted)
TINY = 1e-9


def sortie_wh(
    frame: Airframe, far_m: float, payload_kg: float, height_m: float, drop_s: float, density: float
) -> float:
    way = Cruise(far_m, 0.0)
    phases = sortie_phases([way], [way], payload_kg=payload_kg, height_m=height_m, drop_s=drop_s)
    found = flight_energy(frame, phases, density_kg_m3=density)
    assert isinstance(found, EnergyEstimate)
    return found.energy_wh


@given(FRAMES, PAIRS, PAIRS, PAIRS, PAIRS, PAIRS)
def test_a_flight(
    frame: Airframe,
    far: list[float],
    load: list[float],
    height: list[float],
    drop: list[float],
    thin: list[float],
) -> None:
    """Farther, heavier, higher, with a longer drop and in thinner air: each alone, and all together."""
    less = [
        far[0] * 9000,
        load[0] * frame.max_payload_kg,
        height[0] * 120,
        drop[0] * 300,
        1.3 - 0.4 * thin[0],
    ]
    more = [
        far[1] * 9000,
        load[1] * frame.max_payload_kg,
        height[1] * 120,
        drop[1] * 300,
        1.3 - 0.4 * thin[1],
    ]
    base = sortie_wh(frame, *less)
    for at in range(5):
        mixed = [*less[:at], more[at], *less[at + 1 :]]
        assert sortie_wh(frame, *mixed) >= base * (1 - TINY)
    assert sortie_wh(frame, *more) >= base * (1 - TINY)


@given(FRAMES, SHARES, PAIRS, PAIRS, PAIRS)
def test_time_beside_the_plan(
    frame: Airframe, far: float, takeoff: list[float], corner: list[float], landing: list[float]
) -> None:
    """More of it never takes less time or energy."""
    found = []
    for at in (0, 1):
        timing = Timing(takeoff_s=20 * takeoff[at], corner_s=20 * corner[at], landing_s=20 * landing[at])
        found.append(sortie_wh(frame.model_copy(update={"timing": timing}), far * 5000, 0.0, 60.0, 30.0, 1.2))
    assert found[0] <= found[1] * (1 + TINY)


@given(FRAMES, SHARES, st.floats(0, 360), PAIRS, st.booleans())
def test_wind_straight_ahead(
    frame: Airframe, load: float, track: float, wind: list[float], ground: bool
) -> None:
    """A stronger headwind never makes a leg cheaper at the cruise speed, whichever speed is held."""
    mass = frame.empty_mass_kg + load * frame.max_payload_kg
    weak, strong = (
        leg_table(
            frame,
            Legs(
                Regime.CRUISE,
                1000.0,
                mass,
                1.2,
                frame.cruise_mps,
                track,
                0.95 * share * frame.cruise_mps,
                track,
                ground,
            ),
        ).energy_wh
        for share in wind
    )
    assert float(weak) <= float(strong) * (1 + TINY)


@given(st.floats(-400, 4000), PAIRS, PAIRS)
def test_air_is_thinner_higher_warmer_and_at_low_pressure(
    alt_m: float, warm: list[float], low: list[float]
) -> None:
    """Never the other way."""
    cold_c, warm_c = (-20 + 60 * share for share in warm)
    deep_hpa, high_hpa = (950 + 100 * share for share in low)
    assert air_density(alt_m, warm_c) <= air_density(alt_m, cold_c)
    assert air_density(alt_m, cold_c, deep_hpa) <= air_density(alt_m, cold_c, high_hpa)
    assert air_density(alt_m + 50) < air_density(alt_m)


@given(
    st.sampled_from(["distance_m", "payload_kg", "uphill_m", "stops", "waiting_s", "surface_factor"]),
    PAIRS,
    SHARES,
)
def test_a_robot_s_drive(what: str, pair: list[float], rest: float) -> None:
    """Farther, heavier, steeper, with more stops and waiting, on a worse surface."""
    most = {
        "distance_m": 5000.0, "payload_kg": 10.0, "uphill_m": 100.0, "stops": 50.0, "waiting_s": 1800.0,
        "surface_factor": 3.0,
    }  # fmt: skip
    drive = Drive(**{name: rest * value for name, value in most.items()})
    less, more = (
        float(drive_energy_wh(ROBOT, replace(drive, **{what: share * most[what]}))) for share in pair
    )
    assert less <= more * (1 + TINY)


@given(st.sampled_from(["distance_m", "rise_m", "stops", "standing_s"]), PAIRS, SHARES, PAIRS)
def test_a_van_s_road(what: str, pair: list[float], rest: float, load: list[float]) -> None:
    """Farther, steeper, with more stops and standing, heavier."""
    most = {"distance_m": 10_000.0, "rise_m": 300.0, "stops": 50.0, "standing_s": 1800.0}
    road = RoadLeg(speed_mps=10.0, **{name: rest * value for name, value in most.items()})
    less, more = (
        float(road_energy_wh(VAN, replace(road, **{what: share * most[what]}), 500)) for share in pair
    )
    assert less <= more * (1 + TINY)
    light, heavy = (float(road_energy_wh(VAN, road, share * 1000)) for share in load)
    assert light <= heavy * (1 + TINY)


@given(
    st.floats(0.2, 1),
    st.lists(st.tuples(st.booleans(), st.floats(0, 400)), max_size=20),
    st.floats(50, 1000),
    st.floats(100, 1000),
)
def test_what_goes_into_a_pack_and_out_of_it_is_the_change_of_its_level(
    soc: float, what: list[tuple[bool, float]], charger_w: float, pack_wh: float
) -> None:
    """Over any row of trips and cancelled charges, with what flows in summed over small steps of the charger's power;
    the level never leaves 0 to 1, and no charge gives more than it draws."""
    begun, inflow_wh, outflow_wh = soc, 0.0, 0.0
    for charging, amount in what:
        if charging:
            after = soc_after(soc, amount * 10, charger_w, pack_wh)
            drawn_wh = charger_w * amount * 10 / 3600
            stored_wh = flows_in_wh(soc, amount * 10, charger_w, pack_wh)
            assert (after - soc) * pack_wh == pytest.approx(stored_wh, abs=2e-3 * pack_wh)
            assert -TINY <= stored_wh <= drawn_wh * DEFAULT_CHARGE_CURVE.efficiency + 1e-6
            inflow_wh += stored_wh
        else:
            used_wh = min(amount, Battery(pack_wh, floor=0.0).usable_wh(20.0, soc))
            after = soc - used_wh / pack_wh
            outflow_wh += used_wh
        soc = min(max(after, 0.0), 1.0)
        assert after == pytest.approx(soc, abs=1e-9)
    assert (soc - begun) * pack_wh == pytest.approx(
        inflow_wh - outflow_wh, abs=2e-3 * pack_wh * len(what) + 1e-6
    )


def flows_in_wh(soc: float, seconds: float, charger_w: float, pack_wh: float) -> float:
    """What a charger puts into a pack: full power up to four fifths, then falling in a line to a tenth when full, 93 %
    of it stored; by steps of a few seconds, each at the power in its middle."""

    def watts(level: float) -> float:
        return 0.93 * charger_w * min(1.0, 0.1 + 0.9 * (1 - level) / 0.2) if level < 1 else 0.0

    level, steps = soc, 300
    hours = seconds / 3600 / steps
    for _ in range(steps):
        middle = level + watts(level) * hours / 2 / pack_wh
        level = min(1.0, level + watts(min(middle, 1.0 - 1e-12)) * hours / pack_wh)
    return (level - soc) * pack_wh


@given(SHARES, SHARES, st.floats(20, 1000), st.floats(100, 1000), PAIRS)
def test_charging_takes_longer_to_more_and_from_less(
    a: float, b: float, charger_w: float, pack_wh: float, power: list[float]
) -> None:
    """And never longer with a stronger charger."""
    low, high = sorted((a, b))
    assert charge_s(low, high, charger_w, pack_wh) <= charge_s(low, 1.0, charger_w, pack_wh) + TINY
    assert charge_s(high, 1.0, charger_w, pack_wh) <= charge_s(low, 1.0, charger_w, pack_wh) + TINY
    weak, strong = (50 + 1000 * share for share in power)
    assert charge_s(low, high, strong, pack_wh) <= charge_s(low, high, weak, pack_wh) + TINY


RISKS = st.tuples(st.floats(1e-6, 0.5), st.floats(1e-6, 0.5)).map(sorted)


@given(PAIRS, RISKS, st.integers(10, 200), st.integers(0, 200))
def test_a_margin(spread: list[float], epsilon: list[float], flights: int, more: int) -> None:
    """Wider for less risk, for more spread, and for fewer flights that say so; never none for less than a half."""
    narrow, wide = (Residual(log_sd=0.005 + 0.2 * share, flights=flights) for share in spread)
    rare, often = epsilon
    assert margin_fraction(rare, narrow) >= margin_fraction(often, narrow) >= -TINY
    assert margin_fraction(rare, wide) >= margin_fraction(rare, narrow) * (1 - TINY)
    known = narrow.model_copy(update={"flights": flights + more})
    assert margin_fraction(rare, known) <= margin_fraction(rare, narrow) + 1e-12
    assert math.isfinite(margin_fraction(rare, None))
    assert margin_fraction(rare, None) > margin_fraction(rare, Residual(log_sd=0.1, flights=30))
