"""A charge that ends early, or does not rise as its curve says: what rests on it is estimated afresh at once.

While an asset charges it is looked at by a timer (``charging:ASSET``): what it tells is held against the curve of its
vehicle's file. An asset that says by itself that it charges no more, and is not nearly full, needs no timer. Either way
its drafted missions are judged again with what it will truly have, those that can't be made any more give their parcels
back, an operator is told what that changed, and until it charges again nothing counts on more than is in it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fleet.dispatch.assessing import assess_now, drop_of
from fleet.dispatch.charge import told_charge
from fleet.dispatch.desk import Desk
from fleet.dispatch.drafting import sortie_type
from fleet.dispatch.planning import want_plan
from fleet.dispatch.release import withdraw_all
from fleet.domain.fleet import SortieType
from fleet.domain.state import Asset, ExceptionRecord, MissionRecord
from fleet.energy.charging import Charging
from fleet.feasibility.charge import CHARGE_ENDED, as_charged, ended_early
from fleet.feasibility.charging import charging_between
from fleet.protocol.lifecycle import AssetStatus, MissionStatus
from fleet.protocol.messages import AssetReport
from fleet.protocol.values import Reason

CHARGED = 0.9
"""Who stops charging at this or more is charged: many packs are not filled to the last on purpose."""

BEHIND = 0.05
"""So much less than the curve says, as a share of full, is no error of a gauge."""

ACTION = "look at charger and plug: until it charges again nothing counts on more than is in it"


def charge_reported(desk: Desk, before: Asset, message: AssetReport, told: float | None) -> None:
    """An asset told its own condition; ``before`` is how it was, ``told`` what counts of its charge. A charge
    that begins is watched, one that ended early leads to a fresh estimate."""
    asset_id = before.record.asset_id
    if not isinstance(desk.context.fleet.types[before.record.type_id], SortieType):
        return
    if message.condition == "charging":
        _close(desk, asset_id, "it charges again")
        _look_later(desk, asset_id)
    elif message.condition == "ready":
        if told is not None and told >= CHARGED:
            _close(desk, asset_id, "it is charged")
        elif (
            told is not None
            and before.status is AssetStatus.CHARGING
            and desk.asset(asset_id).mission_id is None
        ):
            said = message.detail or message.code or "it charges no more"
            _estimate_afresh(desk, asset_id, told, ended_early(asset_id, told, CHARGED, said))


def look_at_charging(desk: Desk, asset_id: str) -> None:
    """It has charged for a while: is what it tells what the curve says? Looked at until it is charged."""
    asset = desk.asset(asset_id)
    if asset.status is not AssetStatus.CHARGING or asset.soc is None or asset.soc_at is None:
        return
    told = told_charge(desk, asset_id)
    if told.soc is None or told.doubts or told.soc >= CHARGED:
        return  # Not known, which others look after; or charged.
    measured_at = desk.now - timedelta(seconds=told.age_s or 0.0)
    expected = _expected(desk, asset, measured_at)
    if expected is None or measured_at <= asset.soc_at:
        _look_later(desk, asset_id)  # Nothing was told since.
        return
    behind = expected - told.soc
    if behind > BEHIND and not _open(desk, asset_id):
        _estimate_afresh(desk, asset_id, told.soc, as_charged(asset_id, told.soc, expected))
    elif behind <= BEHIND / 2:
        _close(desk, asset_id, "its charge rises as its curve says")
    _look_later(desk, asset_id)


def judge_afresh(desk: Desk) -> None:
    """After a plan that may have been made before a charge ended: what it drafted for such assets is judged too."""
    for found in [e for e in desk.state.open_exceptions() if e.code == CHARGE_ENDED and e.asset_id]:
        asset_id = found.asset_id or ""
        told = told_charge(desk, asset_id)
        if told.soc is not None and not told.doubts:
            _take_back(desk, _judged(desk, asset_id, told.soc), found.reasons)


@dataclass(frozen=True, slots=True)
class Judged:
    """The drafts of an asset that can still be made, and those that can't, with why."""

    kept: tuple[str, ...]
    lost: tuple[tuple[MissionRecord, tuple[Reason, ...]], ...]

    def __str__(self) -> str:
        lost = ", ".join(record.mission.mission_id for record, _ in self.lost)
        said = (
            f"{lost} can't be made and goes another way" if lost else "",
            f"{', '.join(self.kept)} can still be made" if self.kept else "",
        )
        return "; ".join(filter(None, said)) or "nothing was drafted for it"


