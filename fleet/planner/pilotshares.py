"""Pilots in the models: who has how many of them when, where exact bookings are still to come.

The joint search knows a number of machines of a group that may be away at a time. What pilots supervise together is
shared out among their groups, by how many parcels would best be brought by each, so that no plan of groups has more
out than there are pilots for; a trip that passes from one number to another is not searched for. Exact bookings know
neither limit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from fleet.domain.pilots import Sites
from fleet.feasibility.pilots import Rota
from fleet.planner.permitroom import BEFORE_S
from fleet.planner.problem import Problem
from fleet.planner.spans import Span

Machines = Mapping[tuple[int, Span], int]
"""How many machines of each pool are free in each span."""


@dataclass(frozen=True)
class MachineGroup:
    """Machines of a pool that are free in a span, and how many of them may be away at a time."""

    pool: int
    span: Span
    machines: int
    away: int


def machine_groups(problem: Problem, machines: Machines, wanted: Mapping[int, int]) -> list[MachineGroup]:
    """The groups of all machines; ``wanted`` is for how many parcels each pool is the best."""
    whole = [MachineGroup(pool, span, count, count) for (pool, span), count in machines.items()]
    piloted = {kind: _Shares(problem, rota, whole, wanted) for kind, rota in problem.rotas.items()}
    found: list[MachineGroup] = []
    for number, group in enumerate(whole):
        shares = piloted.get(problem.pools[group.pool].type.kind)
        found.extend([group] if shares is None else shares.of(number))
    return found


def apportioned(count: int, wants: Sequence[int], weights: Sequence[int]) -> list[int]:
    """A count shared out by weights, to none more than it wants (D'Hondt's highest averages)."""
    if sum(wants) <= count:
        return list(wants)
    given = [0] * len(wants)
    for _ in range(count):
        open_to = [i for i, want in enumerate(wants) if given[i] < want]
        given[min(open_to, key=lambda i: ((given[i] + 1) / max(1, weights[i]), i))] += 1
    return given


def machine_seconds(rota: Rota, sites: frozenset[str], span: Span) -> float:
    """How long all machines of some sites together may be out in a span, if no others are."""
    moments = [float(span[0]), *rota.changes(*span), float(span[1])]
    mine = [team is None or not team.isdisjoint(sites) for team in rota.teams]
    return sum(
        (end - begin) * sum(n for n, own in zip(rota.at(begin), mine, strict=True) if own)
        for begin, end in pairwise(moments)
    )


def site_sets(rota: Rota, sites: frozenset[str]) -> list[frozenset[str]]:
    """The sets of sites whose machines together may be more than their pilots: each alone, those of each team, all."""
    teams = (sites if team is None else team & sites for team in rota.teams)
    found = {frozenset({site}) for site in sites} | {one for one in teams if one} | {sites}
    return sorted(found, key=lambda one: (len(one), sorted(one)))


@dataclass(frozen=True)
class _Shares:
    """The groups of one kind, and who supervises them."""

    problem: Problem
    rota: Rota
    groups: Sequence[MachineGroup]
    wanted: Mapping[int, int]

    def of(self, number: int) -> list[MachineGroup]:
        """What becomes of a group: one for each time in which as many may be away."""
        group = self.groups[number]
        parts: list[MachineGroup] = []
        for (begin, end), shares in self._pieces(number):
            away = shares[number]
            last = parts[-1] if parts else None
            if last is not None and last.span[1] == begin and last.away == away:
                parts[-1] = MachineGroup(group.pool, (last.span[0], end), group.machines, away)
            else:
                parts.append(MachineGroup(group.pool, (begin, end), group.machines, away))
        trimmed = [self._trimmed(part) for part in parts if part.away > 0]
        return [part for part in trimmed if part.span[0] < part.span[1]]

    def _trimmed(self, part: MachineGroup) -> MachineGroup:
        """A machine is released before it is loaded: so much later it may be loaded where a shift begins."""
        begin, end = part.span
        shift_begins = begin > 0 and any(math.ceil(moment) == begin for moment in self.rota.begins)
        return MachineGroup(
            part.pool, (begin + BEFORE_S if shift_begins else begin, end), part.machines, part.away
        )

    def _pieces(self, number: int) -> Iterator[tuple[Span, list[int]]]:
        """A group's time, parted where shifts begin and end, with every group's share."""
        span = self.groups[number].span
        moments = sorted({span[0], *(math.ceil(moment) for moment in self.rota.changes(*span)), span[1]})
        for piece in pairwise(moments):
            yield piece, self._shared(piece)

    def _shared(self, piece: Span) -> list[int]:
        """How many of each group may be away; none of one that is not there then."""
        there = [group.span[0] < piece[1] and piece[0] < group.span[1] for group in self.groups]
        kinds = [self.problem.pools[group.pool].type.kind == self.rota.kind for group in self.groups]
        left = [
            group.machines if here and own else 0
            for group, here, own in zip(self.groups, there, kinds, strict=True)
        ]
        wants, weights = list(left), [self.wanted.get(group.pool, 0) for group in self.groups]
        for team, machines in zip(self.rota.teams, self.rota.at(piece[0]), strict=True):
            theirs = [
                count if self._of(team, group) else 0 for count, group in zip(left, self.groups, strict=True)
            ]
            given = apportioned(machines, theirs, weights)
            left = [count - got for count, got in zip(left, given, strict=True)]
        return [want - rest for want, rest in zip(wants, left, strict=True)]

    def _of(self, team: Sites, group: MachineGroup) -> bool:
        return team is None or self.problem.pools[group.pool].site.site_id in team
