"""What a model gives for the rows of a log: with measured durations, up to a quarter of the cruise, from the plan."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from fleet.energy.airframe import Airframe
from fleet.energy.errors import InvalidInput
from fleet.energy.legs import SECONDS_PER_HOUR, cruise_power_w, lasts_s
from fleet.energy.logs import LogRow
from fleet.energy.margin import SHRINK_AFTER_CRUISE
from fleet.energy.regimes import DOWN, UP, Regime

Rows = Sequence[LogRow]
INSIDE = 0.1
"""Nearer to either end of a row than this share of it, or in a row of less than this share of the quarter, what lies
on the other side hardly counts."""
ORDER = {regime: at for at, regime in enumerate(Regime)}


def is_trip(rows: Rows) -> bool:
    """Whether the rows are of a whole flight, from take-off to landing. Where no row is called a landing, the descent
    is one."""
    regimes = {row.regime for row in rows}
    return Regime.CRUISE in regimes and not regimes.isdisjoint(DOWN) and not regimes.isdisjoint(UP)


def measured_wh(rows: Iterable[LogRow]) -> float:
    """The energy that was measured."""
    return math.fsum(row.energy_wh for row in rows)


def predicted_wh(airframe: Airframe, rows: Iterable[LogRow]) -> float:
    """The energy that the model gives, with the durations that were measured. Raises `InvalidInput` as `power_w`."""
    return math.fsum(power_w(airframe, row) * row.duration_s / SECONDS_PER_HOUR for row in rows)


def power_w(airframe: Airframe, row: LogRow) -> float:
    """The model's power in a row. Raises `InvalidInput` where it is not positive: far from the masses it is for."""
    if row.regime is Regime.CRUISE:
        power = float(
            cruise_power_w(airframe, row.mass_kg, airspeed_of(airframe, row)[0], row.air_density_kg_m3)
        )
    else:
        power = float(airframe.regimes.of(row.regime).power_w(row.mass_kg, row.air_density_kg_m3))
    if not power > 0:
        raise InvalidInput("mass_kg", row.mass_kg, f"one at which {airframe.name} has positive power")
    return power


def airspeed_of(airframe: Airframe, row: LogRow) -> tuple[float, bool]:
    """The airspeed to count with, and whether it was within the airframe's range."""
    speed = next((v for v in (row.airspeed_mps, row.speed_mps) if v is not None), airframe.cruise_mps)
    within = min(max(speed, airframe.min_airspeed_mps), airframe.max_airspeed_mps)
    return within, within == speed


def is_outside(airframe: Airframe, row: LogRow) -> bool:
    """Whether a row's mass or speed lies beyond the airframe's. Two per cent of mass are allowed for weighing."""
    heaviest_kg = airframe.empty_mass_kg + airframe.max_payload_kg
    weighs = 0.98 * airframe.empty_mass_kg <= row.mass_kg <= 1.02 * heaviest_kg
    return not weighs or (row.regime is Regime.CRUISE and not airspeed_of(airframe, row)[1])


def in_order(rows: Rows) -> Rows | None:
    """The rows as they were flown: with one row a regime in the usual order, others as they stand; none where these do
    not begin with a climb."""
    if len({row.regime for row in rows}) == len(rows):
        return sorted(rows, key=lambda row: ORDER[row.regime])
    return rows if rows[0].regime in UP else None


@dataclass(frozen=True, slots=True)
class Quarter:
    """Energies before and after a quarter of the cruise, predicted and measured; whether it ends well inside a row."""

    predicted_used_wh: float
    used_wh: float
    predicted_left_wh: float
    left_wh: float
    within_a_row: bool


def quarter_of(airframe: Airframe, rows: Rows) -> Quarter:
    """The energies of rows as they were flown. Power counts as even within a row."""
    until_s = SHRINK_AFTER_CRUISE * math.fsum(row.duration_s for row in rows if row.regime is Regime.CRUISE)
    shares = list(_flown(rows, until_s))
    measured = [row.energy_wh for row in rows]
    predicted = [power_w(airframe, row) * row.duration_s / SECONDS_PER_HOUR for row in rows]
    used_wh, predicted_used_wh = (
        math.fsum(share * wh for share, wh in zip(shares, some, strict=True))
        for some in (measured, predicted)
    )
    return Quarter(
        predicted_used_wh=predicted_used_wh,
        used_wh=used_wh,
        predicted_left_wh=math.fsum(predicted) - predicted_used_wh,
        left_wh=math.fsum(measured) - used_wh,
        within_a_row=any(
            INSIDE < share < 1 - INSIDE and row.duration_s > INSIDE * until_s
            for share, row in zip(shares, rows, strict=True)
        ),
    )


def _flown(rows: Rows, until_s: float) -> Iterator[float]:
    """For each row the share that lies before so many seconds of cruise were flown."""
    left_s = until_s
    for row in rows:
        if row.regime is not Regime.CRUISE:
            yield 1.0 if left_s > 0 else 0.0
            continue
        share = min(1.0, left_s / row.duration_s)
        left_s = left_s - row.duration_s if share == 1.0 else 0.0
        yield share


def planned_wh(airframe: Airframe, rows: Rows) -> float | None:
    """What the plan of a trip says it takes, none where it lacks a distance, speed or height.

    No measured duration is in it but that of hovers, which is told beforehand, and no measured airspeed. Cruises last
    their distance over their speed over ground; what else takes time is in the airframe's ``timing``. None too where
    take-off or landing is cut into samples: each would count as the whole.
    """
    if any(sum(row.regime is one for row in rows) > 1 for one in (Regime.TAKEOFF, Regime.LANDING)):
        return None
    planned = [replace(row, airspeed_mps=None) for row in rows]
    durations = [(row, planned_s(airframe, row)) for row in planned]
    parts = [None if s is None else power_w(airframe, row) * s / SECONDS_PER_HOUR for row, s in durations]
    known = [part for part in parts if part is not None]
    return math.fsum(known) if len(known) == len(parts) else None


def planned_s(airframe: Airframe, row: LogRow) -> float | None:
    """How long the plan has a row last, none where it does not say how far, how fast or how high."""
    if row.regime is Regime.HOVER:
        return row.duration_s
    if row.regime is Regime.CRUISE:
        if row.distance_m is None or row.speed_mps is None:
            return None
        return lasts_s(airframe, row.regime, row.distance_m, row.speed_mps)
    return None if row.height_m is None else lasts_s(airframe, row.regime, row.height_m)
