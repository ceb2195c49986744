"""A small day told by hand, event by event: eight parcels of which each ends in another way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from fleet.domain import events as ev
from fleet.domain.plan import (
    Alternative,
    CostSummary,
    ParcelPlan,
    PathPoint,
    Plan,
    SortieDrop,
    SortiePlan,
    Summary,
)
from fleet.domain.sites import Locker, Site
from fleet.intake.fleetfile import default_fleet
from fleet.network.base import Leg
from fleet.network.geodesic import GeodesicNetwork
from fleet.protocol.lifecycle import CompartmentEvent
from fleet.protocol.mission import Drop, Item, Load, Mission, Stop, Travel, Unload
from fleet.protocol.options import Status
from fleet.protocol.values import (
    CompartmentSize,
    Contact,
    Dimensions,
    Direction,
    Goods,
    Order,
    Place,
    Reason,
    TimeWindow,
    Waypoint,
)

OPENS = datetime(2026, 11, 24, 8, tzinfo=UTC)
UNTIL = OPENS + timedelta(hours=4)
DEPOT, PAD = Place(lon=-3.70, lat=40.41), Place(lon=-3.69, lat=40.42)
VAN, DRONE, ROBOT, LOCKER = "D1/van-1", "S1/drone-1", "S1/sidewalk-robot-1", "L1"
SITE = ev.Custodian(kind="site", id="D1")
AT_PAD = ev.Custodian(kind="site", id="S1")
IN_VAN = ev.Custodian(kind="asset", id=VAN)
IN_DRONE = ev.Custodian(kind="asset", id=DRONE)
IN_LOCKER = ev.Custodian(kind="locker", id=LOCKER)
WIND = Reason(code="wind", detail="gusts of 15 m/s", limit=14, actual=15, unit="m/s", source="forecast")
WALK = Reason(code="locker_too_far", detail="the walk is 900 m", limit=800, actual=900, unit="m")


class KilometreNetwork(GeodesicNetwork):
    """Everything is a kilometre and two minutes away."""

    def leg(self, start: Place, end: Place, profile: object) -> Leg:
        return Leg(1000.0, 120.0)


def at(minutes: float) -> datetime:
    """So many minutes after the day opens."""
    return OPENS + timedelta(minutes=minutes)


def recipient(order_id: str) -> ev.Custodian:
    return ev.Custodian(kind="recipient", id=order_id)


def order(
    name: str, *, direction: Direction = Direction.DELIVERY, due: tuple[float, float] = (0, 180)
) -> Order:
    """A parcel of a kilogram."""
    number = ord(name[0]) - ord("A")
    return Order(
        order_id=name,
        client="acme",
        direction=direction,
        place=Place(lon=-3.70 + number / 1000, lat=40.42),
        weight_kg=1,
        size=Dimensions(length_m=0.3, width_m=0.2, height_m=0.1),
        goods=Goods.STANDARD,
        ready_at=OPENS,
        due=TimeWindow(start=at(due[0]), end=at(due[1])),
        locker_ok=True,
    )


def item(name: str) -> Item:
    return Item(
        order_id=name,
        weight_kg=1,
        size=Dimensions(length_m=0.3, width_m=0.2, height_m=0.1),
        goods=Goods.STANDARD,
    )


def opened() -> ev.DayOpened:
    """A depot with a van, a launch site with a drone and a robot, a locker."""
    return ev.DayOpened(
        at=OPENS,
        until=UNTIL,
        fleet=default_fleet().spec,
        sites=(
            Site(site_id="D1", name="Depot", place=DEPOT, vans=1, timezone="Europe/Madrid"),
            Site(
                site_id="S1",
                name="Launch site",
                place=PAD,
                drone_pads=1,
                robot_bays=1,
                timezone="Europe/Madrid",
            ),
        ),
        lockers=(Locker(locker_id=LOCKER, name="Kiosk", place=PAD, small=2, medium=1),),
        assets=(
            ev.AssetRecord(asset_id=VAN, type_id="van-e", kind="van", site_id="D1"),
            ev.AssetRecord(asset_id=DRONE, type_id="courier-x4", kind="drone", site_id="S1"),
            ev.AssetRecord(asset_id=ROBOT, type_id="walker-s1", kind="sidewalk_robot", site_id="S1"),
            ev.AssetRecord(asset_id=LOCKER, type_id="parcel-locker", kind="locker", site_id=LOCKER),
        ),
        zones_version="sha256:0",
    )


def connected(*asset_ids: str, minutes: float = 1) -> list[ev.Event]:
    return [ev.AssetConnected(at=at(minutes), asset_id=a, boot_id="boot-1") for a in asset_ids]


def placed(*orders: Order) -> list[ev.Event]:
    """Taken in: deliveries stand with the linehaul, pick-ups with their sender."""
    linehaul = ev.Custodian(kind="linehaul", id="linehaul")
    client = ev.Custodian(kind="client", id="acme")
    return [
        ev.OrderPlaced(at=at(1), order=o, custodian=linehaul if o.direction is Direction.DELIVERY else client)
        for o in orders
    ]


def sortie(name: str, order_id: str, depart: float) -> Mission:
    """Ten minutes out and back with one parcel."""
    up, door = (Waypoint(lon=p.lon, lat=p.lat, alt_amsl_m=60, at=at(depart)) for p in (PAD, DEPOT))
    return Mission(
        mission_id=name,
        asset_id=DRONE,
        items=(item(order_id),),
        steps=(
            Load(step_id="load", site_id="S1", order_ids=(order_id,)),
            Travel(step_id="out", path=(up, door), corridor_m=25),
            Drop(
                step_id="drop",
                order_id=order_id,
                place=DEPOT,
                service_s=40,
                window=TimeWindow(start=OPENS, end=UNTIL),
            ),
            Travel(step_id="back", path=(door, up), corridor_m=25),
            Unload(step_id="unload", site_id="S1"),
        ),
        start_at=at(depart - 2),
        expires_at=UNTIL,
        home=PAD,
        energy_wh=100,
        energy_to_drop_wh=60,
        reserve_wh=30,
        zones_version="sha256:0",
    )


def stop(
    step_id: str,
    minutes: float,
    *,
    deliver: Sequence[str] = (),
    collect: Sequence[str] = (),
    locker_id: str | None = None,
) -> Stop:
    first = (*deliver, *collect)[0]
    return Stop(
        step_id=step_id,
        place=PAD if locker_id else order(first).place,
        deliver=tuple(deliver),
        collect=tuple(collect),
        locker_id=locker_id,
        service_s=180,
        window=TimeWindow(start=OPENS, end=UNTIL),
        eta=at(minutes),
    )


def route(name: str, *stops: Stop, revision: int = 0, loaded: Sequence[str] = ()) -> Mission:
    """The van's route from D1 and back."""
    return Mission(
        mission_id=name,
        revision=revision,
        asset_id=VAN,
        items=tuple(item(o) for s in stops for o in (*s.deliver, *s.collect)),
        steps=(
            Load(step_id="load", site_id="D1", order_ids=tuple(loaded)),
            *stops,
            Unload(step_id="unload", site_id="D1"),
        ),
        start_at=at(10),
        expires_at=UNTIL + timedelta(hours=4),
        home=DEPOT,
    )


