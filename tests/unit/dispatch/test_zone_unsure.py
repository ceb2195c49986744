"""A drone of which nobody can say whether it is in a zone; and the ways out of one, down to the ground."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fleet.dispatch.monitor.guard import Guard, Refuge
from fleet.dispatch.monitor.zonechecks import zone_ahead, zone_here
from fleet.domain.evolve import evolve
from fleet.feasibility.incident import incident
from fleet.protocol.messages import Action
from fleet.protocol.values import Place
from geofences import FlatTerrain, TimePeriod, UnknownTerrain, ZoneSet, read_zones
from geofences.model.applicability import Applicability
from tests.support.bench import DAY, Bench, Peer
from tests.unit.dispatch.test_monitor import DRONE, block, close_area, guard_of, on_its_way, sample

INSIDE = {"lon": -8.005, "lat": 41.0055}
OVER_IT = block(-8.0055, 41.005)


@pytest.fixture
def out(tmp_path: Path) -> tuple[Bench, Peer]:
    """A drone on its way out, and its hub."""
    return on_its_way(Bench(tmp_path))


def limited(**limits: Any) -> dict[str, Any]:
    """The block, up to or from a height."""
    return OVER_IT | {"properties": {"name": "Block", **limits}}


def test_without_a_height_a_zone_at_every_height_is_a_breach(out: tuple[Bench, Peer]) -> None:
    bench, _ = out
    close_area(bench, OVER_IT)
    found = zone_here(guard_of(bench), sample(bench, alt_amsl_m=None, **INSIDE), DAY)
    assert found is not None
    assert (found.code, found.reasons[0].code) == ("zone_breach", "zone_entered")
    assert zone_here(guard_of(bench), sample(bench, alt_amsl_m=None, north_m=-400.0), DAY) is None
    landed = sample(bench, alt_amsl_m=None, state="landed", **INSIDE)
    assert zone_here(guard_of(bench), landed, DAY) is None


def test_without_a_height_a_zone_at_some_is_told_to_a_person_once(out: tuple[Bench, Peer]) -> None:
    """It may be above it: that is no breach, and nobody can say which way out is free."""
    bench, drone = out
    close_area(bench, limited(upper_m=50, upper_datum="AGL"))
    for _ in range(3):
        bench.sample(drone, sample(bench, alt_amsl_m=None, **INSIDE))
        bench.run(1)
    told = [e for e in bench.core.state.open_exceptions() if e.code.startswith("zone")]
    assert [(e.code, e.mission_id, e.asset_id) for e in told] == [
        ("zone_unsure", guard_of(bench).mission_id, DRONE)
    ]
    (reason,) = told[0].reasons
    assert (reason.code, reason.limit, reason.actual) == ("zone_height_unknown", "Z", "not known")
    assert "it does not tell its height" in reason.detail
    assert not bench.core.state.commands


@pytest.mark.parametrize(
    ("height_m", "code"), [(100.0, "zone_breach"), (122.0, "zone_unsure"), (130.0, None)]
)
def test_a_height_within_the_terrains_error_is_no_breach(
    out: tuple[Bench, Peer], height_m: float, code: str | None
) -> None:
    """120 m above ground that lies at 0 m, give or take 5 m: what is unknown does not fly, and is told as that."""
    bench, _ = out
    close_area(bench, limited(upper_m=120, upper_datum="AGL"))
    guard = guard_of(bench)
    guard = replace(guard, context=replace(guard.context, terrain=FlatTerrain(0.0, 5.0)))
    found = zone_here(guard, sample(bench, alt_amsl_m=height_m, **INSIDE), DAY)
    assert (None if found is None else found.code) == code
    if code == "zone_unsure":
        assert found is not None
        assert found.reasons[0].code == "zone_height_unknown"
        assert found.advice is not None


def guard_with(bench: Bench, feature: dict[str, Any], *, applies: TimePeriod | None = None) -> Guard:
    """The drone's guard, as if there were this zone and no other."""
    text = json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()
    (found,) = read_zones(text, "zone.geojson").zones
    found = replace(found, applicability=Applicability(() if applies is None else (applies,)))
    guard = guard_of(bench)
    return replace(guard, context=replace(guard.context, zones=ZoneSet([found])))


def told(guard: Guard, bench: Bench) -> Action | None:
    """What it is told where its way ahead is closed."""
    reasons = zone_ahead(replace(guard, blocked=_SOME_REASON), sample(bench), bench.now)
    assert reasons is not None
    return reasons.advice


_SOME_REASON = (incident("zone_blocked", "for a test", source="test"),)
REFUGE = Place(lon=-8.02, lat=41.0)


