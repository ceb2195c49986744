"""National profiles: what a country's files do otherwise is data, and nothing that strict reading lets pass."""

import json
from pathlib import Path
from typing import Any

import pytest

from geofences import CircleShape, Limit, Restriction, ZoneFile, ZoneFileError, read_zones, read_zones_file
from geofences.model.altitude import Datum
from geofences.readers import profiles
from geofences.readers.profiles import DEVIATIONS, STANDARD, chosen, parsed
from tests.unit.geofences.test_readers import POLYGON, REAL, ed269, ed318, feature

SCHEMA_ONLY = {"ed318_official/examples/InvalidExample_GeoZone_2_Layers.json"}


def read(*zones: Any, collection: bool = True, **options: Any) -> ZoneFile:
    """Zones in either wrapper."""
    document = {"features": list(zones), **({"type": "FeatureCollection"} if collection else {})}
    return read_zones(json.dumps(document).encode(), "zones.json", **options)


def flattened(**said: Any) -> dict[str, Any]:
    """A zone as the Estonian file writes it."""
    limits = {
        "uomDimensions": "M",
        "lowerLimit": 0,
        "lowerVerticalReference": "AGL",
        "upperLimit": 9999,
        "upperVerticalReference": "AGL",
    }
    zone = {"identifier": "EE1", "country": "EST", "restriction": "NO_RESTRICTION", "reason": "Air traffic"}
    return {"type": "Feature", "geometry": POLYGON, "properties": {**zone, "geometry": limits, **said}}


def test_every_real_file_is_read_and_the_invalid_one_refused(shared_data: Path) -> None:
    """Strictly where `REAL` says so; none is left out."""
    folder = shared_data / "geozones"
    names = {str(path.relative_to(folder)) for path in folder.rglob("*.json")}
    files = {name for name in names if "/schema/" not in name and "Partial" not in name} | REAL.keys()
    for name in sorted(files):
        if name in SCHEMA_ONLY:
            with pytest.raises(ZoneFileError):
                read_zones_file(folder / name)
        else:
            assert read_zones_file(folder / name, strict=name in REAL).zones, name


@pytest.mark.parametrize(
    ("name", "profile"),
    [("ed269-lu", "lux"), ("ed269-fi", "fin"), ("ed269-ch", "che"), ("eans-ee", "est"), ("ed318-se", "")],
)
def test_the_profile_is_seen_from_the_country(name: str, profile: str, shared_data: Path) -> None:
    """Of all the zones of a file."""
    assert read_zones_file(shared_data / "geozones" / "eu_small" / f"{name}.json").profile == profile


def test_a_zone_of_another_country_ends_the_detection() -> None:
    """A file of several countries is nobody's."""
    with pytest.raises(ZoneFileError, match="flattened"):
        read(flattened(), flattened(country="LVA"))
    assert read(flattened(), flattened(country="LVA"), profile="est").profile == "est"


def test_deviations_are_refused_without_the_profile_that_knows_them() -> None:
    """Rule E11: strict validation and national profiles are two things."""
    (zone,) = read(flattened()).zones
    assert zone.restriction is Restriction.NO_RESTRICTION
    assert zone.reasons == ("AIR_TRAFFIC",)
    assert [flag.split(":")[0] for flag in zone.flags[:2]] == ["properties.geometry", "reason"]
    for field, zones in (("properties.geometry", [flattened()]), ("reason", [ed269(reason="AIR_TRAFFIC")])):
        with pytest.raises(ZoneFileError) as refused:
            read(*zones, collection=field != "reason", profile="standard")
        assert refused.value.field == field


def test_words_of_a_country_are_no_words_of_another() -> None:
    """What is not known is prohibited and remarked (rule E12)."""
    (zone,) = read(flattened(country="LVA"), strict=False).zones
    assert zone.restriction is Restriction.PROHIBITED
    (told,) = read(flattened(reason="Lohe"), strict=False).zones
    assert told.restriction is Restriction.PROHIBITED
    with pytest.raises(ZoneFileError, match="unknown 'Lohe'"):
        read(flattened(reason="Lohe"))


