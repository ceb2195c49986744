"""Routing libraries alone, with drones and robots as vehicles that carry one parcel a trip and lockers as other places
of a parcel. They know neither ports nor pilots, chargers or compartments: what their plan has too much of goes by van,
and PyVRP drives the vans once more at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyvrp as library

from benchmarks.harness.citymodes import DOOR, LOCKER, SORTIE, Choice, finished
from benchmarks.harness.cityvans import SCALE, TENTHS, Deadline, load
from fleet.planner.city import City
from fleet.planner.jointly import JointPlan

FIRST = 0.75
"""The share of the time for the whole problem; the rest is for the vans alone."""
FAR = 10**7
"""Metres, or seconds, of a way that does not exist."""

Whole = Any


@dataclass(frozen=True)
class Model:
    """Places to be served: each parcel's door, and the nearest locker that it may go into; depots of vans and sites of
    machines before them. Tables of cost and seconds for each type of van and each group of machines, from row to
    column."""

    clients: tuple[Choice, ...]
    parcel: tuple[int, ...]
    depots: int
    costs: tuple[Whole, ...]
    seconds: tuple[Whole, ...]
    starts: tuple[int, ...]


def model(city: City) -> Model:
    """The whole problem as routing libraries can take it; costs are in `SCALE` parts of a unit."""
    clients: list[Choice] = [(DOOR, parcel) for parcel in range(len(city.parcels.place))]
    parcel = list(range(len(clients)))
    for row in np.lexsort((city.locker_ways.cost, city.locker_ways.parcel)).tolist():
        owner = int(city.locker_ways.parcel[row])
        if len(clients) == len(city.parcels.place) or parcel[-1] != owner:
            clients.append((LOCKER, row))
            parcel.append(owner)
    homes = sorted({van.start for van in city.vans})
    depots = len(homes) + len(city.groups.machines)
    tables = [_van_tables(city, kind, clients, parcel, depots, homes) for kind in range(len(city.vans))]
    tables += [
        _machine_tables(city, g, clients, parcel, depots, len(homes))
        for g in range(len(city.groups.machines))
    ]
    starts = [homes.index(van.start) for van in city.vans] + list(range(len(homes), depots))
    costs, seconds = zip(*tables, strict=True)
    return Model(tuple(clients), tuple(parcel), depots, costs, seconds, tuple(starts))


def _van_tables(
    city: City, kind: int, clients: list[Choice], parcel: list[int], depots: int, homes: list[int]
) -> tuple[Whole, Whole]:
    """By van: the way's price; a locker's price and the time of a stop there on the way to it."""
    van, lockers = city.vans[kind], city.locker_ways
    places = [
        city.parcels.place[row] if how == DOOR else city.lockers.place[lockers.locker[row]]
        for how, row in clients
    ]
    at = np.array([*(homes[min(k, len(homes) - 1)] for k in range(depots)), *places])
    metres, seconds = city.legs.metres(at, at), np.ceil(city.legs.durations(at, at))
    cost = SCALE * van.per_metre * metres
    for column, (how, row) in enumerate(clients, start=depots):
        if how == LOCKER:
            other = at != at[column]
            seconds[other, column] += city.lockers.stop_s[lockers.locker[row]]
            cost[:, column] += SCALE * lockers.cost[row]
        if not city.may_ride(parcel[column - depots], kind):
            cost[:, column], seconds[:, column] = FAR, FAR
    for table in (cost, seconds):
        np.fill_diagonal(table, 0.0)
    return np.rint(cost).astype(np.int64), seconds.astype(np.int64)


def _machine_tables(
    city: City, group: int, clients: list[Choice], parcel: list[int], depots: int, first: int
) -> tuple[Whole, Whole]:
    """By machine: out from its site and back, charging on the way back; nothing else."""
    ways, size, site = city.sortie_ways, depots + len(clients), first + group
    cost, seconds = np.full((size, size), FAR), np.full((size, size), FAR)
    np.fill_diagonal(cost, 0)
    np.fill_diagonal(seconds, 0)
    columns = {(parcel[k], _locker(city, client)): k + depots for k, client in enumerate(clients)}
    for row in np.flatnonzero(ways.group == group):
        column = columns.get((int(ways.parcel[row]), int(ways.locker[row])))
        if column is not None:
            cost[site, column], cost[column, site] = round(SCALE * float(ways.cost[row])), 0
            seconds[site, column] = int(np.ceil(ways.there[row]))
            rest = float(ways.away[row] - ways.there[row] + ways.charge[row]) - service(
                city, clients[column - depots]
            )
            seconds[column, site] = int(np.ceil(max(0.0, rest)))
    return cost, seconds


def _locker(city: City, client: Choice) -> int:
    return -1 if client[0] == DOOR else int(city.locker_ways.locker[client[1]])


def service(city: City, client: Choice) -> float:
    """How long it lasts where a parcel is handed over."""
    how, row = client
    return float(
        city.parcels.service[row] if how == DOOR else city.lockers.each_s[city.locker_ways.locker[row]]
    )


def window(city: City, client: Choice, parcel: int) -> tuple[int, int]:
    """When service may begin."""
    if client[0] == LOCKER:
        return int(city.slots[0]), int(min(city.parcels.kept[parcel], city.slots[-1])) - 1
    return int(np.ceil(city.parcels.opens[parcel])), int(city.parcels.closes[parcel])


def choices(city: City, model: Model, trips: list[tuple[int, list[int]]]) -> list[Choice]:
    """How each parcel goes by a library's trips: a type of vehicle, and clients by their numbers."""
    found: list[Choice] = [(DOOR, -1)] * len(city.parcels.place)
    ways = city.sortie_ways
    rows = zip(ways.parcel.tolist(), ways.group.tolist(), ways.locker.tolist(), strict=True)
    sorties = {key: row for row, key in enumerate(rows)}
    for kind, clients in trips:
        for client in clients:
            parcel, place = model.parcel[client], model.clients[client]
            if kind >= len(city.vans):
                found[parcel] = SORTIE, sorties[parcel, kind - len(city.vans), _locker(city, place)]
            elif place[0] == LOCKER:
                found[parcel] = place
    return found


