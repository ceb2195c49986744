"""What the state keeps beside its tables, so that nobody looks through all of them, says what looking through would."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from fleet.domain import events as ev
from fleet.domain.apply import apply
from fleet.domain.state import OVER, State
from fleet.protocol.lifecycle import MissionStatus
from fleet.protocol.messages import Action
from tests.support.smallday import DRONE, VAN, at, the_log


def looked_through(state: State) -> dict[str, object]:
    """The same by looking at every row."""
    aboard: dict[str, frozenset[str]] = defaultdict(frozenset)
    for order_id, parcel in state.parcels.items():
        if parcel.custodian.kind == "asset":
            aboard[parcel.custodian.id] |= {order_id}
    out: dict[str, datetime] = {}
    for record in state.missions.values():
        if record.status in OVER and (record.ended or record.status is MissionStatus.COMPLETED):
            asset_id = record.mission.asset_id
            out[asset_id] = max(out.get(asset_id, record.mission.start_at), record.mission.start_at)
    return {
        "aboard": dict(aboard),
        "unresolved": {e.exception_id for e in state.exceptions.values() if e.outcome is None},
        "live": {m for m, record in state.missions.items() if record.status not in OVER},
        "personal": {o: p.ended_at for o, p in state.parcels.items() if p.ended_at and not p.erased},
        "out": out,
    }


def kept(state: State) -> dict[str, object]:
    """What the state keeps."""
    return {
        "aboard": {asset_id: orders for asset_id, orders in state.aboard.items() if orders},
        "unresolved": set(state.unresolved),
        "live": set(state.live_missions),
        "personal": dict(state.personal),
        "out": {a: asset.out_for for a, asset in state.assets.items() if asset.out_for is not None},
    }


def test_they_say_the_same_after_every_event() -> None:
    """Of a day in which all of it happens."""
    state, seen = State(), set[str]()
    for event in the_log():
        state = apply(state, event)
        assert kept(state) == looked_through(state)
        seen |= {name for name, found in kept(state).items() if found}
    assert seen == {"aboard", "unresolved", "live", "personal", "out"}


def test_an_asset_knows_when_a_person_called_it_back() -> None:
    """Neither the monitor's word counts, nor a hold."""
    state = State()
    for event in the_log():
        state = apply(state, event)
    for number, (asset_id, action, by) in enumerate(
        (
            (DRONE, Action.RETURN, "monitor"),
            (DRONE, Action.HOLD, "ana"),
            (VAN, Action.LAND, "ana"),
            (VAN, Action.RETURN, "hub"),
        )
    ):
        issued = ev.CommandIssued(
            at=at(300 + number), command_id=f"cmd-{number}", asset_id=asset_id, action=action, by=by, why=""
        )
        state = apply(state, issued)
    assert state.assets[DRONE].called_back_at is None
    assert state.assets[VAN].called_back_at == at(302)
