"""How many legs are estimated a second, on one core."""

from __future__ import annotations

import statistics
import time

import numpy as np

from benchmarks.harness.energylogs import Given
from benchmarks.harness.figure import Figure
from fleet.energy import catalog
from fleet.energy.air import Wind
from fleet.energy.airframe import Airframe
from fleet.energy.legs import CODES, Legs, leg_table
from fleet.energy.multirotor import (
    Climb,
    Cruise,
    Descent,
    EnergyEstimate,
    Hover,
    Movement,
    Phase,
    flight_energy,
)
from fleet.energy.regimes import Regime

GOAL = 2_000_000.0
HELD_AGAINST = 1_000
"""Rows that are worked out as single flights too."""
SAME = 1e-12


def legs_a_second(given: Given) -> list[Figure]:
    """Rows of all regimes, with loads, densities, speeds and winds of their own; by CPU time, the slowest airframe."""
    figures = []
    for name in catalog.airframe_names():
        frame = catalog.airframe(name)
        legs = drawn(frame, given.rows)
        leg_table(frame, legs)  # warms up
        rates = [_rate(frame, legs, given.rows) for _ in range(given.rounds)]
        more = {
            "lowest": round(min(rates)),
            "rows": given.rows,
            "farthest_from_single_flights": _farthest(frame, legs),
        }
        same = more["farthest_from_single_flights"] <= SAME
        figure = Figure(
            f"legs_estimated_a_second ({name})",
            statistics.median(rates),
            "1/s",
            GOAL,
            GOAL,
            and_also=same,
            more=more,
        )
        figures.append(figure)
    return figures


def drawn(frame: Airframe, rows: int) -> Legs:
    """So many legs that could be flown, seeded."""
    rng = np.random.default_rng(5)
    return Legs(
        regime=rng.integers(0, len(CODES), rows),
        amount=rng.uniform(1, 3_000, rows),
        mass_kg=frame.empty_mass_kg + rng.uniform(0, frame.max_payload_kg, rows),
        density_kg_m3=rng.uniform(0.9, 1.3, rows),
        speed_mps=rng.uniform(frame.min_airspeed_mps, frame.max_airspeed_mps, rows),
        track_deg=rng.uniform(0, 360, rows),
        wind_mps=rng.uniform(0, frame.min_airspeed_mps, rows),
        wind_from_deg=rng.uniform(0, 360, rows),
    )


def _rate(frame: Airframe, legs: Legs, rows: int) -> float:
    began = time.process_time()
    leg_table(frame, legs)
    return rows / max(time.process_time() - began, 1e-9)


def _farthest(frame: Airframe, legs: Legs) -> float:
    """The largest relative difference between rows and single flights of one leg."""
    table, regimes = leg_table(frame, legs), list(Regime)
    columns = [np.asarray(column)[:HELD_AGAINST].tolist() for column in legs[:8]]
    farthest = 0.0
    for at, (code, amount, mass_kg, density, *way) in enumerate(zip(*columns, strict=True)):
        phase = Phase(_movement(regimes[code], amount, *way), mass_kg - frame.empty_mass_kg)
        alone = flight_energy(frame, [phase], density_kg_m3=density)
        if not isinstance(alone, EnergyEstimate):
            return float("inf")
        farthest = max(farthest, abs(float(table.energy_wh[at]) / alone.energy_wh - 1))
    return farthest


def _movement(
    regime: Regime, amount: float, speed_mps: float, track_deg: float, wind_mps: float, from_deg: float
) -> Movement:
    match regime:
        case Regime.TAKEOFF | Regime.CLIMB:
            return Climb(amount, from_ground=regime is Regime.TAKEOFF)
        case Regime.DESCENT | Regime.LANDING:
            return Descent(amount, to_ground=regime is Regime.LANDING)
        case Regime.HOVER:
            return Hover(amount)
        case Regime.CRUISE:
            return Cruise(amount, track_deg, Wind(wind_mps, from_deg), speed_mps)