def test_the_height_that_means_none() -> None:
    """9999 is a height in other countries."""
    assert read(flattened()).zones[0].volumes[0].upper == Limit(float("inf"), Datum.AGL)
    other = read(ed269(upperLimit=9999), collection=False).zones[0]
    assert other.volumes[0].upper == Limit(9999.0, Datum.AGL)


@pytest.mark.parametrize(
    ("country", "change", "field"),
    [
        ("CHE", {"identifier": "Montreux Concert Area"}, "identifier"),
        ("FIN", {"zoneAuthority": None}, "zoneAuthority"),
        ("LUX", {"zoneAuthority": []}, "zoneAuthority"),
    ],
)
def test_ed318_takes_what_the_country_is_known_for(country: str, change: dict[str, Any], field: str) -> None:
    """And remarks on it; an identifier that is missing is no long one."""
    places = {"CHE": (7.4, 46.9), "FIN": (24.9, 60.3), "LUX": (6.1, 49.6)}
    lon, lat = places[country]
    ring = [[lon, lat], [lon + 0.1, lat], [lon, lat + 0.1], [lon, lat]]
    zone = ed318({"type": "Polygon", "coordinates": [ring]}, country=country, **change)
    assert read(zone).zones[0].flags[0].startswith(field)
    with pytest.raises(ZoneFileError, match=field):
        read(zone, profile="standard")
    with pytest.raises(ZoneFileError, match="identifier"):
        read(ed318({"type": "Polygon", "coordinates": [ring]}, country=country, identifier=None))


def test_danish_places_have_their_distance() -> None:
    """5 with unit 1 is 5 km, 150 with unit 1000 is 150 m; other members have names of their own."""
    said = {"typeId": "Politi", "Farve": "4", "title": "Station", "Bufferzone": "150", "Aktiv": "JA"}
    point = {"type": "Point", "coordinates": [12.2, 55.5]}
    far, near = (feature(point, **said, Lovkrav=n, Enhed=u) for n, u in ((5, "1"), (150, "1000")))
    found = read(far, near)
    assert [zone.volumes[0].shape for zone in found.zones] == [
        CircleShape(12.2, 55.5, 5000.0),
        CircleShape(12.2, 55.5, 150.0),
    ]
    assert (found.profile, found.zones[0].name, found.zones[0].country) == ("dnk", "Station", "DNK")
    assert "Bufferzone: '150' is not evaluated" in found.zones[0].flags
    for lovkrav, enhed in ((None, None), (5, "2"), ("5", "1"), (True, "1"), (10**400, "1"), (-5, "1")):
        bad = read(far, feature(point, **said, Lovkrav=lovkrav, Enhed=enhed), strict=False)
        assert (len(bad.zones), len(bad.refused)) == (1, 1)


def test_each_profile_says_where_it_is_from() -> None:
    """A deviation that nobody has seen in a file is none."""
    assert {"che", "dnk", "est", "fin", "lux"} == profiles().keys()
    for one in profiles().values():
        assert one.source
        assert one.title
        assert one.country or one.marks
        assert one.allows <= DEVIATIONS.keys()


@pytest.mark.parametrize(
    "text",
    ['source = "a"\nalows = []', 'source = "a"\nallows = ["anything"]', 'country = "XXX"', "source = "],
)
def test_a_slip_in_a_profile_is_refused(text: str) -> None:
    """It would allow what nobody meant, or nothing."""
    with pytest.raises(ValueError, match=r"profile xxx|Invalid value"):
        parsed("xxx", text)


def test_a_profile_that_is_not_there_is_named() -> None:
    """With those that are."""
    with pytest.raises(ValueError, match="no profile 'che2'; known are standard, che, dnk"):
        read(ed318(), profile="che2")
    assert chosen("standard", {}) is STANDARD
