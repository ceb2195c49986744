"""Manifests: what the driver of a route carries. ``manifestfiles`` writes them down.

Rows hold references. Addresses and names appear only where the caller hands in the contacts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from fleet.domain.state import MissionRecord, State
from fleet.kinds import kind_of
from fleet.network.base import Network
from fleet.protocol.mission import Stop
from fleet.protocol.values import Contact, Place


@dataclass(frozen=True, slots=True)
class ManifestStop:
    """One stop. Times are in the depot's time zone; ``arrive`` is as planned, ``expected`` with the delay that the
    van has now (none once the stop is over). ``address`` names the place: as the contact says, our own name for it,
    or a reference to the order.
    """

    number: int
    status: str
    arrive: datetime
    expected: datetime | None
    window: tuple[datetime, datetime]
    place: Place
    address: str
    recipient: str
    deliver: tuple[str, ...]
    collect: tuple[str, ...]
    locker_id: str | None
    site_id: str | None
    service_s: float

    @property
    def task(self) -> str:
        """What is to be done there, in words."""
        tasks = (("deliver", self.deliver), ("collect", self.collect))
        return ", ".join(f"{verb} {' '.join(ids)}" for verb, ids in tasks if ids)


@dataclass(frozen=True, slots=True)
class ManifestBreak:
    """The driver's break, behind so many stops. ``start`` and ``end`` are as planned, ``expected`` is its start with
    the delay that the van has now (none once the stop behind it is under way)."""

    after: int
    start: datetime
    end: datetime
    expected: datetime | None

    @property
    def minutes(self) -> float:
        """How long it is."""
        return round((self.end - self.start).total_seconds() / 60, 1)

    @property
    def text(self) -> str:
        """For a person."""
        where = f"after stop {self.after}" if self.after else "after loading"
        return f"break of {self.minutes:g} min {where}, {self.start:%H:%M} to {self.end:%H:%M}"


@dataclass(frozen=True, slots=True)
class Manifest:
    """One route with its stops in order; it starts and ends at ``home``.

    ``ways`` are the streets from home to the first stop, from each to the next, and back; empty where no streets are
    known. One that is not known among them is the straight line. ``credit`` says whose data the streets are.
    """

    route_id: str
    asset_id: str
    status: str
    revision: int
    start: datetime
    home: Place
    stops: tuple[ManifestStop, ...]
    ways: tuple[tuple[Place, ...], ...] = ()
    credit: str | None = None
    driver_break: ManifestBreak | None = None

    @property
    def line(self) -> list[Place]:
        """The route as it is drawn."""
        return [point for way in self.ways for point in way] or self.calls

    @property
    def calls(self) -> list[Place]:
        """Home, the stops' places and home again."""
        return [self.home, *(stop.place for stop in self.stops), self.home]


def with_ways(route: Manifest, network: Network) -> Manifest:
    """The manifest with the streets that it leads over; as it is where the network knows none."""
    if network.version is None:
        return route
    ways = tuple(network.path(a, b, "drive") or (a, b) for a, b in pairwise(route.calls))
    return replace(route, ways=ways, credit=network.credit)


def is_route(record: MissionRecord) -> bool:
    """Whether a mission is a route of stops, so that there can be a manifest."""
    return kind_of(record.kind).archetype == "route"


def manifest(
    record: MissionRecord, state: State, *, contacts: Mapping[str, Contact] | None = None
) -> Manifest:
    """The manifest of a route as it stands now. ``contacts``, by order, put addresses and names into it."""
    mission = record.mission
    zone = _zone(record, state)
    stops = [s for s in mission.steps if isinstance(s, Stop)]
    rows = [_row(n, s, record, state, zone, contacts or {}) for n, s in enumerate(stops, start=1)]
    return Manifest(
        route_id=mission.mission_id,
        asset_id=mission.asset_id,
        status=record.status.value,
        revision=mission.revision,
        start=mission.start_at.astimezone(zone),
        home=mission.home,
        stops=tuple(rows),
        driver_break=_break(record, rows, zone),
    )


def _break(record: MissionRecord, rows: Sequence[ManifestStop], zone: tzinfo) -> ManifestBreak | None:
    rest = record.mission.driver_break
    if rest is None:
        return None
    ids = [s.step_id for s in record.mission.steps if isinstance(s, Stop)]
    after = ids.index(rest.after) + 1 if rest.after in ids else 0
    over = any(row.status != "to do" for row in rows[after:])
    expected = max(rest.start + timedelta(seconds=record.late_s), rest.begins.start)
    return ManifestBreak(
        after=after,
        start=rest.start.astimezone(zone),
        end=rest.end.astimezone(zone),
        expected=None if over else expected.astimezone(zone),
    )


def _zone(record: MissionRecord, state: State) -> tzinfo:
    site_id = state.assets[record.mission.asset_id].record.site_id
    return ZoneInfo(state.sites[site_id].timezone)


def _row(
    number: int,
    stop: Stop,
    record: MissionRecord,
    state: State,
    zone: tzinfo,
    contacts: Mapping[str, Contact],
) -> ManifestStop:
    over = stop.step_id in record.ended
    people = [contacts[o] for o in dict.fromkeys((*stop.deliver, *stop.collect)) if o in contacts]
    at_door = stop.locker_id is None and stop.site_id is None
    return ManifestStop(
        number=number,
        status="done" if over else "now" if stop.step_id == record.current else "to do",
        arrive=stop.eta.astimezone(zone),
        expected=None if over else (stop.eta + timedelta(seconds=record.late_s)).astimezone(zone),
        window=(stop.window.start.astimezone(zone), stop.window.end.astimezone(zone)),
        place=stop.place,
        address=_address(stop, state, people),
        recipient=_joined(p.recipient for p in people) if at_door else "",
        deliver=stop.deliver,
        collect=stop.collect,
        locker_id=stop.locker_id,
        site_id=stop.site_id,
        service_s=stop.service_s,
    )


def _address(stop: Stop, state: State, people: Sequence[Contact]) -> str:
    if stop.locker_id is not None:
        return state.lockers[stop.locker_id].name or stop.locker_id
    if stop.site_id is not None:
        site = state.sites.get(stop.site_id)
        return stop.site_id if site is None else site.name or stop.site_id
    reference = next(iter((*stop.deliver, *stop.collect)), stop.step_id)
    return _joined(p.address for p in people) or f"see order {reference}"


def _joined(texts: Iterable[str]) -> str:
    return " / ".join(dict.fromkeys(text for text in texts if text))


def as_row(stop: ManifestStop) -> dict[str, Any]:
    """A stop as JSON."""
    return {
        "stop": stop.number,
        "status": stop.status,
        "arrive": moment_text(stop.arrive),
        "expected": None if stop.expected is None else moment_text(stop.expected),
        "window": [moment_text(moment) for moment in stop.window],
        "address": stop.address,
        "recipient": stop.recipient,
        "deliver": list(stop.deliver),
        "collect": list(stop.collect),
        "locker_id": stop.locker_id,
        "site_id": stop.site_id,
        "service_s": stop.service_s,
    }


def break_row(rest: ManifestBreak) -> dict[str, Any]:
    """A break as JSON."""
    return {
        "after_stop": rest.after,
        "start": moment_text(rest.start),
        "end": moment_text(rest.end),
        "expected": None if rest.expected is None else moment_text(rest.expected),
        "minutes": rest.minutes,
    }


def moment_text(moment: datetime) -> str:
    """A time to the second, with its offset."""
    return moment.isoformat(timespec="seconds")
