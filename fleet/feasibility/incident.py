"""Reasons for what goes wrong on the way, when no limit was checked: the asset said so, or fell silent."""

from __future__ import annotations

from fleet.protocol.values import Reason


def incident(code: str, detail: str, *, source: str) -> Reason:
    """A reason that rests on what a peer reported or on its silence; ``source`` is who said so."""
    return Reason(code=code, detail=detail, source=source)


def measured(
    code: str, detail: str, *, limit: float | str, actual: float | str, unit: str, source: str
) -> Reason:
    """A reason that rests on a measurement under way, held against a limit."""
    return Reason(code=code, detail=detail, limit=limit, actual=actual, unit=unit or None, source=source)
