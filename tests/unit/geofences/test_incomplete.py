"""Zones that allow are read as they were meant or not at all, and a set knows which zones it lacks."""

import json
import pickle
from dataclasses import replace
from typing import Any

import pytest

from geofences import (
    Flight,
    Permit,
    Refused,
    Restriction,
    Status,
    Surface,
    Velocity,
    Watch,
    Why,
    ZoneFile,
    ZoneFileError,
    ZoneSet,
    affected,
    authorised,
    check_drive,
    check_flight,
    check_path,
    check_points,
    check_segments,
    compare,
    path_around,
    permits_met,
    protecting,
    read_zones,
    segments_hit,
    speed_limits,
    time_to_breach,
)
from geofences.checks.authorisation import Authorisation
from geofences.drawing import draw
from tests.unit.geofences.make import NOON, SEA, path, place, square, zone
from tests.unit.geofences.test_readers import RING, ed269, ed318, feature

HERE = place(0, 0)
AROUND = {"type": "Polygon", "coordinates": [[list(place(x, y)) for x, y in
          ((-900, -900), (900, -900), (900, 900), (-900, 900), (-900, -900))]]}  # fmt: skip
OPEN_RING = {"type": "Polygon", "coordinates": [RING[:-1]]}
WAY = path((-500, 0, 80), (500, 0, 80))
MISSING_AREA = Refused("number 1 (depot)", "why", Restriction.OPERATING_AREA)
MISSING_ANY = Refused("number 7", "why")


def read(*features: dict[str, Any], strict: bool = False) -> ZoneFile:
    """Features as a file."""
    raw = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    return read_zones(raw, "zones.json", strict=strict)


def area(**said: Any) -> dict[str, Any]:
    """An area to stay inside of, around home."""
    return feature(AROUND, **{"id": "depot", "restriction": "OPERATING_AREA", **said})


BAD_AREAS: dict[str, tuple[dict[str, Any], str, str]] = {
    "the ground for a ceiling": (
        area(upper_m=0, upper_datum="AGL"),
        "upper limit",
        "ground is no upper limit",
    ),
    "a ceiling below its floor": (
        area(lower_m=50, lower_datum="AGL", upper_m=10, upper_datum="AMSL"),
        "upper limit",
        "is not above the lower",
    ),
    "a ring left open": (feature(OPEN_RING, restriction="OPERATING_AREA"), "coordinates", "not closed"),
    "higher than no ceiling": (area(upper_m=120_000, upper_datum="AMSL"), "upper_m", "is it in metres"),
    "feet for metres": (area(upper_ft=400), "properties.upper_ft", "did you mean upper_m?"),
    "start for starts": (area(start_at="2026-01-01T00:00Z"), "start_at", "did you mean starts_at?"),
    "what nobody knows": (area(ceiling=120), "ceiling", "known are .*upper_m"),
    "a datum alone": (area(upper_datum="AGL"), "upper_m", "missing"),
    "within volumes": (area(volumes=[{"upper_ft": 400}]), r"volumes\[0\].upper_ft", "did you mean upper_m?"),
    "within periods": (
        area(periods=[{"startDate": "2026-01-01"}]),
        r"periods\[0\]",
        "did you mean startDateTime?",
    ),
    "within a schedule": (
        area(schedule=[{"day": ["MON"], "startime": "06:00Z"}]),
        r"schedule\[0\]",
        "did you mean startTime?",
    ),
    "no days of the week": (area(schedule=[]), "schedule", "it is empty"),
    "no times": (area(periods=[]), "periods", "it is empty"),
    "no days within periods": (area(periods=[{"schedule": []}]), r"periods\[0\].schedule", "it is empty"),
    "beside volumes": (area(volumes=[{}], upper_m=50, upper_datum="AGL"), "volumes", "beside volumes"),
    "terms of a permit": (area(max_speed_mps=3), "max_speed_mps", "is not known"),
    "an unknown reason": (area(reasons=["DRAGONS"]), "reason", "DRAGONS"),
    "on top": ({**area(), "upper_m": 120}, "upper_m", "is not known"),
    "a misspelt term": (
        feature(AROUND, restriction="PERMIT_AREA", maximum_speed_mps=2.0),
        "maximum_speed_mps",
        "did you mean max_speed_mps?",
    ),
    "a misspelt kind": (feature(AROUND, restriction="Operating area"), "restriction", "OPERATING_AREA"),
    "its kind on top": ({**feature(AROUND), "restriction": "OPERATING_AREA"}, "restriction", "counts only"),
    "properties misspelt": (
        {**feature(AROUND), "propertys": {"restriction": "PERMIT_AREA"}},
        "propertys.restriction",
        "counts only",
    ),
    "its kind elsewhere": (feature(AROUND, restrictoin="OPERATING_AREA"), "restrictoin", "counts only"),
    "a term for nobody": (feature(AROUND, max_speed_mps=3.0), "max_speed_mps", "binds nobody"),
}


