"""Terrain and geoid from grid files: where the values are, what is unknown, and what a check makes of it."""

import math
import pickle
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from geofences import (
    Datum,
    FlatTerrain,
    GridFileError,
    Limit,
    Status,
    Waypoint,
    WithGeoid,
    ZoneSet,
    check_path,
    read_geoid,
    read_terrain,
)
from geofences.model.altitude import ANYTHING, Box
from geofences.terrain.provider import open_grids
from tests.unit.geofences import gridfiles
from tests.unit.geofences.make import HOME, NOON, agl, path, square, zone

EGM96 = Path("/usr/share/proj/egm96_15.gtx")
"""From Debian's proj-data, which `.ci/programs.py` installs."""

# The NGA's own test of EGM96 (OUTF477.DAT beside the program F477): latitude, longitude, undulation in metres.
PUBLISHED = (
    (38.6281550, 269.7791550, -31.628),
    (-14.6212170, 305.0211140, -2.969),
    (46.8743190, 102.4487290, -43.575),
    (-23.6174460, 133.8747120, 15.871),
    (38.6254730, 359.9995000, 50.066),
    (-0.4667440, 0.0023000, 17.329),
)


def spot(lon: float, lat: float) -> Box:
    return Box(lon, lat, lon, lat)


def level(height_m: float) -> Callable[[object, object], object]:
    """The same everywhere."""
    return lambda _east, _north: height_m


def ramp(folder: Path, name: str = "N41W009.hgt", posts: int = 1201) -> Path:
    """A tile that rises by 1 m from post to post eastward and by 2 m northward."""
    last = posts - 1
    return gridfiles.hgt(folder / name, lambda east, north: east * last + 2 * north * last, posts)


@pytest.mark.parametrize("posts", [1201, 3601])
def test_posts_of_a_tile_are_where_its_name_says(tmp_path: Path, posts: int) -> None:
    """Longitude and latitude of the south-west corner; the first row is the northernmost."""
    last = posts - 1
    name = "S35E149.hgt" if posts == 1201 else "S35E149.SRTMGL1.hgt"
    tile = gridfiles.hgt(tmp_path / name, lambda east, north: east * 40 + 1000 * north, posts)
    terrain = read_terrain(tile, datum=Datum.AMSL, error_m=0.0)
    for east, north in ((0, 0), (last, 0), (0, last), (last, last), (7, 1000)):
        box = spot(149.0 + east / last, -35.0 + north / last)
        low, high = terrain.ground_within(box)
        truth = 40 * east / last + 1000 * north / last
        assert low - 0.5 <= truth <= high + 0.5  # heights are whole metres
        assert high - low <= 2 * (1 + 1000 / last + 40 / last)  # perhaps one cell to each side
    assert terrain.ground_within(Box(149.0, -35.0, 150.0, -34.0)) == (0.0, 1040.0)
    assert terrain.ground_within(spot(148.999, -34.5)) == ANYTHING
    assert terrain.ground_within(Box(149.5, -34.5, 149.6, -33.9)) == ANYTHING


def test_declared_errors_widen_the_answer(tmp_path: Path) -> None:
    """The error to both sides; roofs and treetops of a surface model only downward."""
    tile = gridfiles.hgt(tmp_path / "N41W009.hgt", level(100.0))
    terrain = read_terrain(tile, datum=Datum.AMSL, error_m=6.0, canopy_m=25.0)
    assert terrain.ground_within(spot(-8.6, 41.1)) == (69.0, 106.0)
    assert [float(each[0]) for each in terrain.ground_within_many(np.array([spot(-8.6, 41.1)]))] == [
        69.0,
        106.0,
    ]


def test_a_void_is_not_known(tmp_path: Path) -> None:
    """Nor are the cells beside it."""

    def height(east: np.ndarray, north: np.ndarray) -> np.ndarray:
        return np.where((abs(east - 0.5) < 1e-9) & (abs(north - 0.5) < 1e-9), -32768.0, 50.0)

    terrain = read_terrain(gridfiles.hgt(tmp_path / "N41W009.hgt", height), datum=Datum.AMSL, error_m=0.0)
    step = 1 / 1200
    assert terrain.ground_within(spot(-8.5 + 0.5 * step, 41.5)) == ANYTHING
    assert terrain.ground_within(spot(-8.5 + 1.5 * step, 41.5)) == (50.0, 50.0)


def test_tiles_of_a_folder_are_one(tmp_path: Path) -> None:
    """Across the seam and across the antimeridian; beyond them nothing is known."""
    for name in ("N10E179.hgt", "N10W180.hgt"):
        gridfiles.hgt(tmp_path / name, level(100.0))
    (tmp_path / "readme.txt").write_text("not a grid")
    terrain = read_terrain(tmp_path, datum=Datum.AMSL, error_m=1.0)
    assert terrain.ground_within(Box(179.9, 10.2, 180.1, 10.3)) == (99.0, 101.0)
    assert terrain.ground_within(Box(-180.1, 10.2, -179.9, 10.3)) == (99.0, 101.0)
    assert terrain.ground_within(Box(179.9, 10.2, -179.9, 10.3)) == (99.0, 101.0)
    assert terrain.ground_within(Box(178.9, 10.2, 180.1, 10.3)) == ANYTHING
    assert terrain.ground_within(Box(179.9, 10.9, 180.1, 11.1)) == ANYTHING


