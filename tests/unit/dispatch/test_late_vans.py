"""A van that is late: what it still has is told anew, what waits for it begins later or is planned again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from fleet.dispatch.expected import expected
from fleet.dispatch.lateness import ASSET_LATE, ROUTE_LATE
from fleet.dispatch.planning import snapshot
from fleet.domain.events import ArrivalsMoved
from fleet.domain.punctuality import is_late
from fleet.domain.state import ExceptionRecord
from fleet.protocol.messages import LockOrders, MissionEnded, Role
from fleet.protocol.mission import Load, Mission, Stop, Travel
from tests.support.bench import ORDER_COLUMNS, ORDERS, Bench
from tests.support.script import DRONE, VAN, accepted, desk_after, flying, ready, report, sent
from tests.unit.dispatch.test_shifts import DEPOTS, NO_LOCKERS, begin_with, fleet, over_at, routes, row

EARLY = row("A", "08:15", "08:40"), row("B", "08:40", "09:10", lon=-8.03)
OTHER = "D1/van-2"


class Day:
    """A van that is on its first route, with a second one drafted behind it; another van, if there are two."""

    def __init__(
        self,
        folder: Path,
        *later: str,
        early: tuple[str, ...] = EARLY,
        vans: int = 1,
        replans: bool = True,
        stand: str = "",
        kind: str = "",
    ) -> None:
        """``early`` and ``later``: the parcels of the first and of the second route, if there is one."""
        depots = DEPOTS.replace("-8.05,41.02,1,", f"-8.05,41.02,{vans},")
        self.bench = Bench(
            folder,
            replans=replans,
            orders=ORDER_COLUMNS + "".join((*early, *later)),
            depots=depots,
            lockers=NO_LOCKERS,
            fleet=fleet(stand, kind),
        )
        self.operator = operator = self.bench.connect("operator-1", Role.OPERATOR)
        self.van = ready(self.bench, VAN, "D1")
        begin_with(self.bench, operator, *(one.split(",")[0] for one in early))
        self.first = sent(self.bench, self.van)
        if later:
            begin_with(self.bench, operator, *(one.split(",")[0] for one in later))
        self.bench.run(60)
        if vans > 1:
            ready(self.bench, OTHER, "D1")
        accepted(self.bench, self.van, self.first)
        self.load = next(step for step in self.first.mission.steps if isinstance(step, Load))
        self.stops = [step for step in self.first.mission.steps if isinstance(step, Stop)]

    def loaded(self, late_s: float = 0) -> None:
        """The van is loaded so late."""
        self.bench.run((self.first.mission.start_at - self.bench.now).total_seconds() + 300 + late_s)
        self._says(self.load.step_id, *self.load.order_ids)

    def stopped(self, number: int, late_s: float) -> None:
        """Its driver is done with a stop so late."""
        stop = self.stops[number]
        due = stop.eta + timedelta(seconds=stop.service_s + late_s)
        self.bench.run((due - self.bench.now).total_seconds())
        self.made(number)

    def made(self, number: int) -> None:
        """Its driver is done with a stop now."""
        stop = self.stops[number]
        self._says(stop.step_id, *stop.deliver)

    def _says(self, step_id: str, *orders: str) -> None:
        self.bench.say(
            self.van, report(self.first, step_id, *orders).model_copy(update={"at": self.bench.now})
        )
        self.bench.run(0.1)

    @property
    def second(self) -> Mission:
        """The newest route of the day's that was not sent."""
        return next(m for m in routes(self.bench) if m.mission_id != self.first.mission.mission_id)

    def told(self) -> list[ExceptionRecord]:
        """Every warning of late stops, also those that are over."""
        return [one for one in self.bench.core.state.exceptions.values() if one.code == ROUTE_LATE]

    def plans(self) -> int:
        """How many plans were asked for."""
        return self.bench.core.state.plans


def test_a_route_that_waits_for_a_late_van_begins_later_where_it_holds(tmp_path: Path) -> None:
    """At the time at which its van is back, with its stops' times and what its parcels are told."""
    day = Day(tmp_path, row("C", "09:30", "12:00"))
    before, plans = day.second, day.plans()
    assert before.start_at > over_at(day.bench, day.first.mission)
    day.loaded()
    day.stopped(0, 3600)
    later = day.second
    assert later.mission_id == before.mission_id
    assert later.start_at > before.start_at
    back = over_at(day.bench, day.first.mission) + timedelta(hours=1)
    assert abs(later.start_at - back) < timedelta(minutes=10)
    (stop,) = [step for step in later.steps if isinstance(step, Stop)]
    parcel = day.bench.core.state.parcels["C"]
    assert parcel.eta is not None
    assert abs(parcel.eta - stop.eta) <= timedelta(seconds=1)
    assert parcel.order.due.start <= stop.eta <= parcel.order.due.end
    assert day.plans() == plans
    record = day.bench.core.state.missions[later.mission_id]
    assert record.release_at == later.start_at - timedelta(seconds=600)


