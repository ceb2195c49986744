# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# cython: infer_types=True, annotation_typing=False
"""Where in a trip the driver's break is taken: pieces of the trip are put together, with it here or there, and the
shortest trip that suits the van's others is chosen.

A break begins in a window and takes some time, wherever the van is: behind a stop, on the way, or before the next one.
So a way of `lead` seconds with the break is a piece that takes `lead` and the break, and that is left between `lead`
before the window opens and when the window closes. A trip that is over before the window closes needs none, nor does
one that begins after a break at the earliest: the break is taken at the depot then, in nobody's time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from fleet.planner.kernels.columns import Floats, Indexes, Metric

ANYTIME, EARLIER, WITHIN, LATER, LOST = 0, 1, 2, 3, 4
"""How a trip stands to the van's break: there is none; the trip is over before it; it is taken on the way; the trip
begins after it; nothing of that holds."""


class Choice:
    """A trip that is put together piece by piece, and the shortest one that was found.

    Of the break: how long it `lasts` and between which times it begins (s). Of the van's other trips: when the one
    before is over and when this one must be (`ready`, `due`, s), what it waits for (`release`, s), whether the break is
    taken before this trip by others (`rested`), or on the way of a later one (`later`), whether the trip behind counts
    on one before it (`gap`), and whether there is one ahead (`led`).

    `pre` and `post`: of each node the way up to it with the break taken, so that it is over as early as may be, and the
    way from it on with the break ahead, so that it may begin as late as may be: span, earliest and latest start.
    """

    def __init__(self, rows: int) -> None:
        self.pre, self.post = np.zeros((rows, 3)), np.zeros((rows, 3))
        self.lasts, self.opens, self.closes = 0.0, 0.0, 0.0
        self.ready, self.due, self.release = 0.0, 0.0, 0.0
        self.rested, self.later, self.gap, self.led = False, False, False, False
        self.holds, self.way, self.first, self.last = False, 0.0, 0.0, 0.0
        self.how, self.at, self.span, self.early, self.late = LOST, -1, 0.0, 0.0, 0.0

    def know(
        self,
        following: Indexes,
        prev: Indexes,
        step: Floats,
        place: Indexes,
        begins: Floats,
        ends: Floats,
        service: Floats,
    ) -> None:
        """Take the routes' columns of nodes: in which order they come, and what they are like."""
        self.next, self.prev, self.step, self.place = following, prev, step, place
        self.begins, self.ends, self.service = begins, ends, service

    def follow(
        self,
        pre_span: Floats,
        pre_early: Floats,
        pre_late: Floats,
        post_span: Floats,
        post_early: Floats,
        post_late: Floats,
    ) -> None:
        """Take the routes' columns of the ways up to each node, and from it on, without a break."""
        self.pre_span, self.pre_early, self.pre_late = pre_span, pre_early, pre_late
        self.post_span, self.post_early, self.post_late = post_span, post_early, post_late

    def start(self, span: float, early: float, late: float) -> None:
        """Begin with a piece: its shortest duration, and the earliest and latest start that give it; below 0 it can't
        be."""
        self.holds, self.way, self.first, self.last = span >= 0.0, span, early, late

    def go(self, lead: float, span: float, early: float, late: float) -> None:
        """Go on, for so many seconds, to another piece."""
        ahead = self.way + lead
        if not self.holds or span < 0.0 or self.first + ahead > late:
            self.holds = False
            return
        wait = early - ahead - self.last
        wait = wait if wait > 0.0 else 0.0
        self.first = max(early - ahead, self.first) - wait
        self.last = min(late - ahead, self.last)
        self.way = ahead + wait + span

    def rest(self, lead: float) -> None:
        """Go on for so many seconds, with the break behind, on or at the end of the way."""
        self.go(0.0, self.lasts + lead, self.opens - lead, self.closes)

    def ask(self, how: int, at: int) -> None:
        """Remember the trip, with the break taken so, behind so many stops, if it holds, suits the van's others and is
        shorter than what was found so far."""
        if not self.holds or (self.how != LOST and self.way >= self.span):
            return
        early, late, ready, due = self.first, self.last, self.ready, self.due
        if how == EARLIER:
            late = min(late, self.closes - self.way)
            if self.gap and not self.rested:
                due -= self.lasts
        elif how == LATER:
            early = max(early, self.opens + self.lasts)
            if self.led and not self.rested:
                ready = max(ready, self.opens) + self.lasts
        elif self.rested or self.later:
            return
        begin = max(ready, self.release)
        if early > late or begin > late or max(begin, early) + self.way > due:
            return
        self.how, self.at, self.span, self.early, self.late = how, at, self.way, early, late

    def look_back(self, metric: Metric, i: int, end: int) -> None:
        """Work out `pre` from the begin of a trip to its end."""
        self.pre[i, 0] = -1.0
        while i != end:
            j = self.next[i]
            leg = metric.duration(self.place[i], self.place[j], self.step[j])
            self.start(self.pre_span[i], self.pre_early[i], self.pre_late[i])
            self.rest(leg)
            self.go(0.0, self.service[j], self.begins[j], self.ends[j])
            self.pre[j, 0] = -1.0
            if self.holds:
                self.pre[j, 0], self.pre[j, 1], self.pre[j, 2] = self.way, self.first, self.last
            self.start(self.pre[i, 0], self.pre[i, 1], self.pre[i, 2])
            self.go(leg, self.service[j], self.begins[j], self.ends[j])
            if self.holds and (
                self.pre[j, 0] < 0.0 or self.first + self.way < self.pre[j, 1] + self.pre[j, 0]
            ):
                self.pre[j, 0], self.pre[j, 1], self.pre[j, 2] = self.way, self.first, self.last
            i = j

    def look_ahead(self, metric: Metric, start: int, j: int) -> None:
        """Work out `post` from the end of a trip to its begin."""
        self.post[j, 0] = -1.0
        while j != start:
            i = self.prev[j]
            leg = metric.duration(self.place[i], self.place[j], self.step[j])
            self.start(self.service[i], self.begins[i], self.ends[i])
            self.rest(leg)
            self.go(0.0, self.post_span[j], self.post_early[j], self.post_late[j])
            self.post[i, 0] = -1.0
            if self.holds:
                self.post[i, 0], self.post[i, 1], self.post[i, 2] = self.way, self.first, self.last
            self.start(self.service[i], self.begins[i], self.ends[i])
            self.go(leg, self.post[j, 0], self.post[j, 1], self.post[j, 2])
            if self.holds and (self.post[i, 0] < 0.0 or self.last > self.post[i, 2]):
                self.post[i, 0], self.post[i, 1], self.post[i, 2] = self.way, self.first, self.last
            j = i

    def decide(self, metric: Metric, i: int, end: int) -> None:
        """Ask for every place of the break in a trip as it is."""
        self.start(self.pre_span[end], self.pre_early[end], self.pre_late[end])
        self.ask(EARLIER, -1)
        self.ask(LATER, -1)
        at = 0
        while i != end:
            j = self.next[i]
            self.start(self.pre_span[i], self.pre_early[i], self.pre_late[i])
            self.rest(metric.duration(self.place[i], self.place[j], self.step[j]))
            self.go(0.0, self.post_span[j], self.post_early[j], self.post_late[j])
            self.ask(WITHIN, at)
            i = j
            at += 1
