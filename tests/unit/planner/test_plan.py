"""Whole plans of small towns whose answer can be seen by hand, and of input that nothing can be done about."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from fleet.domain.energy import EnergyTrack
from fleet.domain.fleet import SortieType
from fleet.domain.plan import ParcelPlan, Plan
from fleet.feasibility import Context, assess_sortie
from fleet.planner import AssetSlot, Deadline, Held, MaxIterations, PlannerError, Snapshot, plan, routes
from fleet.protocol.values import CompartmentSize, Direction, Goods, Order, ServiceLevel, TimeWindow
from tests.unit.planner.town import EIGHT, fleet, locker, order, place, slots, snapshot


def made(town: Snapshot, iterations: int = 30, **more: Any) -> Plan:
    return plan(town, seed=1, stop=MaxIterations(iterations), made_at=EIGHT, **more)


def parcel(found: Plan, order_id: str = "O") -> ParcelPlan:
    return next(p for p in found.parcels if p.order_id == order_id)


def span(start: float, end: float) -> TimeWindow:
    return TimeWindow(start=EIGHT + timedelta(hours=start), end=EIGHT + timedelta(hours=end))


NEAR = place(1500, 300)


def test_no_orders_make_an_empty_plan() -> None:
    """Nothing to do is no error."""
    found = made(snapshot([], vans=1, drones=1))
    assert found.summary.parcels == 0
    assert found.summary.cost.total == 0
    assert not found.routes
    assert not found.sorties


def test_no_vehicles_leave_everything_with_reasons() -> None:
    """Each parcel says that there is nothing, and what would help."""
    found = made(snapshot([order("O", NEAR)], vans=0))
    assert parcel(found).mode == "unassigned"
    assert "no_asset" in {r.code for r in found.unassigned[0].reasons}
    assert found.unassigned[0].nearest_change


def test_light_parcel_near_the_site_flies() -> None:
    """A drone's trip of a kilometre is far cheaper than opening a van's day."""
    found = made(snapshot([order("O", NEAR, locker_ok=False)], vans=1, drones=1))
    assert parcel(found).mode == "drone"
    assert not found.routes
    assert found.sorties[0].drops[0].at >= EIGHT
    assert parcel(found).fallback is not None
    assert {a.mode for a in parcel(found).alternatives} == {"van", "locker", "sidewalk_robot"}


def test_alternatives_carry_the_verdicts_reasons() -> None:
    """Why not the locker: the recipient did not agree."""
    found = made(snapshot([order("O", NEAR, locker_ok=False)], drones=1, lockers=(locker("L", NEAR),)))
    why = next(a for a in parcel(found).alternatives if a.mode == "locker")
    assert why.verdict == "infeasible"
    assert "no_locker_consent" in {r.code for r in why.reasons}


def test_lithium_does_not_fly() -> None:
    """Goods rules hold in the plan, and say so."""
    found = made(snapshot([order("O", NEAR, goods=Goods.LITHIUM, locker_ok=False)], drones=2))
    assert parcel(found).mode == "van"
    why = next(a for a in parcel(found).alternatives if a.mode == "drone")
    assert "goods_not_carried" in {r.code for r in why.reasons}


def test_parcels_of_one_locker_share_one_stop() -> None:
    """Four parcels, one stop, four compartments."""
    where = place(2000, 0)
    orders = [order(f"O{i}", place(2000 + 20 * i, 50), size=(0.3, 0.3, 0.1)) for i in range(4)]
    found = made(snapshot(orders, lockers=(locker("L", where, small=4),)))
    assert {p.mode for p in found.parcels} == {"locker"}
    assert [len(s.deliver) for r in found.routes for s in r.stops] == [4]
    assert [r.size for r in found.lockers[0].reservations] == [CompartmentSize.SMALL] * 4
    stop = found.routes[0].stops[0]
    kept = found.lockers[0].reservations[0]
    assert kept.start == stop.arrive
    assert kept.until - kept.start == timedelta(hours=48)


def test_full_size_class_sends_parcels_into_larger_compartments() -> None:
    """Two small ones for three parcels: the third lies in a medium one."""
    orders = [order(f"O{i}", place(2000 + 20 * i, 50), size=(0.3, 0.3, 0.1)) for i in range(3)]
    found = made(snapshot(orders, lockers=(locker("L", place(2000, 0), small=2, medium=1, large=0),)))
    sizes = sorted(r.size for k in found.lockers for r in k.reservations)
    assert sizes == [CompartmentSize.MEDIUM, CompartmentSize.SMALL, CompartmentSize.SMALL]


def test_held_compartments_are_not_given_again() -> None:
    """A locker whose only compartment is kept takes nothing."""
    held = {"L": (Held(CompartmentSize.SMALL, span(-5, 40)),)}
    lockers = (locker("L", place(2000, 0), small=1, medium=0, large=0),)
    one = order("O", place(2000, 50), size=(0.3, 0.3, 0.1))
    assert parcel(made(snapshot([one], lockers=lockers))).mode == "locker"
    assert parcel(made(snapshot([one], lockers=lockers, held=held))).mode == "van"


def test_excluded_mode_is_not_tried_again() -> None:
    """A drone that failed is not the answer any more, and the plan says why."""
    one = order("O", NEAR, locker_ok=False)
    found = made(snapshot([one], drones=1, excluded={"O": frozenset({"drone"})}))
    assert parcel(found).mode == "van"
    why = next(a for a in parcel(found).alternatives if a.mode == "drone")
    assert [r.code for r in why.reasons] == ["failed_before"]


def test_two_people_take_the_crew_van() -> None:
    """The van with one driver does not get the wardrobe."""
    wardrobe = order(
        "O",
        NEAR,
        weight_kg=50,
        size=(1.5, 0.6, 0.5),
        service=ServiceLevel.WHITE_GLOVE,
        crew=2,
        locker_ok=False,
    )
    found = made(snapshot([wardrobe], vans=1, crew_vans=1))
    assert parcel(found).asset_id == "D/van-crew-1"
    alone = made(snapshot([wardrobe], vans=1))
    assert parcel(alone).mode == "unassigned"
    assert "van-e" in alone.unassigned[0].nearest_change
    assert any(r.code in {"crew_too_small", "no_asset"} for r in alone.unassigned[0].reasons)


def test_parcel_that_stands_elsewhere_is_fetched() -> None:
    """Its van loads it at the site first, then delivers it; the depot's parcel rides along."""
    orders = [order("A", place(500, 0), locker_ok=False), order("O", place(1500, 0), locker_ok=False)]
    found = made(snapshot(orders, standing={"O": "S"}))
    assert parcel(found).mode == "van"
    stops = found.routes[0].stops
    load = next(i for i, s in enumerate(stops) if s.site_id == "S")
    door = next(i for i, s in enumerate(stops) if s.deliver == ("O",))
    assert load < door
    assert sum(p.cost for p in found.parcels) == pytest.approx(found.summary.cost.total)
    assert found.summary.cost.total == pytest.approx(found.routes[0].cost)


