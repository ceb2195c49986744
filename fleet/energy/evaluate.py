"""How good a model is on a log: errors by trip, regime and remainder, flights beyond the margin, how far it lets fly.

An error is (predicted - measured) / measured. Percentiles are of its absolute value, linear between the values.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from fleet.energy.airframe import Airframe, Residual
from fleet.energy.battery import Battery
from fleet.energy.errors import InvalidInput
from fleet.energy.logs import FlightLog
from fleet.energy.margin import SHRINK_AFTER_CRUISE, corrected_remaining, margin_fraction
from fleet.energy.predict import (
    Quarter,
    Rows,
    in_order,
    is_outside,
    is_trip,
    measured_wh,
    planned_wh,
    power_w,
    predicted_wh,
    quarter_of,
)
from fleet.energy.regimes import Regime
from fleet.energy.sortie import SortiePlan, largest_radius_m

WARM_C = 20.0
"""Of the pack in the comparison of radii; the whole pack then gives what it is named for."""


@dataclass(frozen=True, slots=True)
class Errors:
    """Relative errors of so many flights or rows: mean, mean of the absolute values, and their percentiles."""

    count: int
    mean: float
    mean_abs: float
    p50: float
    p95: float
    worst: float


@dataclass(frozen=True, slots=True)
class Remaining:
    """Errors of the energy that is left after a quarter of the cruise: corrected as in service, not at all, and by the
    full ratio of used to predicted.

    Of ``within_a_row`` flights the quarter ends inside of a row of the log: power counts as even within it, so that
    what was used before knows of what comes after, and corrections look better than they are.
    """

    corrected: Errors
    uncorrected: Errors
    full_ratio: Errors
    within_a_row: int


@dataclass(frozen=True, slots=True)
class LikeForLike:
    """The margin of flights whose durations are given, by the deviation of such ones, and who took more."""

    share: float
    beyond: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Margin:
    """The declared margin, which is flown with, against the flights: who took more, and the most that one took over
    what was predicted, from the plan (``by_plan``) where the log has plans, as before a flight, else with the durations
    given.

    Where these are given the declared margin holds what plans err in them besides: ``durations_given`` is then the one
    without it, none where that is no smaller. ``radius_share`` is the mean of the radius that the declared margin
    allows over that of who knows what each flight will take.
    """

    share: float
    beyond: tuple[str, ...]
    most: float
    radius_share: float | None
    by_plan: bool
    durations_given: LikeForLike | None = None

    @property
    def exceeded(self) -> tuple[str, ...]:
        """Who took more than a margin of flights like it lets it."""
        return self.beyond if self.durations_given is None else self.durations_given.beyond


@dataclass(frozen=True, slots=True)
class Residuals:
    """Mean and standard deviation of log(measured / predicted) by trip: what `Residual.log_sd` states."""

    log_mean: float
    log_sd: float | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a log says of a model. ``incomplete`` are flights without take-off, cruise or landing, which are no trips;
    ``outside`` are trips with a mass beyond the airframe's, or a speed that was taken as the nearest of its range."""

    trips: Errors
    residuals: Residuals
    by_regime: Mapping[str, Errors]
    remaining: Remaining | None
    plan: Errors | None
    margin: Margin
    incomplete: tuple[str, ...]
    outside: tuple[str, ...]


def evaluate(
    airframe: Airframe, log: FlightLog, *, epsilon: float = 1e-3, only: Iterable[str] | None = None
) -> Evaluation:
    """Holds the model against the log, or against ``only`` these flights of it.

    ``remaining`` is none where the order of no flight's rows is known, ``plan`` where some trip lacks distances,
    heights or speeds. Raises `InvalidInput` where no trip is left, or the model gives no positive power.
    """
    wanted = log.flights.keys() if only is None else set(only)
    flights = {name: rows for name, rows in log.flights.items() if name in wanted}
    trips = {name: rows for name, rows in flights.items() if is_trip(rows)}
    if not trips:
        raise InvalidInput("log", log.source, "one with a flight that has take-off, cruise and landing")
    ratios = {name: measured_wh(rows) / predicted_wh(airframe, rows) for name, rows in trips.items()}
    logs = [math.log(ratio) for ratio in ratios.values()]
    return Evaluation(
        trips=errors_of(1 / ratio - 1 for ratio in ratios.values()),
        residuals=Residuals(float(np.mean(logs)), float(np.std(logs, ddof=1)) if len(logs) > 1 else None),
        by_regime=by_regime(airframe, flights.values()),
        remaining=_remaining(airframe, trips.values()),
        plan=_plan(airframe, trips.values()),
        margin=_margin(airframe, trips, ratios, epsilon),
        incomplete=tuple(name for name in flights if name not in trips),
        outside=tuple(name for name, rows in trips.items() if any(is_outside(airframe, row) for row in rows)),
    )


def errors_of(errors: Iterable[float]) -> Errors:
    """Their figures. Raises `InvalidInput` where there are none."""
    found = np.fromiter(errors, dtype=np.float64)
    if not found.size:
        raise InvalidInput("errors", (), "at least one")
    sizes = np.abs(found)
    p50, p95 = np.percentile(sizes, [50, 95])
    return Errors(
        found.size, float(found.mean()), float(sizes.mean()), float(p50), float(p95), float(sizes.max())
    )


