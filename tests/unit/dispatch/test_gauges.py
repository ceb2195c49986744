"""A gauge that shows what can't be: its flight goes by the model, a person is told once, and it flies no other."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fleet.domain.state import ExceptionRecord
from fleet.feasibility.charge import doubts_of
from fleet.protocol.codec import encode_telemetry
from fleet.protocol.messages import (
    Action,
    AssetReport,
    Attach,
    CloseException,
    Command,
    MissionEnded,
    Role,
    Telemetry,
)
from tests.support.bench import DAY, Bench, Peer
from tests.support.script import DRONE, accepted, ready, sent
from tests.unit.dispatch.test_monitor import guard_of, on_its_way, sample, sets_out


@pytest.fixture
def out(tmp_path: Path) -> tuple[Bench, Peer]:
    """A drone on its way out, full when it left; there is a van as well."""
    bench, drone = on_its_way(Bench(tmp_path))
    ready(bench, "D1/van-1", "D1")
    return bench, drone


def suspects(bench: Bench) -> list[ExceptionRecord]:
    """What is open about gauges."""
    return [e for e in bench.core.state.open_exceptions() if e.code == "battery_suspect"]


def tells(bench: Bench, drone: Peer, seconds: int = 1, **values: Any) -> None:
    """So many samples, one a second, from where the way out begins."""
    for _ in range(seconds):
        known: dict[str, Any] = {"at": bench.now}
        bench.sample(drone, sample(bench, **known | values))
        bench.run(0.99)


def says(bench: Bench, drone: Peer, soc: str, **values: Any) -> None:
    """A sample with a charge that no honest peer could make."""
    assert drone.session.welcome is not None
    route = b"t-" + drone.route
    bench.core.telemetry(
        route, encode_telemetry(Attach(peer_id=DRONE, token=drone.session.welcome.token)), bench.wall
    )
    known: dict[str, Any] = {"at": bench.now, "soc": 0.123}
    honest = encode_telemetry(sample(bench, **known | values))
    forged = [frame.replace(b"0.123", soc.encode()) for frame in honest]
    assert forged != honest
    bench.core.telemetry(route, forged, bench.wall)
    bench.run(0.99)


def told(drone: Peer) -> list[Action]:
    """What it was told to do."""
    return [c.action for c in drone.of(Command) if isinstance(c, Command)]


@pytest.mark.parametrize("soc", ["1.02", "85", "-0.5", "NaN"])
def test_a_charge_that_no_battery_has(out: tuple[Bench, Peer], soc: str) -> None:
    """The rest of the sample counts, a person is told once, and the flight goes on."""
    bench, drone = out
    tells(bench, drone, 3, soc=0.95)
    for _ in range(3):
        says(bench, drone, soc, north_m=1.5)
    (found,) = suspects(bench)
    assert (found.owner, found.asset_id) == ("operator", DRONE)
    assert found.mission_id == guard_of(bench).mission_id
    assert [r.code for r in found.reasons] == ["soc_out_of_range"]
    assert "check battery and gauge" in found.action
    assert bench.core.live[DRONE].soc is None
    assert bench.core.live[DRONE].lat == pytest.approx(sample(bench, north_m=1.5).lat)
    assert told(drone) == []


def test_a_sample_that_does_not_say_where_it_is_is_refused_and_told(out: tuple[Bench, Peer]) -> None:
    """Nothing of it counts, a person is told of both, and the hub goes on."""
    bench, drone = out
    tells(bench, drone, 1, soc=0.95)
    before = bench.core.live[DRONE]
    says(bench, drone, '1.02,"lat":200')
    says(bench, drone, '1.02,"nothing":"of ours"')
    assert bench.core.live[DRONE] is before
    assert [(r.code, r.source) for r in doubts_of(bench.core.state, DRONE)] == [
        ("value_out_of_range", f"{DRONE}: lat"),
        ("soc_out_of_range", f"{DRONE}: soc"),
    ]


def test_a_charge_of_hundreds_of_digits(out: tuple[Bench, Peer]) -> None:
    """No float holds it; the hub goes on, and the rest of the sample counts."""
    bench, drone = out
    says(bench, drone, "1" + "0" * 400, north_m=2.5)
    assert bench.core.live[DRONE].lat == pytest.approx(sample(bench, north_m=2.5).lat)
    assert [r.code for e in suspects(bench) for r in e.reasons] == ["soc_out_of_range"]


def test_one_absurd_reading_calls_nobody_home(out: tuple[Bench, Peer]) -> None:
    """Empty at once, and full again after a second: told to a person, not to the drone."""
    bench, drone = out
    for soc in (0.95, 0.95, 0.0, 0.95, 0.949):
        tells(bench, drone, 1, soc=soc)
    assert {r.code for r in suspects(bench)[0].reasons} == {"soc_fell"}
    assert len(suspects(bench)) == 1
    assert told(drone) == []


def test_one_that_stays_low_is_taken_at_its_word(out: tuple[Bench, Peer]) -> None:
    """A pack that has failed: after three samples the drone is called home."""
    bench, drone = out
    tells(bench, drone, 3, soc=0.95)
    tells(bench, drone, 3, soc=0.2)
    assert len(suspects(bench)) == 1
    assert told(drone) == [Action.RETURN]


@pytest.mark.parametrize("soc", [0.95, None])
def test_a_frozen_or_silent_gauge_does_not_keep_it_out(out: tuple[Bench, Peer], soc: float | None) -> None:
    """It hovers, and nothing shows what that takes: it is called home by the model, long before the pack is empty."""
    bench, drone = out
    budget = guard_of(bench).energy
    assert budget is not None
    tells(bench, drone, 120, soc=soc)
    assert [r.code for e in suspects(bench) for r in e.reasons] == ([] if soc is None else ["soc_frozen"])
    assert told(drone) == []
    flight_s = 0
    while not told(drone):
        tells(bench, drone, 30, soc=soc)
        flight_s += 30
        assert flight_s < 3600
    assert told(drone) == [Action.RETURN]
    assert "energy_short" in {e.code for e in bench.core.state.open_exceptions()}


def test_it_is_not_sent_again_before_a_person_has_looked(out: tuple[Bench, Peer]) -> None:
    """At home and full, as it says: the next parcel goes by van, and says why; closed, the next but one flies."""
    bench, drone = out
    tells(bench, drone, 3, soc=0.9)
    tells(bench, drone, 1, soc=0.99)
    mission_id = guard_of(bench).mission_id
    bench.say(
        drone, MissionEnded(mission_id=mission_id, outcome="failed", code="returned", at=DAY, site_id="S1")
    )
    bench.say(drone, AssetReport(condition="ready", at=bench.now, soc=1.0, site_id="S1"))
    operator, (first,) = bench.peers["operator-1"], bench.inputs.orders.orders
    bench.submit_more(operator, first.model_copy(update={"order_id": "P-2"}))
    bench.run(120)
    assert bench.core.state.parcels["P-2"].mode == "van"
    why = next(a for a in bench.core.state.choices["P-2"].alternatives if a.mode == "drone")
    assert [r.code for r in why.reasons] == ["soc_rose"]
    (found,) = suspects(bench)
    bench.say(
        operator,
        CloseException(request_id="c", by="ana", exception_id=found.exception_id, outcome="new gauge"),
    )
    bench.say(drone, AssetReport(condition="ready", at=bench.now, soc=1.0, site_id="S1"))
    bench.submit_more(operator, first.model_copy(update={"order_id": "P-3"}))
    assert bench.core.state.parcels["P-3"].asset_id == DRONE


def test_what_was_drafted_for_it_waits(tmp_path: Path) -> None:
    """Its gauge shows what can't be while it stands: the mission that is due waits, with the reason."""
    bench = Bench(tmp_path)
    operator = bench.connect("operator-1", Role.OPERATOR)
    drone = ready(bench)
    bench.submit(operator)
    (record,) = bench.core.state.missions.values()
    route = b"t-" + drone.route
    assert drone.session.welcome is not None
    bench.core.telemetry(
        route, encode_telemetry(Attach(peer_id=DRONE, token=drone.session.welcome.token)), bench.wall
    )
    standing = Telemetry(at=bench.now, lon=-8.0, lat=41.0, soc=0.123)
    bench.core.telemetry(route, [f.replace(b"0.123", b"1.5") for f in encode_telemetry(standing)], bench.wall)
    bench.run((record.release_at - bench.now).total_seconds() + 5)
    (record,) = bench.core.state.missions.values()
    assert [r.code for r in record.waits] == ["soc_out_of_range"]
    (found,) = suspects(bench)
    bench.say(
        operator, CloseException(request_id="c", by="ana", exception_id=found.exception_id, outcome="fine")
    )
    bench.say(drone, AssetReport(condition="ready", at=bench.now, soc=1.0, site_id="S1"))
    accepted(bench, drone, sent(bench, drone))


