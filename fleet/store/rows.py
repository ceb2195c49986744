"""Events and messages as text, and back."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import TypeAdapter, ValidationError

from fleet.domain.events import AnyEvent, Event
from fleet.protocol.messages import AnyMessage
from fleet.store.base import ClockAnchor, Failure, StoreError

_EVENT: TypeAdapter[Event] = TypeAdapter(AnyEvent)
_MESSAGE: TypeAdapter[AnyMessage] = TypeAdapter(AnyMessage)
NEWEST = 1
"""The newest version of any stored event that this code can read."""


def event_text(event: Event) -> str:
    """An event's JSON. Fields keep their aliases, as in the plan file."""
    # What ``model_dump_json`` calls, which takes as long again to hand on what it was not asked.
    return event.__pydantic_serializer__.to_json(event, by_alias=True).decode()


def event_from(text: str, version: int, position: int) -> Event:
    """The event of a stored row; ``StoreError`` where a newer release wrote it, or it is damaged."""
    if version > NEWEST:
        raise StoreError(
            f"event {position} has version {version}: a newer release wrote it; upgrade this one",
            Failure.SCHEMA,
        )
    try:
        return _EVENT.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]["msg"]
        raise StoreError(f"event {position} can't be read: {first}", Failure.CORRUPT) from error


def message_text(message: AnyMessage) -> str:
    """A message's JSON."""
    return message.model_dump_json()


def message_from(text: str) -> AnyMessage:
    """The message of a stored row."""
    return _MESSAGE.validate_json(text)


def clock_text(anchor: ClockAnchor) -> str:
    """An anchor of business time in a line."""
    return f"{anchor.business.isoformat()} {anchor.wall.isoformat()} {anchor.rate!r}"


def clock_from(text: str) -> ClockAnchor:
    """The anchor of a stored line."""
    business, wall, rate = text.split(" ")
    return ClockAnchor(
        datetime.fromisoformat(business).astimezone(UTC),
        datetime.fromisoformat(wall).astimezone(UTC),
        float(rate),
    )