def test_a_late_van_asks_once_and_not_with_every_stop(tmp_path: Path) -> None:
    """A second report that is as late changes nothing any more."""
    day = Day(tmp_path, row("C", "09:30", "12:00"))
    day.loaded()
    day.stopped(0, 3600)
    later, told = day.second, _moved(day.bench)
    day.stopped(1, 3640)
    assert day.second == later
    assert _moved(day.bench) == told
    assert len(day.told()) == 1


def _moved(bench: Bench) -> list[ArrivalsMoved]:
    return [one.event for one in bench.store.events() if isinstance(one.event, ArrivalsMoved)]


@pytest.mark.parametrize("replans", [True, False])
def test_what_the_late_van_can_not_bring_in_time_is_planned_again_for_another(
    tmp_path: Path, *, replans: bool
) -> None:
    """The rest of its route stays with it, later; nobody is late."""
    rows = row("C", "09:40", "10:10"), row("D", "10:00", "12:00", lon=-8.03)
    day = Day(tmp_path, *rows, vans=2, replans=replans)
    assert {o for m in routes(day.bench) for o in _brings(m)} == {"A", "B", "C", "D"}
    day.loaded()
    day.stopped(0, 5400)
    day.bench.run(1)
    state = day.bench.core.state
    assert state.parcels["C"].asset_id == OTHER
    assert state.parcels["C"].handed_on[0].code == ASSET_LATE
    for name in ("C", "D"):
        due = state.parcels[name].order.due
        eta = state.parcels[name].eta
        assert eta is not None
        assert due.start <= eta <= due.end


def _brings(mission: Mission) -> tuple[str, ...]:
    return tuple(o for step in mission.steps if isinstance(step, Stop) for o in step.deliver)


def test_stops_of_a_late_route_stay_and_are_told_until_the_trip_is_over(tmp_path: Path) -> None:
    """The recipient's time is the expected one, and a person is told once that it is after the window."""
    day = Day(tmp_path, row("C", "09:30", "12:00"))
    day.loaded()
    day.stopped(0, 3600)
    parcel = day.bench.core.state.parcels["B"]
    assert parcel.asset_id == VAN
    assert parcel.eta is not None
    leg = day.bench.inputs.context.network.leg(day.stops[0].place, day.stops[1].place, "drive")
    assert leg is not None
    assert abs(parcel.eta - day.bench.now - timedelta(seconds=leg.duration_s)) < timedelta(minutes=6)
    assert is_late(parcel)
    (told,) = day.told()
    assert (told.mission_id, told.owner, told.outcome) == (day.first.mission.mission_id, "operator", None)
    assert [why.detail.split()[0] for why in told.reasons] == ["A"]  # the first of them, as he stood there
    day.stopped(1, 3600)
    ended = MissionEnded(
        mission_id=day.first.mission.mission_id, outcome="completed", at=day.bench.now, site_id="D1"
    )
    day.bench.say(day.van, ended)
    assert day.told()[0].outcome is not None


def test_a_van_that_is_a_little_late_moves_nothing(tmp_path: Path) -> None:
    """Neither its parcels' times nor what waits for it."""
    day = Day(tmp_path, row("C", "09:30", "12:00"))
    day.loaded()
    second = day.second
    day.stopped(0, 240)
    assert day.second == second
    assert not _moved(day.bench)
    assert not day.told()


def test_a_driver_who_tells_nothing_is_late_all_the_same(tmp_path: Path) -> None:
    """What waits for his van is moved by the clock, again and again."""
    day = Day(tmp_path, row("C", "09:30", "14:00"))
    day.loaded()
    second = day.second
    day.bench.run(3 * 3600)
    assert day.second.mission_id == second.mission_id
    assert day.second.start_at > day.bench.now
    assert len(day.told()) == 1
    moved = [one for one in _moved(day.bench) if "C" in one.etas]
    assert 2 <= len(moved) <= 3 * 6 + 1


def test_a_locked_parcel_stays_with_the_late_van(tmp_path: Path) -> None:
    """A person wants it brought so: it is brought late, and nothing is planned."""
    rows = row("C", "09:40", "10:10"), row("D", "10:00", "12:00", lon=-8.03)
    day = Day(tmp_path, *rows, vans=2)
    day.bench.say(day.operator, LockOrders(request_id="l", by="ana", order_ids=("C",), why="promised"))
    assert day.bench.core.state.parcels["C"].locked
    plans = day.plans()
    day.loaded()
    day.stopped(0, 5400)
    day.bench.run(1)
    assert day.bench.core.state.parcels["C"].asset_id == VAN
    assert day.plans() == plans


