"""The parcels of one day: as many as the file has on the average, some left out or more like them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from fleet.protocol.values import Contact, Order, Place
from fleet.sim.chance import Chance
from fleet.sim.geo import moved
from fleet.simulate import Incoming

NEARBY_M: Final = 150.0
"""How far from its like a parcel that is added lies at most, east or west and north or south."""


def drawn(incoming: Sequence[Incoming], sigma: float, chance: Chance) -> tuple[Incoming, ...]:
    """The parcels that there are on the day of this chance.

    The day's factor is log-normal with mean 1 and the standard deviation ``sigma`` (of its logarithm). With a factor of
    0.8 each parcel is there with a chance of 80 %; with 1.3 each is, and with a chance of 30 % one more like it,
    for a door nearby. They are handed in when their like is.
    """
    if sigma == 0:
        return tuple(incoming)
    factor = chance.spread(sigma, "demand of the day")
    return tuple(each for entry in incoming for each in _copies(entry, factor, chance))


def _copies(entry: Incoming, factor: float, chance: Chance) -> Iterator[Incoming]:
    at, order, contact = entry
    whole = int(factor)
    times = whole + chance.happens(factor - whole, "demand", order.order_id)
    for number in range(times):
        yield (at, order, contact) if number == 0 else (at, *_like(order, contact, number, chance))


def _like(order: Order, contact: Contact, number: int, chance: Chance) -> tuple[Order, Contact]:
    """One more parcel of this sort."""
    name = f"{order.order_id}+{number}"
    east, north = (chance.between(-NEARBY_M, NEARBY_M, "demand", name, way) for way in ("east", "north"))
    changes: dict[str, str | Place] = {"order_id": name, "place": moved(order.place, east, north)}
    if order.drop_point is not None:
        changes["drop_point"] = moved(order.drop_point, east, north)
    return order.model_copy(update=changes), contact.model_copy(update={"order_id": name})
