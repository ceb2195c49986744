"""What a path takes in the worst weather that is known along it: sky and leg put together, as the monitor does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from fleet.domain.fleet import SortieType
from fleet.feasibility.context import Context
from fleet.feasibility.sky import sky_over, way_in
from fleet.feasibility.underway import highest_m, leg_wh_in, places_of
from fleet.feasibility.verdict import Verdict
from fleet.protocol.values import Waypoint


def leg_wh(
    ctx: Context,
    asset_type: SortieType,
    path: Sequence[Waypoint],
    during: tuple[datetime, datetime],
    *,
    payload_kg: float,
    hover_s: float | None = None,
) -> tuple[float, ...] | None:
    """As ``leg_wh_in``; none too where the weather is not known, and of no path."""
    if len(path) < 2:
        return None
    sky = sky_over(ctx, *during, way_in(ctx, places_of(path), highest_m(ctx, path)))
    if isinstance(sky, Verdict):
        return None
    return leg_wh_in(sky, asset_type, path, payload_kg=payload_kg, hover_s=hover_s)
