"""Changing the part of a route that is not yet driven, and telling its driver."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from fleet.dispatch.desk import Desk
from fleet.dispatch.drafting import break_due, item, items_of, route_steps
from fleet.dispatch.lookagain import watch_lateness
from fleet.domain.events import MissionRevised
from fleet.domain.plan import RoutePlan, RouteStop
from fleet.domain.state import OVER, MissionRecord
from fleet.planner.problem import is_delivery
from fleet.protocol.lifecycle import MissionStatus
from fleet.protocol.messages import Assign
from fleet.protocol.mission import BreakDue, Item, Load, Mission, Step, Stop, Unload

ANY_TIME = datetime.min.replace(tzinfo=UTC)


def revise(desk: Desk, record: MissionRecord, route: RoutePlan, why: str) -> Mission:
    """The mission with the route's stops; steps that are over or under way keep exactly what they were. The route has
    the times at which its van, late as it is, is expected."""
    late = timedelta(seconds=record.late_s)
    known = [s for s in record.mission.steps if isinstance(s, Stop)]
    steps = zip(route_steps(desk, route.stops), route.stops, strict=True)
    fresh = [_as_planned(step, late, _opens(desk, stop)) for step, stop in steps]
    energy = {} if route.energy_wh is None else {"energy_wh": route.energy_wh, "reserve_wh": route.reserve_wh}
    stops = _matched(known, fresh, record)
    rest = break_due(route, _load(record).step_id, stops)
    if rest is not None and rest.start != _break_start(record.mission):
        rest = _break_as_planned(rest, late)
    return _replace(desk, record, stops, why, {**energy, "driver_break": rest})


def _as_planned(stop: Stop, late: timedelta, opens: datetime) -> Stop:
    """A stop at its time without what its van is late by: the record has that beside it until the next report. One that
    is in its window is not planned before that."""
    return stop.model_copy(update={"eta": _earlier(stop.eta, late, opens)})


def _opens(desk: Desk, stop: RouteStop) -> datetime:
    """When a stop may begin at the earliest: in its parcels' windows, and loading at a site once they are there. A
    step's window does not tell: where parcels are late already it begins now."""
    if stop.site_id:
        return max((desk.parcel(o).order.ready_at for o in stop.collect), default=ANY_TIME)
    orders = (desk.parcel(o).order for o in (*stop.deliver, *stop.collect))
    return max(o.due.start if is_delivery(o) else max(o.due.start, o.ready_at) for o in orders)


def _break_as_planned(rest: BreakDue, late: timedelta) -> BreakDue:
    """The same of a driver's break that is still to come."""
    start = _earlier(rest.start, late, rest.begins.start)
    return rest.model_copy(update={"start": start, "end": start + (rest.end - rest.start)})


def _earlier(at: datetime, late: timedelta, opens: datetime) -> datetime:
    return max(at - late, min(at, opens))


def _break_start(mission: Mission) -> datetime | None:
    return None if mission.driver_break is None else mission.driver_break.start


def _matched(known: Sequence[Stop], fresh: Sequence[Stop], record: MissionRecord) -> list[Stop]:
    """The new stops under the ids that the driver knows. Stops are the same when they are at one place for the same
    parcels; one that is not known gets an id that was never used in this mission."""
    left = list(known)
    steps = []
    for stop in fresh:
        same = next((k for k in left if _same(k, stop)), None)
        if same is None:
            new_id = f"{stop.step_id}~{record.mission.revision + 1}"
            steps.append(stop.model_copy(update={"step_id": new_id}))
            continue
        left.remove(same)
        over = same.step_id in record.ended or same.step_id == record.current
        steps.append(same if over else same.model_copy(update={"eta": stop.eta}))
    return steps


def _same(known: Stop, stop: Stop) -> bool:
    return (known.place, known.deliver, known.collect) == (stop.place, stop.deliver, stop.collect)


