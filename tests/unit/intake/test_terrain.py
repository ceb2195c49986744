"""The ground as it is stated: an assumption, grid files, a geoid, and the words for it."""

from hashlib import sha256
from pathlib import Path

import pytest

from fleet.intake.errors import IntakeError
from fleet.intake.fleetfile import parse_fleet
from fleet.intake.terrain import TerrainFiles, ground_of
from geofences.model.altitude import ANYTHING, Box, Interval

GRID = "ncols 3\nnrows 2\nxllcenter 10\nyllcenter 50\ncellsize 0.1\n100 100 100\n100 100 100\n"
GEOID = GRID.replace("100", "45")
HERE = Box(10.05, 50.05, 10.06, 50.06)

STATED = '[terrain]\ngrid = "dem/hill.asc"\ndatum = "AMSL"\nerror_m = 8\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a grid of heights and one of undulations."""
    (tmp_path / "dem").mkdir()
    (tmp_path / "dem" / "hill.asc").write_text(GRID, encoding="ascii")
    (tmp_path / "geoid.asc").write_text(GEOID, encoding="ascii")
    return tmp_path


def files(**stated: object) -> TerrainFiles:
    return TerrainFiles.model_validate({"grid": "dem/hill.asc", "datum": "AMSL", "error_m": 8.0, **stated})


def rounded(found: Interval) -> tuple[float, float]:
    return round(found.low, 1), round(found.high, 1)


def test_a_grid_is_read_beside_the_fleet_file_and_said_with_its_hash(folder: Path) -> None:
    ground = ground_of(None, files(canopy_m=20), folder)
    assert rounded(ground.terrain.ground_within(HERE)) == (72.0, 108.0)
    digest = sha256(GRID.encode()).hexdigest()
    assert ground.said == f"grid hill.asc sha256:{digest} AMSL ±8 m, up to 20 m of roofs and trees"


def test_a_geoid_serves_flat_and_unknown_ground_too(folder: Path) -> None:
    only = TerrainFiles(geoid="geoid.asc", geoid_error_m=1.5)
    digest = sha256(GEOID.encode()).hexdigest()
    flat, unknown = ground_of("flat:60±5", only, folder), ground_of(None, only, folder)
    assert flat.terrain.ground_within(HERE) == (55.0, 65.0)
    assert unknown.terrain.ground_within(HERE) == ANYTHING
    assert rounded(unknown.terrain.undulation_within(HERE)) == (43.5, 46.5)
    assert flat.said == f"flat:60±5; geoid geoid.asc sha256:{digest} ±1.5 m"
    assert unknown.said == f"geoid geoid.asc sha256:{digest} ±1.5 m"


def test_heights_above_the_ellipsoid_are_lowered_by_the_geoid(folder: Path) -> None:
    ground = ground_of(None, files(datum="WGS84", geoid="geoid.asc", geoid_error_m=1.5), folder)
    assert rounded(ground.terrain.ground_within(HERE)) == (45.5, 64.5)


def test_without_files_it_is_the_assumption_or_nothing() -> None:
    assert ground_of("flat:60±5").terrain.ground_within(HERE) == (55.0, 65.0)
    assert ground_of("flat:60±5").said == "flat:60±5"
    assert ground_of(None).terrain.ground_within(HERE) == ANYTHING
    assert ground_of(None).said is None


def test_a_file_that_is_not_there_or_is_broken_is_named(folder: Path) -> None:
    with pytest.raises(IntakeError, match=r"away.asc: file: cannot be read: No such file or directory"):
        ground_of(None, files(grid="away.asc"), folder)
    (folder / "dem" / "hill.asc").write_text(GRID.replace("ncols 3", "ncols 4"), encoding="ascii")
    with pytest.raises(IntakeError, match=r"hill.asc: values: 2 rows of 4 are 8, found 6"):
        ground_of(None, files(), folder)


def test_a_fleet_file_states_it() -> None:
    read = parse_fleet(STATED + 'canopy_m = 20\ngeoid = "g.gtx"\ngeoid_error_m = 1\n', "fleet.toml")
    assert read.terrain == files(canopy_m=20.0, geoid="g.gtx", geoid_error_m=1.0)
    assert parse_fleet("", "fleet.toml").terrain is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[terrain]\n",
            "1: terrain.grid: is missing: name a grid of heights (grid), a geoid (geoid) or both",
        ),
        (
            STATED.replace('datum = "AMSL"\n', ""),
            '1: terrain.datum: must say what the grid\'s heights are above, "AMSL" or "WGS84"',
        ),
        (
            STATED.replace("error_m = 8\n", ""),
            "1: terrain.error_m: must say by how much the grid's heights may err",
        ),
        (STATED + 'geoid = "g.gtx"\n', "1: terrain.geoid_error_m: must say by how much the geoid may err"),
        (
            STATED.replace("AMSL", "WGS84"),
            "1: terrain.geoid: is missing: heights above the ellipsoid need one",
        ),
        (
            STATED.replace("AMSL", "EGM96"),
            "3: terrain.datum: input should be 'AMSL' or 'WGS84' (found 'EGM96')",
        ),
        (
            STATED.replace("= 8", "= -8"),
            "4: terrain.error_m: input should be greater than or equal to 0 (found '-8')",
        ),
        (STATED + "eror_m = 3\n", "5: terrain.eror_m: is not known; did you mean 'error_m'? (found '3')"),
        (
            STATED + '[assumptions]\nterrain = "flat:0±5"\n',
            "6: assumptions.terrain: is stated beside a grid in [terrain]: leave one of them out (found 'flat:0±5')",
        ),
        (
            "terrain = 3\n",
            "1: terrain: input should be a valid dictionary or instance of TerrainFiles (found '3')",
        ),
    ],
)
def test_what_is_left_out_or_contradicts_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(IntakeError) as error:
        parse_fleet(text, "fleet.toml")
    assert str(error.value) == f"fleet.toml:{message}"
