"""Plans of fleets whose drivers have breaks, from files to the command's words, before the independent checker."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plans.city import write_city
from tests.plans.test_priced_plans import SCARCE, planned

BREAK = """shift = "07:00-20:00"
break_minutes = {minutes}
break_between = "{between}"
"""
"""More of the file's last entry, the vans."""


@pytest.mark.parametrize(
    ("seed", "vans", "minutes", "between"),
    [
        (11, 1, 45, "11:00-13:00"),
        (13, 2, 60, "16:30-16:30"),
    ],
)
def test_drivers_have_their_breaks(tmp_path: Path, seed: int, vans: int, minutes: int, between: str) -> None:
    """Parcels are due all day and in some hours of it; who is out at the time has his break, and the command says how
    many have."""
    fleet = SCARCE.replace("per_depot = 1", f"per_depot = {vans}") + BREAK.format(
        minutes=minutes, between=between
    )
    found = planned(write_city(tmp_path, seed, 80), fleet, tmp_path)
    breaks = [route["driver_break"] for route in found["routes"] if "driver_break" in route]
    assert breaks
    assert f"{len(breaks)} of the drivers have their break on the way" in found["told"]
