"""A zone that comes while an aircraft is late: the way is asked about at the times at which it will be flown."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from fleet.protocol.messages import Action
from tests.support.bench import Bench
from tests.unit.dispatch.test_monitor import block, on_its_way
from tests.unit.dispatch.test_zone_changes import along, change, guard_time
from tests.unit.dispatch.test_zones_on_return import told


@pytest.mark.parametrize("state", ["holding", "travelling"])
@pytest.mark.parametrize(("comes_s", "meets"), [(600, True), (6000, False)])
def test_one_that_is_late_is_told_before_it_gets_into_a_zone_that_comes(
    tmp_path: Path, state: str, comes_s: int, meets: bool
) -> None:
    """By plan it is long past; it stays where it is for as long as until then. What that means for its battery is
    another matter."""
    bench, drone = on_its_way(Bench(tmp_path))
    here = along(bench, 0.3)
    bench.run(guard_time(bench, here))
    bench.sample(drone, here)
    zone = block(-8.0085, 41.0075)
    zone["properties"] = {
        **zone["properties"],
        "starts_at": (bench.now + timedelta(seconds=comes_s)).isoformat(),
    }
    assert change(bench, later=zone).ok
    bench.sample(drone, here)
    assert told(bench) == []
    for _ in range(60):
        bench.sample(drone, here.model_copy(update={"state": state, "soc": None}))
        bench.run(10)
    ahead = [e for e in bench.core.state.open_exceptions() if e.code == "zone_ahead"]
    assert len(ahead) == meets
    assert not meets or Action.RETURN in told(bench)
