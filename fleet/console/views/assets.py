"""Assets as rows: what events say of them. Where they are just now comes from the feed (``sample_row``)."""

from __future__ import annotations

import math
from datetime import datetime

from fleet.console.ledger import Ledger
from fleet.console.live import Live, Sample
from fleet.console.views.base import Row, point, stamp, tenths
from fleet.domain.energy import EnergyTrack
from fleet.domain.fleet import SortieType
from fleet.domain.state import Asset, State
from fleet.feasibility.appetite import appetite, raised_share
from fleet.protocol.batteries import PackState
from fleet.protocol.values import Place


def asset_row(ledger: Ledger, asset_id: str) -> Row:
    """One asset as recorded. ``site``, ``place`` and ``soc`` are what events last said, at ``place_at`` and ``soc_at``:
    not how it is now.
    """
    asset = ledger.state.assets[asset_id]
    mission = ledger.state.mission_of(asset_id)
    return {
        "id": asset_id,
        "kind": asset.record.kind,
        "type": asset.record.type_id,
        "home": asset.record.site_id,
        "status": asset.status.value,
        "connected": asset.boot_id is not None,
        "withdrawn": asset.withdrawn,
        "site": asset.site_id,
        "place": point(_recorded_place(ledger, asset)),
        "place_at": stamp(asset.place_at),
        "soc": asset.soc,
        "soc_at": stamp(asset.soc_at),
        "mission": asset.mission_id,
        "mission_status": None if mission is None else mission.status.value,
        "step": None if mission is None else mission.current,
        "steps_left": None if mission is None else len(mission.remaining),
        "late_s": None if mission is None else tenths(mission.late_s),
        "energy": energy_row(ledger.state, asset),
    }


def energy_row(state: State, asset: Asset) -> Row | None:
    """What was learned of a machine's energy, and by how much its predictions are raised: none of what makes no
    sorties."""
    asset_type = None if state.fleet is None else state.fleet.types.get(asset.record.type_id)
    if state.fleet is None or not isinstance(asset_type, SortieType):
        return None
    track = asset.energy or EnergyTrack()
    its = appetite(state.fleet, asset_type, asset.energy)
    return {
        "bias": round(math.expm1(track.log_bias), 5),
        "trips": track.flights,
        "slower": round(its.pace - 1, 5),
        "raised_by": round(raised_share(state.fleet, asset_type, its), 5),
        "type_raised_by": round(raised_share(state.fleet, asset_type), 5),
    }


def _recorded_place(ledger: Ledger, asset: Asset) -> Place | None:
    if asset.site_id is None:
        return asset.place
    home = ledger.state.sites.get(asset.site_id) or ledger.state.lockers.get(asset.site_id)
    return asset.place if home is None else home.place


def sample_row(asset_id: str, sample: Sample, now: datetime | None) -> Row:
    """An asset's latest telemetry with its age (business time); what was not measured is null."""
    told = sample.telemetry
    return {
        "id": asset_id,
        "at": stamp(told.at),
        "age_s": None if now is None else max(0.0, (now - told.at).total_seconds()),
        "place": [told.lon, told.lat],
        "alt_amsl_m": told.alt_amsl_m,
        "ground_speed_mps": told.ground_speed_mps,
        "heading_deg": told.heading_deg,
        "soc": told.soc,
        "packs": None if told.packs is None else [_pack(one) for one in told.packs],
        "state": told.state,
        "step": told.step_id,
    }


def _pack(one: PackState) -> Row:
    return {
        "pack": one.pack,
        "soc": one.soc,
        "voltage_v": one.voltage_v,
        "health": one.health,
        "temperature_c": one.temperature_c,
        "condition": one.condition,
    }


def samples_after(live: Live, revision: int) -> list[Row]:
    """The samples that are newer than a revision."""
    return [sample_row(a, s, live.now) for a, s in live.samples.items() if s.revision > revision]
