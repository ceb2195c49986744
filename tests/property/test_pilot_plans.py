"""Whatever pilots are on which shifts, a plan has no more out than they supervise, and no release holds a trip back."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleet.domain.fleet import SortieType
from fleet.domain.pilots import Pilots, crossing
from fleet.domain.plan import Plan, SortiePlan
from fleet.feasibility.approvals import Sent
from fleet.feasibility.pilots import no_pilot, rota
from fleet.planner import MaxIterations, Snapshot, plan
from tests.checker.fleet import PilotShift
from tests.checker.rules.pilots import unsupervised
from tests.support.soak import chosen
from tests.unit.planner.test_permits import path_of
from tests.unit.planner.town import EIGHT, fleet, order, place, slots, snapshot

KINDS = ("drone", "sidewalk_robot")
ROWS = st.lists(
    st.builds(
        lambda kind, sites, pilots, each, begins, lasts: Pilots(
            kind=kind,
            sites=sites,
            pilots=pilots,
            machines_each=each,
            begins=time(begins, 30),
            ends=time((begins + lasts) % 24, 30),
        ),
        st.sampled_from(KINDS),
        st.sampled_from([(), ("S",), ("D",)]),
        st.integers(1, 2),
        st.integers(1, 2),
        st.integers(5, 12),
        st.integers(1, 24),
    ),
    max_size=4,
)


def town(rows: list[Pilots], parcels: int) -> Snapshot:
    """Parcels around two sites with drones and robots; no van."""
    near = [
        order(f"O{n}", place(200 * n - 300, 250 + 40 * n), hours=(0, 5) if n % 2 else (1, 2.5))
        for n in range(parcels)
    ]
    bare = snapshot(near, vans=0, chargers=4, spec=fleet().model_copy(update={"pilots": tuple(rows)}))
    sites = {name: one.model_copy(update={"chargers": 4}) for name, one in bare.context.sites.items()}
    assets = tuple(one for kind in KINDS for site in ("S", "D") for one in slots(kind, site, 2))
    return replace(bare, assets=assets, context=replace(bare.context, sites=sites))


def made(found: Snapshot, iterations: int = 3) -> Plan:
    return plan(found, seed=1, stop=MaxIterations(iterations), made_at=EIGHT)


def kind_of(one: SortiePlan) -> SortieType:
    found = next(each for each in fleet().of_kind(one.kind) if isinstance(each, SortieType))
    assert isinstance(found, SortieType)
    return found


def away(one: SortiePlan) -> tuple[datetime, datetime]:
    """From its release, as the hub does by default, until it is back."""
    return one.depart - timedelta(seconds=kind_of(one).load_s + 30), one.return_at


def sent_of(name: str, one: SortiePlan, *, is_out: bool = True) -> Sent:
    return Sent((name, 0), kind_of(one), path_of(one), is_out, site_id=one.depot_id)


@settings(max_examples=chosen(12, long=100), suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(ROWS, st.integers(1, 7), st.integers(0, 3))
def test_plans_keep_to_their_pilots(rows: list[Pilots], parcels: int, before: int) -> None:
    """Of a plan beside an earlier one: at each moment by Hall's theorem, and as release asks, one after the other."""
    assert not any(crossing(one, rows) for one in rows)
    found = town(rows, parcels + before)
    first = made(replace(found, orders=found.orders[:before]))
    sent = tuple(sent_of(f"E{number}", one) for number, one in enumerate(first.sorties))
    second = made(replace(found, orders=found.orders[before:], assets=found.assets[::-1], sent=sent))
    trips = [*first.sorties, *second.sorties]
    for kind in KINDS:
        own = [one for one in rows if one.kind == kind]
        flown = sorted((one for one in trips if one.kind == kind), key=lambda one: away(one)[0])
        if own:
            check_moments(flown, own)
            check_releases(found, kind, flown)


def check_moments(flown: list[SortiePlan], rows: list[Pilots]) -> None:
    clocks = {clock for one in rows for clock in (one.begins, one.ends)}
    moments = {datetime.combine(EIGHT.date(), clock, UTC) for clock in clocks}
    for moment in sorted(moments | {away(one)[0] for one in flown}):
        on_duty = [as_shift(one) for one in rows if on_shift(one, moment.time())]
        out = Counter(one.depot_id for one in flown if away(one)[0] <= moment < away(one)[1])
        assert unsupervised(out, on_duty) is None, moment


def on_shift(one: Pilots, clock: time) -> bool:
    if one.begins < one.ends:
        return one.begins <= clock < one.ends
    return clock >= one.begins or clock < one.ends


def as_shift(one: Pilots) -> PilotShift:
    return PilotShift(one.kind, frozenset(one.sites), one.pilots, one.machines_each, one.begins, one.ends)


def check_releases(found: Snapshot, kind: str, flown: list[SortiePlan]) -> None:
    for number, one in enumerate(flown):
        now, back = away(one)
        pilots = rota(found.context.fleet, kind, now, back)
        assert pilots is not None
        out = [
            (0, int((away(other)[1] - now).total_seconds()) + 1, other.depot_id)
            for other in flown[:number]
            if away(other)[1] > now
        ]
        assert no_pilot(pilots, one.depot_id, 0.0, (back - now).total_seconds(), out) is None
