"""Sieves for thousands of parcels at once. They err on one side only: what an exact check could accept is
kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from fleet.domain.fleet import SortieType, StationType
from fleet.domain.sites import Locker, Site
from fleet.feasibility.columns import Flags, Floats, OrderColumns, carried, order_columns
from fleet.feasibility.context import Context
from fleet.feasibility.reachable import farthest_m
from fleet.kinds import kind_of
from fleet.protocol.values import Order
from geofences.geometry.geodesy import distances_m

Rows = NDArray[np.intp]

PAYLOAD_STEP_KG = 0.25
"""Ranges are worked out for payloads rounded down to this step."""


class LockerReach(NamedTuple):
    """A locker near enough to a recipient: the rows of both, and the walk in metres."""

    order_index: int
    locker_index: int
    walk_m: float


def prefilter_sorties(
    ctx: Context, orders: Sequence[Order] | OrderColumns, asset_type: SortieType, site: Site, at: datetime
) -> Flags:
    """Which parcels ``assess_sortie`` might accept from this site, to or from the door, at some time from
    ``at`` on.

    False is sure (at the weather that the context knows, with a full and sound battery); True has still to
    be assessed. Airspace, opening hours and weather caps are not looked at.
    """
    columns = order_columns(orders)
    kept = np.zeros(len(columns), np.bool_)
    rows = np.flatnonzero(_about_in_reach(ctx, columns, asset_type, site))
    kept[rows] = _sifted(ctx, columns.at(rows), asset_type, site, at)
    return kept


def _about_in_reach(ctx: Context, columns: OrderColumns, asset_type: SortieType, site: Site) -> Flags:
    """Which parcels lie in a box around the site beyond which none is reached: where sites are many, most parcels are
    far from each."""
    if "energy" not in kind_of(asset_type.kind).questions:
        return np.ones(len(columns), np.bool_)
    degrees = max(0.0, farthest_m(ctx, asset_type, 0.0)) / _LEAST_METRES_PER_DEGREE
    north, south = (site.place.lat + side * degrees for side in (1, -1))
    wide = degrees / np.cos(np.radians(min(89.0, max(abs(north), abs(south)))))
    away = np.abs(columns.drop_lon - site.place.lon)
    near: Flags = np.minimum(away, 360.0 - away) <= wide
    near &= (columns.drop_lat >= south) & (columns.drop_lat <= north)
    return near


def _sifted(ctx: Context, columns: OrderColumns, asset_type: SortieType, site: Site, at: datetime) -> Flags:
    asked = kind_of(asset_type.kind).questions
    kept = carried(columns, asset_type)
    if "window" in asked:
        kept &= _still_in_time(columns, asset_type, at)
    crow_m = _crow_m(columns, site)
    if "reach" in asked and asset_type.max_radius_m is not None:
        kept &= crow_m <= asset_type.max_radius_m
    if "energy" in asked:
        kept &= _within_range(ctx, columns, asset_type, crow_m, kept)
    return kept


def _still_in_time(columns: OrderColumns, asset_type: SortieType, at: datetime) -> Flags:
    ready = columns.ready_s + np.where(columns.delivered, asset_type.load_s, 0.0)
    in_time: Flags = np.maximum(ready, at.timestamp()) <= columns.due_end_s
    return in_time


def _crow_m(columns: OrderColumns, site: Site) -> Floats:
    drops = np.column_stack((columns.drop_lon, columns.drop_lat))
    return distances_m(np.broadcast_to((site.place.lon, site.place.lat), drops.shape), drops)


def _within_range(
    ctx: Context, columns: OrderColumns, asset_type: SortieType, crow_m: Floats, kept: Flags
) -> Flags:
    steps = np.floor(columns.weight_kg / PAYLOAD_STEP_KG).astype(np.intp)
    within = np.zeros(len(columns), np.bool_)
    for step in np.unique(steps[kept]).tolist():
        rows = steps == step
        within[rows] = crow_m[rows] <= farthest_m(ctx, asset_type, step * PAYLOAD_STEP_KG)
    return within


def prefilter_lockers(
    ctx: Context, orders: Sequence[Order] | OrderColumns, lockers: Sequence[Locker], locker_type: StationType
) -> list[LockerReach]:
    """Which lockers lie within ``max_walk_m`` on foot of which recipients who agreed to one, nearest first
    for each.

    Parcels that no locker takes, whatever its compartments, are left out.
    """
    columns = order_columns(orders)
    rows = np.flatnonzero(carried(columns, locker_type) & columns.locker_ok)
    if not len(rows) or not lockers:
        return []
    near_rows, near_lockers = _near(columns, rows, lockers, locker_type.max_walk_m)
    starts = [columns.orders[i].place for i in near_rows.tolist()]
    ends = [lockers[j].place for j in near_lockers.tolist()]
    walks = ctx.network.legs(starts, ends, "walk").distance_m
    found = [
        LockerReach(i, j, walk)
        for i, j, walk in zip(near_rows.tolist(), near_lockers.tolist(), walks.tolist(), strict=True)
        if walk <= locker_type.max_walk_m
    ]
    return sorted(found, key=lambda one: (one.order_index, one.walk_m, one.locker_index))


def _near(columns: OrderColumns, rows: Rows, lockers: Sequence[Locker], within_m: float) -> tuple[Rows, Rows]:
    """Pairs of order rows and locker rows that may lie within the distance as the crow flies, and some that
    do not.
    """
    lat = columns.lat[rows]
    places = np.array([(locker.place.lon, locker.place.lat) for locker in lockers])
    # Degrees squeezed by the least cosine around: never farther apart than on the ground.
    widest = np.radians(min(89.0, max(np.abs(lat).max(), np.abs(places[:, 1]).max())))
    squeeze = np.array([np.cos(widest), 1.0])
    tree = shapely.STRtree(shapely.points(places * squeeze))
    homes = shapely.points(np.column_stack((columns.lon[rows], lat)) * squeeze)
    found = tree.query(homes, predicate="dwithin", distance=within_m / _LEAST_METRES_PER_DEGREE)
    return rows[found[0]], found[1]


_LEAST_METRES_PER_DEGREE = 110_500.0
"""The shortest degree of latitude on the ellipsoid is 110,574 m long."""
