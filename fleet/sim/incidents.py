"""What goes wrong by itself, when, and to whom: drawn from the seed, so that the same day fails the same way twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from fleet.protocol.messages import AddZone
from fleet.protocol.mission import Travel
from fleet.protocol.values import Place
from fleet.sim.air import Front
from fleet.sim.drone import Drone
from fleet.sim.geo import distance_m, moved
from fleet.sim.locker import Locker
from fleet.sim.mover import Mover
from fleet.sim.robot import Robot
from fleet.sim.spec import Incidents
from fleet.sim.stage import Stage
from fleet.sim.van import Van
from fleet.sim.zonefiles import true_zones

HOW_MANY: Final[Mapping[Incidents, Mapping[str, int]]] = {
    Incidents.NONE: {},
    Incidents.SOME: {"battery": 1, "lost_link": 1, "locker_full": 1},
    Incidents.HARD: {
        "battery": 3,
        "lost_link": 4,
        "wind": 2,
        "zone": 2,
        "locker_full": 3,
        "robot_breakdown": 2,
        "van_breakdown": 1,
        "charger": 2,
    },
}
"""How often each happens in a day. People who are absent are counted by the parcel, see ``people``."""

PACKS_FAIL: Final[Mapping[Incidents, int]] = {Incidents.NONE: 0, Incidents.SOME: 1, Incidents.HARD: 2}
"""The same of packs, where the fleet has drones with several."""

FIRST_AFTER: Final = timedelta(minutes=10)
QUIET_SHARE: Final = 0.35
"""Nothing begins in this last part of the day, so that there is time to put it right."""
RETRY_S: Final = 60.0
CHARGED: Final = 0.7
"""Who has more is hardly missed when his charge ends."""
GRACE: Final = timedelta(seconds=60)
"""A zone that appears counts this long after it was announced, so that who is inside can leave."""


AUTHORITY: Final = "authority"


class Fate:
    """Plans the incidents of one day. ``tell`` puts what an authority closes to the hub."""

    def __init__(self, stage: Stage, level: Incidents, tell: Callable[[AddZone], None]) -> None:
        self.stage = stage
        self._tell = tell
        day = stage.spec.until - stage.spec.start
        latest_s = ((1 - QUIET_SHARE) * day).total_seconds()
        first_s = min(FIRST_AFTER.total_seconds(), latest_s / 2)
        self._no_more_at = stage.spec.start + timedelta(seconds=latest_s)
        for what, count in _happening(level, stage):
            for number in range(count):
                seconds = stage.chance.between(first_s, latest_s, "incident", what, number)
                stage.agenda.after(seconds, self._attempt(what, number))

    def _attempt(self, what: str, number: int) -> Callable[[], None]:
        return lambda: self._try(what, number)

    def _try(self, what: str, number: int) -> None:
        """Let it happen, or try again a little later when there is nobody for it."""
        happened = _INCIDENTS[what](self, number)
        if not happened and self.stage.now < self._no_more_at:
            self.stage.agenda.after(RETRY_S, self._attempt(what, number))

    def _note(self, what: str, **details: Any) -> bool:
        self.stage.judge.incident(self.stage.now, what, **details)
        return True

    def _between(self, low: float, high: float, *names: object) -> float:
        return self.stage.chance.between(low, high, "incident", *names)

    def _one_of(self, found: list[Any], *names: object) -> Any:
        return self.stage.chance.of("incident", "who", *names).choice(found) if found else None

    def _movers(self, sort: type[Mover], *, under_way: bool) -> list[Mover]:
        return [
            m
            for m in self.stage.movers.values()
            if isinstance(m, sort) and not m.faulted and m.begun is under_way
        ]

    def battery(self, number: int) -> bool:
        """From its next trip on a drone takes more than it should."""
        drones = [d for d in self._movers(Drone, under_way=False) if isinstance(d, Drone) and d.hunger < 1.05]
        drone = self._one_of(drones, "battery", number)
        if drone is None:
            return False
        drone.hunger *= self._between(1.12, 1.25, "battery", number)
        return self._note("battery", asset_id=drone.asset_id, factor=round(drone.hunger, 3))

    def pack(self, number: int) -> bool:
        """One of a drone's packs gives nothing any more, on its way out."""
        outbound = [
            d
            for d in self._movers(Drone, under_way=True)
            if isinstance(d, Drone) and d.airborne and d.pack.parts - d.pack.failed > 1
        ]
        drone = self._one_of(outbound, "pack", number)
        if drone is None:
            return False
        drone.pack_fails()
        return self._note("pack", asset_id=drone.asset_id, left=drone.pack.parts - drone.pack.failed)

    def lost_link(self, number: int) -> bool:
        """The radio of a vehicle that is under way falls silent."""
        sort = (Drone, Robot, Van)[number % 3]
        talking = [m for m in self._movers(sort, under_way=True) if not m.radio.silent]
        mover = self._one_of(talking, "lost_link", number)
        if mover is None:
            return False
        seconds = self._between(30.0, 240.0, "lost_link", number)
        mover.lose_link()
        self.stage.agenda.after(seconds, mover.regain_link)
        return self._note("lost_link", asset_id=mover.asset_id, seconds=round(seconds, 1))

    def wind(self, number: int) -> bool:
        """A gust front comes through."""
        extra = self._between(1.5, 3.0, "wind", number)
        self.stage.air.fronts.append(
            Front(self.stage.now, timedelta(minutes=4), timedelta(minutes=10), extra)
        )
        return self._note("wind", extra_mps=round(extra, 2))

    def zone(self, number: int) -> bool:
        """An area is closed for half an hour, where a drone is about to fly, away from our sites."""
        place = self._ahead(number)
        if place is None:
            return False
        half_m = self._between(110.0, 180.0, "zone size", number)
        if any(distance_m(s.place, place) < 600.0 + half_m for s in self.stage.spec.sites):
            return False
        now, zone_id = self.stage.now, f"closed-{number + 1}"
        feature = _square(zone_id, place, half_m, now, now + timedelta(minutes=30))
        self.stage.judge.add_zones(true_zones(feature, self.stage.spec.ground_amsl_m, since=now + GRACE))
        self._tell(AddZone(request_id=f"news-{zone_id}", by=AUTHORITY, zone_id=zone_id, feature=feature))
        return self._note("zone", zone_id=zone_id, lon=place.lon, lat=place.lat)

    def _ahead(self, number: int) -> Place | None:
        """A place far enough ahead of a drone that flies out."""
        outbound = [
            d for d in self._movers(Drone, under_way=True) if isinstance(d.step, Travel) and d.airborne
        ]
        drone = self._one_of(outbound, "zone", number)
        if drone is None:
            return None
        ends = drone.step.path[-1]
        here, there = drone.body.where().place, Place(lon=ends.lon, lat=ends.lat)
        if distance_m(here, there) < 2200.0:
            return None
        share = 1500.0 / distance_m(here, there)
        return Place(
            lon=here.lon + share * (there.lon - here.lon), lat=here.lat + share * (there.lat - here.lat)
        )

    def locker_full(self, number: int) -> bool:
        """A locker that expects parcels takes none for half an hour."""
        waiting = [
            k
            for k in self.stage.lockers.values()
            if not k.jammed and any(not c.inside for c in k.kept.values())
        ]
        locker = self._one_of(waiting, "locker_full", number)
        if locker is None:
            return False
        locker.jammed = True
        self.stage.agenda.after(1800.0, lambda: _unjam(locker))
        return self._note("locker_full", locker_id=locker.asset_id)

    def robot_breakdown(self, number: int) -> bool:
        """A robot stops on its way."""
        return self._breakdown(Robot, number)

    def van_breakdown(self, number: int) -> bool:
        """A van stops on its way."""
        return self._breakdown(Van, number)

    def charger(self, number: int) -> bool:
        """A plug comes out while a battery is charged, or a charger gives nothing and its drone does not notice."""
        found = [
            m
            for m in self.stage.movers.values()
            if isinstance(m, Drone | Robot) and m.plug.on and m.mission is None and m.soc() < CHARGED
        ]
        vehicle = self._one_of(found, "charger", number)
        if vehicle is None:
            return False
        seconds, fails = self._between(1200.0, 3000.0, "charger", number), number % 2 == 1
        (vehicle.plug.starve if fails else vehicle.plug.cut)(seconds)
        return self._note("charger", asset_id=vehicle.asset_id, soc=vehicle.soc(), gives_nothing=fails)

    def _breakdown(self, sort: type[Mover], number: int) -> bool:
        moving = [
            m
            for m in self._movers(sort, under_way=True)
            if m.body.piece is not None and m.body.piece.metres > 0
        ]
        mover = self._one_of(moving, "breakdown", number)
        if mover is None:
            return False
        mover.site_id = None
        mover.break_down("breakdown", "it does not move any more")
        return self._note("breakdown", asset_id=mover.asset_id)


