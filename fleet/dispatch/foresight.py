"""What a change of zones leads to, before it is made: by the checks that will find it once it is made."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from fleet.dispatch.commands import in_words
from fleet.dispatch.desk import Desk
from fleet.dispatch.inputs import Finding
from fleet.dispatch.monitor.aboard import brings_back_kg
from fleet.dispatch.monitor.checks import ZONE_CHECKS
from fleet.dispatch.monitor.guard import Guard, airspace_guard, guard_of, mission_clearance
from fleet.dispatch.monitor.remaining import legs_ahead, travels_of
from fleet.dispatch.monitor.told import as_told, is_told
from fleet.dispatch.monitor.zonechecks import is_leaving, may_be_inside
from fleet.dispatch.zones import Change
from fleet.domain.fleet import SortieType
from fleet.domain.state import ExceptionRecord, MissionRecord
from fleet.feasibility.alternate import landing_places
from fleet.feasibility.clearance import clearance_of
from fleet.feasibility.context import Context
from fleet.kinds import kind_of
from fleet.protocol.lifecycle import MissionStatus
from fleet.protocol.messages import Action, Telemetry
from fleet.protocol.zones import MOST_TOLD, ConcernedFlight, ConcernedPlan, Consequences, ZoneEntry
from geofences import Affected, Conflict, Flight, Waypoint, ZoneSet, affected, near_change, segments_hit
from geofences.checks.column import HIGHEST_M, LOWEST_M

MOST_WORKED_OUT = 100
"""For so many flights that get into a zone it is worked out what they are told: a millisecond or two each, in which the
hub does nothing else.
"""


@dataclass(frozen=True, slots=True)
class _Out:
    """A sortie that is planned, about to go or out, and the flights that it consists of yet."""

    record: MissionRecord
    kind: SortieType
    sample: Telemetry | None
    flights: tuple[Flight, ...] = ()

    @property
    def is_planned(self) -> bool:
        return self.record.status is MissionStatus.DRAFTED

    @property
    def order_ids(self) -> tuple[str, ...]:
        return tuple(sorted({item.order_id for item in self.record.mission.items}))


def consequences(desk: Desk, change: Change, after: Context) -> Consequences:
    """What the change leads to; ``after`` is the context with it. Raises ``GeofenceError`` for a mission whose path
    can't be checked.
    """
    before = desk.context
    sorties = tuple(_near(tuple(_sorties(desk, before)), desk, before, after))
    met = _met(sorties, before, after)
    flights = tuple(_flights(desk, [(out, met[n]) for n, out in enumerate(sorties) if met[n]], after))
    planned = tuple(_planned((out, met[n]) for n, out in enumerate(sorties) if met[n]))
    known = desk.state.zones
    return Consequences(
        version_before=before.airspace.version,
        version=after.airspace.version,
        added=tuple(sorted(zone_id for zone_id in change.add if zone_id not in known)),
        replaced=tuple(sorted(zone_id for zone_id in change.add if zone_id in known)),
        removed=tuple(sorted(change.remove)),
        places=_places(change, after),
        flights=flights[:MOST_TOLD],
        planned=planned[:MOST_TOLD],
        more_flights=max(0, len(flights) - MOST_TOLD),
        more_planned=max(0, len(planned) - MOST_TOLD),
    )


def summary(found: Consequences) -> str:
    """The consequences in one line; empty where nobody is concerned."""
    told = Counter(flight.action for flight in found.flights if flight.action is not None)
    actions = ", ".join(f"{count} {action.value}" for action, count in sorted(told.items()))
    entering = sum(flight.entry is not None for flight in found.flights) + found.more_flights
    stopped = sum(plan.entry is not None for plan in found.planned) + found.more_planned
    freed = sum(each.entry is None for each in found.flights) + sum(p.entry is None for p in found.planned)
    parts = [
        _counted(entering, "flight gets into it", "flights get into it", f" ({actions})" if actions else ""),
        _counted(stopped, "planned flight is worked out anew", "planned flights are worked out anew"),
        _counted(freed, "flight comes free", "flights come free"),
        f"closed places: {', '.join(found.places)}" if found.places else "",
    ]
    return ", ".join(part for part in parts if part)


def _counted(count: int, one: str, more: str, rest: str = "") -> str:
    return f"{count} {one if count == 1 else more}{rest}" if count else ""


def _sorties(desk: Desk, context: Context) -> Iterator[_Out]:
    """The sorties that fly, by id, with what they have still to fly as it is checked under way."""
    for mission_id, asset_id in sorted(desk.state.live_missions.items()):
        record = desk.state.missions[mission_id]
        kind = context.fleet.types[desk.asset(asset_id).record.type_id]
        if isinstance(kind, SortieType) and kind_of(kind.kind).needs_airspace:
            yield _Out(record, kind, desk.live.get(asset_id))


def _near(sorties: Sequence[_Out], desk: Desk, before: Context, after: Context) -> Iterator[_Out]:
    """Those that come near a zone that changes, with the paths that are checked."""
    roughly = [_roughly(out, desk.now, after) for out in sorties]
    for number in near_change(before.airspace, after.airspace, roughly):
        out = sorties[number]
        yield replace(out, flights=tuple(_paths(out.record, out.kind, out.sample, desk.now, before)))


def _roughly(out: _Out, now: datetime, context: Context) -> Flight:
    """From corner to corner of all its legs and of where it is: enough to see what may be near, and soon made."""
    points = [point for travel in travels_of(out.record.mission) for point in travel.path]
    aside = () if out.record.diverted_to is None else (out.record.diverted_to,)
    places = [out.record.mission.home, *points, *aside, *(() if out.sample is None else (out.sample,))]
    lons, lats = [place.lon for place in places], [place.lat for place in places]
    corners = ((min(lons), min(lats)), (max(lons), max(lats)))
    keeps = mission_clearance(context, out.kind, out.record.mission)
    return Flight(tuple(Waypoint(lon, lat, 0.0, now) for lon, lat in corners), keeps.widest_m)


def _paths(
    record: MissionRecord, kind: SortieType, sample: Telemetry | None, now: datetime, context: Context
) -> Iterator[Flight]:
    if record.status is MissionStatus.DRAFTED:
        for travel in travels_of(record.mission):
            path = tuple(Waypoint(p.lon, p.lat, p.alt_amsl_m, p.at or now) for p in travel.path)
            yield _flight(context, kind, path)
        return
    for leg in legs_ahead(record, kind, sample, now):
        yield _flight(context, kind, leg.path)
    if sample is not None and may_be_inside(sample):
        heights = (LOWEST_M, HIGHEST_M) if sample.alt_amsl_m is None else (sample.alt_amsl_m,)
        here = tuple(Waypoint(sample.lon, sample.lat, height_m, now) for height_m in heights)
        yield Flight(here, held=context.held)


def _flight(context: Context, kind: SortieType, path: tuple[Waypoint, ...]) -> Flight:
    keeps = clearance_of(context, kind, path)
    return Flight(
        path,
        keeps.beside_m,
        keeps.above_m,
        held=context.held,
        time_margin_s=context.fleet.zone_time_margin_s,
        ground=keeps.ground,
    )


def _met(
    sorties: Sequence[_Out], before: Context, after: Context
) -> dict[int, list[tuple[Flight, Affected]]]:
    """What each sortie meets otherwise than before, by its place in the row."""
    owners = [(n, flight) for n, out in enumerate(sorties) for flight in out.flights]
    found: dict[int, list[tuple[Flight, Affected]]] = defaultdict(list)
    flights = [flight for _, flight in owners]
    for one in affected(before.airspace, after.airspace, flights, after.terrain):
        n, flight = owners[one.number]
        found[n].append((flight, one))
    return found


def _flights(
    desk: Desk, out: Iterable[tuple[_Out, list[tuple[Flight, Affected]]]], after: Context
) -> Iterator[ConcernedFlight]:
    told = defaultdict(list)
    for open_one in desk.state.open_exceptions():
        told[open_one.mission_id].append(open_one)
    left = MOST_WORKED_OUT
    for sortie, met in out:
        if sortie.is_planned:
            continue
        mission = sortie.record.mission
        entry = _entry(met)
        found, detail = None, f"comes free of {_freed(met)}"
        if entry is not None and left > 0:
            found, detail = _told(desk, sortie, after, told[mission.mission_id])
            left -= 1
        elif entry is not None:
            detail = f"not worked out: more than {MOST_WORKED_OUT} flights get into a zone"
        yield ConcernedFlight(
            asset_id=mission.asset_id,
            mission_id=mission.mission_id,
            order_ids=sortie.order_ids,
            entry=entry,
            action=None if found is None else found.advice,
            place_id=None if found is None else found.place_id,
            detail=detail,
        )


def _told(
    desk: Desk, sortie: _Out, after: Context, known: Sequence[ExceptionRecord]
) -> tuple[Finding | None, str]:
    """What the monitor finds with its next sample, if that is like the last one; and what comes of it, in words."""
    if sortie.sample is None:
        return None, "told nothing before it says where it is"
    wire = desk.asset(sortie.record.mission.asset_id).wire
    findings = [as_told(found, wire) for found in _found(desk, sortie, after, sortie.sample)]
    fresh = next((found for found in findings if not is_told(found, known)), None)
    if fresh is not None:
        why = fresh.reasons[0].detail if fresh.reasons else fresh.code
        return fresh, f"{in_words(fresh.advice, fresh.place_id)}: {why}"
    if findings:
        return None, "told nothing new: an exception about zones is open for this flight"
    if is_leaving(sortie.sample):
        return None, f"told nothing new: it is {sortie.sample.state} already"
    return None, "told nothing: what it still flies stays free"


def _found(desk: Desk, sortie: _Out, after: Context, sample: Telemetry) -> list[Finding]:
    """The battery takes the most time to work out, and matters only to whether a diversion is in reach."""
    given = (sortie.record, sortie.kind, after, desk.now, sample)
    found = _by_zones(airspace_guard(*given), sample, desk.now)
    if all(one.advice is not Action.DIVERT for one in found):
        return found
    guard = guard_of(*given, start_soc=None, brings_back_kg=brings_back_kg(sortie.record, desk.state))
    return _by_zones(guard, sample, desk.now)


def _by_zones(guard: Guard, sample: Telemetry, now: datetime) -> list[Finding]:
    return [found for check in ZONE_CHECKS if (found := check(guard, sample, now)) is not None]


def _planned(out: Iterable[tuple[_Out, list[tuple[Flight, Affected]]]]) -> Iterator[ConcernedPlan]:
    for sortie, met in out:
        stopped = any(one.is_stopped for _, one in met)
        freed = not stopped and any(one.is_freed for _, one in met)
        if sortie.is_planned and (stopped or freed):
            mission = sortie.record.mission
            yield ConcernedPlan(
                asset_id=mission.asset_id,
                mission_id=mission.mission_id,
                order_ids=sortie.order_ids,
                start_at=mission.start_at,
                entry=_entry(met) if stopped else None,
            )


def _entry(met: Iterable[tuple[Flight, Affected]]) -> ZoneEntry | None:
    """The first stretch that is new."""
    stretches = [(stretch, flight) for flight, one in met for stretch in one.entered]
    if not stretches:
        return None
    first, flight = min(stretches, key=lambda each: (each[0].entered_at, each[0].from_m, each[0].zone_id))
    lon, lat = _place(flight.path, first)
    return ZoneEntry(zone_id=first.zone_id, code=first.why.value, at=first.entered_at, lon=lon, lat=lat)


def _place(path: Sequence[Waypoint], stretch: Conflict) -> tuple[float, float]:
    """Where a path is when it gets into the stretch."""
    at = stretch.entered_at
    n = next((n for n in range(1, len(path)) if path[n].at >= at), len(path) - 1)
    before, after = path[max(n - 1, 0)], path[n]
    lasts = (after.at - before.at).total_seconds()
    share = 0.0 if lasts <= 0 else min(1.0, max(0.0, (at - before.at).total_seconds() / lasts))
    lon_deg = (after.lon - before.lon + 180.0) % 360.0 - 180.0
    lon = (before.lon + share * lon_deg + 180.0) % 360.0 - 180.0
    return lon, before.lat + share * (after.lat - before.lat)


def _freed(met: Iterable[tuple[Flight, Affected]]) -> str:
    return ", ".join(sorted({stretch.zone_id for _, one in met for stretch in one.freed}))


def _places(change: Change, after: Context) -> tuple[str, ...]:
    places = landing_places(after)
    if not (places and change.zones):
        return ()
    points = [(one.place.lon, one.place.lat) for one in places]
    hit = segments_hit(ZoneSet(change.zones), points, points, held=after.held)
    return tuple(one.place_id for one, is_hit in zip(places, hit.tolist(), strict=True) if is_hit)
