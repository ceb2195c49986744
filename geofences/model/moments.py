"""Moments that callers pass, taken to UTC once, so that they are compared and subtracted as moments.

Python compares and subtracts two times of one `ZoneInfo` by what its clocks show, which may run back while time does
not, and takes a time without offset for one of the machine's zone.
"""

from datetime import UTC, datetime

from geofences.errors import PathError


def utc(at: datetime, what: str) -> datetime:
    """The moment in UTC; `what` names it in messages. Raises `PathError` for what is none."""
    if not isinstance(at, datetime):
        raise PathError(f"{what} must be a datetime, got {type(at).__name__} {at!r:.80}")
    if at.tzinfo is UTC:
        return at
    if at.utcoffset() is None:
        raise PathError(f"{what} has no offset from UTC: give {at.isoformat()} a tzinfo")
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise PathError(f"{what} is before the year 1 or after 9999 in UTC: {at.isoformat()}") from None
