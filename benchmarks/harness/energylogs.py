"""Figures of energy from flight logs: fitted to some of a log's flights, held against the others of it."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random
from statistics import fmean
from typing import Any, NamedTuple

from benchmarks.harness.figure import Figure
from fleet.energy import catalog
from fleet.energy.airframe import Airframe, parse_figures
from fleet.energy.evaluate import Errors, Evaluation, evaluate, radius_share, trip_errors
from fleet.energy.fit import Fitted, NotCarried, fit, hover_fit
from fleet.energy.lacks import Lack
from fleet.energy.logs import FlightLog, read_log
from fleet.energy.predict import Rows, is_trip, measured_wh, planned_wh, predicted_wh
from fleet.energy.regimes import Regime
from fleet.intake.tables import read_text
from tests.support.flightlog import Machine, Noise, generated

HELD_OUT = 0.3
EPSILON = 1e-3
PUBLISHED = "dji-matrice-100"
WORN = Machine(
    empty_kg=3.715,
    efficiency={"takeoff": 0.42, "cruise": 0.50, "landing": 0.47},
    avionics_w=20.0,
    longer_s={"takeoff": 4.0, "cruise": 3.0, "landing": 6.0},
)
"""The truth of the generated log: a Matrice that takes a tenth more than the published one, and time beside plans."""
OTHERS, FLIGHTS_EACH, HOVERS_EACH = 20, 40, 3
"""Other airframes that are each scaled by the hovers of so many flights, and held against their other flights."""
LEAST_LIKELY = 0.01
"""Cross-validated flights beyond the margin are too many where chance would make as many less often than this."""


@dataclass(frozen=True)
class Logged:
    """A log, what its figures' names end in, and the airframe that it is fitted from."""

    log: FlightLog
    ending: str
    base: Airframe

    @cached_property
    def fitted(self) -> Fitted | NotCarried:
        """The airframe that its flights show."""
        return fit(self.base, self.log, share=HELD_OUT, name="fitted", origin=self.log.source)

    @cached_property
    def held_out(self) -> Evaluation | None:
        """That airframe on the flights that were held out; none where the log carries no fit."""
        found = self.fitted
        if isinstance(found, NotCarried):
            return None
        return evaluate(found.airframe, self.log, epsilon=EPSILON, only=found.held_out)


class Hovered(NamedTuple):
    """A log with hovers and whole flights, the airframe that the hovers scale, and what the figure's name ends in."""

    log: FlightLog
    base: Airframe
    ending: str


@dataclass(frozen=True)
class Given:
    """What is measured on: logs of flights, a log with hovers and flights of another airframe, and how much."""

    logs: tuple[Logged, ...]
    hovers: tuple[Hovered, ...]
    rows: int = 1_000_000
    rounds: int = 7
    worlds: int = 5


class Goal(NamedTuple):
    """What a figure is to reach."""

    name: str
    unit: str
    goal: float
    floor: float
    most: bool = True


MEAN = Goal("trip_energy_mean_error", "%", 2.5, 2.5)
P95 = Goal("trip_energy_p95_error", "%", 6.0, 6.0)
PLAN_MEAN = Goal("from_the_plan_mean_error", "%", 4.0, 4.0)
PLAN_P95 = Goal("from_the_plan_p95_error", "%", 8.0, 8.0)
LEFT_P95 = Goal("remaining_after_a_quarter_p95_error", "%", 5.0, 5.0)
BEYOND = Goal("flights_beyond_the_margin", "flights", 0.0, 0.0)
RADIUS = Goal("radius_over_an_oracle_s", "share", 0.85, 0.85, most=False)
HOVER = Goal("one_hover_mean_error", "%", 4.0, 4.0)


def trips(given: Given) -> list[Figure]:
    """Whole flights with the durations that were measured, beside the published coefficients on the same flights."""
    return [figure for one in given.logs for figure in _held(one, _trips, MEAN, P95)]


def _trips(one: Logged, fitted: Fitted, seen: Evaluation) -> Iterator[Figure]:
    published = trip_errors(catalog.airframe(PUBLISHED), [one.log.flights[name] for name in fitted.held_out])
    more = _split(fitted) | {
        "base": _percents(fitted.base),
        "published_coefficients": _percents(published),
        "cross_validated": _percents(fitted.crossed),
        "by_regime": {name: _percents(errors) for name, errors in seen.by_regime.items()},
        "methods": dict(fitted.methods),
    }
    yield _figure(MEAN, one, 100 * seen.trips.mean_abs, more)
    yield _figure(
        P95, one, 100 * seen.trips.p95, _split(fitted) | {"worst": round(100 * seen.trips.worst, 3)}
    )


def plan(given: Given) -> list[Figure]:
    """Without any measured duration but a hover's: from distances, speeds over ground and heights."""
    return [figure for one in given.logs for figure in _held(one, _plan, PLAN_MEAN, PLAN_P95)]


