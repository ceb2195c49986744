"""How fast one flies that breaks its trip off, where its way is worked out anew while it does."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from fleet.dispatch.monitor.guard import Guard, redirected
from fleet.dispatch.monitor.progress import progress_of
from fleet.domain.evolve import evolve
from fleet.protocol.messages import Telemetry
from tests.support.bench import Bench
from tests.unit.dispatch.test_monitor import guard_of, on_its_way
from tests.unit.dispatch.test_zone_changes import along

BEFORE_S = 20.0
"""For so long it has returned when its way is worked out anew."""


@pytest.fixture
def returning(tmp_path: Path) -> tuple[Guard, Telemetry, datetime]:
    """A drone that returns, a little after it turned round far out; its way home has just been worked out anew."""
    bench, _ = on_its_way(Bench(tmp_path))
    turns = along(bench, 0.99).model_copy(update={"state": "returning", "step_id": None})
    begun = redirected(guard_of(bench), turns, bench.now)
    here, now = flown(begun, turns, BEFORE_S), bench.now + timedelta(seconds=BEFORE_S)
    return evolve(redirected(begun, here, now), earlier=(bench.now, turns)), here, now


def flown(guard: Guard, sample: Telemetry, seconds: float) -> Telemetry:
    """Where it is after so many seconds of its way's own times, on the level part that it is on."""
    assert guard.instead is not None
    there, begins = guard.instead.path[1], guard.instead.path[0].at
    assert there.at is not None
    assert begins is not None
    assert abs(there.alt_amsl_m - (sample.alt_amsl_m or 0.0)) < 1.0
    share = seconds / (there.at - begins).total_seconds()
    assert 0 <= share < 0.9
    return sample.model_copy(
        update={
            "lon": sample.lon + share * (there.lon - sample.lon),
            "lat": sample.lat + share * (there.lat - sample.lat),
        }
    )


def pace(guard: Guard, here: Telemetry, seconds: float, times: float) -> float:
    """After so many seconds more, in which it took so many times what it should."""
    now = guard.ahead[0].path[0].at + timedelta(seconds=seconds)
    progress = progress_of(guard, flown(guard, here, seconds / times), now)
    assert progress is not None
    return progress.pace


@pytest.mark.parametrize("seconds", [0.5, 1.0, 5.0, 29.0, 31.0, 45.0, 50.0])
def test_one_that_flies_as_expected_does_so_whenever_its_way_was_worked_out(
    returning: tuple[Guard, Telemetry, datetime], seconds: float
) -> None:
    """What it flew before is not held against the one second of the new way: it would seem many times as slow."""
    guard, here, _ = returning
    assert pace(guard, here, seconds, 1.0) == 1.0


@pytest.mark.parametrize("seconds", [31.0, 45.0, 50.0])
@pytest.mark.parametrize("times", [1.3, 2.0, 4.0])
def test_one_that_is_slowed_down_is_seen_to_be_so_after_half_a_minute(
    returning: tuple[Guard, Telemetry, datetime], seconds: float, times: float
) -> None:
    guard, here, _ = returning
    assert pace(guard, here, seconds, times) == pytest.approx(times, rel=0.01)


def test_a_minute_on_the_same_way_counts_as_a_whole(returning: tuple[Guard, Telemetry, datetime]) -> None:
    """Nothing was worked out anew between."""
    guard, here, now = returning
    since = evolve(guard, earlier=(now, here))
    assert pace(since, here, 60.0, 2.0) == pytest.approx(2.0, rel=0.01)


def passes(bench: Bench, there: float, state: str) -> float:
    """How many times as long it takes as it should, that was half along its way out 40 s ago; ``there`` is as much."""
    earlier, here = (along(bench, share).model_copy(update={"state": state}) for share in (0.5, there))
    guard, now = evolve(guard_of(bench), earlier=(bench.now, earlier)), bench.now + timedelta(seconds=40)
    progress = progress_of(guard, here, now)
    assert progress is not None
    return progress.pace


def test_who_holds_is_not_slow_where_its_positions_are_not_exact(tmp_path: Path) -> None:
    """Some metres to and fro are no way: it would need a thousand times what is there, and be called home."""
    bench, _ = on_its_way(Bench(tmp_path))
    for there in (0.5, 0.501, 0.505, 0.499):
        assert passes(bench, there, "holding") == 1.0
    assert passes(bench, 0.505, "travelling") > 5.0


def test_the_less_way_is_made_the_slower_it_is(tmp_path: Path) -> None:
    """Also where that is none, and where the wind blows it back; a position that stands still says nothing."""
    bench, _ = on_its_way(Bench(tmp_path))
    paces = [passes(bench, there, "travelling") for there in (0.98, 0.8, 0.6, 0.55, 0.51, 0.499, 0.45)]
    assert paces == sorted(paces)
    assert paces[0] == 1.0
    assert paces[-1] > 20.0
    assert passes(bench, 0.5, "travelling") == 1.0
