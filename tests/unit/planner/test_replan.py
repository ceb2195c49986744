"""A plan that begins with the one in force: what stays, what changes, at which price, and why."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import pytest

from fleet.domain.objective import Fairness
from fleet.domain.plan import Plan
from fleet.feasibility import SortieAssessment
from fleet.network.base import Matrix, Profile
from fleet.network.geodesic import GeodesicNetwork
from fleet.planner import Deadline, MaxIterations, Snapshot, plan
from fleet.planner.asked import options_of
from fleet.planner.balance import balance
from fleet.planner.board import Board
from fleet.planner.candidates import find_ways
from fleet.planner.flights import Flights
from fleet.planner.present import Present
from fleet.planner.pricedboard import PricedBoard
from fleet.planner.problem import Problem
from fleet.planner.replan import polish, replan
from fleet.planner.settle import LEAST_GAIN
from fleet.planner.snapshot import Drafted, DraftedStop
from fleet.planner.standingways import ways_in_force
from fleet.protocol.values import Place
from tests.support.drafted import drafted_of, in_force
from tests.unit.planner.test_balance import lopsided
from tests.unit.planner.test_budget import Ticks
from tests.unit.planner.town import EIGHT, fleet, locker, order, place, random_town, snapshot

SEEDS = (1, 2)


def made(town: Snapshot, iterations: int = 20) -> Plan:
    return plan(town, seed=3, stop=MaxIterations(iterations), made_at=EIGHT, baselines=False)


def worth(town: Snapshot, found: Plan) -> float:
    """What the planner minimises, but for the price of changes: ten times the penalty for each parcel that is left."""
    return found.summary.cost.total + 10 * town.context.fleet.unserved_penalty * len(found.unassigned)


def priced(town: Snapshot, price: float) -> Snapshot:
    """The same with another price for each draft that changes."""
    spec = town.context.fleet.model_copy(update={"change_price": price})
    return replace(town, context=replace(town.context, fleet=spec))


def changed(found: Plan) -> int:
    """How many drafts do not stay."""
    return sum(not one.kept for one in found.revised)


def test_a_machine_that_came_back_brings_what_vans_bring_dearly() -> None:
    """It has no sortie in the plan in force, and what is new lies elsewhere."""
    far = [
        order(f"F{i}", place(2500 + i * 700, 2000 - i * 900), locker_ok=False, hours=(0, 10))
        for i in range(4)
    ]
    near = [order(f"N{i}", place(-300 - 100 * i, 0), weight_kg=20, locker_ok=False) for i in range(8)]
    new = order("new", place(-2500, -300), locker_ok=False)
    before = made(snapshot(far + near, vans=1))
    assert not before.sorties
    now = in_force(snapshot([*far, *near, new], vans=1, drones=2), before)
    flown_now = [order_id for sortie in made(now, 0).sorties for order_id in sortie.order_ids]
    assert sorted(flown_now) == sorted(["new", *(one.order_id for one in far)])


def flown(found: Plan) -> dict[str, tuple[str, object, object]]:
    """Each sortie by its id: asset, times."""
    return {s.sortie_id: (s.asset_id, s.depart, s.return_at) for s in found.sorties}


@pytest.mark.parametrize("seed", SEEDS)
def test_where_nothing_happens_everything_stays(seed: int) -> None:
    """Under its own id, on its asset, at its time, where no change is worth its price; nothing is dearer."""
    town = random_town(seed, 20)
    before = made(town)
    again = made(priced(in_force(town, before), 1000.0), 5)
    assert [one.kept for one in again.revised] == [True] * (len(before.sorties) + len(before.routes))
    assert flown(again) == flown(before)
    assert {r.route_id for r in again.routes} == {r.route_id for r in before.routes}
    assert worth(town, again) == pytest.approx(worth(town, before))
    assert again.lost == ()


def busiest(found: Plan) -> str:
    """The drone or robot with the most parcels."""
    names = [sortie.asset_id for sortie in found.sorties]
    return max(sorted(set(names)), key=names.count)


def day(seed: int, *, drones: int = 2) -> Snapshot:
    """A town in which machines bring much, and two vans could bring the rest."""
    whole = random_town(seed, 28)
    return snapshot(list(whole.orders), vans=2, crew_vans=1, drones=drones, robots=1)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_lost_machine_changes_few_drafts_and_its_parcels_go_as_cheaply_as_in_a_plan_made_anew(
    seed: int,
) -> None:
    """Within two per cent of a plan that owes nothing to anybody; at most two fifths of the drafts change, or one."""
    town = day(seed)
    before = made(town)
    lost = busiest(before)
    now = in_force(town, before, but={lost})
    again, anew = made(now, 40), made(replace(now, drafted=()), 40)
    assert worth(town, again) <= 1.02 * worth(town, anew)
    assert changed(again) <= max(1, 0.4 * len(again.revised))
    assert sorted(p.order_id for p in again.parcels) == sorted(o.order_id for o in town.orders)
    stays = [one.mission_id for one in again.revised if one.kept]
    assert {name: flown(again).get(name) for name in stays if name in flown(before)} == {
        name: what for name, what in flown(before).items() if name in stays
    }


def test_a_change_is_made_where_it_saves_more_than_its_price() -> None:
    """With no price more changes than with one that nothing is worth, where only what must changes."""
    town = day(1)
    before = made(town)
    free, dear = (
        made(priced(in_force(town, before, but={busiest(before)}), price), 40) for price in (0.0, 10_000.0)
    )
    assert changed(dear) <= changed(free)
    assert changed(dear) == 0
    assert worth(town, free) <= worth(town, dear) + 1e-6


def test_what_does_not_hold_any_more_is_let_go_and_says_why() -> None:
    """The window is over before the drone that was drafted could be there."""
    parcels = [order(f"O{i}", place(1500 + 100 * i, 0), hours=(0, 6)) for i in range(4)]
    town = snapshot(parcels, vans=1, drones=1)
    before = made(town)
    moved = [s for s in before.sorties if s.depart > EIGHT + timedelta(minutes=2)]
    assert moved
    late = moved[-1].order_ids[0]
    due = {o.order_id: o.due.model_copy(update={"end": moved[-1].depart}) for o in town.orders}
    orders = tuple(
        o.model_copy(update={"due": due[o.order_id]}) if o.order_id == late else o for o in town.orders
    )
    again = made(in_force(replace(town, orders=orders), before))
    assert [one.order_id for one in again.lost] == [late]
    assert again.lost[0].why
    (gone,) = [
        one.mission_id for one in again.revised if one.mission_id == moved[-1].sortie_id and not one.kept
    ]
    assert gone not in flown(again)


def test_a_van_s_stop_at_a_locker_that_is_gone_is_let_go() -> None:
    """Its parcels go another way."""
    parcels = [order(f"O{i}", place(2500 + 10 * i, 0), locker_ok=True) for i in range(3)]
    town = snapshot(parcels, vans=1, drones=0, lockers=(locker("L", place(2500, 60)),))
    drafted = drafted_of(town, before := made(town))
    assert "L" in {stop.locker_id for one in drafted for stop in one.stops}
    again = made(replace(in_force(town, before), assets=tuple(s for s in town.assets if s.asset_id != "L")))
    assert {one.order_id for one in again.lost} == {o.order_id for o in town.orders}
    assert again.unassigned == ()


def test_the_same_seed_and_iterations_change_the_same() -> None:
    """Nothing depends on a clock or on hashing."""
    town = day(2, drones=1)
    now = in_force(town, before := made(town), but={busiest(before)})
    assert made(now, 15) == made(now, 15)


def test_without_effort_the_plan_is_repaired_all_the_same() -> None:
    """Every parcel is in it, and what nothing happened to stays."""
    town = day(3)
    before = made(town)
    again = made(in_force(town, before, but={busiest(before)}), 0)
    assert sorted(p.order_id for p in again.parcels) == sorted(o.order_id for o in town.orders)
    assert len(again.unassigned) <= len(before.unassigned) + 1


def test_a_repair_says_who_tells_what_would_serve_whom_it_leaves() -> None:
    """Trying that takes longer than all else of a repair: a plan that is made anew names it, and so does the answer to
    a person's question against the plan in force. The reasons are there at once."""
    near, far = (
        order("NEAR", place(1500, 0), hours=(0, 6)),
        order("FAR", place(1600, 60), hours=(0, 6), weight_kg=40.0),
    )
    town = snapshot([near, far], vans=0, drones=1)
    before = made(town)
    (left,) = before.unassigned
    assert (left.order_id, before.sorties[0].order_ids) == ("FAR", ("NEAR",))
    now = in_force(town, before)
    (again,) = made(now).unassigned
    assert again.reasons == left.reasons
    assert "`fleet orders explain FAR`" in again.nearest_change
    asked = options_of(now, "FAR", stop=MaxIterations(0))
    assert asked.nearest_change == left.nearest_change
    assert left.nearest_change == "one more van-e at S"


