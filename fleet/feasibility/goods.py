"""May these goods ride this way: their class, and for chilled goods how long they stay out of the cold."""

from __future__ import annotations

from fleet.feasibility.case import LockerCase, ParcelCase, SortieCase
from fleet.feasibility.verdict import Verdict, feasible, infeasible
from fleet.protocol.values import Goods, Reason


def ask_carried(case: ParcelCase) -> Verdict:
    """Whether the type carries this class of goods at all (chilled ones only where it keeps them cold)."""
    carriage, goods = case.asset_type.carriage, case.order.goods
    if goods not in carriage.goods:
        return infeasible(_not_carried(case, goods))
    if goods is Goods.CHILLED and carriage.chilled_minutes is None:
        return infeasible(_no_cold(case))
    return feasible()


def ask_cold_on_trip(case: SortieCase) -> Verdict:
    """Whether chilled goods stay cold from loading until they are handed over (collected ones until they
    are back).
    """
    trip = case.trip
    start, end = (trip.depart_at, trip.drop_at) if case.delivers else (trip.drop_at, trip.return_at)
    return _cold_for(
        case, (end - start).total_seconds() / 60 + (case.asset_type.load_s + case.asset_type.drop_s) / 60
    )


def ask_cold_in_locker(case: LockerCase) -> Verdict:
    """Whether chilled goods stay cold for as long as a parcel may wait in the locker."""
    return _cold_for(case, case.asset_type.pickup_hours * 60)


def _cold_for(case: ParcelCase, minutes: float) -> Verdict:
    limit = case.asset_type.carriage.chilled_minutes
    if case.order.goods is not Goods.CHILLED or limit is None or minutes <= limit:
        return feasible()  # without a limit `ask_carried` has refused them already
    return infeasible(
        Reason(
            code="chilled_too_long",
            detail=f"the goods would be {minutes:.0f} min without a fridge, {limit:g} min are allowed",
            limit=limit,
            actual=round(minutes, 1),
            unit="min",
            source=case.source,
        )
    )


def _not_carried(case: ParcelCase, goods: Goods) -> Reason:
    allowed = ", ".join(sorted(case.asset_type.carriage.goods))
    return Reason(
        code="goods_not_carried",
        detail=f"{case.asset_type.type_id} does not carry {goods} goods",
        limit=allowed,
        actual=goods.value,
        source=case.source,
    )


def _no_cold(case: ParcelCase) -> Reason:
    return Reason(
        code="no_cold_chain",
        detail=f"{case.asset_type.type_id} has no figure for how long it keeps goods cold (chilled_minutes)",
        actual=Goods.CHILLED.value,
        source=case.source,
    )