def with_refuge(guard: Guard) -> Guard:
    """An alternate to the west of home."""
    place = Refuge("ALT", REFUGE, *guard.plane.xy(REFUGE.lon, REFUGE.lat))
    return evolve(guard, refuges=(place,))


def low(west: float, south: float) -> dict[str, Any]:
    """A block that ends below the height at which it flies."""
    return block(west, south) | {
        "properties": {"name": "Low", "upper_m": 30, "upper_datum": "AGL"},
    }


def test_a_way_home_counts_with_its_descent(out: tuple[Bench, Peer]) -> None:
    """Above home there is nothing, below that a zone: it does not return into it (rule E15)."""
    bench, _ = out
    free = with_refuge(guard_with(bench, low(-8.5, 41.5)))
    assert told(free, bench) is Action.RETURN
    closed = with_refuge(guard_with(bench, low(-8.0005, 40.9995)))
    far = sample(bench, lon=-8.005, lat=41.005)
    found = zone_ahead(replace(closed, blocked=_SOME_REASON), far, bench.now)
    assert found is not None
    assert (found.advice, found.place_id) == (Action.DIVERT, "ALT")


def test_who_has_not_left_stays_instead_of_flying_elsewhere(out: tuple[Bench, Peer]) -> None:
    """It loads at home, and its way is closed: home is where it is."""
    bench, _ = out
    guard = with_refuge(guard_with(bench, block(-8.0085, 41.0075)))
    loads = sample(bench, state="idle", step_id=None, alt_amsl_m=0.0)
    found = zone_ahead(replace(guard, blocked=_SOME_REASON), loads, bench.now)
    assert found is not None
    assert (found.advice, found.place_id) == (Action.RETURN, None)


def test_an_alternate_counts_with_its_descent(out: tuple[Bench, Peer]) -> None:
    """Home is closed at every height, the alternate below the way to it: then down where it is."""
    bench, _ = out
    far = sample(bench, lon=-8.005, lat=41.005)
    home, below = block(-8.0005, 40.9995), low(-8.0205, 40.9995)
    both = [guard_with(bench, feature).context.zones.zones[0] for feature in (home, below)]
    for zones, advice in ((both[:1], Action.DIVERT), (both, Action.LAND)):
        guard = guard_with(bench, home)
        guard = with_refuge(replace(guard, context=replace(guard.context, zones=ZoneSet(zones))))
        found = zone_ahead(replace(guard, blocked=_SOME_REASON), far, bench.now)
        assert found is not None
        assert found.advice is advice


@pytest.mark.parametrize(
    ("begins", "ends", "free"),
    [
        (None, 0.8, False),  # gone before still air brings it there, not before the wind may
        (0.9, 1.1, False),  # begins and ends meanwhile
        (1.8, None, False),  # the wind may be against it
        (None, 0.5, True),
        (4.0, None, True),
    ],
)
def test_a_diversion_is_free_whenever_it_gets_there(
    out: tuple[Bench, Peer], begins: float | None, ends: float | None, free: bool
) -> None:
    """In shares of what it takes in still air; the fleet's margin of time is none here."""
    bench, _ = out
    far = sample(bench, lon=-8.005, lat=41.005)
    guard = guard_of(bench)
    metres = ((8.02 - 8.005) * 84_000, 0.005 * 111_000)
    still_s = (metres[0] ** 2 + metres[1] ** 2) ** 0.5 / guard.sortie.cruise_mps
    start, end = (None if s is None else bench.now + timedelta(seconds=s * still_s) for s in (begins, ends))
    home = guard_with(bench, block(-8.0005, 40.9995)).context.zones.zones[0]
    over = guard_with(bench, block(-8.0205, 40.9995), applies=TimePeriod(start, end)).context.zones.zones[0]
    exact = guard.context.fleet.model_copy(update={"zone_time_margin_s": 0.0})
    context = replace(guard.context, zones=ZoneSet([home, over]), fleet=exact)
    found = zone_ahead(
        replace(with_refuge(replace(guard, context=context)), blocked=_SOME_REASON), far, bench.now
    )
    assert found is not None
    assert found.advice is (Action.DIVERT if free else Action.LAND)


def test_unknown_ground_makes_a_place_unsure(out: tuple[Bench, Peer]) -> None:
    """A limit above ground that nobody knows."""
    bench, _ = out
    guard = guard_with(bench, limited(lower_m=30, lower_datum="AGL"))
    guard = replace(guard, context=replace(guard.context, terrain=UnknownTerrain()))
    found = zone_here(guard, sample(bench, **INSIDE), DAY)
    assert found is not None
    assert (found.code, found.reasons[0].code) == ("zone_unsure", "zone_height_unknown")
