"""What the world is told of a day's files: the approvals with all their terms, for its judge to hold flights to."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

from fleet.sim.approvals import Approval, Hours
from fleet.sim.spec import parse_spec
from fleet.trueworld import world_of
from tests.support.bench import Bench

FLEET = """
timezone = "Europe/Lisbon"
[authorisations."A-1"]
zone = "CTR"
country = "PRT"
valid_from = 2026-06-01T06:00:00+01:00
hours = [{ days = ["MON", "SUN"], between = "22:00-06:00" }]
timezone = "Europe/Madrid"
below_m = 60
below_datum = "AMSL"
vehicles = ["courier-x4"]
max_at_once = 2
max_per_day = 20
[authorisations."A-2"]
zone = "CTR"
max_per_day = 3
"""


def test_approvals_reach_the_judge_with_all_their_terms(tmp_path: Path) -> None:
    """Also by way of the file that the world is started with."""
    bench = Bench(tmp_path, fleet=FLEET)
    begins, until = datetime(2026, 11, 24, 7, tzinfo=UTC), datetime(2026, 11, 24, 20, tzinfo=UTC)
    setup = SimpleNamespace(at=begins, until=until)
    made = world_of(bench.inputs, (), setup)  # type: ignore[arg-type]
    hours = Hours(days=frozenset({0, 6}), begins_s=79_200, ends_s=21_600, timezone="Europe/Madrid")
    full = Approval(
        zone_id="CTR",
        country="PRT",
        begins=datetime(2026, 6, 1, 5, tzinfo=UTC),
        hours=(hours,),
        below_m=60.0,
        above_ground=False,
        vehicles=frozenset({"courier-x4"}),
        max_at_once=2,
        max_per_day=20,
        timezone="Europe/Madrid",
    )
    plain = Approval(zone_id="CTR", max_per_day=3, above_ground=False, timezone="Europe/Lisbon")
    assert made.all_approvals == (full, plain)
    assert parse_spec(made.model_dump_json(), "world.json") == made
