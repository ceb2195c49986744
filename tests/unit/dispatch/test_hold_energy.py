"""Nobody is told to hold whose battery does not carry the hold and all that comes after it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fleet.dispatch.monitor.battery import HOLD_LOOK_S, energy_of
from fleet.dispatch.monitor.energycheck import can_hold, energy
from fleet.dispatch.monitor.guard import Guard
from fleet.dispatch.monitor.restsky import RestSky
from fleet.dispatch.monitor.staying import Held
from fleet.domain.evolve import evolve
from fleet.protocol.messages import Action, Telemetry
from fleet.protocol.mission import Mission
from tests.support.bench import DAY, Bench
from tests.unit.dispatch.separated import sample, share_at
from tests.unit.dispatch.test_air import both_out, commands, fly, hang, wait_until

MILD = RestSky(None, 15.0, 15.0)
"""Weather of which no wind is known."""


def guard_of(bench: Bench, mission: Mission) -> Guard:
    return bench.core._monitor._guards[mission.asset_id]


def just_enough(bench: Bench, mission: Mission, metres: float, hold_s: float) -> float:
    """The state of charge that carries a hold of so long and the rest of the trip, so far out; found by halving."""
    guard = evolve(guard_of(bench, mission), start_soc=None)
    low, high = 0.0, 1.0
    for _ in range(40):
        soc = (low + high) / 2
        here = sample(mission, share_at(mission, metres), DAY, soc=soc)
        hold = timedelta(seconds=hold_s - HOLD_LOOK_S)
        lasts = can_hold(guard, here, hold, DAY)
        low, high = (low, soc) if lasts else (soc, high)
    return high


def meets_one_that_hangs_there(tmp_path: Path, hold_s: float) -> tuple[Bench, Mission]:
    """A drone that flies into one that hangs there, with a battery that carries a hold of so long and no more."""
    bench, leader, follower = both_out(tmp_path)
    wait_until(bench, follower, 0.05)
    soc = just_enough(bench, follower, 50.0, hold_s)
    fly(bench, follower, share_at(follower, 50.0), soc=soc)
    hang(bench, leader, follower)
    return bench, follower


@pytest.mark.parametrize(("hold_s", "told"), [(75.0, Action.HOLD), (65.0, Action.RETURN)])
def test_who_can_t_wait_turns_round(tmp_path: Path, hold_s: float, told: Action) -> None:
    """The battery is enough for the trip both times; for a minute of waiting on top of it only once."""
    bench, follower = meets_one_that_hangs_there(tmp_path, hold_s)
    assert [c.action for c in commands(bench, follower.asset_id)] == [told]
    codes = {e.code for e in bench.core.state.open_exceptions()}
    assert "air_conflict" in codes
    assert "energy_short" not in codes


def test_a_battery_that_nobody_knows_of_does_not_let_them_meet(tmp_path: Path) -> None:
    """It holds: that it would not last is not known either."""
    bench, leader, follower = both_out(tmp_path)
    wait_until(bench, follower, 0.05)
    fly(bench, follower, share_at(follower, 50.0), soc=None)
    hang(bench, leader, follower)
    assert [c.action for c in commands(bench, follower.asset_id)] == [Action.HOLD]


def test_who_holds_leaves_before_its_battery_is_short(tmp_path: Path) -> None:
    """At each look there must be enough for holding until something can be done, and for the rest."""
    bench, follower = meets_one_that_hangs_there(tmp_path, 75.0)
    guard = evolve(guard_of(bench, follower), start_soc=None)
    share = share_at(follower, 50.0)
    for hold_s, short in ((HOLD_LOOK_S + 1.0, False), (HOLD_LOOK_S - 1.0, True)):
        soc = just_enough(bench, follower, 50.0, hold_s)
        held = sample(follower, share, bench.now, soc=soc, state="holding")
        assert (energy(guard, held, bench.now) is not None) is short
        assert energy(guard, held.model_copy(update={"state": "travelling"}), bench.now) is None
    soc = just_enough(bench, follower, 50.0, HOLD_LOOK_S - 1.0)
    bench.core._monitor._guards[follower.asset_id] = guard
    fly(bench, follower, share, state="holding", soc=soc)
    assert commands(bench, follower.asset_id)[-1].action is Action.RETURN


def test_where_nobody_can_hold_or_turn_aside_a_person_looks(tmp_path: Path) -> None:
    """Neither a way home nor an alternate is left to it: it is told, and no battery is spent on it."""
    bench, leader, follower = both_out(tmp_path)
    wait_until(bench, follower, 0.05)
    soc = just_enough(bench, follower, 50.0, 5.0)
    bench.core._monitor._air._aside = lambda *_: iter(())
    fly(bench, follower, share_at(follower, 50.0), soc=soc)
    hang(bench, leader, follower)
    assert commands(bench, follower.asset_id) == []


def test_what_a_hold_took_says_nothing_of_the_rest(tmp_path: Path) -> None:
    """Far out with just enough: what the trip took so far was for holding, or it was for flying and the rest will take
    more too."""
    bench, _, follower = both_out(tmp_path)
    soc = just_enough(bench, follower, 3000.0, HOLD_LOOK_S)
    here = sample(follower, share_at(follower, 3000.0), DAY, soc=soc)
    for held_soc, short in ((0.0, True), (1.0 - soc, False)):
        guard = evolve(guard_of(bench, follower), start_soc=1.0, held_soc=held_soc)
        assert (energy(guard, here, DAY) is not None) is short


def test_a_trial_scales_all_that_is_asked_for_beyond_the_estimate(tmp_path: Path) -> None:
    """Under way as at dispatch: the margin, and what the flight so far adds to the rest. What the model's own error
    explains is as large as ever, so that a small margin does not make a fault of it.
    """
    bench, _, follower = both_out(tmp_path)
    guard = evolve(guard_of(bench, follower), start_soc=1.0)
    here = sample(follower, share_at(follower, 3000.0), DAY, soc=0.3)
    rest = {}
    for scale in (0.0, 0.5, 1.0):
        rule = guard.context.fleet.reserve.model_copy(update={"margin_scale": scale})
        trial = replace(guard.context, fleet=guard.context.fleet.model_copy(update={"reserve": rule}))
        budget = energy_of(guard.record, guard.sortie, trial, (guard.out, guard.back), MILD, 0.0, 0.0)
        assert budget is not None
        found = energy(evolve(guard, energy=budget), here, DAY)
        assert found is not None
        rest[scale] = float(found.reasons[0].actual)  # type: ignore[arg-type]
    margin = guard.energy.model_error if guard.energy is not None else 0.0
    added = rest[1.0] / (1 + margin) - rest[0.0]
    assert added > 1
    assert rest[0.5] == pytest.approx((rest[0.0] + added / 2) * (1 + margin / 2), abs=0.3)


def test_what_a_hold_took_is_counted_from_its_first_sample_to_the_one_after_it() -> None:
    """The gauge's noise is not added up, a sample without a charge tells nothing, and a second hold is added."""
    flight = Held()
    shown = [
        ("travelling", 0.90, 0.0),
        ("holding", 0.80, 0.0),
        ("holding", 0.801, 0.0),
        ("holding", None, 0.0),
        ("holding", 0.78, 0.02),
        ("travelling", 0.77, 0.03),
        ("travelling", 0.60, 0.03),
        ("holding", 0.60, 0.03),
        ("travelling", 0.59, 0.04),
        ("dropping", 0.58, 0.04),
        ("dropping", 0.56, 0.06),
        ("travelling", 0.55, 0.07),
        ("travelling", 0.50, 0.07),
    ]
    for state, soc, taken in shown:
        flight = flight.then(_telemetry(state, soc), at_drop=state == "dropping")
        assert flight.soc == pytest.approx(taken)


def _telemetry(state: str, soc: float | None) -> Telemetry:
    return Telemetry(at=DAY, lon=-8.0, lat=41.0, soc=soc, state=state)
