"""How full an asset's battery is as far as is known, and what is done while it is not known.

An asset that makes sorties is counted on, and sent out, only by a state of charge that it told itself, and lately. One
that is passed over for this is looked at again by a timer (``charge:ASSET``): as soon as it tells again it is used
again, and if it does not an operator is told.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from fleet.dispatch.desk import Desk, Measured
from fleet.dispatch.packs import sortie_type_in
from fleet.domain.fleet import SortieType
from fleet.domain.state import Asset, ExceptionRecord
from fleet.feasibility.charge import (
    CHARGE_ENDED,
    SOC_STALE,
    SOC_UNKNOWN,
    ToldCharge,
    ask_charge,
    doubts_of,
)
from fleet.feasibility.verdict import Verdict, feasible
from fleet.protocol.lifecycle import AssetStatus

CODES = frozenset({SOC_UNKNOWN, SOC_STALE})
"""The exceptions about one of which it is not known how full it is."""

SUSPECT_ACTION = (
    "a trip under way goes by the model; neither planned nor released until this is closed: check battery and gauge, "
    "or take it out of service"
)

_IN_CONTACT = frozenset({AssetStatus.READY, AssetStatus.CHARGING, AssetStatus.ON_MISSION})
"""Who could tell. Of the others something else is amiss, and said already."""


def told_charge(desk: Desk, asset_id: str) -> ToldCharge:
    """What the asset last told, by its telemetry or its reports, whichever is of a later time. It is as old as the
    measurement: what waited for a link does not count as fresh when it comes.
    """
    told, doubts = last_measured(desk, asset_id), doubts_of(desk.state, asset_id)
    if told is None:
        kind = sortie_type_in(desk.state, asset_id)
        return ToldCharge(asset_id, None, doubts=doubts, packs=None if kind is None else kind.packs)
    soc, at = told
    return ToldCharge(asset_id, soc, max(0.0, (desk.now - at).total_seconds()), doubts=doubts)


def last_measured(desk: Desk, asset_id: str) -> Measured | None:
    """What the asset last told, and when it was measured; none where it never did."""
    asset, measured = desk.asset(asset_id), desk.measured.get(asset_id)
    reported = None if asset.soc is None or asset.soc_at is None else (asset.soc, asset.soc_at)
    if measured is None:
        return reported
    return measured if reported is None or measured[1] >= reported[1] else reported


def charge_known(desk: Desk, asset: Asset) -> Verdict:
    """Whether the asset may be planned by what it told. One on a mission is planned for after it, with the battery
    filled: it must have told once, and is asked again at its next release. One that has never come is only expected.
    """
    asset_id, fleet = asset.record.asset_id, desk.context.fleet
    if not isinstance(fleet.types[asset.record.type_id], SortieType):
        return feasible()
    told = told_charge(desk, asset_id)
    if asset.boot_id is None:
        told = ToldCharge(asset_id, None, expected=True)
    elif asset.mission_id is not None:
        told = replace(told, age_s=None)
    return ask_charge(fleet, told)


def is_cut(desk: Desk, asset_id: str) -> bool:
    """Whether nobody may count on this asset's being charged for now: its last charge ended early."""
    return any(e.code == CHARGE_ENDED and e.asset_id == asset_id for e in desk.state.open_exceptions())


def await_charge(desk: Desk, asset_id: str) -> None:
    """Look after a while whether the asset has told its state of charge."""
    if _timer(asset_id) not in desk.state.timers:
        desk.set_timer(_timer(asset_id), desk.now + timedelta(seconds=desk.settings.retry_s))


def look_at_charge(desk: Desk, asset_id: str) -> bool:
    """It was passed over a while ago: an operator is told while it goes on so. True when it is known again."""
    asset = desk.asset(asset_id)
    known = charge_known(desk, asset)
    if known.feasible:
        _close(desk, asset_id, "it has told its state of charge")
        return True
    if asset.withdrawn or asset.status not in _IN_CONTACT:
        _close(desk, asset_id, f"it is {asset.status.value}")
        return False
    if not doubts_of(desk.state, asset_id):
        _tell(desk, asset_id, known)
    if desk.state.until is not None and desk.now < desk.state.until:
        await_charge(desk, asset_id)
    return False


def _tell(desk: Desk, asset_id: str, known: Verdict) -> None:
    desk.raise_once(
        known.reasons[0].code,
        "neither planned nor released until it tells its state of charge: look at its telemetry, or take it out of "
        "service",
        asset_id=asset_id,
        owner="operator",
        reasons=known.reasons,
    )


def charge_told(desk: Desk, asset_id: str) -> None:
    """A report with a state of charge came in: whoever was told that there was none is told of it, where it counts."""
    if _open(desk, asset_id) and charge_known(desk, desk.asset(asset_id)).feasible:
        _close(desk, asset_id, "it has told its state of charge")


def _timer(asset_id: str) -> str:
    return f"charge:{asset_id}"


def _open(desk: Desk, asset_id: str) -> list[ExceptionRecord]:
    return [e for e in desk.state.open_exceptions() if e.code in CODES and e.asset_id == asset_id]


def _close(desk: Desk, asset_id: str, outcome: str) -> None:
    for found in _open(desk, asset_id):
        desk.close_exception(found.exception_id, outcome)
