"""Zone files held against where they are needed."""

import json
from pathlib import Path
from typing import Any

import pytest

from fleet.intake.errors import IntakeError
from fleet.intake.zones import (
    box_around,
    read_zone_files,
    told_of_empty_files,
    told_of_far_files,
    told_of_far_zones,
    told_of_missing_zones,
)
from fleet.protocol.values import Place
from geofences.model.altitude import Box

PORTO = Place(lon=-8.61, lat=41.15)
LISBON = Place(lon=-9.14, lat=38.72)


def file(folder: Path, *rings: list[list[float]]) -> Path:
    """A zone file with these outer rings."""
    features: list[dict[str, Any]] = [
        {
            "type": "Feature",
            "properties": {"id": f"zone-{number}"},
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        }
        for number, ring in enumerate(rings)
    ]
    path = folder / "zones.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def ring(lon: float, lat: float, size: float = 0.01) -> list[list[float]]:
    """A triangle at a place."""
    return [[lon, lat], [lon + size, lat], [lon, lat + size], [lon, lat]]


def test_a_zone_whose_coordinates_are_swapped_is_refused_by_the_depots(tmp_path: Path) -> None:
    """41 E, 8 S is in the Indian Ocean; nobody but the depots knows that it was meant for Porto."""
    path = file(tmp_path, [[lat, lon] for lon, lat in ring(-8.6, 41.1)])
    assert len(read_zone_files([path]).zones) == 1
    with pytest.raises(IntakeError, match=r"zone zone-0, coordinates.*are they swapped"):
        read_zone_files([path], near=[PORTO, LISBON])
    tolerant = read_zone_files([path], tolerant=True, near=[PORTO])
    assert (len(tolerant.zones), len(tolerant.refused)) == (0, 1)


def test_zones_far_from_every_depot_are_told(tmp_path: Path) -> None:
    """A file of another country protects nobody here."""
    zones = read_zone_files([file(tmp_path, ring(-8.6, 41.1), ring(6.1, 49.6))]).zones
    told = told_of_far_zones(zones, [LISBON])
    assert told is not None
    assert "1 of 2 zones are over 300 km from every depot (zone-1)" in told
    assert told_of_far_zones(zones, [LISBON, Place(lon=6.0, lat=49.5)]) is None
    assert told_of_far_zones(zones, []) is None


def test_near_is_near_across_the_antimeridian_and_inside(tmp_path: Path) -> None:
    """A depot at 179.9 W is 22 km from a zone at 179.9 E; inside a zone there is no distance."""
    path = file(tmp_path, ring(179.8, -17.0), [[-30, -30], [30, -30], [30, 30], [-30, 30], [-30, -30]])
    zones = read_zone_files([path]).zones
    assert told_of_far_zones(zones, [Place(lon=-179.9, lat=-17.0), Place(lon=0.0, lat=0.0)]) is None


def test_the_box_around_places() -> None:
    """It is where zones are expected."""
    assert box_around([PORTO, LISBON]) == Box(-9.14, 38.72, -8.61, 41.15)
    assert box_around([]) is None


def test_the_box_around_places_on_both_sides_of_the_antimeridian_is_the_small_one() -> None:
    """The large one is the whole latitude: a zone of Iceland would seem to be there with its coordinates swapped."""
    suva, apia = Place(lon=178.44, lat=-18.14), Place(lon=-171.76, lat=-13.83)
    assert box_around([apia, suva]) == Box(178.44, -18.14, 360.0 - 171.76, -13.83)
    assert box_around(
        [Place(lon=-120.0, lat=0.0), Place(lon=0.0, lat=0.0), Place(lon=110.0, lat=0.0)]
    ) == Box(-120.0, 0.0, 110.0, 0.0)


def test_a_file_that_is_far_from_where_it_is_needed_and_one_of_no_zones_are_told(tmp_path: Path) -> None:
    """Nothing of them is ever met, and every answer would be clear. One zone that is near is enough."""
    folders = [tmp_path / name for name in ("here", "there", "nowhere")]
    for folder in folders:
        folder.mkdir()
    here = file(folders[0], ring(6.1, 49.6), ring(-8.6, 41.1))
    there, nowhere = file(folders[1], ring(6.1, 49.6), ring(6.2, 49.6)), file(folders[2])
    read = read_zone_files([here, there, nowhere])
    assert list(told_of_empty_files(read)) == [f"{nowhere}: holds 0 zones: is it the right file?"]
    assert list(told_of_far_files(read, [PORTO], "the path")) == [
        f"{there}: all of its zones (2) are over 300 km from the path: is it the right file?"
    ]
    assert list(told_of_far_files(read, [], "the path")) == []


def test_who_reads_zones_tolerantly_is_told_what_is_missing(tmp_path: Path) -> None:
    """Areas that allow above all: without the only one everything would be allowed."""
    path = file(tmp_path, ring(-8.6, 41.1), ring(-8.7, 41.1))
    assert told_of_missing_zones(read_zone_files([path], tolerant=True).zones) is None
    document = json.loads(path.read_text(encoding="utf-8"))
    document["features"][0]["properties"] |= {"restriction": "OPERATING_AREA", "upper_ft": 400}
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(IntakeError, match=r"upper_ft.*did you mean upper_m"):
        read_zone_files([path])
    read = read_zone_files([path], tolerant=True)
    told = told_of_missing_zones(read.zones)
    assert told == (
        "1 zone was refused, areas that allow among them (number 1 (zone-0)): nothing is clear until they are read"
    )
    document["features"][0] = {"type": "Feature", "geometry": None, "properties": {"id": "x"}}
    path.write_text(json.dumps(document), encoding="utf-8")
    told = told_of_missing_zones(read_zone_files([path], tolerant=True).zones)
    assert told == "1 zone was refused (number 1 (x)): nothing is known to be clear of them"
