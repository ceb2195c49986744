"""What differs between what was shown and what is planned now, and for which event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fleet.planner.disruptions import Brought, Event, Mode, Move, RouteChange
from fleet.planner.jointly import DOOR, LOCKER, SORTIE, JointPlan, Route
from fleet.planner.warmstart import VanName, Warm

Table = npt.NDArray[np.float64]
"""A row for each parcel: mode, type of van or group, number among those, locker, slot, departure (s)."""

MODES = (Mode.LEFT, Mode.DOOR, Mode.LOCKER, Mode.SORTIE)


@dataclass(frozen=True, slots=True)
class Picture:
    """A plan, the van of each of its routes, and how each parcel is brought."""

    plan: JointPlan
    vans: tuple[VanName, ...]
    table: Table

    def routes(self) -> dict[VanName, Route]:
        """The route of each van."""
        return dict(zip(self.vans, self.plan.routes, strict=True))


def table(warm: Warm) -> Table:
    """How each parcel is brought at present."""
    state, count = warm.state, warm.state.count
    mode, at, way = (np.asarray(c)[:count] for c in (state.mode, state.at, state.way))
    found = np.full((count, 6), -1.0)
    found[:, 0], found[:, 5] = mode, 0.0
    boxed = np.asarray(state.best_whole)[:count, 3] >= 0
    found[:, 4] = np.where(boxed & (mode >= LOCKER), np.asarray(state.best_whole)[:count, 4], -1)
    for number, node in ((DOOR, np.arange(count)), (LOCKER, state.size + at)):
        rows = np.flatnonzero(mode == number)
        van = np.asarray(state.routes.van)[np.asarray(state.routes.trip)[node[rows]]]
        kind = np.asarray(state.routes.van_type)[van]
        found[rows, 1], found[rows, 2] = kind, van - np.asarray(state.routes.first_van)[kind]
    rows = np.flatnonzero(mode == LOCKER)
    found[rows, 3] = warm.columns.locker[at[rows]]
    rows = np.flatnonzero(mode == SORTIE)
    group = np.asarray(state.sorties.group)[way[rows]]
    found[rows, 1], found[rows, 2] = group, at[rows] - np.asarray(state.machines.first)[group]
    found[rows, 3] = np.asarray(state.sorties.port)[way[rows]]
    standing = np.arange(np.asarray(state.row).shape[1]) < np.asarray(state.length)[:, None]
    found[np.asarray(state.row)[standing], 5] = np.asarray(state.early)[standing]
    return found


def moves(shown: Picture, now: Picture, because: Mapping[int, Event]) -> tuple[Move, ...]:
    """Parcels that are brought in another way than was shown."""
    known = len(shown.table)
    other = np.flatnonzero(np.any(shown.table != now.table[:known], axis=1)).tolist()
    was = {van: number for number, van in enumerate(shown.vans)}
    is_ = {van: number for number, van in enumerate(now.vans)}
    return tuple(
        Move(
            parcel,
            _brought(shown.table[parcel], was) if parcel < known else None,
            _brought(now.table[parcel], is_),
            because.get(parcel),
        )
        for parcel in [*other, *range(known, len(now.table))]
    )


def _brought(row: Table, routes: Mapping[VanName, int]) -> Brought:
    """A row of a table in words."""
    mode, kind, number, locker, slot = (int(value) for value in row[:5])
    if mode in (DOOR, LOCKER):
        return Brought(MODES[mode], route=routes[kind, number], locker=locker, slot=slot)
    if mode == SORTIE:
        return Brought(
            MODES[mode], group=kind, machine=number, depart=float(row[5]), locker=locker, slot=slot
        )
    return Brought(Mode.LEFT)


def route_changes(
    shown: Picture, now: Picture, because: Mapping[int, Event]
) -> tuple[tuple[RouteChange, ...], int]:
    """Routes that differ, and how many of the shown ones do not."""
    before, after = shown.routes(), now.routes()
    was = {van: number for number, van in enumerate(shown.vans)}
    is_ = {van: number for number, van in enumerate(now.vans)}
    found, same = list[RouteChange](), 0
    for van in sorted(before.keys() | after.keys()):
        old, new = before.get(van), after.get(van)
        if old == new:
            same += 1
            continue
        held, holds = _parcels(old), _parcels(new)
        events = _distinct(because[p] for p in sorted(held ^ holds) if p in because)
        found.append(
            RouteChange(
                was.get(van, -1),
                is_.get(van, -1),
                tuple(sorted(holds - held)),
                tuple(sorted(held - holds)),
                events,
            )
        )
    return tuple(found), same


def _parcels(route: Route | None) -> set[int]:
    return {parcel for stop in route.stops for parcel in stop.parcels} if route else set()


def _distinct(events: Iterable[Event]) -> tuple[Event, ...]:
    """Each once, by identity, in turn: events may hold what can't be hashed."""
    return tuple({id(event): event for event in events}.values())
