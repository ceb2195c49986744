"""What is not known of a robot's energy: the coefficient, the auxiliaries, and what is assumed of its streets."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.energy import catalog
from fleet.energy.airframe import parse_figures
from fleet.energy.errors import VehicleFileError
from fleet.energy.ground import Drive, GroundRobot, drive_energy_wh, unsure
from fleet.energy.render import render
from fleet.energy.van import ElectricVan

ROBOT = catalog.ground_robot("walker-s1")


def energy_wh(robot: GroundRobot, *drives: Drive) -> float:
    return sum(float(drive_energy_wh(robot, drive)) for drive in drives)


@given(
    st.floats(10, 5000),
    st.floats(0, 10),
    st.floats(0, 50),
    st.floats(0, 30),
    st.floats(0, 1800),
    st.floats(0.8, 4),
)
def test_propagated_by_the_differences_of_the_energy(
    distance_m: float, payload_kg: float, uphill_m: float, stops: float, waiting_s: float, surface: float
) -> None:
    """The energy is linear in both figures, so a step of one deviation is the deviation; over both ways at once."""
    out = Drive(distance_m, payload_kg, uphill_m, stops, waiting_s, surface)
    back = Drive(distance_m, 0.0, 0.0, stops, 0.0, surface)
    found = unsure(ROBOT, (out, back))
    rolls = ROBOT.model_copy(update={"rolling_resistance": ROBOT.rolling_resistance + 0.004})
    draws = ROBOT.model_copy(update={"auxiliary_w": ROBOT.auxiliary_w + 3.0})
    base = energy_wh(ROBOT, out, back)
    assert found.rolling_wh == pytest.approx(energy_wh(rolls, out, back) - base, rel=1e-6)
    assert found.auxiliary_wh == pytest.approx(energy_wh(draws, out, back) - base, rel=1e-6)
    assert found.log_sd(base) == pytest.approx(math.hypot(*found[:2]) / base)


def test_as_drawn() -> None:
    """A hundred thousand robots with figures drawn from their deviations: so far their energies lie apart."""
    rng = np.random.default_rng(11)
    crr, watts = rng.normal(0.015, 0.004, 100_000), rng.normal(60.0, 3.0, 100_000)
    drive = Drive(2000, payload_kg=5, uphill_m=6, stops=12, waiting_s=240)
    base = energy_wh(ROBOT, drive)
    by_crr = energy_wh(ROBOT.model_copy(update={"rolling_resistance": 0.016}), drive) - base
    by_watt = energy_wh(ROBOT.model_copy(update={"auxiliary_w": 61.0}), drive) - base
    drawn = base + (crr - 0.015) / 0.001 * by_crr + (watts - 60.0) * by_watt
    assert unsure(ROBOT, (drive,)).log_sd(base) == pytest.approx(float(drawn.std()) / base, rel=0.02)


def test_what_is_assumed_may_be_off_by_as_much_as_it_is() -> None:
    """Each of climbs, stops and waiting by itself; one that is not assumed adds nothing."""
    drive = Drive(1000, payload_kg=5, uphill_m=4, stops=7, waiting_s=200)
    assumed = Drive(0, payload_kg=5, uphill_m=4, stops=6, waiting_s=0)
    parts = unsure(ROBOT, (drive,), (assumed,)).assumed_wh
    base = energy_wh(ROBOT, drive)
    for part, without in zip(
        parts, (replace(drive, uphill_m=0), replace(drive, stops=1), drive), strict=True
    ):
        assert part == pytest.approx(base - energy_wh(ROBOT, without), abs=1e-9)
    assert unsure(ROBOT, (drive,)).log_sd(base) < unsure(ROBOT, (drive,), (assumed,)).log_sd(base)


def test_a_drive_that_takes_nothing_is_not_unsure() -> None:
    assert unsure(ROBOT, (Drive(0),)).log_sd(0.0) == 0.0


@pytest.mark.parametrize(
    ("figures", "model"), [(ROBOT, GroundRobot), (catalog.electric_van("van-e"), ElectricVan)]
)
def test_each_figure_of_a_ground_vehicle_has_its_source(
    figures: GroundRobot | ElectricVan, model: type[GroundRobot] | type[ElectricVan]
) -> None:
    """As those of airframes do; a file without one is refused by its name."""
    for name in figures.sources:
        sources = {other: said for other, said in figures.sources.items() if other != name}
        text = render(figures.model_copy(update={"sources": sources}))
        with pytest.raises(VehicleFileError, match=f"sources lacks {name}"):
            parse_figures(model, text, "x.toml")
