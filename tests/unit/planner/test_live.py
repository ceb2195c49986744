"""A plan that lives: taken over exactly, repaired, polished; what stays, what changes cost, what is said."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from benchmarks.harness.cityjudge import cost, faults
from fleet.planner.city import City
from fleet.planner.disruptions import (
    BadEvent,
    Event,
    Grounded,
    Locks,
    Mode,
    VanLate,
    VanLost,
    WaysLost,
    WindowMoved,
)
from fleet.planner.holding import BadPlan
from fleet.planner.joint.standing import restore
from fleet.planner.jointly import Box, JointPlan, Route, VanStop, plan_jointly
from fleet.planner.legs import BadCase, Straight
from fleet.planner.live import Living
from fleet.planner.routing import Iterations
from fleet.planner.warmstart import Warm, named
from tests.support.cities import random_city
from tests.support.livecities import new_parcels, of_all_modes, with_groups, with_sorties, with_vans
from tests.support.plainkernels import plain


@pytest.fixture(scope="module")
def planned() -> tuple[City, JointPlan]:
    """A city whose plan uses vans, drones, ports and lockers."""
    return of_all_modes()


@pytest.mark.parametrize("seed", range(30))
def test_a_plan_is_taken_over_exactly(seed: int) -> None:
    """Every route, sortie and compartment, and the cost."""
    city = random_city(seed, 12, lockers=seed % 4, groups=seed % 3)
    plan = plan_jointly(city, seed=seed, budget=Iterations(600))
    taken = Living(city, plan, seed=1).plan
    for name in ("routes", "sorties", "boxes", "unserved"):
        assert sorted(getattr(taken, name), key=repr) == sorted(getattr(plan, name), key=repr)
    assert taken.cost == pytest.approx(cost(city, plan), rel=1e-9)


def spoiled(city: City, plan: JointPlan) -> list[tuple[str, City, JointPlan]]:
    """Plans that do not hold, each with what must be said."""
    number, door = next((n, r) for n, r in enumerate(plan.routes) if len(r.stops) > 1)
    swapped = tuple(replace(r, stops=r.stops[::-1]) if r is door else r for r in plan.routes)
    first, second, box = plan.sorties[0], plan.sorties[1], plan.boxes[0]
    there = np.zeros(len(city.parcels.place))
    there[city.sortie_ways.parcel[first.way]] = 90000.0

    visit = next(stop for route in plan.routes for stop in route.stops if stop.locker >= 0)
    twice = (*plan.routes, Route(0, (visit,)))
    return [
        ("parcel .*: it is brought or left 0 times", city, replace(plan, routes=plan.routes[1:])),
        ("parcel .*: it is brought or left 2 times", city, replace(plan, unserved=(door.stops[0].parcels[0],))),
        ("unserved: it names parcels", city, replace(plan, unserved=(999,))),
        ("route 0: there is no type of van 9", city, replace(plan, routes=(Route(9, door.stops),))),
        ("route 0, stop 0: there is no such", city, replace(plan, routes=(Route(0, (VanStop((999,)),)),))),
        ("van type .* are used, there are 0", with_vans(city, vans=0), plan),
        ("parcel .* is there at 90000.0 s", replace(
            city, parcels=replace(city.parcels, release=there)), plan),
        (r"route 0, stop \d+: the van would have", with_vans(city, weight=1.0), plan),
        ("route 0, stop 0: the van has no skill for parcel", replace(with_vans(city, has=0), parcels=replace(
            city.parcels, needs=1 + 0 * city.parcels.needs)), plan),
        (rf"route {number}, stop \d+: the van comes at .* too late", city, replace(plan, routes=swapped)),
        ("route 0: it takes .* s, longer than", with_vans(city, longest=60.0), plan),
        ("route 0: it takes a battery for .* m, more than the 1.0 m", with_vans(city, reach=1.0), plan),
        (r"route 0, stop 0: the van .* starts elsewhere", replace(city, parcels=replace(
            city.parcels, depot=np.full(len(city.parcels.place), city.legs.places - 1))), plan),
        ("route 0: it ends at .* after the shift", with_vans(city, closes=100.0), plan),
        ("it has no stops", city, replace(plan, routes=(*plan.routes, Route(0, ())))),
        ("brought or left 2 times", city, replace(plan, routes=twice)),
        ("sortie 0: it is away from 0.0", city, with_sorties(plan, replace(first, depart=0.0))),
        ("sortie 0: group 0 has no machine 7", city, with_sorties(plan, replace(first, machine=7))),
        ("sortie 0: the city has no way", city, with_sorties(plan, replace(first, way=10**6))),
        ("group and machine .*: more than 1 at a time", city, with_sorties(
            plan, first, replace(second, machine=first.machine, depart=first.depart))),
        ("group 0, away: more than 0", with_groups(city, away=0), plan),
        ("group 0, charging: more than 0", with_groups(city, chargers=0), plan),
        ("port of locker .*: more than 1", replace(city, lockers=replace(
            city.lockers, port_s=city.lockers.port_s * 1e4)), plan),
        ("parcel .*: it comes into a locker without", city, replace(plan, boxes=plan.boxes[1:])),
        ("compartment .* does not come there", city, replace(plan, boxes=(*plan.boxes, box))),
        ("compartment 0: there is no such", city, replace(plan, boxes=(Box(0, 99, 0, 0),))),
        ("compartment 0: none is left", replace(city, lockers=replace(
            city.lockers, room=0 * city.lockers.room)), plan),
        ("compartment 0: the parcel is kept no more", replace(city, parcels=replace(
            city.parcels, kept=0 * city.parcels.kept)), plan),
        ("may not go into locker", replace(city, locker_ways=replace(
            city.locker_ways, opens=city.locker_ways.closes)), plan),
    ]  # fmt: skip


def test_a_plan_that_does_not_hold_is_refused_with_the_row(planned: tuple[City, JointPlan]) -> None:
    """Each sort of fault, made on purpose; the judge finds them too."""
    for said, city, plan in spoiled(*planned):
        with pytest.raises(BadPlan, match=said):
            Living(city, plan, seed=1)


def test_what_a_live_plan_does_not_know_is_refused(planned: tuple[City, JointPlan]) -> None:
    """Several trips of a van, and drivers' breaks."""
    city, plan = planned
    for changed in ({"trips": 2}, {"break_s": 60.0}):
        vans = tuple(replace(van, **changed) for van in city.vans)
        with pytest.raises(BadPlan, match="van type 0: a live plan knows neither"):
            Living(replace(city, vans=vans), plan, seed=1)