def test_a_parcel_that_is_not_ready_is_planned_for_and_does_not_leave_before() -> None:
    """The rolling horizon: it comes to the site at eleven; others are changed around it at eight."""
    early = [order(f"E{i}", place(1800, 60 * i), hours=(0, 8)) for i in range(3)]
    late = order("LATE", place(1900, 0), hours=(0, 8), ready=3)
    town = snapshot([*early, late], vans=1, drones=1)
    before = made(replace(town, orders=tuple(early)))
    again = made(replace(town, drafted=drafted_of(town, before)))
    assert again.unassigned == ()
    leaves = [s.depart for s in again.sorties if "LATE" in s.order_ids]
    leaves += [r.start for r in again.routes if any("LATE" in s.deliver for s in r.stops)]
    assert leaves
    assert min(leaves) >= EIGHT + timedelta(hours=3)


@pytest.mark.parametrize("price", [0.0, 0.5])
def test_a_sortie_that_is_known_to_stand_well_finds_nothing_better(price: float) -> None:
    """Known without lifting it: whoever lifts it all the same is offered no seat that saves anything."""
    told = 0
    for seed in range(6):
        town = priced(snapshot(list(random_town(seed, 20).orders), vans=2, drones=2), price)
        problem = Problem(in_force(town, made(town, 0)))
        flights = Flights(problem)
        ways = ways_in_force(problem, flights)
        present = Present(problem, ways, flights)
        board = PricedBoard(present.draft(), ways, standing=present.standing, change_price=price)
        for number in sorted(board.sorties):
            if board.stands_well(number, LEAST_GAIN):
                told += 1
                seat = board.lift(number)
                assert board.cheapest(number, seat.cost - LEAST_GAIN, but=seat.way) is None
                board.put(number, seat)
        assert not any(board.stands_well(n, LEAST_GAIN) for n in range(20) if n not in board.sorties)
    assert told > 5, "or nothing was shown"


