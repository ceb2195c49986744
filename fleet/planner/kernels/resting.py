# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# cython: infer_types=True, annotation_typing=False
"""Whether a changed trip still has room for the driver's break, and how long it lasts with it.

Asked are the place where the break is over earliest up to the change, the one where it may begin latest behind it, and
both ways of the change itself: so the answer takes as long for a long trip as for a short one. What is said to fit
does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

try:
    import cython
except ImportError:  # it is needed to compile this file, not to run it
    from geofences.kernels import uncompiled as cython

if not cython.compiled:
    from fleet.planner.kernels.breaks import EARLIER, LATER, LOST, WITHIN

if TYPE_CHECKING:
    from fleet.planner.kernels.routes import Routes

NOT, BACK, FIRST, SECOND, AHEAD = 0, 1, 2, 3, 4
"""Where the break is taken: not on the trip; before what changes; on the way there; on the way from there; behind."""


def fits(routes: Routes, i: int, node: int, j: int, there: float, on: float, service: float) -> bool:
    """Whether a trip holds that goes up to node `i` as it does, in so many seconds `there` to a stop, and in so many
    `on` from it to `j` and from that as it does; without a stop (-1) `there` leads to `j`. `routes.choice`, which was
    told of the van, knows the times then."""
    for where in range(5):
        if where == SECOND and node < 0:
            continue
        if where == BACK:
            routes.choice.start(routes.choice.pre[i, 0], routes.choice.pre[i, 1], routes.choice.pre[i, 2])
        else:
            routes.choice.start(routes.pre_span[i], routes.pre_early[i], routes.pre_late[i])
        _past(routes, where, node, there, on, service)
        if where == AHEAD:
            routes.choice.go(
                0.0, routes.choice.post[j, 0], routes.choice.post[j, 1], routes.choice.post[j, 2]
            )
        else:
            routes.choice.go(0.0, routes.post_span[j], routes.post_early[j], routes.post_late[j])
        _ask(routes, where)
    return routes.choice.how != LOST


def fits_alone(routes: Routes, van: int, node: int, there: float, on: float, service: float) -> bool:
    """As `fits`, of a trip of a van with this stop alone."""
    kind = routes.van_type[van]
    opens, closes = routes.vans.opens[kind], routes.vans.closes[kind]
    for where in range(4):
        if where != BACK:
            routes.choice.start(0.0, max(opens, routes.leaves[van]), closes)
            _past(routes, where, node, there, on, service)
            routes.choice.go(0.0, 0.0, opens, closes)
            _ask(routes, where)
    return routes.choice.how != LOST


def _past(routes: Routes, where: int, node: int, there: float, on: float, service: float) -> None:
    """Go past the stop, with the break on the way to or from it."""
    if where == FIRST:
        routes.choice.rest(there)
    else:
        routes.choice.go(there, 0.0, -1e300, 1e300)
    if node < 0:
        return
    routes.choice.go(0.0, service, routes.opens[node], routes.closes[node])
    if where == SECOND:
        routes.choice.rest(on)
    else:
        routes.choice.go(on, 0.0, -1e300, 1e300)


def _ask(routes: Routes, where: int) -> None:
    """Remember the trip, if it is the best so far."""
    if where == NOT:
        routes.choice.ask(EARLIER, -1)
        routes.choice.ask(LATER, -1)
    else:
        routes.choice.ask(WITHIN, -1)


def ask_between(routes: Routes, van: int, behind: int, release: float) -> None:
    """Let `routes.choice` know of a new trip of a van, behind another or before all of them."""
    kind = routes.van_type[van]
    following = routes.head[van] if behind < 0 else routes.after[behind]
    routes.choice.how, routes.choice.lasts, routes.choice.release = LOST, routes.vans.break_s[kind], release
    routes.choice.opens, routes.choice.closes = routes.vans.break_opens[kind], routes.vans.break_closes[kind]
    routes.choice.ready, routes.choice.due, routes.choice.rested, routes.choice.later = (
        -1e300,
        1e300,
        False,
        False,
    )
    routes.choice.led, routes.choice.gap = behind >= 0, False
    if behind >= 0:
        rests = routes.how[behind] == WITHIN or routes.how[behind] == LATER
        routes.choice.rested = routes.rested[behind] != 0 or rests
        routes.choice.ready = routes.over(behind)
    if following >= 0:
        routes.choice.later = routes.rests_later[following] != 0 or routes.how[following] == WITHIN
        routes.choice.gap, routes.choice.due = routes.how[following] == LATER, routes.latest(following)
