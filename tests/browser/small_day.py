"""A day small enough to know by heart: one site, one locker, four vehicles, nine parcels, 09:00 to 18:00 in Madrid.

At ``NOON``: D-1 was flown and delivered, D-2 is in the air, R-1 rolls, L-1 waits in the locker, V-1 was delivered,
V-2 and V-3 are still to come on the van's route, U-1 was not assigned, W-1 was flown back by the wind and handed on
to the van.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fleet.domain import events as ev
from fleet.domain.fleet import AssetType, FleetSpec
from fleet.domain.plan import (
    Alternative,
    CostSummary,
    Fallback,
    LockerPlan,
    ParcelPlan,
    PathPoint,
    Plan,
    Reservation,
    RoutePlan,
    RouteStop,
    SortieDrop,
    SortiePlan,
    Summary,
    Unassigned,
)
from fleet.domain.sites import Locker, Site
from fleet.intake.fleetfile import default_fleet
from fleet.protocol.options import Status
from fleet.protocol.values import (
    CompartmentSize,
    Dimensions,
    Direction,
    Goods,
    Order,
    Place,
    Reason,
    TimeWindow,
)
from geofences import PolygonShape, Restriction, Volume, Zone, ZoneSet
from tests.browser.recording import Day, Recording, fly_back, record_day

OPEN = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
CLOSE = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
DEPOT = Place(lon=-3.70, lat=43.30)
LOCKER = Place(lon=-3.69, lat=43.305)
WHERE = {
    "D-1": Place(lon=-3.71, lat=43.31),
    "D-2": Place(lon=-3.72, lat=43.315),
    "R-1": Place(lon=-3.695, lat=43.295),
    "L-1": Place(lon=-3.688, lat=43.307),
    "V-1": Place(lon=-3.68, lat=43.29),
    "V-2": Place(lon=-3.67, lat=43.285),
    "V-3": Place(lon=-3.66, lat=43.30),
    "U-1": Place(lon=-3.64, lat=43.32),
    "W-1": Place(lon=-3.715, lat=43.29),
}
ZONES = ZoneSet(
    [
        Zone(
            "hospital",
            Restriction.PROHIBITED,
            (
                Volume(
                    PolygonShape(
                        (
                            (-3.69, 43.31),
                            (-3.68, 43.31),
                            (-3.68, 43.318),
                            (-3.69, 43.318),
                            (-3.69, 43.31),
                        )
                    )
                ),
            ),
            name="Hospital",
        )
    ]
)
TOO_HEAVY = Reason(
    code="payload_exceeded",
    detail="heavier than the type may carry",
    limit=2.5,
    actual=4.0,
    unit="kg",
    source="type d1",
)
NO_VAN = Reason(code="window_missed", detail="no van can be there before the window closes")


def small_plan() -> Plan:
    """The plan of the day."""
    parcels = tuple(_choice(order_id) for order_id in WHERE)
    sorties = (
        _sortie("S-1", "drone", "depot/drone-1", "D-1", 60),
        _sortie("S-2", "drone", "depot/drone-1", "D-2", 175),
        _sortie("S-3", "sidewalk_robot", "depot/robot-1", "R-1", 170),
        _sortie("S-4", "drone", "depot/drone-2", "W-1", 100),
    )
    reserved = Reservation(
        order_id="L-1", size=CompartmentSize.SMALL, start=OPEN, until=OPEN + timedelta(hours=30)
    )
    lockers = (LockerPlan(locker_id="locker-1", reservations=(reserved,)),)
    left_over = Unassigned(
        order_id="U-1", reasons=(NO_VAN,), nearest_change="a window that ends 40 minutes later"
    )
    by_mode = {"drone": 3, "sidewalk_robot": 1, "locker": 1, "van": 3, "unassigned": 1}
    return Plan(
        plan_id="plan-1",
        snapshot_id="sha256:5a11",
        made_at=OPEN,
        at=OPEN,
        seed=0,
        seconds=None,
        iterations=100,
        zones_version=ZONES.version,
        currency="EUR",
        assumptions=("terrain flat at 0 m ± 5 m", "wind 4 m/s"),
        summary=Summary(parcels=9, by_mode=by_mode, cost=CostSummary(total=30.0, by_mode={})),
        parcels=parcels,
        sorties=sorties,
        routes=(_route(),),
        lockers=lockers,
        unassigned=(left_over,),
    )


MODES = {
    "D": "drone",
    "R": "sidewalk_robot",
    "L": "locker",
    "V": "van",
    "U": "unassigned",
    "W": "drone",
}
ASSETS = {
    "D": "depot/drone-1",
    "R": "depot/robot-1",
    "L": "depot/van-1",
    "V": "depot/van-1",
    "U": None,
    "W": "depot/drone-2",
}


def _choice(order_id: str) -> ParcelPlan:
    mode = MODES[order_id[0]]
    others = [m for m in ("drone", "sidewalk_robot", "locker", "van") if m != mode]
    return ParcelPlan(
        order_id=order_id,
        mode=mode,
        asset_id=ASSETS[order_id[0]],
        locker_id="locker-1" if mode == "locker" else None,
        eta=None if mode == "unassigned" else OPEN + timedelta(hours=2),
        cost=0 if mode == "unassigned" else 2.5,
        alternatives=tuple(_alternative(m) for m in others),
        fallback=Fallback(mode="van", detail="the afternoon route"),
    )


def _alternative(mode: str) -> Alternative:
    if mode == "van":
        return Alternative(mode=mode, verdict=Status.FEASIBLE, cost=6.25)
    if mode == "locker":
        missing = Reason(code="consent_unknown", detail="it is not known whether a locker is accepted")
        return Alternative(mode=mode, verdict=Status.UNKNOWN, cost=None, reasons=(missing,))
    return Alternative(mode=mode, verdict=Status.INFEASIBLE, cost=None, reasons=(TOO_HEAVY,))


def _sortie(sortie_id: str, kind: str, asset_id: str, order_id: str, minute: int) -> SortiePlan:
    depart = OPEN + timedelta(minutes=minute)
    drop_at, back = depart + timedelta(minutes=10), depart + timedelta(minutes=20)
    goal, alt = WHERE[order_id], 60.0 if kind == "drone" else 0.0
    ends = ((DEPOT, depart), (goal, drop_at), (DEPOT, back))
    return SortiePlan(
        sortie_id=sortie_id,
        kind=kind,
        asset_id=asset_id,
        depot_id="depot",
        order_ids=(order_id,),
        depart=depart,
        return_at=back,
        path=tuple(PathPoint(lon=p.lon, lat=p.lat, alt_m=alt, at=at) for p, at in ends),
        drops=(SortieDrop(order_id=order_id, lon=goal.lon, lat=goal.lat, at=drop_at),),
        payload_kg=1.0,
        energy_wh=80.0,
        usable_wh=200.0,
        reserve_wh=40.0,
        margin_wh=72.0,
    )


def _route() -> RoutePlan:
    minutes = {"L-1": 90, "V-1": 120, "V-2": 240, "V-3": 300}
    stops = tuple(_stop(order_id, minute) for order_id, minute in minutes.items())
    end = OPEN + timedelta(hours=6)
    return RoutePlan(
        route_id="route-1",
        asset_id="depot/van-1",
        depot_id="depot",
        start=OPEN + timedelta(minutes=60),
        end=end,
        distance_m=23_000,
        cost=18.0,
        stops=stops,
    )


def _stop(order_id: str, minute: int) -> RouteStop:
    arrive = OPEN + timedelta(minutes=minute)
    is_locker = order_id == "L-1"
    place = LOCKER if is_locker else WHERE[order_id]
    return RouteStop(
        lon=place.lon,
        lat=place.lat,
        locker_id="locker-1" if is_locker else None,
        deliver=(order_id,),
        arrive=arrive,
        depart=arrive + timedelta(minutes=3),
    )


def _order(order_id: str) -> Order:
    return Order(
        order_id=order_id,
        client="acme",
        direction=Direction.DELIVERY,
        place=WHERE[order_id],
        weight_kg=1.2,
        size=Dimensions(length_m=0.3, width_m=0.2, height_m=0.1),
        goods=Goods.STANDARD,
        ready_at=OPEN,
        due=TimeWindow(start=OPEN, end=CLOSE),
        locker_ok=order_id == "L-1",
    )


def _asset(asset_id: str, kind: str, site_id: str = "depot") -> ev.AssetRecord:
    return ev.AssetRecord(asset_id=asset_id, type_id=f"type-{kind}", kind=kind, site_id=site_id)


def _drone_type() -> AssetType:
    """The default fleet's."""
    types = default_fleet().spec.types.values()
    return next(one for one in types if one.kind == "drone").model_copy(update={"type_id": "type-drone"})


def small_day() -> Day:
    """The day before anything has happened."""
    return Day(
        at=OPEN,
        until=CLOSE,
        fleet=FleetSpec(timezone="Europe/Madrid", types={"type-drone": _drone_type()}, stands=()),
        sites=(Site(site_id="depot", name="Warehouse", place=DEPOT, vans=1, drone_pads=2, robot_bays=1),),
        lockers=(Locker(locker_id="locker-1", name="Station", place=LOCKER, small=4, medium=3, large=1),),
        assets=(
            _asset("depot/drone-1", "drone"),
            _asset("depot/drone-2", "drone"),
            _asset("depot/robot-1", "sidewalk_robot"),
            _asset("depot/van-1", "van"),
            _asset("locker-1", "locker", "locker-1"),
        ),
        orders=tuple(_order(order_id) for order_id in WHERE),
        plan=small_plan(),
    )


def small_recording(until: datetime = NOON) -> Recording:
    """The day up to a moment."""
    day = small_day()
    made = record_day(day)
    blown = next(s for s in day.plan.sorties if s.order_ids == ("W-1",))
    wind = blown.depart + timedelta(minutes=4)
    made.after(wind, lambda: fly_back(made, blown, wind, day.plan.routes[0]))
    made.play(until)
    return made
