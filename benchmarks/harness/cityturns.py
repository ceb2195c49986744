"""Assignment and PyVRP in turn: a linear program gives each parcel its way at what a van's stop is worth, PyVRP drives
what is left for vans, and what its stops are worth is learnt from its routes; four rounds, the best of which counts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from ortools.linear_solver.python import model_builder

from benchmarks.harness.cityjudge import cost
from benchmarks.harness.citymodes import DOOR, LOCKER, SORTIE, Choice, finished
from benchmarks.harness.cityvans import Deadline
from fleet.planner.city import City
from fleet.planner.jointly import JointPlan, Route

ROUNDS = 4
LAST = 0.4
"""The last round's share of the time."""
ROWS = 512
"""Parcels that are held against all others at a time."""
FILL = 0.93
"""The share of machines' time that is given out: gaps can't all be used."""
LEANS = (1.0, 0.7, 0.4, 0.7)
"""How much of a van's fixed price a stop's share counts, round by round: a van that falls away saves it, a stop does
not."""


@dataclass
class Prices:
    """What a van's stop at each door and at each locker is worth."""

    door: npt.NDArray[np.float64]
    locker: npt.NDArray[np.float64]


def turns(city: City, seconds: float, seed: int) -> JointPlan:
    """The best of four rounds."""
    deadline, prices, best = Deadline(seconds), first_prices(city), None
    for number, lean in enumerate(LEANS):
        choices = assigned(city, prices)
        # Time is shared out anew each round: the programs take some of it.
        part = (
            1.0
            if number == ROUNDS - 1
            else (1.0 - LAST) / (ROUNDS - 1) / (1.0 - number * (1.0 - LAST) / (ROUNDS - 1))
        )
        plan = finished(city, choices, deadline.left() * part, seed + number)
        if best is None or cost(city, plan) < cost(city, best):
            best = plan
        prices = learnt(city, plan, prices, lean)
    assert best is not None
    return best


def first_prices(city: City) -> Prices:
    """A stop's service, a way to the fifth nearest neighbour, and a share of a van."""
    van, places = city.vans[0], city.parcels.place
    fifth, rows = min(5, len(places) - 1), range(0, len(places), ROWS)
    tables = (city.legs.metres(places[first : first + ROWS], places) for first in rows)
    metres = np.concatenate([np.partition(table, fifth, axis=1)[:, fifth] for table in tables])
    seconds = metres * _pace(city)
    door = van.per_metre * metres + van.per_second * (city.parcels.service + seconds) + van.fixed / 50.0
    return Prices(door, np.full(len(city.lockers.place), 1.5 * float(np.median(door))))


def _pace(city: City) -> float:
    """Seconds of a metre."""
    some = city.parcels.place[:50]
    return float(
        np.sum(city.legs.durations(some, some)) / max(1.0, float(np.sum(city.legs.metres(some, some))))
    )


def assigned(city: City, prices: Prices) -> list[Choice]:
    """Each parcel's cheapest way at these prices, within the machines' time and the compartments; no parcel is left."""
    make: Any = model_builder.Model
    model, ways, sorties = make(), city.locker_ways, city.sortie_ways
    takes = defaultdict[int, list[tuple[Any, Choice]]](list)
    busy, away, charging, boxes = (defaultdict[Any, list[Any]](list) for _ in range(4))
    spent = []
    for parcel in range(len(city.parcels.place)):
        takes[parcel].append((model.new_num_var(0, 1, ""), (DOOR, -1)))
        spent.append(takes[parcel][-1][0] * float(prices.door[parcel]))
    stops = [model.new_num_var(0, 1, "") for _ in city.lockers.place]
    spent += [stop * float(price) for stop, price in zip(stops, prices.locker, strict=True)]
    for row, (parcel, locker) in enumerate(zip(ways.parcel.tolist(), ways.locker.tolist(), strict=True)):
        variable = model.new_num_var(0, 1, "")
        takes[parcel].append((variable, (LOCKER, row)))
        model.add(variable <= stops[locker])
        spent.append(variable * float(ways.cost[row] + city.lockers.each_s[locker] * city.vans[0].per_second))
        for size in range(int(city.parcels.size[parcel]) + 1):
            boxes[locker, size].append(variable)
    for row, (parcel, group) in enumerate(zip(sorties.parcel.tolist(), sorties.group.tolist(), strict=True)):
        variable = model.new_num_var(0, 1, "")
        takes[parcel].append((variable, (SORTIE, row)))
        spent.append(variable * float(sorties.cost[row]))
        busy[group].append(variable * float(sorties.away[row] + sorties.charge[row]))
        away[group].append(variable * float(sorties.away[row]))
        charging[group].append(variable * float(sorties.charge[row]))
        if sorties.locker[row] >= 0:
            for size in range(int(city.parcels.size[parcel]) + 1):
                boxes[int(sorties.locker[row]), size].append(variable)
    for chosen in takes.values():
        model.add(sum(variable for variable, _ in chosen) == 1)
    for table, limits in (
        (busy, city.groups.machines),
        (away, city.groups.away),
        (charging, city.groups.chargers),
    ):
        for group, used in table.items():
            lasts = float(city.groups.closes[group] - city.groups.opens[group])
            model.add(sum(used) <= FILL * lasts * float(limits[group]))
    room = city.lockers.room.min(axis=2)
    for (locker, size), held in boxes.items():
        model.add(sum(held) <= int(room[locker, size:].sum()))
    model.minimize(sum(spent))
    solver = model_builder.Solver("glop")
    solver.solve(model)
    return [max(takes[parcel], key=lambda pair: solver.value(pair[0]))[1] for parcel in range(len(takes))]


def learnt(city: City, plan: JointPlan, prices: Prices, lean: float) -> Prices:
    """What leaving out each stop would save; for doors where no van stops, what the nearest ones save, and the way."""
    known, lockers = np.full(len(city.parcels.place), np.nan), prices.locker.copy()
    for route in plan.routes:
        for stop, saved in zip(route.stops, _savings(city, route, lean), strict=True):
            if stop.locker >= 0:
                lockers[stop.locker] = saved
            else:
                known[stop.parcels[0]] = saved
    served = np.flatnonzero(~np.isnan(known))
    if not len(served):
        return prices
    for parcel in np.flatnonzero(np.isnan(known)):
        metres = city.legs.metres(city.parcels.place[parcel : parcel + 1], city.parcels.place[served])[0]
        nearest = served[np.argsort(metres, kind="stable")[:3]]
        known[parcel] = float(np.mean(known[nearest]))
    return Prices(0.5 * (known + prices.door), 0.5 * (lockers + prices.locker))


def _savings(city: City, route: Route, lean: float) -> list[float]:
    """Of each stop of a route."""
    van = city.vans[route.van_type]
    between = [
        city.parcels.place[s.parcels[0]] if s.locker < 0 else city.lockers.place[s.locker]
        for s in route.stops
    ]
    places = np.array([van.start, *between, van.end])
    metres, seconds = city.legs.metres(places, places), city.legs.durations(places, places)
    saved = []
    for k, stop in enumerate(route.stops, start=1):
        way, took = (t[k - 1, k] + t[k, k + 1] - t[k - 1, k + 1] for t in (metres, seconds))
        lasts = city.parcels.service[stop.parcels[0]] if stop.locker < 0 else city.lockers.stop_s[stop.locker]
        saved.append(
            float(van.per_metre * way + van.per_second * (took + lasts)) + lean * van.fixed / len(route.stops)
        )
    return saved
