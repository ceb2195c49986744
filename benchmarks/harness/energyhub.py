"""The same of a fleet over the real hub: planned, released, watched and learned from, in a simulated world."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.harness.energylogs import Given
from benchmarks.harness.figure import Figure
from tests.support.energydays import (
    ALIKE,
    DAYS,
    DRONES,
    MOST_OFF,
    NOT_LEARNING,
    PARCELS,
    SPREAD,
    Decide,
    Run,
    ours,
    perfect,
    run,
)

SEED = 1
SMALL = (1, 3, 5)
"""Days, drones and parcels of a smoke run."""


def over_the_hub(given: Given) -> list[Figure]:
    """Reserves that were broken, trips that took more than was counted with, and deliveries over those of who knows
    each asset's truth in the morning; beside one margin for all. One world: a day of it takes the hub a minute."""
    days, drones, parcels = SMALL if given.worlds <= 1 else (DAYS, DRONES, PARCELS)

    def made(name: str, decide: Decide, spread: str = SPREAD, margin_scale: float = 1.0) -> Run:
        return run(
            Path(folder) / name,
            SEED,
            decide,
            days=days,
            drones=drones,
            parcels=parcels,
            spread=spread,
            margin_scale=margin_scale,
        )

    with tempfile.TemporaryDirectory() as folder:
        learning, knowing = made("ours", ours), made("perfect", perfect)
        blind = made("alike", ours, ALIKE, NOT_LEARNING)
    more = {
        "days": days,
        "assets": drones,
        "off_by_up_to": MOST_OFF,
        "delivered": learning.delivered,
        "trips": learning.learned,
    }
    alike = {"with_one_margin_for_all": blind.delivered, "by_who_knows": knowing.delivered}
    return [
        Figure(
            "hub_reserves_broken (generated)",
            _lost(learning),
            "trips",
            0,
            0,
            most=True,
            more=more
            | {
                "broken_with_one_margin_for_all": _lost(blind),
            },
        ),
        Figure(
            "hub_trips_beyond_their_margin (generated)",
            learning.beyond,
            "trips",
            0,
            1,
            most=True,
            more=more
            | {
                "beyond_with_one_margin_for_all": blind.beyond,
                "of_trips_with_one_margin_for_all": blind.learned,
            },
        ),
        Figure(
            "hub_deliveries_over_perfect_knowledge (generated)",
            learning.delivered / max(1, knowing.delivered),
            "share",
            0.9,
            0.9,
            more=more | alike,
        ),
    ]


def _lost(found: Run) -> float:
    return float(found.breaches + found.crashes)
