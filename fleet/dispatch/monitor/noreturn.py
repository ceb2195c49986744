"""From where on its way a sortie can't go home any more: worked out when what it is held against changes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from fleet.dispatch.monitor.battery import Burden, Energy
from fleet.dispatch.monitor.diverting import straight_to
from fleet.dispatch.monitor.guard import Guard
from fleet.dispatch.monitor.instead import flown_on
from fleet.dispatch.monitor.progress import Progress, burden_of, progress_of, taken_of
from fleet.dispatch.monitor.way import Reached, Way
from fleet.domain.noreturn import NoReturn
from fleet.energy.inflight import Turn, no_return
from fleet.feasibility.airspace import is_clear
from fleet.feasibility.unplanned import in_any_wind
from fleet.protocol.messages import Telemetry
from fleet.protocol.values import Place
from geofences.geometry.geodesy import distance_m

NEWS_M = 100.0
NEWS_SHARE = 0.02
"""A point of no return is told anew when it has moved by more than so much, or when what is to spare at home has
changed by more than so much of a full battery."""


class _State(NamedTuple):
    """How a trip stands: where it is, what its way still takes and leaves above the reserve, in Wh with margin, and the
    factor that raises a median to that."""

    here: Telemetry
    progress: Progress
    left_wh: float
    spare_wh: float
    factor: float


def no_return_of(guard: Guard, sample: Telemetry | None, now: datetime) -> NoReturn | None:
    """The point of no return of the rest of a trip; none where it can't be known (no state of charge, nothing said of
    energy), and for one that has left its trip: it is told where to go."""
    budget, out, back = guard.energy, guard.out, guard.back
    if budget is None or out is None or back is None or guard.doing:
        return None
    state = _state(guard, sample, now, budget)
    if state is None:
        return None
    spare_wh = round(state.spare_wh, 1) if math.isfinite(state.spare_wh) else None
    known = NoReturn(spare_wh=spare_wh, hover_s=_hover_s(guard, state, budget))
    if state.spare_wh >= 0:
        return known
    where = _turning(guard, state, out, now) if state.progress.before_drop else None
    if where is None:
        here = Place(lon=state.here.lon, lat=state.here.lat)
        # At or behind its drop, where home fails it fails from here on.
        beyond = _elsewhere(guard, state, state.here, 0.0, now)
        return known.model_copy(update={"place": here, "is_passed": True, "elsewhere": beyond})
    return known.model_copy(update=where)


def is_news(before: NoReturn | None, found: NoReturn, full_wh: float) -> bool:
    """Whether it differs from what was told so much that it is worth an event."""
    if before is None or (before.place is None) != (found.place is None):
        return True
    if before.place is not None and found.place is not None:
        ends = (before.place.lon, before.place.lat, found.place.lon, found.place.lat)
        # Behind its drop it is where it is: that it moves is no news.
        moved = not found.is_passed and distance_m(*ends) > NEWS_M
        return moved or before.is_passed != found.is_passed or set(before.elsewhere) != set(found.elsewhere)
    if before.spare_wh is None or found.spare_wh is None:
        return before.spare_wh is not found.spare_wh
    return abs(before.spare_wh - found.spare_wh) > NEWS_SHARE * full_wh


def _state(guard: Guard, sample: Telemetry | None, now: datetime, budget: Energy) -> _State | None:
    """By its newest sample; one that has not left has all of it before it."""
    out, back = guard.out, guard.back
    assert out is not None
    assert back is not None
    ours = sample is not None and sample.mission_id == guard.mission_id
    progress = progress_of(guard, sample, now) if sample is not None and ours else None
    waits = sample is None or not ours or sample.step_id is None or sample.step_id in guard.before
    if progress is None and waits and out.step_id not in guard.record.ended:
        begins = out.path[0]
        ids = {"mission_id": guard.mission_id, "step_id": out.step_id, "state": "travelling"}
        where = {"lon": begins.lon, "lat": begins.lat, "alt_amsl_m": begins.alt_amsl_m}
        soc = guard.start_soc if sample is None or sample.soc is None else sample.soc
        sample = Telemetry(at=now, soc=soc, **where, **ids)  # type: ignore[arg-type]
        progress = Progress(True, out.planned_wh, back.planned_wh, 1.0, 0.0)
    if sample is None or progress is None or sample.soc is None:
        return None
    left_wh = budget.above_reserve_wh(sample.soc)
    factor = budget.raised(taken_of(guard, sample, progress, budget))
    rest_wh = (progress.left_wh * progress.pace + progress.after_wh) * factor
    if progress.at_drop:
        stays_s = max(0.0, guard.sortie.drop_s - guard.dropping_s)
        rest_wh += _second_wh(budget.out, budget) * stays_s
    return _State(sample, progress, left_wh, left_wh - rest_wh, factor)


def _second_wh(burden: Burden, budget: Energy) -> float:
    return burden.watts.stay / 3600 * (1 + budget.margin_for_a_time)


def _hover_s(guard: Guard, state: _State, budget: Energy) -> float | None:
    """How much longer than planned it may stay at its drop, if it hands its parcel over there then."""
    second_wh = _second_wh(budget.out, budget)
    if guard.handed_over or not (state.progress.before_drop or state.progress.at_drop) or second_wh <= 0:
        return None
    return round(max(0.0, state.spare_wh) / second_wh) if math.isfinite(state.spare_wh) else 0.0


def _turning(guard: Guard, state: _State, out: Way, now: datetime) -> dict[str, object] | None:
    """Where on the way out turning round fails; its end where it can turn round all along it."""
    turn = guard.turn
    if turn is None:
        return None
    along = out.track.locate(*guard.plane.xy(state.here.lon, state.here.lat))[0]
    here = out.reached(along, state.here.alt_amsl_m)
    ahead = [here, *(Reached(index, 1.0) for index in range(here.index, len(out.path) - 1))]
    turns = [_turn(one, here, out, turn, state) for one in ahead]
    found = no_return(turns, state.left_wh)
    number, share = (len(ahead) - 1, 0.0) if found is None else found
    first, then = ahead[number], ahead[min(number + 1, len(ahead) - 1)]
    mark = first.share if number == 0 else 0.0
    at = Reached(then.index, mark + share * (1 - mark)) if number + 1 < len(ahead) else first
    there = _spot(out, at)
    next_wh = turns[min(number + 1, len(turns) - 1)].there_wh
    there_wh = turns[number].there_wh + share * (next_wh - turns[number].there_wh)
    marks = out.track.along_m
    place = state.here.model_copy(update=there)
    return {
        "place": Place(lon=place.lon, lat=place.lat),
        "step_id": out.step_id,
        "along_m": round(marks[at.index] + at.share * (marks[at.index + 1] - marks[at.index]), 1),
        "due": out.due_at(at),
        "is_passed": found == (0, 0.0),
        "elsewhere": _elsewhere(guard, state, place, there_wh, now),
    }


def _turn(one: Reached, here: Reached, out: Way, turn: Way, state: _State) -> Turn:
    """What it takes to a place on the way out, and from there back, with margin; infinite where the wind forbids it."""
    there_wh = (out.left_at(here) - out.left_at(one)) * state.progress.pace
    last = len(turn.left_wh) - 1
    before, after = turn.left_wh[last - one.index], turn.left_wh[last - one.index - 1]
    # Where the wind forbids it both are infinite.
    home_wh = before + one.share * (after - before) if math.isfinite(before) else before
    return Turn(max(0.0, there_wh) * state.factor, home_wh * state.factor)


def _spot(way: Way, at: Reached) -> dict[str, float]:
    a, b = way.path[at.index], way.path[at.index + 1]
    names = ("lon", "lat", "alt_amsl_m")
    return {name: getattr(a, name) + at.share * (getattr(b, name) - getattr(a, name)) for name in names}


def _elsewhere(
    guard: Guard, state: _State, place: Telemetry, there_wh: float, now: datetime
) -> tuple[str, ...]:
    """The places that are reached from there with margin and reserve by a way that is free, by what they take."""
    found = _reached(guard, state, place, state.left_wh - there_wh, now)
    return tuple(place_id for _, place_id in sorted(found))


def _reached(
    guard: Guard, state: _State, place: Telemetry, left_wh: float, now: datetime
) -> Iterator[tuple[float, str]]:
    budget = guard.energy
    if budget is None or not guard.flies:
        return
    burden = burden_of(guard, state.here, budget)
    for refuge in guard.refuges:
        path = straight_to(guard, place, refuge.place, now)
        if path is None:
            continue
        needed_wh = flown_on(guard.sortie, path, budget, burden).left_wh[0] * state.factor
        if needed_wh <= left_wh and is_clear(guard.context, guard.sortie, in_any_wind(path)):
            yield needed_wh, refuge.place_id
