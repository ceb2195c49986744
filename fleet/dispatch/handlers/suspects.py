"""Batteries whose gauges show what can't be: a person looks, and until then nothing is planned by them."""

from __future__ import annotations

from fleet.dispatch.charge import SUSPECT_ACTION
from fleet.dispatch.desk import Desk
from fleet.dispatch.effects import Watch
from fleet.dispatch.inputs import GaugeDoubted
from fleet.feasibility.charge import BATTERY_SUSPECT, doubted


def gauge_doubted(desk: Desk, message: GaugeDoubted) -> None:
    """Say so once, until a person has closed it."""
    asset = desk.state.assets.get(message.asset_id)
    if asset is None:
        return
    told = desk.raise_once(
        BATTERY_SUSPECT,
        SUSPECT_ACTION,
        asset_id=message.asset_id,
        mission_id=asset.mission_id,
        owner="operator",
        reasons=(doubted(message.doubt, message.asset_id),),
    )
    if told is not None and asset.mission_id is not None:
        desk.effects.append(Watch(message.asset_id))  # its trip goes by the model from here on
