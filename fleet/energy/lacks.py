"""What a log lacks to carry a calibration."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from fleet.energy.airframe import Airframe
from fleet.energy.arrays import FloatArray
from fleet.energy.coefficients import ideal_b1
from fleet.energy.evaluate import Errors
from fleet.energy.legs import SECONDS_PER_HOUR
from fleet.energy.logs import FlightLog, LogRow
from fleet.energy.predict import Rows, airspeed_of, measured_wh, power_w, predicted_wh
from fleet.energy.regimes import DOWN, LIFTS, UP, Regime, loading

FEWEST_FLIGHTS, FEWEST_TRAIN, FEWEST_HELD_OUT = 10, 6, 2
WORST_MEAN, WORST_P95 = 0.10, 0.25
"""Errors of held-out flights above which a fit is no model of them."""
FARTHEST_FACTOR = 5.0
"""How far power may lie from the base's: more is another unit or another aircraft."""
BEST_EFFICIENCY = 0.75
"""From the battery to the air. Whole aircraft were measured at 0.35 to 0.54; rotors of a figure of merit of 0.85 behind
drives of 0.88, better than small ones are, would reach this (assumption)."""
WEIGHING = 0.02
DRIFT_SD = 3.0
WORST_DRIFT = 0.08
"""Over a log; less goes into the residual (`fit.residual_of`)."""
FEWEST_AT_SPEED = 5
PARTS = {
    "takeoff or climb": UP,
    "cruise": frozenset({Regime.CRUISE}),
    "landing or descent": DOWN,
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
    yield from below_ideal(base, rows)


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


def below_ideal(base: Airframe, rows: Iterable[LogRow]) -> Iterator[Lack]:
    """Climbs and hovers on less than rotors of the base's area need at the best efficiency that is to be believed."""
    lifting = [row for row in rows if row.regime in LIFTS]
    seconds = [float(loading(row.mass_kg, row.air_density_kg_m3)) * row.duration_s for row in lifting]
    least_wh = ideal_b1(base) * math.fsum(seconds) / BEST_EFFICIENCY / SECONDS_PER_HOUR
    took_wh = measured_wh(lifting)
    if lifting and took_wh < least_wh:
        yield Lack(
            "below_physical_minimum",
            f"climbs and hovers took {took_wh:.1f} Wh; rotors of {base.discs_m2:.3g} m2 need {least_wh:.1f} Wh at an "
            f"efficiency of {BEST_EFFICIENCY:g}, and none reached more: is it Wh, of all packs?",
        )


def too_far(errors: Errors, which: str) -> Iterator[Lack]:
    """Errors that are too large for a model."""
    if errors.mean_abs > WORST_MEAN:
        yield Lack("fit_too_poor", f"{which}: mean error {errors.mean_abs:.1%}, {WORST_MEAN:.0%} is the most")
    elif errors.p95 > WORST_P95:
        yield Lack("fit_too_poor", f"{which}: 95th percentile {errors.p95:.1%}, {WORST_P95:.0%} is the most")


def drifting(logs: Mapping[str, float]) -> Iterator[Lack]:
    """A slope of the residuals over the flights' order that is no accident, and so steep that no margin covers it: a
    gauge or a pack that changes."""
    change, error = trend_of(np.array(list(logs.values())))
    if abs(change) > max(DRIFT_SD * error, WORST_DRIFT):
        yield Lack(
            "residuals_drift",
            f"energy over prediction changes by {change:+.1%} from the first flight to the last; "
            "a gauge that drifts or a pack that wears",
        )


def trend_of(values: FloatArray) -> tuple[float, float]:
    """By how much values change from the first to the last along a straight line, and the standard error of that."""
    order = np.arange(len(values)) - (len(values) - 1) / 2
    slope = float(np.sum(order * values) / np.sum(order**2))
    left = values - values.mean() - slope * order
    error = math.sqrt(float(np.sum(left**2)) / (len(values) - 2) / float(np.sum(order**2)))
    return slope * len(values), error * len(values)


def off_by_speed(airframe: Airframe, trips: Mapping[str, Rows]) -> Iterator[Lack]:
    """The slowest or the fastest fifth of the cruises took much more than the model says: their power changes with
    airspeed as it does not know of."""
    cruises = [row for some in trips.values() for row in some if row.regime is Regime.CRUISE]
    told = [row for row in cruises if row.airspeed_mps is not None or row.speed_mps is not None]
    told.sort(key=lambda row: airspeed_of(airframe, row)[0])
    fifth = len(told) // 5
    if fifth < FEWEST_AT_SPEED or airspeed_of(airframe, told[0]) == airspeed_of(airframe, told[-1]):
        return
    for some in (told[:fifth], told[-fifth:]):
        logs = np.log([row.power_w / power_w(airframe, row) for row in some])
        more, error = float(np.mean(logs)), float(np.std(logs, ddof=1)) / math.sqrt(fifth)
        if more > max(DRIFT_SD * error, math.log1p(WORST_MEAN)):
            slow, fast = (airspeed_of(airframe, row)[0] for row in (some[0], some[-1]))
            yield Lack(
                "power_changes_with_speed",
                f"cruises at {slow:.3g} to {fast:.3g} m/s took {math.expm1(more):.0%} more than the fit says; give a "
                f"base with {'other' if airframe.rotors else 'its'} [rotors], or the flights of one speed",
            )
