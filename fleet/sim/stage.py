"""What all assets of a world share: time, chance, air, parcels, places and the judge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from fleet.domain.sites import Site
from fleet.protocol.messages import AnyMessage
from fleet.protocol.values import Place
from fleet.sim.agenda import Agenda
from fleet.sim.air import Air
from fleet.sim.bay import Bay
from fleet.sim.chance import Chance
from fleet.sim.geo import Point, distance_m
from fleet.sim.judge import Judge
from fleet.sim.parcels import Holder, Parcels
from fleet.sim.people import People
from fleet.sim.spec import WorldSpec

if TYPE_CHECKING:
    from fleet.sim.locker import Locker
    from fleet.sim.mover import Mover

Roads = Callable[[Place, Place, datetime], tuple[float, float] | None]
"""The true streets: metres and seconds of a van's way that begins then on a usual day; none where they lead nowhere."""

NEAR_M = 60.0
"""Two places closer than this are the same to somebody who stands there."""


@dataclass
class Stage:
    """The surroundings of one asset. ``send`` puts a message of an asset's into the world's outbox."""

    spec: WorldSpec
    agenda: Agenda
    chance: Chance
    air: Air
    judge: Judge
    people: People
    send: Callable[[str, AnyMessage], None]
    parcels: Parcels = field(default_factory=Parcels)
    movers: dict[str, Mover] = field(default_factory=dict)
    lockers: dict[str, Locker] = field(default_factory=dict)
    bays: dict[str, Bay] = field(default_factory=dict)
    roads: Roads | None = None
    """Where nobody knows the true streets, vans drive by a curve over the straight distance."""
    stranded: Callable[[Mover], None] = lambda _mover: None
    """Is told of a vehicle whose trip is over and that does not stand at its own site."""

    @property
    def now(self) -> datetime:
        """Virtual time."""
        return self.agenda.now

    @cached_property
    def slowness(self) -> float:
        """How many times as long as usual every drive takes on this day."""
        return self.chance.spread(self.spec.uncertainty.travel, "travel of the day")

    def bay(self, site_id: str) -> Bay:
        """Chargers and packs of a site."""
        found = self.bays.get(site_id)
        if found is None:
            site = self.site(site_id)
            found = self.bays[site_id] = Bay(self.agenda, 0 if site is None else site.chargers)
        return found

    def site(self, site_id: str) -> Site | None:
        """One of our sites by its id."""
        return next((s for s in self.spec.sites if s.site_id == site_id), None)

    def site_near(self, place: Place) -> Site | None:
        """The site at a place, if one of ours is there."""
        return next((s for s in self.spec.sites if distance_m(s.place, place) <= NEAR_M), None)

    def deposit(self, locker_id: str, order_id: str, giver: Holder) -> str | None:
        """Put a parcel into a locker; the code of the refusal when it doesn't take it."""
        locker = self.lockers.get(locker_id)
        return "no_such_locker" if locker is None else locker.deposit(order_id, giver)

    def give_out(self, locker_id: str, order_id: str, taker: Holder) -> bool:
        """Take a parcel back out of a locker."""
        locker = self.lockers.get(locker_id)
        return locker is not None and locker.give_out(order_id, taker)

    def stands_near(self, asset_id: str, point: Point) -> bool:
        """Whether a vehicle stands at this point without a mission, so that its parcels can be taken out."""
        mover = self.movers.get(asset_id)
        return mover is not None and mover.mission is None and distance_m(mover.body.where(), point) <= NEAR_M
