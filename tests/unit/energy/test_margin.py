"""Margins, and the tests under way."""

import math
from itertools import pairwise
from statistics import NormalDist

import numpy as np
import pytest

from fleet.energy import catalog
from fleet.energy.airframe import Residual
from fleet.energy.errors import InvalidInput
from fleet.energy.margin import (
    asked_for,
    corrected_remaining,
    margin_fraction,
    student_t,
)


@pytest.mark.parametrize(("epsilon", "margin"), [(1e-3, 0.106), (1e-4, 0.132)])
def test_published_margins(epsilon: float, margin: float) -> None:
    """10.6 % and 13.2 %, to the digit that is published."""
    residual = catalog.airframe("dji-matrice-100").residual
    assert round(margin_fraction(epsilon, residual), 3) == margin


@pytest.mark.parametrize(
    ("normal", "freedom", "t"),
    # Tables of Student's t: 0.999 at 67 and 10 degrees of freedom, 0.975 at 20.
    [(3.0902, 67, 3.2164), (3.0902, 10, 4.1437), (1.959964, 20, 2.0860)],
)
def test_student_t(normal: float, freedom: int, t: float) -> None:
    """Published quantiles."""
    assert student_t(normal, freedom) == pytest.approx(t, rel=5e-3)


def test_margin_widens_with_fewer_flights_and_most_without_any() -> None:
    """What is known less well gets more."""
    few, many = (margin_fraction(1e-3, Residual(log_sd=0.03, flights=n)) for n in (10, 1000))
    assert many < few < margin_fraction(1e-3, None)
    # The truth is 1.5 times what an uncalibrated model says, before any spread.
    assert margin_fraction(0.5, None) == pytest.approx(0.5)


def test_correction_is_shrunken_and_waits_for_a_quarter_of_the_cruise() -> None:
    """k = 1.2: k^0.3 = 1.0562."""
    assert corrected_remaining(100, 60, 50, 0.24) == 100
    assert corrected_remaining(100, 60, 50, 0.25) == pytest.approx(105.62, abs=0.01)
    assert corrected_remaining(100, 40, 50, 0.5) < 100


def test_what_no_error_of_the_model_explains_counts_in_full() -> None:
    """With a margin of a tenth, a use of 1.3 times as much: 1.1^0.3 of it is the model's, 1.3/1.1 the aircraft's. Up to
    the margin nothing changes, and there is no step at it."""
    assert corrected_remaining(100, 65, 50, 0.5, 0.1) == pytest.approx(100 * 1.1**0.3 * 1.3 / 1.1)
    assert corrected_remaining(100, 54, 50, 0.5, 0.1) == corrected_remaining(100, 54, 50, 0.5)
    just_below, just_above = (corrected_remaining(100, 50 * k, 50, 0.5, 0.1) for k in (1.0999, 1.1001))
    assert 0 < just_above - just_below < 0.03
    assert corrected_remaining(100, 65, 50, 0.24, 0.1) == 100


def test_meter_that_shows_no_use_is_refused() -> None:
    """A frozen value must not shrink the remainder to nothing."""
    with pytest.raises(InvalidInput, match="used_wh"):
        corrected_remaining(100, 0, 50, 0.5)


def test_what_a_flight_asks_for_beside_its_margin() -> None:
    """Nothing while it goes as its margin allows for; little up to the end of that; and beyond in full."""
    for ratio in (-1.0, 0.0, 0.5, 1.0, 1.05, 1.079):
        assert asked_for(ratio, 0.106) == 1.0
    assert asked_for(1.106, 0.106) == pytest.approx(1.106**0.3 * 1.106 ** (4.9 / 6.4 - 1), rel=1e-12)
    assert 1.006 < asked_for(1.106, 0.106) < 1.008
    assert asked_for(1.106 * 1.3, 0.106) == pytest.approx(1.3 * asked_for(1.106, 0.106), rel=1e-12)
    ratios = [asked_for(one / 1000, 0.106) for one in range(900, 1600)]
    assert ratios == sorted(ratios)
    assert max(b - a for a, b in pairwise(ratios)) < 0.0012


def test_with_what_was_measured_the_rest_takes_more_as_seldom_as_was_accepted() -> None:
    """Two million drawn flights whose start and rest go together as published: of those that have taken more so far
    than most, no more go beyond what is asked of them than `epsilon`; without it several times as many."""
    rng, epsilon = np.random.default_rng(5), 1e-2
    sd_used, sd_left, together = 0.07, 0.033, 0.41**0.5
    used = rng.standard_normal(2_000_000)
    left = together * used + (1 - together**2) ** 0.5 * rng.standard_normal(used.size)
    margin = math.exp(NormalDist().inv_cdf(1 - epsilon) * sd_left) - 1
    late = used * sd_used > 0.6 * math.log1p(margin)
    ratios, rest = np.exp(used[late] * sd_used), np.exp(left[late] * sd_left)
    asked = np.array([asked_for(ratio, margin) for ratio in ratios.tolist()])
    beyond = np.mean(rest > (1 + margin) * asked)
    assert beyond < 1.2 * epsilon
    assert np.mean(rest > 1 + margin) > 2.0 * epsilon


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda: margin_fraction(0, None), "epsilon"),
        (lambda: margin_fraction(math.nan, None), "epsilon"),
        (lambda: corrected_remaining(math.nan, 1, 1, 0.5), "remaining_wh"),
        (lambda: corrected_remaining(1, 1, 1, 1.5), "cruise_flown"),
        (lambda: asked_for(math.nan, 0.1), "ratio"),
        (lambda: asked_for(math.inf, 0.1), "ratio"),
        (lambda: asked_for(1.0, -0.1), "margin"),
        (lambda: asked_for(1.0, math.nan), "margin"),
    ],
)
def test_bad_numbers_name_their_field(call: object, field: str) -> None:
    """No margin, test or correction is made from a number that is none."""
    assert callable(call)
    with pytest.raises(InvalidInput) as caught:
        call()
    assert caught.value.field == field
