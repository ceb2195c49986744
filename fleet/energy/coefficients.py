"""The sets of coefficients, P = b1 x + b0 with x = m^1.5 / sqrt(rho), from the rows of a log.

Least squares of relative errors, rows that lasted longer counting more and outliers less (Huber). Where masses and
densities are too alike to tell b1 from b0, the base's coefficients are scaled by one factor instead.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from fleet.energy.air import GRAVITY_MPS2
from fleet.energy.airframe import Airframe
from fleet.energy.arrays import FloatArray, Floats
from fleet.energy.legs import beyond_cruise_w
from fleet.energy.logs import LogRow
from fleet.energy.predict import airspeed_of, measured_wh, predicted_wh
from fleet.energy.regimes import ELSE, LIFTS, Regime, RegimePower, Regimes, loading

HUBER = 1.345
"""Deviations from where on a row counts less; 95 % as good as least squares where errors are normal."""
STEPS = 10
LEAST_SAID = 0.01
"""Of the mean power: a fit that says less somewhere is none, and must not weigh without end there."""
LEAST_SPREAD = 0.02
"""Of x, relative to its mean: below it b1 and b0 can't be told apart."""
LEAST_SPEEDS = 0.1
"""Of airspeeds, relative to their mean: below it nothing is said of drag."""
MOST_DRAG = 1.0
"""Drag area over the area of the discs: more is no multirotor's, but an accident of the log."""
FEWEST_APART = 10
"""Flights of a regime from which it can have a set of its own."""
APART_SD, LEAST_APART = 3.0, 0.02
"""By how many standard errors, and by how much, its power must differ for that."""


def fitted_power(base: Airframe, rows: Sequence[LogRow]) -> tuple[Airframe, dict[str, str]]:
    """The base with the power that the rows show, and how each set of coefficients was made.

    A regime that has a set of its own in the base, or in which the rows clearly took other power than with the set that
    stands in for it, gets one. Without rows, a set of take-off, cruise or landing is ``kept`` as the base has it;
    another is left out. Where the base has rotors and cruises were flown at several airspeeds, its drag area is theirs.
    """
    base = _told_apart(_dragged(base, rows), rows)
    found: dict[str, RegimePower] = {}
    methods: dict[str, str] = {}
    for name, known in base.regimes.sets():
        own = [row for row in rows if base.regimes.set_of(row.regime) == name]
        if own:
            methods[name], found[name] = _set(base, name, known, own)
        elif Regime(name) not in ELSE:
            methods[name], found[name] = "kept", known
    return base.model_copy(update={"regimes": Regimes(**found)}), methods


def _told_apart(base: Airframe, rows: Sequence[LogRow]) -> Airframe:
    """The base with a set more for each regime of enough flights that took other power, compared with the base's, than
    the regimes that it shares a set with."""
    more: dict[str, RegimePower] = {}
    for regime, other in ELSE.items():
        if base.regimes.set_of(regime) != other:
            continue
        own = [row for row in rows if row.regime is regime]
        shared = [row for row in rows if row.regime.value == other]
        if min(_flights(own), _flights(shared)) >= FEWEST_APART and _differ(base, own, shared):
            more[regime.value] = getattr(base.regimes, other)
    return base.model_copy(update={"regimes": base.regimes.model_copy(update=more)}) if more else base


def _flights(rows: Iterable[LogRow]) -> int:
    return len({row.flight_id for row in rows})


def _differ(base: Airframe, own: Sequence[LogRow], shared: Sequence[LogRow]) -> bool:
    """Whether two regimes' power over the base's differs by more than chance, and by enough to count. Rows of one
    flight are one observation: they err together."""
    one, other = (_ratios(base, rows) for rows in (own, shared))
    between = float(np.mean(one) - np.mean(other))
    error = math.sqrt(float(np.var(one, ddof=1)) / len(one) + float(np.var(other, ddof=1)) / len(other))
    return abs(between) > max(APART_SD * error, LEAST_APART)


def _ratios(base: Airframe, rows: Iterable[LogRow]) -> FloatArray:
    """log(measured / the base's) of each flight."""
    flights: dict[str, list[LogRow]] = {}
    for row in rows:
        flights.setdefault(row.flight_id, []).append(row)
    return np.array([math.log(measured_wh(some) / predicted_wh(base, some)) for some in flights.values()])


