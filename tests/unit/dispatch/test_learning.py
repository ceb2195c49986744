"""What the hub learns of an asset's energy: written when its trip is over, used from then on, kept over restarts."""

from __future__ import annotations

import math
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import pytest

from fleet.dispatch.residuals import known_tracks
from fleet.domain.energy import EnergyLearned, EnergyNotLearned, EnergyTrack
from fleet.domain.events import DayOpened, Event
from fleet.domain.state import ExceptionRecord
from fleet.feasibility.appetite import appetite, raised_share
from fleet.feasibility.vehicles import figures_of
from fleet.intake.energytracks import KnownTrack, tracks_text
from fleet.intake.errors import IntakeError
from fleet.intake.fleetfile import default_fleet
from fleet.protocol.lifecycle import MissionStatus
from fleet.protocol.messages import AssetReport, Assign, CloseException, MissionEnded, Role, StepReport
from fleet.protocol.mission import Mission, Travel
from fleet.store import Batch
from tests.support.bench import DAY, ORDERS, Bench, Peer
from tests.support.script import DRONE, accepted, ready, report, sent, still_full
from tests.unit.dispatch.test_monitor import guard_of

SPEC = default_fleet().spec
TYPE = next(t for t in SPEC.of_kind("drone") if t.archetype == "sortie")


def told_before(**track: float) -> str:
    """The file that an earlier day has left, with what is known of the drone."""
    return tracks_text([KnownTrack(DRONE, TYPE.type_id, figures_of(TYPE), EnergyTrack(**track))])  # type: ignore[arg-type]


def sets_out(bench: Bench) -> tuple[Peer, Assign]:
    """The drone has loaded its parcel and is under way."""
    operator, drone = bench.connect("operator-1", Role.OPERATOR), ready(bench)
    bench.submit(operator)
    assign = sent(bench, drone)
    accepted(bench, drone, assign)
    bench.say(drone, report(assign, "load", "P-1"))
    begun = StepReport(mission_id=assign.mission.mission_id, step_id="out", state="started", at=bench.now)
    bench.say(drone, begun)
    return drone, assign


def planned_s(mission: Mission) -> float:
    out, home = (step for step in mission.steps if isinstance(step, Travel))
    begins, ends = out.path[0].at, home.path[-1].at
    assert begins is not None
    assert ends is not None
    return (ends - begins).total_seconds()


def comes_home(bench: Bench, drone: Peer, assign: Assign, took: float, *, lasted: float = 1.0) -> None:
    """It is back after ``lasted`` times what was planned, and has taken ``took`` times what was predicted."""
    mission = assign.mission
    bench.run(lasted * planned_s(mission))
    bench.say(drone, report(assign, "drop", "P-1"), report(assign, "back"), report(assign, "unload"))
    assert mission.energy_wh is not None
    bench.say(
        drone,
        MissionEnded(
            mission_id=mission.mission_id,
            at=bench.now,
            outcome="completed",
            site_id="S1",
            energy_used_wh=took * mission.energy_wh,
        ),
    )


def events(bench: Bench) -> list[Event]:
    return [stored.event for stored in bench.store.events()]


def drifts(bench: Bench) -> list[ExceptionRecord]:
    return [e for e in bench.core.state.open_exceptions() if e.code == "energy_drift"]


def test_a_trip_teaches_what_the_asset_takes(tmp_path: Path) -> None:
    """The event has what was predicted for what was flown, and what is known from now on; a restart has it too."""
    bench = Bench(tmp_path)
    drone, assign = sets_out(bench)
    assert bench.core.state.assets[DRONE].energy is None
    comes_home(bench, drone, assign, 1.07, lasted=1.02)
    (told,) = [e for e in events(bench) if isinstance(e, EnergyLearned)]
    assert (told.mission_id, told.asset_id, told.alarm) == (assign.mission.mission_id, DRONE, False)
    assert told.planned_wh == assign.mission.energy_wh
    assert told.predicted_wh == pytest.approx(1.02 * told.planned_wh, rel=0.01)
    assert 0 < told.track.log_bias < math.log(1.07 / 1.0)
    assert bench.core.state.assets[DRONE].energy == told.track
    bench.restart()
    assert bench.core.state.assets[DRONE].energy == told.track


def test_a_trip_that_ended_otherwise_is_told_apart(tmp_path: Path) -> None:
    """Nobody opened: home with the parcel, which is weight that was not planned."""
    bench = Bench(tmp_path)
    drone, assign = sets_out(bench)
    failed = StepReport(
        mission_id=assign.mission.mission_id,
        step_id="drop",
        state="failed",
        at=bench.now,
        code="recipient_absent",
    )
    bench.say(drone, failed)
    comes_home(bench, drone, assign, 1.3)
    (told,) = [e for e in events(bench) if isinstance(e, EnergyLearned | EnergyNotLearned)]
    assert isinstance(told, EnergyNotLearned)
    assert (told.asset_id, told.why) == (DRONE, "not_flown_as_sent")
    assert bench.core.state.assets[DRONE].energy is None


