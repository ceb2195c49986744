"""Remote pilots: who is on shift and until when, how many machines they supervise, which missions wait for one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from fleet.console.views.base import Row, reasons_of, stamp
from fleet.dispatch.sent import OUT, first_load
from fleet.domain.pilots import DAY, Pilots, Sites
from fleet.domain.state import MissionRecord, State
from fleet.feasibility.pilots import LACKS_PILOT, rota
from fleet.protocol.lifecycle import MissionStatus


def pilot_rows(state: State, now: datetime | None) -> list[Row]:
    """Each team: the pilots of a kind of machine who have the same sites. Empty where no machine needs any.

    ``machines`` are those that it supervises now, out of ``most``; pilots of fewer sites come first, as when one is
    asked for. ``until`` is when another number of pilots is on shift, ``next_pilots`` how many then (null: nothing
    changes within a day). ``sites`` are those with machines of the kind, ``waits`` the missions that wait for a pilot.
    """
    if state.fleet is None or now is None:
        return []
    kinds = sorted({one.kind for one in state.fleet.pilots})
    return [row for kind in kinds for row in _of_kind(state, kind, now)]


def _of_kind(state: State, kind: str, now: datetime) -> Iterator[Row]:
    fleet = state.fleet
    found = None if fleet is None else rota(fleet, kind, now, now)
    if fleet is None or found is None:
        return
    records = [record for record in state.missions.values() if record.kind == kind]
    out = Counter(site for one in records if one.status in OUT and (site := _site(one)) is not None)
    waiting = [one for one in records if _waits(one)]
    supervised, most = found.supervised(0.0, out), found.at(0.0)
    for team, machines, may in zip(found.teams, supervised, most, strict=True):
        rows = [one for one in fleet.pilots_of(kind) if one.of_sites == team]
        sites = _sites(state, kind, team)
        until, then = _changes(rows, now, fleet.timezone)
        yield {
            "id": f"{kind} {'all sites' if team is None else ', '.join(sorted(team))}",
            "kind": kind,
            "team": None if team is None else sorted(team),
            "pilots": _on_shift(rows, now, fleet.timezone),
            "machines": machines,
            "most": may,
            "until": stamp(until),
            "next_pilots": then,
            "shifts": [_shift(one) for one in rows],
            "sites": [{"id": one, "out": out[one], "may": found.of_site(one, 0.0)} for one in sites],
            "waits": [_waiting(one) for one in waiting if team is None or _site(one) in team],
        }


def _site(record: MissionRecord) -> str | None:
    load = first_load(record)
    return None if load is None else load.site_id


def _waits(record: MissionRecord) -> bool:
    return record.status is MissionStatus.DRAFTED and any(why.code in LACKS_PILOT for why in record.waits)


def _waiting(record: MissionRecord) -> Row:
    return {
        "mission": record.mission.mission_id,
        "asset": record.mission.asset_id,
        "site": _site(record),
        "reasons": reasons_of(tuple(why for why in record.waits if why.code in LACKS_PILOT)),
    }


def _sites(state: State, kind: str, team: Sites) -> list[str]:
    """The sites of a team that have machines of the kind."""
    theirs = {one.record.site_id for one in state.assets.values() if one.record.kind == kind}
    return sorted(theirs if team is None else theirs & team)


def _on_shift(rows: Iterable[Pilots], at: datetime, timezone: str) -> int:
    """How many pilots of these rows are on shift at a moment."""
    on = (
        one.pilots for one in rows for shift in one.shifts(at, at, timezone) if shift.start <= at < shift.end
    )
    return sum(on)


def _changes(rows: Sequence[Pilots], now: datetime, timezone: str) -> tuple[datetime | None, int | None]:
    """When another number of pilots is on shift than now, and how many then; none where that does not change."""
    shifts = [shift for one in rows for shift in one.shifts(now, now + DAY, timezone)]
    moments = sorted({at for shift in shifts for at in (shift.start, shift.end) if at > now})
    before = _on_shift(rows, now, timezone)
    counts = ((at, _on_shift(rows, at, timezone)) for at in moments if at <= now + DAY)
    return next(((at, count) for at, count in counts if count != before), (None, None))


def _shift(one: Pilots) -> Row:
    return {
        "pilots": one.pilots,
        "machines_each": one.machines_each,
        "begins": one.begins.isoformat("minutes"),
        "ends": one.ends.isoformat("minutes"),
    }