def test_parcel_that_stands_alone_elsewhere_opens_a_route() -> None:
    """Without any other route a van goes out for it."""
    found = made(snapshot([order("O", place(1500, 0), locker_ok=False)], standing={"O": "S"}))
    assert parcel(found).mode == "van"
    assert len(found.routes) == 1


def test_busy_drone_flies_afterwards() -> None:
    """A commitment is never overlapped."""
    town = snapshot([order("O", NEAR, locker_ok=False)], vans=0, drones=0)
    drone = AssetSlot("X", slots("drone", "S", 1)[0].type_id, "S", busy=(span(0, 3),))
    found = made(with_assets(town, drone))
    assert found.sorties[0].depart >= EIGHT + timedelta(hours=3)


def test_empty_battery_is_charged_first() -> None:
    """A drone at a tenth of its charge waits for the charger."""
    town = snapshot([order("O", NEAR, locker_ok=False)], vans=0, drones=0)
    type_id = slots("drone", "S", 1)[0].type_id
    full = made(with_assets(town, AssetSlot("X", type_id, "S")))
    low = made(with_assets(town, AssetSlot("X", type_id, "S", soc=0.1)))
    assert low.sorties[0].depart > full.sorties[0].depart + timedelta(minutes=10)


def test_drone_without_chargers_does_not_fly() -> None:
    """What could not be recharged is not planned."""
    found = made(snapshot([order("O", NEAR, locker_ok=False)], vans=0, drones=1, chargers=0))
    assert parcel(found).mode == "unassigned"
    assert found.unassigned[0].nearest_change == "one more charger at site S", (
        "another drone could not charge either"
    )


def with_assets(town: Snapshot, *assets: AssetSlot) -> Snapshot:
    return Snapshot(town.snapshot_id, town.at, town.until, town.orders, tuple(assets), town.context)


def test_busy_van_is_used_in_its_free_time_only() -> None:
    """A van that is away until noon starts after it."""
    town = snapshot([order("O", NEAR, locker_ok=False)], vans=0)
    van = AssetSlot("V", slots("van", "D", 1)[0].type_id, "D", busy=(span(-2, 4),))
    found = made(with_assets(town, van))
    assert found.routes[0].start >= EIGHT + timedelta(hours=4)


