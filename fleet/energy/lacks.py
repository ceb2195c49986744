"""What a log lacks to carry a calibration."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from fleet.energy.airframe import Airframe
from fleet.energy.coefficients import LIFTS, ideal_b1
from fleet.energy.evaluate import Errors
from fleet.energy.logs import FlightLog, LogRow
from fleet.energy.predict import Rows, measured_wh, predicted_wh
from fleet.energy.regimes import UP, Regime

FEWEST_FLIGHTS, FEWEST_TRAIN, FEWEST_HELD_OUT = 10, 6, 2
WORST_MEAN, WORST_P95 = 0.10, 0.25
"""Errors of held-out flights above which a fit is no model of them."""
FARTHEST_FACTOR = 5.0
"""How far power may lie from the base's: more is another unit or another aircraft."""
WEIGHING = 0.02
DRIFT_SD = 3.0
LEAST_DRIFT = 0.01
PARTS = {
    "takeoff or climb": UP,
    "cruise": frozenset({Regime.CRUISE}),
    "landing": frozenset({Regime.LANDING}),
}
"""What a whole flight has."""


class Lack(NamedTuple):
    """Why a log can't carry a calibration."""

    code: str
    detail: str


def too_few(log: FlightLog, trips: Mapping[str, Rows], train: int, held_out: int) -> Iterator[Lack]:
    """Whole flights, and flights on both sides of the split."""
    if len(trips) < FEWEST_FLIGHTS:
        missing = [
            name for name, regimes in PARTS.items() if regimes.isdisjoint(row.regime for row in log.rows)
        ]
        never = f"; no row is of {', '.join(missing)}" if missing else ""
        yield Lack(
            "too_few_flights",
            f"{len(trips)} flights have take-off, cruise and landing, {FEWEST_FLIGHTS} are the least{never}",
        )
    elif train < FEWEST_TRAIN or held_out < FEWEST_HELD_OUT:
        yield Lack(
            "split_too_small",
            f"{train} flights to fit by and {held_out} held out, {FEWEST_TRAIN} and {FEWEST_HELD_OUT} are the least; "
            "fly more, or hold another share out",
        )


def strange(base: Airframe, trips: Mapping[str, Rows]) -> Iterator[Lack]:
    """Masses and energies that can't be this aircraft's."""
    rows = [row for some in trips.values() for row in some]
    if heavy := tuple(off_weight(base, rows)):
        yield from heavy
        return  # what the base says at such masses means nothing
    for name, _ in base.regimes.sets():
        own = [row for row in rows if base.regimes.set_of(row.regime) == name]
        if own:
            yield from off_base(name, measured_wh(own) / predicted_wh(base, own))
    if base.rotors is not None:
        yield from _below_ideal(base, [row for row in rows if row.regime.value in LIFTS])


def off_weight(base: Airframe, rows: Iterable[LogRow]) -> Iterator[Lack]:
    """Masses beyond the base's, by more than weighing errs."""
    least, most = (
        base.empty_mass_kg * (1 - WEIGHING),
        (base.empty_mass_kg + base.max_payload_kg) * (1 + WEIGHING),
    )
    off = [row for row in rows if not least <= row.mass_kg <= most]
    if off:
        yield Lack(
            "mass_outside",
            f"{len(off)} rows, the first in line {off[0].line}, have masses beyond {base.empty_mass_kg:g} kg empty to "
            f"{base.empty_mass_kg + base.max_payload_kg:g} kg loaded of {base.name}; give a base of its masses",
        )


def off_base(name: str, factor: float) -> Iterator[Lack]:
    """Energy too far from the base's to be in the same unit."""
    if not 1 / FARTHEST_FACTOR <= factor <= FARTHEST_FACTOR:
        yield Lack(
            "power_implausible",
            f"energy in {name} is {factor:.3g} times the base's; is it in Wh, and of an aircraft like the base?",
        )


def _below_ideal(base: Airframe, rows: Sequence[LogRow]) -> Iterator[Lack]:
    floor = ideal_b1(base)
    ideal_wh = [
        floor * row.mass_kg**1.5 / math.sqrt(row.air_density_kg_m3) * row.duration_s / 3600 for row in rows
    ]
    if rows and measured_wh(rows) < math.fsum(ideal_wh):
        yield Lack(
            "below_physical_minimum",
            f"climbs and hovers took {measured_wh(rows):.1f} Wh; rotors of that area need "
            f"{math.fsum(ideal_wh):.1f} Wh at least",
        )


def too_far(errors: Errors, which: str) -> Iterator[Lack]:
    """Errors that are too large for a model."""
    if errors.mean_abs > WORST_MEAN:
        yield Lack("fit_too_poor", f"{which}: mean error {errors.mean_abs:.1%}, {WORST_MEAN:.0%} is the most")
    elif errors.p95 > WORST_P95:
        yield Lack("fit_too_poor", f"{which}: 95th percentile {errors.p95:.1%}, {WORST_P95:.0%} is the most")


def drifting(logs: Mapping[str, float]) -> Iterator[Lack]:
    """A slope of the residuals over the flights' order that is no accident: a gauge or a pack that changes."""
    values = np.array(list(logs.values()))
    order = np.arange(len(values)) - (len(values) - 1) / 2
    slope = float(np.sum(order * values) / np.sum(order**2))
    left = values - values.mean() - slope * order
    error = math.sqrt(float(np.sum(left**2)) / (len(values) - 2) / float(np.sum(order**2)))
    if abs(slope) > DRIFT_SD * error and abs(slope) * len(values) > LEAST_DRIFT:
        yield Lack(
            "residuals_drift",
            f"energy over prediction changes by {slope * len(values):+.1%} from the first flight to the last; "
            "a gauge that drifts or a pack that wears",
        )
