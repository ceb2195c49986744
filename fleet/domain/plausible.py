"""What no parcel can be: values that the form of an order allows, and that are a slip of whoever wrote them.

Orders are held against it wherever they come in, from a file or over the wire: planners count with these numbers, and
one that is beyond all reason would keep every other parcel from a plan too.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from fleet.protocol.values import Order

YEARS: Final = range(2000, 2200)
LONGEST_WINDOW: Final = timedelta(days=366)
"""The day that is planned would last as long."""
MOST_WEIGHT_KG: Final = 1_000_000
MOST_SIDE_M: Final = 1_000
MOST_SERVICE_MIN: Final = 10_080
MOST_VALUE_MINOR: Final = 10**17


def slips(order: Order) -> Iterator[tuple[str, str]]:
    """Each field that can't be meant so, and what is wrong with it."""
    moments = (("ready_at", order.ready_at), ("due.start", order.due.start), ("due.end", order.due.end))
    for field, moment in moments:
        if moment.year not in YEARS:
            yield field, f"lies outside the years {YEARS.start} to {YEARS.stop - 1}"
    if order.due.end - order.due.start > LONGEST_WINDOW:
        yield "due", f"the window is longer than {LONGEST_WINDOW.days} days"
    if order.place.lon == 0 and order.place.lat == 0:
        yield "place", "0, 0 lies in the sea off Africa"
    for field, value, most in (
        ("weight_kg", order.weight_kg, MOST_WEIGHT_KG),
        ("size.length_m", order.size.length_m, MOST_SIDE_M),
        ("size.width_m", order.size.width_m, MOST_SIDE_M),
        ("size.height_m", order.size.height_m, MOST_SIDE_M),
        ("service_minutes", order.service_minutes, MOST_SERVICE_MIN),
        ("value_minor", order.value_minor, MOST_VALUE_MINOR),
    ):
        if value > most:
            yield field, f"must be at most {most}"
