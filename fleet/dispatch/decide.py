"""``decide(state, message, now) -> events, effects``: finds the handler and lets it work at a desk of its own.

Nothing here reads a clock, sends, or writes. What a decision depends on besides state, message and moment is the latest
telemetry and the feasibility context, both handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

from fleet.dispatch import inputs
from fleet.dispatch.desk import Desk, Measured, Settings
from fleet.dispatch.effects import Answer, Effect
from fleet.dispatch.handlers import (
    assets,
    clocks,
    contacts,
    exceptions,
    findings,
    lockers,
    locks,
    missions,
    operations,
    operators,
    options,
    orders,
    plans,
    recovery,
    suspects,
    timers,
    weather,
    zones,
)
from fleet.domain.events import Event, PlanDropped, RequestTaken, TimerRang
from fleet.domain.state import Answered, State
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
    messages.StopAll: operations.stop_all,
    messages.ResumeAll: operations.resume_all,
    messages.RecoverAsset: recovery.recover_asset,
    messages.CloseException: exceptions.close_exception,
    messages.EraseContacts: contacts.erase_contacts,
    messages.LockOrders: locks.lock_orders,
    messages.ExplainOrder: options.explain_order,
    messages.AddZone: zones.add_zone,
    messages.RemoveZone: zones.remove_zone,
    messages.PreviewZones: zones.preview_zones,
    messages.ChangeZones: zones.change_zones,
    messages.ReportWeather: weather.report_weather,
    inputs.PlanReady: plans.plan_ready,
    inputs.PlanFailed: plans.plan_failed,
    inputs.OptionsFound: options.options_found,
    inputs.TimerDue: timers.timer_due,
    inputs.Finding: findings.finding,
    inputs.NoReturnFound: findings.no_return_found,
    inputs.ChargeFound: findings.charge_found,
    inputs.LinkLost: assets.link_lost,
    inputs.LinkBack: assets.link_back,
    inputs.SamplesMissing: assets.samples_missing,
    inputs.SamplesBack: assets.samples_back,
    inputs.GaugeDoubted: suspects.gauge_doubted,
    inputs.Unreadable: suspects.unreadable,
    inputs.WindSeen: weather.wind_seen,
    inputs.ClockOff: clocks.clock_off,
    inputs.ClockRight: clocks.clock_right,
    inputs.Resume: timers.resume,
}
"""What is done about each type of message."""


CONTRADICTION = "contradiction"
HUB_FAULT = "hub_fault"


class Decision(NamedTuple):
    """What a message led to: events to store, effects to carry out afterwards, and the state with the events
    applied.
    """

    state: State
    events: tuple[Event, ...]
    effects: tuple[Effect, ...]


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """Decides. ``make_context`` gives the feasibility context for a state (it caches by zones and weather)."""

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
        role: messages.Role | None = None,
        subject: str = "",
        measured: Mapping[str, Measured] | None = None,
    ) -> Decision:
        """The decision on one message from ``peer_id`` in its ``role`` (none for the hub's own inputs), whose key is
        that of ``subject`` (empty without keys). ``measured``: the charge that each asset's telemetry last told.
        """
        desk = Desk(
            state, now, live, self.settings, self.make_context, peer_id, role, subject, measured or {}
        )
        if type(message) in ONCE:
            _once(desk, message)
        else:
            HANDLERS[type(message)](desk, message)
        contacts.watch_retention(desk)
        return Decision(desk.state, tuple(desk.events), tuple(desk.effects))

    def set_aside(
        self,
        state: State,
        message: object,
        now: datetime,
        code: str,
        error: Exception,
        peer_id: str | None,
    ) -> Decision:
        """What to do with a message that could not be decided on, a sample that could not be checked, or an effect that
        could not be had: nothing of it is believed, and a person must look.

        ``code`` is ``CONTRADICTION`` (it contradicts what is known) or ``HUB_FAULT`` (a fault of ours). What the hub
        itself was to do is put back, so that it is not lost: a timer rings again, a plan is asked for again.
        """
        desk = Desk(state, now, {}, self.settings, self.make_context, peer_id)
        put_back = _PUT_BACK.get(type(message))
        if put_back is not None:
            put_back(desk, message)
        detail = f"{type(message).__name__}: {type(error).__name__}: {error}"
        known = peer_id if peer_id in state.assets else None
        if not _is_known(state, code, detail):
            why = incident(code, detail, source=peer_id or "hub")
            desk.raise_exception(code, "not believed", asset_id=known, owner="operator", reasons=(why,))
        return Decision(desk.state, tuple(desk.events), tuple(desk.effects))


ONCE = frozenset(
    {
        messages.OperatorCommand,
        messages.StopAll,
        messages.ResumeAll,
        messages.RecoverAsset,
        messages.CloseException,
        messages.EraseContacts,
        messages.LockOrders,
        messages.AddZone,
        messages.RemoveZone,
        messages.ChangeZones,
    }
)
"""Requests of people that must not be carried out twice, although they may come twice: a tool sends again what it was
not told the end of. Orders and weather reports that come again change nothing by themselves."""


def _once(desk: Desk, message: Any) -> None:
    """Carry a request out and remember the answer, or give the answer that it had."""
    digest = _digest(message)
    answered = desk.state.requests.get(message.request_id)
    if answered is not None:
        desk.answer(_answer_again(message.request_id, answered, digest))
        return
    HANDLERS[type(message)](desk, message)
    for effect in tuple(desk.effects):
        if desk.events and isinstance(effect, Answer) and isinstance(effect.message, messages.Reply):
            said = effect.message
            desk.emit(
                RequestTaken(
                    at=desk.now,
                    request_id=said.request_id,
                    ok=said.ok,
                    detail=said.detail,
                    ids=said.ids,
                    digest=digest,
                    subject=desk.subject,
                )
            )


def _answer_again(request_id: str, answered: Answered, digest: str) -> messages.Reply:
    """What it was answered; one that asks for something else under the same id must not look as if it was done."""
    if answered.digest not in ("", digest):
        detail = f"{request_id} was used for another request before: nothing was done, ask under a fresh id"
        return messages.Reply(request_id=request_id, ok=False, detail=detail)
    return messages.Reply(request_id=request_id, ok=answered.ok, detail=answered.detail, ids=answered.ids)


def _digest(message: messages.Message) -> str:
    """Of what is asked. Defaults are left out, so that a field that a later version adds does not change it."""
    return sha256(message.model_dump_json(exclude_defaults=True).encode()).hexdigest()[:32]


def _is_known(state: State, code: str, detail: str) -> bool:
    """Whether a person was told already: what is tried again and fails again is one exception."""
    return any(e.code == code and e.reasons[0].detail == detail for e in state.open_exceptions() if e.reasons)


def _ring_again(desk: Desk, message: inputs.TimerDue) -> None:
    if message.timer_id in desk.state.timers:
        desk.emit(TimerRang(at=desk.now, timer_id=message.timer_id))
        desk.set_timer(message.timer_id, desk.now + timedelta(seconds=desk.settings.again_s))


def _plan_again(desk: Desk, message: inputs.PlanReady | inputs.PlanFailed) -> None:
    plan_id = message.plan.plan_id if isinstance(message, inputs.PlanReady) else message.plan_id
    if desk.state.planning == plan_id:
        desk.emit(PlanDropped(at=desk.now, plan_id=plan_id, detail="it could not be put in force"))
        desk.set_timer("plan:again", desk.now + timedelta(seconds=desk.settings.again_s))


_PUT_BACK: Mapping[type, Callable[[Desk, Any], None]] = {
    inputs.TimerDue: _ring_again,
    inputs.PlanReady: _plan_again,
    inputs.PlanFailed: _plan_again,
}
"""What the hub was to do and could not."""
