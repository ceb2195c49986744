"""Orders as columns of numbers, so that thousands can be sifted at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from fleet.domain.fleet import AssetType
from fleet.feasibility.payload import heaviest_kg
from fleet.kinds import kind_of
from fleet.protocol.values import Direction, Goods, Order

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class OrderColumns:
    """What the sieves look at, one row for each order: places in degrees, edges sorted, times in POSIX
    seconds.
    """

    orders: tuple[Order, ...]
    lon: Floats
    lat: Floats
    drop_lon: Floats
    drop_lat: Floats
    weight_kg: Floats
    edges_m: Floats
    due_end_s: Floats
    ready_s: Floats
    goods: NDArray[np.str_]
    service: NDArray[np.str_]
    crew: Floats
    age_checked: Flags
    delivered: Flags
    locker_ok: Flags

    def __len__(self) -> int:
        return len(self.orders)

    def at(self, rows: NDArray[np.intp]) -> OrderColumns:
        """Some of the rows."""
        some = {each.name: getattr(self, each.name)[rows] for each in fields(self) if each.name != "orders"}
        return OrderColumns(orders=tuple(self.orders[row] for row in rows.tolist()), **some)


def order_columns(orders: Sequence[Order] | OrderColumns) -> OrderColumns:
    """The columns of some orders; columns are passed through, so that a caller can make them once."""
    if isinstance(orders, OrderColumns):
        return orders
    orders = tuple(orders)
    drops = [order.drop_point or order.place for order in orders]
    return OrderColumns(
        orders=orders,
        lon=_floats(o.place.lon for o in orders),
        lat=_floats(o.place.lat for o in orders),
        drop_lon=_floats(d.lon for d in drops),
        drop_lat=_floats(d.lat for d in drops),
        weight_kg=_floats(o.weight_kg for o in orders),
        edges_m=np.array([o.size.ordered() for o in orders], np.float64).reshape(-1, 3),
        due_end_s=_floats(o.due.end.timestamp() for o in orders),
        ready_s=_floats(o.ready_at.timestamp() for o in orders),
        goods=np.array([o.goods.value for o in orders], np.str_),
        service=np.array([o.service.value for o in orders], np.str_),
        crew=_floats(o.crew for o in orders),
        age_checked=_flags(o.min_age is not None for o in orders),
        delivered=_flags(o.direction is Direction.DELIVERY for o in orders),
        locker_ok=_flags(o.locker_ok for o in orders),
    )


Sieve = Callable[[OrderColumns, AssetType], Flags]
"""The answers of one question about parcels, for all rows at once."""


def by_weight(columns: OrderColumns, asset_type: AssetType) -> Flags:
    """Light enough."""
    return columns.weight_kg <= heaviest_kg(asset_type)


def by_payload(columns: OrderColumns, asset_type: AssetType) -> Flags:
    """Light enough, and the box fits the hold in some rotation."""
    hold = np.array(asset_type.carriage.hold.ordered())
    fits: Flags = (columns.edges_m <= hold + 1e-9).all(axis=1)
    return fits & by_weight(columns, asset_type)


def by_goods(columns: OrderColumns, asset_type: AssetType) -> Flags:
    """Of a class that the type carries; chilled goods only where it keeps them cold."""
    rules = asset_type.carriage
    cold = rules.chilled_minutes is not None
    allowed = [g.value for g in sorted(rules.goods) if cold or g is not Goods.CHILLED]
    return np.isin(columns.goods, allowed)


def by_service(columns: OrderColumns, asset_type: AssetType) -> Flags:
    """Service level, hands, skills, check of age and direction as the type offers them."""
    rules = asset_type.carriage
    offered = np.isin(columns.service, [s.value for s in sorted(rules.services)])
    hands = columns.crew <= max(1, rules.crew)
    able = _flags(order.skills <= rules.skills for order in columns.orders)
    return (
        offered
        & hands
        & able
        & (~columns.age_checked | rules.age_check)
        & (columns.delivered | rules.collects)
    )


SIEVES: Mapping[str, Sieve] = MappingProxyType(
    {"weight": by_weight, "payload": by_payload, "goods": by_goods, "service": by_service}
)
"""By the name of the question whose answers a sieve gives; a question without a sieve keeps every row."""


def carried(columns: OrderColumns, asset_type: AssetType) -> Flags:
    """Which orders pass the questions about parcels that the type's kind asks, as far as there are sieves
    for them.
    """
    kept = np.ones(len(columns), np.bool_)
    for name in kind_of(asset_type.kind).questions:
        if name in SIEVES:
            kept &= SIEVES[name](columns, asset_type)
    return kept


def _floats(values: Iterable[float]) -> Floats:
    return np.array(list(values), np.float64)


def _flags(values: Iterable[bool]) -> Flags:
    return np.array(list(values), np.bool_)
