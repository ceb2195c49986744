"""A gauge is doubted when, and only when, what it shows can't be; and what counts then is never more than there is."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, nan
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.energy.gauge import DOWN, RESOLUTION, STEPS, UP, Doubt, GaugeState, Reading, believed, watch

MODEL_ERROR = 0.3
FULL_WH, NOISE = 799.2, 0.0008


@dataclass
class Pack:
    """The truth of a flight, drawn a second at a time, and a gauge that shows it with noise, in steps, or not."""

    seed: int
    step: float = 0.0

    def readings(self, seconds: int) -> list[Reading]:
        random = Random(self.seed)
        soc, drawn, hunger = random.uniform(0.7, 1.0), 0.0, random.uniform(1 - MODEL_ERROR, 1 + MODEL_ERROR)
        found = []
        for second in range(seconds):
            power_w = random.choice((1200.0, 1550.0, 2400.0))
            drawn += power_w / 3600 / FULL_WH
            soc = max(0.0, soc - hunger * power_w / 3600 / FULL_WH)
            shown = max(0.0, soc - random.uniform(0, NOISE))
            if self.step:
                shown = int(shown / self.step) * self.step
            found.append(Reading(float(second), shown, drawn))
        return found


def run(
    readings: list[Reading], state: GaugeState | None = None
) -> tuple[GaugeState, list[tuple[int, Doubt]]]:
    """The state after all, and each doubt with the number of the reading that showed it."""
    state, doubts = state or GaugeState(), []
    for number, reading in enumerate(readings):
        state, fresh = watch(state, reading)
        doubts += [(number, doubt) for doubt in fresh]
    return state, doubts


@pytest.mark.parametrize("step", [0.0, RESOLUTION])
def test_a_thousand_sound_flights_raise_no_doubt(step: float) -> None:
    """Whatever the model is wrong by, up to three tenths, and in steps of a hundredth too."""
    for seed in range(500):
        assert run(Pack(seed, step).readings(400))[1] == []


seeds = st.integers(0, 10_000)
moments = st.integers(1, 300)


@given(seed=seeds, at=moments, by=st.floats(UP + NOISE + 0.001, 0.5))
def test_a_rise_in_flight_is_found_at_once(seed: int, at: int, by: float) -> None:
    readings = Pack(seed).readings(301)
    high = [r._replace(soc=min(1.0, r.soc + by)) for r in readings[at:]]
    risen = high[0].soc - min(r.soc for r in readings[:at])
    doubts = run(readings[:at] + high)[1]
    if risen > UP:
        assert doubts[0] == (at, doubts[0][1])
        assert doubts[0][1].code == "soc_rose"
        assert doubts[0][1].actual == pytest.approx(risen)


@given(seed=seeds, at=moments, by=st.floats(DOWN + 0.01, 0.5))
def test_a_fall_at_once_is_found_at_once(seed: int, at: int, by: float) -> None:
    readings = Pack(seed).readings(301)
    low = [r._replace(soc=max(0.0, r.soc - by)) for r in readings[at:]]
    if readings[at - 1].soc - low[0].soc <= DOWN + 0.01:
        return
    assert next((n, d.code) for n, d in run(readings[:at] + low)[1]) == (at, "soc_fell")


@given(seed=seeds, at=moments)
def test_a_frozen_gauge_of_a_flight_is_found_within_the_steps_it_should_have_shown(
    seed: int, at: int
) -> None:
    """For the default fleet's drone that is less than a minute and a half of the least power, at cruise about one."""
    readings = Pack(seed).readings(at + 120)
    frozen = [r._replace(soc=readings[at].soc) for r in readings[at:]]
    number, doubt = run(readings[:at] + frozen)[1][0]
    assert doubt.code == "soc_frozen"
    assert readings[number].drawn - readings[at].drawn <= STEPS * RESOLUTION + 2400 / 3600 / FULL_WH
    assert number - at <= 75


@given(seed=seeds, at=moments, value=st.sampled_from([nan, inf, -inf, -0.01, 1.02, 85.0]))
def test_what_no_battery_has_is_doubted_once_and_kept_nowhere(seed: int, at: int, value: float) -> None:
    readings = Pack(seed).readings(301)
    wrong = [r._replace(soc=value) if n in (at, at + 1) else r for n, r in enumerate(readings)]
    state, doubts = run(wrong)
    assert [(n, d.code) for n, d in doubts] == [(at, "soc_out_of_range")]
    assert all(0 <= soc <= 1 for soc in state.recent)


@given(seed=seeds, at=moments, back_s=st.floats(2.5, 1e6))
def test_time_that_runs_back_is_doubted(seed: int, at: int, back_s: float) -> None:
    readings = Pack(seed).readings(301)
    back = [r._replace(at_s=r.at_s - back_s) for r in readings[at:]]
    assert [(n, d.code) for n, d in run(readings[:at] + back)[1]] == [(at, "clock_backwards")]


@given(seed=seeds, soc=st.floats(0, 1), after=st.floats(0, 1))
def test_at_rest_a_gauge_may_rise_fall_and_stand_still(seed: int, soc: float, after: float) -> None:
    """It is charged, its pack is changed, nothing is drawn: no doubt, also with the first reading after it."""
    resting = [Reading(n, soc, n / 100, at_rest=True) for n in range(50)]
    assert run([*resting, Reading(50.0, after, 0.5, at_rest=True), Reading(51.0, after, 0.5)])[1] == []
    del seed


@given(seed=seeds, at=st.integers(10, 300), margin=st.floats(0.0, 0.5))
def test_what_is_believed_is_never_more_than_the_model_or_a_gauge_that_stays_low(
    seed: int, at: int, margin: float
) -> None:
    """One absurd reading changes nothing; three of them are taken at their word where they show less."""
    readings = Pack(seed).readings(301)
    start, now = readings[0].soc, readings[at]
    state, _ = run(readings[:at])
    model = max(0.0, start - now.drawn * (1 + margin))
    glitch, _ = watch(state, now._replace(soc=0.0))
    assert believed(glitch, start, now.drawn, margin) == pytest.approx(min(model, state.recent[-1]), abs=0.02)
    low = run([now._replace(soc=0.05, at_s=now.at_s + n) for n in range(3)], state)[0]
    assert believed(low, start, now.drawn, margin) == min(model, 0.05)
    high = run([now._replace(soc=1.0, at_s=now.at_s + n) for n in range(3)], state)[0]
    assert believed(high, start, now.drawn, margin) == model
    assert believed(GaugeState(), start, now.drawn, margin) == model
