"""What the day has cost so far, at the rates of the fleet file: trips that were flown, routes that were driven, and
stays in lockers. A trip under way counts up to now, one that never began costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from fleet.dispatch.history import History
from fleet.domain.events import CustodyPassed
from fleet.domain.fleet import AssetType
from fleet.domain.state import MissionRecord, State
from fleet.kinds import Kind, TripFigures, emissions_of, kind_of
from fleet.network.base import Network
from fleet.network.geodesic import straight_m
from fleet.protocol.mission import Mission, Stop, Travel
from fleet.protocol.values import Place


@dataclass(frozen=True, slots=True)
class Incurred:
    """One trip, route or stay: the kind and the type of asset that made it, and its figures."""

    kind: Kind
    type: AssetType
    trip: TripFigures

    @property
    def cost(self) -> float:
        """What it cost, in major units of the fleet's currency."""
        return self.kind.trip_cost(self.type, self.trip)

    @property
    def co2_kg(self) -> float | None:
        """What it emitted; none where nobody says what the type emits, nothing for a stay in a locker."""
        if self.kind.archetype == "station":
            return 0.0
        found = emissions_of(self.type)
        return None if found is None else found.kg(self.trip.distance_m, self.trip.energy_wh)


def incurred(history: History, network: Network) -> tuple[Incurred, ...]:
    """All that the day has cost: trips and routes by when they began, then the stays in lockers.

    A van's fixed day counts once a local day, with the first route that it began, whatever came of that.
    A sortie's time runs from departure to return and its energy is what was used, or planned where nobody said. A
    route's time runs from loading to its end, its way over ``network`` through the stops that were made. That is how
    the planner counts, so a plan's costs and these compare.
    """
    return (*_trips(history, network), *_stays(history, network))


def by_kind(found: Iterable[Incurred]) -> dict[str, float]:
    """Money by the kind of asset that caused it."""
    costs: dict[str, float] = {}
    for one in found:
        costs[one.kind.name] = costs.get(one.kind.name, 0.0) + one.cost
    return dict(sorted(costs.items()))


def by_component(found: Iterable[Incurred]) -> dict[str, float]:
    """Money by what it was counted for: trips (and vans' days), time, distance, energy, parcels, credits, CO2."""
    costs: dict[str, float] = {}
    for one in found:
        for name, cost in one.kind.trip_parts(one.type, one.trip).items():
            costs[name] = costs.get(name, 0.0) + cost
    return dict(sorted(costs.items()))


def co2_kg(found: Iterable[Incurred]) -> float | None:
    """What the day emitted; none where that of any trip is not known."""
    emitted = [one.co2_kg for one in found]
    known = [kg for kg in emitted if kg is not None]
    return sum(known) if len(known) == len(emitted) else None


def _trips(history: History, network: Network) -> Iterator[Incurred]:
    paid: set[tuple[str, date]] = set()
    for begun, record in _begun(history):
        kind, asset_id = kind_of(record.kind), record.mission.asset_id
        if kind.archetype == "route":
            day = asset_id, _local_day(history.state, asset_id, begun)
            trip = replace(_route(history, record, begun, network), day_paid=day in paid)
            paid.add(day)
        else:
            trip = _sortie(history, record)
        yield Incurred(kind, _type(history.state, asset_id), trip)


def _begun(history: History) -> list[tuple[datetime, MissionRecord]]:
    """The missions that began, the earliest first."""
    times, missions = history.times, history.state.missions
    begun = ((times[m].begun if m in times else None, m) for m in missions)
    return [(at, missions[m]) for at, m in sorted((at, m) for at, m in begun if at is not None)]


def _local_day(state: State, asset_id: str, moment: datetime) -> date:
    site = state.sites[state.assets[asset_id].record.site_id]
    return moment.astimezone(ZoneInfo(site.timezone)).date()


def _sortie(history: History, record: MissionRecord) -> TripFigures:
    mission = record.mission
    times = history.times[mission.mission_id]
    end = times.arrived or record.over_at or history.last_at
    duration_s = 0.0 if times.left is None or end is None else (end - times.left).total_seconds()
    used_wh = record.energy_used_wh
    return TripFigures(
        duration_s=max(0.0, duration_s),
        distance_m=_path_m(mission),
        energy_wh=(mission.energy_wh or 0.0) if used_wh is None else used_wh,
        parcels=len(mission.items),
    )


def _path_m(mission: Mission) -> float:
    ways = (step.path for step in mission.steps if isinstance(step, Travel))
    places = ([Place(lon=p.lon, lat=p.lat) for p in way] for way in ways)
    return sum(straight_m(a, b) for way in places for a, b in pairwise(way))


def _route(history: History, record: MissionRecord, begun: datetime, network: Network) -> TripFigures:
    mission = record.mission
    end = record.over_at or history.last_at or begun
    made = [s.place for s in mission.steps if isinstance(s, Stop) and s.step_id in record.ended]
    legs = pairwise([mission.home, *made, mission.home]) if made else ()
    ways = (network.leg(a, b, "drive") for a, b in legs)
    return TripFigures(
        duration_s=(end - begun).total_seconds(),
        distance_m=sum(way.distance_m for way in ways if way is not None),
        energy_wh=record.energy_used_wh or 0.0,
        parcels=len(mission.items),
    )


def _stays(history: History, network: Network) -> Iterator[Incurred]:
    for passes in history.hand_offs.values():
        for deposit in passes:
            if deposit.taker.kind == "locker":
                yield _stay(history.state, deposit, network)


def _stay(state: State, deposit: CustodyPassed, network: Network) -> Incurred:
    locker_id = deposit.taker.id
    kind = kind_of(state.assets[locker_id].record.kind)
    door = state.parcels[deposit.order_id].order.place
    walk = network.leg(door, state.lockers[locker_id].place, "walk")
    trip = TripFigures(distance_m=0.0 if walk is None else walk.distance_m)
    return Incurred(kind, _type(state, locker_id), trip)


def _type(state: State, asset_id: str) -> AssetType:
    if state.fleet is None:
        raise ValueError("no day is open")
    return state.fleet.types[state.assets[asset_id].record.type_id]
