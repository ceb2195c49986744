"""What one peer may ask: how windows count, and how old what is known of a flooding asset may get."""

from __future__ import annotations

from itertools import pairwise

import pytest

from fleet.hub.security.limits import DEFAULTS, Limits


@pytest.mark.parametrize("per_s", [1, 90, 150, 1000, 20_000])
def test_of_a_flood_of_telemetry_something_is_known_each_second(per_s: int) -> None:
    """However fast an asset sends: never more than twice the limit, and no second passes of which nothing is taken."""
    window = Limits().telemetry
    taken = [n / per_s for n in range(10 * per_s) if window.takes(b"route", n / per_s)]
    gaps = [later - earlier for earlier, later in pairwise(taken)]
    assert max(gaps) <= 1 + 1e-9
    assert len(taken) <= 2 * 10 * DEFAULTS.telemetry_per_s
    if per_s <= DEFAULTS.telemetry_per_s:
        assert len(taken) == 10 * per_s


def test_one_that_floods_takes_nothing_from_another() -> None:
    window = Limits().telemetry
    for n in range(10 * DEFAULTS.telemetry_per_s):
        window.takes(b"one", n / 10_000)
    assert window.takes(b"other", 0.1)