@pytest.mark.parametrize("name", BAD_AREAS)
def test_an_area_that_allows_is_never_read_as_larger_than_it_was_meant(name: str) -> None:
    """Refused in either mode; what is left answers UNKNOWN instead of allowing everything."""
    bad, field, words = BAD_AREAS[name]
    with pytest.raises(ZoneFileError, match=words) as refused:
        read(bad, strict=True)
    assert refused.value.field
    found = read(bad)
    assert found.zones == ()
    (listed,) = found.refused
    assert (listed.restriction is None) == (name in MAY_BE_ANYTHING)
    with pytest.raises(ZoneFileError, match=field):
        read(bad, strict=True)
    if listed.restriction is Restriction.PERMIT_AREA:
        assert check_drive(ZoneSet.of(found), WAY, Surface.SIDEWALK, 5.0).status is not Status.CLEAR
    else:
        assert check_path(ZoneSet.of(found), WAY, SEA).status is Status.UNKNOWN


MAY_BE_ANYTHING = (
    "a misspelt kind", "its kind on top", "properties misspelt", "its kind elsewhere", "a term for nobody"
)  # fmt: skip


def test_limits_of_no_restriction_are_not_dropped_either() -> None:
    """Nor does a state's zone without a restriction become larger."""
    free = ed269(restriction="NO_RESTRICTION", upperLimit=0)
    raw = json.dumps({"features": [free]}).encode()
    (listed,) = read_zones(raw, "zones.json", strict=False).refused
    assert listed.restriction is Restriction.NO_RESTRICTION
    assert check_path(ZoneSet(missing=[listed]), WAY, SEA).is_clear  # it would change no answer


@pytest.mark.parametrize("made", [ed269(restriction="OPERATING_AREA"), ed318(type="PERMIT_AREA")])
def test_formats_of_states_hold_no_areas_of_ours(made: dict[str, Any]) -> None:
    """What is no restriction there is not taken for one, nor for a prohibition that leaves all else free."""
    document = (
        {"features": [made]} if "identifier" in made else {"type": "FeatureCollection", "features": [made]}
    )
    for strict in (True, False):
        if strict:
            with pytest.raises(ZoneFileError, match=r"only plain GeoJSON has them|is none of"):
                read_zones(json.dumps(document).encode(), "zones.json")
        else:
            assert len(read_zones(json.dumps(document).encode(), "zones.json", strict=False).refused) == 1


FLAT_269 = feature(identifier="LU-1", country="LUX", restriction="PROHIBITED", geometry={})
OF_OTHERS: dict[str, tuple[dict[str, Any], str]] = {
    "ED-269": (ed269(zone_type="PERMIT_AREA"), "zone_type"),
    "ED-269, terms": (ed269(max_speed_mps=2), "max_speed_mps"),
    "ED-269, deep": (
        ed269(extendedProperties={"geofence": ["operating area"]}),
        "extendedProperties.geofence",
    ),
    "ED-269, in its geometry": (ed269(geometry=[{"restriction": "OPERATING_AREA"}]), "geometry.restriction"),
    "ED-269, flattened": ({**FLAT_269, "restriction": "OPERATING_AREA"}, "restriction"),
    "ED-318": (ed318(restriction="OPERATING_AREA"), "properties.restriction"),
    "ED-318, misspelt": (ed318(restriction="Operatng area"), "properties.restriction"),
    "ED-318, on top": ({**ed318(), "restriction": "PERMIT_AREA"}, "restriction"),
    "ED-318, terms": (ed318(max_count=3), "max_count"),
    "FAA": (feature(CEILING=200, restriction="OPERATING_AREA"), "properties.restriction"),
    "FAA, misspelt": (feature(CEILING=200, restriction=["operating-area"]), "properties.restriction"),
    "GeoJSON, in a list": (feature(AROUND, restriction=["OPERATING_AREA"]), "properties.restriction"),
    "GeoJSON, deep": (feature(AROUND, zone={"restriction": "PERMIT_AREAS"}), "properties.zone.restriction"),
    "GeoJSON, as its type": ({**feature(AROUND), "type": "OPERATING_AREA"}, "type"),
}


