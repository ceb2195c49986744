"""Several ids are a collection: one alone would be taken letter by letter, and lift or bound what nobody named."""

from collections.abc import Callable
from typing import Any

import pytest

from geofences import (
    Authorisation,
    Flight,
    Restriction,
    Rules,
    Status,
    Watch,
    ZoneKey,
    ZoneSet,
    affected,
    authorised,
    check_column,
    check_flight,
    check_path,
    check_point,
    check_points,
    distance_to_nearest,
    path_around,
    segments_hit,
)
from tests.unit.geofences.make import HOME, NOON, SEA, path, place, square, zone

ZONES = ZoneSet([zone(square(0, 0, 100), zone_id="h", restriction=Restriction.REQ_AUTHORISATION)])
WAY = path((-300, 0, 50), (300, 0, 50))
FAR = place(500, 0)
Ask = Callable[..., object]

ASKS: dict[str, Ask] = {
    "a path": lambda **said: check_path(ZONES, WAY, SEA, **said),
    "a point": lambda **said: check_point(ZONES, WAY[0], SEA, **said),
    "a flight": lambda **said: check_flight(ZONES, WAY, SEA, **said),
    "a column": lambda **said: check_column(ZONES, WAY[0], SEA, **said),
    "places": lambda **said: check_points(ZONES, [HOME], 50.0, NOON.timestamp(), SEA, **said),
    "legs": lambda **said: segments_hit(ZONES, [HOME], [FAR], **said),
    "samples": lambda **said: Watch(ZONES, SEA, **said),
    "a way": lambda **said: path_around(ZONES, HOME, FAR, 50.0, NOON, 1.0, SEA, stop=lambda: False, **said),
    "rules": Rules,
    "a flight that may be concerned": lambda **said: Flight(tuple(WAY), **said),
}


@pytest.mark.parametrize("name", ["held", "areas"])
@pytest.mark.parametrize("ask", ASKS)
def test_one_id_in_place_of_several_is_refused(ask: str, name: str) -> None:
    for alone in ("home", "h", "", ZoneKey("PRT", "h")):
        with pytest.raises(TypeError, match=f"{name} is a collection of ids: pass {{.*}}, not .* alone"):
            ASKS[ask](**{name: alone})
    with pytest.raises(TypeError, match=f"{name} holds 7, which is no id"):
        ASKS[ask](**{name: [7]})
    with pytest.raises(TypeError, match=f"{name} holds .* which is no id"):
        ASKS[ask](**{name: [["PRT", "h"]]})


@pytest.mark.parametrize("ground", [50, "POPULATION", ("POPULATION",)])
def test_what_may_not_be_fallen_on_is_a_ground_risk(ground: Any) -> None:
    with pytest.raises(TypeError, match="ground is a GroundRisk"):
        check_path(ZONES, list(WAY), SEA, ground=ground)


def test_so_are_one_vehicle_and_one_id_beside_the_nearest_zone() -> None:
    with pytest.raises(TypeError, match="vehicle is a collection"):
        authorised(ZONES, [Authorisation("h")], "courier")
    with pytest.raises(TypeError, match="held is a collection"):
        distance_to_nearest(ZONES, *HOME, held="h")


@pytest.mark.parametrize("several", [["h", "x"], ("h",), {"h": 1}, {"h"}, frozenset({"h"})], ids=repr)
def test_any_collection_will_do(several: Any) -> None:
    """Flights that may be concerned take them too: what is asked can be kept as a key."""
    assert all(ask(held=several, areas=None) is not None for name, ask in ASKS.items() if name != "legs")
    flight = Flight(WAY, held=several, areas=several)  # type: ignore[arg-type]
    assert hash(flight) == hash(Flight(tuple(WAY), held=frozenset(several), areas=frozenset(several)))
    assert flight.check(ZONES, SEA).status is Status.BLOCKED
    assert affected(ZoneSet(), ZONES, [Flight(WAY, held=several)], SEA) == ()  # type: ignore[arg-type]
