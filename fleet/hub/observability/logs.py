"""How the hub logs: one line for each event, JSON for machines or key and value for people, on stderr.

An event is a sentence in plain words that never changes, and fields. No field holds personal data or a secret; what
looks like one by its name is taken out, at any depth.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TextIO

import structlog

LOG = structlog.get_logger("hub")

HIDDEN = "(not logged)"

SECRET_PARTS = ("secret", "token", "password", "credential", "private", "passphrase")
"""A field whose name contains one of these is a secret."""

PERSONAL = frozenset(
    {"contact", "contacts", "recipient", "address", "phone", "email", "notes", "language", "extra"}
)
"""Fields with these names are about a person: those of ``fleet.protocol.values.Contact``."""


class Level(StrEnum):
    """From which level on events are logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


_JSON = structlog.processors.JSONRenderer(ensure_ascii=False, default=str)


def configure(
    *, level: Level = Level.INFO, as_json: bool | None = None, stream: TextIO | None = None
) -> None:
    """Have this process log to a stream (stderr unless told). ``as_json`` none: JSON where no person looks on."""
    out = sys.stderr if stream is None else stream
    people = out.isatty() if as_json is None else not as_json
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            without_secrets,
            _in_order,
            structlog.dev.ConsoleRenderer(colors=out.isatty(), sort_keys=False) if people else _JSON,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.name)),
        # Asked for at each line, not now: whoever replaces stderr gets what is said from then on.
        logger_factory=lambda *_: structlog.WriteLogger(_Unfailing(stream or sys.stderr)),  # type: ignore[arg-type]
        cache_logger_on_first_use=False,
    )


@dataclass(frozen=True)
class _Unfailing:
    """A stream into which a line goes or is lost: a log on a disk that is full, or whose reader has gone, must not end
    the hub. Equal where the stream is the same one, since structlog keeps a lock for each.
    """

    stream: TextIO

    def write(self, text: str) -> None:
        """Write, if that can be."""
        with suppress(OSError, ValueError):  # the latter where it was closed
            self.stream.write(text)

    def flush(self) -> None:
        """Flush, if that can be."""
        with suppress(OSError, ValueError):
            self.stream.flush()


def _in_order(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """When, how bad and what first: that is how people read a file of them."""
    first = {name: event.pop(name) for name in ("timestamp", "level", "event") if name in event}
    return {**first, **event}


def without_secrets(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Take out the values of fields that must not be in a log, by their names."""
    for name in event:
        if name != "event":
            event[name] = HIDDEN if _is_hidden(name) else _cleaned(event[name])
    return event


def _cleaned(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: HIDDEN if _is_hidden(str(k)) else _cleaned(v) for k, v in value.items()}
    return [_cleaned(each) for each in value] if isinstance(value, list | tuple) else value


def _is_hidden(name: str) -> bool:
    low = name.lower()
    return low in PERSONAL or any(part in low for part in SECRET_PARTS)


class Sparing:
    """Lets an event through so many times in a while, and counts the others: a storm must not fill the disk."""

    def __init__(
        self, most: int = 20, within_s: float = 10.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most, self._within_s, self._clock = most, within_s, clock
        self._since_s = float("-inf")
        self._said = 0
        self._unsaid = 0

    def let(self) -> int | None:
        """How many were held back before this one; none when this one is held back too."""
        now_s = self._clock()
        if now_s - self._since_s >= self._within_s:
            self._since_s, self._said = now_s, 0
        if self._said >= self._most:
            self._unsaid += 1
            return None
        self._said += 1
        unsaid, self._unsaid = self._unsaid, 0
        return unsaid


def log_end(why: str) -> None:
    """Say that the hub ends, and why: for whoever reads the log by lines, who would not look for it elsewhere."""
    LOG.critical("the hub ends", why=why)


def log_fault(error: Exception) -> None:
    """Say that the hub ends by a fault of its own, with where that happened: in a service nobody can ask again."""
    LOG.critical("the hub ends by a fault of the program", exc_info=error)