def test_a_hub_that_was_killed_still_knows_and_goes_on_by_the_model(out: tuple[Bench, Peer]) -> None:
    """What had been drawn before is worked out anew from where it is."""
    bench, drone = out
    tells(bench, drone, 3, soc=0.9)
    tells(bench, drone, 1, soc=0.99)
    bench.restart()
    drone = bench.heard_again(drone)
    assert len(suspects(bench)) == 1
    tells(bench, drone, 3, soc=0.99)
    assert len(suspects(bench)) == 1
    assert guard_of(bench).start_soc == 1.0
    assert judged(bench, 0.99) < 0.99


def judged(bench: Bench, soc: float) -> float:
    """By which state of charge the next sample of the drone is judged."""
    monitor = bench.core._monitor
    found, _ = monitor._gauges.check(guard_of(bench), sample(bench, at=bench.now, soc=soc), bench.now)
    assert found.soc is not None
    return found.soc


def test_what_the_hub_itself_finds_makes_the_trip_go_by_the_model_too(out: tuple[Bench, Peer]) -> None:
    """A charge that no battery has, then honest ones again: they are not believed any more, as the exception says."""
    bench, drone = out
    tells(bench, drone, 3, soc=1.0)
    says(bench, drone, "1.5", north_m=1.5)
    tells(bench, drone, 10, soc=1.0)
    assert [r.code for e in suspects(bench) for r in e.reasons] == ["soc_out_of_range"]
    assert judged(bench, 1.0) < 1.0


