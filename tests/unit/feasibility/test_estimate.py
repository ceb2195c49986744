"""One out-and-back flight for people who ask: a worked example, the radius, and what stands in the way."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from fleet.energy import catalog
from fleet.energy.air import Wind
from fleet.energy.airframe import Airframe, Range, Validity
from fleet.energy.errors import InvalidInput
from fleet.energy.learning import NEW, raised_by
from fleet.energy.sortie import SortiePlan, largest_radius_m, sortie_table
from fleet.feasibility.estimate import Estimate, Question, estimate
from fleet.protocol.options import Status

M100 = catalog.airframe("dji-matrice-100")
COURIER = catalog.airframe("courier-x4")
EXAMPLE = Question(payload_kg=0.5, out_m=1000, speed_mps=8, height_m=60, site_amsl_m=-60)
"""Flown at sea level, where the standard atmosphere has 1.225 kg/m3."""


def energy_wh(found: Estimate) -> float:
    assert found.flight is not None
    return float(found.flight.energy_wh)


def codes(found: Estimate) -> list[str]:
    return [reason.code for reason in found.verdict.reasons]


def test_the_matrice_s_kilometre_term_by_term() -> None:
    """Rodrigues et al., Patterns 3 (2022) 100569: P = b1 m^1.5 / sqrt(rho) + b0, worked out with a pocket calculator.

    4.215 kg out and 3.715 kg back: m^1.5 / sqrt(1.225) is 7.8187 and 6.4696; 60 m at 2.5 m/s are 24 s up, 60 m at
    2.0 m/s are 30 s down, 1000 m at 8 m/s are 125 s.
    """
    found = estimate(M100, EXAMPLE)
    assert found.flight is not None
    assert dict(found.flight.by_regime) == pytest.approx(
        {
            "takeoff": 4.283 + 3.560,
            "cruise": 19.288 + 16.061,
            "hover": 5.354,
            "descent": 4.456,
            "landing": 3.652,
        },
        abs=6e-4,
    )
    assert energy_wh(found) == pytest.approx(56.65, abs=0.01)
    assert found.flight.duration_s == 24 + 125 + 30 + 30 + 24 + 125 + 30


def test_thinner_air_costs_more() -> None:
    """Launched at sea level it flies 60 m above: 1.2180 kg/m3; the root of the ratio is 1.0029."""
    higher = estimate(M100, replace(EXAMPLE, site_amsl_m=0))
    assert replace(EXAMPLE, site_amsl_m=0).density_kg_m3 == pytest.approx(1.2180, abs=1e-4)
    assert energy_wh(higher) / energy_wh(estimate(M100, EXAMPLE)) == pytest.approx(1.0028, abs=1e-4)


def test_what_must_be_usable() -> None:
    """129.96 Wh, a floor of 10 % and 20 % of reserve at 20 °C; the published margin of 10.6 % for 1e-3."""
    found = estimate(M100, replace(EXAMPLE, temperature_c=20, soc=0.9, health=0.95))
    full_wh = 129.96 * 0.95 * 0.9
    assert found.usable_wh == pytest.approx(129.96 * 0.95 * 0.8)
    assert found.reserve_wh == pytest.approx(0.2 * full_wh)
    assert found.margin_share == pytest.approx(0.106, abs=5e-4)
    needed_wh = energy_wh(found) * (1 + found.margin_share) + 0.2 * full_wh
    assert found.needed_wh == pytest.approx(needed_wh)
    assert found.spare_wh == pytest.approx(129.96 * 0.95 * 0.8 - needed_wh)
    assert found.percentiles_wh["p50"] == pytest.approx(energy_wh(found))
    assert found.percentiles_wh["p999"] == pytest.approx(energy_wh(found) + (found.margin_wh or 0))
    assert list(found.percentiles_wh.values()) == sorted(found.percentiles_wh.values())


@pytest.mark.parametrize("wind_from_deg", [None, 0.0, 90.0, 250.0])
@pytest.mark.parametrize("frame", [M100, COURIER], ids=lambda frame: frame.name)
def test_nothing_is_spare_at_the_largest_radius(frame: Airframe, wind_from_deg: float | None) -> None:
    """And a metre further is a no."""
    question = replace(EXAMPLE, wind_mps=3.5, wind_from_deg=wind_from_deg, bearing_deg=30, drop_height_m=12)
    radius_m = estimate(frame, question).largest_radius_m
    assert radius_m is not None
    assert radius_m > 500
    at_edge = estimate(frame, replace(question, out_m=radius_m))
    assert at_edge.spare_wh == pytest.approx(0, abs=1e-6)
    assert estimate(frame, replace(question, out_m=radius_m - 1)).verdict.feasible
    assert codes(estimate(frame, replace(question, out_m=radius_m + 1))) == ["out_of_range"]


def test_it_agrees_with_the_planners_tables() -> None:
    """Both views of the same physics, in wind, with a longer way back."""
    question = Question(1.7, 4200, 14, 70, 4900, 35, 6, 200, 25, 300, 25, 12)
    plan = SortiePlan(70, 12, 25, Wind(6, 200), question.density_kg_m3, 14)
    table = sortie_table(COURIER, np.array([4200.0]), 35.0, 1.7, plan, np.array([4900.0]))
    found = estimate(COURIER, question)
    assert energy_wh(found) == pytest.approx(float(table.energy_wh[0]), rel=1e-9)
    budget_wh = ((found.usable_wh or 0) - (found.reserve_wh or 0)) / (1 + found.margin_share)
    assert found.largest_radius_m == pytest.approx(
        float(largest_radius_m(COURIER, budget_wh, 35.0, 1.7, plan)), rel=1e-9
    )


def test_a_wind_from_anywhere_costs_as_much_as_the_worst() -> None:
    """Of which only the strength is known, it blows against every leg."""
    wind = replace(EXAMPLE, wind_mps=4)
    somewhere = energy_wh(estimate(M100, wind))
    known = [energy_wh(estimate(M100, replace(wind, wind_from_deg=deg))) for deg in range(0, 360, 15)]
    assert somewhere > max(known) > energy_wh(estimate(M100, EXAMPLE))
    assert "wind of unknown direction: against every leg" in estimate(M100, wind).assumptions


def test_a_headwind_out_costs_more_than_the_same_back() -> None:
    """It is met with the parcel aboard."""
    out, home = (
        energy_wh(estimate(M100, replace(EXAMPLE, wind_mps=4, wind_from_deg=deg))) for deg in (0.0, 180.0)
    )
    assert out > home > energy_wh(estimate(M100, EXAMPLE))


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"payload_kg": 0.76}, Status.INFEASIBLE, "over_vehicle_payload"),
        ({"speed_mps": 12.5}, Status.INFEASIBLE, "speed_out_of_range"),
        ({"speed_mps": 3.9}, Status.UNKNOWN, "speed_out_of_range"),
        ({"wind_mps": 10.5, "speed_mps": 12}, Status.INFEASIBLE, "wind_too_strong"),
        ({"wind_mps": 8, "wind_from_deg": 90}, Status.INFEASIBLE, "wind_too_strong"),
        ({"out_m": 2500}, Status.INFEASIBLE, "out_of_range"),
        ({"soc": 0}, Status.INFEASIBLE, "out_of_range"),
        ({"temperature_c": -21}, Status.UNKNOWN, "battery_temperature_unknown"),
        ({"temperature_c": 51}, Status.UNKNOWN, "battery_temperature_unknown"),
        ({"temperature_c": -60}, Status.UNKNOWN, "battery_temperature_unknown"),
    ],
)
def test_what_stands_in_the_way_is_named(change: dict[str, float], status: Status, code: str) -> None:
    """With limit, actual value and unit."""
    found = estimate(M100, replace(EXAMPLE, **change))  # type: ignore[arg-type]
    assert (found.verdict.status, codes(found)) == (status, [code])
    reason = found.verdict.reasons[0]
    assert None not in (reason.limit, reason.actual, reason.unit, reason.source)
    if code != "out_of_range":
        assert found.largest_radius_m == (0 if status is Status.INFEASIBLE else None)


def test_all_that_stands_in_the_way_is_named_at_once() -> None:
    found = estimate(M100, replace(EXAMPLE, payload_kg=2, wind_mps=20, speed_mps=15, temperature_c=-30))
    assert codes(found) == ["over_vehicle_payload", "speed_out_of_range", "wind_too_strong"]
    assert (found.flight, found.needed_wh, found.spare_wh) == (None, None, None)


def test_the_energy_is_told_where_only_the_battery_is_not_known() -> None:
    found = estimate(M100, replace(EXAMPLE, temperature_c=-25))
    assert energy_wh(found) > 0
    assert (found.usable_wh, found.needed_wh, found.largest_radius_m) == (None, None, None)


def test_who_was_never_calibrated_is_flagged_and_gets_the_wide_margin() -> None:
    """154 % for 1e-3, and half as much again as the model says at the median."""
    stranger = M100.model_copy(update={"residual": None})
    found = estimate(stranger, EXAMPLE)
    assert found.margin_share == pytest.approx(1.54, abs=0.01)
    assert found.percentiles_wh["p50"] == pytest.approx(1.5 * energy_wh(found))
    assert "energy of dji-matrice-100: not calibrated, wide margin" in found.assumptions
    assert codes(found) == ["out_of_range"]


@pytest.mark.parametrize(
    "name", [name for name in Question.__slots__ if name not in ("back_m", "floor", "appetite", "among")]
)
@pytest.mark.parametrize("value", [math.nan, math.inf, -1000.0])
def test_what_is_no_number_is_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(InvalidInput) as refused:
        replace(EXAMPLE, **{name: value})  # type: ignore[arg-type]
    assert refused.value.field == name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("back_m", -1.0), ("floor", 1.1), ("soc", 1.02), ("health", 1.1), ("reserve", 1.1), ("epsilon", 0.6),
        ("bearing_deg", 361.0), ("drop_height_m", 61.0), ("out_m", 1e7), ("speed_mps", 0.0), ("wind_from_deg", 361.0),
        ("site_amsl_m", 6001.0), ("height_m", 2001.0), ("drop_s", 86_401.0), ("temperature_c", 61.0),
    ],
)  # fmt: skip
def test_what_can_not_be_is_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(InvalidInput) as refused:
        replace(EXAMPLE, **{name: value})  # type: ignore[arg-type]
    assert refused.value.field == name


def test_the_thinnest_air_that_may_be_asked_for_is_answered() -> None:
    """Highest site, highest flight, warmest pack: an answer, not a fault."""
    found = estimate(M100, Question(0, 10, 8, 2000, site_amsl_m=6000, temperature_c=50))
    assert found.flight is not None
    assert codes(found) == ["out_of_range"]


def test_thin_air_of_a_low_pressure_takes_more() -> None:
    """980 instead of 1013.25 hPa: density in proportion, power by its root in the part that rotors take."""
    usual, low = (estimate(COURIER, Question(1, 2000, 16, 60, pressure_hpa=hpa)) for hpa in (1013.25, 980.0))
    assert energy_wh(usual) == pytest.approx(
        energy_wh(estimate(COURIER, Question(1, 2000, 16, 60))), rel=1e-6
    )
    assert 1.0 < energy_wh(low) / energy_wh(usual) < (1013.25 / 980) ** 0.5


def test_a_speed_over_ground_that_the_wind_forbids_is_refused_by_the_airspeed_that_it_takes() -> None:
    """15 m/s against 6 are 21 through the air, of 20; with the airspeed held the same wind only takes time."""
    held = estimate(COURIER, Question(1, 2000, 15, 60, wind_mps=6, speed_held="ground"))
    assert [reason.code for reason in held.verdict.reasons] == ["wind_too_strong"]
    assert held.verdict.reasons[0].actual == 21
    assert held.largest_radius_m == 0
    assert estimate(COURIER, Question(1, 2000, 15, 60, wind_mps=6)).verdict.feasible


def test_beyond_what_was_measured_the_margin_is_wider_and_says_so() -> None:
    """A parcel a tenth heavier than any that the airframe was fitted with."""
    known = Validity(mass_kg=Range(9.0, 10.0), density_kg_m3=Range(1.0, 1.3))
    frame = COURIER.model_copy(update={"validity": known})
    within, outside = (estimate(frame, Question(kg, 2000, 16, 60)) for kg in (1.0, 2.0))
    assert within.margin_share == estimate(COURIER, Question(1, 2000, 16, 60)).margin_share
    assert outside.margin_share > within.margin_share
    assert (
        outside.percentiles_wh["p999"] > estimate(COURIER, Question(2, 2000, 16, 60)).percentiles_wh["p999"]
    )
    assert any("mass_kg 11 lies 10.0% beyond" in said for said in outside.assumptions)
    assert not any("beyond" in said for said in within.assumptions)


@pytest.mark.parametrize("speed_mps", [9.0, 16.0, 19.0])
def test_where_the_temperature_has_two_bounds_the_dearer_side_of_each_counts(speed_mps: float) -> None:
    """The pack of the coldest, lift in the warmest and thinnest air, drag in the coldest and densest: no less than at
    any temperature between, held against flights at one temperature each."""
    asked = Question(1, 2000, speed_mps, 60, temperature_c=2.0)
    both = estimate(COURIER, replace(asked, warmest_c=33.0))
    each = [estimate(COURIER, replace(asked, temperature_c=at)) for at in (2.0, 12.0, 22.0, 33.0)]
    assert energy_wh(both) == pytest.approx(max(energy_wh(one) for one in each), rel=1e-12)
    assert both.usable_wh == min(one.usable_wh or 0.0 for one in each)
    assert both.reserve_wh == each[0].reserve_wh
    radius_m = both.largest_radius_m
    assert radius_m is not None
    assert 0 < radius_m <= min(one.largest_radius_m or 0.0 for one in each)
    at_the_edge = estimate(COURIER, replace(asked, warmest_c=33.0, out_m=radius_m))
    assert at_the_edge.spare_wh == pytest.approx(0.0, abs=1e-6)
    same = estimate(COURIER, replace(asked, warmest_c=2.0))
    assert replace(same, assumptions=()) == replace(each[0], assumptions=())


@pytest.mark.parametrize("warmest_c", [1.0, 61.0, float("nan")])
def test_the_upper_bound_is_no_lower_than_the_temperature(warmest_c: float) -> None:
    with pytest.raises(InvalidInput, match="warmest_c"):
        Question(1, 2000, 16, 60, temperature_c=2.0, warmest_c=warmest_c)


def test_air_that_no_model_is_for_is_unknown() -> None:
    """-20 °C at 1099 hPa is denser than 1.5 kg/m3; it was a fault of the program."""
    found = estimate(M100, Question(0.5, 1000, 8, 60, temperature_c=-20.0, pressure_hpa=1099.0))
    assert found.verdict.status is Status.UNKNOWN
    assert [one.code for one in found.verdict.reasons] == ["air_density_unknown"]
    assert (found.flight, found.largest_radius_m) == (None, None)


def test_how_far_assets_lie_apart_counts_or_is_named() -> None:
    """Where the file says it, an asset that is not known has it in its margin, as at release."""
    residual = M100.residual
    assert residual is not None
    asked = Question(0.5, 1000, 8, 60)
    said = M100.model_copy(update={"residual": residual.model_copy(update={"between_log_sd": 0.075})})
    told = estimate(said, asked)
    assert told.margin_share == pytest.approx(raised_by(1e-3, NEW, said.residual))
    assert any("7.5% apart" in one for one in told.assumptions)
    unsaid = estimate(M100, asked)
    assert any("3% apart" in one for one in unsaid.assumptions)
    alike = M100.model_copy(update={"residual": residual.model_copy(update={"between_log_sd": 0.0})})
    assert not any("apart" in one for one in estimate(alike, asked).assumptions)
    assert estimate(alike, asked).margin_share == unsaid.margin_share


@pytest.mark.parametrize("masses", [(0.001, 0.002), (3715.0, 4465.0)])
def test_ranges_that_can_t_be_the_airframe_s_are_refused(masses: tuple[float, float]) -> None:
    """Grams for kilograms, either way; it was an overflow in the margin."""
    validity = {"mass_kg": masses, "density_kg_m3": (1.1, 1.2)}
    known = M100.model_dump() | {"validity": validity}
    known["sources"] = {**known["sources"], "validity": "a test"}
    with pytest.raises(ValueError, match=r"validity\.mass_kg"):
        Airframe.model_validate(known)
