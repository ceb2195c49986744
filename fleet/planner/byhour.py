"""A plan's routes as they are driven at each hour's own speed, where the plan counted with the slowest of all hours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import fsum
from zoneinfo import ZoneInfo

from fleet.domain.plan import Plan, RoutePlan, RouteStop
from fleet.network.traffic import SlowedNetwork, Speeds
from fleet.planner.snapshot import Snapshot
from fleet.protocol.values import Order, Place


@dataclass(frozen=True, slots=True)
class Driven:
    """One route: seconds of driving as planned, and at each hour's own speed; when each stop is reached then, and the
    depot at last."""

    route_id: str
    planned_s: float
    by_hour_s: float
    arrives: tuple[datetime, ...]


def by_hour(made: Plan, snapshot: Snapshot) -> tuple[Driven, ...] | None:
    """Every route of the plan by the hours in which it is driven; none where all hours are alike.

    Stops stay as they are, in order and in what they take. Whoever comes early waits for the window; at a site, where
    parcels may not be there yet, nobody leaves earlier than planned. No stop is reached later than planned: no hour of
    a shift is slower than the slowest.
    """
    network = snapshot.context.network
    if not isinstance(network, SlowedNetwork):
        return None
    zone = ZoneInfo(snapshot.context.fleet.timezone or "UTC")
    orders = {order.order_id: order for order in snapshot.orders}
    depots = {name: site.place for name, site in snapshot.context.sites.items()}
    speeds = Speeds(network.table)
    return tuple(
        _driven(route, depots[route.depot_id], _Hours(network, speeds, zone), orders) for route in made.routes
    )


def drive_h(routes: Sequence[Driven]) -> tuple[float, float]:
    """Hours of driving in all: as planned, and at each hour's own speed."""
    return fsum(one.planned_s for one in routes) / 3600, fsum(one.by_hour_s for one in routes) / 3600


@dataclass(frozen=True, slots=True)
class _Hours:
    network: SlowedNetwork
    speeds: Speeds
    zone: ZoneInfo

    def planned_s(self, places: Sequence[Place]) -> list[float]:
        """How long each way takes in the slowest hour."""
        found: list[float] = self.network.legs(places[:-1], places[1:], "drive").duration_s.tolist()
        return found

    def lasts_s(self, at: datetime, planned_s: float) -> float:
        """How long a way takes that begins then, and as long as planned in the slowest hour."""
        return self.speeds.lasts_from_s(at.astimezone(self.zone), planned_s * self.network.traffic.speed)


def _driven(route: RoutePlan, depot: Place, hours: _Hours, orders: Mapping[str, Order]) -> Driven:
    stops = route.stops
    places = [depot, *(Place(lon=stop.lon, lat=stop.lat) for stop in stops), depot]
    left = [route.start, *(stop.depart for stop in stops)]
    reached = [*(stop.arrive for stop in stops), route.end]
    now, arrives, planned, driven = route.start, list[datetime](), list[float](), list[float]()
    for number, known_s in enumerate(hours.planned_s(places)):
        gap_s = (reached[number] - left[number]).total_seconds()
        way_s = min(known_s, gap_s)  # what the gap is longer than the way is a break
        took_s = hours.lasts_s(now, way_s)
        planned.append(way_s)
        driven.append(took_s)
        now += timedelta(seconds=took_s + gap_s - way_s)
        arrives.append(now)
        if number < len(stops):
            now = _leaves(stops[number], now, orders)
    return Driven(route.route_id, fsum(planned), fsum(driven), tuple(arrives))


def _leaves(stop: RouteStop, arrive: datetime, orders: Mapping[str, Order]) -> datetime:
    """When the van goes on that comes then."""
    if stop.site_id is not None:
        return max(arrive, stop.depart)
    if stop.locker_id is not None:
        return arrive + (stop.depart - stop.arrive)
    opens = [orders[name].due.start for name in (*stop.deliver, *stop.collect) if name in orders]
    begins = min(max(opens, default=stop.arrive), stop.depart)
    return max(arrive, begins) + (stop.depart - max(stop.arrive, begins))
