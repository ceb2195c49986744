"""Where one under way can go that can't wait for another to pass: home before its drop, else on to an alternate."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from fleet.dispatch.monitor.guard import Guard
from fleet.dispatch.monitor.reach import is_carried, to_the_ground
from fleet.dispatch.separation.flights import path_instead
from fleet.domain.evolve import evolve
from fleet.domain.state import MissionRecord
from fleet.feasibility.airspace import is_clear
from fleet.feasibility.unplanned import in_any_wind
from fleet.protocol.messages import Action, Telemetry


class Aside(NamedTuple):
    """What it is told, where to (none: home), and the mission and the sample as they will be then."""

    action: Action
    place_id: str | None
    record: MissionRecord
    would: Telemetry


def ways_aside(guard: Guard, sample: Telemetry, now: datetime) -> Iterator[Aside]:
    """The ways that are free of zones at all times at which it may fly them, and that the battery carries with margin
    and reserve; the best first. None where its battery or its height is not known."""
    if guard.energy is None or sample.soc is None or sample.alt_amsl_m is None:
        return
    for one in _tried(guard, sample):
        flown = path_instead(one.record, guard.sortie, one.would, now)
        if not is_carried(guard, sample, flown, now, keeps_reserve=True):
            continue
        path = to_the_ground(guard, flown) if one.action is Action.DIVERT else flown
        if path is not None and is_clear(guard.context, guard.sortie, in_any_wind(path)):
            yield one


def _tried(guard: Guard, sample: Telemetry) -> Iterator[Aside]:
    if guard.out is not None and sample.step_id == guard.out.step_id:
        yield Aside(Action.RETURN, None, guard.record, sample.model_copy(update={"state": "returning"}))
    x, y = guard.plane.xy(sample.lon, sample.lat)
    would = sample.model_copy(update={"state": "diverting"})
    for refuge in sorted(guard.refuges, key=lambda r: (math.hypot(r.x - x, r.y - y), r.place_id)):
        record = evolve(guard.record, diverted_to=refuge.place, diverted_way=())
        yield Aside(Action.DIVERT, refuge.place_id, record, would)
