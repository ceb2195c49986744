"""A simulated fleet whose true consumption lies up to 15 % off its model and drifts: what learning makes of it."""

from __future__ import annotations

from benchmarks.harness.energylogs import Given
from benchmarks.harness.figure import Figure
from tests.support.energyfleet import ASSETS, DAYS, MOST_OFF, fly, one_margin_for_all, ours, perfect


def fleet(given: Given) -> list[Figure]:
    """Reserves that were broken, and deliveries over those of who knows each asset's truth; beside one margin for all.

    Worlds are decided without a hub: what is measured is learning and margins.
    """
    seeds = range(given.worlds)
    learned, known, alike = (
        [fly(seed, rule) for seed in seeds] for rule in (ours, perfect, one_margin_for_all)
    )
    delivered, possible = (sum(one.delivered for one in days) for days in (learned, known))
    more = {
        "worlds": len(seeds),
        "assets": ASSETS,
        "days": DAYS,
        "off_by_up_to": MOST_OFF,
        "flights": delivered,
    }
    others = {
        "broken_by_who_knows": sum(one.broken for one in known),
        "broken_with_one_margin_for_all": sum(one.broken for one in alike),
    }
    share = delivered / possible
    alike_share = sum(one.delivered for one in alike) / possible
    broken = float(sum(one.broken for one in learned))
    return [
        Figure("fleet_reserves_broken (generated)", broken, "flights", 0, 0, most=True, more=more | others),
        Figure(
            "fleet_deliveries_over_perfect_knowledge (generated)",
            share,
            "share",
            0.9,
            0.9,
            more=more | {"with_one_margin_for_all": round(alike_share, 3)},
        ),
    ]