@pytest.mark.parametrize("name", OF_OTHERS)
def test_a_file_of_any_format_that_names_an_area_of_ours_where_it_does_not_count_is_refused(
    name: str,
) -> None:
    """Read as a prohibition, it would leave free whatever is outside of it."""
    made, field = OF_OTHERS[name]
    document = {"features": [made]} | ({} if "identifier" in made else {"type": "FeatureCollection"})
    raw = json.dumps(document).encode()
    with pytest.raises(ZoneFileError, match=r"counts only|binds nobody") as refused:
        read_zones(raw, "zones.json")
    assert refused.value.field == field
    found = read_zones(raw, "zones.json", strict=False)
    assert found.zones == ()
    assert [one.restriction for one in found.refused] == [None]
    assert check_path(ZoneSet.of(found), WAY, SEA).status is Status.UNKNOWN


NAMED = {"restriction": "OPERATING_AREA"}
OF_ALL: dict[str, dict[str, Any]] = {
    "on top": {"type": "FeatureCollection", **NAMED, "features": [feature(AROUND)]},
    "as properties": {"type": "FeatureCollection", "properties": NAMED, "features": [feature(AROUND)]},
    "as a geometry": {"type": "FeatureCollection", "geometry": NAMED, "features": [feature(AROUND)]},
    "as geometries": {"type": "FeatureCollection", "geometries": [NAMED], "features": [feature(AROUND)]},
    "of ED-269": {"properties": NAMED, "features": [ed269()]},
    "of UASZoneList": {"properties": NAMED, "UASZoneList": [ed269()]},
    "beside a feature": {**feature(AROUND), "features": NAMED},
    "beside geometries": {"type": "GeometryCollection", "geometries": [AROUND], "properties": NAMED},
}


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("where", OF_ALL)
def test_an_area_of_ours_named_for_all_of_a_file_is_refused(where: str, *, strict: bool) -> None:
    """Its features would be prohibitions, and all the rest free."""
    with pytest.raises(ZoneFileError, match=r"restriction: 'OPERATING_AREA' counts only"):
        read_zones(json.dumps(OF_ALL[where]).encode(), "zones.json", strict=strict)


@pytest.mark.parametrize("record", ["AC OPERATING_AREA", "AC permit area", "AC R\nAY Operatingarea"])
def test_openair_holds_no_areas_of_ours(record: str) -> None:
    """A class that nobody knows prohibits; this one was to allow."""
    raw = f"{record}\nAN Depot\nAL GND\nAH 500 AGL\nV X=41:08:00 N 8:37:00 W\nDC 1\n".encode()
    with pytest.raises(ZoneFileError, match="only plain GeoJSON has them"):
        read_zones(raw, "zones.txt")
    found = read_zones(raw, "zones.txt", strict=False)
    assert (found.zones, [one.restriction for one in found.refused]) == ((), [None])


def test_names_and_texts_may_hold_any_words() -> None:
    """A zone may be called so; nobody states by a name what it demands."""
    words = "Operating area"
    plain = feature(id="OPERATING_AREA", name=words, conditions=words, message=words)
    (one,) = read({**plain, "id": words}, strict=True).zones
    assert (one.zone_id, one.name, one.restriction) == ("OPERATING_AREA", words, Restriction.PROHIBITED)
    said = ed318(
        identifier="A1", name=[{"text": words, "lang": "en"}], message=[{"text": words, "lang": "en"}]
    )
    assert read(said, strict=True).zones[0].name == words
    old = json.dumps({"features": [ed269(identifier="PERMIT_AREA", name=words, message=words)]}).encode()
    assert read_zones(old, "zones.json").zones[0].message == words


def test_titles_and_free_texts_may_hold_any_words() -> None:
    """Of a zone and of a file alike."""
    words, texts = "Operating area", [{"text": "Permit area", "lang": "en"}]
    drawn = feature(title=words, description=words, restriction="PROHIBITED")
    told = ed318(otherReasonInfo=texts, extendedProperties={"remark": texts})
    for made, more in ((drawn, {}), (told, {"metadata": {"provider": texts}})):
        document = {"type": "FeatureCollection", "title": words, "description": words, "features": [made]}
        (one,) = read_zones(json.dumps(document | more).encode(), "zones.json").zones
        assert one.restriction is Restriction.PROHIBITED
    old = {"features": [ed269(otherReasonInfo=words)], "title": words, "description": words}
    assert len(read_zones(json.dumps(old).encode(), "zones.json").zones) == 1


