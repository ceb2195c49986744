"""A vehicle of one's own in the simulated world: near what its file says, by equations that are not the hub's."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from fleet.energy.airframe import Airframe
from fleet.energy.catalog import airframe, ground_robot
from fleet.energy.ground import Drive, drive_energy_wh
from fleet.energy.multirotor import Cruise, EnergyEstimate, flight_energy, sortie_phases
from fleet.energy.render import render
from fleet.feasibility.vehicles import battery_of
from fleet.sim import SimError, World
from fleet.sim.machines import GroundRobot, Multirotor
from fleet.truemachine import HUNGRIER, machine_of
from fleet.trueworld import world_of
from tests.support.bench import DAY, Bench

DENSITY = 1.225


def true_wh(machine: Multirotor, payload_kg: float, metres: float, mps: float) -> float:
    """Out loaded and back empty at 60 m, phase by phase, by the machine's own power."""
    total = 0.0
    for aboard in (payload_kg, 0.0):
        total += machine.power_w(aboard, 0.0, machine.climb_mps, DENSITY) * 60 / machine.climb_mps
        total += machine.power_w(aboard, mps, 0.0, DENSITY) * metres / mps
        total += machine.power_w(aboard, 0.0, -machine.descent_mps, DENSITY) * 60 / machine.descent_mps
    return total / 3600


def file_wh(frame: Airframe, payload_kg: float, metres: float) -> float:
    """The same flight by the vehicle file."""
    way = Cruise(metres, 0.0)
    phases = sortie_phases([way], [way], payload_kg=payload_kg, height_m=60, drop_s=0)
    found = flight_energy(frame, phases, density_kg_m3=DENSITY)
    assert isinstance(found, EnergyEstimate)
    return found.energy_wh


@pytest.mark.parametrize("name", ["courier-x4", "dji-matrice-100"])
@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("metres", [300.0, 2500.0])
def test_it_takes_a_little_more_than_its_file_says(name: str, share: float, metres: float) -> None:
    """With rotors in the file and without: never beyond half a margin of 10.6 %, and not the file's own sums."""
    frame = airframe(name)
    machine = machine_of(frame)
    assert isinstance(machine, Multirotor)
    kg = share * frame.max_payload_kg
    ratio = true_wh(machine, kg, metres, frame.cruise_mps) / file_wh(frame, kg, metres)
    assert 1 - 0.03 < ratio < 1 + 0.055
    assert abs(ratio - 1) > 1e-4


@pytest.mark.parametrize("scale", [0.5, 1.0, 1.6])
def test_where_it_was_worked_back_from_it_takes_what_was_meant(scale: float) -> None:
    """Climb at both masses, cruise with half the payload: the file's power and two hundredths, whatever the file."""
    frame = airframe("courier-x4")
    sets = {
        n: one.model_copy(update={"b1": one.b1 * scale, "b0": one.b0 * scale})
        for n, one in frame.regimes.sets()
    }
    other = frame.model_copy(update={"regimes": frame.regimes.model_copy(update=sets)})
    machine = machine_of(other)
    assert isinstance(machine, Multirotor)
    for kg, power_w in (
        (0.0, machine.power_w(0.0, 0.0, machine.climb_mps, DENSITY)),
        (other.max_payload_kg, machine.power_w(other.max_payload_kg, 0.0, machine.climb_mps, DENSITY)),
    ):
        said_w = float(other.regimes.takeoff.power_w(other.empty_mass_kg + kg, DENSITY))
        assert power_w == pytest.approx(HUNGRIER * said_w, rel=0.01)
    half = other.max_payload_kg / 2
    said_w = float(other.regimes.cruise.power_w(other.empty_mass_kg + half, DENSITY))
    assert machine.power_w(half, other.cruise_mps, 0.0, DENSITY) == pytest.approx(HUNGRIER * said_w, rel=0.01)


def test_a_robot_takes_a_little_more_too() -> None:
    robot = ground_robot("walker-s1")
    machine = machine_of(robot)
    assert isinstance(machine, GroundRobot)
    seconds = 1500 / robot.cruise_mps
    true = (
        machine.drive_wh(5.0, 1500, robot.cruise_mps)
        + machine.electronics_w / machine.efficiency * seconds / 3600
    )
    assert 1.0 < true / float(drive_energy_wh(robot, Drive(1500, 5.0))) < 1.04


def test_a_file_that_no_machine_is_like_is_refused_with_what_to_do() -> None:
    frame = airframe("courier-x4")
    lazy = frame.regimes.takeoff.model_copy(update={"b1": 3.0, "b0": 1.0})
    odd = frame.model_copy(update={"regimes": frame.regimes.model_copy(update={"takeoff": lazy})})
    with pytest.raises(SimError, match=r"courier-x4.*regimes.*machines"):
        machine_of(odd.model_copy(update={"max_payload_kg": 0.0, "rotors": None}))


OWN = '[types.x]\nbased_on = "courier-x4"\nenergy_model = "mine.toml"\n[[drone]]\ntype = "x"\n'


def test_a_day_with_a_vehicle_of_one_s_own_can_be_simulated(tmp_path: Path) -> None:
    """The world knew only the built-in ones, and such a day ended with an error before it began."""
    mine = airframe("courier-x4").model_copy(update={"name": "mine", "pack_wh": 500.0})
    (tmp_path / "mine.toml").write_text(render(mine), encoding="utf-8")
    bench = Bench(tmp_path, fleet=OWN)
    setup = SimpleNamespace(at=DAY + timedelta(hours=8), until=DAY + timedelta(hours=9))
    made = world_of(bench.inputs, (), setup)  # type: ignore[arg-type]
    assert made.machines["mine.toml"].pack_wh == 500.0
    world = World(1, made)
    assert world is not None


def test_a_restart_goes_on_with_the_vehicle_file_that_the_day_began_with(tmp_path: Path) -> None:
    """The file is another one meanwhile: its figures count from the next day on. Margins and missions that are out rest
    on those of the day."""
    mine = airframe("courier-x4").model_copy(update={"name": "mine"})
    (tmp_path / "mine.toml").write_text(render(mine), encoding="utf-8")
    bench = Bench(tmp_path, fleet=OWN)

    def pack_wh() -> float:
        context = bench.core._dispatcher.make_context(bench.core.state)
        return battery_of(context.fleet.types["x"], 1.0).nominal_wh  # type: ignore[arg-type]

    begun = pack_wh()
    (tmp_path / "mine.toml").write_text(render(mine.model_copy(update={"pack_wh": 400.0})), encoding="utf-8")
    bench.inputs = bench.files.read()
    bench.restart()
    assert pack_wh() == begun == 799.2
