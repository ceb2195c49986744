"""A plan that begins with the one in force: what stays, what changes, at which price, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from fleet.domain.plan import Plan
from fleet.planner import MaxIterations, Snapshot, plan
from tests.support.drafted import drafted_of, in_force
from tests.unit.planner.town import EIGHT, fleet, order, place, random_town, snapshot

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


def test_the_price_of_a_change_is_the_fleet_files() -> None:
    """Half a unit of money where it says nothing."""
    assert fleet().change_price == 0.5
