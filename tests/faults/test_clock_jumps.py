"""Clocks that jump: business time never runs back, assets' clocks decide nothing, transport timers do not notice."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from fleet.protocol.messages import AssetReport, Role
from fleet.protocol.session import SessionState
from tests.support.bench import DAY, Bench
from tests.support.script import DRONE, ready


class Jumping(Bench):
    """A bench whose hub reads a wall clock that is wrong by ``wrong``; its monotonic clock is right."""

    wrong = timedelta(0)

    def wall_clock(self) -> datetime:
        return super().wall_clock() + self.wrong


def times(bench: Bench) -> list[datetime]:
    """When each event of the log is said to have happened."""
    return [stored.event.at for stored in bench.store.events()]


def in_order(moments: list[datetime]) -> bool:
    """Whether none is before the one that was stored before it."""
    return all(earlier <= later for earlier, later in pairwise(moments))


@pytest.mark.parametrize("hours", [-30, -1, 1, 30])
def test_a_wall_clock_that_jumps_while_the_hub_runs_changes_nothing(tmp_path: Path, hours: float) -> None:
    """Business time goes on by the seconds that have passed, and no session is lost."""
    bench = Jumping(tmp_path)
    drone = ready(bench)
    before = bench.core.clock.now(bench.wall)
    bench.wrong = timedelta(hours=hours)
    bench.run(20)
    bench.say(drone, AssetReport(condition="charging", at=bench.now, soc=0.5, site_id="S1"))
    assert bench.core.clock.now(bench.wall) - before == timedelta(seconds=20.01)
    assert drone.session.state is SessionState.WELCOMED
    assert in_order(times(bench))


@pytest.mark.parametrize("hours", [-30, -0.001])
def test_a_wall_clock_set_back_while_the_hub_is_down_does_not_take_business_time_along(
    tmp_path: Path, hours: float
) -> None:
    """The hub goes on from the last moment that it has stored."""
    bench = Jumping(tmp_path)
    drone = ready(bench)
    bench.run(60)
    bench.say(drone, AssetReport(condition="charging", at=bench.now, soc=0.5, site_id="S1"))
    last = times(bench)[-1]
    bench.wrong = timedelta(hours=hours)
    bench.restart()
    assert bench.core.clock.now(bench.wall) == last
    bench.connect(DRONE)
    bench.say(drone, AssetReport(condition="ready", at=bench.now, soc=1.0, site_id="S1"))
    assert in_order(times(bench))


def test_what_business_time_is_behind_is_made_up_for_at_a_restart(tmp_path: Path) -> None:
    """The wall clock is set forward (or the machine slept) while the hub runs, and reports go on. The day is then taken
    up by the wall clock, not by what it was when the last report came."""
    bench = Jumping(tmp_path)
    drone = ready(bench)
    begun = bench.wall_clock() - bench.core.clock.now(bench.wall)
    bench.wrong = timedelta(hours=1)
    bench.run(20)
    bench.say(drone, AssetReport(condition="charging", at=bench.now, soc=0.5, site_id="S1"))
    assert bench.core.clock.behind_s(bench.wall, bench.wall_clock()) == pytest.approx(3600)
    bench.wall += 30
    bench.restart()
    assert bench.wall_clock() - bench.core.clock.now(bench.wall) == begun
    assert bench.core.clock.behind_s(bench.wall, bench.wall_clock()) == pytest.approx(0)


def test_a_clock_that_is_set_right_after_the_start_makes_no_time_pass(tmp_path: Path) -> None:
    """A machine without a clock of its own comes up years ago, and is set right while the hub runs: at the next
    restart only the time is made up for that was lost, and the years are not."""
    bench = Jumping(tmp_path)
    drone = ready(bench)
    begun = bench.wall_clock() - bench.core.clock.now(bench.wall)
    bench.wall += 60
    bench.wrong = timedelta(days=-20_000)
    bench.restart()
    bench.connect(DRONE)
    bench.run(20)
    bench.wrong = timedelta(0)
    bench.say(drone, AssetReport(condition="charging", at=bench.now, soc=0.5, site_id="S1"))
    assert bench.core.clock.behind_s(bench.wall, bench.wall_clock()) == pytest.approx(60)
    bench.wall += 60
    bench.restart()
    assert bench.wall_clock() - bench.core.clock.now(bench.wall) == begun


def test_time_that_is_ahead_stands_until_the_wall_clock_has_caught_up(tmp_path: Path) -> None:
    """It was an hour fast when it was set right: business time never runs back, and is right after an hour of rest."""
    bench = Jumping(tmp_path)
    ready(bench)
    begun = bench.wall_clock() - bench.core.clock.now(bench.wall)
    bench.wrong = timedelta(hours=-1)
    for _ in range(4):
        before = times(bench)[-1]
        bench.wall += 20 * 60
        bench.restart()
        drone = bench.connect(DRONE)
        bench.say(drone, AssetReport(condition="charging", at=bench.now, soc=0.5, site_id="S1"))
        assert times(bench)[-1] >= before
    assert abs(bench.wall_clock() - bench.core.clock.now(bench.wall) - begun) < timedelta(seconds=1)


def test_time_that_the_hub_was_down_has_passed(tmp_path: Path) -> None:
    """At real speed the day went on meanwhile."""
    bench = Jumping(tmp_path)
    ready(bench)
    last = times(bench)[-1]
    bench.wall += 600
    bench.restart()
    assert bench.core.clock.now(bench.wall) - last == timedelta(seconds=600)


@pytest.mark.parametrize("days", [-400, -1, 1, 400])
def test_an_asset_whose_clock_is_wrong_is_believed_and_orders_nothing(tmp_path: Path, days: int) -> None:
    """Events have the hub's time; what the asset's clock says stays what the asset said."""
    bench = Bench(tmp_path)
    bench.connect("operator-1", Role.OPERATOR)
    drone = ready(bench)
    wrong = DAY + timedelta(days=days)
    for soc in (0.9, 0.8, 0.7):
        bench.say(drone, AssetReport(condition="charging", at=wrong, soc=soc, site_id="S1"))
        wrong -= timedelta(days=1)
    changed: list[Any] = [s.event for s in bench.store.events() if s.event.type == "asset_changed"]  # type: ignore[attr-defined]
    assert [event.soc for event in changed][-3:] == [0.9, 0.8, 0.7]
    assert in_order(times(bench))
    assert times(bench)[-1] <= bench.core.clock.now(bench.wall)
