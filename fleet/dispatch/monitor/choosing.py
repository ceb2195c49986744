"""Where one goes whose battery is not enough for the rest of its trip: the best way that it carries, and is free."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from fleet.dispatch.monitor.battery import Energy
from fleet.dispatch.monitor.diverting import diverted, straight_to
from fleet.dispatch.monitor.guard import Guard
from fleet.dispatch.monitor.progress import Progress
from fleet.dispatch.monitor.reach import needed_wh
from fleet.dispatch.monitor.remaining import home_of, path_home
from fleet.dispatch.separation.flights import path_instead
from fleet.energy.inflight import Option, Where, in_order
from fleet.feasibility.airspace import is_clear
from fleet.feasibility.unplanned import in_any_wind
from fleet.protocol.messages import Action, Telemetry
from fleet.protocol.values import Place
from geofences import Waypoint


class Short(NamedTuple):
    """What is left above the reserve, and what the rest takes with its margin, in Wh. ``waits``: it may go on with what
    it does; not so at a drop that has taken too long already."""

    budget: Energy
    left_wh: float
    rest_wh: float
    waits: bool = True


class _Way(NamedTuple):
    """What can be done: where that leads, what it is told, and the way where zones have to be asked for it."""

    option: Option
    action: Action | None
    path: tuple[Waypoint, ...] = ()


Choice = tuple[Action | None, str | None, tuple[Place, ...]]
"""What it is told (none: it goes on), where to, and what to pass on the way."""


def chosen(guard: Guard, sample: Telemetry, now: datetime, progress: Progress, short: Short) -> Choice:
    """The first of the ways that the battery carries (see ``in_order``) that is free of zones. Where all of them are
    closed, one around zones; down where it is if there is none either, or the battery carries none."""
    ways = {one.option: one for one in _ways(guard, sample, now, progress, short)}
    carried = in_order(ways, short.left_wh, short.budget.reserve_wh)
    for option in carried:
        way = ways[option]
        if not way.path or is_clear(guard.context, guard.sortie, in_any_wind(way.path)):
            return way.action, option.place_id or None, ()
    aside = diverted(guard, sample, (), now) if carried and guard.flies else None
    return (Action.LAND, None, ()) if aside is None else (Action.DIVERT, *aside)


def _ways(guard: Guard, sample: Telemetry, now: datetime, progress: Progress, short: Short) -> Iterator[_Way]:
    if short.waits:
        yield _Way(Option(Where.ON, short.rest_wh), None)
    if progress.before_drop or progress.at_drop:
        yield _home(guard, sample, now)
    if sample.alt_amsl_m is None:
        return
    for place_id, place in _elsewhere(guard, sample):
        path = straight_to(guard, sample, place, now)
        if path is not None:
            needed = needed_wh(guard, sample, path, now)
            yield _Way(Option(Where.ELSEWHERE, needed, place_id), Action.DIVERT, path)


def _home(guard: Guard, sample: Telemetry, now: datetime) -> _Way:
    """Round and home with all on board: in the air by the way that was flown, on the ground by as much of it as lies
    behind. Whether the way is free can't be asked where the height is not known: what was flown counts as free."""
    would = sample.model_copy(update={"state": "returning"})
    found = path_instead if guard.flies else path_home
    path = found(guard.record, guard.sortie, would, now)
    needed = needed_wh(guard, sample, path, now)
    asks = guard.flies and sample.alt_amsl_m is not None
    return _Way(Option(Where.HOME, needed), Action.RETURN, path if asks else ())


def _elsewhere(guard: Guard, sample: Telemetry) -> Iterator[tuple[str, Place]]:
    """The alternates, and home where it is on the way to one of them; not the place to which it is on its way."""
    places = [(refuge.place_id, refuge.place) for refuge in guard.refuges]
    home = home_of(guard.record.mission)
    if sample.state == "diverting" and home is not None:
        places.append(home)
    bound = guard.record.diverted_to if sample.state == "diverting" else None
    yield from (one for one in places if one[1] != bound)
