"""Zones that were closed by hand, stored, and are read by a newer version that takes less."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fleet.dispatch.zones import by_hand, in_force, parse_feature, stored_zone
from fleet.domain.events import ZoneAdded, ZoneRemoved
from fleet.domain.state import ExceptionRecord
from fleet.feasibility.context import Context
from fleet.protocol.lifecycle import MissionStatus
from fleet.protocol.messages import ChangeZones, Command, PreviewZones, Role
from fleet.store.base import Batch
from geofences import Refused, Status, Waypoint, Why, Zone, check_point
from tests.support.bench import Bench, Peer
from tests.support.script import DRONE, answers
from tests.unit.dispatch.test_monitor import block, guard_of, on_its_way, sample
from tests.unit.dispatch.test_zone_changes import asked, zones

FAR = block(-8.5, 41.5)
BESIDE = {**FAR, "properties": {"lower_m": 0.0, "lower_datum": "AGL", "volumes": [{}]}}
"""Limits beside volumes: refused in either mode of reading."""

RADIUS = {**FAR, "properties": {"radius_m": 50.0}}
"""A radius of what is no point: refused when strict, and plainly meant."""

NO_CRS = {**FAR, "crs": {"type": "name", "properties": {"name": "EPSG:27700"}}}
NOTHING: dict[str, Any] = {}


@pytest.fixture
def out(tmp_path: Path) -> tuple[Bench, Peer]:
    """A drone on its way out, and its hub."""
    return on_its_way(Bench(tmp_path))


def upgraded(bench: Bench, **features: dict[str, Any]) -> None:
    """The hub starts on a store in which an earlier version closed zones."""
    added = tuple(
        ZoneAdded(at=bench.now, zone_id=each, feature=feature, by="ana") for each, feature in features.items()
    )
    bench.store.commit(Batch(events=added))
    bench.restart()
    del bench.peers["operator-1"]
    bench.connect("operator-1", Role.OPERATOR, f"boot-{bench.wall}")
    bench.connect(DRONE)


def told(bench: Bench) -> list[ExceptionRecord]:
    """The open exceptions about zones that can't be read."""
    return [each for each in bench.core.state.open_exceptions() if each.code == "zone_refused"]


def answer_at_start(bench: Bench, context: Context) -> tuple[Status, list[Why]]:
    """What the zones say of where the drone starts."""
    here = sample(bench)
    found = check_point(context.airspace, Waypoint(here.lon, here.lat, 60.0, bench.now), context.terrain)
    return found.status, [each.why for each in found.conflicts]


def test_a_stored_zone_that_cannot_be_read_makes_unknown_until_it_is_opened(out: tuple[Bench, Peer]) -> None:
    """Who is out is watched after the restart, an operator is told, and with the zone gone all is clear again."""
    bench, drone = out
    before = answer_at_start(bench, guard_of(bench).context)
    assert before == (Status.CLEAR, [])
    upgraded(bench, old=BESIDE)
    assert answer_at_start(bench, guard_of(bench).context) == (Status.UNKNOWN, [Why.ZONE_REFUSED])
    assert {reason.code for reason in guard_of(bench).blocked} == {"zone_refused"}
    [one] = told(bench)
    assert "zone 'old'" in one.reasons[0].detail
    assert "volumes" in one.reasons[0].detail
    assert "close it anew" in one.reasons[0].detail
    preview = asked(bench, PreviewZones(request_id="p", remove=("old",)))
    assert preview.ok, preview.detail
    reply = asked(bench, ChangeZones(request_id="c", by="ana", remove=("old",)))
    assert reply.ok, reply.detail
    assert answer_at_start(bench, guard_of(bench).context) == (Status.CLEAR, [])
    assert (guard_of(bench).blocked, told(bench)) == ((), [])
    assert [e.event.zone_id for e in bench.store.events() if isinstance(e.event, ZoneRemoved)] == ["old"]
    assert not [e for e in bench.core.state.open_exceptions() if e.code == "hub_fault"]
    assert bench.core.state.missions[guard_of(bench).mission_id].status is MissionStatus.ACTIVE
    assert not drone.of(Command)


def test_it_is_told_once_however_often_the_hub_starts(out: tuple[Bench, Peer]) -> None:
    """Another one that comes is told too."""
    bench, _ = out
    upgraded(bench, old=BESIDE)
    upgraded(bench)
    assert [each.reasons[0].source for each in told(bench)] == ["old"]
    upgraded(bench, other=NOTHING)
    assert [each.reasons[0].source for each in told(bench)] == ["old", "other"]


def test_it_is_closed_anew_in_its_place(out: tuple[Bench, Peer]) -> None:
    """As it should be stated; what is asked for anew is refused as ever."""
    bench, _ = out
    upgraded(bench, old=BESIDE)
    again = asked(bench, ChangeZones(request_id="c-1", by="ana", add=zones(old=RADIUS)))
    assert [each.code for each in again.reasons] == ["bad_zone"]
    assert len(told(bench)) == 1
    reply = asked(bench, ChangeZones(request_id="c-2", by="ana", add=zones(old=FAR)))
    assert reply.ok, reply.detail
    assert told(bench) == []
    assert answer_at_start(bench, guard_of(bench).context) == (Status.CLEAR, [])
    assert [each.zone_id for each in by_hand(bench.core.state)[0]] == ["old"]
    assert "c-2" in answers(bench.peers["operator-1"])


def test_what_is_plainly_meant_stays_closed_as_it_was(out: tuple[Bench, Peer]) -> None:
    """It lies where it lay, and nobody need do anything."""
    bench, _ = out
    upgraded(bench, old=RADIUS)
    assert told(bench) == []
    context = guard_of(bench).context
    assert context.zones.missing == ()
    inside = check_point(context.airspace, Waypoint(-8.4995, 41.5005, 60.0, bench.now), context.terrain)
    assert inside.status is Status.BLOCKED
    base = bench.inputs.context.zones
    assert {each.zone_id for each in in_force(base, bench.core.state).zones} - {
        z.zone_id for z in base.zones
    } == {"old"}


@pytest.mark.parametrize("feature", [BESIDE, NO_CRS, NOTHING], ids=["beside", "crs", "nothing"])
def test_what_cannot_be_read_is_named_by_its_own_id(feature: dict[str, Any]) -> None:
    """Whatever is wrong with it."""
    found = stored_zone("old", feature)
    assert isinstance(found, Refused)
    assert found.zone == "old"
    assert found.reason


def test_what_is_sound_is_read_as_when_it_was_closed() -> None:
    """What may be refused is read otherwise, nothing else."""
    found = stored_zone("old", FAR)
    assert isinstance(found, Zone)
    assert found == parse_feature("old", FAR)
