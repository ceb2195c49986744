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
    of charge to begin it with, in that air of its time in which the battery gives least; where that is not known, in
    any in which its type goes out.
    """
    battery = battery_of(asset_type, asset_type.state_of_health)
    sky = sky_over(ctx, *times)
    careful = careful_temperatures(ctx, asset_type, battery.curve)
    between_c = careful if isinstance(sky, Verdict) else (sky.temperature_c, sky.warmest_c)
    gives = battery.curve.nearest_share(battery.curve.least_at(*between_c))
    full_wh = battery.nominal_wh * battery.state_of_health * gives
    if full_wh <= 0:
        return 1.0, 1.0
    energy_wh, reserve_wh = energy
    drawn = min(1.0, energy_wh * (1 + raised_share(ctx.fleet, asset_type, its)) / full_wh)
    return drawn, min(1.0, battery.floor + drawn + reserve_wh / full_wh)