def begun(mission: Mission, kind: str, minutes: float) -> list[ev.Event]:
    """Drafted, released, accepted and under way."""
    moment = at(minutes)
    return [
        ev.MissionDrafted(at=moment, mission=mission, kind=kind, plan_id="plan-1", release_at=moment),
        ev.MissionReleased(at=moment, mission=mission, assumptions=("terrain flat at 0 m",)),
        ev.MissionAccepted(at=moment, mission_id=mission.mission_id, revision=mission.revision),
        ev.MissionBegun(at=moment, mission_id=mission.mission_id),
    ]


def assigned(order_id: str, mode: str, mission: Mission, eta: float, **more: object) -> ev.ParcelAssigned:
    return ev.ParcelAssigned.model_validate(
        {
            "at": at(3),
            "order_id": order_id,
            "mode": mode,
            "mission_id": mission.mission_id,
            "asset_id": mission.asset_id,
            "eta": at(eta),
            **more,
        }
    )


def passed(order_id: str, minutes: float, *holders: ev.Custodian) -> list[ev.Event]:
    """From one holder to the next, all at one moment."""
    return [
        ev.CustodyPassed(at=at(minutes), order_id=order_id, giver=giver, taker=taker)
        for giver, taker in pairwise(holders)
    ]


def from_linehaul(order_id: str, site: ev.Custodian = SITE) -> list[ev.Event]:
    return passed(order_id, 3, ev.Custodian(kind="linehaul", id="linehaul"), site)