def _estimate_afresh(desk: Desk, asset_id: str, soc: float, why: Reason) -> None:
    """The exception comes first: a plan that is asked for when a draft is taken back must know of it."""
    judged = _judged(desk, asset_id, soc)
    told = why.model_copy(update={"detail": f"{why.detail}; {judged}"})
    desk.raise_once(CHARGE_ENDED, ACTION, asset_id=asset_id, owner="operator", reasons=(told,))
    _take_back(desk, judged, (why,))
    want_plan(desk)


def _take_back(desk: Desk, judged: Judged, why: tuple[Reason, ...]) -> None:
    withdraw_all(desk, [(record, (*reasons, *why)) for record, reasons in judged.lost])


def _judged(desk: Desk, asset_id: str, soc: float) -> Judged:
    """The asset's drafts in the order in which they are due, each with what the ones before it leave."""
    kept: list[str] = []
    lost: list[tuple[MissionRecord, tuple[Reason, ...]]] = []
    for record in _drafts(desk, asset_id):
        level = _level_at(desk, asset_id, soc, record.mission.start_at)
        found = assess_now(desk, record, desk.parcel(drop_of(record).order_id), soc=level)
        if found.verdict.feasible and found.trip is not None:
            kept.append(record.mission.mission_id)
            soc = max(0.0, level - found.trip.drawn_soc)
        else:
            lost.append((record, found.verdict.reasons))
    return Judged(tuple(kept), tuple(lost))


def _drafts(desk: Desk, asset_id: str) -> list[MissionRecord]:
    mine = (desk.state.missions[m] for m, a in desk.state.live_missions.items() if a == asset_id)
    return sorted(
        (record for record in mine if record.status is MissionStatus.DRAFTED),
        key=lambda record: (record.mission.start_at, record.mission.mission_id),
    )


def _level_at(desk: Desk, asset_id: str, soc: float, at: datetime) -> float:
    """What will be in it then: what is in it, and where it still charges what that has brought so far, as fast as so
    far and no faster than its curve."""
    asset = desk.asset(asset_id)
    seconds = max(0.0, (at - desk.now).total_seconds())
    if asset.status is not AssetStatus.CHARGING or asset.soc is None or asset.soc_at is None:
        return soc
    charging, expected = _charging(desk, asset, asset.soc_at), _expected(desk, asset, desk.now)
    if charging is None or expected is None or expected <= asset.soc:
        return soc
    share = min(1.0, max(0.0, (soc - asset.soc) / (expected - asset.soc)))
    return replace(charging, power_w=charging.power_w * share).soc_after(soc, seconds)


def _expected(desk: Desk, asset: Asset, at: datetime) -> float | None:
    """What a charge has brought by now by the curve, from what was told when it began."""
    if asset.soc is None or asset.soc_at is None:
        return None
    charging = _charging(desk, asset, asset.soc_at)
    return (
        None
        if charging is None
        else charging.soc_after(asset.soc, max(0.0, (at - asset.soc_at).total_seconds()))
    )


def _charging(desk: Desk, asset: Asset, since: datetime) -> Charging | None:
    kind = sortie_type(desk, asset.record.asset_id)
    site = desk.state.sites.get(asset.site_id or asset.record.site_id)
    if site is None:
        return None
    return charging_between(desk.context, kind, site, since, max(since, desk.now), kind.state_of_health)


def _look_later(desk: Desk, asset_id: str) -> None:
    desk.set_timer(f"charging:{asset_id}", desk.now + timedelta(seconds=desk.settings.charging_look_s))


def _open(desk: Desk, asset_id: str) -> list[ExceptionRecord]:
    return [e for e in desk.state.open_exceptions() if e.code == CHARGE_ENDED and e.asset_id == asset_id]


def _close(desk: Desk, asset_id: str, outcome: str) -> None:
    for found in _open(desk, asset_id):
        desk.close_exception(found.exception_id, outcome)
