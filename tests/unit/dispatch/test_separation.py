"""Flights of ours are kept apart before they leave: later, higher, or not yet; and the log says why."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from pyproj import Geod

from fleet.cli.explanation import explanation_text
from fleet.console.ledger import Ledger, record_all
from fleet.console.views.explain import explain
from fleet.domain import events as ev
from fleet.protocol.lifecycle import MissionStatus
from fleet.protocol.messages import AssetReport, MissionEnded, StepReport
from fleet.protocol.mission import Mission, Travel
from fleet.protocol.values import Waypoint
from tests.support.bench import DAY, Bench
from tests.unit.dispatch.separated import FIRST, SECOND, assigned, begin, bench_of, out_of, run_until_sent

NEAR, FAR, ELSEWHERE = (-8.01, 41.01), (-8.03, 41.03), (-7.98, 41.015)
EARTH = Geod(ellps="WGS84")
PAD_S, TIME_S = 45.0, 30.0
OFF = "[separation]\nenabled = false\n"
NO_WAY = "[separation]\nmax_height_agl_m = 60\nmost_delay_s = 0\nlateral_m = 50\n"


def released(bench: Bench) -> dict[str, ev.MissionReleased]:
    """What was released, by asset."""
    found = (stored.event for stored in bench.store.events())
    return {e.mission.asset_id: e for e in found if isinstance(e, ev.MissionReleased)}


def departs(mission: Mission) -> float:
    at = out_of(mission).path[0].at
    assert at is not None
    return at.timestamp()


def returns(mission: Mission) -> float:
    at = [s for s in mission.steps if isinstance(s, Travel)][-1].path[-1].at
    assert at is not None
    return at.timestamp()


def kept_waiting(bench: Bench, asset_id: str = SECOND) -> None:
    """Its battery is low for now."""
    bench.say(bench.peers[asset_id], AssetReport(condition="charging", at=bench.now, soc=0.15, site_id="S1"))


def full(bench: Bench, asset_id: str = SECOND) -> None:
    bench.say(bench.peers[asset_id], AssetReport(condition="ready", at=bench.now, soc=1.0, site_id="S1"))


def test_two_from_one_pad_leave_one_after_the_other(tmp_path: Path) -> None:
    """In opposite directions they share the pad alone: the second leaves when the first has been gone for long enough,
    and the log says whom it would have met and what was done."""
    sent = run_until_sent(bench := bench_of(tmp_path, NEAR, ELSEWHERE), 2)
    gap_s = abs(departs(sent[FIRST]) - departs(sent[SECOND]))
    assert PAD_S <= gap_s <= PAD_S + 15.0
    landing_s = abs(returns(sent[FIRST]) - returns(sent[SECOND]))
    assert landing_s >= PAD_S
    (avoiding,) = [e for e in released(bench).values() if e.avoids]
    assert [reason.code for reason in avoiding.avoids] == ["air_not_free", "kept_apart"]
    met, how = avoiding.avoids
    (other,) = [m for m in sent.values() if m.asset_id != avoiding.mission.asset_id]
    assert met.source == f"mission {other.mission_id}"
    assert other.asset_id in met.detail
    assert how.actual == pytest.approx(gap_s, abs=1.0)


def test_switched_off_nothing_is_compared(tmp_path: Path) -> None:
    """The branch that the others are held against: both leave at once."""
    sent = run_until_sent(bench := bench_of(tmp_path, NEAR, ELSEWHERE, fleet=OFF), 2)
    assert abs(departs(sent[FIRST]) - departs(sent[SECOND])) < PAD_S
    assert not any(e.avoids for e in released(bench).values())


def head_on(tmp_path: Path, rule: str = "") -> tuple[Bench, Mission, Mission]:
    """One comes home along the line on which the other is to go out."""
    bench = bench_of(tmp_path, NEAR, FAR, fleet=rule)
    kept_waiting(bench)
    first = run_until_sent(bench, 1)[FIRST]
    begin(bench, FIRST, first)
    while bench.now.timestamp() < departs(first) + 30:
        bench.run(10)
    full(bench)
    second = run_until_sent(bench, 2)[SECOND]
    assert departs(second) < returns(first) - 30
    return bench, first, second


def how(bench: Bench) -> list[str]:
    """What was done so that the second meets nobody."""
    return [r.detail for r in released(bench)[SECOND].avoids if r.code == "kept_apart"]


def test_head_on_flights_pass_beside_each_other(tmp_path: Path) -> None:
    """A point beside the line costs least; it is more than what they keep away from the other's way."""
    bench, first, second = head_on(tmp_path)
    assert how(bench) == [each for each in how(bench) if each.startswith("flies by way of")] != []
    (beside,) = out_of(second).path[2:-2]
    assert beside_m(first, beside) >= 50.0
    assert max(p.alt_amsl_m for p in out_of(second).path) == max(p.alt_amsl_m for p in out_of(first).path)


