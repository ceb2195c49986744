"""The energy of routes that are planned or that drivers have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from fleet.domain.plan import RoutePlan
from fleet.energy.van import RouteLegs
from fleet.feasibility import Verdict, feasible, infeasible
from fleet.feasibility import planned as reasons
from fleet.feasibility.route_energy import RouteEnergy, RouteRange
from fleet.network.base import Network
from fleet.protocol.values import Order, Place


@dataclass(frozen=True)
class Driven:
    """A route and what is needed to say what it takes: where it starts and ends, its parcels, and how many of its stops
    are behind the van."""

    route: RoutePlan
    depot: Place
    orders: Mapping[str, Order]
    done: int = 0

    def is_whole(self, network: Network) -> bool:
        """Whether the network has a way from each of its places to the next. It may not where the streets have changed
        since the route was made."""
        places = self._places()
        ways = network.legs(places[:-1], places[1:], "drive")
        return bool(np.isfinite(ways.duration_s).all())

    def _places(self) -> list[Place]:
        stops = (Place(lon=stop.lon, lat=stop.lat) for stop in self.route.stops)
        return [self.depot, *stops, self.depot]

    def energy(self, limit: RouteRange, network: Network, *, whole: bool = True) -> RouteEnergy:
        """What it takes as a whole, or from the stops on that are not behind the van."""
        begin = 0 if whole else self.done
        stops = self.route.stops
        places = self._places()[begin:]
        ways = network.legs(places[:-1], places[1:], "drive")
        legs = RouteLegs(ways.distance_m, ways.duration_s, np.array(self._payloads_kg()[begin:]))
        since = stops[begin - 1].depart if begin else self.route.start
        home_s = float(ways.duration_s[-1])
        back = max([self.route.end, *(stop.depart + timedelta(seconds=home_s) for stop in stops[-1:])])
        standing_s = (back - since).total_seconds() - float(legs.seconds.sum())
        return limit.energy_of(legs, max(0.0, standing_s))

    def _payloads_kg(self) -> list[float]:
        """What rides on each way: all that is delivered and not taken in on the way is aboard from the start."""
        kg = {order_id: order.weight_kg for order_id, order in self.orders.items()}
        stops = self.route.stops
        taken = {order_id for stop in stops for order_id in stop.collect}
        aboard = sum(kg[o] for stop in stops for o in stop.deliver if o not in taken)
        found = [aboard]
        for stop in stops:
            aboard += sum(kg[o] for o in stop.collect) - sum(kg[o] for o in stop.deliver)
            found.append(max(0.0, aboard))
        return found


def in_range(driven: Driven, limit: RouteRange | None, network: Network) -> tuple[RoutePlan, Verdict]:
    """The route, saying what it takes, and whether the van's battery is enough for what is left of it. The same, and a
    yes, where its type states none."""
    if limit is None:
        return driven.route, feasible()
    if not driven.is_whole(network):
        return driven.route, infeasible(reasons.no_way())
    whole = driven.energy(limit, network)
    left = driven.energy(limit, network, whole=False) if limit.told and driven.done else whole
    return stated(driven.route, whole), limit.judged(left, driven.route.asset_id)


def stated(route: RoutePlan, found: RouteEnergy | None) -> RoutePlan:
    """The route that says what it takes."""
    if found is None:
        return route
    told = {
        "energy_wh": found.energy_wh,
        "usable_wh": found.usable_wh,
        "reserve_wh": found.reserve_wh,
        "margin_wh": max(0.0, found.margin_wh),
    }
    return route.model_copy(update=told)
