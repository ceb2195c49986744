"""The strip along a flight that the monitor knows to be free spares the exact check, and never differs from it."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from fleet.dispatch.monitor import checks
from fleet.dispatch.monitor.checks import zone_here
from fleet.dispatch.monitor.guard import FREE_TIMES, Guard
from fleet.dispatch.monitor.track import EARTH_M_PER_DEG
from fleet.protocol.messages import Telemetry
from tests.support.bench import DAY, Bench, Peer
from tests.unit.dispatch.test_monitor import block, close_area, guard_of, out, sample

__all__ = ["out"]


def beside(bench: Bench, metres: float) -> float:
    """The southern edge, in degrees, of something so far north of the launch site."""
    guard = guard_of(bench)
    assert guard.out is not None
    north = max(p.lat for p in guard.out.path)
    return north + metres / EARTH_M_PER_DEG


@pytest.mark.parametrize(("beyond", "times"), [(1.0, FREE_TIMES[0]), (-0.8, FREE_TIMES[1])])
def test_the_strip_is_as_wide_as_there_is_nothing(
    out: tuple[Bench, Peer], beyond: float, times: float
) -> None:
    """A block just outside the wide strip leaves it, one inside leaves the narrow one."""
    bench, _ = out
    corridor_m = guard_of(bench).corridor_m
    close_area(bench, block(-8.02, beside(bench, (FREE_TIMES[0] + beyond) * corridor_m + 2), 0.02))
    assert guard_of(bench).free_m == times * corridor_m


def test_no_strip_where_a_zone_is_at_its_way(out: tuple[Bench, Peer]) -> None:
    bench, _ = out
    close_area(bench, block(-8.0055, 41.005))
    assert guard_of(bench).free_m is None


def random_sample(bench: Bench, rng: random.Random) -> Telemetry:
    """Somewhere around the way out, at any height."""
    guard = guard_of(bench)
    assert guard.out is not None
    a, b = rng.choice(guard.out.path), rng.choice(guard.out.path)
    share, spread = rng.random(), 6 * guard.corridor_m / EARTH_M_PER_DEG
    return sample(
        bench,
        lon=a.lon + share * (b.lon - a.lon) + rng.uniform(-spread, spread),
        lat=a.lat + share * (b.lat - a.lat) + rng.uniform(-spread, spread),
        alt_amsl_m=rng.uniform(-20, 400),
    )


@pytest.mark.parametrize("seed", range(6))
def test_the_same_answer_with_and_without_the_strip(out: tuple[Bench, Peer], seed: int) -> None:
    """Blocks are strewn around; each sample is looked up exactly and through the strip."""
    bench, _ = out
    rng = random.Random(seed)
    corridor_deg = guard_of(bench).corridor_m / EARTH_M_PER_DEG
    away = rng.uniform(1.1, 5) * corridor_deg
    close_area(bench, block(-8.0 + rng.uniform(-0.01, 0), 41.01 + away, 0.0005))
    guard = guard_of(bench)
    blind = replace(guard, free_m=None)
    samples = [random_sample(bench, rng) for _ in range(150)]
    answers = [(zone_here(guard, s, DAY), zone_here(blind, s, DAY)) for s in samples]
    assert all(quick == exact for quick, exact in answers)


def test_a_sample_in_the_strip_is_not_looked_up(
    out: tuple[Bench, Peer], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench, _ = out
    looked_up: list[Any] = []

    def check_point(*args: Any, **_kw: Any) -> Any:
        looked_up.append(args)
        raise AssertionError("looked up")

    monkeypatch.setattr(checks, "check_point", check_point)
    guard: Guard = guard_of(bench)
    assert guard.free_m is not None
    assert zone_here(guard, sample(bench, north_m=guard.free_m - 1), DAY) is None
    with pytest.raises(AssertionError, match="looked up"):
        zone_here(guard, sample(bench, north_m=-(guard.free_m + 1)), DAY)
    assert len(looked_up) == 1
