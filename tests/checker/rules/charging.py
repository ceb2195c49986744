"""Charging as the plan states it: who is on a charger when, what is in each battery, and packs that are changed.

The state of charge is followed by small steps of power over time, with the shape of the curve that the vehicle's file
declares; the trips' own energies are taken from it. Plans without ``charging`` are judged by ``sorties`` alone.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from tests.checker.context import Case
from tests.checker.document import Charge, Sortie
from tests.checker.fleet import SortieFacts
from tests.checker.violation import Code, Violation

STEP_S = 20.0
NEAR = 0.02
"""How far two sound sums of a charge may lie apart, as a share of full."""


def check_charging(case: Case, begins: Mapping[str, float] | None = None) -> Iterator[Violation]:
    """Nobody is filled while away or twice at once; what a charge brings is what its curve says; each sortie begins
    with its energy and reserve in the battery. ``begins``: what is in each at first, where that is not full."""
    if not case.plan.charging and begins is None:
        return
    charges = case.charges_of
    for asset_id in sorted({*charges, *case.sorties_of}):
        sorties, mine = case.sorties_of.get(asset_id, []), charges.get(asset_id, [])
        if sorties:
            yield from _while_away(case, sorties, mine)
            yield from _levels(case, sorties, mine, (begins or {}).get(asset_id, 1.0))


def _while_away(case: Case, sorties: list[Sortie], charges: list[Charge]) -> Iterator[Violation]:
    spans = [(s.depart, s.back + timedelta(seconds=case.facts(s).turnaround_s), s.sortie_id) for s in sorties]
    spans += [(c.start, c.end, "its next charge") for c in charges]
    for charge in charges:
        for begin, end, what in spans:
            own = (begin, end) == (charge.start, charge.end)
            if (
                not own
                and charge.start < end - timedelta(seconds=2)
                and begin + timedelta(seconds=2) < charge.end
            ):
                detail = f"{charge.asset_id} is filled from {charge.start} to {charge.end}, during {what}"
                yield Violation(Code.CHARGING, f"asset {charge.asset_id}", detail)


def _levels(case: Case, sorties: list[Sortie], charges: list[Charge], soc: float) -> Iterator[Violation]:
    facts = case.facts(sorties[0])
    happens: list[tuple[datetime, int, Sortie | Charge]] = [(s.depart, 1, s) for s in sorties]
    happens += [(c.start, 0, c) for c in charges]
    for _, _, what in sorted(happens, key=lambda one: one[:2]):
        if isinstance(what, Charge):
            soc = 1.0 if what.swap else charged(facts, case, what, soc)
            if not what.swap and what.soc_to > charged(facts, case, what, what.soc_from) + NEAR:
                detail = f"{what.soc_from:.0%} becomes {what.soc_to:.0%} from {what.start} to {what.end}"
                yield Violation(Code.CHARGING, f"asset {what.asset_id}", detail)
            continue
        full_wh = facts.usable_wh / (1 - facts.floor)
        needed = facts.floor + (what.energy_wh + what.reserve_wh) / full_wh
        if soc < min(1.0, needed) - NEAR / 2:
            detail = f"begins with {soc:.1%} of a battery, takes and keeps {needed:.1%}"
            yield Violation(Code.RECHARGE, f"sortie {what.sortie_id}", detail)
        soc = max(0.0, soc - what.energy_wh / full_wh)


def charged(facts: SortieFacts, case: Case, charge: Charge, soc: float) -> float:
    """What is in a battery after a charge, by steps of the power that it takes at what is in it."""
    limit_w = case.sites[charge.depot_id].charger_w
    power_w = facts.charger_w if limit_w is None else min(facts.charger_w, limit_w)
    return stepped(facts, power_w, soc, (charge.end - charge.start).total_seconds())


def stepped(facts: SortieFacts, power_w: float, soc: float, seconds: float) -> float:
    """State of charge after so long at a charger: whole power up to the taper, then falling to the tail when full."""
    shape, full_wh = facts.charge, facts.usable_wh / (1 - facts.floor)
    power_w = min(power_w, shape.most_w)
    while seconds > 0 and soc < 1:
        step = min(STEP_S, seconds)
        over = max(0.0, soc - shape.taper_from) / (1 - shape.taper_from)
        share = 1 - over * (1 - shape.tail)
        soc += power_w * shape.efficiency * share * step / 3600 / full_wh
        seconds -= step
    return min(1.0, soc)


def check_stated_chargers(case: Case) -> Iterator[Violation]:
    """No more are on a site's chargers at once than it has."""
    spans: dict[str, list[tuple[datetime, int]]] = defaultdict(list)
    for charge in case.plan.charging:
        if not charge.swap:
            spans[charge.depot_id] += [(charge.start, 1), (charge.end, -1)]
    for site_id, changes in sorted(spans.items()):
        level = most = 0
        for _, change in sorted(changes):
            level += change
            most = max(most, level)
        there = case.sites[site_id].chargers
        if most > there:
            detail = f"{most} are charged at once, {there} chargers are there"
            yield Violation(Code.CHARGERS, f"site {site_id}", detail)


def check_spares(case: Case) -> Iterator[Violation]:
    """Each pack that is put in is full by then: one of those that lay there, or one that was taken out long enough
    before. A necessary condition: as if a charger were always free."""
    swaps: dict[tuple[str, str], list[Charge]] = defaultdict(list)
    types = {s.asset_id: case.facts(s) for s in case.plan.sorties}
    for charge in case.plan.charging:
        if charge.swap:
            swaps[charge.depot_id, types[charge.asset_id].type_id].append(charge)
    for (site_id, type_id), made in sorted(swaps.items()):
        facts = next(f for f in types.values() if f.type_id == type_id)
        ready: list[datetime] = [case.plan.at] * case.fleet.spares_at(type_id, site_id)
        heapq.heapify(ready)
        for swap in sorted(made, key=lambda one: one.start):
            if facts.swap_s is None or (swap.end - swap.start).total_seconds() < facts.swap_s - 1:
                yield Violation(
                    Code.SPARES, f"asset {swap.asset_id}", "its pack can't be changed in that time"
                )
            if not ready or heapq.heappop(ready) > swap.start + timedelta(seconds=60):
                detail = f"there is no full pack of {type_id} at {swap.start}"
                yield Violation(Code.SPARES, f"site {site_id}", detail)
                break
            heapq.heappush(ready, swap.end + _until_full(case, facts, swap))


def _until_full(case: Case, facts: SortieFacts, swap: Charge) -> timedelta:
    seconds, soc = 0.0, swap.soc_from
    if case.sites[swap.depot_id].chargers == 0:
        return timedelta(days=1)
    while soc < 0.999 and seconds < 86_400:
        soc, seconds = stepped(facts, facts.charger_w, soc, 60.0), seconds + 60.0
    return timedelta(seconds=seconds)