def test_a_plan_counts_on_a_late_van_when_it_is_back(tmp_path: Path) -> None:
    """What is planned beside a late route begins no earlier than its van is home."""
    day = Day(tmp_path, row("C", "09:30", "12:00"), row("E", "09:00", "14:00"))
    day.loaded()
    day.stopped(0, 3600)
    desk = desk_after(day.bench)
    (slot,) = [one for one in snapshot(desk, "p", ()).assets if one.asset_id == VAN]
    back = over_at(day.bench, day.first.mission) + timedelta(hours=1)
    busy = next(one for one in slot.busy if one.start == day.first.mission.start_at)
    assert abs(busy.end - back) < timedelta(minutes=10)


@pytest.mark.parametrize(("late_min", "again"), [(3, False), (53, True)])
def test_a_sortie_whose_window_is_over_when_its_drone_is_back_is_planned_again(
    tmp_path: Path, *, late_min: float, again: bool
) -> None:
    """Before it was due to be sent; one that can still be in time waits."""
    second = ORDERS.splitlines()[1].replace("P-1", "P-2").replace("T08:00:00", "T08:20:00")
    bench = Bench(tmp_path, orders=f"{ORDERS}{second.replace('T12:00:00', 'T09:05:00')}\n")
    _, drone, assign = flying(bench)
    waits = bench.core.state.parcels["P-2"]
    assert waits.asset_id == DRONE
    out = next(step for step in assign.mission.steps if isinstance(step, Travel))
    assert out.path[-1].at is not None
    due = out.path[-1].at + timedelta(minutes=late_min)
    assert due < bench.core.state.missions[str(waits.mission_id)].release_at
    bench.run((due - bench.now).total_seconds())
    bench.say(drone, report(assign, out.step_id).model_copy(update={"at": bench.now}))
    bench.run(0.1)
    parcel = bench.core.state.parcels["P-2"]
    assert (parcel.mission_id != waits.mission_id) == again
    assert (ASSET_LATE in {why.code for why in parcel.handed_on}) == again


@pytest.mark.parametrize("at_once", [True, False])
def test_a_stop_that_became_late_by_seconds_is_late_when_it_becomes_so_by_minutes(
    tmp_path: Path, *, at_once: bool
) -> None:
    """However its van came to be late, a parcel goes to another once it can't be in time."""
    early = row("A", "08:15", "08:40"), row("B", "08:40", "09:40", lon=-7.85)
    day = Day(tmp_path, row("C", "09:30", "09:46", ready="09:00"), early=early, vans=2)
    day.loaded()
    if not at_once:
        day.stopped(0, _late_for(day, "C", 30))
        (stop,) = (step for step in day.second.steps if isinstance(step, Stop))
        over = stop.eta + timedelta(seconds=stop.service_s) - stop.window.end
        assert timedelta(0) < over < timedelta(minutes=1)
        assert day.bench.core.state.parcels["C"].asset_id == VAN
    day.stopped(1, _late_for(day, "C", 450))
    day.bench.run(1)
    parcel = day.bench.core.state.parcels["C"]
    assert parcel.asset_id == OTHER
    assert not is_late(parcel)


def _late_for(day: Day, order_id: str, over_s: float) -> float:
    """How late the van is behind its first stop with which a parcel of the route behind it is so long after its
    window, in s."""
    desk = desk_after(day.bench)
    record, behind = (desk.state.missions[m.mission_id] for m in (day.first.mission, day.second))
    (own,) = (step for step in behind.mission.steps if isinstance(step, Stop) and order_id in step.deliver)
    latest = own.window.end - timedelta(seconds=own.service_s)
    on_time = expected(desk, behind, start=over_at(day.bench, record.mission)).arrivals[0].at
    return (latest - on_time).total_seconds() + over_s


def test_chilled_goods_keep_from_when_their_late_van_loads_them(tmp_path: Path) -> None:
    """They wait in the depot for it, and ride no longer than before."""
    chilled = row("C", "09:30", "13:00", ready="09:00").replace(",standard,10,", ",chilled,10,", 1)
    day = Day(tmp_path, chilled, kind="[types.own.carriage]\nchilled_minutes = 20")
    before = day.second
    day.loaded()
    day.stopped(0, 3600)
    day.bench.run(1)
    later = day.second
    assert later.mission_id == before.mission_id
    assert later.start_at - before.start_at > timedelta(minutes=20)
    assert not day.bench.core.state.parcels["C"].handed_on
