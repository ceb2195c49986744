"""A sortie's verdict as of now, as it was planned or in another way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from fleet.dispatch.desk import Desk
from fleet.dispatch.drafting import sortie_type
from fleet.dispatch.planning import first_load
from fleet.domain.state import MissionRecord, Parcel
from fleet.feasibility import SortieAssessment, assess_sortie
from fleet.protocol.mission import Drop
from fleet.protocol.values import Place


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
    """The sortie's verdict if loading began now, with the battery as it was last reported, or with ``soc``."""
    mission = record.mission
    kind = sortie_type(desk, mission.asset_id)
    drop = drop_of(record)
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
        soc=state_of_charge(desk, mission.asset_id) if soc is None else soc,
        state_of_health=kind.state_of_health,
        via=variant.via,
    )


def state_of_charge(desk: Desk, asset_id: str) -> float:
    """The battery as last reported; an asset that never reported one counts as empty."""
    sample = desk.live.get(asset_id)
    if sample is not None and sample.soc is not None:
        return sample.soc
    told = desk.asset(asset_id).soc
    return 0.0 if told is None else told


def drop_of(record: MissionRecord) -> Drop:
    """A sortie's drop."""
    return next(s for s in record.mission.steps if isinstance(s, Drop))


def site_of(record: MissionRecord) -> str:
    """The site that a sortie begins at."""
    load = first_load(record)
    if load is None:
        raise ValueError(f"{record.mission.mission_id} has no load step")
    return load.site_id