def test_a_van_that_is_shut_is_not_counted_among_those_without_trips(
    planned: tuple[City, JointPlan],
) -> None:
    """Whether it had trips before or not: else one would be looked for where none is."""
    city, plan = planned
    warm = Warm(city)
    warm.take_over(plan, named(plan))
    routes = warm.state.routes
    used = [name for name in named(plan) if name[0] == plan.routes[0].van_type]
    kind, count = plan.routes[0].van_type, city.vans[plan.routes[0].van_type].vans
    assert routes.idle[kind] == count - len(used)
    for number in range(count):
        routes.shut_down(warm.van((kind, number)))
        routes.shut_down(warm.van((kind, number)))
    assert routes.idle[kind] == 0
    restore(warm.state)
    assert routes.idle[kind] == 0


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (Grounded(99), "Grounded: there is no such group"),
        (Grounded(0, 7), "Grounded: there is no such machine"),
        (VanLost(99), "VanLost: there is no such route"),
        (VanLost(0, 999), "VanLost: it has fewer stops"),
        (VanLate(99, 1, 0.0), "VanLate: there is no such route"),
        (VanLate(0, 0, 0.0), "VanLate: it has no such stop"),
        (VanLate(0, 999, 0.0), "VanLate: it has no such stop"),
        (VanLate(0, 1, float("nan")), "VanLate: a moment is finite"),
        (WaysLost(sortie_ways=(-1,)), "WaysLost: there is no such sortie way"),
        (WaysLost(locker_ways=(10**6,)), "WaysLost: there is no such locker way"),
        (WindowMoved(999, 0.0, 1.0), "WindowMoved: there is no such parcel"),
        (WindowMoved(0, float("nan"), 1.0), "WindowMoved: a window has finite ends"),
        (Locks(stops={99: 1}), "Locks: there is no such route"),
        (Locks(stops={0: 999}), "Locks: a route has fewer stops"),
    ],
)
def test_an_event_without_sense_is_refused(planned: tuple[City, JointPlan], event: Event, said: str) -> None:
    """And nothing has changed."""
    living = Living(*planned, seed=1)
    before = living.plan
    with pytest.raises(BadEvent, match=said):
        living.repair(event)
    assert living.plan == before


