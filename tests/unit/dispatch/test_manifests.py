"""Manifests: rows and the three formats, exactly."""

import csv
import io
import json
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from fleet.dispatch.manifestfiles import COLUMNS, GPX, to_csv, to_geojson, to_gpx
from fleet.dispatch.manifests import Manifest, is_route, manifest, with_ways
from fleet.domain.apply import apply_all
from fleet.domain.state import State
from fleet.network.geodesic import GeodesicNetwork
from fleet.protocol.values import Contact, Place
from tests.support import smallday as day

NS = {"g": GPX}


def tour(people: dict[str, Contact] | None = None) -> Manifest:
    state = apply_all(State(), day.the_log())
    return manifest(state.missions["tour-1"], state, contacts=people)


def long_tour(stops: int) -> Manifest:
    """A route of one stop for each letter."""
    names = [chr(ord("A") + n) for n in range(stops)]
    mission = day.route("tour-9", *(day.stop(name, 20 + 5 * n, deliver=name) for n, name in enumerate(names)))
    log = [
        day.opened(),
        *day.connected(day.VAN),
        *day.placed(*map(day.order, names)),
        *day.begun(mission, "van", 5),
    ]
    state = apply_all(State(), log)
    return manifest(state.missions["tour-9"], state)


def test_only_what_is_driven_from_stop_to_stop_has_a_manifest() -> None:
    state = apply_all(State(), day.the_log())
    assert {name: is_route(record) for name, record in state.missions.items()} == {
        "tour-1": True,
        "flight-1": False,
        "flight-2": False,
    }


def test_stops_are_numbered_and_say_how_far_the_driver_is() -> None:
    stops = tour().stops
    assert [(s.number, s.status, s.task) for s in stops] == [
        (1, "done", "deliver B"),
        (2, "done", "deliver C"),
        (3, "done", "collect D"),
        (4, "done", "deliver E"),
        (5, "to do", "deliver H"),
    ]


def test_times_are_the_depots_and_expected_ones_carry_the_delay() -> None:
    """Four stops are made when the van leaves B at 11:13 UTC; so many should have been by 09:33: it is 100 min late."""
    last, first = tour().stops[-1], tour().stops[0]
    assert last.arrive.isoformat() == "2026-11-24T13:10:00+01:00"
    assert last.expected is not None
    assert last.expected.isoformat() == "2026-11-24T14:50:00+01:00"
    assert first.expected is None


def test_places_are_named_without_personal_data() -> None:
    assert [(s.address, s.recipient) for s in tour().stops[:2]] == [("see order B", ""), ("Kiosk", "")]


def test_csv_has_a_line_for_each_stop() -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv([tour()]), newline="")))
    assert tuple(rows[0]) == COLUMNS
    assert [row["stop"] for row in rows] == ["1", "2", "3", "4", "5"]
    assert rows[1] == {
        "route_id": "tour-1",
        "asset_id": "D1/van-1",
        "stop": "2",
        "status": "done",
        "arrive": "2026-11-24T09:50:00+01:00",
        "expected": "",
        "window_from": "2026-11-24T09:00:00+01:00",
        "window_until": "2026-11-24T13:00:00+01:00",
        "lon": "-3.69",
        "lat": "40.42",
        "address": "Kiosk",
        "recipient": "",
        "deliver": "C",
        "collect": "",
        "locker_id": "L1",
        "site_id": "",
        "service_min": "3.0",
    }


def test_contacts_appear_only_when_they_are_given_and_are_no_formula() -> None:
    text = to_csv([tour({"B": day.CONTACT})])
    row = next(csv.DictReader(io.StringIO(text, newline="")))
    assert (row["address"], row["recipient"]) == ("'=Calle 1 & 2", "Ana <Pérez>")
    assert "600" not in text


def test_gpx_is_valid_xml_with_more_than_nine_stops_in_order() -> None:
    root = ET.fromstring(to_gpx([long_tour(12)]))
    assert (root.tag, root.get("version")) == (f"{{{GPX}}}gpx", "1.1")
    names = [point.findtext("g:name", namespaces=NS) for point in root.findall("g:wpt", NS)]
    assert names == [f"{n:02d} see order {chr(ord('A') + n - 1)}" for n in range(1, 13)]
    assert names == sorted(names, key=str)
    route = [point.findtext("g:name", namespaces=NS) for point in root.findall("g:rte/g:rtept", NS)]
    assert route == ["start", *names, "end"]


