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
from fleet.energy.arrays import FloatArray
from fleet.energy.logs import LogRow
from fleet.energy.predict import power_w
from fleet.energy.regimes import ELSE, Regime, RegimePower, Regimes, loading

LIFTS = ("takeoff", "climb", "hover")
"""Regimes in which rotors need no less than in an ideal hover."""
HUBER = 1.345
"""Deviations from where on a row counts less; 95 % as good as least squares where errors are normal."""
STEPS = 10
LEAST_SPREAD = 0.02
"""Of x, relative to its mean: below it b1 and b0 can't be told apart."""


def coefficients(base: Airframe, rows: Iterable[LogRow]) -> tuple[Regimes, dict[str, str]]:
    """The sets that the base has, from rows, and how each was made.

    Without rows of its own, a set of take-off, cruise or landing is ``kept`` as the base has it; another is left out,
    and the one that stands in for it counts.
    """
    found: dict[str, RegimePower] = {}
    methods: dict[str, str] = {}
    rows = list(rows)
    for name, known in base.regimes.sets():
        own = [row for row in rows if base.regimes.set_of(row.regime) == name]
        if own:
            methods[name], found[name] = _set(base, name, known, own)
        elif Regime(name) not in ELSE:
            methods[name], found[name] = "kept", known
    return Regimes(**found), methods


def _set(base: Airframe, name: str, known: RegimePower, rows: Sequence[LogRow]) -> tuple[str, RegimePower]:
    masses, densities = np.array([(row.mass_kg, row.air_density_kg_m3) for row in rows]).T
    x = loading(masses, densities)
    power = np.array([row.power_w - _by_speed(base, known, row) for row in rows])
    weight = np.array([row.duration_s for row in rows]) / power**2
    if len(np.unique(np.round(x, 6))) < 3 or float(np.std(x) / np.mean(x)) < LEAST_SPREAD:
        said = known.b1 * x + known.b0
        factor = float(np.sum(weight * power * said) / np.sum(weight * said**2))
        return "scale", scaled(known, factor)
    # Rotors that are moved through the air, or sink, need less than in hover.
    return "line", _line(x, power, weight, ideal_b1(base) if name in LIFTS else 0.0)


def _by_speed(base: Airframe, known: RegimePower, row: LogRow) -> float:
    """What the base's rotors take more in this row than at its cruise speed."""
    if row.regime is not Regime.CRUISE:
        return 0.0
    return power_w(base, row) - float(known.power_w(row.mass_kg, row.air_density_kg_m3))


def ideal_b1(base: Airframe) -> float:
    """The least b1 that rotors of that area can have: all power goes into the air (Glauert)."""
    return 0.0 if base.rotors is None else GRAVITY_MPS2**1.5 / math.sqrt(2 * base.rotors.disc_m2)


def _line(x: FloatArray, power: FloatArray, weight: FloatArray, floor: float) -> RegimePower:
    trust = np.ones_like(x)
    b1 = b0 = 0.0
    for _ in range(STEPS):
        b1, b0 = _weighted(x, power, weight * trust, floor)
        off = np.abs(power - (b1 * x + b0)) / power
        scale = max(1.4826 * float(np.median(off)), 1e-9)
        trust = np.minimum(1.0, HUBER * scale / np.maximum(off, 1e-12))
    return RegimePower(b1=round(b1, 4), b0=round(b0, 4))


def _weighted(x: FloatArray, power: FloatArray, weight: FloatArray, floor: float) -> tuple[float, float]:
    mean_x, mean_power = np.average(x, weights=weight), np.average(power, weights=weight)
    about_x = x - mean_x
    slope = np.sum(weight * about_x * (power - mean_power)) / np.sum(weight * about_x**2)
    b1 = max(float(slope), floor)
    return b1, float(mean_power - b1 * mean_x)


def scaled(known: RegimePower, factor: float) -> RegimePower:
    """The set times a factor."""
    return RegimePower(b1=round(known.b1 * factor, 4), b0=round(known.b0 * factor, 4))
