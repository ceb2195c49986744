"""Means, quantiles and differences, against tables, counting and known distributions."""

from __future__ import annotations

import random
from statistics import fmean, variance

import pytest

from fleet.whatif.spread import difference, mean, quantile, spread, student

T_TABLE = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 9: 2.262, 10: 2.228, 29: 2.045, 30: 2.042, 120: 1.980}
"""Two-sided 95 %, from a printed table of Student's distribution."""


@pytest.mark.parametrize(("freedom", "t"), T_TABLE.items())
def test_students_quantile_is_that_of_the_table(freedom: int, t: float) -> None:
    """For odd and even degrees of freedom, which have formulas of their own."""
    assert student(freedom) == pytest.approx(t, abs=6e-4)


def test_the_mean_of_five_days_by_hand() -> None:
    """1 to 5: mean 3, deviation sqrt(2.5), so 2.776 * sqrt(2.5 / 5) to each side."""
    found = mean([5.0, 1.0, 4.0, 2.0, 3.0])
    assert found.value == 3
    assert found.within.low == pytest.approx(3 - 2.776 * 0.5**0.5, abs=1e-3)
    assert found.within.high == pytest.approx(3 + 2.776 * 0.5**0.5, abs=1e-3)


def test_one_day_tells_nothing_of_others() -> None:
    """Its interval is open at both ends."""
    assert (mean([7.0]).within.low, mean([7.0]).within.high) == (None, None)
    assert spread([]) is None


def test_the_median_of_twenty_days_lies_between_the_sixth_and_the_fifteenth() -> None:
    """The printed table of the sign test's interval."""
    found = quantile([float(n) for n in range(1, 21)], 0.5)
    assert (found.value, found.within.low, found.within.high) == (10.5, 6.0, 15.0)


def test_outer_quantiles_say_what_they_can() -> None:
    """Nothing with fewer than 20 days; an open end up to 71, since 0.95^71 is above 2.5 %, closed from 72 on."""

    def told(count: int) -> list[float | None]:
        found = spread([float(n) for n in range(count)])
        assert found is not None
        return [] if found.p95 is None else [found.p95.within.low, found.p95.within.high]

    assert told(19) == []
    assert told(71)[1] is None
    assert told(72)[1] == 71
    assert told(20)[1] is None


def test_intervals_hold_as_often_as_they_say() -> None:
    """Of a skewed distribution whose quantiles are known: at least 95 %, less what 1500 tries may be off."""
    rng, tries, held = random.Random(5), 1500, {"median": 0, "p95": 0}
    for _ in range(tries):
        found = spread([rng.expovariate(1.0) for _ in range(80)])
        assert found is not None
        assert found.p95 is not None
        for name, one, true in (("median", found.median, 0.6931), ("p95", found.p95, 2.9957)):
            low, high = one.within.low, one.within.high
            held[name] += (low is None or low <= true) and (high is None or true <= high)
    assert min(held.values()) / tries > 0.935


def test_a_difference_is_told_apart_only_where_its_interval_leaves_out_zero() -> None:
    """The same shift, on days that differ little between the fleets and on days that differ much."""
    days = [100.0, 140.0, 90.0, 120.0, 160.0]
    clear = difference(days, [day - 5 + off for day, off in zip(days, (1, -1, 0, 1, -1), strict=True)])
    vague = difference(days, [day - 5 + off for day, off in zip(days, (30, -30, 0, 30, -30), strict=True)])
    assert clear is not None
    assert vague is not None
    assert clear.told_apart
    assert (clear.mean.value, clear.lower, clear.higher) == (-5.0, 5, 0)
    assert not vague.told_apart
    # 1.96² * 900 / 25 days: with its spread of 30 it takes so many for a difference of 5.
    assert vague.days_needed == 139


@pytest.mark.parametrize(
    ("off", "days"),
    [([1e-15, 0.0], None), ([1.0, -1.0, 0.05], None), ([1.0, -1.0, 0.1], 3469), ([1.0, -1.0], None)],
)
def test_a_difference_that_is_rounding_takes_no_number_of_days(off: list[float], days: int | None) -> None:
    """Two days that go up and down by the same, up to the last bit, would take more of them than the world has."""
    gaps = off if len(off) > 2 or off[0] == 1.0 else [5.0 + off[0], -5.0]
    found = difference([100.0] * len(gaps), [100.0 + gap for gap in gaps])
    assert found is not None
    assert found.days_needed == days


def test_pairing_is_what_it_saves() -> None:
    """As many times the days as both variances are of the variance of the differences."""
    rng = random.Random(2)
    days = [rng.gauss(100, 20) for _ in range(30)]
    other = [day - 3 + rng.gauss(0, 2) for day in days]
    found = difference(days, other)
    assert found is not None
    gaps = [b - a for a, b in zip(days, other, strict=True)]
    assert found.pairing == pytest.approx((variance(days) + variance(other)) / variance(gaps))
    assert found.pairing is not None
    assert found.pairing > 50
    assert found.mean.value == pytest.approx(fmean(gaps))
    assert found.told_apart


def test_what_never_differs_is_not_told_apart() -> None:
    """Nor is it said how many days it would take."""
    found = difference([1.0, 2.0], [1.0, 2.0])
    assert found is not None
    assert (found.told_apart, found.lower, found.higher, found.days_needed) == (False, 0, 0, None)