def _dragged(base: Airframe, rows: Iterable[LogRow]) -> Airframe:
    """The base with the drag area of the cruises: that whose D v explains best how power changes with airspeed."""
    cruises = [row for row in rows if row.regime is Regime.CRUISE]
    speeds = np.array([airspeed_of(base, row)[0] for row in cruises])
    if base.rotors is None or _flights(cruises) < FEWEST_APART or not _spread(speeds) >= LEAST_SPEEDS:
        return base
    rotors = base.rotors
    masses, densities = np.array([(row.mass_kg, row.air_density_kg_m3) for row in cruises]).T
    without = base.model_copy(update={"rotors": rotors.model_copy(update={"drag_area_m2": 0.0})})
    power = np.array([row.power_w - _by_speed(without, row) for row in cruises])
    a_square_metre = densities * (speeds**3 - base.cruise_mps**3) / 2 / rotors.efficiency
    columns = np.stack([a_square_metre, loading(masses, densities), np.ones_like(speeds)], axis=1)
    seconds = np.array([row.duration_s for row in cruises])
    area = float(_robust(columns, power, seconds)[0])
    drag = round(min(max(area, 0.0), MOST_DRAG * rotors.disc_m2), 6)
    return base.model_copy(update={"rotors": rotors.model_copy(update={"drag_area_m2": drag})})


def _spread(values: FloatArray) -> float:
    return float(np.std(values) / np.mean(values)) if values.size else 0.0


def _set(base: Airframe, name: str, known: RegimePower, rows: Sequence[LogRow]) -> tuple[str, RegimePower]:
    masses, densities = np.array([(row.mass_kg, row.air_density_kg_m3) for row in rows]).T
    x = loading(masses, densities)
    power = np.array([row.power_w - _by_speed(base, row) for row in rows])
    seconds = np.array([row.duration_s for row in rows])
    if len(np.unique(np.round(x, 6))) < 3 or _spread(x) < LEAST_SPREAD:
        said = known.b1 * x + known.b0
        return "scale", scaled(known, float(np.sum(seconds * power) / np.sum(seconds * said)))
    # Rotors that are moved through the air, or sink, need less than in hover.
    return "line", _line(x, power, seconds, ideal_b1(base) if name in LIFTS else 0.0)


def _by_speed(base: Airframe, row: LogRow) -> float:
    """What the base's rotors take more in this row than at its cruise speed."""
    if row.regime is not Regime.CRUISE:
        return 0.0
    return float(beyond_cruise_w(base, row.mass_kg, airspeed_of(base, row)[0], row.air_density_kg_m3))


def ideal_b1(base: Airframe) -> float:
    """The least b1 that rotors of that area can have: all power goes into the air (Glauert)."""
    return 0.0 if base.discs_m2 is None else GRAVITY_MPS2**1.5 / math.sqrt(2 * base.discs_m2)


def _line(x: FloatArray, power: FloatArray, seconds: FloatArray, floor: float) -> RegimePower:
    b1, b0 = _robust(np.stack([x, np.ones_like(x)], axis=1), power, seconds)
    if b1 < floor:
        # The least of a square error under a bound lies on the bound.
        b1, b0 = floor, float(_robust(np.ones((len(x), 1)), power - floor * x, seconds, floor * x)[0])
    return RegimePower(b1=round(float(b1), 4), b0=round(float(b0), 4))


def _robust(columns: FloatArray, power: FloatArray, seconds: FloatArray, besides: Floats = 0.0) -> FloatArray:
    """What each column counts for, by least squares of errors relative to what the fit itself says.

    Relative to what was measured, rows that happened to read low would count for more and pull the fit below the truth.
    ``besides`` is what the fit says before the columns.
    """
    said, trust = np.full_like(power, max(float(np.mean(power + besides)), 1e-9)), np.ones_like(power)
    found = np.zeros(columns.shape[1])
    for _ in range(STEPS):
        root = np.sqrt(seconds * trust) / said
        found = np.linalg.lstsq(columns * root[:, None], power * root, rcond=None)[0]
        told = columns @ found + besides
        said = np.maximum(told, LEAST_SAID * float(np.mean(said)))
        off = np.abs(power + besides - told) / said
        scale = max(1.4826 * float(np.median(off)), 1e-9)
        trust = np.minimum(1.0, HUBER * scale / np.maximum(off, 1e-12))
    return found


def scaled(known: RegimePower, factor: float) -> RegimePower:
    """The set times a factor."""
    return RegimePower(b1=round(known.b1 * factor, 4), b0=round(known.b0 * factor, 4))
