"""Random times at which zones of `zonecases.py` apply, and approvals that lift them: dates, hours of the week in
offsets and in the time of a zone whose clocks are changed that day, the sun.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

from geofences import (
    Applicability,
    Authorisation,
    DailyPeriod,
    Datum,
    Limit,
    LocalTime,
    Restriction,
    SunEvent,
    TimeOfDay,
    TimePeriod,
    Zone,
)

DAYS = (
    datetime(2026, 6, 1, tzinfo=UTC),  # a Monday
    datetime(2026, 3, 29, tzinfo=UTC),  # Europe puts its clocks forward
    datetime(2026, 10, 25, tzinfo=UTC),  # and back
    datetime(2026, 11, 1, tzinfo=UTC),  # New York puts them back
)
HOURS = (0.0, 6.0, 11.5, 12.0, 18.0, 22.0)
_WALL_HOURS = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 6.0, 12.0, 18.0, 23.5)
_CLOCKS = ("Europe/Lisbon", "Europe/Helsinki", "America/New_York", "Asia/Kolkata")
_SUN = (
    (SunEvent.SR, SunEvent.SS),
    (SunEvent.SS, SunEvent.SR),
    (SunEvent.BMCT, SunEvent.EECT),
    (SunEvent.EECT, SunEvent.BMCT),
)
US = "us"
"""The vehicle that asks."""

ON_APPROVAL = (Restriction.REQ_AUTHORISATION, Restriction.CONDITIONAL)


def times(rng: Random, day: datetime, *, has_sun: bool) -> Applicability:
    """When a zone applies; the sun only where `zonehours.py` knows it well."""
    kinds = (_always, _always, _dates, _hours, _clock, *([_sun] if has_sun else []))
    return Applicability(rng.choice(kinds)(rng, day))


def _always(_rng: Random, _day: datetime) -> tuple[TimePeriod, ...]:
    return ()


def _dates(rng: Random, day: datetime) -> tuple[TimePeriod, ...]:
    starts = [
        day + timedelta(hours=rng.choice(HOURS) + 24 * rng.randint(-1, 1)) for _ in range(rng.randint(1, 2))
    ]
    return tuple(TimePeriod(start, start + timedelta(hours=rng.choice([0, 1, 30]))) for start in starts)


def _hours(rng: Random, day: datetime) -> tuple[TimePeriod, ...]:
    """Daily hours, across midnight too, in the time of an offset to the east or west."""
    offset = rng.choice([0.0, 7200.0, -36_000.0])
    start, end = (TimeOfDay(rng.choice(HOURS) * 3600.0, offset) for _ in range(2))
    return _weekly(rng, day, DailyPeriod(_some_days(rng), start, end))


def _clock(rng: Random, day: datetime) -> tuple[TimePeriod, ...]:
    """Daily hours by the clocks of a zone: some are shown twice that day, or not at all."""
    zone = rng.choice(_CLOCKS)
    start, end = (LocalTime(rng.choice(_WALL_HOURS) * 3600.0, zone) for _ in range(2))
    return _weekly(rng, day, DailyPeriod(_some_days(rng), start, end))


def _sun(rng: Random, day: datetime) -> tuple[TimePeriod, ...]:
    return _weekly(rng, day, DailyPeriod(_some_days(rng), *rng.choice(_SUN)))


def _weekly(rng: Random, day: datetime, daily: DailyPeriod) -> tuple[TimePeriod, ...]:
    until = day + timedelta(hours=rng.choice([6, 40])) if rng.random() < 0.3 else None
    return (TimePeriod(None, until, (daily,)),)


def _some_days(rng: Random) -> frozenset[int]:
    return frozenset(rng.sample(range(7), rng.randint(1, 7)))


def approvals(
    rng: Random, day: datetime, zones: list[Zone], held: frozenset[str], heights: tuple[float, ...]
) -> tuple[Authorisation, ...]:
    """For some of the zones that need one: with a validity, a height, for us or for others."""
    wanting = [one for one in zones if one.restriction in ON_APPROVAL and one.zone_id not in held]
    return tuple(_approval(rng, day, one.zone_id, heights) for one in wanting if rng.random() < 0.8)


def _approval(rng: Random, day: datetime, zone_id: str, heights: tuple[float, ...]) -> Authorisation:
    begin = day + timedelta(hours=rng.choice(HOURS))
    lasts = TimePeriod(begin, begin + timedelta(hours=rng.choice([1, 8, 30])))
    cap = Limit(rng.choice(heights[1:]), rng.choice([Datum.AGL, Datum.AMSL])) if rng.random() < 0.5 else None
    return Authorisation(
        zone_id,
        Applicability((lasts,) if rng.random() < 0.6 else ()),
        below=cap,
        vehicles=rng.choice([frozenset(), frozenset(), frozenset({US, "other"}), frozenset({"other"})]),
    )
