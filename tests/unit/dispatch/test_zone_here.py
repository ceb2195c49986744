"""A sample is asked about by a watch that is ready for it, and the answer is the one of the exact check."""

from __future__ import annotations

import random
from typing import Any

import pytest

from fleet.dispatch.monitor import zonechecks
from fleet.dispatch.monitor.track import EARTH_M_PER_DEG
from fleet.dispatch.monitor.zonechecks import zone_here
from fleet.protocol.messages import Telemetry
from geofences import Waypoint, check_point
from tests.support.bench import DAY, Bench, Peer
from tests.unit.dispatch.test_monitor import block, close_area, guard_of, out, sample

__all__ = ["out"]


def random_sample(bench: Bench, rng: random.Random) -> Telemetry:
    """Somewhere around the way out, at any height."""
    guard = guard_of(bench)
    assert guard.out is not None
    a, b = rng.choice(guard.out.path), rng.choice(guard.out.path)
    share, spread = rng.random(), 6 * guard.sortie.corridor_m / EARTH_M_PER_DEG
    return sample(
        bench,
        lon=a.lon + share * (b.lon - a.lon) + rng.uniform(-spread, spread),
        lat=a.lat + share * (b.lat - a.lat) + rng.uniform(-spread, spread),
        alt_amsl_m=rng.uniform(-20, 400),
    )


@pytest.mark.parametrize("seed", range(4))
def test_it_finds_what_the_exact_check_finds(out: tuple[Bench, Peer], seed: int) -> None:
    """A block lies at its way; inside of it it is found, and nowhere else."""
    bench, _ = out
    rng, found = random.Random(seed), []
    middle, side = random_sample(bench, rng), rng.uniform(0.001, 0.003)
    close_area(bench, block(middle.lon - side / 2, middle.lat - side / 2, side))
    guard = guard_of(bench)
    for one in (random_sample(bench, rng) for _ in range(150)):
        assert one.alt_amsl_m is not None
        at = Waypoint(one.lon, one.lat, one.alt_amsl_m, DAY)
        exact = check_point(guard.context.airspace, at, guard.context.terrain, held=guard.context.held)
        assert (zone_here(guard, one, DAY) is None) == exact.is_clear
        found.append(exact.is_clear)
    assert any(found)
    assert not all(found)


def test_a_sample_in_the_clear_is_not_looked_at_twice(
    out: tuple[Bench, Peer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exact check, which takes a hundred times longer, only says which zone it is."""
    bench, _ = out
    close_area(bench, block(-8.0055, 41.005))

    def looked_up(*args: Any, **_kw: Any) -> Any:
        raise AssertionError("looked up")

    monkeypatch.setattr(zonechecks, "check_point", looked_up)
    guard = guard_of(bench)
    assert zone_here(guard, sample(bench, north_m=-400.0), DAY) is None
    with pytest.raises(AssertionError, match="looked up"):
        zone_here(guard, sample(bench, lon=-8.005, lat=41.0055), DAY)
