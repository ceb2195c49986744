"""Sorties as trips of real machines: one at a time, charged, along a path that hangs together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import combinations, pairwise

from tests.checker.context import Case
from tests.checker.document import PathPoint, Sortie
from tests.checker.fleet import SortieFacts
from tests.checker.geo import distance_m
from tests.checker.inputs import weather_between
from tests.checker.violation import Code, Violation

NEAR_SITE_M = 50.0
NEAR_DROP_M = 60.0
_SLACK_S = 1.0
_CLIMB_MPS = 10.0


def check_one_at_a_time(case: Case) -> Iterator[Violation]:
    """No asset is out twice at once; between two sorties lies the turnaround and enough charging."""
    for sorties in case.sorties_of.values():
        for earlier, later in pairwise(sorties):
            facts, where = case.facts(later), f"sortie {later.sortie_id}"
            gap_s = (later.depart - earlier.back).total_seconds()
            if gap_s < -_SLACK_S:
                yield Violation(Code.OVERLAP, where, f"{later.asset_id} is still out on {earlier.sortie_id}")
            elif gap_s < facts.turnaround_s - _SLACK_S:
                detail = (
                    f"{gap_s:.0f} s after {earlier.sortie_id}, a turnaround takes {facts.turnaround_s:.0f} s"
                )
                yield Violation(Code.TURNAROUND, where, detail)
    yield from _vans_out_twice(case)


def _vans_out_twice(case: Case) -> Iterator[Violation]:
    for one, other in combinations(case.plan.routes, 2):
        if one.asset_id == other.asset_id and one.start < other.end and other.start < one.end:
            where = f"route {other.route_id}"
            yield Violation(Code.OVERLAP, where, f"{one.asset_id} is also out on {one.route_id}")


def check_charge(case: Case) -> Iterator[Violation]:
    """Each sortie starts with its energy and reserve in the battery, which was full at first.

    Simulated from the plan's own energy figures, at full charging power from return to departure.
    """
    if any(charge.swap for charge in case.plan.charging):
        return  # judged by what the plan states (``charging``)
    for sorties in case.sorties_of.values():
        level = None
        for earlier, later in zip([None, *sorties], sorties, strict=False):
            facts = case.facts(later)
            full = facts.usable_wh
            if level is None or earlier is None:
                level = full
            else:
                level = min(full, level - earlier.energy_wh + _charged_wh(earlier.back, later.depart, facts))
            if level < (later.energy_wh + later.reserve_wh) * 0.995 and level < full:
                detail = f"starts with {level:.1f} Wh, takes {later.energy_wh:.1f} + {later.reserve_wh:.1f}"
                yield Violation(Code.RECHARGE, f"sortie {later.sortie_id}", detail)


def _charged_wh(start: datetime, end: datetime, facts: SortieFacts) -> float:
    return max(0.0, (end - start).total_seconds()) / 3600 * facts.charger_w


Job = tuple[datetime, datetime, float]
"""Charging that must be done: from, until, seconds at a charger."""


def check_chargers(case: Case) -> Iterator[Violation]:
    """No site needs more charging in a stretch of time than its chargers can give.

    A necessary condition (demand bound): what each asset must at least charge between its sorties.
    """
    if any(charge.swap for charge in case.plan.charging):
        return
    jobs: dict[str, list[Job]] = defaultdict(list)
    for sorties in case.sorties_of.values():
        for job in _charging_jobs(case, sorties):
            jobs[sorties[0].depot_id].append(job)
    for site_id, needed in jobs.items():
        yield from _overbooked(site_id, needed, case.sites[site_id].chargers)


def _charging_jobs(case: Case, sorties: list[Sortie]) -> Iterator[Job]:
    facts = case.facts(sorties[0])
    level = facts.usable_wh
    for earlier, later in pairwise(sorties):
        left = level - earlier.energy_wh
        short_wh = later.energy_wh + later.reserve_wh - left
        if short_wh > 0:
            yield earlier.back, later.depart, short_wh / facts.charger_w * 3600
        level = min(facts.usable_wh, left + _charged_wh(earlier.back, later.depart, facts))


def _overbooked(site_id: str, jobs: list[Job], chargers: int) -> Iterator[Violation]:
    ends = sorted({job[1] for job in jobs})
    for start in sorted({job[0] for job in jobs}):
        inside = [job for job in jobs if job[0] >= start]
        for end in (e for e in ends if e > start):
            needed = sum(job[2] for job in inside if job[1] <= end)
            there = chargers * (end - start).total_seconds()
            if needed > there + 60:
                detail = f"{start} to {end}: {needed:.0f} s of charging needed, {there:.0f} s there"
                yield Violation(Code.CHARGERS, f"site {site_id}", detail)
                return


def check_fleet_size(case: Case) -> Iterator[Violation]:
    """No more assets of a type start from a site than stand there, and each starts from one site."""
    used: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for sortie, trip in case.trips():
        used[sortie.depot_id, sortie.kind, trip.type_id].add(sortie.asset_id)
    for route, facts in case.drives():
        used[route.depot_id, "van", facts.type_id].add(route.asset_id)
    for (site_id, _, type_id), assets in used.items():
        there = case.fleet.standing(type_id, case.sites[site_id])
        if len(assets) > there:
            yield Violation(
                Code.FLEET_SIZE, f"site {site_id}", f"{len(assets)} {type_id} start, {there} stand there"
            )
    for (one, assets), (other, others) in combinations(used.items(), 2):
        for asset_id in assets & others:
            yield Violation(Code.FLEET_SIZE, f"asset {asset_id}", f"starts from {one[0]} and from {other[0]}")


def check_paths(case: Case) -> Iterator[Violation]:
    """A path starts and ends at the site in the sortie's time, and is at the drop when it says so."""
    for sortie in case.plan.sorties:
        where = f"sortie {sortie.sortie_id}"
        if len(sortie.path) < 3:
            yield Violation(Code.PATH, where, f"a path of {len(sortie.path)} points")
            continue
        for detail in (*_time_faults(sortie), *_end_faults(case, sortie), *_drop_faults(case, sortie)):
            yield Violation(Code.PATH, where, detail)


