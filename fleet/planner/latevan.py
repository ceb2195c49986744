"""Whether a van that is late can still make the stops that stay with it, and be home when it must."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fleet.planner.jointly import VanStop
from fleet.planner.warmstart import Warm


def still_home(warm: Warm, van_type: int, stops: Sequence[VanStop], begins: float) -> bool:
    """Whether a route of these stops alone, of which the last begins no earlier than a moment (s), ends within the
    van's shift, is not too long and leads no farther than the van may."""
    van, routes = warm.city.vans[van_type], warm.state.routes
    nodes = [warm.node_of(stop) for stop in stops]
    places = np.array([van.start, *(int(routes.place[node]) for node in nodes), van.end])
    legs = np.diagonal(warm.legs.durations(places[:-1], places[1:])).tolist()
    metres = float(np.trace(warm.legs.metres(places[:-1], places[1:])))
    service = [float(routes.service[node]) for node in nodes]
    opens = [float(routes.opens[node]) for node in nodes]
    closes = [float(routes.closes[node]) for node in nodes]
    opens[-1] = max(opens[-1], begins)
    closes[-1] = max(closes[-1], opens[-1])

    def home(leaves: float) -> float:
        now = leaves
        for leg, first, lasts in zip(legs, opens, service, strict=False):
            now = max(now + leg, first) + lasts
        return now + float(legs[-1])

    latest = van.closes
    for k in range(len(stops) - 1, -1, -1):
        latest = min(closes[k], latest - legs[k + 1] - service[k])
    latest -= legs[0]
    span = home(latest) - latest
    fits = span <= van.longest and metres + van.drain * span <= van.reach
    return fits and home(van.opens) <= van.closes
