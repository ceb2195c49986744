"""Is it the right time: the parcel is ready, the recipient expects it, the site is open."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from fleet.domain.sites import Site
from fleet.feasibility.case import SortieCase
from fleet.feasibility.verdict import Verdict, combine, feasible, infeasible
from fleet.protocol.values import Reason, TimeWindow

# A site "open from 00:00 to 23:59:59" never closes.
_SEAM = timedelta(seconds=1)


def ask_window(case: SortieCase) -> Verdict:
    """Whether the trip keeps to the parcel's and the site's times.

    The parcel must be ready when loading begins (a collected one when the asset arrives), the service must
    begin inside the due window (into a locker a parcel may come before it), and the site must be open from
    loading until the return.
    """
    return combine((_ready(case), _due(case), _site_open(case)))


def _ready(case: SortieCase) -> Verdict:
    needed_at = case.loading_at if case.delivers else case.trip.drop_at
    return _not_before(
        case.order.ready_at, needed_at, "not_ready", "the parcel gets ready", "the order's ready_at"
    )


def _due(case: SortieCase) -> Verdict:
    due, arrival = case.order.due, case.trip.drop_at
    last = _not_after(due.end, arrival, "too_late", "the due window ends", "the order's due_by")
    if case.locker is not None:
        return last
    first = _not_before(due.start, arrival, "too_early", "the due window begins", "the order's due_from")
    return combine((first, last))


def _site_open(case: SortieCase) -> Verdict:
    start, end = case.loading_at, case.trip.return_at
    if site_open(case.site, start, end):
        return feasible()
    site = case.site
    return infeasible(
        Reason(
            code="site_closed",
            detail=f"{site.site_id} is not open from loading to the return",
            limit=f"{site.opens:%H:%M} to {site.closes:%H:%M} {site.timezone}",
            actual=f"{start.isoformat()} to {end.isoformat()}",
            source=f"opening hours of {site.site_id}",
        )
    )


def site_open(site: Site, start: datetime, end: datetime) -> bool:
    """Whether the site is open, without a break, over the whole interval."""
    zone = ZoneInfo(site.timezone)
    first, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    return any(w_start <= start and end <= w_end for w_start, w_end in _merged(_openings(site, first, last)))


def _openings(site: Site, first: date, last: date) -> Iterable[TimeWindow]:
    # The day before too: a site may be open over midnight.
    return (site.opening(date.fromordinal(day)) for day in range(first.toordinal() - 1, last.toordinal() + 1))


def _merged(windows: Iterable[TimeWindow]) -> list[tuple[datetime, datetime]]:
    merged: list[tuple[datetime, datetime]] = []
    for window in windows:
        if merged and window.start - merged[-1][1] <= _SEAM:
            merged[-1] = (merged[-1][0], max(merged[-1][1], window.end))
        else:
            merged.append((window.start, window.end))
    return merged


def _not_before(limit: datetime, actual: datetime, code: str, what: str, source: str) -> Verdict:
    if actual >= limit:
        return feasible()
    return infeasible(
        _time_reason(code, f"{what} at {limit.isoformat()}, which is later", limit, actual, source)
    )


def _not_after(limit: datetime, actual: datetime, code: str, what: str, source: str) -> Verdict:
    if actual <= limit:
        return feasible()
    return infeasible(
        _time_reason(code, f"{what} at {limit.isoformat()}, which is earlier", limit, actual, source)
    )


def _time_reason(code: str, detail: str, limit: datetime, actual: datetime, source: str) -> Reason:
    return Reason(
        code=code,
        detail=detail,
        limit=limit.isoformat(),
        actual=actual.isoformat(),
        unit="UTC",
        source=source,
    )