def pyvrp(city: City, seconds: float, seed: int) -> JointPlan:
    """PyVRP: a group of clients for each parcel that may go into a locker, reloads for machines."""
    deadline, problem = Deadline(seconds), model(city)
    first = deadline.share(FIRST)
    of = dict[int, list[int]]()
    for client, parcel in enumerate(problem.parcel):
        of.setdefault(parcel, []).append(client)
    groups = [members for members in of.values() if len(members) > 1]
    group_of = {client: number for number, members in enumerate(groups) for client in members}
    data = library.ProblemData(
        locations=[library.Location(0, 0)] * (problem.depots + len(problem.clients)),
        clients=[
            _client(city, problem, client, group_of.get(client)) for client in range(len(problem.clients))
        ],
        depots=[library.Depot(number) for number in range(problem.depots)],
        vehicle_types=[_vehicle(city, problem, kind) for kind in range(len(problem.costs))],
        distance_matrices=list(problem.costs),
        duration_matrices=list(problem.seconds),
        groups=[library.ClientGroup(members, required=False) for members in groups],
    )
    best = library.solve(data, stop=first, seed=seed, collect_stats=False, display=False).best
    trips = list[tuple[int, list[int]]]()
    if best.is_feasible():
        trips = [(r.vehicle_type(), [each.idx for each in r if each.is_client()]) for r in best.routes()]
    return finished(city, choices(city, problem, trips), deadline.left(), seed)


def _client(city: City, problem: Model, client: int, group: int | None) -> Any:
    parcel, place = problem.parcel[client], problem.clients[client]
    early, late = window(city, place, parcel)
    return library.Client(
        location=problem.depots + client,
        delivery=[*load(city, [parcel]), 1],
        service_duration=int(np.ceil(service(city, place))),
        tw_early=early,
        tw_late=late,
        prize=int(SCALE * float(city.parcels.penalty[parcel])),
        required=False,
        group=group,
    )


def _vehicle(city: City, problem: Model, kind: int) -> Any:
    """A type of van, or a group of machines: one parcel a trip."""
    start = problem.starts[kind]
    if kind < len(city.vans):
        van = city.vans[kind]
        return library.VehicleType(
            num_available=van.vans,
            capacity=[int(min(TENTHS * van.weight, 1e9)), int(min(TENTHS * van.volume, 1e9)), 10**6],
            start_depot=start,
            end_depot=start,
            fixed_cost=int(SCALE * van.fixed),
            tw_early=int(van.opens),
            tw_late=int(van.closes),
            unit_distance_cost=1,
            unit_duration_cost=round(SCALE * van.per_second),
            profile=kind,
        )
    groups, number = city.groups, kind - len(city.vans)
    trips = min(40, len(city.parcels.place))
    return library.VehicleType(
        num_available=int(groups.machines[number]),
        capacity=[10**9, 10**9, 1],
        start_depot=start,
        end_depot=start,
        tw_early=int(groups.opens[number]),
        tw_late=int(groups.closes[number]),
        unit_distance_cost=1,
        profile=kind,
        reload_depots=[start],
        max_reloads=trips,
    )
