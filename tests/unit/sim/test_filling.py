"""How batteries are filled in the world: curve, chargers that serve one each, packs that are changed, failures."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fleet.domain.fleet import SparePacks
from fleet.sim.agenda import Agenda
from fleet.sim.bay import KNEE, Bay, Charge, share_taken
from fleet.sim.drone import Drone
from fleet.sim.geo import moved
from fleet.sim.incidents import HOW_MANY
from fleet.sim.machines import KNOWN
from fleet.sim.pack import Pack
from fleet.sim.spec import Incidents
from fleet.sim.world import World
from tests.unit.sim.small_world import DRONE, HOME, START, Play, record, sortie, spec

POWER_W = 900.0
OTHER = "A/drone-2"
"""It comes home first."""


def charged(minutes: float, *, begins: float = 0.2) -> float:
    """What is in a pack of 800 Wh after so long on a charger."""
    agenda, pack = Agenda(START), Pack(800.0, 0.1, START)
    pack.run(START, (1 - begins) * 800.0)
    agenda.advance(START + timedelta(hours=1))
    Charge(agenda, pack, POWER_W, lambda: None)
    agenda.advance(START + timedelta(hours=1, minutes=minutes))
    return pack.soc(agenda.now)


def test_power_is_whole_up_to_the_knee_and_falls_then() -> None:
    """Below it the line of energy; a full charge takes clearly longer than at whole power."""
    assert charged(20) == pytest.approx(0.2 + POWER_W / 3 / 800, abs=1e-6)
    whole = 0.8 * 800 / POWER_W * 60
    assert charged(whole) < 0.97
    assert charged(3 * whole) > 0.998
    shares = [share_taken(s / 100) for s in range(101)]
    assert shares[: int(100 * KNEE)] == [1.0] * int(100 * KNEE)
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] > 0


def test_a_charge_that_ends_early_leaves_what_it_brought() -> None:
    agenda, pack = Agenda(START), Pack(800.0, 0.1, START)
    pack.run(START, 400.0)
    agenda.advance(START + timedelta(hours=1))
    charge = Charge(agenda, pack, POWER_W, lambda: None)
    agenda.advance(START + timedelta(hours=1, minutes=10))
    charge.end()
    level = pack.soc(agenda.now)
    agenda.advance(START + timedelta(hours=2))
    assert pack.soc(agenda.now) == level == pytest.approx(0.5 + POWER_W / 6 / 800)


def test_a_charger_serves_one_and_the_next_waits() -> None:
    agenda = Agenda(START)
    bay, begun = Bay(agenda, 1), []
    first, second, third = (lambda n=n: begun.append(n) for n in range(3))
    bay.take(first)
    bay.take(second)
    bay.take(third)
    assert begun == [0]
    assert bay.forget(second)
    bay.give_back()
    assert begun == [0, 2]
    assert not bay.forget(second)


def two_drones(chargers: int, **changes: object) -> Play:
    """Two drones come home at about the same time."""
    given = spec()
    sites = (given.sites[0].model_copy(update={"chargers": chargers}), given.sites[1])
    assets = (*given.assets, record(OTHER, "courier-x4", "drone", "A"))
    play = Play(World(1, spec(sites=sites, assets=assets, **changes)))
    for number, asset_id in enumerate((DRONE, OTHER)):
        mission = sortie(asset_id=asset_id, to=moved(HOME, 200 * number, 2500), order_id=f"P{number}")
        play.tell(asset_id, mission)
    return play


def test_of_two_who_come_home_to_one_charger_the_second_waits() -> None:
    play = two_drones(1)
    begun = play.run_until(OTHER, "asset_report", condition="charging")
    play.run(120)
    full = play.last(OTHER, "asset_report", condition="ready")
    waited = play.all(DRONE, "asset_report", condition="charging")[0]
    home = play.last(DRONE, "mission_ended").at
    assert begun.at < home < full.at <= waited.at


def swapping() -> dict[str, object]:
    """A type whose pack is changed in two minutes, and one pack that lies at each site."""
    machine = KNOWN["courier-x4"].model_copy(update={"swap_s": 120.0})
    spare = SparePacks(type_id="courier-x4", sites=frozenset({"A"}), per_site=1)
    return {"machines": {"courier-x4": machine}, "spare_packs": (spare,)}


def test_who_comes_home_to_a_full_pack_is_given_it_and_the_next_is_charged() -> None:
    """It has a full battery two minutes after it came; the pack that it had is charged for the next who comes."""
    play = two_drones(2, **swapping())
    changed = play.run_until(OTHER, "asset_report", condition="ready", code="battery_swapped")
    assert changed.soc > 0.99
    told = play.all(OTHER, "asset_report", code="battery_changes")
    assert len(told) == 1
    assert (changed.at - told[0].at).total_seconds() == pytest.approx(120, abs=1)
    assert told[0].soc < 0.78
    begun = play.run_until(DRONE, "asset_report", condition="charging")
    assert begun.code is None
    play.run(120)
    bay = play.world._stage.bay("A")
    assert len(bay.full["courier-x4"]) == 1
    assert play.verdict["ok"]


@pytest.mark.parametrize("seed", range(6))
def test_on_a_hard_day_chargers_fail(seed: int) -> None:
    """A plug comes out and is told; or a charger gives nothing, and the gauge alone shows it."""
    play = two_drones(2)
    drone = play.world._stage.movers[DRONE]
    assert isinstance(drone, Drone)
    play.run_until(DRONE, "asset_report", condition="charging")
    before = drone.soc() or 0.0
    (drone.plug.cut if seed % 2 else drone.plug.starve)(1200)
    play.run(10)
    assert drone.soc() == pytest.approx(before, abs=0.01)
    last = play.last(DRONE, "asset_report")
    assert (last.condition, last.code) == (("ready", "charge_cut") if seed % 2 else ("charging", None))
    play.run(30)
    assert (drone.soc() or 0.0) > before + 0.05
    assert HOW_MANY[Incidents.HARD]["charger"] > 0