def test_a_trip_that_was_not_heard_teaches_nothing(tmp_path: Path) -> None:
    """It came home in time, in a radio shadow; its reports come when it is heard again, and say only when that was."""
    bench = Bench(tmp_path)
    drone, assign = sets_out(bench)
    drone.session.disconnected(bench.wall)
    bench.run(0.35 * planned_s(assign.mission))
    drone = bench.connect(DRONE)
    assert "link_lost" in bench.core.state.missions[assign.mission.mission_id].noted
    comes_home(bench, drone, assign, 1.15)
    (told,) = [e for e in events(bench) if isinstance(e, EnergyLearned | EnergyNotLearned)]
    assert isinstance(told, EnergyNotLearned)
    assert (told.why, told.timed) == ("not_timed", None)
    assert bench.core.state.assets[DRONE].energy is None


def test_the_day_is_opened_with_what_was_learned_before(tmp_path: Path) -> None:
    """It stands in the day's first event, so a restart needs no file; and it goes on from there."""
    known = {"log_bias": 0.03, "variance": 0.0004, "flights": 12}
    bench = Bench(tmp_path, energy=told_before(**known))
    opened = next(e for e in events(bench) if isinstance(e, DayOpened))
    assert opened.energy == {DRONE: EnergyTrack(**known)}  # type: ignore[arg-type]
    drone, assign = sets_out(bench)
    comes_home(bench, drone, assign, 1.05)
    (tmp_path / "energy.csv").unlink()
    bench.restart()
    after = bench.core.state.assets[DRONE].energy
    assert after is not None
    assert after.flights == 13
    assert after.log_bias > 0.03


def test_a_file_that_is_wrong_opens_no_day(tmp_path: Path) -> None:
    with pytest.raises(IntakeError, match=r"energy.csv:2: type_id"):
        Bench(tmp_path, energy=told_before(log_bias=0.1).replace(f",{TYPE.type_id},", ",glider,"))


def test_the_monitor_counts_with_the_asset_s_own_margin(tmp_path: Path) -> None:
    """By the same function as the release: bias and margin of this asset, from the moment it was learned."""
    (tmp_path / "usual").mkdir()
    usual = Bench(tmp_path / "usual")
    sets_out(usual)
    known = EnergyTrack(log_bias=0.08, variance=0.0004, flights=12)
    (tmp_path / "hungry").mkdir()
    hungry = Bench(tmp_path / "hungry", energy=told_before(log_bias=0.08, variance=0.0004, flights=12))
    sets_out(hungry)
    budget, other = guard_of(hungry).energy, guard_of(usual).energy
    assert budget is not None
    assert other is not None
    share = raised_share(SPEC, TYPE, appetite(SPEC, TYPE, known))
    assert (budget.margin, budget.expected) == (share, math.exp(0.08))
    assert (1 + budget.model_error) * budget.expected == pytest.approx(1 + share)
    assert other.margin == other.model_error == raised_share(SPEC, TYPE) < share


FRUGAL_FLEET = """[types.mine]
based_on = "courier-x4"
energy_model = "mine.toml"

[[drone]]
type = "mine"
"""


def test_one_that_is_known_to_be_frugal_is_watched(tmp_path: Path) -> None:
    """Its type's estimate holds more than its own margin: what it takes is held against what is expected of it. Nothing
    more is asked for than at its release until it is seen, nor while it takes that; and in full beyond its margin."""
    figures = (files("fleet.energy") / "data/airframes/courier-x4.toml").read_text(encoding="utf-8")
    assert "between_log_sd = 0.0" in figures
    (tmp_path / "mine.toml").write_text(figures.replace("between_log_sd = 0.0", "between_log_sd = 0.1"))
    known = EnergyTrack(log_bias=-0.15, variance=0.0, flights=50)
    bench = Bench(tmp_path, fleet=FRUGAL_FLEET)
    kind = bench.inputs.context.fleet.types["mine"]
    row = KnownTrack(DRONE, "mine", figures_of(kind), known)  # type: ignore[arg-type]
    (tmp_path / "day").mkdir()
    (tmp_path / "day" / "mine.toml").write_text((tmp_path / "mine.toml").read_text())
    bench = Bench(tmp_path / "day", fleet=FRUGAL_FLEET, energy=tracks_text([row]))
    sets_out(bench)
    budget = guard_of(bench).energy
    assert budget is not None
    assert budget.margin < 0
    for taken in (0.8, 1.0, 1 + 0.7 * budget.model_error):
        assert budget.raised(taken) == 1 + budget.margin, taken
    beyond = 1.3 * (1 + budget.model_error)
    assert budget.raised(beyond) >= beyond * budget.expected
    assert not [one for one in bench.core.state.exceptions.values() if one.code == "hub_fault"]


