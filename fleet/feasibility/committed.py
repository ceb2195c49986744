"""What a sortie that was drafted or sent takes of its asset's battery, for who plans around it."""

from __future__ import annotations

from datetime import datetime

from fleet.domain.fleet import SortieType
from fleet.energy.learning import Appetite
from fleet.feasibility.appetite import raised_share
from fleet.feasibility.context import Context
from fleet.feasibility.sky import careful_temperatures, sky_over
from fleet.feasibility.vehicles import battery_of
from fleet.feasibility.verdict import Verdict


def drawn_and_needed(
    ctx: Context,
    asset_type: SortieType,
    energy: tuple[float, float],
    times: tuple[datetime, datetime],
    its: Appetite | None = None,
) -> tuple[float, float]:
    """What a sortie of so many Wh, and so many of reserve, takes of a full battery with its margin, and the least state
    of charge to begin it with, in the coldest air of its time; where that is not known, the coldest in which its type
    goes out.
    """
    battery = battery_of(asset_type, asset_type.state_of_health)
    sky = sky_over(ctx, *times)
    careful_c, _ = careful_temperatures(ctx, asset_type, battery.curve)
    temperature_c = careful_c if isinstance(sky, Verdict) else sky.temperature_c
    full_wh = battery.nominal_wh * battery.state_of_health * battery.curve.nearest_share(temperature_c)
    if full_wh <= 0:
        return 1.0, 1.0
    energy_wh, reserve_wh = energy
    drawn = min(1.0, energy_wh * (1 + raised_share(ctx.fleet, asset_type, its)) / full_wh)
    return drawn, min(1.0, battery.floor + drawn + reserve_wh / full_wh)
