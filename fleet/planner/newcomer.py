"""A parcel that is to join a route: its stops, the ways to and from them, and all pairs of legs for the two."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fleet.domain.plan import RouteStop
from fleet.domain.sites import Site
from fleet.network.base import Network
from fleet.planner.line import Ints, Line
from fleet.planner.problem import NO_WAY_S, is_delivery
from fleet.planner.running import Rest
from fleet.planner.visits import door_service_s, locker_service_s, ride_limit_s
from fleet.protocol.values import Order, Place

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Some:
    """Some legs in whole metres and seconds."""

    m: Ints
    s: Ints


@dataclass(frozen=True)
class NewWays:
    """For each leg of the route: itself, from its start to a new stop, and from there to its end."""

    along: Some
    to_door: Some
    from_door: Some
    to_site: Some
    from_site: Some
    site_to_door: Some


@dataclass(frozen=True)
class Newcomer:
    """The parcel's stops, their times and the ways to and from them. ``early_s`` and ``ready_s`` are for each leg of
    the route: on that of the driver's break nothing begins before it is over."""

    order: Order
    site: Site | None
    ways: NewWays
    early_s: Ints
    late_s: int
    service_s: int
    ready_s: Ints
    load_s: int
    ride_s: int

    def door_stop(self) -> RouteStop:
        """The stop at the door, not yet timed."""
        ids = (self.order.order_id,)
        delivers = is_delivery(self.order)
        return _untimed(
            self.order.place, self.order, deliver=ids if delivers else (), collect=() if delivers else ids
        )

    def load_stop(self) -> RouteStop:
        """The stop where the parcel is loaded, not yet timed."""
        if self.site is None:
            raise ValueError("a parcel from the depot has no loading stop")
        ids = (self.order.order_id,)
        return _untimed(self.site.place, self.order, collect=ids, site_id=self.site.site_id)


def _untimed(
    place: Place,
    order: Order,
    *,
    deliver: tuple[str, ...] = (),
    collect: tuple[str, ...] = (),
    site_id: str | None = None,
) -> RouteStop:
    when = order.due.start
    return RouteStop(
        lon=place.lon,
        lat=place.lat,
        site_id=site_id,
        deliver=deliver,
        collect=collect,
        arrive=when,
        depart=when,
    )


def newcomer(rest: Rest, order: Order, network: Network, site: Site | None) -> Newcomer:
    """The parcel as it would join the rest of a route; ``site`` is where it is loaded on the way."""
    service = door_service_s(order, rest.running.type)
    early, late = rest.order_bounds(order, service)
    ride = ride_limit_s(order, [rest.running.type])
    if site is None and is_delivery(order):
        late = min(late, rest.seconds(rest.running.route.start) + ride - service)
    ways = _all_ways(rest, order.place, order.place if site is None else site.place, network)
    rested_s = rest.rested_s(len(ways.along.s))
    return Newcomer(
        order=order,
        site=site,
        ways=ways,
        early_s=np.maximum(rested_s, early),
        late_s=late,
        service_s=service,
        ready_s=np.maximum(rested_s, rest.seconds(order.ready_at)),
        load_s=locker_service_s(1, rest.running.type),
        ride_s=ride,
    )


def _all_ways(rest: Rest, door: Place, site: Place, network: Network) -> NewWays:
    """All ways that matter, asked of the network at once. The driver's break is on the way from its node, wherever that
    leads."""
    nodes = rest.places
    starts, ends = list(nodes[:-1]), list(nodes[1:])
    doors, sites = [door] * len(starts), [site] * len(starts)
    legs = network.legs(
        [*starts, *starts, *doors, *starts, *sites, site],
        [*ends, *doors, *ends, *sites, *ends, door],
        "drive",
    )
    metres, seconds = _whole(legs.distance_m), _whole(legs.duration_s)
    cuts = [len(starts) * k for k in range(1, 6)]
    parts = zip(np.split(metres, cuts), np.split(seconds, cuts), strict=True)
    along, to_door, from_door, to_site, from_site, site_to_door = (Some(m, s) for m, s in parts)
    breaks_s = rest.breaks_s(len(starts))
    along, to_door, to_site = (Some(way.m, way.s + breaks_s) for way in (along, to_door, to_site))
    return NewWays(along, to_door, from_door, to_site, from_site, site_to_door)


def _whole(values: Floats) -> Ints:
    return np.ceil(np.where(np.isfinite(values), values, NO_WAY_S)).astype(np.int64)


def pair_delays(line: Line, new: Newcomer) -> tuple[Ints, NDArray[np.bool_]]:
    """For each pair of legs, how much later the door leg's end begins, and whether all windows hold."""
    ways, leg = new.ways, np.arange(len(line.travel_s))
    same, later = leg[:, None] == leg[None, :], leg[:, None] < leg[None, :]
    loaded = np.maximum(line.leave_s[:-1] + ways.to_site.s, new.ready_s) + new.load_s
    reach = loaded + ways.from_site.s
    pushed = np.maximum(0, reach - line.begin_s[1:])
    waits = line.wait_until
    shift = np.maximum(0, pushed[:, None] - (waits[None, :-1] - waits[1:, None]))
    straight = (loaded + ways.site_to_door.s[0])[:, None]
    arrive = np.where(same, straight, line.leave_s[None, :-1] + shift + ways.to_door.s[None, :])
    begin = np.maximum(arrive, new.early_s)
    done = begin + new.service_s + ways.from_door.s[None, :]
    fits = (begin <= new.late_s) & (done <= line.latest_s[None, 1:])
    fits &= begin + new.service_s - (loaded - new.load_s)[:, None] <= new.ride_s
    fits &= same | (later & (reach <= line.latest_s[1:])[:, None])
    return np.maximum(0, done - line.begin_s[None, 1:]), fits


def pair_room(line: Line, load: tuple[int, int]) -> NDArray[np.bool_]:
    """For each pair of legs, whether the parcel fits on all legs from the first to the second."""
    tight = (line.load + np.array(load)[:, None] > line.capacity[:, None]).any(axis=0)
    before = np.concatenate(([0], np.cumsum(tight)))
    fits: NDArray[np.bool_] = before[None, 1:] - before[:-1, None] == 0
    return fits


def pair_detours(ways: NewWays) -> Ints:
    """For each pair of legs, how much farther the van drives."""
    to_site = ways.to_site.m + ways.from_site.m - ways.along.m
    to_door = ways.to_door.m + ways.from_door.m - ways.along.m
    both = ways.to_site.m + ways.site_to_door.m[0] + ways.from_door.m - ways.along.m
    detours: Ints = np.where(
        np.eye(len(both), dtype=bool), both[:, None], to_site[:, None] + to_door[None, :]
    )
    return detours
