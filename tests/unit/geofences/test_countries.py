"""Ids are given by countries: an approval for one country's zone lifts no other's."""

from dataclasses import replace

import pytest

from geofences import (
    STATUSES,
    Authorisation,
    Restriction,
    Status,
    Watch,
    Zone,
    ZoneKey,
    ZoneSet,
    authorised,
    check_path,
    check_points,
    distance_to_nearest,
    segments_hit,
)
from geofences.checks.authorisation import Unfit, concerns, unfit
from tests.unit.geofences.make import NOON, SEA, path, square, zone

NAME = "CTR-1"
SPAIN, PORTUGAL = (
    replace(zone(square(x, 0, 200), zone_id=NAME, restriction=Restriction.REQ_AUTHORISATION), country=country)
    for x, country in ((-1000, "ESP"), (1000, "prt"))
)
BOTH = ZoneSet([SPAIN, PORTUGAL])
OVER = {"ESP": path((-1000, 0, 50)), "PRT": path((1000, 0, 50))}


def cleared(zones: ZoneSet, *held: str | ZoneKey) -> set[str]:
    """Over which of the two zones a drone may be; every way of asking says the same (`segments_hit` and
    `distance_to_nearest` know no times, in which an authorisation consists).
    """
    found = set()
    for country, (at,) in OVER.items():
        answers = {
            check_path(zones, [at], SEA, held=held).status,
            Watch(zones, SEA, held=held).status(at.lon, at.lat, 50.0, NOON.timestamp()),
            STATUSES[check_points(zones, [(at.lon, at.lat)], 50.0, 0.0, SEA, held=held)[0]],
        }
        if not any(one.unfit for one in zones.zones):
            hit = segments_hit(zones, [(at.lon, at.lat)], [(at.lon, at.lat)], held=held)[0]
            nearest = distance_to_nearest(zones, at.lon, at.lat, within_m=100.0, held=held)
            answers |= {Status.BLOCKED if hit else Status.CLEAR, Status.BLOCKED if nearest else Status.CLEAR}
        (answer,) = answers
        found |= {country} if answer is Status.CLEAR else set()
    return found


def test_what_is_held_by_id_alone_lifts_neither_of_two_countries_zones() -> None:
    """By country and id it lifts the one that is meant; a country's case does not matter where zones state it."""
    assert cleared(BOTH) == set()
    assert cleared(BOTH, NAME) == set()
    assert cleared(BOTH, ZoneKey("PRT", NAME)) == {"PRT"}
    assert cleared(BOTH, ZoneKey("ESP", NAME), ZoneKey("PRT", NAME)) == {"ESP", "PRT"}
    assert cleared(ZoneSet([PORTUGAL]), NAME) == {"ESP", "PRT"}
    assert cleared(ZoneSet([PORTUGAL, replace(SPAIN, country="PRT")]), NAME) == {"ESP", "PRT"}


def test_a_zone_that_needs_no_approval_leaves_an_id_to_the_other() -> None:
    """It is not what is meant by an approval."""
    closed = replace(SPAIN, restriction=Restriction.PROHIBITED)
    assert cleared(ZoneSet([closed, PORTUGAL]), NAME) == {"PRT"}


@pytest.mark.parametrize(
    ("country", "lifted"), [("PRT", {"PRT"}), ("prt", {"PRT"}), ("ESP", {"ESP"}), ("", set())]
)
def test_an_authorisation_is_for_a_zone_of_its_country(country: str, lifted: set[str]) -> None:
    """Whether the second country's zones came with the first or were added while checks ran."""
    held = [Authorisation(NAME, country=country)]
    assert cleared(authorised(BOTH, held)) == lifted
    first = ZoneSet([SPAIN])
    assert len(authorised(first, held)) == 1
    first.kernel  # noqa: B018 - so that the grown set uses what was worked out
    assert cleared(authorised(first.with_zone(PORTUGAL), held)) == lifted


def test_why_one_lifts_nothing_is_told() -> None:
    """To whom its number is known."""
    assert unfit(BOTH, Authorisation(NAME)) is Unfit.WHICH_COUNTRY
    assert unfit(BOTH, Authorisation(NAME, country="FRA")) is Unfit.OTHER_COUNTRY
    assert unfit(BOTH, Authorisation(NAME, country="ESP")) is None
    assert unfit(BOTH, Authorisation("CTR-2", country="ESP")) is Unfit.NO_SUCH_ZONE
    closed = replace(SPAIN, restriction=Restriction.PROHIBITED)
    assert unfit(ZoneSet([closed, PORTUGAL]), Authorisation(NAME, country="ESP")) is Unfit.NOT_ON_APPROVAL


def test_what_is_held_for_a_zone_is_shown_with_that_zone_only() -> None:
    """One of the other country's is no concern of it."""

    def shown(country: str) -> list[Zone]:
        return [one for one in BOTH.zones if concerns(BOTH, Authorisation(NAME, country=country), one)]

    assert shown("ESP") == [SPAIN]
    assert shown("") == []
