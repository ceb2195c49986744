"""A sortie's verdict as of now, as it was planned or in another way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from fleet.dispatch.charge import told_charge
from fleet.dispatch.desk import Desk
from fleet.dispatch.drafting import sortie_type
from fleet.dispatch.health import health_of
from fleet.dispatch.sent import first_load
from fleet.domain.state import MissionRecord, Parcel
from fleet.feasibility import SortieAssessment, assess_sortie
from fleet.feasibility.appetite import appetite
from fleet.feasibility.charge import ask_charge
from fleet.feasibility.verdict import combine
from fleet.protocol.mission import Drop
from fleet.protocol.values import Place
from fleet.protocol.versions import TOLD_SPEED


@dataclass(frozen=True, slots=True)
class Variant:
    """How a sortie is made otherwise than planned: later, at another height above ground, by way of other points."""

    wait_s: float = 0.0
    height_agl_m: float | None = None
    via: tuple[Place, ...] = ()


AS_PLANNED = Variant()


def assess_now(
    desk: Desk,
    record: MissionRecord,
    parcel: Parcel,
    *,
    soc: float | None = None,
    variant: Variant = AS_PLANNED,
) -> SortieAssessment:
    """The sortie's verdict if loading began now, with the battery as it was last told, or with ``soc``. Where that is
    not known the verdict is UNKNOWN, unless not even a full battery would do.
    """
    if soc is not None:
        return _assess(desk, record, parcel, soc, variant)
    told = told_charge(desk, record.mission.asset_id)
    known = ask_charge(desk.context.fleet, told)
    if told.soc is not None and known.feasible:
        return _assess(desk, record, parcel, told.soc, variant)
    return SortieAssessment(combine((_assess(desk, record, parcel, 1.0, variant).verdict, known)), None)


def _assess(
    desk: Desk, record: MissionRecord, parcel: Parcel, soc: float, variant: Variant
) -> SortieAssessment:
    mission = record.mission
    kind = sortie_type(desk, mission.asset_id)
    drop = drop_of(record)
    wire = desk.asset(mission.asset_id).wire
    if wire is not None and wire < TOLD_SPEED:
        kind = kind.model_copy(update={"speed_rule": "cruise"})  # it would fly at that anyway
    begin = max(desk.now, mission.start_at) + timedelta(seconds=variant.wait_s)
    if variant.height_agl_m is not None:
        kind = kind.model_copy(update={"cruise_height_agl_m": variant.height_agl_m})
    return assess_sortie(
        desk.context,
        parcel.order,
        kind,
        desk.state.sites[site_of(record)],
        begin + timedelta(seconds=kind.load_s),
        locker=desk.state.lockers[drop.locker_id] if drop.locker_id else None,
        soc=soc,
        state_of_health=health_of(desk.state, mission.asset_id, kind),
        via=variant.via,
        appetite=appetite(desk.context.fleet, kind, desk.asset(mission.asset_id).energy),
    )


def drop_of(record: MissionRecord) -> Drop:
    """A sortie's drop."""
    return next(s for s in record.mission.steps if isinstance(s, Drop))


def site_of(record: MissionRecord) -> str:
    """The site that a sortie begins at."""
    load = first_load(record)
    if load is None:
        raise ValueError(f"{record.mission.mission_id} has no load step")
    return load.site_id