def _time_faults(sortie: Sortie) -> Iterator[str]:
    if any(later.at < earlier.at for earlier, later in pairwise(sortie.path)):
        yield "its times do not rise"
    slack = timedelta(seconds=_SLACK_S)
    if sortie.path[0].at < sortie.depart - slack or sortie.path[-1].at > sortie.back + slack:
        yield f"its path runs {sortie.path[0].at} to {sortie.path[-1].at}, beyond its departure and return"


def _end_faults(case: Case, sortie: Sortie) -> Iterator[str]:
    home = case.sites[sortie.depot_id].point
    for name, point in (("starts", sortie.path[0]), ("ends", sortie.path[-1])):
        away_m = distance_m(home, (point.lon, point.lat))
        if away_m > NEAR_SITE_M:
            yield f"its path {name} {away_m:.0f} m from {sortie.depot_id}"


def _drop_faults(case: Case, sortie: Sortie) -> Iterator[str]:
    for drop in sortie.drops:
        place = drop.lon, drop.lat
        wanted = case.lockers[sortie.locker_id].point if sortie.locker_id else case.order(drop.order_id).drop
        if distance_m(place, wanted) > NEAR_DROP_M:
            yield f"{drop.order_id} is dropped {distance_m(place, wanted):.0f} m from where it goes"
        here = position(sortie.path, drop.at)
        if distance_m(place, here) > NEAR_DROP_M:
            yield f"at {drop.at} the path is {distance_m(place, here):.0f} m from the drop"


def position(path: tuple[PathPoint, ...], at: datetime) -> tuple[float, float]:
    """Where a path is at a moment, evenly along its legs."""
    for a, b in pairwise(path):
        if a.at <= at <= b.at:
            share = (at - a.at) / (b.at - a.at) if b.at > a.at else 0.0
            return a.lon + share * (b.lon - a.lon), a.lat + share * (b.lat - a.lat)
    nearest = min(path, key=lambda point: abs(point.at - at))
    return nearest.lon, nearest.lat


def check_speeds(case: Case) -> Iterator[Violation]:
    """Over the ground nothing is faster than its cruise speed and the wind (rolling: without wind)."""
    for sortie, facts in case.trips():
        for a, b in pairwise(sortie.path):
            allowed = facts.cruise_mps * 1.02 + (wind_mps(case, a.at, b.at) if facts.flies else 0.0)
            seconds = (b.at - a.at).total_seconds() + _SLACK_S
            length, climb = distance_m((a.lon, a.lat), (b.lon, b.lat)), abs(b.alt_m - a.alt_m)
            if length > allowed * seconds + 1 or (facts.flies and climb > _CLIMB_MPS * seconds):
                detail = (
                    f"{length:.0f} m, {climb:.0f} m up or down in {seconds:.0f} s, {allowed:.1f} m/s possible"
                )
                yield Violation(Code.SPEED, f"sortie {sortie.sortie_id}", detail)
                break


def wind_mps(case: Case, *moments: datetime) -> float:
    """The strongest mean wind in the weather file at the moments; the fleet's assumption without one."""
    readings = [weather_between(case.weather, "wind_mps", at) for at in moments]
    known = [value for reading in readings if reading for value in reading]
    return max(known, default=case.fleet.assumed_wind_mps)


def check_radius(case: Case) -> Iterator[Violation]:
    """No drop lies beyond the radius that its type may work in."""
    for sortie, facts in case.trips():
        for drop in sortie.drops:
            away_m = distance_m(case.sites[sortie.depot_id].point, (drop.lon, drop.lat))
            if facts.max_radius_m is not None and away_m > facts.max_radius_m * 1.005:
                detail = f"the drop is {away_m:.0f} m away, {facts.max_radius_m:.0f} m allowed"
                yield Violation(Code.RADIUS, f"sortie {sortie.sortie_id}", detail)