def test_the_price_of_a_change_is_the_fleet_files() -> None:
    """Half a unit of money where it says nothing."""
    assert fleet().change_price == 0.5


@pytest.mark.parametrize("seed", SEEDS)
def test_what_there_is_no_time_to_ask_about_stays_as_drafted(seed: int) -> None:
    """Nobody asks for other ways in a second: that is no reason to let a draft go. A new parcel's are not asked for
    either, which is said."""
    town = random_town(seed, 20)
    before = made(replace(town, orders=town.orders[1:]))
    assert before.sorties
    clock = Ticks()
    again = plan(in_force(town, before), seed=3, stop=Deadline(clock, clock() + 1), made_at=EIGHT)
    assert again.lost == ()
    assert [one.kept for one in again.revised] == [True] * (len(before.sorties) + len(before.routes))
    assert any("sorties were asked about" in one for one in again.assumptions)


def test_a_drafted_sortie_stands_though_it_could_not_be_flown_at_other_times() -> None:
    """Its way is asked for at its own time, not only at times spread over the window."""
    parcels = [order(f"O{i}", place(1500 + 100 * i, 0), hours=(0, 6)) for i in range(3)]
    town = snapshot(parcels, vans=1, drones=1)
    before = made(town)
    assert len(before.sorties) == 3
    problem = Problem(in_force(town, before))
    times = {problem.seconds(sortie.depart) for sortie in before.sorties}
    ways = ways_in_force(problem, only := OnlyThen(problem, times=times))
    present = Present(problem, ways, only)
    assert present.draft().unserved == ()
    assert present.lost == {}


