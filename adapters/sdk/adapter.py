"""What an implementer writes: one class that drives one vehicle or locker; no sockets, no numbering.

Handlers return what there is to report. The kit stores that, together with the adapter's own state, before it
acknowledges what was asked and before it sends anything.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from fleet.protocol.messages import (
    AssetReport,
    Assign,
    CancelMission,
    Command,
    CommandReply,
    CompartmentReport,
    Factsheet,
    Message,
    MissionEnded,
    MissionReply,
    ReleaseCompartment,
    ReserveCompartment,
    StepReport,
    Telemetry,
)

Report = MissionReply | StepReport | MissionEnded | CommandReply | AssetReport | CompartmentReport | Telemetry
"""What an adapter may say. The newest ``Telemetry`` is sent if the link allows; the rest always arrives."""

Instruction = Assign | CancelMission | Command | ReserveCompartment | ReleaseCompartment
"""What an adapter may be told."""


class Adapter(ABC):
    """Drives one asset. ``now`` is the hub's time; no handler may block for longer than a tick."""

    kind: str
    """The asset's kind as the hub knows it: ``drone``, ``sidewalk_robot``, ``locker``, ``van``."""

    @abstractmethod
    def factsheet(self) -> Factsheet:
        """What the asset says of itself when it connects."""

    @abstractmethod
    def on_assign(self, assign: Assign, now: datetime) -> Iterable[Report]:
        """Take the mission or say why not (``MissionReply``). A higher revision replaces what is not done."""

    @abstractmethod
    def on_cancel(self, cancel: CancelMission, now: datetime) -> Iterable[Report]:
        """Drop the mission if it has not begun, and say so with ``MissionEnded``; else do nothing."""

    @abstractmethod
    def on_command(self, command: Command, now: datetime) -> Iterable[Report]:
        """Do it now, or say why not: one ``CommandReply``, then what follows from it."""

    @abstractmethod
    def tick(self, now: datetime) -> Iterable[Report]:
        """Go on with the work; report what happened since the last tick, and telemetry."""

    @abstractmethod
    def save(self) -> str:
        """What must survive a restart, as text: the mission and how far it got; not what can be measured."""

    @abstractmethod
    def restore(self, saved: str) -> None:
        """Go on from what ``save`` returned, in a new process."""

    def on_reserve(self, reserve: ReserveCompartment, now: datetime) -> Iterable[Report]:
        """Keep a compartment; a locker overrides this. Every answer carries the ``request`` that it answers.

        Reserving again for an order changes nothing but the request that the compartment is kept under.
        """
        yield _no_compartments(reserve, now)

    def on_release(self, release: ReleaseCompartment, now: datetime) -> Iterable[Report]:
        """Free the compartment that was reserved under this ``request``; a locker overrides this."""
        yield _no_compartments(release, now)

    def on_silence(self, silent_s: float, now: datetime) -> Iterable[Report]:  # noqa: ARG002 - for who overrides it
        """Follow the kind's lost-link rule (``docs/lost-link.md``): the hub has not been heard for ``silent_s``.

        Called before each tick, with 0 while the hub is heard, so that it is also told when the silence is over. A
        process that has just started counts from its start. By default nothing is done: the mission goes on.
        """
        return ()

    def on_interrupted(self, instruction: Instruction, now: datetime) -> Iterable[Report]:
        """The process died while it handled this, so it may have been done or not. By default: do it again.

        Override it where doing it twice matters, and look at the vehicle first.
        """
        return handle(self, instruction, now)


def _no_compartments(message: ReserveCompartment | ReleaseCompartment, now: datetime) -> CompartmentReport:
    return CompartmentReport(
        order_id=message.order_id, state="refused", at=now, code="no_compartments", request=message.request
    )


_HANDLERS: Final[Mapping[type[Message], Callable[[Adapter, Any, datetime], Iterable[Report]]]] = {
    Assign: lambda adapter, message, now: adapter.on_assign(message, now),
    CancelMission: lambda adapter, message, now: adapter.on_cancel(message, now),
    Command: lambda adapter, message, now: adapter.on_command(message, now),
    ReserveCompartment: lambda adapter, message, now: adapter.on_reserve(message, now),
    ReleaseCompartment: lambda adapter, message, now: adapter.on_release(message, now),
}


def handle(adapter: Adapter, instruction: Instruction, now: datetime) -> Iterable[Report]:
    """Give an instruction to its handler."""
    return _HANDLERS[type(instruction)](adapter, instruction, now)