def _error(predicted_wh: float, measured_wh: float) -> float:
    return predicted_wh / measured_wh - 1


def trip_errors(airframe: Airframe, trips: Iterable[Rows]) -> Errors:
    """Errors of whole flights, with the durations that were measured."""
    return errors_of(_error(predicted_wh(airframe, rows), measured_wh(rows)) for rows in trips)


def by_regime(airframe: Airframe, flights: Iterable[Rows]) -> dict[str, Errors]:
    """Errors of power, by regime in the usual order, for those that there are."""
    found: dict[Regime, list[float]] = {}
    for row in (row for rows in flights for row in rows):
        found.setdefault(row.regime, []).append(_error(power_w(airframe, row), row.power_w))
    return {regime.value: errors_of(found[regime]) for regime in Regime if regime in found}


def _remaining(airframe: Airframe, trips: Iterable[Rows]) -> Remaining | None:
    ordered = [rows for rows in map(in_order, trips) if rows is not None]
    if not ordered:
        return None
    quarters = [quarter_of(airframe, rows) for rows in ordered]
    return Remaining(
        corrected=errors_of(_left(quarters, corrected_remaining)),
        uncorrected=errors_of(_left(quarters, lambda left_wh, *_: left_wh)),
        full_ratio=errors_of(
            _left(quarters, lambda left_wh, used_wh, told_wh, _: left_wh * used_wh / told_wh)
        ),
        within_a_row=sum(one.within_a_row for one in quarters),
    )


def _left(
    quarters: Iterable[Quarter], rule: Callable[[float, float, float, float], float]
) -> Iterator[float]:
    for one in quarters:
        told_wh = rule(one.predicted_left_wh, one.used_wh, one.predicted_used_wh, SHRINK_AFTER_CRUISE)
        yield _error(told_wh, one.left_wh)


def _plan(airframe: Airframe, trips: Iterable[Rows]) -> Errors | None:
    found = [(planned_wh(airframe, rows), measured_wh(rows)) for rows in trips]
    told = [(planned_wh, wh) for planned_wh, wh in found if planned_wh is not None]
    return errors_of(_error(*pair) for pair in told) if len(told) == len(found) else None


def _margin(
    airframe: Airframe, trips: Mapping[str, Rows], given: Mapping[str, float], epsilon: float
) -> Margin:
    planned = _plan_ratios(airframe, trips)
    share = margin_fraction(epsilon, airframe.residual)
    ratios = given if planned is None else planned
    like = None if planned is not None else durations_given(airframe.residual, epsilon)
    return Margin(
        share=share,
        beyond=_above(share, ratios),
        most=max(ratios.values()) - 1,
        radius_share=radius_share(airframe, trips.values(), ratios.values(), share),
        by_plan=planned is not None,
        durations_given=None if like is None else LikeForLike(like, _above(like, ratios)),
    )


def _above(share: float, ratios: Mapping[str, float]) -> tuple[str, ...]:
    return tuple(name for name, ratio in ratios.items() if ratio > 1 + share)


def durations_given(residual: Residual | None, epsilon: float) -> float | None:
    """The margin of flights whose durations are given: where a log has no plans, like is held against like. None where
    it is no smaller than the declared one."""
    if residual is None or residual.flown_sd >= residual.log_sd:
        return None
    return margin_fraction(epsilon, residual.model_copy(update={"log_sd": residual.flown_sd}))


def _plan_ratios(airframe: Airframe, trips: Mapping[str, Rows]) -> dict[str, float] | None:
    """Measured energy over that of the plan, none where some trip lacks one."""
    told = {name: planned_wh(airframe, rows) for name, rows in trips.items()}
    known = {name: measured_wh(trips[name]) / wh for name, wh in told.items() if wh is not None}
    return known if len(known) == len(trips) else None


def radius_share(
    airframe: Airframe, trips: Iterable[Rows], ratios: Iterable[float], margin: float, reserve: float = 0.2
) -> float | None:
    """The mean, over flights, of the radius that a margin allows over the one of who knows what the flight will take.

    Of a sortie at sea level, 60 m high, with 30 s at the drop, the log's mean payload, a floor of 10 % and this
    reserve. Who goes too far does not make up for who stays too near: no flight counts for more than 1. None where even
    who knows could not fly it.
    """
    payload_kg = _mean_payload(airframe, trips)
    budget_wh = (1 - reserve) * Battery(airframe.pack_wh).usable_wh(WARM_C)

    def radius_m(factor: float) -> float:
        return float(largest_radius_m(airframe, budget_wh / factor, 0.0, payload_kg, SortiePlan()))

    oracle = [radius_m(ratio) for ratio in ratios]
    if not all(oracle):
        return None
    ours = radius_m(1 + margin)
    return float(np.mean([min(1.0, ours / one) for one in oracle]))


def _mean_payload(airframe: Airframe, trips: Iterable[Rows]) -> float:
    heaviest = [max(row.mass_kg for row in rows) - airframe.empty_mass_kg for rows in trips]
    return float(np.clip(np.mean(heaviest), 0.0, airframe.max_payload_kg))