@dataclass
class OnlyThen(Flights):
    """In which nothing can be flown at any other than some departures: as where a zone is closed but for minutes."""

    times: set[int] = None  # type: ignore[assignment]

    def assess(self, order: int, pool, locker_id, depart_s: int):  # type: ignore[no-untyped-def]
        then = depart_s if depart_s in self.times else 10 * 86400
        return super().assess(order, pool, locker_id, then)


def test_a_stop_that_is_let_go_gives_its_compartment_back() -> None:
    """The first route comes too late to the locker's window; who is on the second has the only compartment."""
    parcels = [
        order("A", place(600, 100), hours=(0, 0.01)),
        order("B", place(620, 100)),
    ]
    box = locker("L", place(600, 0), small=1, medium=0, large=0)
    town = snapshot(parcels, vans=2, lockers=(box,))
    drafted = tuple(
        Drafted(f"R{i}", 0, f"D/van-{i}", EIGHT, (DraftedStop("L", (name,)),))
        for i, name in ((1, "A"), (2, "B"))
    )
    problem = Problem(replace(town, drafted=drafted))
    flights = Flights(problem)
    present = Present(problem, find_ways(problem, flights), flights)
    draft = present.draft()
    assert draft.unserved == (0,)
    assert draft.stays[1].locker_id == "L"


NEAR, WALLED, BEHIND = place(600, 0), place(700, 300), place(1200, 0)


@dataclass(frozen=True, slots=True)
class OneWayRound(GeodesicNetwork):
    """Behind a wall it is quick from the house at the wall alone, and two hours from everywhere else: without a stop
    there a tour comes later to the next. To that house it is far."""

    def cross(self, starts: Sequence[Place], ends: Sequence[Place], profile: Profile) -> Matrix:
        """Two hours, and ten kilometres more."""
        found = GeodesicNetwork.cross(self, starts, ends, profile)
        far = np.array([[b == BEHIND and a not in (WALLED, BEHIND) for b in ends] for a in starts], np.bool_)
        long = np.array([[b == WALLED != a for b in ends] for a in starts], np.bool_)
        metres = np.where(long, found.distance_m + 10_000, found.distance_m)
        seconds = np.where(long, found.duration_s + 1000, found.duration_s)
        return Matrix(metres, np.where(far, 7200.0, seconds))


def test_polishing_leaves_no_tour_that_can_not_be_driven() -> None:
    """Who would go by drone for less stays on the van, where the next stop would be missed without his."""
    soon, later = (0, 1.5), (3, 4)
    parcels = [
        order("near", NEAR, hours=soon, locker_ok=False, weight_kg=20),
        order("walled", WALLED, hours=soon, locker_ok=False),
        order("behind", BEHIND, hours=soon, locker_ok=False, weight_kg=20),
        order("last", place(-600, 0), hours=later, locker_ok=False, weight_kg=20),
    ]
    town = snapshot(parcels, vans=1, drones=1)
    town = replace(town, context=replace(town.context, network=OneWayRound()))
    stops = tuple(DraftedStop(None, (one.order_id,)) for one in parcels)
    problem = Problem(priced(replace(town, drafted=(Drafted("R", 0, "D/van-1", EIGHT, stops),)), 0.0))
    flights = Flights(problem)
    ways = find_ways(problem, flights)
    assert ways[1].sorties
    present = Present(problem, ways, flights)
    board = PricedBoard(present.draft(), ways, standing=present.standing)
    mark, seat = board.mark(), board.lift(1)
    assert not board.holds(mark)
    assert board.cheapest(1, board.problem.penalties[1]) is None, (
        "nothing is worth it while the tour breaks by it"
    )
    board.put(1, seat)
    assert board.holds(mark)
    polish(board, (), random.Random(1), stop=MaxIterations(10))
    assert all(tour.feasible for tour in board.tours.values())
    assert [way is not None for way in board.choices] == [True] * 4


