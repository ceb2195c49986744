"""Lifecycles of parcel, mission, compartment and asset, as tables that both ends share.

Each table maps ``(state, event)`` to the next state. What is not in the table can't happen: ``advance`` raises.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from fleet.protocol.errors import ProtocolError

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)


class LifecycleError(ProtocolError, ValueError):
    """An event that can't happen in the state that something is in."""


class ParcelStatus(StrEnum):
    """Where a parcel is in its life."""

    RECEIVED = "received"
    PLANNED = "planned"
    UNDER_WAY = "under_way"
    IN_LOCKER = "in_locker"
    DELIVERED = "delivered"
    COLLECTED = "collected"
    RETURNED = "returned"


class ParcelEvent(StrEnum):
    """What moves a parcel on."""

    PLAN = "plan"
    UNPLAN = "unplan"
    LOAD = "load"
    TRANSFER = "transfer"
    DELIVER = "deliver"
    DEPOSIT = "deposit"
    COLLECT = "collect"
    BRING_BACK = "bring_back"
    GIVE_UP = "give_up"


class MissionStatus(StrEnum):
    """Where a mission is in its life."""

    DRAFTED = "drafted"
    RELEASED = "released"
    ACCEPTED = "accepted"
    ACTIVE = "active"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class MissionEvent(StrEnum):
    """What moves a mission on."""

    RELEASE = "release"
    ACCEPT = "accept"
    REJECT = "reject"
    BEGIN = "begin"
    REVISE = "revise"
    COMPLETE = "complete"
    FAIL = "fail"
    CANCEL = "cancel"


class CompartmentStatus(StrEnum):
    """What a locker's compartment is doing for a parcel."""

    WANTED = "wanted"
    RESERVED = "reserved"
    OCCUPIED = "occupied"
    EXPIRED = "expired"
    FREE = "free"


class CompartmentEvent(StrEnum):
    """What happens at a compartment."""

    CONFIRM = "confirm"
    REFUSE = "refuse"
    DEPOSIT = "deposit"
    COLLECT = "collect"
    EXPIRE = "expire"
    RELEASE = "release"


class AssetStatus(StrEnum):
    """What an asset is doing, as far as the hub knows."""

    OFFLINE = "offline"
    READY = "ready"
    CHARGING = "charging"
    ON_MISSION = "on_mission"
    HELD = "held"
    RETURNING = "returning"
    LANDING = "landing"
    LINK_LOST = "link_lost"
    FAULTED = "faulted"


class AssetEvent(StrEnum):
    """What changes an asset's status."""

    CONNECT = "connect"
    READY = "ready"
    CHARGE = "charge"
    BEGIN = "begin"
    HOLD = "hold"
    RESUME = "resume"
    RETURN = "return"
    LAND = "land"
    LOSE_LINK = "lose_link"
    END = "end"
    FAULT = "fault"


_P, _PE = ParcelStatus, ParcelEvent
PARCEL: Mapping[tuple[ParcelStatus, ParcelEvent], ParcelStatus] = {
    (_P.RECEIVED, _PE.PLAN): _P.PLANNED,
    (_P.RECEIVED, _PE.GIVE_UP): _P.RETURNED,
    (_P.PLANNED, _PE.PLAN): _P.PLANNED,
    (_P.PLANNED, _PE.UNPLAN): _P.RECEIVED,
    (_P.PLANNED, _PE.LOAD): _P.UNDER_WAY,
    (_P.PLANNED, _PE.GIVE_UP): _P.RETURNED,
    (_P.UNDER_WAY, _PE.PLAN): _P.UNDER_WAY,
    (_P.UNDER_WAY, _PE.TRANSFER): _P.UNDER_WAY,
    (_P.UNDER_WAY, _PE.DELIVER): _P.DELIVERED,
    (_P.UNDER_WAY, _PE.DEPOSIT): _P.IN_LOCKER,
    (_P.UNDER_WAY, _PE.BRING_BACK): _P.RECEIVED,
    (_P.UNDER_WAY, _PE.GIVE_UP): _P.RETURNED,
    # Given up means that nobody brings it; it still rides somewhere until it is back, and may even be handed over.
    (_P.RETURNED, _PE.LOAD): _P.RETURNED,
    (_P.RETURNED, _PE.TRANSFER): _P.RETURNED,
    (_P.RETURNED, _PE.BRING_BACK): _P.RETURNED,
    (_P.RETURNED, _PE.DELIVER): _P.DELIVERED,
    (_P.IN_LOCKER, _PE.COLLECT): _P.COLLECTED,
    (_P.IN_LOCKER, _PE.LOAD): _P.UNDER_WAY,
}

