"""Chance that depends on a seed and a name only: what is drawn for one thing never shifts what is drawn for another."""

from __future__ import annotations

import math
from random import Random


class Chance:
    """A source of independent random streams, one for each name."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def of(self, *names: object) -> Random:
        """The stream of this name, from its beginning each time."""
        return Random("/".join(map(str, (self._seed, *names))))

    def between(self, low: float, high: float, *names: object) -> float:
        """One number, uniform between two bounds."""
        return self.of(*names).uniform(low, high)

    def spread(self, sigma: float, *names: object) -> float:
        """One log-normal factor with mean 1."""
        return math.exp(self.of(*names).gauss(-sigma * sigma / 2, sigma))

    def happens(self, probability: float, *names: object) -> bool:
        """Whether something of this probability happens."""
        return self.of(*names).random() < probability