@pytest.mark.parametrize(("price", "moves"), [(0.0, True), (10_000.0, False)])
def test_fairness_counts_the_price_of_the_drafts_that_it_changes(price: float, moves: bool) -> None:
    """A stop goes over from the longer route where a change costs nothing; where it costs too much it stays."""
    town = lopsided(0.0)
    before = made(town)
    assert len(before.routes) == 2
    spec = town.context.fleet.model_copy(update={"fairness": Fairness(per_hour=60.0), "change_price": price})
    now = in_force(replace(town, context=replace(town.context, fleet=spec)), before)
    problem = Problem(now)
    flights = Flights(problem)
    ways = find_ways(problem, flights)
    present = Present(problem, ways, flights)
    draft = present.draft()
    assert balance(Board(draft, ways), 60.0) > 0
    board = PricedBoard(draft, ways, standing=present.standing, change_price=price)
    assert (balance(board, 60.0) > 0) is moves
    again = made(now, 2)
    assert bool(changed(again)) is moves


def test_polishing_ends_where_it_leads_nowhere() -> None:
    """Of a thousand chunks of effort hardly any is used where nothing has happened and no change is worth its price."""
    town = random_town(1, 20)
    problem = Problem(priced(in_force(town, made(town)), 1000.0))
    flights = Flights(problem)
    ways = find_ways(problem, flights)
    present = Present(problem, ways, flights)
    board = PricedBoard(present.draft(), ways, standing=present.standing, change_price=1000.0)
    stop = MaxIterations(1000)
    polish(board, (), random.Random(1), stop=stop)
    assert board.changed() == []
    assert stop.left > 990


@dataclass
class Counting(Flights):
    """Flights that count what they are asked for the first time."""

    asked: int = 0

    def _asked(self, order: int, pool_index: int, locker_id: str | None, depart_s: int) -> SortieAssessment:
        self.asked += 1
        return super()._asked(order, pool_index, locker_id, depart_s)


def test_a_new_parcel_costs_few_questions() -> None:
    """Whether a sortie holds is what takes the time: beside drafts it is asked no more than a few times for each."""
    town = random_town(4, 21)
    before = made(replace(town, orders=town.orders[1:]))
    problem = Problem(replace(town, drafted=drafted_of(town, before)))
    flights = Counting(problem)
    ways = find_ways(problem, flights)
    again = replan(problem, ways, flights, seed=1, stop=MaxIterations(300))
    assert again.board.draft().unserved == ()
    assert flights.asked <= 6 * len(town.orders)


def test_what_stays_is_not_explained_again() -> None:
    """It was when it was drafted; what is new or brought otherwise is."""
    town = random_town(2, 20)
    before = made(replace(town, orders=town.orders[1:]))
    again = made(priced(replace(town, drafted=drafted_of(town, before)), 1000.0), 5)
    kept = {one.mission_id for one in again.revised if one.kept}
    stays = {o for s in again.sorties if s.sortie_id in kept for o in s.order_ids}
    stays |= {
        o for r in again.routes if r.route_id in kept for s in r.stops for o in (*s.deliver, *s.collect)
    }
    assert stays
    assert town.orders[0].order_id not in stays
    for parcel in again.parcels:
        assert bool(parcel.alternatives) is (parcel.order_id not in stays)
        assert parcel.mode == "unassigned" or (parcel.asset_id and parcel.eta is not None)
