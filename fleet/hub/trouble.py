"""What the hub can't do while its store does not take what it is given."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fleet.store.base import Failure


class Severity(StrEnum):
    """How far the hub can go on while there is trouble."""

    FULL_ON_RESERVE = "full_on_reserve"
    """The disk is full. There is room for what goes on, but not for new orders."""
    FAILING = "failing"
    """Nothing can be stored, so nothing can be promised to anybody."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with storing; ``message`` says where and what to do."""

    severity: Severity
    failure: Failure
    message: str
