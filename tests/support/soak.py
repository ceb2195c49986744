"""How long a test may take: ``make test`` runs the short form of each fault test, ``make soak`` the long one."""

from __future__ import annotations

import os
from typing import Final, TypeVar

T = TypeVar("T")

SOAK: Final = bool(os.environ.get("SOAK"))
"""Whether this is ``make soak``."""


def chosen(short: T, *, long: T) -> T:
    """The one or the other."""
    return long if SOAK else short
