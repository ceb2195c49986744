"""The parcels of a day: the same for every fleet, as many as stated on the average."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from statistics import fmean

import pytest

from fleet.protocol.values import Contact, Dimensions, Direction, Goods, Order, Place, TimeWindow
from fleet.sim.chance import Chance
from fleet.sim.geo import distance_m
from fleet.simulate import Incoming
from fleet.whatif.demand import NEARBY_M, drawn

BEGIN = datetime(2026, 11, 24, 8, tzinfo=UTC)


def entry(name: str) -> Incoming:
    order = Order(
        order_id=name,
        client="acme",
        direction=Direction.DELIVERY,
        place=Place(lon=-8.6, lat=41.15),
        drop_point=Place(lon=-8.6, lat=41.1501),
        weight_kg=1,
        size=Dimensions(length_m=0.3, width_m=0.2, height_m=0.1),
        goods=Goods.STANDARD,
        ready_at=BEGIN,
        due=TimeWindow(start=BEGIN, end=BEGIN + timedelta(hours=4)),
    )
    return BEGIN, order, Contact(order_id=name, recipient="Ann")


PARCELS = tuple(entry(f"P{n}") for n in range(50))


def test_without_spread_the_day_is_that_of_the_file() -> None:
    """Whatever the seed."""
    assert all(drawn(PARCELS, 0.0, Chance(seed)) == PARCELS for seed in range(5))


def test_the_same_seed_has_the_same_parcels() -> None:
    """And another one has others."""
    assert drawn(PARCELS, 0.3, Chance(4)) == drawn(PARCELS, 0.3, Chance(4))
    assert drawn(PARCELS, 0.3, Chance(4)) != drawn(PARCELS, 0.3, Chance(5))


def test_there_are_as_many_parcels_on_the_average_and_the_spread_is_as_stated() -> None:
    """The count's variance is that of the factor, with the parcels' own coin tosses (at most a quarter each)."""
    counts = [len(drawn(PARCELS, 0.2, Chance(seed))) for seed in range(600)]
    middle = fmean(counts)
    deviation = math.sqrt(fmean([(count - middle) ** 2 for count in counts]))
    assert middle == pytest.approx(50, abs=1.5)
    factor_only = 50 * math.sqrt(math.exp(0.04) - 1)
    assert factor_only * 0.9 < deviation < math.hypot(factor_only, math.sqrt(50 / 4)) * 1.1


def test_a_parcel_that_is_added_is_like_another_nearby() -> None:
    """Ids stay unique, its contact is its own, its door and drop point move together."""
    many = next(d for seed in range(50) if len(d := drawn(PARCELS, 0.5, Chance(seed))) > 70)
    assert len({order.order_id for _, order, _ in many}) == len(many)
    assert all(order.order_id == contact.order_id for _, order, contact in many)
    added = [order for _, order, _ in many if "+" in order.order_id]
    here = PARCELS[0][1]
    for order in added:
        assert 0 < distance_m(order.place, here.place) <= NEARBY_M * math.sqrt(2) + 1
        assert order.drop_point is not None
        assert here.drop_point is not None
        assert distance_m(order.drop_point, order.place) == pytest.approx(
            distance_m(here.drop_point, here.place), abs=0.1
        )
        assert (order.weight_kg, order.due) == (here.weight_kg, here.due)
