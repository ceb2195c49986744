"""A day of forty parcels for small vans, some of whose drivers have a break; some parcels come when all are out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from fleet.dispatch.audit import audit
from fleet.dispatch.lateness import ROUTE_LATE
from fleet.domain import events as ev
from fleet.domain.state import FINAL_PARCEL
from fleet.protocol.mission import Mission, Stop
from fleet.simulate import Simulated
from tests.support.bikes import AT, bike_day, parcel

LATER = AT + timedelta(minutes=90)
OPENS, CLOSES = AT + timedelta(minutes=90), AT + timedelta(minutes=105)
HALF_AN_HOUR = timedelta(minutes=30)
PARCELS = 40
STANDS = """
[[van]]
type = "cargo-bike"
shift = "08:00-18:00"
per_depot = 3
break_minutes = 30
break_between = "09:30-09:45"

[[van]]
type = "cargo-bike"
shift = "08:00-18:00"
per_depot = 1
"""


@dataclass(frozen=True)
class Run:
    """A simulated day, and which vans' drivers have a break."""

    day: Simulated
    resting: frozenset[str]


def row(number: int) -> str:
    """Some are there an hour and a half later, and some due within an hour around the breaks; they take long."""
    ready = LATER if number % 5 == 4 else AT
    opens, closes = (AT + timedelta(hours=h) for h in ((1, 2) if number % 5 == 0 else (0, 4.5)))
    return parcel(number, ready, opens, closes, minutes=12)


@pytest.fixture(scope="module", params=[False, True], ids=["drafts-stay", "replans"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A fifth of the parcels is handed in when they are there."""
    folder, rows = tmp_path_factory.mktemp("day"), map(row, range(PARCELS))
    day, fleet = bike_day(
        folder, rows, STANDS, bikes=4, iterations=10, replans=request.param, when_ready=True
    )
    assets = day.state.assets.values()
    kinds = {asset.record.asset_id: fleet.types[asset.record.type_id] for asset in assets}
    resting = frozenset(a for a, kind in kinds.items() if getattr(kind, "driver_break", None) is not None)
    return Run(day, resting)


def test_all_parcels_end_and_nobody_is_called_but_for_who_is_late(run: Run) -> None:
    """Custody is unbroken, the world's judge finds nothing, and no exception is raised but of parcels that are late."""
    raised = [event for event in run.day.events if isinstance(event, ev.ExceptionRaised)]
    others = [(event.code, event.order_id, event.asset_id) for event in raised if event.code != ROUTE_LATE]
    assert others == []
    for why in (one for event in raised for one in event.reasons):
        late = run.day.state.parcels[why.detail.split()[0]]
        assert late.served_at is not None
        assert late.served_at > late.order.due.end
    assert {o for o, p in run.day.state.parcels.items() if p.status not in FINAL_PARCEL} == set()
    assert run.day.verdict["ok"], run.day.verdict
    found = audit(run.day.events)
    assert (found.custody_breaks, found.duplicates, found.lost) == ((), (), ())


def sent(events: Iterable[ev.Event]) -> list[Mission]:
    """What was sent to vans, as it was sent first."""
    return [event.mission for event in events if isinstance(event, ev.MissionReleased)]


def test_drivers_have_their_breaks_and_vans_come_back(run: Run) -> None:
    """A van comes back for more, with a break or without; each break is in its window, and in no service."""
    missions = sent(run.day.events)
    assert len(run.resting) == 3
    others = Counter(m.asset_id for m in missions if m.asset_id not in run.resting)
    assert max(others.values()) > 1
    assert any(m.driver_break is not None for m in missions)
    for mission in missions:
        stops = [step for step in mission.steps if isinstance(step, Stop)]
        rest = mission.driver_break
        if mission.asset_id not in run.resting:
            assert rest is None
            continue
        if rest is None:
            over = max(s.eta + timedelta(seconds=s.service_s) for s in stops)
            assert over <= CLOSES or mission.start_at >= OPENS + HALF_AN_HOUR
            continue
        assert OPENS <= rest.start <= CLOSES
        assert rest.end - rest.start >= HALF_AN_HOUR
        served = [(s.eta, s.eta + timedelta(seconds=s.service_s)) for s in stops]
        assert all(end <= rest.start or begin >= rest.end for begin, end in served)
