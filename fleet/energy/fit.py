"""An airframe from its own flights, or from a hover: fitted, held against flights that were held out, or refused."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from pydantic import ValidationError

from fleet.energy.airframe import Airframe, Residual, Timing
from fleet.energy.coefficients import fitted_power, scaled
from fleet.energy.evaluate import Errors, by_regime, errors_of, trip_errors
from fleet.energy.figures import Figures
from fleet.energy.lacks import (
    DRIFT_SD,
    Lack,
    below_ideal,
    drifting,
    off_base,
    off_by_speed,
    off_weight,
    strange,
    too_far,
    too_few,
    trend_of,
)
from fleet.energy.logs import FlightLog
from fleet.energy.predict import Rows, is_trip, measured_wh, planned_wh, predicted_wh
from fleet.energy.regimes import Regime, Regimes
from fleet.energy.seen import NoRate, Pace, pace_of, validity_of
from fleet.energy.split import fraction_of, split_of

FOLDS = 5
LEAST_LOG_SD = 0.01
"""Below this a deviation says more of the log than of flights to come."""
HOVER_RESIDUAL = Residual(log_sd=0.05, flights=10, declared=True)
"""Declared for who was scaled by a hover alone: how much airframes differ in the proportions of their regimes, as known
from few (assumption)."""
SHORTEST_HOVER_S = 60.0
PLAN_LOG_SD = 0.02
"""How far energy lies off for times that no plan was held against, beside the seconds of `ASSUMED_S` (assumption: the
errors asked of models, 6 % at the 95th percentile with durations given and 8 % from the plan, are deviations of 3.1 and
4.1 % and lie 2.7 % apart as squares, a part of which those seconds are)."""
ASSUMED_S: Mapping[str, float] = MappingProxyType({"takeoff": 5.0, "corner": 3.0, "landing": 6.0})
"""What a take-off, a leg and a landing are taken to last longer where no plan shows it (assumption: that generated ones
lose about as much), or as the base has it where that is more."""

Told = dict[str, tuple[Figures | float | None, str]]
"""Figures of an airframe and where each comes from."""


@dataclass(frozen=True, slots=True)
class NotCarried:
    """The log can't carry a calibration."""

    lacks: tuple[Lack, ...]


@dataclass(frozen=True, slots=True)
class Fitted:
    """A calibrated airframe and how good it is on flights that it was not fitted to.

    ``methods`` says for each set of coefficients whether it is a ``line`` or the base's times a factor (``scale``).
    ``base`` are the base's own errors on the held-out flights. ``crossed`` are the errors of all flights, each
    predicted by a fit to other ones with the durations given, and ``residuals`` log(measured / predicted) of each, from
    the plan where the log has plans: the residual is theirs.
    """

    airframe: Airframe
    methods: Mapping[str, str]
    train: tuple[str, ...]
    held_out: tuple[str, ...]
    errors: Errors
    base: Errors
    crossed: Errors
    residuals: Mapping[str, float]
    regimes: Mapping[str, Errors]


@dataclass(frozen=True, slots=True)
class Scaled:
    """An airframe whose power was scaled by what a hover took."""

    airframe: Airframe
    factor: float
    rows: int
    seconds: float


def fit(base: Airframe, log: FlightLog, *, share: float, name: str, origin: str) -> Fitted | NotCarried:
    """The airframe that the log's flights show, held against a ``share`` of them that it was not fitted to.

    ``origin`` says in ``sources`` which log it was. Raises `InvalidInput` for a share outside 0..1.
    """
    trips = {flight_id: rows for flight_id, rows in log.flights.items() if is_trip(rows)}
    split = split_of(trips, share)
    if lacks := (*too_few(log, trips, len(split.train), len(split.held_out)), *strange(base, trips)):
        return NotCarried(lacks)
    train = [row for one in split.train for row in trips[one]]
    shown, methods = fitted_power(base, train)
    source = f"fit to {len(split.train)} flights of {origin}, {len(split.held_out)} others held out"
    try:
        crossed, planned = _crossed(base, trips)
        seen: Told = {
            **_pace(base, train, source, planned is not None),
            "validity": (validity_of(base, train), f"what these flights had; {source}"),
        }
    except (NoRate, ValidationError) as error:
        return NotCarried((_no_airframe_s(error),))
    residual, kept = _with_spread(residual_of(crossed, planned), base)
    figures: Told = {
        "regimes": (shown.regimes, source),
        **_rotors(base, shown, source),
        **seen,
        "residual": (
            residual,
            f"{FOLDS}-fold cross-validation over {residual.flights} flights {_by_what(planned)}, log-normal; {source}"
            + kept,
        ),
    }
    airframe = _with(base, name, figures)
    if isinstance(airframe, Lack):
        return NotCarried((airframe,))
    held_out = [trips[one] for one in split.held_out]
    found = Fitted(
        airframe=airframe,
        methods=methods,
        train=split.train,
        held_out=split.held_out,
        errors=trip_errors(airframe, held_out),
        base=trip_errors(base, held_out),
        crossed=_errors_of_logs(crossed),
        residuals=planned or crossed,
        regimes=by_regime(airframe, held_out),
    )
    lacks = (
        *too_far(found.errors, "held-out flights"),
        *too_far(found.crossed, "all flights, cross-validated"),
        *drifting(crossed),
        *off_by_speed(airframe, trips),
    )
    return NotCarried(lacks) if lacks else found


