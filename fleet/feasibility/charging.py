"""How an asset is charged: by the curve of its vehicle's file, at a charger of its site, in the cold that is there."""

from __future__ import annotations

from datetime import datetime

from fleet.domain.fleet import SortieType
from fleet.domain.sites import Site
from fleet.energy.charging import Charging
from fleet.feasibility.context import Context
from fleet.feasibility.sky import sky_over, way_in
from fleet.feasibility.vehicles import battery_of, vehicle_of
from fleet.feasibility.verdict import Verdict


def charging_of(
    asset_type: SortieType, site: Site, temperature_c: float | None, state_of_health: float = 1.0
) -> Charging | None:
    """How one of this type is charged at a site; none where its battery holds nothing any more. The type's
    ``charger_w`` counts, or the site's where that is less. Where the temperature is not known the worst that the
    vehicle's file names does.
    """
    battery = battery_of(asset_type, state_of_health)
    pack_wh = battery.nominal_wh * battery.state_of_health
    if pack_wh <= 0:
        return None
    power_w = asset_type.charger_w if site.charger_w is None else min(asset_type.charger_w, site.charger_w)
    return vehicle_of(asset_type).charging.charging(pack_wh, power_w, temperature_c)


def charging_between(
    ctx: Context,
    asset_type: SortieType,
    site: Site,
    start: datetime,
    end: datetime,
    state_of_health: float = 1.0,
) -> Charging | None:
    """The same in the coldest air at the site of a time; a pack that stands is as cold as the air."""
    if not vehicle_of(asset_type).charging.cold:
        return charging_of(asset_type, site, None, state_of_health)
    sky = sky_over(ctx, start, end, way_in(ctx, (site.place,), 0.0))
    temperature_c = None if isinstance(sky, Verdict) else sky.temperature_c
    return charging_of(asset_type, site, temperature_c, state_of_health)


def swap_s(asset_type: SortieType) -> float | None:
    """How long it takes to change a pack of this type for another; none where it can't be changed at a site."""
    return vehicle_of(asset_type).charging.swap_s
