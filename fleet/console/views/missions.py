"""Missions as drawn on the map, and routes as tables of stops."""

from __future__ import annotations

from collections.abc import Iterator

from fleet.console.ledger import Ledger
from fleet.console.views.base import Row, point, reasons_of, stamp, tenths
from fleet.domain.noreturn import NoReturn
from fleet.domain.state import MissionRecord
from fleet.protocol.mission import Drop, Mission, Stop, Travel


def mission_row(ledger: Ledger, mission_id: str) -> Row:
    """One mission: its way, its drops or stops, and how far it is. A route is drawn straight from stop to stop."""
    record = ledger.state.missions[mission_id]
    mission = record.mission
    stops = [_stop(record, s) for s in mission.steps if isinstance(s, Stop)]
    return {
        "id": mission_id,
        "asset": mission.asset_id,
        "kind": record.kind,
        "status": record.status.value,
        "revision": mission.revision,
        "accepted_revision": record.accepted_revision,
        "release_at": stamp(record.release_at),
        "start_at": stamp(mission.start_at),
        "over_at": stamp(record.over_at),
        "current": record.current,
        "late_s": tenths(record.late_s),
        "waits": reasons_of(record.waits),
        "avoids": reasons_of(record.avoids),
        "no_return": no_return_row(record.no_return),
        "orders": [i.order_id for i in mission.items],
        "path": list(_path(mission)),
        "straight": bool(stops),
        "drops": [
            {"order": s.order_id, "place": point(s.place)} for s in mission.steps if isinstance(s, Drop)
        ],
        "stops": stops,
        "break": _break(mission),
        "done": len(record.ended),
        "steps": len(mission.steps),
    }


def _break(mission: Mission) -> Row | None:
    """The driver's break as planned, behind so many stops; null where there is none on the way."""
    rest = mission.driver_break
    if rest is None:
        return None
    ids = [step.step_id for step in mission.steps if isinstance(step, Stop)]
    after = ids.index(rest.after) + 1 if rest.after in ids else 0
    return {"after": after, "start": stamp(rest.start), "end": stamp(rest.end)}


def no_return_row(found: NoReturn | None) -> Row | None:
    """From where on a sortie can't go home any more; null while that is not known. ``place`` null: home is in reach all
    the way."""
    if found is None:
        return None
    return {
        "place": None if found.place is None else point(found.place),
        "step": found.step_id,
        "along_m": found.along_m,
        "due": stamp(found.due),
        "passed": found.is_passed,
        "elsewhere": list(found.elsewhere),
        "spare_wh": found.spare_wh,
        "hover_s": found.hover_s,
    }


def is_route(record: MissionRecord) -> bool:
    """Whether it is a route of stops (not an out-and-back sortie)."""
    return any(isinstance(s, Stop) for s in record.mission.steps)


def _path(mission: Mission) -> Iterator[list[float]]:
    if any(isinstance(s, Stop) for s in mission.steps):
        yield [mission.home.lon, mission.home.lat]
        yield from ([s.place.lon, s.place.lat] for s in mission.steps if isinstance(s, Stop))
        yield [mission.home.lon, mission.home.lat]
    else:
        yield from ([w.lon, w.lat] for s in mission.steps if isinstance(s, Travel) for w in s.path)


def _stop(record: MissionRecord, stop: Stop) -> Row:
    return {
        "id": stop.step_id,
        "place": point(stop.place),
        "eta": stamp(stop.eta),
        "window": [stamp(stop.window.start), stamp(stop.window.end)],
        "deliver": list(stop.deliver),
        "collect": list(stop.collect),
        "locker": stop.locker_id,
        "site": stop.site_id,
        "shown": stop.shown,
        "done": stop.step_id in record.ended,
        "current": stop.step_id == record.current,
    }
