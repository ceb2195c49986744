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
    assert [t for t in told if t is not None] == ([ClockOff(DRONE, off_s)] if is_off else [])
    assert told.index(ClockOff(DRONE, off_s)) == IN_A_ROW - 1 if is_off else True
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
    assert stamps.believed(sample(NOW + HOURS), NOW).at == NOW
    assert stamps.believed(sample(NOW - HOURS), NOW).at == NOW - HOURS
    assert stamps.believed(sample(NOW), NOW) is not None


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
