"""A day that turns out otherwise than was expected: streets, wind, failures, each by chance of its own."""

from __future__ import annotations

import json
from datetime import timedelta
from statistics import fmean, stdev

import pytest

from fleet.sim.air import Air
from fleet.sim.chance import Chance
from fleet.sim.spec import CERTAIN, Uncertainty
from fleet.sim.world import World
from tests.unit.sim.small_world import DOOR, START, VAN, VAN_2, Play, route, spec, stop

FAR = stop("s1", DOOR, deliver=("P1",))


def drive_s(seed: int, uncertainty: Uncertainty) -> float:
    """How long the van is under way to its first stop."""
    play = Play(World(seed, spec(uncertainty=uncertainty)))
    play.tell(VAN, route((FAR,), load=("P1",)))
    play.run_until(VAN, "step_report", step_id="load", state="done")
    begun = play.world.now
    van = play.world._stage.movers[VAN]
    while van.state == "driving":
        play.run(seconds=1)
    return (play.world.now - begun).total_seconds()


def test_a_slow_day_slows_every_drive_by_its_factor() -> None:
    """The factor is the day's: what a drive takes on it is what it takes without, times the factor."""
    for seed in (1, 2, 3):
        factor = Chance(seed).spread(0.3, "travel of the day")
        assert abs(factor - 1) > 0.02
        usual_s, slow_s = drive_s(seed, CERTAIN), drive_s(seed, Uncertainty(travel=0.3))
        assert slow_s == pytest.approx(usual_s * factor, abs=2)


def test_the_days_wind_lies_as_far_from_its_forecast_as_stated() -> None:
    """Over many days it is off by the stated deviation, and never below a calm."""
    at = START + timedelta(hours=1)
    off = [
        Air((), Chance(seed), 1.0).wind(at).mps - Air((), Chance(seed)).wind(at).mps for seed in range(400)
    ]
    assert fmean(off) == pytest.approx(0, abs=0.15)
    assert stdev(off) == pytest.approx(1.0, abs=0.1)
    strong = [Air((), Chance(seed), 15.0).wind(at) for seed in range(50)]
    assert min(wind.mps for wind in strong) == 0
    assert all(wind.gust_mps >= wind.mps for wind in strong)


def failed(seed: int, failures: float, van: str = VAN, **changes: object) -> list[str]:
    """The vehicles that failed within an hour in which one van drives to and fro."""
    play = Play(World(seed, spec(uncertainty=Uncertainty(failures=failures), **changes)))
    away = [stop(f"s{n}", DOOR if n % 2 else spec().sites[1].place, deliver=(f"P{n}",)) for n in range(1, 9)]
    play.tell(van, route(away, asset_id=van, load=[f"P{n}" for n in range(1, 9)]))
    play.run(60)
    return [one["asset_id"] for one in play.verdict["incidents"] if one["what"] == "failure"]


def test_vehicles_fail_at_the_stated_rate_while_they_move() -> None:
    """One that stands never fails; at 100 in 100 h of moving, in well under an hour of moving, some do and some
    do not."""
    found = [failed(seed, 100.0) for seed in range(40)]
    assert {asset for one in found for asset in one} == {VAN}
    # It is loaded for about twenty minutes, and stops for two minutes at each door: 20 to 35 minutes of moving.
    share = sum(map(len, found)) / len(found)
    assert 0.15 < share < 0.65
    assert not any(failed(seed, 0.0) for seed in range(3))


def test_a_vehicle_that_is_added_changes_nobody_elses_failures() -> None:
    """The second van's chance is its own: who fails is the same with and without it."""
    fewer = tuple(asset for asset in spec().assets if asset.asset_id != VAN_2)
    for seed in range(12):
        assert failed(seed, 100.0) == failed(seed, 100.0, assets=fewer)


def test_a_broken_down_van_is_told_to_the_hub() -> None:
    """The hub hears of it as of any breakdown."""
    seed = next(seed for seed in range(40) if failed(seed, 100.0))
    play = Play(World(seed, spec(uncertainty=Uncertainty(failures=100.0))))
    away = [stop(f"s{n}", DOOR if n % 2 else spec().sites[1].place, deliver=(f"P{n}",)) for n in range(1, 9)]
    play.tell(VAN, route(away, load=[f"P{n}" for n in range(1, 9)]))
    assert play.run_until(VAN, "asset_report", condition="faulted").code == "breakdown"


def test_a_certain_world_is_described_as_ever() -> None:
    """Files of worlds that state nothing unknown stay what they were."""
    assert "uncertainty" not in json.loads(spec().model_dump_json())
    assert "uncertainty" in json.loads(spec(uncertainty=Uncertainty(travel=0.1)).model_dump_json())
