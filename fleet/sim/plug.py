"""How a drone or robot is filled at its site: on a charger once one is free, or with another pack that lies there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fleet.sim.bay import Bay, Charge
from fleet.sim.pack import Pack

if TYPE_CHECKING:
    from fleet.sim.sortie import SortieVehicle

EFFICIENCY: Final = 0.94
CHANGED_BELOW: Final = 0.78
"""People change a pack that has less than this, and leave one that is nearly full."""


class Plug:
    """The plug of one vehicle. ``at_site``: it is being filled or waits for it; ``on``: a charger gives it power."""

    def __init__(self, vehicle: SortieVehicle) -> None:
        self._vehicle = vehicle
        self._charge: Charge | None = None
        self._fresh: Pack | None = None
        self.at_site = False
        self._site = ""
        self._began = self._begin  # one and the same, so that a bay can forget it

    @property
    def on(self) -> bool:
        """Whether it is on a charger."""
        return self._charge is not None

    @property
    def _bay(self) -> Bay:
        return self._vehicle.stage.bay(self._site)

    @property
    def _power_w(self) -> float:
        site, given_w = self._vehicle.stage.site(self._site), self._vehicle.model.charger_w
        limit_w = None if site is None else site.charger_w
        return EFFICIENCY * (given_w if limit_w is None else min(given_w, limit_w))

    def fill(self) -> None:
        """Come home: change the pack, or charge."""
        vehicle = self._vehicle
        self.at_site, self._site = True, vehicle.site_id or vehicle.record.site_id
        vehicle.pack.run(vehicle.stage.now, 0.0)
        seconds = vehicle.machine.swap_s
        if seconds is not None and vehicle.soc() < CHANGED_BELOW:
            self._fresh = self._bay.pick_up(vehicle.record.type_id)
        fresh = self._fresh
        if seconds is not None and fresh is not None:
            vehicle.tell_condition("charging", "battery_changes", "its battery is changed")
            vehicle.stage.agenda.after(seconds, lambda: self._change(fresh))
            return
        self._bay.take(self._began)

    def _change(self, fresh: Pack) -> None:
        vehicle = self._vehicle
        if self._fresh is not fresh:
            return
        self._fresh, self.at_site = None, False
        self._bay.lay_down(vehicle.record.type_id, vehicle.pack, self._power_w)
        vehicle.put_in(fresh)
        vehicle.tell_condition("ready", "battery_swapped", "a full battery was put in")

    def _begin(self) -> None:
        vehicle = self._vehicle
        self._charge = Charge(vehicle.stage.agenda, vehicle.pack, self._power_w, self._charged)
        vehicle.tell_condition("charging")

    def _charged(self) -> None:
        self._charge, self.at_site = None, False
        self._bay.give_back()
        self._vehicle.tell_condition("ready")

    def pull(self) -> None:
        """It leaves, or the plug is pulled."""
        self.at_site = False
        if self._fresh is not None:
            self._bay.full.setdefault(self._vehicle.record.type_id, []).append(self._fresh)
            self._fresh = None
        if self._charge is not None:
            self._charge.end()
            self._charge = None
            self._bay.give_back()
        else:
            self._bay.forget(self._began)

    # What goes wrong

    def cut(self, seconds: float) -> None:
        """The plug comes out; somebody puts it in again after a while."""
        self.pull()
        self._vehicle.tell_condition("ready", "charge_cut", "the plug came out")
        self._vehicle.stage.agenda.after(seconds, self._again)

    def starve(self, seconds: float) -> None:
        """The charger gives nothing, and nobody notices before a while; the vehicle thinks that it charges."""
        starved = self._charge
        if starved is not None:
            starved.end()
            self._vehicle.stage.agenda.after(seconds, lambda: self._feed(starved))

    def _feed(self, starved: Charge) -> None:
        if self._charge is starved:
            vehicle = self._vehicle
            self._charge = Charge(vehicle.stage.agenda, vehicle.pack, self._power_w, self._charged)
            vehicle.tell_condition("charging")

    def _again(self) -> None:
        vehicle = self._vehicle
        home = vehicle.site_id == vehicle.home.site_id and vehicle.mission is None and not vehicle.faulted
        if home and not self.at_site:
            self.fill()