@dataclass(frozen=True, slots=True)
class Corners(GeodesicNetwork):
    """Streets that go north first, then east; there is none to the place of one stop."""

    version: str | None = "corners"
    credit: str | None = "© somebody"
    nowhere: Place | None = None

    def path(self, start: Place, end: Place, profile: object) -> tuple[Place, ...] | None:  # type: ignore[override]
        if self.nowhere in (start, end):
            return None
        return (start, Place(lon=start.lon, lat=end.lat), end)


def test_streets_are_drawn_where_they_are_known() -> None:
    bare = tour()
    assert with_ways(bare, GeodesicNetwork()) == bare
    drawn = with_ways(bare, Corners())
    root = ET.fromstring(to_gpx([drawn]))
    tags = [child.tag.removeprefix(f"{{{GPX}}}") for child in root]
    assert tags == ["metadata", *["wpt"] * 5, "rte", "trk"], "in the sequence of the schema"
    assert root.findtext("g:metadata/g:desc", namespaces=NS) == "© somebody"
    segments = root.findall("g:trk/g:trkseg", NS)
    assert len(segments) == 6, "to five stops and back"
    assert all(len(segment) == 3 for segment in segments)
    line = json.loads(to_geojson([drawn]))["features"][0]
    assert len(line["geometry"]["coordinates"]) == 18
    assert line["properties"]["attribution"] == "© somebody"
    assert "attribution" not in json.loads(to_geojson([bare]))["features"][0]["properties"]


def test_a_way_that_is_not_known_is_drawn_straight() -> None:
    bare = tour()
    ways = with_ways(bare, Corners(nowhere=bare.stops[2].place)).ways
    assert [len(way) for way in ways] == [3, 3, 2, 2, 3, 3]
    assert ways[2] == (bare.stops[1].place, bare.stops[2].place)


def test_gpx_elements_follow_the_sequence_of_its_schema() -> None:
    root = ET.fromstring(to_gpx([tour(), long_tour(2)]))
    tags = [child.tag.removeprefix(f"{{{GPX}}}") for child in root]
    assert tags == ["wpt"] * 7 + ["rte"] * 2
    point = root[0]
    assert [child.tag.removeprefix(f"{{{GPX}}}") for child in point] == ["time", "name", "desc", "type"]
    assert (point.get("lat"), point.get("lon")) == ("40.4200000", "-3.6990000")
    assert point.findtext("g:time", namespaces=NS) == "2026-11-24T08:40:00Z"


def test_gpx_escapes_what_others_wrote() -> None:
    rude = day.CONTACT.model_copy(update={"address": "A & <B>\x00\x0b"})
    point = ET.fromstring(to_gpx([tour({"B": rude})]))[0]
    assert point.findtext("g:name", namespaces=NS) == "01 A & <B>"


def test_geojson_has_the_line_and_the_stops() -> None:
    found = json.loads(to_geojson([tour()]))
    line, *points = found["features"]
    assert found["type"] == "FeatureCollection"
    assert line["geometry"]["type"] == "LineString"
    home = [day.DEPOT.lon, day.DEPOT.lat]
    assert line["geometry"]["coordinates"] == [home, *(p["geometry"]["coordinates"] for p in points), home]
    assert [p["properties"]["stop"] for p in points] == [1, 2, 3, 4, 5]
    assert points[1]["properties"]["locker_id"] == "L1"
    assert line["properties"]["revision"] == 1


def test_no_routes_make_empty_but_valid_files() -> None:
    assert to_csv([]) == ",".join(COLUMNS) + "\r\n"
    assert len(ET.fromstring(to_gpx([]))) == 0
    assert json.loads(to_geojson([])) == {"type": "FeatureCollection", "features": []}


def test_a_stop_at_a_site_that_is_not_ours_is_listed_all_the_same() -> None:
    """Logs of earlier releases name a broken vehicle as a site: one such stop must not cost a driver the whole list."""
    mission = day.route("tour-9", day.stop("b", 40, deliver="B"), loaded="B")
    load, stop, unload = mission.steps
    named = stop.model_copy(update={"site_id": "stranded:D1/van-2"})
    strange = mission.model_copy(update={"steps": (load, named, unload)})
    log = [
        day.opened(),
        *day.connected(day.VAN),
        *day.placed(day.order("B")),
        *day.begun(strange, "van", 10),
    ]
    state = apply_all(State(), log)
    (row,) = manifest(state.missions["tour-9"], state).stops
    assert row.address == "stranded:D1/van-2"
