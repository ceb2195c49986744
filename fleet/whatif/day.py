"""One day of a study: what it begins with, the day itself in the simulated world, and its figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from fleet.config import RunInputs
from fleet.dispatch.history import read_history
from fleet.dispatch.incurred import incurred
from fleet.dispatch.report import report
from fleet.intake.orders import read_orders
from fleet.progress import LATEST, settled
from fleet.sim import WorldSpec
from fleet.sim.chance import Chance
from fleet.simulate import Incoming, simulate
from fleet.trueworld import roads_of, world_of, zone_documents
from fleet.whatif.changes import changed
from fleet.whatif.demand import drawn
from fleet.whatif.measures import figures
from fleet.whatif.scenario import Case, Study

Figures = dict[str, float]


@dataclass(frozen=True)
class Beginning:
    """What every day of a case begins with."""

    inputs: RunInputs
    world: WorldSpec
    incoming: tuple[Incoming, ...]
    currency: str
    assets: dict[str, int]


@lru_cache(maxsize=4)
def beginning(case: Case) -> Beginning:
    """Read a case's files, once a process. Raises ``IntakeError``, ``SimError`` and ``ChangeError``."""
    inputs = changed(case.setup.files.read(), case.changes)
    zones = zone_documents(case.setup.files.zones)
    kinds = [inputs.context.fleet.types[slot.type_id].kind for slot in inputs.assets]
    return Beginning(
        inputs=inputs,
        world=world_of(inputs, zones, case.setup),
        incoming=_incoming(case),
        currency=inputs.context.fleet.currency,
        assets={kind: kinds.count(kind) for kind in sorted(set(kinds))},
    )


def _incoming(case: Case) -> tuple[Incoming, ...]:
    known = [(case.setup.at, order, contact) for order, contact in read_orders(case.orders).accepted]
    if case.later_orders is None:
        return tuple(known)
    later = read_orders(case.later_orders).accepted
    return (*known, *((order.ready_at, order, contact) for order, contact in later))


def run_day(study: Study, case_number: int, number: int) -> Figures:
    """The figures of a fleet on a day of the study. The same arguments give the same figures in every process."""
    case, seed = study.cases[case_number], study.day_seed(number)
    begun = beginning(case)
    day = simulate(
        case.setup.model_copy(update={"seed": seed}),
        begun.inputs,
        begun.world.model_copy(update={"uncertainty": study.uncertainty}),
        incoming=drawn(begun.incoming, study.demand, Chance(seed)),
        incidents=study.incidents,
        over=settled,
        latest=LATEST,
        roads=roads_of(begun.inputs.context),
    )
    network = begun.inputs.context.network
    told = report(day.events, judge=day.verdict, wall_s=None, seed=seed, network=network)
    routes = [
        one.trip for one in incurred(read_history(day.events), network) if one.kind.archetype == "route"
    ]
    return figures(told, day.verdict, sum(trip.duration_s for trip in routes))


def check(cases: Sequence[Case]) -> None:
    """Read what all cases begin with, so that what is wrong with any is said before the first day."""
    for case in cases:
        beginning(case)
