"""``decide(state, message, now) -> events, effects``: finds the handler and lets it work at a desk of its own.

Nothing here reads a clock, sends, or writes. What a decision depends on besides state, message and moment is the latest
telemetry and the feasibility context, both handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fleet.dispatch import inputs
from fleet.dispatch.desk import Desk, Settings
from fleet.dispatch.effects import Effect
from fleet.dispatch.handlers import assets, findings, lockers, missions, operators, orders, plans, timers
from fleet.domain.events import Event, TimerRang
from fleet.domain.state import State
from fleet.feasibility.context import Context
from fleet.feasibility.incident import incident
from fleet.protocol import messages

HANDLERS: Mapping[type, Callable[[Desk, Any], None]] = {
    messages.Hello: assets.hello,
    messages.AssetReport: assets.asset_report,
    messages.MissionReply: missions.mission_reply,
    messages.StepReport: missions.step_report,
    messages.MissionEnded: missions.mission_ended,
    messages.CommandReply: operators.command_reply,
    messages.CompartmentReport: lockers.compartment_report,
    messages.SubmitOrders: orders.submit_orders,
    messages.OperatorCommand: operators.operator_command,
    messages.StopAll: operators.stop_all,
    messages.AddZone: operators.add_zone,
    messages.RemoveZone: operators.remove_zone,
    inputs.PlanReady: plans.plan_ready,
    inputs.PlanFailed: plans.plan_failed,
    inputs.TimerDue: timers.timer_due,
    inputs.Finding: findings.finding,
    inputs.LinkLost: assets.link_lost,
    inputs.LinkBack: assets.link_back,
    inputs.Resume: timers.resume,
}
"""What is done about each type of message."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a message led to: events to store, effects to carry out afterwards, and the state with the events
    applied.
    """

    state: State
    events: tuple[Event, ...]
    effects: tuple[Effect, ...]


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """Decides. ``make_context`` gives the feasibility context for a state (it caches by zones)."""

    make_context: Callable[[State], Context]
    settings: Settings = field(default_factory=Settings)

    def decide(
        self,
        state: State,
        message: messages.Message | inputs.Input,
        now: datetime,
        *,
        live: Mapping[str, messages.Telemetry],
        peer_id: str | None = None,
    ) -> Decision:
        """The decision on one message from ``peer_id`` (none for the hub's own inputs)."""
        desk = Desk(state, now, live, self.settings, self.make_context, peer_id)
        HANDLERS[type(message)](desk, message)
        return Decision(desk.state, tuple(desk.events), tuple(desk.effects))

    def contradicted(
        self,
        state: State,
        message: messages.Message | inputs.Input,
        now: datetime,
        error: str,
        peer_id: str | None,
    ) -> Decision:
        """What to do with a message that contradicts what is known: nothing of it is believed, and a person must
        look.
        """
        desk = Desk(state, now, {}, self.settings, self.make_context, peer_id)
        why = incident("contradiction", f"{type(message).__name__}: {error}", source=peer_id or "hub")
        if isinstance(message, inputs.TimerDue) and message.timer_id in state.timers:
            desk.emit(TimerRang(at=now, timer_id=message.timer_id))
        known = peer_id if peer_id in state.assets else None
        desk.raise_exception(
            "contradiction", "not believed", asset_id=known, owner="operator", reasons=(why,)
        )
        return Decision(desk.state, tuple(desk.events), tuple(desk.effects))
