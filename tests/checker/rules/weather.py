"""Weather caps: nothing is out in weather that its type may not meet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from tests.checker.context import Case
from tests.checker.document import Sortie
from tests.checker.fleet import Cap
from tests.checker.inputs import weather_between
from tests.checker.violation import Code, Violation

_EVERY = timedelta(minutes=1)


def check_weather(case: Case) -> Iterator[Violation]:
    """At no minute of a sortie does the weather break a cap by both readings of the file.

    The two readings are: the row holds until the next, and values run evenly between rows. Where only one of
    them breaks a cap the plan may have taken the other: no violation. Weather that the file lacks is one.
    """
    if not case.weather:
        return
    for sortie, facts in case.trips():
        for detail in (*_broken(case, sortie, facts.caps), *_iced(case, sortie, facts.icing_below_c)):
            yield Violation(Code.WEATHER, f"sortie {sortie.sortie_id}", detail)
            break


def _broken(case: Case, sortie: Sortie, caps: tuple[Cap, ...]) -> Iterator[str]:
    for at in _minutes(sortie):
        for cap in caps:
            readings = weather_between(case.weather, cap.measure, at)
            if readings is None:
                yield f"the weather at {at} is not known"
            elif all(cap.broken_by(value) for value in readings):
                yield f"{cap.measure} {readings[0]:.1f} at {at}, {cap.limit} allowed"


def _iced(case: Case, sortie: Sortie, below_c: float | None) -> Iterator[str]:
    """Rain, snow or less than 1,600 m of sight at or below the temperature that the type states, by both readings."""
    if below_c is None:
        return
    for at in _minutes(sortie):
        measures = ("temperature_c", "precipitation_mm_h", "visibility_m")
        readings = [
            found for name in measures if (found := weather_between(case.weather, name, at)) is not None
        ]
        if len(readings) == len(measures) and all(
            celsius < below_c - 0.01 and (rain > 0.01 or sight_m < 1599)
            for celsius, rain, sight_m in zip(*readings, strict=True)
        ):
            yield f"ice may form at {at}: {readings[0][0]:.1f} °C and wet"


def _minutes(sortie: Sortie) -> Iterator[datetime]:
    at = sortie.depart
    while at < sortie.back:
        yield at
        at += _EVERY
    yield sortie.back
