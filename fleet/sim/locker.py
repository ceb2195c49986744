"""The simulated locker: keeps compartments, takes parcels in, lets recipients take them out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from fleet.domain.events import AssetRecord
from fleet.domain.sites import Locker as LockerSite
from fleet.protocol.messages import CompartmentReport, ReleaseCompartment, ReserveCompartment
from fleet.protocol.values import CompartmentSize, TimeWindow
from fleet.sim.asset import Asset
from fleet.sim.parcels import Holder
from fleet.sim.stage import Stage


@dataclass(frozen=True, slots=True)
class Kept:
    """A compartment that is kept for, or holds, one parcel. ``request`` is the hub's number for the reservation."""

    size: CompartmentSize
    window: TimeWindow
    request: int | None = None
    inside: bool = False


class Locker(Asset):
    """A bank of compartments."""

    holds: ClassVar[str] = "locker"

    def __init__(self, stage: Stage, record: AssetRecord, place: LockerSite) -> None:
        super().__init__(stage, record)
        self.site = place
        self.kept: dict[str, Kept] = {}
        self.jammed = False
        """Its doors don't open for deliveries for a while."""

    def on_reserve(self, message: ReserveCompartment) -> None:
        """Keep a compartment if one of the size is free over the whole window."""
        kept = self.kept.get(message.order_id)
        if kept is None and self._most_at_once(message.size, message.window) >= self.site.count(message.size):
            self._say(message.order_id, "refused", message.size, message.request, code="locker_full")
            return
        kept = kept or Kept(message.size, message.window, message.request)
        self.kept[message.order_id] = replace(kept, request=message.request)
        self._say(message.order_id, "reserved", kept.size, message.request)

    def on_release(self, message: ReleaseCompartment) -> None:
        """Free a compartment that holds nothing; one that was reserved anew since is kept."""
        kept = self.kept.get(message.order_id)
        if kept is not None and kept.inside:
            self._say(message.order_id, "refused", kept.size, message.request, code="occupied")
            return
        if kept is not None and kept.request == message.request:
            del self.kept[message.order_id]
        self._say(message.order_id, "released", None if kept is None else kept.size, message.request)

    def deposit(self, order_id: str, giver: Holder) -> str | None:
        """Take a parcel in; the code of the refusal when it can't."""
        kept = self.kept.get(order_id)
        if kept is None:
            return "no_reservation"
        if self.jammed or self._inside(kept.size) >= self.site.count(kept.size):
            return "locker_full"
        if not self.stage.parcels.pass_on(order_id, giver, self.me):
            return "not_found"
        self.kept[order_id] = replace(kept, inside=True)
        self._look(kept.size)
        self._say(order_id, "deposited", kept.size, kept.request)
        self.stage.agenda.after(
            self.stage.people.collects_after_s(order_id), lambda: self._collected(order_id)
        )
        return None

    def give_out(self, order_id: str, taker: Holder) -> bool:
        """Let a driver take a parcel back; False when it is not inside."""
        if not self.stage.parcels.pass_on(order_id, self.me, taker):
            return False
        kept = self.kept.pop(order_id)
        self._say(order_id, "released", kept.size, kept.request)
        return True

    def _collected(self, order_id: str) -> None:
        if self.stage.parcels.pass_on(order_id, self.me, Holder("recipient", order_id)):
            kept = self.kept.pop(order_id)
            self._say(order_id, "collected", kept.size, kept.request)

    def _most_at_once(self, size: CompartmentSize, window: TimeWindow) -> int:
        """The most compartments of a size that are taken at any moment of a window."""
        others = [k for k in self.kept.values() if k.size is size]
        spans = [
            (k.window.start, max(k.window.end, self.stage.now) if k.inside else k.window.end) for k in others
        ]
        starts = [window.start, *(start for start, _ in spans if window.start <= start < window.end)]
        return max(sum(start <= moment < end for start, end in spans) for moment in starts)

    def _inside(self, size: CompartmentSize) -> int:
        return sum(k.inside for k in self.kept.values() if k.size is size)

    def _look(self, size: CompartmentSize) -> None:
        held, count = self._inside(size), self.site.count(size)
        if held > count:
            self.stage.judge.overfull(self.stage.now, self.asset_id, size.value, held, count)

    def _say(
        self,
        order_id: str,
        state: Any,
        size: CompartmentSize | None,
        request: int | None,
        *,
        code: str | None = None,
    ) -> None:
        self.say(
            CompartmentReport(
                order_id=order_id, state=state, at=self.stage.now, size=size, code=code, request=request
            )
        )