def done(mission_id: str, minutes: float, *step_ids: str) -> list[ev.Event]:
    """Steps that begin and end at one moment."""
    return [
        event
        for step_id in step_ids
        for event in (
            ev.StepBegun(at=at(minutes), mission_id=mission_id, step_id=step_id),
            ev.StepEnded(at=at(minutes), mission_id=mission_id, step_id=step_id, ok=True),
        )
    ]


def flown(mission_id: str, depart: float) -> list[ev.Event]:
    """Out in four minutes, a drop of two, back in four."""
    return [
        *done(mission_id, depart - 2, "load"),
        ev.StepBegun(at=at(depart), mission_id=mission_id, step_id="out"),
        ev.StepEnded(at=at(depart + 4), mission_id=mission_id, step_id="out", ok=True),
        *done(mission_id, depart + 6, "drop"),
        ev.StepBegun(at=at(depart + 6), mission_id=mission_id, step_id="back"),
        ev.StepEnded(at=at(depart + 10), mission_id=mission_id, step_id="back", ok=True),
    ]


def plan(*parcels: ParcelPlan) -> Plan:
    """What the planner said, with both baselines."""
    path = tuple(PathPoint(lon=p.lon, lat=p.lat, alt_m=60, at=at(20)) for p in (PAD, DEPOT, PAD))
    return Plan(
        plan_id="plan-1",
        snapshot_id="plan-1@12",
        made_at=at(2),
        at=at(3),
        seed=7,
        seconds=None,
        iterations=10,
        zones_version="sha256:0",
        currency="EUR",
        assumptions=("terrain flat at 0 m",),
        summary=Summary(
            parcels=8,
            by_mode={"van": 5, "drone": 2, "locker": 1},
            cost=CostSummary(total=90, by_mode={"van": 80, "drone": 9, "locker": 1}),
            van_only_cost=120,
            van_only_unassigned=0,
            greedy_cost=100,
            greedy_unassigned=1,
        ),
        parcels=parcels,
        sorties=(
            SortiePlan(
                sortie_id="flight-1",
                kind="drone",
                asset_id=DRONE,
                depot_id="S1",
                order_ids=("A",),
                depart=at(20),
                return_at=at(30),
                path=path,
                drops=(SortieDrop(order_id="A", lon=DEPOT.lon, lat=DEPOT.lat, at=at(25)),),
                payload_kg=1,
                energy_wh=100,
                usable_wh=200,
                reserve_wh=30,
                margin_wh=70,
            ),
        ),
        routes=(),
        lockers=(),
        unassigned=(),
    )


def choice(order_id: str, mode: str, asset_id: str, *alternatives: Alternative) -> ParcelPlan:
    return ParcelPlan(order_id=order_id, mode=mode, asset_id=asset_id, cost=4, alternatives=alternatives)


