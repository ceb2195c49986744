"""Did you mean …?"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name that looks most like ``name``; none when none does."""
    matches = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return matches[0] if matches else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A half-sentence for the end of a message, empty when no known name is near."""
    match = closest(name, known)
    return f"; did you mean {match!r}?" if match else ""
