"""What all rows are made with."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fleet.protocol.values import Place, Reason

Row = dict[str, Any]


def stamp(moment: datetime | None) -> str | None:
    """A moment as JSON: UTC with a Z, to the millisecond."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def tenths(seconds: float) -> float:
    """Seconds as JSON: to the tenth, since nothing is known more exactly."""
    return round(seconds, 1) + 0.0


def point(place: Place | None) -> list[float] | None:
    """A place as longitude, latitude."""
    return None if place is None else [place.lon, place.lat]


def reasons_of(reasons: tuple[Reason, ...]) -> list[Row]:
    """Reasons as they were made by the feasibility checks; nothing is reworded here."""
    return [r.model_dump(mode="json", exclude_none=True) for r in reasons]
