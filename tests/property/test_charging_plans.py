"""Random days of drones with few chargers, packs to change and batteries that are not full: held against another sum.

The judge (``tests/checker/rules/charging``) follows each battery by small steps of power and shares no code with the
planner.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import time, timedelta
from functools import cache
from random import Random

import pytest

from fleet.domain.fleet import SortieType, SparePacks
from fleet.domain.plan import Plan
from fleet.energy.catalog import airframe
from fleet.energy.charging import ChargeFigures
from fleet.energy.render import render
from fleet.planner import MaxIterations, Snapshot, plan
from fleet.planner.planfile import to_json
from tests.checker import inputs
from tests.checker.context import Case
from tests.checker.document import parse_plan
from tests.checker.fleet import ChargeShape
from tests.checker.fleet_file import read_fleet
from tests.checker.rules import charging, sorties
from tests.checker.violation import Code, Violation
from tests.unit.planner.town import EIGHT, fleet, order, place, snapshot

SEEDS = range(24)
SWAP_S = 120.0


@dataclass(frozen=True)
class Drawn:
    """A random day: what is planned, what it became, and what its batteries began with."""

    town: Snapshot
    made: Plan
    figures: ChargeFigures
    begins: dict[str, float]

    def case(self) -> Case:
        """The plan as the judge reads it, with the figures that it was drawn from."""
        base = read_fleet(None)
        shape = ChargeShape(self.figures.taper_from, self.figures.tail, self.figures.efficiency)
        drones = next(f for f in base.sortie_types if f.kind == "drone")
        ours = replace(drones, charge=shape, swap_s=self.figures.swap_s)
        spares = tuple(
            (s.type_id, frozenset(s.sites), s.per_site) for s in self.town.context.fleet.spare_packs
        )
        facts = replace(base, sortie_types=(ours,), spares=spares)
        sites = {
            s.site_id: inputs.Site(
                s.site_id, (0, 0), 0, 9, 0, s.chargers, time(0), time(23), "UTC", s.charger_w
            )
            for s in self.town.context.sites.values()
        }
        document = json.loads(to_json(self.made))
        return Case(parse_plan(document), {}, sites, {}, facts, (), ())


@cache
def drawn(seed: int) -> Drawn:
    """One to four drones with one to three chargers, none to two packs, six to sixteen parcels near and far."""
    rng = Random(seed)
    figures = ChargeFigures(
        taper_from=rng.choice([0.6, 0.8, 0.9]),
        tail=rng.choice([0.05, 0.2]),
        efficiency=rng.uniform(0.85, 0.97),
        swap_s=rng.choice([None, SWAP_S]),
    )
    own = airframe("courier-x4").model_copy(update={"charging": figures})
    own = own.model_copy(update={"sources": own.sources | {"charging": "drawn"}})
    spec = fleet()
    kind = spec.types["courier-x4"]
    assert isinstance(kind, SortieType)
    kind = kind.model_copy(update={"energy_model": "own.toml", "energy_data": render(own)})
    packs = rng.randint(0, 2)
    spare = (SparePacks(type_id="courier-x4", per_site=packs),) if packs else ()
    types = {**spec.types, "courier-x4": kind}
    spec = spec.model_copy(update={"types": types, "spare_packs": spare})
    parcels = [
        order(
            f"O{i}",
            place(1000 + rng.uniform(-5500, 5500), rng.uniform(-3500, 3500)),
            hours=hours,
            locker_ok=False,
        )
        for i in range(rng.randint(6, 16))
        for hours in [rng.choice([(0.0, 2.0), (0.5, 4.0), (1.0, 1.8)])]
    ]
    town = snapshot(parcels, vans=1, drones=rng.randint(1, 4), chargers=rng.randint(1, 3), spec=spec)
    slots = tuple(
        replace(slot, soc=rng.choice([1.0, rng.uniform(0.2, 1.0)])) if slot.type_id == "courier-x4" else slot
        for slot in town.assets
    )
    sites = dict(town.context.sites)
    sites["S"] = sites["S"].model_copy(update={"charger_w": rng.choice([None, 500.0])})
    town = replace(town, assets=slots, context=replace(town.context, sites=sites))
    made = plan(town, seed=seed, stop=MaxIterations(5), made_at=EIGHT)
    return Drawn(town, made, figures, {s.asset_id: 1.0 if s.soc >= 0.98 else s.soc for s in slots})


def found(case: Case, begins: dict[str, float]) -> Iterator[Violation]:
    """Everything that the judge has to say of charging."""
    yield from charging.check_charging(case, begins)
    yield from charging.check_stated_chargers(case)
    yield from charging.check_spares(case)
    yield from sorties.check_one_at_a_time(case)


@pytest.mark.parametrize("seed", SEEDS)
def test_each_battery_has_what_its_trips_need_and_no_charger_serves_two(seed: int) -> None:
    day = drawn(seed)
    assert not list(map(str, found(day.case(), day.begins)))


def test_the_days_above_hold_what_they_are_about() -> None:
    """Sorties that leave before the battery is full, charges that wait for a charger, packs that are changed."""
    days = [drawn(seed) for seed in SEEDS]
    charges = [c for day in days for c in day.made.charging]
    assert sum(len(day.made.sorties) for day in days) > 60
    assert sum(c.swap for c in charges) >= 5
    assert sum(not c.swap and c.soc_to < 0.79 for c in charges) >= 3
    assert sum(not c.swap and c.soc_to > 0.85 for c in charges) >= 3


def test_a_charge_that_is_left_out_is_found() -> None:
    """The judge can fail: a plan without its charges, and one whose chargers serve more than there are."""
    seen = set[Code]()
    for seed in SEEDS:
        day = drawn(seed)
        case = day.case()
        bare = replace(case, plan=replace(case.plan, charging=()))
        seen |= {v.code for v in charging.check_charging(bare, day.begins)}
        fewer = {k: replace(s, chargers=0) for k, s in case.sites.items()}
        seen |= {v.code for v in charging.check_stated_chargers(replace(case, sites=fewer))}
        none = replace(case, fleet=replace(case.fleet, spares=()))
        seen |= {v.code for v in charging.check_spares(none)}
        longer = [replace(c, end=c.end + timedelta(hours=3)) for c in case.plan.charging]
        seen |= {
            v.code
            for v in charging.check_charging(replace(case, plan=replace(case.plan, charging=tuple(longer))))
        }
    assert seen >= {Code.RECHARGE, Code.CHARGERS, Code.SPARES, Code.CHARGING}


@pytest.mark.parametrize("seed", SEEDS)
def test_it_is_charged_for_no_more_than_is_needed_where_that_is_earlier(seed: int) -> None:
    """No charge goes on beyond where the power falls off and a little more than the next trip needs; but what is booked
    does not move when earlier trips go another way in the end, which may leave more than was counted with."""
    day = drawn(seed)
    kept = max(0.8, day.figures.taper_from)
    for charge in day.made.charging:
        later = [s for s in day.made.sorties if s.asset_id == charge.asset_id and s.depart >= charge.end]
        if charge.swap or charge.soc_to <= kept + 0.005:
            continue
        earlier = [
            s for s in day.made.sorties if s.asset_id == charge.asset_id and s.return_at <= charge.start
        ]
        left_wh = max(earlier, key=lambda s: s.depart).margin_wh if earlier else 0.0
        following = min(later, key=lambda s: s.depart, default=None)
        beyond_wh = (charge.soc_to - kept) * 799.2 if following is None else following.margin_wh
        assert charge.soc_from < 1
        assert beyond_wh - left_wh < 0.03 * 799.2
