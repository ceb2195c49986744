"""Landing sites along a path."""

import itertools
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from geofences import (
    Applicability,
    Diverting,
    FlatTerrain,
    GroundRisk,
    LandingSite,
    LandingStretch,
    NoSiteWhy,
    PathError,
    Refused,
    Restriction,
    TimePeriod,
    Zone,
    ZoneSet,
    landing_sites,
)
from tests.unit.geofences.make import NOON, SEA, agl, amsl, circle, path, place, square, zone

FLYING = Diverting(slowest_mps=10.0, fastest_mps=20.0, range_m=2_000.0)
EAST = path((0, 0, 80), (1000, 0, 80))


def site(name: str, east_m: float, north_m: float, ground_m: float | None = None) -> LandingSite:
    return LandingSite(name, *place(east_m, north_m), ground_m)


def look(zones: list[Zone], *sites: LandingSite, **options: Any) -> list[LandingStretch]:
    given: dict[str, Any] = {
        "path": EAST,
        "terrain": SEA,
        "flying": FLYING,
        "stop": lambda: False,
        "tolerance_m": 1.0,
        **options,
    }
    return list(landing_sites(ZoneSet(zones), sites=sites, **given))


def said(found: list[LandingStretch]) -> list[tuple[str | None, int, int]]:
    return [(one.site_id or one.why, round(one.from_m), round(one.to_m)) for one in found]


def test_the_nearer_of_two_sites_up_to_the_middle_between_them() -> None:
    """Exactly: within the tolerance, which is stated."""
    found = look([], site("a", 200, 300), site("b", 800, 300))
    assert [one.site_id for one in found] == ["a", "b"]
    assert found[0].to_m == pytest.approx(500.0, abs=1.0)
    assert found[0].least_m == pytest.approx(300.0, abs=0.1)
    assert found[0].most_m == pytest.approx(424.3, abs=1.0)
    assert found[0].via == ()


def test_a_shadow_is_found_however_narrow() -> None:
    """A mast of 2 m width beside the path hides the site for metres only, between all samples that one might take."""
    found = look([zone(circle(613, 20, 1.0))], site("a", 613, 300), most_around=0, tolerance_m=0.2)
    assert [one.site_id for one in found] == ["a", None, "a"]
    hidden = found[1]
    assert hidden.why is NoSiteWhy.NO_CLEAR_WAY
    assert hidden.zones == ("Z",)
    assert 611.0 < hidden.from_m < 612.5
    assert 613.5 < hidden.to_m < 615.0


def test_the_way_leads_around_where_it_cannot_lead_straight() -> None:
    """By way of corners, and not more than the stated 250 m and 1 % longer than the best."""
    found = look([zone(square(500, 200, 100))], site("a", 500, 400), margin_m=10.0)
    assert {one.site_id for one in found} == {"a"}
    behind = next(one for one in found if one.from_m <= 500.0 <= one.to_m)
    assert behind.via
    assert behind.most_m is not None
    assert behind.most_m < 650.0


def test_a_farther_site_with_a_straight_way_comes_before_a_longer_way_around() -> None:
    """Ways are compared by their lengths."""
    walls = [zone(square(500, 220, 200))]
    found = look(walls, site("behind", 500, 440), site("free", 500, -500))
    assert next(one for one in found if one.from_m <= 500.0 <= one.to_m).site_id == "free"


def test_a_zone_that_begins_before_the_slowest_arrival_blocks() -> None:
    """It may be there at any time from the fastest to the slowest; 500 m take 25 to 50 s, coming down 40 s."""
    still = path((0, 0, 80))
    for begins_s, clear in ((91.0, True), (89.0, False), (30.0, False)):
        later = Applicability((TimePeriod(NOON + timedelta(seconds=begins_s), None),))
        found = look([zone(circle(500, 0, 20), applicability=later)], site("a", 500, 0), path=still)
        assert (found[0].site_id == "a") is clear, begins_s
    over = Applicability((TimePeriod(None, NOON + timedelta(seconds=23)),))
    assert (
        look([zone(circle(500, 0, 20), applicability=over)], site("a", 500, 0), path=still)[0].site_id == "a"
    )


