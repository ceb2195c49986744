# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# cython: infer_types=True, annotation_typing=False
"""Fairness between drivers: what vans are out longer than the mean of those that are out has a price.

The sum moves with the mean, and so with every trip of every van. It is worked out exactly before a plan is accepted, in
a time that grows with the number of vans; while stops are put in, what each place does to it is reckoned from the mean
and from how many were above it when the iteration began (`look`): to the first order, in a time that doesn't grow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fleet.planner.kernels.routes import Routes


def hours(routes: Routes, van: int) -> float:
    """How long a van is out on all of its trips (s)."""
    lasts, trip = 0.0, routes.head[van]
    while trip >= 0:
        lasts += routes.span[trip]
        trip = routes.after[trip]
    return lasts


def look(routes: Routes) -> None:
    """Find out how many vans are out, how long on average (s), and which share of them is out longer than that."""
    lasts, above = 0.0, 0.0
    routes.out = 0
    for van in range(routes.head.shape[0]):
        if routes.head[van] >= 0:
            routes.out += 1
            lasts += hours(routes, van)
    routes.mean = lasts / max(routes.out, 1)
    for van in range(routes.head.shape[0]):
        if routes.head[van] >= 0 and hours(routes, van) > routes.mean:
            above += 1.0
    routes.above = above / max(routes.out, 1)


def longer(routes: Routes, van: int, more: float) -> float:
    """About what it costs that a van is out for so much longer (s): it may be above the mean then, which rises."""
    if routes.out == 0:
        return 0.0
    was = hours(routes, van) - routes.mean
    now = was + more
    price = routes.unfair * routes.counts
    return price * ((now if now > 0.0 else 0.0) - (was if was > 0.0 else 0.0) - routes.above * more)


def one_more(routes: Routes, lasts: float) -> float:
    """About what it costs that one more van is out, for so long (s): the mean moves towards that."""
    if routes.out == 0:
        return 0.0
    apart = lasts - routes.mean
    moved = apart / (routes.out + 1)
    price = routes.unfair * routes.counts
    return price * ((apart - moved if apart > 0.0 else 0.0) - routes.above * routes.out * moved)


def uneven(routes: Routes, first: int, first_s: float, second: int, second_s: float) -> float:
    """What all that vans are out longer than the mean costs, by the whole price, if two of them (-1: no other than are)
    were out for so long (s; below 0: not at all)."""
    total, out, above = 0.0, 0, 0.0
    for van in range(routes.head.shape[0]):
        lasts = _lasts(routes, van, first, first_s, second, second_s)
        if lasts >= 0.0:
            out += 1
            total += lasts
    if out == 0:
        return 0.0
    mean = total / out
    for van in range(routes.head.shape[0]):
        lasts = _lasts(routes, van, first, first_s, second, second_s)
        if lasts > mean:
            above += lasts - mean
    return routes.unfair * above


def _lasts(routes: Routes, van: int, first: int, first_s: float, second: int, second_s: float) -> float:
    if van == first:
        return first_s
    if van == second:
        return second_s
    return hours(routes, van) if routes.head[van] >= 0 else -1.0


def weigh_hours(routes: Routes) -> None:
    """Let the cost hold what is uneven at present, in place of what was."""
    now = uneven(routes, -1, 0.0, -1, 0.0)
    routes.cost += routes.counts * (now - routes.uneven)
    routes.uneven = now
