"""What may never happen to an estimate: that more asked of a flight takes less, or a worse battery goes further."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.energy import catalog
from fleet.energy.airframe import Airframe, parse_figures
from fleet.energy.render import render
from fleet.feasibility.estimate import Estimate, Question, estimate

FRAMES = [catalog.airframe(name) for name in catalog.airframe_names()]
TINY = 1e-9


@st.composite
def asked(draw: st.DrawFn) -> tuple[Airframe, Question]:
    """A flight that the airframe can make but for its battery."""
    frame = draw(st.sampled_from(FRAMES))
    speed_mps = draw(st.floats(frame.min_airspeed_mps, frame.max_airspeed_mps))
    height_m = draw(st.floats(1, 120))
    question = Question(
        payload_kg=draw(st.floats(0, frame.max_payload_kg)),
        out_m=draw(st.floats(0, 9_000)),
        speed_mps=speed_mps,
        height_m=height_m,
        back_m=draw(st.none() | st.floats(0, 9_000)),
        bearing_deg=draw(st.floats(0, 360)),
        wind_mps=draw(st.floats(0, min(0.9 * speed_mps, frame.wind.max_wind_mps))),
        wind_from_deg=draw(st.none() | st.floats(0, 360)),
        temperature_c=draw(st.none() | st.floats(-15, 45)),
        site_amsl_m=draw(st.floats(-100, 3_000)),
        drop_s=draw(st.floats(0, 120)),
        drop_height_m=draw(st.floats(0, height_m)),
        soc=draw(st.floats(0.3, 1)),
        health=draw(st.floats(0.5, 1)),
    )
    return frame, question


def energy_wh(found: Estimate) -> float:
    assert found.flight is not None
    return float(found.flight.energy_wh)


MORE = {
    "payload_kg": 0.1, "out_m": 300.0, "back_m": 300.0, "drop_s": 20.0, "site_amsl_m": 400.0, "height_m": 30.0,
}  # fmt: skip


@given(asked(), st.sampled_from(sorted(MORE)), st.floats(0, 1))
def test_more_of_anything_takes_no_less(flight: tuple[Airframe, Question], name: str, part: float) -> None:
    """Payload, way out, way back, time at the drop, height of the site and of the flight; the heights at most at the
    cruise speed, since faster it is drag that counts, and thinner air has less of it."""
    frame, question = flight
    question = replace(question, back_m=question.home_m)
    if name in ("site_amsl_m", "height_m") and frame.rotors is not None:
        question = replace(question, speed_mps=min(question.speed_mps, frame.cruise_mps))
        question = replace(question, wind_mps=min(question.wind_mps, 0.9 * question.speed_mps))
    more = getattr(question, name) + part * MORE[name]
    if name == "payload_kg":
        more = min(more, frame.max_payload_kg)
    harder = replace(question, **{name: more})
    easy, hard = estimate(frame, question), estimate(frame, harder)
    assert energy_wh(hard) >= energy_wh(easy) * (1 - TINY)
    assert easy.verdict.feasible or not hard.verdict.feasible


def test_thinner_air_takes_less_where_drag_counts() -> None:
    """The courier at 20 m/s, which is measured at 16: 400 m higher."""
    frame = catalog.airframe("courier-x4")
    low, high = (estimate(frame, Question(1, 6_000, 20, 60, site_amsl_m=site_m)) for site_m in (0, 400))
    assert energy_wh(high) < energy_wh(low)


@given(asked(), st.floats(0, 1))
def test_a_wind_against_every_leg_takes_no_less_than_a_lighter_one(
    flight: tuple[Airframe, Question], part: float
) -> None:
    frame, question = flight
    question = replace(question, wind_from_deg=None)
    lighter = replace(question, wind_mps=part * question.wind_mps)
    assert energy_wh(estimate(frame, question)) >= energy_wh(estimate(frame, lighter)) * (1 - TINY)


@given(asked(), st.floats(0, 360))
def test_a_wind_of_unknown_direction_takes_no_less_than_any_known_one(
    flight: tuple[Airframe, Question], from_deg: float
) -> None:
    frame, question = flight
    unknown, known = (
        estimate(frame, replace(question, wind_from_deg=one)) for one in (None, from_deg)
    )  # fmt: skip
    assert energy_wh(unknown) >= energy_wh(known) * (1 - TINY)
    assert (unknown.largest_radius_m or 0) <= (known.largest_radius_m or 0) * (1 + TINY) + TINY


@given(asked(), st.floats(0, 1))
def test_out_and_back_in_a_wind_takes_no_less_than_in_calm_air(
    flight: tuple[Airframe, Question], part: float
) -> None:
    """As far back as out, with nothing aboard: what a tailwind saves is less than what the headwind costs."""
    frame, question = flight
    windy = replace(question, back_m=None, payload_kg=0.0, wind_from_deg=part * 360)
    assert energy_wh(estimate(frame, windy)) >= energy_wh(estimate(frame, replace(windy, wind_mps=0.0))) * (
        1 - TINY
    )


WORSE = {"soc": -0.2, "health": -0.3, "floor": 0.1, "reserve": 0.2}


@given(asked(), st.sampled_from(sorted(WORSE)), st.floats(0, 1))
def test_a_worse_battery_or_a_larger_reserve_never_carries_further(
    flight: tuple[Airframe, Question], name: str, part: float
) -> None:
    frame, question = flight
    worse = replace(question, **{name: getattr(question, name) + part * WORSE[name]})
    good, bad = estimate(frame, question), estimate(frame, worse)
    assert energy_wh(bad) == energy_wh(good)
    assert (bad.usable_wh or 0) <= (good.usable_wh or 0)
    assert good.verdict.feasible or not bad.verdict.feasible
    # A smaller pack has a smaller reserve, of a full one: the sum is what counts.
    assert (bad.largest_radius_m or 0) <= (good.largest_radius_m or 0) + 1e-6


@given(asked(), st.floats(1e-6, 0.5), st.floats(1e-6, 0.5))
def test_less_risk_never_carries_further(flight: tuple[Airframe, Question], one: float, other: float) -> None:
    frame, question = flight
    careful, daring = (
        estimate(frame, replace(question, epsilon=epsilon)) for epsilon in sorted((one, other))
    )
    assert careful.margin_share >= daring.margin_share - TINY
    assert daring.verdict.feasible or not careful.verdict.feasible


@given(asked())
def test_regimes_and_the_sum_agree_and_the_radius_is_where_the_verdict_turns(
    flight: tuple[Airframe, Question],
) -> None:
    frame, question = flight
    question = replace(question, back_m=None)
    found = estimate(frame, question)
    assert found.flight is not None
    assert sum(found.flight.by_regime.values()) == pytest.approx(energy_wh(found))
    assert found.needed_wh is not None
    assert found.verdict.feasible == (found.needed_wh <= (found.usable_wh or 0))
    radius_m = found.largest_radius_m
    assert radius_m is not None
    if abs(question.out_m - radius_m) > 1e-3:
        assert found.verdict.feasible == (question.out_m < radius_m)


numbers = st.floats(0.01, 1e6, allow_subnormal=False)


@given(st.sampled_from(FRAMES), numbers, st.text(), st.dictionaries(st.text(), st.text(), max_size=3))
def test_any_airframe_is_read_as_it_was_written(
    frame: Airframe, number: float, name: str, more: dict[str, str]
) -> None:
    """Whatever stands in names and sources."""
    changed = frame.model_copy(update={"name": name, "pack_wh": number, "sources": frame.sources | more})
    assert parse_figures(Airframe, render(changed, name), "x.toml") == changed