def _happening(level: Incidents, stage: Stage) -> Iterator[tuple[str, int]]:
    yield from HOW_MANY[level].items()
    if any(isinstance(m, Drone) and m.pack.parts > 1 for m in stage.movers.values()):
        yield "pack", PACKS_FAIL[level]


def _unjam(locker: Locker) -> None:
    locker.jammed = False


def _square(zone_id: str, centre: Place, half_m: float, start: Any, end: Any) -> dict[str, Any]:
    """A square from the ground up, in the zone files' own GeoJSON."""
    corners = [
        moved(centre, e * half_m, n * half_m) for e, n in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))
    ]
    return {
        "type": "Feature",
        "properties": {
            "id": zone_id,
            "name": "closed at short notice",
            "restriction": "PROHIBITED",
            "starts_at": start.isoformat(),
            "ends_at": end.isoformat(),
        },
        "geometry": {"type": "Polygon", "coordinates": [[[p.lon, p.lat] for p in corners]]},
    }


_INCIDENTS: Final[Mapping[str, Callable[[Fate, int], bool]]] = {
    "battery": Fate.battery,
    "pack": Fate.pack,
    "lost_link": Fate.lost_link,
    "wind": Fate.wind,
    "zone": Fate.zone,
    "locker_full": Fate.locker_full,
    "robot_breakdown": Fate.robot_breakdown,
    "van_breakdown": Fate.van_breakdown,
    "charger": Fate.charger,
}
