"""How many flights may make use of an approval: one more waits, and goes when one is back or another covers it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from fleet.protocol.lifecycle import MissionStatus
from fleet.protocol.mission import Travel
from tests.support.bench import Bench
from tests.unit.dispatch.separated import FIRST, SECOND, bench_of, run_until_sent
from tests.unit.dispatch.test_separation import ELSEWHERE, NEAR, come_home

RING = [[-8.06, 40.94], [-7.94, 40.94], [-7.94, 41.06], [-8.06, 41.06], [-8.06, 40.94]]
ZONES = json.dumps(
    {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"id": "CTR", "country": "PRT", "restriction": "REQ_AUTHORISATION"},
                "geometry": {"type": "Polygon", "coordinates": [RING]},
            }
        ],
    }
)
OFF = "[separation]\nenabled = false\n"


def morning(folder: Path, *approvals: str) -> Bench:
    """Two drones and a parcel for each, all within a zone that needs an approval."""
    held = "".join(
        f'[authorisations."A-{number}"]\nzone = "CTR"\n{terms}\n' for number, terms in enumerate(approvals, 1)
    )
    return bench_of(folder, NEAR, ELSEWHERE, fleet=OFF + held, zones=ZONES)


def waits(bench: Bench) -> list[str]:
    """Why drafted missions wait."""
    drafted = [r for r in bench.core.state.missions.values() if r.status is MissionStatus.DRAFTED]
    return [reason.code for record in drafted for reason in record.waits]


@pytest.mark.parametrize(
    ("approvals", "sent"),
    [
        ((), 0),
        (("",), 2),
        (("max_at_once = 2",), 2),
        (("max_at_once = 1",), 1),
        (("max_per_day = 2",), 2),
        (("max_per_day = 1",), 1),
        (("max_at_once = 1", "max_per_day = 1"), 1),
        (("max_at_once = 1", ""), 2),
        (("max_at_once = 1", 'vehicles = ["courier-x4"]'), 2),
        (("max_at_once = 1", "below_m = 1"), 1),
        (('country = "PRT"\nmax_at_once = 1',), 1),
        (('country = "ESP"',), 0),
    ],
)
def test_no_more_are_sent_than_an_approval_allows(
    tmp_path: Path, approvals: tuple[str, ...], sent: int
) -> None:
    """Another approval that covers the flight lets it go; one that does not cover it is of no help. A plan knows it:
    none is drafted that would wait."""
    bench = morning(tmp_path, *approvals)
    assert len(run_until_sent(bench, 2, most_s=240)) == sent
    assert waits(bench) == []


def drafted(bench: Bench) -> list[datetime]:
    """When the missions begin that are drafted."""
    found = bench.core.state.missions.values()
    return [one.mission.start_at for one in found if one.status is MissionStatus.DRAFTED]


def test_the_next_is_planned_for_when_the_first_is_back_and_waits_if_it_is_not(tmp_path: Path) -> None:
    """What was planned is asked again when it is to leave."""
    bench = morning(tmp_path, "max_at_once = 1")
    ((_, mission),) = run_until_sent(bench, 1).items()
    back = max(
        point.at for step in mission.steps if isinstance(step, Travel) for point in step.path if point.at
    )
    (start,) = drafted(bench)
    assert back < start < back + timedelta(minutes=3)
    bench.run((start - bench.now).total_seconds() + 10)
    assert waits(bench) == ["authorisation_full"]


def test_what_flew_before_counts_in_the_next_plan(tmp_path: Path) -> None:
    """The one approval that is for one flight a day is used up: the other parcel goes another way."""
    bench = morning(tmp_path, "max_per_day = 1")
    run_until_sent(bench, 1)
    assert drafted(bench) == []


@pytest.mark.parametrize(("terms", "sent"), [("max_at_once = 1", 2), ("max_per_day = 1", 1)])
def test_the_next_goes_when_one_is_back_unless_the_day_has_had_its_flights(
    tmp_path: Path, terms: str, sent: int
) -> None:
    """What is over is out no more, and was a flight of this day."""
    bench = morning(tmp_path, terms)
    ((_, mission),) = run_until_sent(bench, 1).items()
    come_home(bench, mission)
    assert len(run_until_sent(bench, 2, most_s=900)) == sent


def test_flights_that_went_before_a_restart_still_count(tmp_path: Path) -> None:
    """They are counted by what is stored."""
    bench = morning(tmp_path, "max_per_day = 1")
    assert len(run_until_sent(bench, 2, most_s=240)) == 1
    bench.restart()
    bench.run(2)
    for asset_id in (FIRST, SECOND):
        bench.connect(asset_id)
    assert len(run_until_sent(bench, 2, most_s=120)) == 1


@pytest.mark.parametrize(("between", "sent"), [("07:00-20:00", 2), ("13:00-20:00", 0)])
def test_outside_of_its_hours_an_approval_allows_nothing(tmp_path: Path, between: str, sent: int) -> None:
    """The day begins at 8 and its windows end at 12."""
    hours = f'timezone = "Europe/Lisbon"\nhours = [{{ between = "{between}" }}]'
    bench = morning(tmp_path, hours)
    assert len(run_until_sent(bench, 2, most_s=240)) == sent


def test_a_draft_records_the_zones_that_its_plan_was_made_with(tmp_path: Path) -> None:
    """With what is held (rule E14), as what is released does; not those of the files alone."""
    bench = morning(tmp_path, "max_at_once = 1")
    ((_, mission),) = run_until_sent(bench, 1).items()
    state = bench.core.state
    (drafted,) = [one.mission for one in state.missions.values() if one.status is MissionStatus.DRAFTED]
    assert drafted.zones_version == mission.zones_version != state.zones_version