def test_times_that_may_be_wrong_count() -> None:
    """By a margin, or by what the path says of its own."""
    still = path((0, 0, 80))
    later = Applicability((TimePeriod(NOON + timedelta(seconds=95), None),))
    zones = [zone(circle(500, 0, 20), applicability=later)]
    assert look(zones, site("a", 500, 0), path=still)[0].site_id == "a"
    assert look(zones, site("a", 500, 0), path=still, time_margin_s=10.0)[0].site_id is None
    wrong = [replace(still[0], within_s=10.0)]
    assert look(zones, site("a", 500, 0), path=wrong)[0].site_id is None


def test_a_set_that_lacks_zones_knows_of_no_site() -> None:
    """The one that is missing may be anywhere."""
    found = look([], site("a", 500, 300))
    assert found[0].site_id == "a"
    lacking = ZoneSet([], missing=[Refused("gone", "unreadable")])
    flown = landing_sites(lacking, EAST, [site("a", 500, 300)], SEA, FLYING, lambda: False)
    assert [(one.site_id, one.why, one.zones) for one in flown] == [
        (None, NoSiteWhy.PATH_NOT_CLEAR, ("gone",))
    ]


def test_a_zone_below_the_path_blocks_the_way_down_only() -> None:
    """Over it is flown; into it is not landed."""
    low = zone(square(500, 200, 50), upper=amsl(60.0))
    beyond = look([low], site("a", 500, 400))
    assert said(beyond) == [("a", 0, 1000)]
    assert not beyond[0].via
    within = look([low], site("a", 500, 200))
    assert said(within) == [(NoSiteWhy.NO_CLEAR_WAY, 0, 1000)]
    assert within[0].zones == ("Z",)


def test_what_may_not_be_fallen_on_is_flown_around_at_any_height() -> None:
    """A zone far below, of people: neither over it nor near it, and not down into it."""
    town = replace(zone(square(500, 200, 50), upper=amsl(10.0)), reasons=("POPULATION",))
    assert not look([town], site("a", 500, 400))[0].via
    ground = GroundRisk(100.0)
    around = look([town], site("a", 500, 400), ground=ground)
    behind = next(one for one in around if one.from_m <= 500.0 <= one.to_m)
    assert behind.site_id == "a"
    assert behind.via
    assert said(look([town], site("a", 500, 290), ground=ground)) == [(NoSiteWhy.NO_CLEAR_WAY, 0, 1000)]


def test_a_climb_has_stretches_in_time() -> None:
    """Above a low zone the way is free, below its limit it is not: where is told by the time."""
    low = zone(square(500, 0, 50), upper=amsl(40.0))
    found = look([low], site("a", 1000, 0), path=path((0, 0, 0), (0, 0, 80)), most_around=0)
    assert [one.site_id for one in found] == [None, "a"]
    assert (found[1].from_at - NOON).total_seconds() == pytest.approx(30.0, abs=1.0)
    assert found[0].to_at == found[1].from_at


def test_terrain_that_leaves_it_open_leaves_none() -> None:
    """70 m above ground that may lie 15 m higher: unknown is not clear."""
    low = zone(square(500, 200, 300), upper=agl(70.0))
    assert said(look([low], site("a", 500, 600), terrain=FlatTerrain(0.0, 5.0), most_around=0)) == [
        ("a", 0, 1000)
    ]
    open_ = look([low], site("a", 500, 600), terrain=FlatTerrain(0.0, 15.0), most_around=0)
    middle = next(one for one in open_ if one.from_m <= 500.0 <= one.to_m)
    assert middle.site_id is None


def test_a_site_above_the_path_is_none() -> None:
    """Ways are level: it is not climbed to a site."""
    assert said(look([], site("hill", 500, 100, 120.0), site("valley", 500, 900, 10.0))) == [
        ("valley", 0, 1000)
    ]


