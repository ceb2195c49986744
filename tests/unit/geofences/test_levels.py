"""The cheapest of the permitted heights, held against every metre of them."""

import math
from random import Random
from typing import Any

import pytest

from geofences import (
    AtHeight,
    Interval,
    NoPath,
    NoPathWhy,
    PathError,
    Zone,
    ZoneSet,
    path_around,
    path_at_best_height,
)
from tests.support.tautstring import length_m
from tests.unit.geofences.make import NOON, SEA, amsl, circle, place, zone

START, GOAL = place(-1000, 0), place(1000, 0)


PERMITTED = Interval(50.0, 120.0)


def best(zones: list[Zone], permitted: Interval = PERMITTED, **options: Any) -> AtHeight | NoPath:
    """From 1 km to the west to 1 km to the east, best 60 m up."""
    given: dict[str, Any] = {"preferred_m": 60.0, "stop": lambda: False, **options}
    return path_at_best_height(
        ZoneSet(zones), START, GOAL, permitted, at=NOON, margin_m=20.0, terrain=SEA, **given
    )


def test_over_what_is_low_and_around_what_is_high() -> None:
    """By what a metre of height is said to cost."""
    low = [zone(circle(0, 0, 400), upper=amsl(70))]
    over, around = best(low, climb_weight=1.0), best(low, climb_weight=100.0)
    assert isinstance(over, AtHeight)
    assert isinstance(around, AtHeight)
    assert (round(over.alt_amsl_m, 1), len(over.path)) == (70.1, 2)
    assert around.alt_amsl_m == 60.0
    assert len(around.path) > 2


@pytest.mark.parametrize("seed", range(6))
def test_no_height_is_cheaper(seed: int) -> None:
    """Every metre of the permitted heights is tried."""
    rng = Random(seed)
    zones = [
        zone(
            circle(rng.uniform(-700, 700), rng.uniform(-300, 300), rng.uniform(50, 200)),
            lower=amsl(low := rng.uniform(0, 100)),
            upper=amsl(low + rng.uniform(5, 60)),
        )
        for _ in range(8)
    ]
    found = best(zones, climb_weight=1.5, vertical_margin_m=5.0)
    assert isinstance(found, AtHeight)
    for alt in range(50, 121):
        path = path_around(
            ZoneSet(zones), START, GOAL, alt, NOON, 20.0, SEA, lambda: False, vertical_margin_m=5.0
        )
        if not isinstance(path, NoPath):
            assert found.cost_m <= length_m(path) + 1.5 * abs(alt - 60.0) + 0.01


def test_none_of_the_heights_may_do() -> None:
    """Then the preferred one says why; a search that is stopped says so."""
    blocked = best([zone(circle(-1000, 0, 50), zone_id="C")])
    assert blocked == NoPath(NoPathWhy.START_BLOCKED, ("C",))
    assert best([], stop=lambda: True) == NoPath(NoPathWhy.STOPPED)


@pytest.mark.parametrize(
    "permitted",
    [Interval(120.0, 50.0), Interval(70.0, 120.0), Interval(50.0, math.nan), Interval(50.0, math.inf)],
)
def test_heights_that_are_none_are_refused(permitted: Interval) -> None:
    """Empty, without the preferred one, without end."""
    with pytest.raises(PathError, match="low <= preferred <= high"):
        best([], permitted)


def test_bad_ends_are_refused() -> None:
    """A number that is none, anywhere."""
    with pytest.raises(PathError):
        path_around(ZoneSet([]), (math.nan, 0.0), GOAL, 60.0, NOON, 20.0, SEA, lambda: False)
    with pytest.raises(ValueError, match="margins"):
        path_around(ZoneSet([]), START, GOAL, 60.0, NOON, 20_000.0, SEA, lambda: False)
    assert path_around(ZoneSet([]), START, START, 60.0, NOON, 20.0, SEA, lambda: False) == [START, START]