def hover_fit(base: Airframe, log: FlightLog, *, name: str, origin: str) -> Scaled | NotCarried:
    """The base with all power times what the log's hovers took over what the base says: the least there is."""
    rows = [row for row in log.rows if row.regime is Regime.HOVER]
    seconds = math.fsum(row.duration_s for row in rows)
    if seconds < SHORTEST_HOVER_S:
        detail = f"{seconds:.0f} s of hover in {len(rows)} rows; {SHORTEST_HOVER_S:.0f} s are the least"
        return NotCarried((Lack("too_little_hover", detail),))
    if heavy := tuple(off_weight(base, rows)):
        return NotCarried(heavy)
    factor = measured_wh(rows) / predicted_wh(base, rows)
    if lacks := (*off_base("hover", factor), *below_ideal(base, rows)):
        return NotCarried(lacks)
    regimes = Regimes(**{one: scaled(known, factor) for one, known in base.regimes.sets()})
    source = f"{base.name} times {factor:.4f}: {seconds:.0f} s of hover of {origin}"
    residual, kept = _with_spread(HOVER_RESIDUAL, base)
    figures: Told = {
        "regimes": (regimes, source),
        "validity": (None, ""),  # the base's flights were another's
        "residual": (residual, f"declared for one that was scaled by a hover, not measured{kept}"),
    }
    if base.rotors is not None:
        efficiency = round(base.rotors.efficiency / factor, 6)
        said = f"{base.sources['rotors']}; efficiency over {factor:.4f} by a hover"
        figures["rotors"] = base.rotors.model_copy(update={"efficiency": efficiency}), said
    airframe = _with(base, name, figures)
    if isinstance(airframe, Lack):
        return NotCarried((airframe,))
    return Scaled(airframe, factor, len(rows), seconds)


def _with_spread(residual: Residual, base: Airframe) -> tuple[Residual, str]:
    """With how far assets of the base's type lie apart and wander, which one machine's flights say nothing of; and its
    source, to be added to the residual's."""
    known = base.residual
    if known is None or (known.between_log_sd, known.drift_log_sd) == (
        None,
        Residual.model_fields["drift_log_sd"].default,
    ):
        return residual, ""
    kept = {"between_log_sd": known.between_log_sd, "drift_log_sd": known.drift_log_sd}
    return residual.model_copy(update=kept), f"; between_log_sd and drift_log_sd are those of {base.name}"


def _pace(base: Airframe, rows: Rows, source: str, has_plans: bool) -> Told:
    """Rates and times by the plans of the flights; what is assumed where they have none."""
    pace = pace_of(base, rows)
    timing = pace.timing if has_plans else _assumed(pace)
    assumed = [] if has_plans else [name for name in ASSUMED_S if name not in pace.told]
    parts = [
        f"medians of the same flights against their plans ({', '.join(sorted(pace.told))})"
        if pace.told
        else "",
        "two readings, as heights or lengths are too alike to tell a rate from lost seconds" * timing.unsure,
        f"assumed for want of plans: {', '.join(assumed)}" if assumed else "",
    ]
    found: Told = {"timing": (timing, "; ".join([*filter(None, parts), source]))}
    for name, rate_mps, other in (
        ("climb_mps", pace.climb_mps, timing.takeoff_or),
        ("descent_mps", pace.descent_mps, timing.landing_or),
    ):
        if rate_mps != getattr(base, name):
            how = (
                "median slope of height over time"
                if other is None
                else "the slowest that its heights leave possible"
            )
            found[name] = rate_mps, f"{how}; {source}"
    return found


