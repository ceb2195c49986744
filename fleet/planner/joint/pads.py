# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# cython: infer_types=True, annotation_typing=False
"""Machines' rows of sorties: where one more fits, and how sorties come and go.

Of each sortie in a row are kept the earliest departure, after those before it, and the latest, before those behind it;
both count a machine's time on the charger. So whether one fits at a place is known from the two beside it. A sortie
that uses a locker's port, or whose group has fewer pilots or chargers than machines, departs at a moment that is fixed
when it is planned: there the others who want the same are looked at one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

try:
    import cython
except ImportError:  # it is needed to compile this file, not to run it
    from geofences.kernels import uncompiled as cython

if not cython.compiled:
    from fleet.planner.joint.boxes import room
    from fleet.planner.kernels.routes import NEVER

if TYPE_CHECKING:
    from fleet.planner.joint.state import State

TICK = 1e-6
"""A step on from a moment that rounding keeps in place (s)."""


def seek(state: State, parcel: int, sortie: int, turn: int) -> bool:
    """Whether a machine has time for a sortie, and when; it is remembered. Machines are asked from the `turn`th on."""
    group = state.sorties.group[sortie]
    first = state.machines.first[group]
    count = state.machines.first[group + 1] - first
    for k in range(count):
        machine = first + (turn + k) % count
        if state.length[machine] < state.machines.rows and _row(state, parcel, sortie, machine):
            return True
    return False


def _row(state: State, parcel: int, sortie: int, machine: int) -> bool:
    """Whether a machine has time for a sortie between two others."""
    count = state.length[machine]
    earliest = max(state.sorties.earliest[sortie], state.machines.since[machine])
    latest = min(state.sorties.latest[sortie], state.machines.until[machine])
    busy = state.sorties.away[sortie] + state.sorties.charge[sortie]
    for k in range(count + 1):
        if k < count and state.late[machine, k] < earliest + busy:
            continue
        since, until = earliest, latest
        if k > 0:
            since = max(since, state.early[machine, k - 1] + _busy(state, state.row[machine, k - 1]))
        if since > latest:
            return False
        if k < count:
            until = min(until, state.late[machine, k] - busy)
        if since > until:
            continue
        state.found_machine, state.found_row, state.found_box, state.found_slot = machine, k, -1, -1
        state.found_since, state.found_until = earliest, latest
        port = state.sorties.port[sortie]
        if port < 0 and state.machines.fixed[state.sorties.group[sortie]] == 0:
            return True
        moment = since
        while moment <= until:
            following = _blocked(state, parcel, sortie, moment)
            if following <= moment and (port < 0 or state.found_box >= 0):
                state.found_since, state.found_until = moment, moment
                return True
            moment = following if following > moment else moment + TICK
    return False


def _busy(state: State, parcel: int) -> float:
    """How long a parcel's sortie keeps its machine, charging included (s)."""
    return state.sorties.away[state.way[parcel]] + state.sorties.charge[state.way[parcel]]


def _blocked(state: State, parcel: int, sortie: int, moment: float) -> float:
    """The moment itself where a sortie may depart then; else a later one, before which it can't."""
    port, group = state.sorties.port[sortie], state.sorties.group[sortie]
    following = moment
    if port >= 0:
        following = _at_port(state, parcel, port, moment + state.sorties.there[sortie])
        following -= state.sorties.there[sortie]
    if state.machines.fixed[group] == 0 or following > moment:
        return following
    away, charge = state.sorties.away[sortie], state.sorties.charge[sortie]
    following = max(following, _crowded(state, group, moment, away, False, state.machines.away[group]))
    if charge > 0.0 and following <= moment:
        back = moment + away
        later = _crowded(state, group, back, charge, True, state.machines.chargers[group])
        if later > back:  # what is subtracted again may by rounding lead back to the moment itself
            following = max(following, later - away, moment + TICK)
    return following


