"""What an airframe's flights show besides power: what they last longer than planned, and what they had."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from fleet.energy.airframe import Airframe, Range, Timing, Validity
from fleet.energy.logs import LogRow
from fleet.energy.predict import airspeed_of, planned_s
from fleet.energy.regimes import Regime

FEWEST_ROWS = 5
"""With a plan, of a regime, from which what it takes longer is told."""
EXTRA = {"takeoff_s": Regime.TAKEOFF, "corner_s": Regime.CRUISE, "landing_s": Regime.LANDING}


def timing_of(base: Airframe, rows: Iterable[LogRow]) -> Timing:
    """How much longer take-offs, cruises and landings lasted than their heights, distances and speeds say: the median,
    at least nothing. The base's where fewer than five rows of a regime have a plan."""
    plain, rows = base.model_copy(update={"timing": Timing()}), list(rows)
    found = {name: _longer(plain, [row for row in rows if row.regime is one]) for name, one in EXTRA.items()}
    told = {name: seconds for name, seconds in found.items() if seconds is not None}
    return base.timing.model_copy(update=told)


def _longer(plain: Airframe, rows: Iterable[LogRow]) -> float | None:
    planned = [(row.duration_s, planned_s(plain, row)) for row in rows]
    longer = [lasted_s - plan_s for lasted_s, plan_s in planned if plan_s is not None]
    return None if len(longer) < FEWEST_ROWS else round(max(0.0, float(np.median(longer))), 2)


def validity_of(base: Airframe, rows: Sequence[LogRow]) -> Validity:
    """The masses, densities and airspeeds of the rows; airspeeds only where each cruise told one."""
    cruises = [row for row in rows if row.regime is Regime.CRUISE]
    told = all(row.airspeed_mps is not None or row.speed_mps is not None for row in cruises)
    return Validity(
        mass_kg=_range([row.mass_kg for row in rows]),
        density_kg_m3=_range([row.air_density_kg_m3 for row in rows]),
        airspeed_mps=_range([airspeed_of(base, row)[0] for row in cruises]) if cruises and told else None,
    )


def _range(values: Sequence[float]) -> Range:
    return Range(round(min(values), 4), round(max(values), 4))
