"""Remote pilots: no more machines out at once than those who are on shift may supervise."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from itertools import combinations

from tests.checker.context import Case
from tests.checker.fleet import PilotShift
from tests.checker.violation import Code, Violation

SLACK = timedelta(seconds=1)

Out = tuple[datetime, datetime, str, str]
"""From when loading begins until it is back; from which site, and which sortie it is."""


def check_pilots(case: Case) -> Iterator[Violation]:
    """Whenever something leaves, and whenever a shift begins or ends, there are pilots for all that are out then."""
    trips: dict[str, list[Out]] = defaultdict(list)
    for sortie, facts in case.trips():
        loads = sortie.depart - timedelta(seconds=facts.load_s)
        trips[sortie.kind].append((loads, sortie.back, sortie.depot_id, sortie.sortie_id))
    zone = case.fleet.local_time(case.orders)
    for kind, out in sorted(trips.items()):
        shifts = [one for one in case.fleet.pilots if one.kind == kind]
        if shifts:
            yield from _short(out, shifts, zone)


def _short(out: Sequence[Out], shifts: Sequence[PilotShift], zone: tzinfo) -> Iterator[Violation]:
    for moment in sorted({trip[0] for trip in out} | _boundaries(out, shifts, zone)):
        there = [trip for trip in out if trip[0] <= moment < trip[1] - SLACK]
        on_duty = [one for one in shifts if _on_duty(one, moment, zone)]
        found = unsupervised(Counter(site for _, _, site, _ in there), on_duty)
        if found is not None:
            sites, machines, most = found
            detail = f"{machines} are out from {', '.join(sites)} at {moment}, whose pilots supervise {most}"
            yield Violation(Code.PILOTS, f"sortie {there[-1][3]}", detail)


def _boundaries(out: Sequence[Out], shifts: Sequence[PilotShift], zone: tzinfo) -> set[datetime]:
    """When a shift begins or ends, on the local days on which anything is out."""
    days = {moment.astimezone(zone).date() for trip in out for moment in trip[:2]}
    clocks = {clock for one in shifts for clock in (one.begins, one.ends)}
    return {datetime.combine(day, clock, zone) for day in days for clock in clocks}


def _on_duty(one: PilotShift, moment: datetime, zone: tzinfo) -> bool:
    clock = moment.astimezone(zone).time()
    if one.begins < one.ends:
        return one.begins <= clock < one.ends
    return clock >= one.begins or clock < one.ends


def unsupervised(
    out: Mapping[str, int], on_duty: Sequence[PilotShift]
) -> tuple[tuple[str, ...], int, int] | None:
    """Sites with more machines out than all who may supervise any of them can take (Hall's theorem); none where there
    are no such sites."""
    names = sorted(out)
    for size in range(1, len(names) + 1):
        for sites in combinations(names, size):
            able = (one for one in on_duty if not one.sites or not one.sites.isdisjoint(sites))
            most = sum(one.pilots * one.machines_each for one in able)
            machines = sum(out[site] for site in sites)
            if machines > most:
                return sites, machines, most
    return None
