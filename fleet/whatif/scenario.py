"""What is asked: which fleets, on how many days, with what unknown."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from fleet.app import Setup
from fleet.sim.spec import CERTAIN, Uncertainty
from fleet.whatif.changes import Change

MOST_DAYS: Final = 10_000
"""More days than that tell nothing more, and their figures would fill the memory."""


@dataclass(frozen=True, slots=True)
class Case:
    """One fleet on the day of some files. ``later_orders`` come in while the day runs, each when it is ready."""

    name: str
    setup: Setup
    orders: Path
    later_orders: Path | None = None
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Study:
    """One fleet on so many days, or two on the same days. ``demand`` is the standard deviation of a day's factor on the
    number of parcels."""

    cases: tuple[Case, ...]
    days: int
    seed: int = 0
    demand: float = 0.0
    uncertainty: Uncertainty = CERTAIN
    incidents: str = "none"

    def day_seed(self, number: int) -> int:
        """What a day's chance comes from: the same for every fleet."""
        return Random(f"{self.seed}/day/{number}").getrandbits(32)
