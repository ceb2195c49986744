"""How far an asset may fly from where it is and come back, as a shape on the map."""

from __future__ import annotations

from datetime import datetime

from fleet.console.errors import NoSuchAsset
from fleet.console.views.base import Row
from fleet.dispatch.health import as_worn
from fleet.dispatch.weather import in_force
from fleet.domain.fleet import SortieType
from fleet.domain.state import Asset, State
from fleet.feasibility.charge import ToldCharge, doubts_of
from fleet.feasibility.range import asset_area, feature
from fleet.protocol.values import Place
from fleet.weather.field import Weather


def range_row(
    state: State,
    base: Weather | None,
    asset_id: str,
    at: datetime,
    *,
    payload_kg: float,
    told: ToldCharge | None = None,
    place: Place | None = None,
    ground_amsl_m: float = 0.0,
) -> Row:
    """A GeoJSON Feature: of this asset with a payload, in the weather of the hour after ``at``. Charge and place are as
    last recorded where they are none. Raises ``NoSuchAsset``, and ``InvalidInput`` for a payload that is none.
    """
    asset = state.assets.get(asset_id)
    if asset is None or state.fleet is None:
        raise NoSuchAsset(f"there is no asset {asset_id!r}")
    asset_type = state.fleet.types.get(asset.record.type_id)
    if asset_type is None:
        raise NoSuchAsset(f"the fleet has no type {asset.record.type_id!r}, of which {asset_id!r} is")
    if isinstance(asset_type, SortieType):
        asset_type = as_worn(state, asset_id, asset_type)
    here = place or asset.place or _home(state, asset)
    charge = recorded_charge(state, asset_id, at) if told is None else told
    found = asset_area(
        state.fleet,
        in_force(base, state),
        asset_type,
        here,
        at,
        payload_kg=payload_kg,
        told=charge,
        ground_amsl_m=ground_amsl_m,
        known=asset.energy,
    )
    about = {"asset": asset_id, "type": asset_type.type_id, "from": [here.lon, here.lat]}
    return feature(found, **about, payload_kg=payload_kg, soc=charge.soc, at=at.isoformat())


def _home(state: State, asset: Asset) -> Place:
    """Where an asset is at home that has not told where it is; a locker, where it stands."""
    site_id = asset.site_id or asset.record.site_id
    home = state.sites.get(site_id) or state.lockers.get(site_id)
    if home is None:
        raise NoSuchAsset(
            f"nobody has said where {asset.record.asset_id!r} is, nor where its site {site_id!r} is"
        )
    return home.place


def recorded_charge(
    state: State, asset_id: str, now: datetime, sample: tuple[float, datetime] | None = None
) -> ToldCharge:
    """What an asset last told of its battery, by its reports or by a ``sample`` of telemetry, whichever came later, and
    why that is not believed."""
    asset = state.assets[asset_id]
    told = [] if asset.soc is None or asset.soc_at is None else [(asset.soc, asset.soc_at)]
    told += [] if sample is None else [sample]
    doubts = doubts_of(state, asset_id)
    if not told:
        return ToldCharge(asset_id, None, doubts=doubts)
    soc, at = max(told, key=lambda one: one[1])
    return ToldCharge(asset_id, soc, max(0.0, (now - at).total_seconds()), doubts=doubts)