def test_too_far_and_in_a_zone() -> None:
    """Each with its reason, cut where it begins to hold."""
    far = look([], site("a", -1900, 0))
    assert [one.site_id or one.why for one in far] == ["a", NoSiteWhy.TOO_FAR]
    assert 99.0 <= far[0].to_m <= 100.0
    met = look([zone(square(500, 0, 100))], site("a", 1500, 0), most_around=0)
    assert [one.why for one in met[:2]] == [NoSiteWhy.NO_CLEAR_WAY, NoSiteWhy.PATH_NOT_CLEAR]
    assert met[-1].site_id == "a"
    assert met[-1].from_m == pytest.approx(600.5, abs=0.6)
    assert met[1].from_m == pytest.approx(399.5, abs=0.6)
    assert met[1].zones == ("Z",)
    assert said(look([])) == [(NoSiteWhy.TOO_FAR, 0, 1000)]


def test_operating_areas_are_not_left() -> None:
    """A way over what lies outside is none; one around inside is."""
    inside = zone(square(500, 0, 600), zone_id="OURS", restriction=Restriction.OPERATING_AREA)
    found = look([inside], site("in", 500, 300), site("out", 500, 650))
    assert said(found) == [("in", 0, 1000)]
    assert said(look([inside], site("out", 500, 650))) == [(NoSiteWhy.NO_CLEAR_WAY, 0, 1000)]
    two = [
        zone(square(0, 0, 250), square(500, 0, 251), zone_id="OURS", restriction=Restriction.OPERATING_AREA),
        zone(square(500, 500, 250), zone_id="MORE", restriction=Restriction.OPERATING_AREA),
    ]
    around = look(two, site("corner", 500, 600), path=path((0, 200, 80)))
    assert around[0].site_id == "corner"
    assert around[0].via


def test_held_approvals_open_zones() -> None:
    """As in every check."""
    asks = zone(square(500, 200, 50), restriction=Restriction.REQ_AUTHORISATION)
    assert look([asks], site("a", 500, 200))[0].site_id is None
    assert said(look([asks], site("a", 500, 200), held={"Z"})) == [("a", 0, 1000)]


def test_stop_is_heeded() -> None:
    """What was found before stays."""
    asked = iter(range(3))
    found = look([], site("a", 500, 100), stop=lambda: next(asked, None) is None)
    assert found[0].site_id == "a"
    assert found[-1].why is NoSiteWhy.STOPPED


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"flying": replace(FLYING, slowest_mps=0.0)}, ValueError, "slowest first"),
        ({"flying": replace(FLYING, slowest_mps=30.0)}, ValueError, "slowest first"),
        ({"flying": replace(FLYING, range_m=20_000.0)}, ValueError, "range_m"),
        ({"flying": replace(FLYING, descent_mps=float("nan"))}, ValueError, "descent_mps"),
        ({"tolerance_m": 0.0}, ValueError, "tolerance_m"),
        ({"path": []}, PathError, "at least one waypoint"),
    ],
)
def test_bad_input_is_refused(change: dict[str, Any], error: type[Exception], words: str) -> None:
    """With what is wrong."""
    with pytest.raises(error, match=words):
        look([], site("a", 0, 0), **change)


def test_bad_sites_are_refused() -> None:
    """By name."""
    with pytest.raises(ValueError, match="two landing sites are called 'a'"):
        look([], site("a", 0, 0), site("a", 1, 0))
    with pytest.raises(PathError, match="'a' is off the globe"):
        look([], LandingSite("a", 0.0, 91.0))
    with pytest.raises(PathError, match="'a' is off the globe"):
        look([], LandingSite("a", float("nan"), 0.0))
    with pytest.raises(PathError, match="no number"):
        look([], replace(site("a", 0, 0), ground_amsl_m=float("inf")))


def test_thousands_of_sites_and_across_the_antimeridian() -> None:
    """The nearest of many is found from a few; a site beyond 180 degrees is near."""
    grid = itertools.product(range(-40, 40), repeat=2)
    many = [LandingSite(f"{x}/{y}", *place(x * 200.0 + 100.0, y * 200.0 + 80.0)) for x, y in grid]
    found = look([], *many)
    assert [one.site_id for one in found] == [f"{x}/0" for x in range(5)]
    lon, lat = 179.999, 10.0
    flown = [replace(EAST[0], lon=lon, lat=lat), replace(EAST[1], lon=-179.999, lat=lat)]
    over = look([], LandingSite("w", 179.995, lat), LandingSite("e", -179.995, lat), path=flown)
    assert [one.site_id for one in over] == ["w", "e"]
