"""How many robots may be out in a permit area at once: one more waits at home, and goes when one is back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fleet.protocol.lifecycle import MissionStatus
from fleet.protocol.messages import Assign
from tests.support.bench import Bench, Peer
from tests.support.tworobots import DEPOTS, ORDERS, out, set_off, waits_for_the_first

RING = [[-8.02, 40.98], [-7.98, 40.98], [-7.98, 41.02], [-8.02, 41.02], [-8.02, 40.98]]


def morning(folder: Path, **terms: Any) -> tuple[Bench, list[Peer]]:
    """Two robots and a parcel for each, in one permit area."""
    area = {
        "type": "Feature",
        "properties": {"id": "town", "restriction": "PERMIT_AREA", **terms},
        "geometry": {"type": "Polygon", "coordinates": [RING]},
    }
    zones = json.dumps({"type": "FeatureCollection", "features": [area]})
    bench = Bench(folder, orders=ORDERS, depots=DEPOTS, zones=zones)
    return bench, set_off(bench)


@pytest.mark.parametrize(("most", "sent"), [(None, 2), (2, 2), (1, 1)])
def test_no_more_are_sent_than_may_be_there_at_once(tmp_path: Path, most: int | None, sent: int) -> None:
    """The other mission stays drafted: a later start may be possible."""
    bench, robots = morning(tmp_path, **({} if most is None else {"max_count": most}))
    assert len(out(robots)) == sent
    drafted = [r for r in bench.core.state.missions.values() if r.status is MissionStatus.DRAFTED]
    assert len(drafted) == 2 - sent


def test_the_next_goes_when_one_is_back(tmp_path: Path) -> None:
    """By plan it leaves when the first is back; that one is late, so it waits, no more."""
    bench, robots = morning(tmp_path, max_count=1)
    waits_for_the_first(bench, robots, "permit_full")


def test_no_leg_is_planned_faster_than_permitted(tmp_path: Path) -> None:
    """The times of the way that a robot is sent keep the limit."""
    _, robots = morning(tmp_path, max_speed_mps=0.5)
    for robot in out(robots):
        (assign,) = robot.of(Assign)
        assert isinstance(assign, Assign)
        assert assign.mission.energy_wh
        took = [s.path[-1].at - s.path[0].at for s in assign.mission.steps if s.step == "travel"]  # type: ignore[operator]
        assert min(took).total_seconds() > 220 / 0.5
    assert len(out(robots)) == 2


@pytest.mark.parametrize(
    "terms",
    [{"max_weight_kg": 5}, {"surface": "street"}, {"ends_at": "2026-11-24T06:00Z"}],
)
def test_what_no_permit_allows_is_not_sent(tmp_path: Path, terms: dict[str, Any]) -> None:
    """Too heavy, for the street only, over."""
    _, robots = morning(tmp_path, **terms)
    assert not out(robots)