def test_a_path_over_hills_is_checked_against_the_ground_below_it(tmp_path: Path) -> None:
    """Through a zone up to 120 m above ground: clear where the path follows the slope at 150 m, blocked where it
    doesn't."""
    terrain = read_terrain(ramp(tmp_path), datum=Datum.AMSL, error_m=5.0)
    ground = [sum(terrain.ground_within(spot(*each))) / 2 for each in (HOME, (HOME[0] + 0.02, HOME[1]))]
    zones = ZoneSet([zone(square(0, 0, 5000), upper=agl(120))])
    ends = (HOME, (HOME[0] + 0.02, HOME[1]))

    def flown(above_m: float) -> list[Waypoint]:
        at = (NOON, NOON + timedelta(minutes=2))
        return [Waypoint(*p, g + above_m, t) for p, g, t in zip(ends, ground, at, strict=True)]

    assert check_path(zones, flown(150.0), terrain).status is Status.CLEAR
    assert check_path(zones, flown(90.0), terrain).status is Status.BLOCKED
    assert check_path(zones, flown(120.0), terrain).status is Status.UNKNOWN
    assert check_path(zones, path((0, 0, 5000), (9000, 0, 5000)), terrain).status is Status.CLEAR
    beyond = [Waypoint(-9.01, 41.5, 500.0, NOON)]
    outside = ZoneSet([zone(square(0, 0, 100, home=(-9.01, 41.5)), upper=agl(120))])
    assert check_path(outside, beyond, terrain).status is Status.UNKNOWN


@pytest.mark.parametrize("kind", ["corner", "center"])
def test_cells_and_posts_of_a_text_grid(tmp_path: Path, kind: str) -> None:
    """A value stands for its cell, or for its post."""
    file = gridfiles.asc(
        tmp_path / "a.asc", [[1, 2, 3], [4, 5, -9999]], west=10.0, south=50.0, step=0.1, kind=kind
    )
    terrain = read_terrain(file, datum=Datum.AMSL, error_m=0.0)
    half = 0.05 if kind == "corner" else 0.0
    first = spot(10.0 + half, 50.1 + half)
    assert terrain.ground_within(first) == pytest.approx((1.0, 5.0), abs=2e-3) or terrain.ground_within(
        first
    ) == pytest.approx((1.0, 1.0), abs=2e-3)
    assert terrain.ground_within(Box(10.0 + half, 50.0 + half, 10.1 + half, 50.1 + half)).high < 5.1
    assert terrain.ground_within(spot(10.2 + half, 50.0 + half)) == ANYTHING
    in_the_outermost_half = terrain.ground_within(spot(10.0 + half - 0.04, 50.12 + half))
    assert (in_the_outermost_half != ANYTHING) == (kind == "corner")


def whole_degrees(undulation: float) -> list[list[float]]:
    return [[undulation + col % 3 for col in range(360)] for _ in range(181)]


@pytest.mark.parametrize("form", ["gtx", "pgm", "dac", "asc"])
def test_geoids_of_every_format_say_the_same(tmp_path: Path, form: str) -> None:
    """A wave of 0, 1, 2 m upon 40 m, everywhere on the globe, poles and antimeridian included."""
    if form == "gtx":
        file = gridfiles.gtx(tmp_path / "g.gtx", whole_degrees(40.0), west=-180.0, south=-90.0, step=1.0)
    elif form == "pgm":
        file = gridfiles.pgm(tmp_path / "g.pgm", whole_degrees(40.0), error="0")
    elif form == "dac":
        file = gridfiles.dac(tmp_path / "WW15MGH.DAC", lambda _, col: 40.0 + col % 3)
    else:
        rows = [row + row[:1] for row in whole_degrees(40.0)]
        file = gridfiles.asc(tmp_path / "g.asc", rows, west=-180.0, south=-90.0, step=1.0, kind="center")
    geoid = read_geoid(file, error_m=0.5)
    for box in (
        Box(-0.3, 10.0, 0.4, 10.1),
        Box(179.5, -3.0, 182.5, 2.0),
        Box(-180, 89.5, 180, 90),
        spot(7.0, -90.0),
    ):
        low, high = geoid.undulation_within(box)
        assert 39.49 <= low <= 40.51
        assert 40.49 <= high <= 42.51
    assert geoid.undulation_within(Box(179.5, -3.0, 182.5, 2.0)) == pytest.approx((39.5, 42.5), abs=5e-3)


def test_a_real_geoid_holds_the_published_values() -> None:
    """EGM96, a quarter of a degree: linear interpolation errs by 1.152 m at most (GeographicLib's table)."""
    geoid = read_geoid(EGM96, error_m=1.152)
    for lat, lon, published in PUBLISHED:
        low, high = geoid.undulation_within(spot(lon, lat))
        assert low <= published <= high
        assert high - low == pytest.approx(2 * 1.152)
        assert abs((low + high) / 2 - published) < 0.3


