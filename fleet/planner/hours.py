"""How unevenly drivers' hours are shared out: what fairness has a price for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from fleet.planner.tours import Tour


def hours_above_mean(durations_s: Sequence[float]) -> float:
    """How much longer than the mean those drivers are out that exceed it, together; 0 where all are alike."""
    hours = np.array(durations_s, dtype=np.float64) / 3600
    return float(np.maximum(0.0, hours - hours.mean()).sum()) if len(hours) else 0.0


def driver_of(tour: Tour) -> str:
    """Who drives a tour, by his van."""
    return tour.van.slot.asset_id


def driven_s(tours: Iterable[Tour]) -> Counter[str]:
    """How long each driver is out, on all trips together."""
    found = Counter[str]()
    for tour in tours:
        found[driver_of(tour)] += tour.duration_s
    return found


def unevenness(tours: Iterable[Tour], per_hour: float) -> float:
    """What tours cost for the hours of drivers above their mean, at a price for each."""
    return per_hour * hours_above_mean(list(driven_s(tours).values())) if per_hour > 0 else 0.0
