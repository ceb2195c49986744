"""What of a step report is believed: an asset speaks of the parcels that its step names, and takes over from holders.

What it says of others is put before a person, and changes nothing; the rest of the report holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fleet.dispatch.desk import Desk
from fleet.dispatch.parcels import pass_on
from fleet.domain.events import Custodian
from fleet.domain.state import MissionRecord
from fleet.feasibility.incident import incident
from fleet.protocol.lifecycle import LifecycleError, MissionStatus
from fleet.protocol.messages import FailedItem, StepReport
from fleet.protocol.mission import Load, Stop


@dataclass(frozen=True, slots=True)
class Believed:
    """One report of a step in which parcels are taken over."""

    desk: Desk
    record: MissionRecord
    step: Load | Stop
    message: StepReport

    def named(self, order_ids: Iterable[str]) -> Iterator[str]:
        """Those that the step names; the others are doubted."""
        names = self._names()
        for order_id in order_ids:
            if order_id in names:
                yield order_id
            else:
                self._doubt(f"{order_id} is not in step {self.step.step_id!r}")

    def failed(self) -> Iterator[FailedItem]:
        """The failures that concern this mission's own parcels."""
        items = {item.order_id: item for item in self.message.failed}
        for order_id in self.named(items):
            if self.desk.parcel(order_id).mission_id == self.record.mission.mission_id:
                yield items[order_id]

    def take_aboard(self, order_id: str) -> None:
        """Custody passes to the asset from who may give it here; where another has the parcel, nothing passes."""
        holder, me = self.desk.parcel(order_id).custodian, self._me()
        if holder == me:
            return
        if not self._may_give(holder):
            self._doubt(f"{order_id} is with {holder.kind} {holder.id}, and can't have been taken over here")
            return
        self._pass(order_id, me, giver=holder)

    def hand_over(self, order_id: str, taker: Custodian) -> None:
        """Custody passes from the asset; where it does not have the parcel, nothing passes."""
        self._pass(order_id, taker, giver=self._me(), proof=self.message.proof)

    def _pass(self, order_id: str, taker: Custodian, *, giver: Custodian, proof: str | None = None) -> None:
        message = self.message
        try:
            pass_on(
                self.desk,
                order_id,
                taker,
                giver=giver,
                mission_id=message.mission_id,
                place=message.place,
                proof=proof,
            )
        except LifecycleError as error:
            # One that can't be true must not cost the others of the same stop their hand-off.
            self._doubt(str(error))

    def _may_give(self, holder: Custodian) -> bool:
        """Our site at a site; at a door its sender, or an asset that stands and can't go on."""
        site_id = self.step.site_id
        if site_id is not None:
            return holder == Custodian(kind="site", id=site_id)
        if holder.kind == "asset":
            theirs = self.desk.state.mission_of(holder.id)
            return theirs is None or theirs.status is not MissionStatus.ACTIVE
        return holder.kind in ("client", "locker")

    def _names(self) -> frozenset[str]:
        step = self.step
        return frozenset(step.order_ids if isinstance(step, Load) else (*step.deliver, *step.collect))

    def _me(self) -> Custodian:
        return Custodian(kind="asset", id=self.record.mission.asset_id)

    def _doubt(self, detail: str) -> None:
        why = incident("contradiction", detail, source=self.record.mission.asset_id)
        self.desk.raise_exception(
            "contradiction",
            "not believed",
            asset_id=self.record.mission.asset_id,
            mission_id=self.message.mission_id,
            owner="operator",
            reasons=(why,),
        )