def without_order(desk: Desk, record: MissionRecord, order_id: str, why: str) -> None:
    """The mission without one parcel, as far as its steps are not over; nothing changes when it is not in them."""
    if record.status in OVER or record.kind != "van":
        return
    before = [s for s in record.mission.steps if isinstance(s, Stop)]
    gone = frozenset((order_id,))
    after = [s if s.step_id in record.ended else dropped(s, gone) for s in before]
    if after != before:
        _replace(desk, record, [s for s in after if s is not None and (s.deliver or s.collect)], why)


def resend(desk: Desk, record: MissionRecord, why: str) -> None:
    """The same steps under a new number: the driver's side was further on than we knew when it refused."""
    _replace(desk, record, [s for s in record.mission.steps if isinstance(s, Stop)], why)


def begin_at(
    desk: Desk, record: MissionRecord, start: datetime, etas: Mapping[str, datetime], rest: BreakDue | None
) -> Mission:
    """A drafted mission that begins at another time, as its van is back then: with the times of its stops (by step) and
    its driver's break."""
    stops = [s for s in record.mission.steps if isinstance(s, Stop)]
    moved = [stop.model_copy(update={"eta": etas[stop.step_id]}) for stop in stops]
    why = "its van is late" if start > record.mission.start_at else "its van is back earlier"
    return _replace(desk, record, moved, why, {"start_at": start, "driver_break": rest})


def dropped(stop: Stop, gone: Collection[str]) -> Stop | None:
    """A stop without some parcels; none where it was for these alone. Its id stays, so that a driver on the way there
    is not confused."""
    deliver = tuple(o for o in stop.deliver if o not in gone)
    collect = tuple(o for o in stop.collect if o not in gone)
    if (deliver, collect) == (stop.deliver, stop.collect):
        return stop
    return stop.model_copy(update={"deliver": deliver, "collect": collect}) if deliver or collect else None


def _replace(
    desk: Desk,
    record: MissionRecord,
    stops: Sequence[Stop],
    why: str,
    more: Mapping[str, object] = MappingProxyType({}),
) -> Mission:
    mission = record.mission
    load = _load(record)
    unload = next(s for s in mission.steps if isinstance(s, Unload))
    if load.step_id not in record.ended and load.step_id != record.current:
        load = load.model_copy(update={"order_ids": _from_depot(stops)})
    steps: tuple[Step, ...] = (load, *stops, unload)
    changed = mission.model_copy(
        update={
            "revision": mission.revision + 1,
            "steps": steps,
            "items": _items(desk, load, stops),
            "driver_break": kept_break(mission, steps),
            **more,
        }
    )
    desk.emit(MissionRevised(at=desk.now, mission=changed, why=why))
    if record.status is not MissionStatus.DRAFTED:
        desk.send(mission.asset_id, Assign(mission=changed))
    watch_lateness(desk, desk.state.missions[mission.mission_id])
    return changed


def _load(record: MissionRecord) -> Load:
    return next(s for s in record.mission.steps if isinstance(s, Load))


def kept_break(mission: Mission, steps: Sequence[Step]) -> BreakDue | None:
    """The driver's break behind the step that it was behind, or the last one before that which is left."""
    rest = mission.driver_break
    if rest is None:
        return None
    left, known = {step.step_id for step in steps}, [step.step_id for step in mission.steps]
    before = [step_id for step_id in known[: known.index(rest.after) + 1] if step_id in left]
    return rest.model_copy(update={"after": before[-1]})


def _from_depot(stops: Sequence[Stop]) -> tuple[str, ...]:
    collected = {o for s in stops for o in s.collect}
    return tuple(o for s in stops for o in s.deliver if o not in collected)


def _items(desk: Desk, load: Load, stops: Sequence[Stop]) -> tuple[Item, ...]:
    """Everything that the route carries: what its stops mention, and what was loaded for stops that were dropped."""
    mentioned = items_of(desk, stops)
    ids = {i.order_id for i in mentioned}
    rest = tuple(item(desk.parcel(o).order) for o in load.order_ids if o not in ids)
    return mentioned + rest
