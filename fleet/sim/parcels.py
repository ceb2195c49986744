"""Where every parcel truly is. A hand-over of what is not there is refused, and noted."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Literal

Where = Literal["site", "asset", "locker", "recipient", "sender"]


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a parcel."""

    kind: Where
    id: str


class Parcels:
    """The truth about custody: each parcel that was ever seen has exactly one holder."""

    def __init__(self) -> None:
        self._held: dict[str, Holder] = {}
        self._aboard: dict[Holder, dict[str, None]] = defaultdict(dict)

    def holder(self, order_id: str) -> Holder | None:
        """Who has it; none for a parcel that was never seen."""
        return self._held.get(order_id)

    def at(self, holder: Holder) -> tuple[str, ...]:
        """What a holder has, in the order in which it came."""
        return tuple(self._aboard[holder])

    def appear(self, order_id: str, holder: Holder) -> bool:
        """A parcel that was never seen is found at its holder; False when it is known already."""
        if order_id in self._held:
            return False
        self._put(order_id, holder)
        return True

    def pass_on(self, order_id: str, giver: Holder, taker: Holder) -> bool:
        """Hand it over; False, and nothing happens, when the giver does not have it."""
        if self._held.get(order_id) != giver:
            return False
        del self._aboard[giver][order_id]
        self._put(order_id, taker)
        return True

    def counts(self) -> dict[str, int]:
        """How many parcels are held by each sort of holder."""
        found: dict[str, int] = defaultdict(int)
        for holder in self._held.values():
            found[holder.kind] += 1
        return dict(sorted(found.items()))

    def _put(self, order_id: str, holder: Holder) -> None:
        self._held[order_id] = holder
        self._aboard[holder][order_id] = None