_M, _ME = MissionStatus, MissionEvent
MISSION: Mapping[tuple[MissionStatus, MissionEvent], MissionStatus] = {
    (_M.DRAFTED, _ME.RELEASE): _M.RELEASED,
    (_M.DRAFTED, _ME.CANCEL): _M.CANCELLED,
    (_M.DRAFTED, _ME.REVISE): _M.DRAFTED,
    (_M.RELEASED, _ME.ACCEPT): _M.ACCEPTED,
    (_M.RELEASED, _ME.REJECT): _M.FAILED,
    (_M.RELEASED, _ME.FAIL): _M.FAILED,
    (_M.RELEASED, _ME.CANCEL): _M.CANCELLED,
    (_M.RELEASED, _ME.REVISE): _M.RELEASED,
    (_M.ACCEPTED, _ME.ACCEPT): _M.ACCEPTED,
    (_M.ACCEPTED, _ME.BEGIN): _M.ACTIVE,
    (_M.ACCEPTED, _ME.REVISE): _M.ACCEPTED,
    (_M.ACCEPTED, _ME.CANCEL): _M.CANCELLED,
    (_M.ACCEPTED, _ME.FAIL): _M.FAILED,
    (_M.ACCEPTED, _ME.COMPLETE): _M.COMPLETED,
    (_M.ACTIVE, _ME.ACCEPT): _M.ACTIVE,
    (_M.ACTIVE, _ME.REVISE): _M.ACTIVE,
    (_M.ACTIVE, _ME.COMPLETE): _M.COMPLETED,
    (_M.ACTIVE, _ME.FAIL): _M.FAILED,
    (_M.ACTIVE, _ME.CANCEL): _M.CANCELLED,
}

_C, _CE = CompartmentStatus, CompartmentEvent
COMPARTMENT: Mapping[tuple[CompartmentStatus, CompartmentEvent], CompartmentStatus] = {
    (_C.WANTED, _CE.CONFIRM): _C.RESERVED,
    (_C.WANTED, _CE.REFUSE): _C.FREE,
    (_C.WANTED, _CE.RELEASE): _C.FREE,
    (_C.WANTED, _CE.DEPOSIT): _C.OCCUPIED,
    (_C.RESERVED, _CE.CONFIRM): _C.RESERVED,
    (_C.RESERVED, _CE.DEPOSIT): _C.OCCUPIED,
    (_C.RESERVED, _CE.REFUSE): _C.FREE,
    (_C.RESERVED, _CE.RELEASE): _C.FREE,
    (_C.OCCUPIED, _CE.COLLECT): _C.FREE,
    (_C.OCCUPIED, _CE.EXPIRE): _C.EXPIRED,
    (_C.EXPIRED, _CE.COLLECT): _C.FREE,
    (_C.EXPIRED, _CE.RELEASE): _C.FREE,
}

_A, _AE = AssetStatus, AssetEvent
_ANY_ASSET: Mapping[AssetEvent, AssetStatus] = {
    _AE.FAULT: _A.FAULTED,
    _AE.LOSE_LINK: _A.LINK_LOST,
    _AE.READY: _A.READY,
    _AE.CHARGE: _A.CHARGING,
    _AE.END: _A.READY,
}
ASSET: Mapping[tuple[AssetStatus, AssetEvent], AssetStatus] = {
    **{(state, event): target for state in _A for event, target in _ANY_ASSET.items()},
    (_A.OFFLINE, _AE.CONNECT): _A.READY,
    (_A.OFFLINE, _AE.LOSE_LINK): _A.OFFLINE,
    (_A.READY, _AE.BEGIN): _A.ON_MISSION,
    (_A.READY, _AE.HOLD): _A.HELD,
    (_A.CHARGING, _AE.BEGIN): _A.ON_MISSION,
    (_A.CHARGING, _AE.HOLD): _A.HELD,
    (_A.ON_MISSION, _AE.BEGIN): _A.ON_MISSION,
    (_A.ON_MISSION, _AE.HOLD): _A.HELD,
    (_A.ON_MISSION, _AE.RETURN): _A.RETURNING,
    (_A.ON_MISSION, _AE.LAND): _A.LANDING,
    (_A.HELD, _AE.RESUME): _A.ON_MISSION,
    (_A.HELD, _AE.RETURN): _A.RETURNING,
    (_A.HELD, _AE.LAND): _A.LANDING,
    (_A.RETURNING, _AE.HOLD): _A.HELD,
    (_A.RETURNING, _AE.LAND): _A.LANDING,
    (_A.RETURNING, _AE.RETURN): _A.RETURNING,
    (_A.LINK_LOST, _AE.LAND): _A.LANDING,
    (_A.LINK_LOST, _AE.RETURN): _A.RETURNING,
    (_A.LANDING, _AE.LAND): _A.LANDING,
    (_A.FAULTED, _AE.END): _A.FAULTED,
}


def advance(table: Mapping[tuple[S, E], S], state: S, event: E) -> S:
    """The state after ``event``; raises ``LifecycleError`` where the table has no such transition."""
    try:
        return table[state, event]
    except KeyError:
        raise LifecycleError(
            f"{type(state).__name__} {state.value!r} does not take {event.value!r}"
        ) from None


def allows(table: Mapping[tuple[S, E], S], state: S, event: E) -> bool:
    """Whether ``event`` can happen in ``state``."""
    return (state, event) in table
