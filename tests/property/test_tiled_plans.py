"""Any city that is planned in tiles, of any size and with any number of iterations, has a plan that holds."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.harness.cityjudge import cost, faults
from fleet.planner import tiled
from fleet.planner.routing import Iterations
from fleet.planner.tiled import plan_city
from tests.support.cities import random_city


@given(
    seed=st.integers(0, 10**6).map(lambda number: 4 * number + 1),  # every fourth has looked-up legs
    parcels=st.integers(2, 50),
    lockers=st.integers(0, 5),
    groups=st.integers(0, 5),
    size=st.integers(1, 20),
    chunks=st.integers(0, 20),
)
def test_plans_in_tiles_hold(
    seed: int, parcels: int, lockers: int, groups: int, size: int, chunks: int
) -> None:
    """By a judge that shares no code with the search, and at the cost that is said."""
    city = random_city(seed, parcels, lockers=lockers, groups=groups)
    with patch.multiple(tiled, AT_ONCE=1, SIZE=size, FIRST_SIZE=size):
        found = plan_city(city, seed=seed, budget=Iterations(200 * chunks))
    assert found.troubles == ()
    assert faults(city, found) == []
    assert found.cost == pytest.approx(cost(city, found), rel=1e-9)
    assert found.iterations == 200 * chunks
