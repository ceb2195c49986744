"""What the console says of remote pilots: who is on shift until when, what they supervise, who waits for one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from fleet.console.views.pilots import pilot_rows
from fleet.protocol.lifecycle import MissionStatus
from tests.support.bench import DAY, Bench
from tests.support.script import still_full
from tests.support.tworobots import DEPOTS, ORDERS
from tests.unit.dispatch.test_pilots import morning, row

EIGHT = DAY + timedelta(hours=8)


def test_a_team_says_what_it_has_and_until_when(tmp_path: Path) -> None:
    """One of the two robots is out, under the only pilot of the morning; a second one comes at ten."""
    bench, _ = morning(tmp_path, row(1, 1), row(1, 2, "10:00-22:00"))
    (found,) = pilot_rows(bench.core.state, EIGHT + timedelta(minutes=5))
    assert (found["kind"], found["team"], found["pilots"]) == ("sidewalk_robot", None, 1)
    assert (found["machines"], found["most"]) == (1, 1)
    assert (found["until"], found["next_pilots"]) == ("2026-11-24T10:00:00.000Z", 2)
    assert found["sites"] == [{"id": "S1", "out": 1, "may": 1}]
    assert [(one["begins"], one["ends"], one["machines_each"]) for one in found["shifts"]] == [
        ("07:00", "21:00", 1),
        ("10:00", "22:00", 2),
    ]
    (later,) = pilot_rows(bench.core.state, DAY + timedelta(hours=10))
    assert (later["pilots"], later["most"], later["until"]) == (2, 3, "2026-11-24T21:00:00.000Z")
    (night,) = pilot_rows(bench.core.state, DAY + timedelta(hours=23))
    assert (night["pilots"], night["most"], night["machines"]) == (0, 0, 0)
    assert (night["until"], night["next_pilots"]) == ("2026-11-25T07:00:00.000Z", 1)


def test_a_mission_that_waits_for_a_pilot_is_named_with_its_reason(tmp_path: Path) -> None:
    """The first is not back when the second was to go."""
    bench, robots = morning(tmp_path, row(1, 1))
    (drafted,) = [one for one in bench.core.state.missions.values() if one.status is MissionStatus.DRAFTED]
    assert pilot_rows(bench.core.state, bench.now)[0]["waits"] == []
    bench.run((drafted.release_at - bench.now).total_seconds() - 5)
    for robot in robots:
        still_full(bench, robot)
    bench.run(10)
    (waiting,) = pilot_rows(bench.core.state, bench.now)[0]["waits"]
    assert (waiting["mission"], waiting["asset"]) == (drafted.mission.mission_id, drafted.mission.asset_id)
    assert waiting["site"] == "S1"
    assert [why["code"] for why in waiting["reasons"]] == ["pilots_busy"]


def test_around_the_clock_nothing_changes(tmp_path: Path) -> None:
    """One shift ends when the next begins, with as many."""
    bench, _ = morning(tmp_path, row(2, 1, "06:00-18:00"), row(2, 1, "18:00-06:00"))
    (found,) = pilot_rows(bench.core.state, EIGHT)
    assert (found["pilots"], found["until"], found["next_pilots"]) == (2, None, None)


def test_teams_of_fewer_sites_have_their_machines_first(tmp_path: Path) -> None:
    """Pilots of S1 alone have the first, those of all sites the second."""
    own = row(1, 1) + 'sites = ["S1"]\n'
    bench, _ = morning(tmp_path, own, row(1, 1))
    found = {one["id"]: one for one in pilot_rows(bench.core.state, EIGHT + timedelta(minutes=5))}
    assert {name: (one["machines"], one["most"]) for name, one in found.items()} == {
        "sidewalk_robot S1": (1, 1),
        "sidewalk_robot all sites": (1, 1),
    }
    assert found["sidewalk_robot S1"]["sites"] == [{"id": "S1", "out": 2, "may": 2}]


def test_without_pilots_there_is_nothing_to_say(tmp_path: Path) -> None:
    bench = Bench(tmp_path, orders=ORDERS, depots=DEPOTS)
    assert pilot_rows(bench.core.state, EIGHT) == []