def _at_port(state: State, parcel: int, locker: int, begin: float) -> float:
    """When a hand-over may begin at a locker: then, or not before what is said."""
    lasts, state.found_box = state.lockers.port_s[locker], -1
    for k in range(state.queue[locker]):
        other = state.port[locker, k]
        theirs = state.since[other] + state.sorties.there[state.way[other]]
        if begin < theirs + lasts and theirs < begin + lasts:
            return theirs + lasts
    slot = state.lockers.slot_of(begin)
    state.found_slot, state.found_box = slot, room(state, parcel, locker, slot)
    if state.found_box >= 0:
        return begin
    return state.lockers.begins[slot + 1] if slot + 1 < state.lockers.slot_count else NEVER


def _crowded(state: State, group: int, begin: float, lasts: float, charging: bool, limit: int) -> float:
    """The begin, where at no time until the end as many are away (or charging) as may be; else when one is ready."""
    first, beyond = state.machines.first[group], state.machines.first[group + 1]
    if limit >= beyond - first:
        return begin
    if limit <= 0:
        return NEVER
    ready = _ready(state, first, beyond, begin, charging, limit)
    if ready > begin:
        return ready
    for machine in range(first, beyond):
        for k in range(state.length[machine]):
            theirs = _begin(state, state.row[machine, k], charging)
            if theirs >= begin + lasts:  # and all behind it are later still
                break
            if theirs > begin:
                ready = _ready(state, first, beyond, theirs, charging, limit)
                if ready > theirs:
                    return ready
    return begin


def _ready(state: State, first: int, beyond: int, moment: float, charging: bool, limit: int) -> float:
    """The moment, where fewer than the limit are away (or charging) then; else when the first of them is ready."""
    count, ready = 0, NEVER
    for machine in range(first, beyond):
        for k in range(state.length[machine]):
            other = state.row[machine, k]
            theirs, way = _begin(state, other, charging), state.way[other]
            if theirs > moment:  # and all behind it are later still
                break
            end = theirs + (state.sorties.charge[way] if charging else state.sorties.away[way])
            if moment < end:
                count += 1
                ready = min(ready, end)
    return moment if count < limit else ready


def _begin(state: State, parcel: int, charging: bool) -> float:
    """When a parcel's sortie departs, or is back and charges."""
    return state.since[parcel] + (state.sorties.away[state.way[parcel]] if charging else 0.0)


def put(state: State, parcel: int) -> None:
    """Put a parcel's sortie where it was found to fit; `way` is said already."""
    machine, port = state.found_machine, state.sorties.port[state.way[parcel]]
    state.touch_machine(machine)
    k = state.length[machine]
    while k > state.found_row:
        state.row[machine, k] = state.row[machine, k - 1]
        k -= 1
    state.row[machine, k] = parcel
    state.length[machine] += 1
    state.at[parcel], state.since[parcel], state.until[parcel] = machine, state.found_since, state.found_until
    state.box[parcel], state.slot[parcel] = state.found_box, state.found_slot
    if port >= 0:
        state.touch_port(port)
        state.port[port, state.queue[port]] = parcel
        state.queue[port] += 1
    chain(state, machine)


def drop(state: State, parcel: int) -> None:
    """Take a parcel's sortie from its machine's row, and from the port."""
    machine, port, k = state.at[parcel], state.sorties.port[state.way[parcel]], 0
    state.touch_machine(machine)
    while state.row[machine, k] != parcel:
        k += 1
    state.length[machine] -= 1
    while k < state.length[machine]:
        state.row[machine, k] = state.row[machine, k + 1]
        k += 1
    chain(state, machine)
    if port < 0:
        return
    state.touch_port(port)
    k = 0
    while state.port[port, k] != parcel:
        k += 1
    state.queue[port] -= 1
    state.port[port, k] = state.port[port, state.queue[port]]


def chain(state: State, machine: int) -> None:
    """When each sortie of a row may depart, for the others."""
    moment = -NEVER
    for k in range(state.length[machine]):
        parcel = state.row[machine, k]
        state.early[machine, k] = max(state.since[parcel], moment)
        moment = state.early[machine, k] + _busy(state, parcel)
    moment = NEVER
    for k in range(state.length[machine] - 1, -1, -1):
        parcel = state.row[machine, k]
        state.late[machine, k] = min(state.until[parcel], moment - _busy(state, parcel))
        moment = state.late[machine, k]