def far_away(metres: float) -> str:
    """The day's orders, the parcel so far north of the launch site."""
    return ORDERS.replace("-8.01,41.01", f"-8.0,{41.0 + metres / 111_100:.6f}")


def test_a_trip_that_is_too_far_for_this_asset_is_not_planned_for_it(tmp_path: Path) -> None:
    """As far as its type goes, and it is known to take an eighth more: the van has it, and why."""
    bench = Bench(
        tmp_path, orders=far_away(7000), energy=told_before(log_bias=0.12, variance=0.0, flights=50)
    )
    operator = bench.connect("operator-1", Role.OPERATOR)
    ready(bench)
    ready(bench, "D1/van-1", "D1")
    bench.submit(operator)
    bench.run(10 * 60)
    assert [record.kind for record in bench.core.state.missions.values()] == ["van"]
    why = next(a for a in bench.core.state.choices["P-1"].alternatives if a.mode == "drone")
    assert [reason.code for reason in why.reasons] == ["out_of_range"]


def test_what_was_learned_since_the_plan_counts_at_the_release(tmp_path: Path) -> None:
    """It was planned as one of its type; then it was found hungry: it does not go."""
    later = far_away(7000).replace("T08:00:00+00:00,2026-11-24T12", "T08:30:00+00:00,2026-11-24T12")
    bench = Bench(tmp_path, orders=later)
    operator, drone = bench.connect("operator-1", Role.OPERATOR), ready(bench)
    ready(bench, "D1/van-1", "D1")
    bench.submit(operator)
    bench.run(30)
    (draft,) = [r for r in bench.core.state.missions.values() if r.kind == "drone"]
    assert draft.status is MissionStatus.DRAFTED
    bench.store.commit(_learned(bench, draft.mission.mission_id, log_bias=0.12))
    bench.restart()
    bench.say(bench.connect(DRONE), AssetReport(condition="ready", at=DAY, soc=1.0, site_id="S1"))
    while bench.now < draft.release_at + timedelta(minutes=1):
        bench.run(8 * 60)
        still_full(bench, bench.peers[DRONE])
    assert not drone.of(Assign)
    record = bench.core.state.missions[draft.mission.mission_id]
    assert (record.status, record.code) == (MissionStatus.CANCELLED, "out_of_range")


def _learned(bench: Bench, mission_id: str, *, log_bias: float) -> Batch:
    """The event that another trip would have left."""
    event = EnergyLearned(
        at=bench.now,
        asset_id=DRONE,
        mission_id=mission_id,
        planned_wh=100,
        predicted_wh=100,
        used_wh=112,
        surprise=3,
        track=EnergyTrack(log_bias=log_bias, variance=0.0, flights=50),
    )
    return Batch(events=(event,))


def test_an_asset_whose_trips_are_not_what_they_were_is_told_once_until_a_person_has_looked(
    tmp_path: Path,
) -> None:
    """The sum of its CUSUM stood just below its limit: one trip more. The next alarm is no second exception; closed by
    a person it may be told again. Its margin holds what it takes now."""
    known = {"log_bias": 0.0, "variance": 0.0001, "flights": 40, "high": 4.5}
    bench = Bench(tmp_path, energy=told_before(**known))
    drone, assign = sets_out(bench)
    comes_home(bench, drone, assign, 1.2)
    (told,) = drifts(bench)
    assert (told.asset_id, told.owner, told.mission_id) == (DRONE, "operator", None)
    assert "inspect" in told.action
    after = bench.core.state.assets[DRONE].energy
    assert after is not None
    assert 1 + raised_share(SPEC, TYPE, appetite(SPEC, TYPE, after)) > 1.2
    bench.restart()
    assert drifts(bench) == [told]
    operator = bench.connect("operator-2", Role.OPERATOR)
    closing = CloseException(
        request_id="c", by="ana", exception_id=told.exception_id, outcome="new propeller"
    )
    bench.say(operator, closing)
    assert drifts(bench) == []
    assert bench.core.state.assets[DRONE].energy == after
    assert bench.now - DAY > timedelta(hours=8)


def test_a_day_hands_on_what_was_learned_of_those_who_are_not_there(tmp_path: Path) -> None:
    """Over files and the real day: tomorrow's file has them still, and the day's own asset beside them."""
    away = told_before(log_bias=0.14, variance=0.0004, flights=60).replace(f"\n{DRONE},", "\nS9/drone-7,")
    bench = Bench(tmp_path, energy=away)
    assert any("S9/drone-7" in one and "kept" in one for one in bench.inputs.warnings)
    drone, assign = sets_out(bench)
    comes_home(bench, drone, assign, 1.05)
    kept = {one.asset_id: one.track for one in known_tracks(events(bench))}
    assert kept["S9/drone-7"] == EnergyTrack(log_bias=0.14, variance=0.0004, flights=60)
    assert kept[DRONE] == bench.core.state.assets[DRONE].energy