def test_one_whose_samples_hold_no_charge_is_held_to_what_it_reported(tmp_path: Path) -> None:
    """Neither before it leaves nor under way: the model counts down from its report, and it is called home."""
    bench = Bench(tmp_path)
    operator, drone = bench.connect("operator-1", Role.OPERATOR), ready(bench)
    bench.sample(drone, Telemetry(at=bench.now, lon=-8.0, lat=41.0))
    bench.submit(operator)
    sets_out(bench, drone)
    assert guard_of(bench).start_soc == 1.0
    for _ in range(120):
        tells(bench, drone, 30, soc=None)
        if told(drone):
            break
    assert told(drone) == [Action.RETURN]


def test_a_clock_that_runs_back(out: tuple[Bench, Peer]) -> None:
    """By an hour, in the middle of a flight, with no word of it having been wrong before: the gauge is not to blame,
    but how old it is nobody knows; the trip goes by the model, and the drone flies no other."""
    bench, drone = out
    tells(bench, drone, 3, soc=1.0)
    assert judged(bench, 1.0) == 1.0
    for _ in range(3):
        tells(bench, drone, 1, soc=1.0, at=bench.now - timedelta(hours=1))
    assert not suspects(bench)
    (found,) = [e for e in bench.core.state.open_exceptions() if e.code == "clock_suspect"]
    assert [r.code for r in found.reasons] == ["clock_backwards"]
    assert (found.owner, found.asset_id) == ("operator", DRONE)
    assert told(drone) == []
    tells(bench, drone, 3, soc=1.0, at=bench.now - timedelta(hours=1))
    assert judged(bench, 1.0) < 1.0
    bench.restart()
    bench.heard_again(drone)
    assert [r.code for r in doubts_of(bench.core.state, DRONE)] == ["clock_backwards"]


def test_one_stamp_ahead_or_one_sample_held_up_is_no_suspect(out: tuple[Bench, Peer]) -> None:
    """Two minutes ahead, once; five minutes late, once: nobody is told, and what was held up says nothing of now."""
    bench, drone = out
    tells(bench, drone, 3, soc=0.95)
    tells(bench, drone, 1, soc=0.95, at=bench.now + timedelta(minutes=2))
    tells(bench, drone, 3, soc=0.95)
    tells(bench, drone, 1, soc=1.0, at=bench.now - timedelta(minutes=5), north_m=900)
    assert bench.core.live[DRONE].soc == 0.95
    tells(bench, drone, 3, soc=0.95)
    assert not doubts_of(bench.core.state, DRONE)
    assert told(drone) == []
