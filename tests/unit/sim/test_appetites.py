"""Machines that take more or less than others of their sort, and change from trip to trip."""

from __future__ import annotations

import pytest

from fleet.sim.sortie import SortieVehicle
from fleet.sim.spec import WorldSpec
from fleet.sim.world import World
from tests.unit.sim.small_world import DRONE, HOME, Play, sortie, spec


def used_wh(world: WorldSpec, seed: int = 1) -> tuple[float, World]:
    """What one trip takes, and the world after it."""
    made = World(seed, world)
    play = Play(made)
    play.tell(DRONE, sortie(to=HOME.model_copy(update={"lat": HOME.lat + 0.02}), weight_kg=1.0))
    used = play.run_until(DRONE, "mission_ended").energy_used_wh
    play.run_until(DRONE, "asset_report", condition="charging")
    return used, made


@pytest.mark.parametrize("appetite", [0.85, 1.0, 1.15])
def test_an_appetite_scales_what_a_trip_takes(appetite: float) -> None:
    usual, _ = used_wh(spec())
    found, world = used_wh(spec().model_copy(update={"appetites": {DRONE: appetite}}))
    assert found == pytest.approx(appetite * usual, rel=0.01)  # a fuller pack sags a little less
    assert world.appetites()[DRONE] == appetite
    assert world.verdict()["appetites"][DRONE] == appetite


def test_it_wanders_by_chance_within_its_bounds() -> None:
    """One step after one trip, the same for the same seed; never farther off than was said."""
    drifting = spec().model_copy(update={"appetites": {DRONE: 1.1}, "appetite_drift": 0.05})
    first, second, other = (used_wh(drifting, seed)[1].appetites()[DRONE] for seed in (1, 1, 2))
    assert first == second != other
    assert first != 1.1
    wild = World(1, drifting.model_copy(update={"appetite_drift": 1.0}))
    drone = wild._assets[DRONE]
    assert isinstance(drone, SortieVehicle)
    for _ in range(50):
        drone._age()
        assert 0.85 <= drone.appetite <= 1.15


def test_a_world_that_says_nothing_of_them_says_nothing_of_them() -> None:
    """Its verdict is as before."""
    assert "appetites" not in World(1, spec()).verdict()