def _plan(one: Logged, fitted: Fitted, seen: Evaluation) -> Iterator[Figure]:
    if all(row.distance_m is None and row.height_m is None for row in one.log.rows):
        # The six columns that a log must have say nothing of plans: nothing is measured, and said so.
        print(f"{one.log.source}: has no distance_m and height_m, so nothing from the plan", file=sys.stderr)
        return
    if seen.plan is None:
        why = "some flights lack distance_m, speed_mps or height_m: what the plan said is not in the log"
        yield from (_none(goal, one, why) for goal in (PLAN_MEAN, PLAN_P95))
        return
    more = _split(fitted) | {"timing_s": fitted.airframe.timing.model_dump()}
    yield _figure(PLAN_MEAN, one, 100 * seen.plan.mean_abs, more)
    yield _figure(PLAN_P95, one, 100 * seen.plan.p95, {"worst": round(100 * seen.plan.worst, 3)})


def remaining(given: Given) -> list[Figure]:
    """What is left after a quarter of the cruise, corrected by what was used; beside no correction and the full one."""
    return [figure for one in given.logs for figure in _held(one, _remaining, LEFT_P95)]


def _remaining(one: Logged, fitted: Fitted, seen: Evaluation) -> Iterator[Figure]:
    if seen.remaining is None:
        yield _none(LEFT_P95, one, "in which order the rows of a flight were flown is not known")
        return
    left = seen.remaining
    more = _split(fitted) | {
        "uncorrected": round(100 * left.uncorrected.p95, 3),
        "full_ratio": round(100 * left.full_ratio.p95, 3),
        "within_a_row": left.within_a_row,
    }
    yield _figure(LEFT_P95, one, 100 * left.corrected.p95, more)


def margin(given: Given) -> list[Figure]:
    """The margin for 1e-3: flights that took more, and the radius that it allows over that of who knows each flight.

    From the plan, as it is flown with, where the log has plans. Where it has none, durations are given to both sides,
    and like is held against like: the margin is that of flights whose durations are known. What is flown with then,
    which holds what plans err in durations besides, is told as ``declared``.
    """
    return [figure for one in given.logs for figure in _held(one, _margin, BEYOND, RADIUS)]


def _margin(one: Logged, fitted: Fitted, seen: Evaluation) -> Iterator[Figure]:
    declared, like = seen.margin, seen.margin.durations_given
    share = declared.share if like is None else like.share
    crossed = sum(log_ratio > math.log1p(share) for log_ratio in fitted.residuals.values())
    more = _split(fitted) | {
        "margin": round(share, 4),
        "most": round(declared.most, 4),
        "by_plan": declared.by_plan,
        "cross_validated_beyond": crossed,
        "cross_validated": len(fitted.residuals),
    }
    by_chance = _as_many_by_chance(crossed, len(fitted.residuals)) >= LEAST_LIKELY
    yield _figure(BEYOND, one, float(len(declared.exceeded)), more, and_also=by_chance)
    held_out = [one.log.flights[name] for name in fitted.held_out if is_trip(one.log.flights[name])]
    told = planned_wh if declared.by_plan else predicted_wh
    ratios = [measured_wh(rows) / (told(fitted.airframe, rows) or math.inf) for rows in held_out]
    radius = radius_share(fitted.airframe, held_out, ratios, share)
    if radius is None:
        yield _none(RADIUS, one, "even who knows could not fly the sortie that is compared")
        return
    others: dict[str, object] = {
        name: radius_share(fitted.airframe, held_out, ratios, margin)
        for name, margin in (("without_margin", 0.0), ("refusing_all", 1e6))
    }
    if like is not None:
        others["declared"] = {"margin": round(declared.share, 4), "radius": declared.radius_share}
    yield _figure(RADIUS, one, radius, {"margin": round(share, 4)} | others)


def _as_many_by_chance(beyond: int, flights: int) -> float:
    """How likely so many flights or more lie beyond a margin that each passes with the probability that it is for."""
    fewer = (math.comb(flights, k) * EPSILON**k * (1 - EPSILON) ** (flights - k) for k in range(beyond))
    return 1 - math.fsum(fewer)


def hover(given: Given) -> list[Figure]:
    """Other airframes by their hovers alone, on whole flights of them: the mean over airframes, and the worst."""
    ending = given.hovers[0].ending
    found: list[tuple[float, float]] = []
    for log, base, _ in given.hovers:
        hovers, flights = _sides(log)
        scaled = hover_fit(base, hovers, name="scaled", origin=log.source)
        if isinstance(scaled, NotCarried):
            return [_none(HOVER, ending, _why(scaled.lacks))]
        if not flights:
            return [_none(HOVER, ending, "no flight with take-off, cruise and landing to hold it against")]
        found.append((trip_errors(scaled.airframe, flights).mean_abs, trip_errors(base, flights).mean_abs))
    errors, unscaled = ([100 * one for one in column] for column in zip(*found, strict=True))
    more = {"airframes": len(errors), "worst": round(max(errors), 3), "base": round(fmean(unscaled), 3)}
    return [_figure(HOVER, ending, fmean(errors), more)]


