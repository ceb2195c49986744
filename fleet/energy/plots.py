"""Prediction against log, as charts: energy of trips, and how errors are spread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from fleet.energy.airframe import Airframe
from fleet.energy.chart import Axis, Series, chart
from fleet.energy.errors import InvalidInput
from fleet.energy.logs import FlightLog
from fleet.energy.margin import margin_fraction
from fleet.energy.predict import Rows, is_trip, measured_wh, predicted_wh

ROOM = 1.08
"""How much longer an axis is than what is on it."""
WORST_SHOWN = 0.25


def trips_svg(
    airframes: Mapping[str, Airframe],
    log: FlightLog,
    only: Iterable[str] | None = None,
    epsilon: float = 1e-3,
) -> str:
    """Measured over predicted energy of trips by each model, and what the last one's margin reaches up to.

    Raises `InvalidInput` where no trip is left or no model is named.
    """
    trips = _trips(log, only)
    if not airframes:
        raise InvalidInput("airframes", airframes, "at least one")
    found = {
        name: [(predicted_wh(frame, rows), measured_wh(rows)) for rows in trips]
        for name, frame in airframes.items()
    }
    most = ROOM * max(max(pair) for pairs in found.values() for pair in pairs)
    margin = margin_fraction(epsilon, list(airframes.values())[-1].residual)
    series = [Series(name, pairs) for name, pairs in found.items()]
    series += [
        Series("as predicted", [(0.0, 0.0), (most, most)], line=True),
        Series(f"with the margin of {margin:.1%}", [(0.0, 0.0), (most / (1 + margin), most)], line=True),
    ]
    title = f"Energy of {len(trips)} flights"
    return chart(title, Axis("predicted, Wh", 0, most), Axis("measured, Wh", 0, most), series)


def errors_svg(airframes: Mapping[str, Airframe], log: FlightLog, only: Iterable[str] | None = None) -> str:
    """Which share of flights lies within an error, by each model. Raises `InvalidInput` where no trip is left."""
    trips = _trips(log, only)
    series = [Series(name, _shares(frame, trips), line=True) for name, frame in airframes.items()]
    x = Axis("error of a flight's energy, %", 0, 100 * WORST_SHOWN)
    return chart(f"Share of {len(trips)} flights within an error", x, Axis("flights, %", 0, 100), series)


def _trips(log: FlightLog, only: Iterable[str] | None) -> list[Rows]:
    wanted = set(log.flights if only is None else only)
    trips: list[Rows] = [rows for name, rows in log.flights.items() if name in wanted and is_trip(rows)]
    if not trips:
        raise InvalidInput("log", log.source, "one with a flight that has take-off, cruise and landing")
    return trips


def _shares(airframe: Airframe, trips: Sequence[Rows]) -> list[tuple[float, float]]:
    """As steps: at each flight's error the share rises."""
    errors = sorted(abs(predicted_wh(airframe, rows) / measured_wh(rows) - 1) for rows in trips)
    steps = [(0.0, 0.0)]
    for number, error in enumerate(errors):
        steps += [(100 * error, 100 * number / len(errors)), (100 * error, 100 * (number + 1) / len(errors))]
    return [*steps, (100 * WORST_SHOWN, 100.0)] if errors[-1] <= WORST_SHOWN else steps
