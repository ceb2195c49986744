"""What a plan that began with the one in force has changed of it."""

from __future__ import annotations

from typing import Literal

from fleet.domain.event import Event
from fleet.protocol.values import Identifier, Reason, Time, Value


class Brought(Value):
    """Who brings a parcel: in which mode, when, and into which locker, if any."""

    mode: str
    asset_id: Identifier
    eta: Time | None = None
    locker_id: Identifier | None = None


class Moved(Value):
    """A parcel that is brought otherwise than before: by whom then (none: by nobody yet) and now (none: it waits), and
    what let it go. Without such an event it made room for others, or costs less so."""

    order_id: Identifier
    was: Brought | None = None
    now: Brought | None = None
    why: tuple[Reason, ...]


class PlanRevised(Event):
    """A plan has changed drafts of the one in force: ``kept`` stay, ``changed`` were taken back, and these parcels are
    brought otherwise."""

    type: Literal["plan_revised"] = "plan_revised"
    plan_id: Identifier
    kept: tuple[Identifier, ...]
    changed: tuple[Identifier, ...]
    moved: tuple[Moved, ...]
