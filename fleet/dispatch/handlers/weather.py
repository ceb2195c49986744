"""Stations and services report the weather: what is new is recorded, and what is out is watched anew."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from fleet.dispatch.desk import Desk
from fleet.dispatch.inputs import WindSeen
from fleet.domain.events import WeatherReported, WindShown
from fleet.domain.weather import (
    KEEP_BEHIND,
    MOST_OF_SOURCE,
    MOST_SOURCES,
    ReportedWeather,
    counts,
    sources,
    with_report,
)
from fleet.feasibility.incident import incident
from fleet.protocol.messages import Reply, ReportWeather, Role
from fleet.protocol.weather import WeatherRow, WeatherSort

CLOCK_TOLERANCE: Final = timedelta(minutes=2)
"""How far a station's clock may be ahead of the hub's. One farther ahead would outrank everything that comes later."""

FARTHEST_AHEAD: Final = timedelta(days=14)
"""No forecast reaches farther; one that does is a slip, and would stay for as long."""


def report_weather(desk: Desk, message: ReportWeather) -> None:
    """Keep the rows that say something new. Flights under way are held against them at once, planned ones when they are
    released. A report that holds one impossible row is refused as a whole.
    """
    refusal = _refusal(desk, message)
    if refusal is not None:
        why = incident("bad_weather_report", refusal, source=message.source)
        desk.answer(Reply(request_id=message.request_id, ok=False, detail=refusal, reasons=(why,)))
        return
    said = _event(desk, message)
    kept = with_report(desk.state.weather, said)
    # What would not stay is not recorded either: it would be new again each time that it is said.
    fresh = tuple(
        row for row in said.rows if _reported(message, row, said.issued_at).key(message.source) in kept
    )
    if fresh:
        desk.emit(said.model_copy(update={"rows": fresh}))
        desk.watch_all()
    detail = _outcome(desk, message, len(fresh), len(said.rows) - len(fresh))
    desk.answer(Reply(request_id=message.request_id, ok=True, detail=detail))


def wind_seen(desk: Desk, message: WindSeen) -> None:
    """Keep a wind that an aircraft has shown, and hold all that are out against it."""
    desk.emit(
        WindShown(
            at=desk.now,
            asset_id=message.asset_id,
            place=message.place,
            height_m=round(message.height_m, 1),
            wind_mps=round(message.wind_mps, 2),
            wind_from_deg=round(message.wind_from_deg, 1) % 360,
            sd_mps=round(message.sd_mps, 2),
        )
    )
    desk.watch_all()


def _event(desk: Desk, message: ReportWeather) -> WeatherReported:
    return WeatherReported(
        at=desk.now,
        source=message.source,
        issued_at=_issued_at(desk, message),
        by=message.by or desk.peer_id or message.source,
        subject=desk.subject,
        rows=tuple(sorted(_fresh(desk, message), key=lambda row: row.time)),
        place=message.place,
        height_m=message.height_m,
        pressure_hpa=message.pressure_hpa,
    )


def _issued_at(desk: Desk, message: ReportWeather) -> datetime:
    return desk.now if message.issued_at is None else message.issued_at


def _fresh(desk: Desk, message: ReportWeather) -> Iterable[WeatherRow]:
    """The rows that change what is known. Without an issue of its own a report that repeats itself is nothing new."""
    known, issued_at = desk.state.weather, _issued_at(desk, message)
    for row in message.rows:
        said = _reported(message, row, issued_at)
        before = known.get(said.key(message.source))
        same = before is not None and (before.row, before.pressure_hpa) == (row, said.pressure_hpa)
        repeated = message.issued_at is None and same
        if not repeated and counts(known, message.source, said, desk.now):
            yield row


def _reported(message: ReportWeather, row: WeatherRow, issued_at: datetime) -> ReportedWeather:
    return ReportedWeather(row, issued_at, message.place, message.height_m, message.pressure_hpa)


def _outcome(desk: Desk, message: ReportWeather, fresh: int, too_many: int) -> str:
    behind = sum(row.time < desk.now - KEEP_BEHIND for row in message.rows)
    known = len(message.rows) - fresh - too_many - behind
    more = ((known, "known already"), (behind, "too old"), (too_many, f"beyond the {MOST_OF_SOURCE} kept"))
    said = [f"{fresh} rows of {message.source} taken in", *(f"{n} {what}" for n, what in more if n)]
    return ", ".join(said)


def _refusal(desk: Desk, message: ReportWeather) -> str | None:
    """Why nothing of the report is believed; none where it is."""
    now = desk.now
    if message.issued_at is not None and message.issued_at > now + CLOCK_TOLERANCE:
        return f"issued_at: {message.issued_at.isoformat()} lies ahead of the hub's time, {now.isoformat()}"
    if len({row.time for row in message.rows}) < len(message.rows):
        return "rows: two rows speak of the same time; a report speaks of one place and height"
    if desk.role is Role.WEATHER and message.source != desk.peer_id:
        return f"source: a station speaks for itself, and this one is {desk.peer_id!r}"
    known = sources(desk.state.weather, now)
    if message.source not in known and len(known) >= MOST_SOURCES:
        return f"source: the hub listens to {MOST_SOURCES} at most: {', '.join(sorted(known))}"
    return next(
        (f"rows[{n}].time: {why}" for n, r in enumerate(message.rows) if (why := _ahead(r, now))), None
    )


def _ahead(row: WeatherRow, now: datetime) -> str | None:
    """What is wrong with a row's time; none where nothing is."""
    if row.sort is WeatherSort.OBSERVED and row.time > now + CLOCK_TOLERANCE:
        return f"nobody can have observed the weather of {row.time.isoformat()}: it is {now.isoformat()}"
    if row.time > now + FARTHEST_AHEAD:
        return f"{row.time.isoformat()} lies more than {FARTHEST_AHEAD.days} days ahead"
    return None