def beside_m(mission: Mission, point: Waypoint) -> float:
    """How far a point lies beside a straight way out."""
    start, end = out_of(mission).path[1:3]
    bearing, _, _ = EARTH.inv(start.lon, start.lat, end.lon, end.lat)
    to, _, metres = EARTH.inv(start.lon, start.lat, point.lon, point.lat)
    return abs(float(metres) * math.sin(math.radians(to - bearing)))


def test_head_on_flights_use_different_heights(tmp_path: Path) -> None:
    """Where beside is too far away the second flies higher: waiting for the first to be home costs more."""
    bench, first, second = head_on(tmp_path, "[separation]\nlateral_m = 300\n")
    heights = [max(p.alt_amsl_m for p in out_of(m).path) for m in (first, second)]
    assert 15.0 <= heights[1] - heights[0] <= 16.0
    assert [each for each in how(bench) if "above ground" in each]


def test_a_permitted_height_is_not_exceeded(tmp_path: Path) -> None:
    """No height that is permitted is free: it waits until the first is home."""
    rule = "[separation]\nlateral_m = 400\nmax_height_agl_m = 74\n"
    bench = bench_of(tmp_path, NEAR, FAR, fleet=rule)
    kept_waiting(bench)
    first = run_until_sent(bench, 1)[FIRST]
    begin(bench, FIRST, first)
    while bench.now.timestamp() < departs(first) + 30:
        bench.run(10)
    full(bench)
    second = run_until_sent(bench, 2)[SECOND]
    assert departs(second) >= returns(first) - TIME_S
    assert [each for each in how(bench) if each.startswith("departs")]


def test_where_there_is_no_way_it_waits_and_says_why(tmp_path: Path) -> None:
    """No other height and no delay permitted: it is told once whom it waits for, and goes when that one is gone."""
    bench = bench_of(tmp_path, NEAR, ELSEWHERE, fleet=NO_WAY)
    first = next(iter(run_until_sent(bench, 1).values()))
    (waiting,) = [r for r in bench.core.state.missions.values() if r.status is MissionStatus.DRAFTED]
    assert [reason.code for reason in waiting.waits] == ["air_not_free"]
    assert first.mission_id in (waiting.waits[0].source or "")
    ledger = record_all(Ledger(), bench.store.events())
    text = explanation_text(explain(ledger, waiting.mission.items[0].order_id))
    assert "waits:" in text
    assert f"meets {first.mission_id}" in text
    come_home(bench, first)
    run_until_sent(bench, 2)
    told = [s.event for s in bench.store.events() if isinstance(s.event, ev.MissionWaits)]
    whom = [e.why[0].source for e in told if e.mission_id == waiting.mission.mission_id]
    assert len(whom) == len(set(whom)) >= 1
    record = bench.core.state.missions[waiting.mission.mission_id]
    assert record.waits == ()


def come_home(bench: Bench, mission: Mission) -> None:
    """It brings its parcel and is back."""
    begin(bench, mission.asset_id, mission)
    peer, order_ids = bench.peers[mission.asset_id], tuple(item.order_id for item in mission.items)
    for step_id in ("out", "drop", "back"):
        moved = order_ids if step_id == "drop" else ()
        report = StepReport(
            mission_id=mission.mission_id, at=DAY, step_id=step_id, state="done", order_ids=moved
        )
        bench.say(peer, report)
    ended = MissionEnded(mission_id=mission.mission_id, at=DAY, outcome="completed", site_id="S1")
    bench.say(peer, ended)


def test_who_was_sent_before_a_restart_still_counts(tmp_path: Path) -> None:
    """What is stored of a mission is enough to keep others out of its way; no telemetry has come since."""
    bench = bench_of(tmp_path, NEAR, ELSEWHERE)
    kept_waiting(bench)
    first = run_until_sent(bench, 1)[FIRST]
    bench.restart()
    bench.run(2)
    for asset_id in (FIRST, SECOND):
        bench.connect(asset_id)
    full(bench)
    second = run_until_sent(bench, 2)[SECOND]
    assert abs(departs(second) - departs(first)) >= PAD_S
    assert assigned(bench)[FIRST] == first


def test_two_at_one_door_do_not_hover_there_at_once(tmp_path: Path) -> None:
    """A drop is a pad: the second comes when the first has left the column above it."""
    sent = run_until_sent(bench_of(tmp_path, NEAR, NEAR), 2)
    (_, first_down), (second_down, _) = sorted(over_drop(m) for m in sent.values())
    assert second_down - first_down >= TIME_S


def over_drop(mission: Mission) -> tuple[float, float]:
    """From when until when it is down at its drop."""
    out, back = [s for s in mission.steps if isinstance(s, Travel)]
    arrival, leaves = out.path[-1].at, back.path[0].at
    assert arrival is not None
    assert leaves is not None
    return arrival.timestamp(), leaves.timestamp()