def _held(
    one: Logged, figures: Callable[[Logged, Fitted, Evaluation], Iterator[Figure]], *goals: Goal
) -> Iterator[Figure]:
    """The figures on the flights that were held out, or why there are none."""
    fitted, seen = one.fitted, one.held_out
    if isinstance(fitted, NotCarried) or seen is None:
        lacks = fitted.lacks if isinstance(fitted, NotCarried) else ()
        yield from (_none(goal, one, _why(lacks)) for goal in goals)
        return
    yield from figures(one, fitted, seen)


def _figure(
    goal: Goal, one: Logged | str, value: float, more: dict[str, Any], *, and_also: bool = True
) -> Figure:
    ending = one if isinstance(one, str) else one.ending
    name = f"{goal.name}{ending}"
    return Figure(name, value, goal.unit, goal.goal, goal.floor, most=goal.most, and_also=and_also, more=more)


def _none(goal: Goal, one: Logged | str, why: str) -> Figure:
    ending = one if isinstance(one, str) else one.ending
    return Figure(
        f"{goal.name}{ending}", None, goal.unit, goal.goal, goal.floor, most=goal.most, more={"why": why}
    )


def _why(lacks: Sequence[Lack]) -> str:
    return "; ".join(f"{lack.code}: {lack.detail}" for lack in lacks)


def _split(fitted: Fitted) -> dict[str, Any]:
    return {
        "train": len(fitted.train),
        "held_out": len(fitted.held_out),
        "split": f"by SHA-256 of flight_id, {HELD_OUT:.0%} held out",
    }


def _percents(errors: Errors) -> dict[str, float]:
    return {
        "mean_abs": round(100 * errors.mean_abs, 3),
        "mean": round(100 * errors.mean, 3),
        "p95": round(100 * errors.p95, 3),
    }


# --- what is given ---------------------------------------------------------------------------------------------------


def given(logs: Sequence[Path], base: str, hover_log: Path | None, hover_base: str, *, flights: int) -> Given:
    """The logs that are named, the generated ones where none is."""
    frame = _airframe(base)
    named = tuple(Logged(_read(path), f" ({path.name})" if len(logs) > 1 else "", frame) for path in logs)
    made = Logged(
        read_log(generated(WORN, flights, 1, Noise()), "generated"), " (generated)", _airframe(PUBLISHED)
    )
    if hover_log is not None:
        return Given((*named, made), (Hovered(_read(hover_log), _airframe(hover_base), ""),))
    return Given((*named, made), tuple(_other(Random(number)) for number in range(OTHERS)))


def _other(rng: Random) -> Hovered:
    """An airframe of another size and as efficient as measured ones are (0.35 to 0.52), its regimes in other
    proportions than the Matrice's."""
    empty_kg, efficiency = rng.uniform(2.0, 8.0), rng.uniform(0.35, 0.52)
    machine = Machine(
        empty_kg=empty_kg,
        disc_m2=empty_kg * rng.uniform(0.07, 0.12),
        efficiency={
            "takeoff": efficiency,
            "cruise": efficiency * 1.17 * math.exp(rng.gauss(0, 0.03)),
            "landing": efficiency * 1.13 * math.exp(rng.gauss(0, 0.03)),
        },
        avionics_w=rng.uniform(10.0, 40.0),
        payloads_kg=tuple(empty_kg * share for share in (0.0, 0.1, 0.2)),
    )
    log = read_log(generated(machine, FLIGHTS_EACH + HOVERS_EACH, rng.randrange(10**6), Noise()), "generated")
    base = catalog.airframe(PUBLISHED).model_copy(
        update={
            "name": "other",
            "empty_mass_kg": empty_kg,
            "max_payload_kg": max(machine.payloads_kg),
            "disc_m2": machine.disc_m2,
        }
    )
    return Hovered(log, base, " (generated)")


def _sides(log: FlightLog) -> tuple[FlightLog, list[Rows]]:
    """The hovers to scale by, and the whole flights to judge by: of flights that only hovered, or else of the first
    three, which are not judged then."""
    whole = [name for name, rows in log.flights.items() if is_trip(rows)]
    test = [name for name in log.flights if name not in whole] or whole[:HOVERS_EACH]
    rows = [row for name in test for row in log.flights[name] if row.regime is Regime.HOVER]
    return FlightLog(log.source, tuple(rows)), [log.flights[name] for name in whole if name not in test]


def _read(path: Path) -> FlightLog:
    return read_log(read_text(path), path.name)


def _airframe(name: str) -> Airframe:
    if name.endswith(".toml"):
        return parse_figures(Airframe, read_text(Path(name)), name)
    return catalog.airframe(name)
