"""Every way of one parcel as the plan stands, for the person who asks why it goes as it goes."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import Field

from fleet.protocol.greetings import Message
from fleet.protocol.values import Identifier, NonNegative, Reason, Time, Value

MOST_OPTIONS: Final = 300
"""So many ways an answer names; it counts the others."""


class Status(StrEnum):
    """The outcome of a feasibility check. UNKNOWN does not fly."""

    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    UNKNOWN = "unknown"


class Option(Value):
    """One way of a parcel: into a locker, by a type from a site to the door, or into a locker's port.

    ``verdict`` is the way's own, whoever else wants it; ``cost`` is what it would add to the rest of the plan, and
    where there is no room for it beside the others (``reasons``) what it usually costs.
    """

    mode: str
    type_id: Identifier
    site_id: Identifier | None = None
    locker_id: Identifier | None = None
    verdict: Status
    cost: NonNegative | None = None
    reasons: tuple[Reason, ...] = ()
    chosen: bool = False


class NoOptions(StrEnum):
    """Why a question gets no ways for an answer: the code of the one reason of such a ``reply``."""

    UNKNOWN_ORDER = "unknown_order"
    NO_CHOICE_LEFT = "no_choice_left"
    NO_DAY_OPEN = "no_day_open"
    PLANNER_BUSY = "planner_busy"
    PLANNER_SLOW = "planner_slow"
    PLANNER_DOWN = "planner_down"
    PLANNER_FAILED = "planner_failed"


class ExplainOrder(Message):
    """A person asks for every way of a parcel that is still to be planned, or is drafted and nobody was sent out with.
    Nothing is changed.

    The ``reply`` has ``options``, or ``ok`` false and one reason. Asking again does not help with ``unknown_order``
    (there is no such order), ``no_choice_left`` (it was handed over, is out or was sent, so no plan chooses any more)
    and ``no_day_open`` (nothing could be planned). It does, a little later, with ``planner_busy`` (as many others are
    being answered as may be at once), ``planner_slow`` (there is no answer after 8 s, or the planner's process is only
    being started, as for the first question) and ``planner_down`` (that process ended; another one is started). With
    ``planner_failed`` the question itself went wrong, which ``detail`` tells.
    """

    type: Literal["explain_order"] = "explain_order"
    request_id: Identifier
    order_id: Identifier


class OrderOptions(Value):
    """Every way of a parcel, at ``at``, beside so many other parcels whose drafts lie near and may take it along; what
    is out or was sent is not touched.

    ``options`` are up to ``MOST_OPTIONS``, the one that it is drafted for first, then the cheapest; ``more`` counts the
    others. ``reasons`` say why it is drafted for none, or why its draft does not hold; ``nearest_change`` is the
    smallest change that would serve it, where no way has room. ``assumptions`` say what the answer rests on, and what
    there was no time for.
    """

    order_id: Identifier
    at: Time
    currency: str
    zones_version: str
    beside: Annotated[int, Field(ge=0)] = 0
    options: Annotated[tuple[Option, ...], Field(max_length=MOST_OPTIONS)] = ()
    more: Annotated[int, Field(ge=0)] = 0
    reasons: tuple[Reason, ...] = ()
    nearest_change: str | None = None
    assumptions: tuple[str, ...] = ()