def test_parcels_without_sense_are_refused() -> None:
    """With the row of theirs; and legs that say something else of places that are known."""
    city = random_city(1, 8)
    living = Living(city, plan_jointly(city, seed=1, budget=Iterations(200)), seed=1)
    event = new_parcels(Random(1), city, 2)
    wrong = replace(event, parcels=replace(event.parcels, weight=np.array([1.0, -1.0])))
    with pytest.raises(BadCase, match="parcel 1: weight"):
        living.repair(wrong)
    wrong = replace(event, locker_ways=replace(event.locker_ways, parcel=0 * event.locker_ways.parcel))
    with pytest.raises(BadCase, match="locker way 0: parcel"):
        living.repair(wrong)
    assert isinstance(event.legs, Straight)
    with pytest.raises(BadEvent, match="legs must know"):
        living.repair(replace(event, legs=replace(event.legs, x=event.legs.x + 1.0)))
    said = living.repair(event)
    assert faults(living.city, said.plan) == []


def test_a_group_is_grounded_and_it_is_said_what_that_changed(planned: tuple[City, JointPlan]) -> None:
    """Its parcels go elsewhere, from that machine to that van or locker, for that event; nobody else moves."""
    city, plan = planned
    living, event = Living(city, plan, seed=1), Grounded(0)
    flown = {int(city.sortie_ways.parcel[s.way]) for s in plan.sorties if city.sortie_ways.group[s.way] == 0}
    said = living.repair(event)
    assert {move.parcel for move in said.moves} == flown
    for move in said.moves:
        assert move.event is event
        assert move.before is not None
        assert (move.before.mode, move.before.group) == (Mode.SORTIE, 0)
        if move.after.mode in (Mode.DOOR, Mode.LOCKER):
            route = said.plan.routes[move.after.route]
            assert any(move.parcel in stop.parcels for stop in route.stops)
    came = {parcel for change in said.routes for parcel in change.came}
    assert came == {move.parcel for move in said.moves if move.after.mode in (Mode.DOOR, Mode.LOCKER)}
    assert all(change.events == (event,) for change in said.routes)
    assert living.polish(Iterations(2000)).plan.cost < said.plan.cost


