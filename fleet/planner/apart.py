"""How little parcels have to do with each other."""

from __future__ import annotations

import math

import numpy as np

from fleet.planner.floors import Floats
from fleet.planner.problem import Problem

KM_FOR_AN_HOUR = 8.0
"""Parcels so far apart are as little related as those an hour apart."""

ELSEWHERE_KM = 4.0
"""Parcels that stand at different sites have hardly an asset in common: they count as so much farther apart."""


class Apart:
    """How little parcels have to do with each other: the way and the time between them, and whether they stand at one
    site; in kilometres."""

    def __init__(self, problem: Problem) -> None:
        orders = problem.orders
        lon, lat = np.array([(o.place.lon, o.place.lat) for o in orders]).T
        self._east = (lon - lon.mean()) * 111.2 * math.cos(math.radians(float(lat.mean())))
        self._north = (lat - lat.mean()) * 111.2
        self._due = np.array([sum(due) / 2 for due in problem.due]) / 3600
        names: dict[str | None, int] = {None: 0}
        self._site = np.array([names.setdefault(problem.standing(o), len(names)) for o in range(len(orders))])

    def from_(self, order: int) -> Floats:
        """Of all parcels, from one of them."""
        way = np.hypot(self._east - self._east[order], self._north - self._north[order])
        hours = np.abs(self._due - self._due[order])
        return way + hours * KM_FOR_AN_HOUR + (self._site != self._site[order]) * ELSEWHERE_KM  # type: ignore[no-any-return]
