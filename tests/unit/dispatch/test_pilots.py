"""Remote pilots at release: one more machine waits at home while they have enough out, and goes when one is back."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleet.protocol.lifecycle import MissionStatus
from tests.support.bench import DAY, Bench, Peer
from tests.support.script import still_full
from tests.support.tworobots import DEPOTS, ORDERS, out, set_off, waits_for_the_first

ROW = """[[pilots]]
kind = "{kind}"
pilots = {pilots}
machines_each = {each}
shift = "{shift}"
"""


def morning(folder: Path, *rows: str) -> tuple[Bench, list[Peer]]:
    """Two robots and a parcel for each."""
    (folder / "fleet.toml").write_text("".join(rows), encoding="utf-8")
    bench = Bench(folder, orders=ORDERS, depots=DEPOTS, fleet="".join(rows))
    return bench, set_off(bench)


def row(pilots: int, each: int, shift: str = "07:00-21:00", kind: str = "sidewalk_robot") -> str:
    return ROW.format(kind=kind, pilots=pilots, each=each, shift=shift)


@pytest.mark.parametrize(
    ("rows", "sent"), [([], 2), ([row(1, 2)], 2), ([row(1, 1)], 1), ([row(1, 1, kind="drone")], 2)]
)
def test_no_more_are_sent_than_pilots_may_supervise(tmp_path: Path, rows: list[str], sent: int) -> None:
    bench, robots = morning(tmp_path, *rows)
    assert len(out(robots)) == sent
    drafted = [r for r in bench.core.state.missions.values() if r.status is MissionStatus.DRAFTED]
    assert len(drafted) == 2 - sent


def test_the_next_goes_when_one_is_back(tmp_path: Path) -> None:
    """By plan it leaves when the first is back; that one is late, so it waits for a pilot, and says so."""
    bench, robots = morning(tmp_path, row(1, 1))
    waits_for_the_first(bench, robots, "pilots_busy")


def test_nothing_is_sent_while_nobody_is_on_shift(tmp_path: Path) -> None:
    """The shift begins at nine: both are drafted for then, and go then."""
    bench, robots = morning(tmp_path, row(9, 9, "09:00-21:00"))
    assert not out(robots)
    nine = DAY.replace(hour=9, minute=0, second=0)
    drafted = [r for r in bench.core.state.missions.values() if r.status is MissionStatus.DRAFTED]
    assert len(drafted) == 2
    assert all(one.release_at >= nine for one in drafted)
    while bench.now < nine.replace(minute=2):
        bench.run(60)
        for robot in robots:
            still_full(bench, robot)
    assert len(out(robots)) == 2
