"""A route as arrays, and the exact test of every place at which a stop could be put into it.

With the earliest and the latest start of service at each node, a new stop fits behind node ``k`` exactly when it
can begin in its own window and the next node can still begin by its latest start (Savelsbergh 1992, forward time
slack). Loads are tested the same way, with the heaviest leg before and after ``k``.
All times are whole seconds, so that sums are exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Line:
    """Nodes 0 (start) to n - 1 (end) and the legs between them.

    ``load`` is what rides on each leg (rows: weight, volume), ``capacity`` its limits. A node's ``early`` and
    ``late`` bound the start of its service.
    """

    travel_s: Ints
    early_s: Ints
    late_s: Ints
    service_s: Ints
    load: Ints
    capacity: Ints

    @cached_property
    def begin_s(self) -> Ints:
        """The earliest start of service at each node."""
        return np.array(forward(self.travel_s, self.early_s, self.service_s), dtype=np.int64)

    @cached_property
    def latest_s(self) -> Ints:
        """The latest start of service at each node from which the rest still fits its windows."""
        return np.array(backward(self.travel_s, self.late_s, self.service_s), dtype=np.int64)

    @cached_property
    def leave_s(self) -> Ints:
        """The earliest end of service at each node."""
        return self.begin_s + self.service_s

    @property
    def feasible(self) -> bool:
        """Whether windows and capacity hold."""
        on_time = bool((self.begin_s <= self.late_s).all())
        return on_time and bool((self.load <= self.capacity[:, None]).all())

    @cached_property
    def wait_until(self) -> Ints:
        """Waiting time in all, up to and with each node: it swallows a delay."""
        arrive = self.leave_s[:-1] + self.travel_s
        waits = np.concatenate(([0], np.maximum(0, self.begin_s[1:] - arrive)))
        return np.cumsum(waits).astype(np.int64)

    def room_before(self) -> Ints:
        """For each leg, what still fits on it and on all legs before it."""
        heaviest = np.maximum.accumulate(self.load, axis=1)
        room: Ints = self.capacity[:, None] - heaviest
        return room

    def room_after(self) -> Ints:
        """For each leg, what a stop on it can take in: the rest of the leg and all later ones carry it."""
        heaviest = np.maximum.accumulate(self.load[:, ::-1], axis=1)[:, ::-1]
        room: Ints = self.capacity[:, None] - heaviest
        return room

    def delays(
        self, to_s: Ints, from_s: Ints, early: int | Ints, late: int, service: int
    ) -> tuple[Ints, Bools]:
        """For a stop on each leg: how much later the leg's end begins, and whether all windows hold.

        ``to_s[k]`` leads from node ``k`` to the stop, ``from_s[k]`` from it to node ``k + 1``.
        """
        start = np.maximum(self.leave_s[:-1] + to_s, early)
        reach = start + service + from_s
        fits = (start <= late) & (reach <= self.latest_s[1:])
        return np.maximum(0, reach - self.begin_s[1:]), fits

    def end_delay(self, delay: Ints) -> Ints:
        """How much later the route ends when each leg's end begins ``delay`` later."""
        swallowed = self.wait_until[-1] - self.wait_until[1:]
        later: Ints = np.maximum(0, delay - swallowed)
        return later


def forward(travel: Ints, early: Ints, service: Ints) -> list[int]:
    """The earliest start of service at each node, from the start node's own ``early``."""
    begin = [int(early[0])]
    for leg, opens, served in zip(travel.tolist(), early[1:].tolist(), service[:-1].tolist(), strict=True):
        begin.append(max(opens, begin[-1] + served + leg))
    return begin


def backward(travel: Ints, late: Ints, service: Ints) -> list[int]:
    """The latest start of service at each node that keeps all later windows."""
    latest = [int(late[-1])]
    legs, closes, served = travel[::-1].tolist(), late[-2::-1].tolist(), service[-2::-1].tolist()
    for leg, closing, serving in zip(legs, closes, served, strict=True):
        latest.append(min(closing, latest[-1] - leg - serving))
    return latest[::-1]


def latest_departure(line: Line) -> int:
    """The latest begin at the start node that does not end the route any later than its earliest end."""
    first, target = int(line.begin_s[0]), int(line.begin_s[-1])
    pinned = line.late_s.copy()
    pinned[-1] = min(int(pinned[-1]), target)
    return max(first, backward(line.travel_s, pinned, line.service_s)[0])
