"""The checker's own zone reader: the three formats, heights, times."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.checker.document import PathPoint
from tests.checker.geo import densify
from tests.checker.zones import Ground, Zone, read_zones
from tests.unit.checker.builder import LAUNCH, away, box, clock

Json = dict[str, Any]
FLAT = Ground(0.0, 5.0)


def read(folder: Path, *features: Json, key: str = "features") -> list[Zone]:
    """The zones of a file with these features."""
    path = folder / "zones.json"
    path.write_text("\ufeff" + json.dumps({key: features}), encoding="utf-8")
    return read_zones(path)


def breaches(zones: list[Zone], alt_m: float = 60.0, at: datetime | None = None) -> bool:
    """Whether a level flight of 3 km to the east from the launch site, past 1.5 km, meets a zone."""
    start = at or clock("12:00:00")
    here, there = LAUNCH, away(LAUNCH, 3000, 0)
    path = (PathPoint(*here, alt_m, start), PathPoint(*there, alt_m, start.replace(minute=start.minute + 4)))
    samples = densify(path)
    return any(zone.breach(samples, samples.alts_m, FLAT) is not None for zone in zones)


def ed269(lower: float | None, upper: float | None, reference: str = "AGL", **fields: Any) -> Json:
    """A circle of 300 m in the middle of the way."""
    projection = {"type": "Circle", "center": list(away(LAUNCH, 1500, 0)), "radius": 300}
    limits = {"lowerLimit": lower, "upperLimit": upper}
    references = {"lowerVerticalReference": reference, "upperVerticalReference": reference}
    volume = {"uomDimensions": "M", "horizontalProjection": projection} | limits | references
    return {"identifier": "Z", "restriction": "PROHIBITED", "geometry": [volume]} | fields


@pytest.mark.parametrize("key", ["features", "UASZoneList"])
def test_ed269_in_both_wrappers(key: str, tmp_path: Path) -> None:
    """Real files use either, with a byte-order mark."""
    assert breaches(read(tmp_path, ed269(0, 100), key=key))


@pytest.mark.parametrize(
    ("lower", "upper", "met"),
    [
        (0, 50, False),
        (0, 57, True),
        (0, 70, True),
        (70, 120, False),
        (62, 120, True),
        (None, 70, True),
        (None, None, True),
    ],
)
def test_limits_with_the_terrain_error(
    lower: float | None, upper: float | None, met: bool, tmp_path: Path
) -> None:
    """60 m over ground known to 5 m: a limit within 5 m of it may be broken; no limit reaches on."""
    assert breaches(read(tmp_path, ed269(lower, upper))) is met


def test_a_limit_above_sea_level_has_no_terrain_error(tmp_path: Path) -> None:
    """The plan's heights are above mean sea level themselves."""
    assert not breaches(read(tmp_path, ed269(0, 57, "AMSL")))


def test_a_circle_is_geodesic(tmp_path: Path) -> None:
    """A circle of 300 m is passed at 310 m and met at 290 m."""
    for north, met in ((310, False), (290, True)):
        zone = ed269(0, 100)
        zone["geometry"][0]["horizontalProjection"]["center"] = list(away(LAUNCH, 1500, north))
        assert breaches(read(tmp_path, zone)) is met


@pytest.mark.parametrize(("day", "met"), [("TUE", True), ("SUN", False), ("ANY", True)])
def test_weekly_schedule(day: str, met: bool, tmp_path: Path) -> None:
    """24 November 2026 is a Tuesday."""
    slot = {"day": [day], "startTime": "11:00Z", "endTime": "13:00:00.00Z"}
    span = {"startDateTime": "2026-01-01T00:00:00Z", "endDateTime": "2026-12-31T00:00:00Z", "permanent": "NO"}
    zones = read(tmp_path, ed269(0, 100, applicability=[span | {"schedule": [slot]}]))
    assert breaches(zones) is met
    assert not breaches(zones, at=clock("14:00:00"))


def test_dates_outside_and_permanent(tmp_path: Path) -> None:
    """A past zone is over unless it is permanent."""
    past = {"startDateTime": "2020-01-01T00:00:00Z", "endDateTime": "2020-12-31T00:00:00Z", "permanent": "NO"}
    assert not breaches(read(tmp_path, ed269(0, 100, applicability=[past])))
    assert breaches(read(tmp_path, ed269(0, 100, applicability=[past | {"permanent": "YES"}])))


def test_plain_geojson_is_prohibited_from_the_ground_up(tmp_path: Path) -> None:
    """No limits, no times, no restriction: always."""
    assert breaches(read(tmp_path, box(away(LAUNCH, 1500, 0), 20)), alt_m=3000.0)
    assert not breaches(read(tmp_path, box(away(LAUNCH, 1500, 100), 20)))


def test_ed318_circle_with_layer_in_feet(tmp_path: Path) -> None:
    """A point with an extent; 150 ft are 46 m."""
    layer = {"upper": 150, "upperReference": "AGL", "lower": 0, "lowerReference": "AGL", "uom": "ft"}
    extent = {"subType": "Circle", "radius": 300}
    geometry = {"type": "Point", "coordinates": list(away(LAUNCH, 1500, 0)), "extent": extent, "layer": layer}
    feature = {
        "type": "Feature",
        "geometry": geometry,
        "properties": {"identifier": "A", "type": "PROHIBITED"},
    }
    assert not breaches(read(tmp_path, feature))
    assert breaches(read(tmp_path, feature), alt_m=45.0)


@pytest.mark.parametrize(
    ("restriction", "met"), [("NO_RESTRICTION", False), ("CONDITIONAL", True), ("NEW_WORD", True)]
)
def test_what_is_not_harmless_blocks(restriction: str, met: bool, tmp_path: Path) -> None:
    """An authorisation or a condition that nobody has shown is not met; an unknown word neither."""
    assert breaches(read(tmp_path, ed269(0, 100, restriction=restriction))) is met


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    """Neither features nor UASZoneList."""
    with pytest.raises(ValueError, match="neither features nor UASZoneList"):
        read(tmp_path, key="zones")
