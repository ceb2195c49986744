"""What is learned of an asset from a trip that is over, and the alarm where its trips are not what they were."""

from __future__ import annotations

import math

from fleet.dispatch.desk import Desk
from fleet.dispatch.residuals import Flown, compared, timed
from fleet.domain.energy import EnergyLearned, EnergyNotLearned, Timed
from fleet.domain.fleet import SortieType
from fleet.domain.state import MissionRecord
from fleet.energy.learning import Track, learnt
from fleet.energy.pace import paced
from fleet.feasibility.appetite import told_of, track_of
from fleet.feasibility.capacity import measured_wh
from fleet.feasibility.charge import doubts_of
from fleet.feasibility.drift import DRIFT, drifted
from fleet.feasibility.vehicles import vehicle_of

DRIFT_ACTION = (
    "it is flown with a wider margin by what it took: inspect it (propellers, wheels, battery, what it carries), or "
    "calibrate its type anew, then close this"
)


def learn(desk: Desk, mission_id: str) -> None:
    """Record what a machine's trip that is over tells of what the asset takes, or why it tells nothing."""
    record = desk.mission(mission_id)
    if record is None or record.left_at is None:
        return
    asset_id = record.mission.asset_id
    asset = desk.asset(asset_id)
    asset_type = desk.context.fleet.types[asset.record.type_id]
    if not isinstance(asset_type, SortieType):
        return
    unsure = math.isfinite(measured_wh(desk.state, asset_id))
    found = compared(record, asset_type, doubted=bool(doubts_of(desk.state, asset_id)), unsure=unsure)
    if isinstance(found, str):
        _learn_times(desk, record, why=found)
    else:
        _learn(desk, asset_type, found)


def _learn_times(desk: Desk, record: MissionRecord, *, why: str) -> None:
    """What it took tells nothing; how long it lasted may."""
    asset_id, lasted = record.mission.asset_id, timed(record)
    before = track_of(desk.asset(asset_id).energy)
    after = None if lasted is None else told_of(_paced(before, lasted))
    desk.emit(
        EnergyNotLearned(
            at=desk.now,
            asset_id=asset_id,
            mission_id=record.mission.mission_id,
            why=why,
            timed=lasted,
            track=after,
        )
    )


def _paced(track: Track, lasted: Timed | None) -> Track:
    return track if lasted is None else paced(track, lasted.lasted_s, lasted.expected_s)


def _learn(desk: Desk, asset_type: SortieType, flown: Flown) -> None:
    residual = vehicle_of(asset_type).residual
    assert residual is not None  # it would not be compared
    before = track_of(desk.asset(flown.asset_id).energy)
    after = learnt(before, flown.used_wh, flown.predicted_wh, residual)
    desk.emit(
        EnergyLearned(
            at=desk.now,
            asset_id=flown.asset_id,
            mission_id=flown.mission_id,
            planned_wh=flown.planned_wh,
            predicted_wh=flown.predicted_wh,
            used_wh=flown.used_wh,
            by=flown.by,
            surprise=after.surprise,
            alarm=after.alarm,
            timed=flown.timed,
            track=told_of(_paced(after.track, flown.timed)),
        )
    )
    if after.alarm:
        desk.raise_once(
            DRIFT,
            DRIFT_ACTION,
            asset_id=flown.asset_id,
            owner="operator",
            reasons=(drifted(flown.asset_id, before, after),),
        )
