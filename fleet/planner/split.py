"""How a route's cost is shared among its parcels: in proportion to what leaving each stop out would save."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fleet.planner.tours import Tour, savings


def shares(cost: float, weights: Sequence[float]) -> list[float]:
    """The cost in proportion to the weights, equally where all are nothing; the shares add up to it."""
    whole = sum(weights)
    if whole <= 0:
        return [cost / len(weights) for _ in weights]
    return [cost * weight / whole for weight in weights]


def tour_costs(tour: Tour) -> Mapping[int, float]:
    """Each parcel's part of a tour's cost; parcels of one stop share alike."""
    costs: dict[int, float] = {}
    for visit, share in zip(tour.visits, shares(tour.cost, savings(tour)), strict=True):
        orders = tour.case.visits[visit].orders
        costs |= {order: share / len(orders) for order in orders}
    return costs