def test_van_whose_day_is_paid_is_taken_before_one_that_stands() -> None:
    """Of two vans the one that has been out already drives again, and its route costs no second day."""
    town = snapshot([order("O", NEAR, locker_ok=False)], vans=0)
    fresh = slots("van", "D", 1)[0]
    first = made(with_assets(town, fresh))
    out = AssetSlot("V", fresh.type_id, "D", day_paid=True)
    found = made(with_assets(town, fresh, out))
    assert [r.asset_id for r in found.routes] == ["V"]
    per_trip = town.context.fleet.types[fresh.type_id].rates.per_trip
    assert first.routes[0].cost - found.routes[0].cost == pytest.approx(per_trip)
    assert found.summary.cost.total == pytest.approx(found.routes[0].cost)


def test_window_that_nobody_can_meet() -> None:
    """Five minutes after opening no van is there: unassigned, with the smallest change."""
    found = made(snapshot([order("O", place(9000, 0), hours=(0, 0.1), locker_ok=False)], vans=1, drones=0))
    assert parcel(found).mode == "unassigned"
    assert found.unassigned[0].reasons
    assert "min later" in found.unassigned[0].nearest_change


def test_window_in_the_past() -> None:
    """What was due yesterday is unassigned today."""
    found = made(snapshot([order("O", NEAR, hours=(-24, -20), ready=-25, locker_ok=True)], drones=1))
    assert parcel(found).mode == "unassigned"


def test_pick_up_is_collected_by_van() -> None:
    """It is not delivered, and needs no readiness at the depot."""
    found = made(snapshot([order("O", NEAR, direction=Direction.PICKUP)], drones=1))
    assert found.routes[0].stops[0].collect == ("O",)
    assert found.routes[0].stops[0].deliver == ()


def test_chilled_goods_ride_no_longer_than_they_keep() -> None:
    """A van that keeps cold for half an hour does not carry chilled goods for longer."""
    spec = fleet()
    types = {
        name: t.model_copy(update={"carriage": t.carriage.model_copy(update={"chilled_minutes": 55})})
        if t.kind == "van"
        else t
        for name, t in spec.types.items()
    }
    cold = [
        order(f"C{i}", place(6000 * (-1) ** i, 4000 * i), goods=Goods.CHILLED, locker_ok=False)
        for i in range(3)
    ]
    found = made(snapshot(cold, vans=3, spec=spec.model_copy(update={"types": types})))
    ends = {o: (r.start, s.depart) for r in found.routes for s in r.stops for o in s.deliver}
    assert ends
    assert all(end - start <= timedelta(minutes=55) for start, end in ends.values())


def test_stop_that_is_up_at_once_gives_the_greedy_plan() -> None:
    """A budget of nothing still ends in a complete plan."""
    orders = [order(f"O{i}", place(300 * i, 200 * i)) for i in range(8)]
    passed = Deadline(lambda: 2.0, 1.0, late_at=3.0)
    found = plan(snapshot(orders, drones=1), seed=1, stop=passed, made_at=EIGHT)
    assert found.summary.cost.total == pytest.approx(found.summary.greedy_cost)
    assert found.summary.by_mode["unassigned"] == 0