def _assumed(pace: Pace) -> Timing:
    """The times with what is assumed where the flights showed none."""
    known = dict(pace.timing)
    more = {f"{name}_s": s for name, s in ASSUMED_S.items() if name not in pace.told}
    return Timing(**known | {name: max(known[name], s) for name, s in more.items()})


def _rotors(base: Airframe, shown: Airframe, source: str) -> Told:
    """The rotors with the drag area of the flights, where they showed one."""
    if base.rotors == shown.rotors:
        return {}
    return {"rotors": (shown.rotors, f"{base.sources['rotors']}; drag area by airspeeds: {source}")}


def _with(base: Airframe, name: str, figures: Told) -> Airframe | Lack:
    """The base with these figures and sources, or why they are no airframe's: a line that falls below zero, a rate that
    nothing climbs at."""
    known = base.model_dump()
    sources = dict(known["sources"])
    for field, (value, source) in figures.items():
        known[field] = value.model_dump() if isinstance(value, Figures) else value
        sources[field] = source
        if value is None:
            del sources[field]
    try:
        return Airframe.model_validate(known | {"name": name, "sources": sources})
    except ValidationError as error:
        return _no_airframe_s(error)


def _no_airframe_s(error: NoRate | ValidationError) -> Lack:
    """Why figures are no airframe's, with the one that is not."""
    if isinstance(error, NoRate):
        return Lack("figure_implausible", f"what the log shows is no airframe's: {error}")
    first = error.errors()[0]
    field = ".".join(map(str, first["loc"]))
    found = f" (found {first['input']:g})" if isinstance(first["input"], float) else ""
    code = "no_positive_power" if "positive power" in first["msg"] else "figure_implausible"
    return Lack(code, f"what the log shows is no airframe's: {field and field + ': '}{first['msg']}{found}")


def _crossed(base: Airframe, trips: Mapping[str, Rows]) -> tuple[dict[str, float], dict[str, float] | None]:
    """log(measured / predicted) of each flight by a fit to the flights of the other folds, in the log's order: with the
    durations that were measured, and from the plan alone, none where some flight lacks one."""
    ranked = sorted(trips, key=fraction_of)
    given: dict[str, float] = {}
    planned: dict[str, float | None] = {}
    for fold in range(FOLDS):
        away = set(ranked[fold::FOLDS])
        others = [row for name in ranked if name not in away for row in trips[name]]
        frame, _ = fitted_power(base, others)
        frame = pace_of(base, others).of(frame)
        for name in away:
            measured = measured_wh(trips[name])
            plan_wh = planned_wh(frame, trips[name])
            given[name] = math.log(measured / predicted_wh(frame, trips[name]))
            planned[name] = None if plan_wh is None else math.log(measured / plan_wh)
    told = {name: log for name in trips if (log := planned[name]) is not None}
    return {name: given[name] for name in trips}, told if len(told) == len(trips) else None


def _by_what(planned: Mapping[str, float] | None) -> str:
    if planned is not None:
        return "by their plans"
    return f"with durations given (the log has no plans), and {PLAN_LOG_SD:g} assumed for what a plan errs in them"


def residual_of(given: Mapping[str, float], planned: Mapping[str, float] | None = None) -> Residual:
    """Their deviation, and the one from the plan: what is told before a flight knows no durations, and so that is the
    one that margins are made from. It is never below the other; where it is not known, what plans err is assumed."""
    flown_sd = _deviation(given)
    if planned is None:
        log_sd = round(math.hypot(flown_sd, PLAN_LOG_SD), 6)
    else:
        log_sd = max(flown_sd, _deviation(planned))
    return Residual(log_sd=log_sd, flights=len(given), flown_log_sd=flown_sd, plan_assumed=planned is None)


def _deviation(logs: Mapping[str, float]) -> float:
    """The standard deviation, about zero where the mean is no accident (over two of its standard errors); where they
    rise over the flights, about where they have come to: the flights to come are the next ones."""
    values = np.array(list(logs.values()))
    mean, sd = float(values.mean()), float(values.std(ddof=1))
    if abs(mean) > 2 * sd / math.sqrt(len(values)):
        sd = math.sqrt(float(np.mean(values**2)))
    change, error = trend_of(values)
    if change > DRIFT_SD * error:
        sd = math.hypot(sd, change / 2)
    return round(max(sd, LEAST_LOG_SD), 6)


def _errors_of_logs(logs: Mapping[str, float]) -> Errors:
    return errors_of(math.exp(-one) - 1 for one in logs.values())
