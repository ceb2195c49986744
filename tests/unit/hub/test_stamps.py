"""Assets whose clocks are wrong: noted once, believed nowhere; the hub's own time orders everything."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Literal

import pytest

from fleet.dispatch.handlers.clocks import CLOCK_OFF
from fleet.dispatch.inputs import ClockOff, ClockRight
from fleet.domain.state import ExceptionRecord
from fleet.energy.gauge import Doubt
from fleet.hub.stamps import IN_A_ROW, OFF_S, Stamps
from fleet.protocol.messages import MissionReply, Role, StepReport, Telemetry
from tests.support.bench import DAY, Bench
from tests.support.script import DRONE, ready, sent

NOW = DAY + timedelta(hours=9)
HOURS = timedelta(hours=5)
STATES: tuple[Literal["started", "done"], ...] = ("started", "done")


def sample(at: datetime) -> Telemetry:
    return Telemetry(at=at, lon=-8.0, lat=41.0)


def found(bench: Bench) -> list[ExceptionRecord]:
    return [e for e in bench.core.state.exceptions.values() if e.code == CLOCK_OFF]


@pytest.mark.parametrize(
    ("off_s", "is_off"), [(0, False), (OFF_S, False), (OFF_S + 1, True), (-OFF_S - 1, True)]
)
def test_a_clock_is_off_beyond_what_a_link_explains(off_s: float, is_off: bool) -> None:
    """Several times in a row: once may be a sample that was held up."""
    stamps = Stamps(1.0)
    told = [stamps.check(DRONE, sample(NOW + timedelta(seconds=off_s)), NOW) for _ in range(10)]
    assert [t for t in told if t is not None] == ([ClockOff(DRONE, off_s, OFF_S)] if is_off else [])
    assert told.index(ClockOff(DRONE, off_s, OFF_S)) == IN_A_ROW - 1 if is_off else True
    assert stamps.off_count == (10 if is_off else 0)


def test_one_that_was_held_up_says_nothing_of_the_clock() -> None:
    """Nor does one good sample in between make it right."""
    stamps = Stamps(1.0)
    for off in (HOURS, HOURS, timedelta(0)) * 5:
        assert stamps.check(DRONE, sample(NOW - off), NOW) is None
    assert [stamps.check(DRONE, sample(NOW - HOURS), NOW) for _ in range(3)][-1] is not None
    for off in (timedelta(0), timedelta(0), HOURS) * 5:
        assert stamps.check(DRONE, sample(NOW - off), NOW) is None
    assert [stamps.check(DRONE, sample(NOW), NOW) for _ in range(3)] == [None, None, ClockRight(DRONE)]


def test_a_hub_that_runs_faster_is_farther_away() -> None:
    """A second on the link is a minute of its time."""
    late = sample(NOW - timedelta(seconds=30 * OFF_S))
    assert [Stamps(60.0).check(DRONE, late, NOW) for _ in range(5)] == [None] * 5


def test_no_sample_is_newer_than_the_moment_it_came() -> None:
    """A fast clock does not keep it fresh; one that is old is as old as it says."""
    stamps = Stamps(1.0)
    assert stamps.believed(DRONE, sample(NOW + HOURS), NOW).at == NOW
    assert stamps.believed(DRONE, sample(NOW - HOURS), NOW).at == NOW - HOURS
    assert stamps.believed(DRONE, sample(NOW), NOW) == sample(NOW)


@pytest.mark.parametrize("off", [HOURS, -HOURS], ids=["fast", "slow"])
def test_one_that_is_known_to_be_off_is_put_right_by_as_much(off: timedelta) -> None:
    """What it measured half an hour ago is half an hour old by any clock, also for a hub that was started anew."""
    stamps, then = Stamps(1.0), NOW - timedelta(minutes=30)
    for _ in range(IN_A_ROW):
        stamps.check(DRONE, sample(NOW + off), NOW)
    for known in (stamps, Stamps(1.0, {DRONE: off.total_seconds()})):
        assert known.believed_at(DRONE, then + off, NOW) == then
        assert known.believed_at(DRONE, NOW + off, NOW) == NOW
        assert known.believed_at(DRONE, datetime.min.replace(tzinfo=NOW.tzinfo), NOW) < then


def test_one_stamp_ahead_is_no_clock_that_ran_back() -> None:
    """By two minutes, once: before it and after it the time is right."""
    stamps = Stamps(1.0)
    for ahead in (0, 0, 120, 0, 0, 0, 7200, 0, 0):
        assert stamps.is_late(DRONE, sample(NOW + timedelta(seconds=ahead)), NOW) is False


def test_one_that_was_held_up_is_late_and_a_clock_that_was_set_back_is_doubted() -> None:
    """One or two samples may have been overtaken; three in a row are how it is, and count again."""
    stamps, back = Stamps(1.0), sample(NOW - timedelta(minutes=5))
    assert [stamps.is_late(DRONE, one, NOW) for one in (sample(NOW), back, back, sample(NOW))] == [
        False,
        True,
        True,
        False,
    ]
    assert stamps.late_count == 2
    late = [stamps.is_late(DRONE, back, NOW) for _ in range(4)]
    assert late[:2] == [True, True]
    assert isinstance(late[2], Doubt)
    assert (late[2].code, late[2].actual, late[2].limit) == ("clock_backwards", 300.0, OFF_S)
    assert late[3] is False


@pytest.mark.parametrize("off", [HOURS, -HOURS], ids=["fast", "slow"])
def test_a_person_is_told_once_until_it_is_right_again(tmp_path: Path, off: timedelta) -> None:
    """Also across a restart of the hub."""
    bench = Bench(tmp_path)
    drone = ready(bench, DRONE, "S1")

    def samples(count: int, off: timedelta) -> None:
        for _ in range(count):
            bench.sample(drone, sample(bench.now + off))
            assert bench.core.live[DRONE].at <= bench.now

    samples(5, off)
    assert len(found(bench)) == 1
    assert ("fast" if off > timedelta(0) else "slow") in found(bench)[0].reasons[0].detail
    bench.restart()
    drone = bench.connect(DRONE)
    samples(5, off)
    assert [e.outcome for e in found(bench)] == [None]
    samples(5, timedelta(0))
    assert [e.outcome for e in found(bench)] == ["its clock is right again"]
    samples(5, off)
    assert len(found(bench)) == 2


def test_an_asset_whose_clock_jumps_about_is_served_as_any_other(tmp_path: Path) -> None:
    """Hours forward, hours back: what happened is ordered and timed by when the hub heard of it."""
    bench = Bench(tmp_path)
    drone = ready(bench, DRONE, "S1")
    bench.submit(bench.connect("operator-1", Role.OPERATOR))
    assign = sent(bench, drone)
    mission_id = assign.mission.mission_id
    bench.say(drone, MissionReply(mission_id=mission_id, revision=0, accepted=True))
    wrong = [DAY - timedelta(days=400), DAY + timedelta(days=4000), DAY, DAY + HOURS]
    begun = bench.now
    for step, at in zip(assign.mission.steps, wrong * 3, strict=False):
        for said in STATES:
            bench.run(20)
            bench.sample(drone, sample(at))
            loaded = ("P-1",) if (step.step_id, said) == ("load", "done") else ()
            bench.say(
                drone,
                StepReport(mission_id=mission_id, step_id=step.step_id, state=said, at=at, order_ids=loaded),
            )
    parcel = bench.core.state.parcels["P-1"]
    assert parcel.served_at is not None
    assert begun < parcel.served_at < bench.now
    times = [stored.event.at for stored in bench.store.events()]
    assert all(earlier <= later for earlier, later in pairwise(times))
    assert times[0] > DAY
    assert times[-1] <= bench.now
