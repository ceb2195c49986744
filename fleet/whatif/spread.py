"""How figures are spread over days, and how two fleets differ: estimates, each with what it may be off.

Intervals hold at 95 %. That of a mean is Student's; those of quantiles follow from order statistics alone and hold for
any distribution (David and Nagaraja, Order Statistics, 7.1): where there are too few days for one, its end is open.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import fmean, stdev
from typing import Final

CONFIDENCE: Final = 0.95
TAIL: Final = 0.05
"""The outer quantiles are this one and the one as far from the other end."""

LEAST_FOR_TAILS: Final = round(1 / TAIL)
"""With fewer days nothing lies outside the outer quantiles: they would be the least and the greatest."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A range of values; an end that is none is open."""

    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with the interval in which the true one lies, at 95 %."""

    value: float
    within: Interval


@dataclass(frozen=True, slots=True)
class Spread:
    """How a figure is spread over ``days``. ``p5`` and ``p95`` are none with too few days to tell."""

    days: int
    mean: Estimate
    sd: float | None
    least: float
    median: Estimate
    greatest: float
    p5: Estimate | None
    p95: Estimate | None


@dataclass(frozen=True, slots=True)
class Difference:
    """How the second of two figures differs from the first on the same ``days``.

    ``lower`` and ``higher`` are on how many of them it was so. ``pairing`` is how many times as many days it would have
    taken to be as sure with days of their own for each (none where that can't be said). ``days_needed``: how many days
    it would take to tell a difference of this size apart from chance (none where there is none, or where it would take
    more than ``MOST_DAYS``).
    """

    days: int
    mean: Estimate
    lower: int
    higher: int
    pairing: float | None
    days_needed: int | None

    @property
    def told_apart(self) -> bool:
        """Whether it is told apart from chance: nothing of its interval lies on the other side of zero."""
        low, high = self.mean.within.low, self.mean.within.high
        return low is not None and high is not None and (low > 0 or high < 0)


def spread(values: Sequence[float]) -> Spread | None:
    """How the values are spread; none for no values."""
    if not values:
        return None
    ordered, tails = sorted(values), len(values) >= LEAST_FOR_TAILS
    return Spread(
        days=len(values),
        mean=mean(values),
        sd=stdev(values) if len(values) > 1 else None,
        least=ordered[0],
        median=quantile(ordered, 0.5),
        greatest=ordered[-1],
        p5=quantile(ordered, TAIL) if tails else None,
        p95=quantile(ordered, 1 - TAIL) if tails else None,
    )


def mean(values: Sequence[float]) -> Estimate:
    """The mean with Student's interval; open at both ends for a single value."""
    middle = fmean(values)
    if len(values) < 2:
        return Estimate(middle, Interval(None, None))
    off = student(len(values) - 1) * stdev(values) / math.sqrt(len(values))
    return Estimate(middle, Interval(middle - off, middle + off))


def quantile(ordered: Sequence[float], share: float) -> Estimate:
    """A quantile of sorted values, interpolated between them, within the order statistics that hold it at 95 %."""
    at = share * (len(ordered) - 1)
    below = math.floor(at)
    above = min(below + 1, len(ordered) - 1)
    value = ordered[below] + (at - below) * (ordered[above] - ordered[below])
    low, high = _ranks(len(ordered), share)
    return Estimate(
        value, Interval(None if low is None else ordered[low], None if high is None else ordered[high])
    )


@lru_cache(maxsize=64)
def _ranks(count: int, share: float) -> tuple[int | None, int | None]:
    """Places in the order between which the quantile lies at 95 %, half the rest on each side; none where even the
    outermost value is not far enough out."""
    most = (1 - CONFIDENCE) / 2
    below, low, high = 0.0, None, None
    for number in range(count):
        # So many of the values lie below the quantile, at this probability.
        below += _binomial(count, number, share)
        if below <= most:
            low = number
        if high is None and below >= 1 - most:
            high = number
    return low, high


def _binomial(count: int, number: int, share: float) -> float:
    choices = math.lgamma(count + 1) - math.lgamma(number + 1) - math.lgamma(count - number + 1)
    return math.exp(choices + number * math.log(share) + (count - number) * math.log1p(-share))


def difference(first: Sequence[float], second: Sequence[float]) -> Difference | None:
    """How the second figures differ from the first, day by day; none for no days."""
    if not first:
        return None
    gaps = [b - a for a, b in zip(first, second, strict=True)]
    return Difference(
        days=len(gaps),
        mean=mean(gaps),
        lower=sum(gap < 0 for gap in gaps),
        higher=sum(gap > 0 for gap in gaps),
        pairing=_pairing(first, second, gaps),
        days_needed=_days_needed(gaps),
    )


def _pairing(first: Sequence[float], second: Sequence[float], gaps: Sequence[float]) -> float | None:
    if len(gaps) < 2 or stdev(gaps) == 0:
        return None
    return (stdev(first) ** 2 + stdev(second) ** 2) / stdev(gaps) ** 2


def _days_needed(gaps: Sequence[float]) -> int | None:
    """As many days as make the interval of this spread narrower than this mean, by the normal distribution; none where
    these would be more than ``MOST_DAYS``."""
    if len(gaps) < 2:
        return None
    middle, spread = abs(fmean(gaps)), NORMAL * stdev(gaps)
    # A mean of nothing but rounding is told from nothing by no number of days.
    return max(2, math.ceil((spread / middle) ** 2)) if spread < middle * math.sqrt(MOST_DAYS) else None


MOST_DAYS: Final = 10_000
"""A difference that takes more days to be told, 27 years of them, is none that anybody will see."""


NORMAL: Final = 1.959963984540054
"""Student's quantile for endless degrees of freedom."""


@lru_cache(maxsize=256)
def student(freedom: int) -> float:
    """The quantile of Student's distribution that 95 % lie within on both sides, by bisection."""
    low, high = NORMAL, 13.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, freedom) < CONFIDENCE else (low, middle)
    return high


def _within(t: float, freedom: int) -> float:
    """The share of Student's distribution between -t and t (Abramowitz and Stegun, 26.7.3 and 26.7.4)."""
    angle = math.atan(t / math.sqrt(freedom))
    cosine = math.cos(angle)
    odd = freedom % 2 == 1
    term = total = (cosine if freedom > 1 else 0.0) if odd else 1.0
    for number in range(3 if odd else 2, freedom - 1, 2):
        term *= cosine * cosine * (number - 1) / number
        total += term
    if odd:
        return 2 / math.pi * (angle + math.sin(angle) * total)
    return math.sin(angle) * total
