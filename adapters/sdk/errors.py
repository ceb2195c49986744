"""Errors of the adapter kit, with one root."""

from __future__ import annotations


class AdapterError(Exception):
    """The root of every error of this package."""


class TurnedAway(AdapterError):
    """The hub refuses this adapter, and trying again does not help; ``code`` says why."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"the hub refuses this adapter: {code}: {detail}")
        self.code = code
        self.detail = detail


class JournalError(AdapterError):
    """The journal can't be read or written, or belongs to another asset."""


class NotConformant(AdapterError):
    """An adapter does not keep a rule of the conformance suite; the message says which and what was seen."""
