"""People fetch an asset that can't come home by itself: what is on board is at the site again, and is brought anew."""

from __future__ import annotations

from fleet.dispatch.desk import Desk
from fleet.dispatch.effects import Watch
from fleet.dispatch.handovers import another_way
from fleet.dispatch.parcels import free, pass_on
from fleet.dispatch.taking_back import take_back
from fleet.domain.events import AssetRecovered, Custodian, MissionOver
from fleet.domain.state import FINAL_PARCEL, OVER, Asset
from fleet.feasibility.incident import incident
from fleet.kinds import kind_of
from fleet.protocol.lifecycle import AssetStatus
from fleet.protocol.messages import CancelMission, RecoverAsset, Reply
from fleet.protocol.values import Reason

UNDER_WAY = frozenset({AssetStatus.ON_MISSION, AssetStatus.RETURNING, AssetStatus.LANDING, AssetStatus.HELD})
"""An asset that is in contact and on a trip is where it says, not where somebody claims to have brought it."""


def recover_asset(desk: Desk, message: RecoverAsset) -> None:
    """The asset stands at the site: its trip is over, its parcels are the site's, its exceptions are dealt with."""
    asset = desk.state.assets.get(message.asset_id)
    refusal = _refusal(desk, asset, message)
    if refusal is not None or asset is None:
        why = incident("recovery_impossible", refusal or "", source="operator")
        desk.answer(Reply(request_id=message.request_id, ok=False, detail=refusal or "", reasons=(why,)))
        return
    aboard = _aboard(desk, message.asset_id)
    if not aboard and _is_there_already(asset, message):
        detail = f"{message.asset_id} is at {message.site_id} already"
        desk.answer(Reply(request_id=message.request_id, ok=True, detail=detail))
        return
    detail = _recover(desk, asset, message, aboard)
    desk.answer(Reply(request_id=message.request_id, ok=True, detail=detail))


def _refusal(desk: Desk, asset: Asset | None, message: RecoverAsset) -> str | None:
    if asset is None:
        return f"there is no asset {message.asset_id!r}; `fleet assets list` shows them"
    if kind_of(asset.record.kind).archetype == "station":
        return f"{message.asset_id} is a {asset.record.kind}: it stays where it is"
    if message.site_id not in desk.state.sites:
        return f"there is no site {message.site_id!r}; there are {', '.join(sorted(desk.state.sites))}"
    if asset.status in UNDER_WAY:
        return f"{message.asset_id} is {asset.status.value}, in contact; tell it to return first"
    return None


def _is_there_already(asset: Asset, message: RecoverAsset) -> bool:
    """Told twice changes nothing."""
    in_service = not asset.withdrawn and asset.status is not AssetStatus.LINK_LOST
    return (
        asset.site_id == message.site_id
        and asset.mission_id is None
        and (in_service or (asset.withdrawn and not message.fit))
    )


def _aboard(desk: Desk, asset_id: str) -> list[str]:
    return sorted(desk.state.aboard.get(asset_id, ()))


def _recover(desk: Desk, asset: Asset, message: RecoverAsset, aboard: list[str]) -> str:
    asset_id = message.asset_id
    why = (incident("recovered", message.why or f"brought to {message.site_id}", source=message.by),)
    _end_mission(desk, asset)
    site = Custodian(kind="site", id=message.site_id)
    for order_id in aboard:
        pass_on(desk, order_id, site, giver=_me(asset_id))
    desk.emit(
        AssetRecovered(
            at=desk.now,
            asset_id=asset_id,
            site_id=message.site_id,
            fit=message.fit,
            by=message.by,
            why=message.why,
        )
    )
    desk.effects.append(Watch(asset_id))
    waiting = _its_parcels(desk, asset, aboard)
    for order_id in waiting:
        _bring_anew(desk, order_id, why)
    _close_exceptions(desk, asset_id, f"brought to {message.site_id} by {message.by}")
    return (
        f"{asset_id} is at {message.site_id}; {len(aboard)} parcels unloaded, {len(waiting)} go on from there"
    )


def _end_mission(desk: Desk, asset: Asset) -> None:
    """Its mission is over for us, and it is told so: should it be elsewhere and able to begin, it must not."""
    record = None if asset.mission_id is None else desk.mission(asset.mission_id)
    if record is not None and record.status not in OVER:
        desk.emit(
            MissionOver(at=desk.now, mission_id=record.mission.mission_id, outcome="failed", code="recovered")
        )
        why = "people have brought the asset to a site"
        desk.send(asset.record.asset_id, CancelMission(mission_id=record.mission.mission_id, why=why))


def _its_parcels(desk: Desk, asset: Asset, aboard: list[str]) -> list[str]:
    """What was on board, and what its mission was to load: all that is not at its end yet."""
    record = None if asset.mission_id is None else desk.mission(asset.mission_id)
    planned = () if record is None else tuple(i.order_id for i in record.mission.items)
    mission_id = asset.mission_id
    return [
        order_id
        for order_id in dict.fromkeys((*aboard, *planned))
        if desk.parcel(order_id).status not in FINAL_PARCEL
        and (order_id in aboard or desk.parcel(order_id).mission_id == mission_id)
    ]


def _bring_anew(desk: Desk, order_id: str, why: tuple[Reason, ...]) -> None:
    """From the site, by whatever route comes there; a stop that was to take it over where the asset stood is left
    out."""
    mode = desk.parcel(order_id).mode
    take_back(desk, order_id, why[0].detail)
    if order_id not in desk.state.waiting:
        free(desk, order_id, why)
    another_way(desk, order_id, why, handed_on_from=mode)


def _close_exceptions(desk: Desk, asset_id: str, outcome: str) -> None:
    for found in desk.state.open_exceptions():
        if found.asset_id == asset_id:
            desk.close_exception(found.exception_id, outcome)


def _me(asset_id: str) -> Custodian:
    return Custodian(kind="asset", id=asset_id)