def test_a_machine_that_is_grounded_later_flies_until_then(planned: tuple[City, JointPlan]) -> None:
    """What departs before the moment departs."""
    city, plan = planned
    group = [s for s in plan.sorties if city.sortie_ways.group[s.way] == 0]
    since = sorted(s.depart for s in group)[len(group) // 2]
    living = Living(city, plan, seed=1)
    said = living.repair(Grounded(0, since=since))
    assert {s for s in group if s.depart < since} <= set(said.plan.sorties)
    assert all(s.depart < since for s in said.plan.sorties if city.sortie_ways.group[s.way] == 0)
    assert faults(city, living.polish(Iterations(1000)).plan, living.kept) == []


def test_a_van_that_is_lost_has_done_what_it_has_done(planned: tuple[City, JointPlan]) -> None:
    """The rest goes elsewhere, and it makes no stop more."""
    city, plan = planned
    number = max(range(len(plan.routes)), key=lambda n: len(plan.routes[n].stops))
    living = Living(city, plan, seed=1)
    said = living.repair(VanLost(number, 3))
    said = living.polish(Iterations(1000))
    assert plan.routes[number].stops[:3] in [route.stops for route in said.plan.routes]
    assert faults(living.city, said.plan, living.kept) == []
    assert living.kept.routes[0].closed


def test_a_price_for_each_changed_route_leaves_more_of_them(planned: tuple[City, JointPlan]) -> None:
    """With a price that nothing is worth, polishing touches no route that the repair left alone."""
    touched = []
    for price in (0.0, 1e6):
        living = Living(*planned, seed=1, price=price)
        living.repair(Grounded(0))
        said = living.polish(Iterations(3000))
        assert said.plan.cost == pytest.approx(cost(living.city, said.plan), rel=1e-9)
        touched.append(len(said.routes))
    assert touched[1] <= touched[0]
    living = Living(*planned, seed=1, price=1e6)
    assert living.polish(Iterations(3000)).routes == ()


def test_what_was_shown_is_what_differences_are_counted_from(planned: tuple[City, JointPlan]) -> None:
    """Shown again, nothing differs."""
    living = Living(*planned, seed=1)
    assert living.repair(Grounded(0)).routes
    living.show()
    said = living.repair()
    assert (said.moves, said.routes, said.same) == ((), (), len(said.plan.routes))
    assert said.touched == 0.0


def test_a_way_of_what_has_departed_holds_on(planned: tuple[City, JointPlan]) -> None:
    """The sortie is in the air: its way is lost for others only. The window of a locked parcel is not moved."""
    city, plan = planned
    first = min(plan.sorties, key=lambda s: s.depart)
    living = Living(city, plan, seed=1)
    living.repair(Locks(before=first.depart + 1.0))
    said = living.repair(WaysLost(sortie_ways=(first.way,)))
    assert first in said.plan.sorties
    assert faults(living.city, said.plan, living.kept) == []
    with pytest.raises(BadEvent, match="the parcel is locked"):
        living.repair(WindowMoved(int(city.sortie_ways.parcel[first.way]), 0.0, 1.0))


def test_a_late_van_keeps_what_it_has_and_the_rest_is_brought_otherwise(
    planned: tuple[City, JointPlan],
) -> None:
    """As late as its windows bear it nothing moves; later, what no longer fits behind goes elsewhere, and only that is
    set free. It stays late while it is polished, and for a second delay, which counts from there."""
    city, plan = planned
    living = Living(city, plan, seed=1)
    said = living.repair(VanLate(0, 2, 0.0))
    assert (said.moves, said.same) == ((), len(plan.routes))
    late = VanLate(0, 2, 18_000.0)
    said = living.repair(late)
    assert faults(living.city, plan, living.kept), "the plan as it was does not hold any more"
    assert faults(living.city, said.plan, living.kept) == []
    behind = {p for stop in plan.routes[0].stops[2:] for p in stop.parcels}
    freed = {move.parcel for move in said.moves if move.event is late}
    assert freed
    assert freed <= behind
    (held,) = living.kept.routes
    assert (held.stops, held.late) == (plan.routes[0].stops[:2], ((1, 18_000.0),))
    said = living.polish(Iterations(2000))
    assert faults(living.city, said.plan, living.kept) == []
    number = next(n for n, r in enumerate(said.plan.routes) if r.stops[:2] == held.stops)
    if len(said.plan.routes[number].stops) > 2:
        living.repair(VanLate(number, 3, 20_000.0))
        assert living.kept.routes[0].late == ((1, 18_000.0), (2, 20_000.0))
    assert faults(living.city, living.plan, living.kept) == []


def test_a_late_van_whose_driver_falls_ill_is_only_as_late_as_it_was() -> None:
    """A delay outlives a search that is set up anew; of stops that are never made none is kept."""
    city = random_city(3, 12, lockers=2)
    plan = plan_jointly(city, seed=1, budget=Iterations(1000))
    first = next(n for n, route in enumerate(plan.routes) if len(route.stops) > 2)
    living = Living(city, plan, seed=1, spare=0)
    living.repair(VanLate(first, 2, 250.0))
    assert living.repair(new_parcels(Random(1), city, 2)).rebuilt
    assert faults(living.city, living.plan, living.kept) == []
    (held,) = living.kept.routes
    assert held.late == ((1, 250.0),)
    number = next(n for n, r in enumerate(living.plan.routes) if r.stops[:2] == held.stops)
    living.repair(VanLost(number, 1))
    assert [each.late for each in living.kept.routes] == [()]
    assert faults(living.city, living.plan, living.kept) == []


def test_how_late_a_van_may_be_is_asked_before_anything_is_done(planned: tuple[City, JointPlan]) -> None:
    """Stops that are promised further on, a route that is closed, a shift that is over by then."""
    city, plan = planned
    for locks, begins, why in (
        (Locks(stops={0: 3}), 9_000.0, "stops behind it are locked"),
        (Locks(closed=frozenset({0})), 9_000.0, "or all of the route is"),
        (Locks(), city.vans[plan.routes[0].van_type].closes - 1.0, "would not be home in time"),
    ):
        living = Living(city, plan, seed=1)
        living.repair(locks)
        before = living.plan, living.kept
        number = next(n for n, route in enumerate(living.plan.routes) if route.stops == plan.routes[0].stops)
        with pytest.raises(BadEvent, match=why):
            living.repair(Grounded(0), VanLate(number, 2, begins))
        assert (living.plan, living.kept) == before


def test_the_judge_finds_what_was_to_be_kept_and_is_not(planned: tuple[City, JointPlan]) -> None:
    """Plans that hold, but for what was promised."""
    city, plan = planned
    living = Living(city, plan, seed=1)
    living.repair(
        Locks(stops={0: 1}, closed=frozenset({1}), before=min(s.depart for s in plan.sorties) + 1.0)
    )
    kept, plan = living.kept, living.plan
    assert faults(city, plan, kept) == []
    departed, other = kept.sorties[0], next(s for s in plan.sorties if s not in kept.sorties)
    longer = replace(plan.routes[1], stops=(*plan.routes[1].stops, VanStop((0,))))
    for said, wrong, also in [
        ("0 routes keep the stops", replace(plan, routes=plan.routes[1:]), kept),
        ("a closed route goes on", replace(plan, routes=(plan.routes[0], longer, *plan.routes[2:])), kept),
        ("are no more", replace(plan, sorties=tuple(s for s in plan.sorties if s != departed)), kept),
        ("which is past", replace(plan, sorties=(*plan.sorties, replace(other, depart=0.0))), kept),
        ("that is grounded", plan, replace(kept, grounded=(Grounded(int(city.sortie_ways.group[other.way])),))),
        ("s late somewhere", plan, replace(kept, routes=(), before=3e4)),
    ]:  # fmt: skip
        assert any(said in fault for fault in faults(city, wrong, also)), said


def test_prices_and_room_without_sense_are_refused() -> None:
    """Rather than taken."""
    city = random_city(1, 3)
    plan = plan_jointly(city, seed=1, budget=Iterations(100))
    for more in ({"price": -1.0}, {"price": float("nan")}, {"spare": -1}):
        with pytest.raises(ValueError, match="price and spare"):
            Living(city, plan, seed=1, **more)


def test_a_city_without_parcels_takes_the_first_ones() -> None:
    """Nothing is nothing; then they come."""
    city = random_city(1, 0)
    living = Living(city, JointPlan((), (), (), (), 0.0, 0), seed=1)
    assert living.repair().plan.cost == 0.0
    door = random_city(1, 1)
    event = new_parcels(Random(1), replace(door, parcels=replace(door.parcels, place=np.array([0]))), 2)
    shifted = replace(
        event,
        locker_ways=replace(event.locker_ways, parcel=event.locker_ways.parcel - 1),
        sortie_ways=replace(event.sortie_ways, parcel=event.sortie_ways.parcel - 1),
        parcels=replace(event.parcels, place=np.array([2, 3])),
        legs=None,
    )
    said = living.repair(shifted)
    assert faults(living.city, said.plan) == []
    assert len(said.moves) == 2


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_both_forms_of_the_kernel_do_the_same(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the last bit: taken over, repaired, polished."""

    def lived() -> list[JointPlan]:
        city = random_city(seed, 12, lockers=3)
        plan = plan_jointly(city, seed=seed, budget=Iterations(200))
        living = Living(city, plan, seed=seed, price=3.0)
        found = [living.plan, living.repair(new_parcels(Random(seed), city, 2), Grounded(0, 0, 200.0)).plan]
        return [*found, living.polish(Iterations(400)).plan]

    compiled = lived()
    with plain(monkeypatch):
        assert lived() == compiled


def test_a_late_van_comes_alone_where_another_event_says_what_stays_of_its_route(
    planned: tuple[City, JointPlan],
) -> None:
    """Each is held against the plan as it is: together they could break what was promised."""
    city, plan = planned
    for first in (Locks(stops={0: 2}), Locks(closed=frozenset({0})), VanLost(0, 1), VanLate(0, 2, 0.0)):
        living = Living(city, plan, seed=1)
        with pytest.raises(BadEvent, match="another event of this repair"):
            living.repair(first, VanLate(0, 1, 0.0))
        assert living.plan.routes == plan.routes