def the_log() -> list[ev.Event]:
    """Eight parcels: A by drone on time, B by van too late, C into the locker, D picked up and handed in, E handed on
    from the drone to the van because of wind, F given up, G never planned, H on the van after the day's end.
    """
    pickup = order("D", direction=Direction.PICKUP)
    flight, second = sortie("flight-1", "A", 20), sortie("flight-2", "E", 60)
    tour = route(
        "tour-1",
        stop("b", 40, deliver="B"),
        stop("c", 50, deliver="C", locker_id=LOCKER),
        stop("d", 60, collect="D"),
        stop("h", 250, deliver="H"),
        loaded="BCH",
    )
    revised = route(
        "tour-1",
        *(s for s in tour.steps if isinstance(s, Stop) and s.step_id != "h"),
        stop("e", 90, deliver="E"),
        stop("h", 250, deliver="H"),
        revision=1,
        loaded="BCHE",
    )
    by_van = Alternative(mode="van", verdict=Status.FEASIBLE, cost=9)
    no_drone = Alternative(mode="drone", verdict=Status.INFEASIBLE, cost=None, reasons=(WIND,))
    no_locker = Alternative(mode="locker", verdict=Status.INFEASIBLE, cost=None, reasons=(WALK,))
    return [
        opened(),
        *connected(VAN, DRONE, LOCKER),
        *placed(*(order(name) for name in "ABCEFGH"), pickup),
        ev.PlanRequested(at=at(2), plan_id="plan-1", order_ids=tuple("ABCDEFH")),
        ev.PlanCommitted(
            at=at(3),
            plan=plan(
                choice("A", "drone", DRONE, by_van, no_locker),
                choice("B", "van", VAN, no_drone, no_locker),
                choice("C", "locker", VAN, by_van),
                choice("E", "drone", DRONE, by_van),
                choice("H", "van", VAN, Alternative(mode="drone", verdict=Status.FEASIBLE, cost=12)),
            ),
        ),
        ev.CompartmentWanted(
            at=at(3),
            locker_id=LOCKER,
            order_id="C",
            size=CompartmentSize.SMALL,
            window=TimeWindow(start=OPENS, end=UNTIL),
        ),
        ev.CompartmentChanged(at=at(4), locker_id=LOCKER, order_id="C", change=CompartmentEvent.CONFIRM),
        ev.MissionDrafted(at=at(3), mission=second, kind="drone", plan_id="plan-1", release_at=at(58)),
        *begun(tour, "van", 10),
        *begun(flight, "drone", 18),
        assigned("A", "drone", flight, 25),
        assigned("B", "van", tour, 40),
        assigned("C", "locker", tour, 50, locker_id=LOCKER),
        assigned("D", "van", tour, 60),
        assigned("E", "drone", second, 65),
        assigned("H", "van", tour, 250),
        *(event for name in "BCFH" for event in from_linehaul(name)),
        *from_linehaul("A", AT_PAD),
        *from_linehaul("E", AT_PAD),
        ev.ParcelGivenUp(at=at(5), order_id="F", why=(WIND,)),
        *(event for name in "BCH" for event in passed(name, 12, SITE, IN_VAN)),
        *done("tour-1", 12, "load"),
        *flown("flight-1", 20),
        *passed("A", 18, AT_PAD, IN_DRONE),
        *passed("A", 26, IN_DRONE, recipient("A")),
        ev.MissionOver(at=at(31), mission_id="flight-1", outcome="completed", energy_used_wh=120),
        ev.MissionOver(at=at(58), mission_id="flight-2", outcome="cancelled", code="wind"),
        ev.ExceptionRaised(
            at=at(58),
            exception_id="exc-1",
            code="wind",
            asset_id=DRONE,
            order_id="E",
            owner="dispatcher",
            action="handing on to a van",
            reasons=(WIND,),
        ),
        ev.ParcelFreed(at=at(58), order_id="E", excluded="drone", why=(WIND,)),
        ev.MissionRevised(at=at(58), mission=revised, why="E handed on"),
        ev.MissionAccepted(at=at(59), mission_id="tour-1", revision=1),
        assigned("E", "van", revised, 90, handed_on_from="drone", why=(WIND,)),
        ev.ExceptionClosed(at=at(58), exception_id="exc-1", outcome=f"put into the route of {VAN}"),
        *passed("D", 62, ev.Custodian(kind="client", id="acme"), IN_VAN),
        *passed("C", 63, IN_VAN, IN_LOCKER),
        ev.CompartmentChanged(at=at(63), locker_id=LOCKER, order_id="C", change=CompartmentEvent.DEPOSIT),
        *done("tour-1", 63, "c", "d"),
        *passed("E", 80, AT_PAD, IN_VAN),
        *passed("E", 93, IN_VAN, recipient("E")),
        *passed("B", 190, IN_VAN, recipient("B")),
        *done("tour-1", 193, "e", "b"),
        *passed("D", 200, IN_VAN, SITE),
    ]


CONTACT = Contact(
    order_id="B", recipient="Ana <Pérez>", address="=Calle 1 & 2", phone="+34 600", notes="ring twice"
)