def test_how_a_feature_looks_is_no_fault() -> None:
    """Drawing programs write it."""
    found = read(area(stroke="#f00", **{"fill-opacity": 0.5, "title": "Depot"}), strict=True)
    assert [one.zone_id for one in found.zones] == ["depot"]


def test_what_is_nearly_a_name_is_remarked_on_other_zones() -> None:
    """A prohibiting zone without its ceiling is larger, hence safe; a reader may still want to know."""
    (found,) = read(feature(upper_ft=400, colour="red"), strict=True).zones
    assert "upper_ft is not read: did you mean upper_m?" in found.flags
    assert not any("colour" in flag for flag in found.flags)


# ---- what an incomplete set answers --------------------------------------------------------------


LACKING = ZoneSet(missing=[MISSING_AREA])


def test_every_way_of_asking_a_set_that_lacks_its_operating_area_is_unknown() -> None:
    """One way that answers CLEAR would be the one that is used."""
    result = check_path(LACKING, WAY, SEA)
    assert result.status is Status.UNKNOWN
    assert [(one.why, one.zone_id) for one in result.conflicts] == [(Why.ZONE_REFUSED, MISSING_AREA.zone)]
    assert (result.conflicts[0].from_m, round(result.conflicts[0].to_m)) == (0.0, 1000)
    start, end = [HERE, place(-500, 0)], [place(100, 0), place(60_000, 0)]  # the second is cut into pieces
    assert check_segments(LACKING, start, end, 80.0, 80.0, 0.0, 9.0, SEA).tolist() == [1, 1]
    assert check_points(LACKING, [HERE], 80.0, NOON.timestamp(), SEA).tolist() == [1]
    assert segments_hit(LACKING, [HERE], [place(100, 0)]).tolist() == [True]
    assert Watch(LACKING, SEA).status(*HERE, 80.0, NOON.timestamp()) is Status.UNKNOWN
    assert check_flight(LACKING, WAY, SEA).status is Status.UNKNOWN
    breach = time_to_breach(LACKING, WAY[0], Velocity(10.0, 0.0), 60.0, SEA)
    assert breach is not None
    assert breach.conflict.why is Why.ZONE_REFUSED
    assert not isinstance(
        path_around(LACKING, HERE, place(500, 0), 80.0, NOON, 10.0, SEA, stop=lambda: False), list
    )


def test_what_is_missing_matters_where_it_may() -> None:
    """A named area that is missing blocks; whoever needs no area does not miss one, a zone of any kind he does."""
    assert check_path(LACKING, WAY, SEA, areas=()).is_clear
    assert check_path(LACKING, WAY, SEA, areas=["depot"]).status is Status.BLOCKED
    for kind in (None, Restriction.PROHIBITED, Restriction.CONDITIONAL):
        lacking = ZoneSet(missing=[Refused("x", "why", kind)])
        assert check_path(lacking, WAY, SEA, areas=()).status is Status.UNKNOWN
    for kind in (Restriction.NO_RESTRICTION, Restriction.PERMIT_AREA):
        assert check_path(ZoneSet(missing=[Refused("x", "why", kind)]), WAY, SEA).is_clear
    blocked = ZoneSet([zone(square(0, 0, 100))], missing=[MISSING_ANY])
    assert check_path(blocked, WAY, SEA).status is Status.BLOCKED


def test_who_may_fall_on_what_is_missing_is_not_known() -> None:
    """The zones to protect may be among those that were refused."""
    below = protecting(ZoneSet(missing=[MISSING_ANY]), ["POPULATION"])
    assert check_flight(ZoneSet(), WAY, SEA, below=below).status is Status.UNKNOWN


def test_robots_miss_permit_areas_and_what_may_be_one() -> None:
    """Inside another permit area too: the one that is missing may be stricter."""
    permit = zone(square(0, 0, 750), restriction=Restriction.PERMIT_AREA)
    for kind, status in (
        (Restriction.PERMIT_AREA, Status.UNKNOWN),
        (None, Status.UNKNOWN),
        (Restriction.PROHIBITED, Status.CLEAR),
    ):
        lacking = ZoneSet([permit], missing=[Refused("x", "why", kind)])
        assert check_drive(lacking, WAY, Surface.SIDEWALK, 5.0).status is status