def test_limits_above_the_ellipsoid_are_evaluated_with_a_real_geoid() -> None:
    """At Porto the geoid lies some 55 m above the ellipsoid: 200 m above that is 145 m above the sea."""
    geoid = read_geoid(EGM96, error_m=1.152)
    low, high = geoid.undulation_within(spot(*HOME))
    assert 52.0 < low < high < 59.0
    zones = ZoneSet([zone(square(0, 0, 100), upper=Limit(200.0, Datum.WGS84))])
    terrain = WithGeoid(FlatTerrain(0.0, 5.0), geoid)
    assert check_path(zones, path((0, 0, 200 - high - 1)), terrain).status is Status.BLOCKED
    assert check_path(zones, path((0, 0, 200 - low + 1)), terrain).status is Status.CLEAR
    assert check_path(zones, path((0, 0, 200 - (low + high) / 2)), terrain).status is Status.UNKNOWN


def test_terrain_above_the_ellipsoid_is_brought_to_the_sea(tmp_path: Path) -> None:
    """The geoid's error is part of the ground's; without a geoid it is refused."""
    tile = gridfiles.hgt(tmp_path / "N41W009.hgt", level(155.0))
    geoid = read_geoid(EGM96, error_m=2.0)
    terrain = read_terrain(tile, datum=Datum.WGS84, error_m=1.0, geoid=geoid)
    low, high = geoid.undulation_within(spot(*HOME))
    assert terrain.ground_within(spot(*HOME)) == pytest.approx((155.0 - high - 1.0, 155.0 - low + 1.0))
    many = terrain.ground_within_many(np.array([spot(*HOME)]))
    assert (many.low[0], many.high[0]) == pytest.approx((155.0 - high - 1.0, 155.0 - low + 1.0))
    with pytest.raises(ValueError, match="need a geoid"):
        read_terrain(tile, datum=Datum.WGS84, error_m=1.0)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"datum": Datum.AGL, "error_m": 1.0}, "AMSL or WGS84"),
        ({"datum": Datum.AMSL, "error_m": math.nan}, "error_m must be"),
        ({"datum": Datum.AMSL, "error_m": 1.0, "canopy_m": -1.0}, "canopy_m must be"),
    ],
)
def test_what_is_declared_must_make_sense(tmp_path: Path, asked: dict[str, object], message: str) -> None:
    """The datum is never guessed, and an error that is none bounds nothing."""
    with pytest.raises(ValueError, match=message):
        read_terrain(ramp(tmp_path), **asked)  # type: ignore[arg-type]


def test_another_process_maps_the_same_file_and_refuses_a_changed_one(tmp_path: Path) -> None:
    """It is pickled as path and hash, not as heights."""
    tile = ramp(tmp_path)
    terrain = read_terrain(tile, datum=Datum.AMSL, error_m=5.0)
    sent = pickle.dumps(terrain)
    assert len(sent) < 1_000
    assert pickle.loads(sent) == terrain  # noqa: S301 - our own bytes
    assert pickle.loads(sent).ground_within(spot(*HOME)) == terrain.ground_within(spot(*HOME))  # noqa: S301
    assert pickle.loads(sent).grids is pickle.loads(sent).grids  # noqa: S301 - mapped once
    other = tmp_path / "other"
    other.mkdir()
    changed = read_terrain(ramp(other), datum=Datum.AMSL, error_m=5.0)
    sent = pickle.dumps(changed)
    gridfiles.hgt(other / "N41W009.hgt", level(9.0))
    with pytest.raises(GridFileError, match="has changed since it was read"):
        pickle.loads(sent)  # noqa: S301


def test_what_a_decision_rested_on_is_said_with_its_hash(tmp_path: Path) -> None:
    """A file's is the hash of its bytes, a folder's that of what `sha256sum *` writes."""
    tiles = tmp_path / "tiles"
    tiles.mkdir()
    files = [ramp(tiles), ramp(tiles, "N41W010.hgt")]
    hashes = [sha256(each.read_bytes()).hexdigest() for each in files]
    assert open_grids(files[0], "terrain").said == f"N41W009.hgt sha256:{hashes[0]}"
    written = f"{hashes[0]}  N41W009.hgt\n{hashes[1]}  N41W010.hgt\n"
    assert (
        open_grids(tiles, "terrain").said == f"tiles (2 files) sha256:{sha256(written.encode()).hexdigest()}"
    )


def test_hgt_parts_of_one_path_agree_with_the_whole(tmp_path: Path) -> None:
    """Bounds over parts lie within the bounds over their union."""
    terrain = read_terrain(ramp(tmp_path), datum=Datum.AMSL, error_m=0.0)
    marks = np.linspace(-8.9, -8.1, 30).tolist()
    low, high = terrain.ground_within(Box(-8.9, 41.2, -8.1, 41.3))
    parts = [terrain.ground_within(Box(a, 41.2, b, 41.3)) for a, b in pairwise(marks)]
    assert (min(one.low for one in parts), max(one.high for one in parts)) == (low, high)
