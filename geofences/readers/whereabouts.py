"""Zones whose longitude and latitude are swapped: found where swapping them back puts them where they belong.

What is out of range is refused as a shape. What is within range looks sound: a zone of Luxembourg at 6 N, 49 E lies
in the Indian Ocean, and nothing at home would ever meet it. A zone is taken for swapped only if it is far from where it
belongs, and if it would be there with its coordinates the other way round. It belongs into the country that it
names, near what is expected by whoever reads, and near most of the zones of its file.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from statistics import median_low
from typing import NamedTuple

from geofences.errors import ZoneFileError
from geofences.model.altitude import Box
from geofences.model.refused import Refused
from geofences.model.zone import CircleShape, Position, Zone
from geofences.readers.collection import ZoneFile
from geofences.readers.countries import COUNTRIES

BEYOND_COUNTRY_DEG = 2.0
"""A zone may lie this far outside the box of its country, which has the sea in it that the country is in charge of."""

NEAR_DEG, FAR_DEG = 3.0, 10.0
"""Near is within, far is beyond so many degrees. Swapping moves along a diagonal, hence nothing in one region of 10
degrees is ever taken for swapped.
"""

SWAPPED = "longitude comes first, are they swapped?"
"""Ends what is said of a zone that is taken for swapped."""

FEWEST = 3
"""So many zones at least make a neighbourhood."""


class _Home(NamedTuple):
    """Where a zone belongs: swapped zones would be within `near`, and are outside `far`."""

    near: Box
    far: Box
    name: str


def without_misplaced(found: ZoneFile, expect: Box | None, *, strict: bool) -> ZoneFile:
    """The file without the zones that are swapped, which are listed. Strict raises `ZoneFileError` for the first."""
    homes = [*_expected(expect), *_neighbourhood(found.zones)]
    kept: list[Zone] = []
    refused: list[Refused] = []
    for zone in found.zones:
        reason = _swapped(zone, (*_country(zone), *homes))
        if reason is None:
            kept.append(zone)
        elif strict:
            raise ZoneFileError(found.source, zone.zone_id, "coordinates", reason)
        else:
            refused.append(Refused(zone.zone_id, f"coordinates: {reason}", zone.restriction))
    return replace(found, zones=tuple(kept), refused=(*found.refused, *refused)) if refused else found


def _swapped(zone: Zone, homes: Iterable[_Home]) -> str | None:
    """Why a zone is taken for swapped, if it is."""
    places = [_place(zone, number) for number in range(len(zone.volumes))]
    for home in homes:
        for lon, lat in places:
            if not _inside(home.far, lon, lat) and _inside(home.near, lat, lon):
                where = f"{lon:g}, {lat:g} is far from {home.name}, {lat:g}, {lon:g} is there"
                return f"{where}: {SWAPPED}"
    return None


def _place(zone: Zone, number: int) -> Position:
    shape = zone.volumes[number].shape
    return (shape.lon, shape.lat) if isinstance(shape, CircleShape) else shape.outer[0]


def _country(zone: Zone) -> Iterator[_Home]:
    box = COUNTRIES.get(zone.country.upper())
    if box is not None:
        yield _Home(box, _grown(box, BEYOND_COUNTRY_DEG), zone.country)


def _expected(expect: Box | None) -> Iterator[_Home]:
    if expect is not None:
        yield _Home(_grown(expect, NEAR_DEG), _grown(expect, FAR_DEG), "where zones are expected")


def _neighbourhood(zones: Sequence[Zone]) -> Iterator[_Home]:
    """Around the middle of all zones, if most of them are there: it does not move when a few are elsewhere."""
    if len(zones) < FEWEST:
        return
    places = [_place(zone, 0) for zone in zones]
    lon, lat = median_low(lon for lon, _ in places), median_low(lat for _, lat in places)
    middle = Box(lon, lat, lon, lat)
    near = _grown(middle, NEAR_DEG)
    if 2 * sum(_inside(near, *place) for place in places) > len(places):
        yield _Home(near, _grown(middle, FAR_DEG), "most zones of the file")


def _grown(box: Box, degrees: float) -> Box:
    return Box(box.west - degrees, box.south - degrees, box.east + degrees, box.north + degrees)


def _inside(box: Box, lon: float, lat: float) -> bool:
    """Whether a position is in a box, which may lie across the antimeridian."""
    turned = (lon, lon + 360.0, lon - 360.0)
    return box.south <= lat <= box.north and any(box.west <= each <= box.east for each in turned)