def test_a_set_stays_incomplete_through_changes_other_processes_and_approvals() -> None:
    """Whatever is made of it lacks the same; its version says so (rule E14)."""
    more = zone(square(3_000, 0, 100), zone_id="more", restriction=Restriction.REQ_AUTHORISATION)
    grown = LACKING.with_zone(more)
    for one in (
        grown,
        grown.without_zone("more"),
        pickle.loads(pickle.dumps(grown)),  # noqa: S301 - our own
        authorised(grown, [Authorisation("more")]),
    ):
        assert one.missing == (MISSING_AREA,)
        assert check_path(one, WAY, SEA).status is Status.UNKNOWN
    assert ZoneSet() != LACKING
    assert LACKING.version == ZoneSet(missing=[MISSING_AREA._replace(reason="other words")]).version
    assert "1 missing" in repr(LACKING)


def test_a_set_that_becomes_whole_concerns_every_flight() -> None:
    """What was unknown is clear."""
    (freed,) = affected(LACKING, ZoneSet(), [Flight(tuple(WAY))], SEA)
    assert freed.is_freed
    (stopped,) = affected(ZoneSet(), LACKING, [Flight(tuple(WAY))], SEA)
    assert stopped.is_stopped


def test_a_set_of_several_files_lacks_what_any_of_them_refused() -> None:
    """Complete where nothing was refused."""
    good, bad = read(feature(AROUND, id="a")), read(feature(AROUND, id="b"), area(upper_ft=1))
    assert ZoneSet.of(good).missing == ()
    both = ZoneSet.of(good, bad)
    assert [one.zone_id for one in both.zones] == ["a", "b"]
    assert [one.zone for one in both.missing] == ["number 2 (depot)"]


def test_swapped_zones_are_missed_by_their_kind() -> None:
    """Where a zone that is refused for its place was to be, nobody knows either."""
    swapped = {"type": "Polygon", "coordinates": [[[lat, lon] for lon, lat in RING]]}
    found = read(*[feature(id=str(n)) for n in range(4)], feature(swapped, restriction="OPERATING_AREA"))
    assert [one.restriction for one in found.refused] == [Restriction.OPERATING_AREA]


def test_no_speed_is_allowed_and_no_count_is_whole_where_permit_areas_lack() -> None:
    """One of those that were refused may be there, with a lower speed, and may count as well."""
    wide = zone(square(0, 0, 2000), zone_id="wide", restriction=Restriction.PERMIT_AREA)
    known = replace(wide, permit=Permit(Surface.ANY, max_speed_mps=2.0))
    points = [place(-500, 0), place(0, 0), place(500, 0)]
    kinds = (Restriction.PERMIT_AREA, None, Restriction.PROHIBITED, Restriction.OPERATING_AREA)
    for kind, lacks in zip(kinds, (True, True, False, False), strict=True):
        zones = ZoneSet([known], missing=[Refused("number 3", "why", kind)])
        assert speed_limits(zones, points, Surface.SIDEWALK) == ((0.0, 0.0) if lacks else (2.0, 2.0))
        met = permits_met(zones, WAY, Surface.SIDEWALK)
        assert ([one.zone_id for one in met.zones], met.missing) == (["wide"], ("number 3",) if lacks else ())


def test_sets_that_lack_zones_are_not_said_to_be_the_same() -> None:
    """The one may have what the other lacks; what is seen to differ is told all the same."""
    one = ZoneSet([zone(square(0, 0, 100))])
    for lacking in (LACKING, ZoneSet(one.zones, missing=[MISSING_ANY])):
        for found in (compare(one, lacking), compare(lacking, one)):
            assert found
            assert found.missing == lacking.missing
            assert found.is_seen is (lacking is LACKING)
    assert compare(LACKING, LACKING)
    assert compare(LACKING, LACKING).missing == (MISSING_AREA, MISSING_AREA)
    assert not compare(one, one)


def test_a_picture_says_what_it_lacks() -> None:
    """Whoever looks at it would take the blank for free."""
    one = zone(square(0, 0, 100))
    assert "1 of 1 zones, 2 more refused in reading" in draw(
        ZoneSet([one], missing=[MISSING_AREA, MISSING_ANY])
    )
    assert "refused" not in draw(ZoneSet([one]))