def test_joint_plan_beats_both_baselines() -> None:
    """Sixty parcels with all modes at hand."""
    orders = [order(f"O{i:02d}", place(150 * (i % 9) - 300, 210 * (i // 9) - 500)) for i in range(60)]
    town = snapshot(orders, vans=3, drones=2, robots=2, lockers=(locker("L", place(300, 0), small=9),))
    summary = made(town, 200).summary
    assert summary.van_only_cost is not None
    assert summary.greedy_cost is not None
    assert summary.cost.total < 0.97 * summary.van_only_cost
    assert summary.cost.total <= summary.greedy_cost + 1e-9


def test_baselines_can_be_left_out() -> None:
    """Dispatch asks for the plan alone."""
    assert made(snapshot([order("O", NEAR)]), baselines=False).summary.van_only_cost is None


def test_asset_of_an_unknown_type_is_named() -> None:
    """A snapshot that does not fit together is an error, with the ids."""
    town = snapshot([order("O", NEAR)])
    with pytest.raises(PlannerError, match=r"'X'.*'balloon'"):
        made(with_assets(town, AssetSlot("X", "balloon", "D")))


def test_asset_at_an_unknown_site_is_named() -> None:
    """So is a site that nobody knows."""
    town = snapshot([order("O", NEAR)])
    with pytest.raises(PlannerError, match="'nowhere'"):
        made(with_assets(town, AssetSlot("X", slots("van", "D", 1)[0].type_id, "nowhere")))


def test_planning_in_the_afternoon_starts_then() -> None:
    """Nothing begins before the planning moment."""
    town = snapshot([order("O", NEAR, locker_ok=False)], at=datetime(2026, 5, 4, 14, tzinfo=UTC))
    assert made(town).routes[0].start >= town.at


def test_night_after_all_shifts() -> None:
    """When no shift is left before the day ends, the van is no answer."""
    late = datetime(2026, 5, 4, 21, tzinfo=UTC)
    one: Order = order("O", NEAR, hours=(0, 15), locker_ok=False)
    found = made(snapshot([one], at=late, until=late + timedelta(hours=2)))
    assert parcel(found).mode == "unassigned"


def test_a_drone_that_was_found_hungry_is_passed_over_where_another_can() -> None:
    """Beyond its range, and within that of the others of its site; both fly what is near, and none what is too far."""
    spec = fleet()
    kind = next(t for t in spec.of_kind("drone") if isinstance(t, SortieType))
    hungry = EnergyTrack(log_bias=0.1, variance=0.0, flights=40)
    far = farthest_flown_m(snapshot([], drones=1).context, kind)
    near, edge = order("near", place(2500, 0)), order("edge", place(1000 + far - 50, 0))
    slow = [AssetSlot("S/a", kind.type_id, "S", energy=hungry), AssetSlot("S/b", kind.type_id, "S")]
    found = None
    for names, expected in ((("a", "b"), "S/b"), (("a",), None)):
        assets = tuple(slot for slot in slow if slot.asset_id[-1] in names)
        town = snapshot([near, edge], vans=1)
        found = made(replace(town, assets=(*slots("van", "D", 1), *assets)))
        by = {one.order_id: one.asset_id for one in found.parcels if one.mode == "drone"}
        assert by.get("edge") == expected
        assert "near" in by
    assert found is not None
    why = next(one for one in parcel(found, "edge").alternatives if one.mode == "drone")
    assert [reason.code for reason in why.reasons] == ["out_of_range"]


def test_a_slow_drone_is_planned_by_its_own_times() -> None:
    """Beside one that is as its type's model says: each trip lasts as long as the drone that flies it needs."""
    spec = fleet()
    kind = next(t for t in spec.of_kind("drone") if isinstance(t, SortieType))
    slow = EnergyTrack(flights=40, log_pace=math.log(1.25), pace_variance=1e-5)
    assets = (AssetSlot("S/a", kind.type_id, "S", energy=slow), AssetSlot("S/b", kind.type_id, "S"))
    parcels = [order(name, place(2500, 0)) for name in ("one", "two")]
    took = {}
    for alone in assets:
        found = made(replace(snapshot(parcels), assets=(alone,)))
        sortie = found.sorties[0]
        took[alone.asset_id] = [(point.at - sortie.depart).total_seconds() for point in sortie.path]
    drop = max(n for n, (a, b) in enumerate(pairwise(took["S/b"])) if abs(b - a - kind.drop_s) < 1e-3)
    assert took["S/a"][drop] == pytest.approx(1.25 * took["S/b"][drop], abs=0.1)
    both = made(replace(snapshot(parcels), assets=assets))
    for sortie in both.sorties:
        times = [(point.at - sortie.depart).total_seconds() for point in sortie.path]
        assert times == pytest.approx(took[sortie.asset_id], abs=0.1)
    assert len(both.sorties) == 2


def farthest_flown_m(context: Context, kind: SortieType) -> float:
    """By halving: how far east of its site a new drone may go."""
    low, high = 100.0, 40_000.0
    while high - low > 5:
        middle = (low + high) / 2
        far = order("x", place(1000 + middle, 0))
        found = assess_sortie(context, far, kind, context.sites["S"], EIGHT + timedelta(minutes=30))
        low, high = (middle, high) if found.verdict.feasible else (low, middle)
    return low


def test_where_vans_are_fewer_than_what_is_searched_apart_the_rest_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As with one van for a thousand doors: those that no van is for are left, with a reason."""
    monkeypatch.setattr(routes, "MAX_CLUSTER", 5)
    doors = [
        order(f"O{i:02}", place(200 + 50 * i, 100), service_minutes=60, locker_ok=False) for i in range(16)
    ]
    found = made(snapshot(doors, vans=1), 3)
    assert found.summary.by_mode["van"] >= 5
    assert len(found.unassigned) == 16 - found.summary.by_mode["van"] >= 4
    assert all(one.reasons for one in found.unassigned)
