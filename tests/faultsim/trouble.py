"""What goes wrong, how often: drawn anew for each seed, so that each has a character of its own."""

from __future__ import annotations

import random
from dataclasses import dataclass, fields


class Crash(BaseException):
    """A process dies here. No handler of the code under test may catch it."""


@dataclass(slots=True)
class Trouble:
    """Chances of faults. Those of hub and assets are for each point at which they may die; ``*_every_s`` are mean times
    between two, for the whole fleet. All are zero, or never, once the network has healed.
    """

    hub_before_commit: float = 0.0
    hub_after_commit: float = 0.0
    hub_after_committed: float = 0.0
    hub_amid_output: float = 0.0
    hub_at_rest: float = 0.0
    hub_memory_old: float = 0.0
    asset_before_commit: float = 0.0
    asset_after_commit: float = 0.0
    asset_at_rest: float = 0.0
    memory_lost: float = 0.0
    memory_old: float = 0.0
    cut: float = 0.0
    lose_frame: float = 0.0
    slow_frame: float = 0.0
    twin: float = 0.0
    stall_asset: float = 0.0
    stall_hub: float = 0.0
    partition: float = 0.0
    slow_commit: float = 0.0
    planner_dies: float = 0.0
    store_fails: float = 0.0
    clock_jump: float = 0.0
    garbage: float = 0.0

    def heal(self) -> None:
        """Nothing goes wrong any more."""
        for each in fields(self):
            setattr(self, each.name, 0.0)


_WORST = {
    "hub_before_commit": 0.02,
    "hub_after_commit": 0.02,
    "hub_after_committed": 0.02,
    "hub_amid_output": 0.005,
    "hub_at_rest": 0.002,
    "hub_memory_old": 0.8,
    "asset_before_commit": 0.02,
    "asset_after_commit": 0.02,
    "asset_at_rest": 0.003,
    "memory_lost": 0.15,
    "memory_old": 0.15,
    "cut": 0.004,
    "lose_frame": 0.05,
    "slow_frame": 0.1,
    "twin": 0.1,
    "stall_asset": 0.004,
    "stall_hub": 0.002,
    "partition": 0.002,
    "slow_commit": 0.2,
    "planner_dies": 0.3,
    "clock_jump": 0.02,
    "garbage": 0.02,
    "store_fails": 0.02,
}


def drawn(rng: random.Random, *, assets: int) -> Trouble:
    """The troubles of a seed: each one is absent in half of the seeds. More assets have no more hub crashes."""
    crowd = max(1.0, assets / 8)
    chances = {name: worst * rng.random() if rng.random() < 0.5 else 0.0 for name, worst in _WORST.items()}
    for name in (
        "hub_before_commit",
        "hub_after_commit",
        "hub_after_committed",
        "hub_amid_output",
        "hub_at_rest",
    ):
        chances[name] /= crowd
    return Trouble(**chances)
