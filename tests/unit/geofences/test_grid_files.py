"""Grid files that are broken are refused with file, field and what is wrong; none is half read."""

import pickle
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from geofences import Datum, GridFileError, read_geoid, read_terrain
from geofences.model.altitude import Box
from tests.unit.geofences import gridfiles

GOOD_ASC = b"ncols 3\nnrows 2\nxllcorner 10\nyllcorner 50\ncellsize 0.1\nNODATA_value -9999\n1 2 3\n4 5 6\n"
ROWS = [[40.0 + col % 3 for col in range(8)] for _ in range(5)]


def little_endian(height: Callable[..., np.ndarray]) -> bytes:
    along = np.linspace(0.0, 1.0, 1201)
    values = np.broadcast_to(height(along[None, :], along[::-1, None]), (1201, 1201))
    return values.astype("<i2").tobytes()


HGT = [
    ("N41W009.hgt", b"\0" * 100, "size: must be"),
    ("N41W009.hgt", b"\0" * (1201 * 1201 * 2 - 1), "size: must be"),
    ("N41W009.hgt", b"\0" * (1201 * 1201 * 2 + 2), "size: must be"),
    ("N41W009.hgt", b"", "size: must be"),
    ("tile.hgt", b"\0" * (1201 * 1201 * 2), "name: must tell the south-west corner"),
    ("N90W009.hgt", b"\0" * (1201 * 1201 * 2), "name: no tile begins at latitude 90"),
    ("N41E180.hgt", b"\0" * (1201 * 1201 * 2), "name: no tile begins at"),
    ("N41W009.hgt", little_endian(lambda east, north: 20 + 15 * east * north), "wrong order"),
    ("N41W009.hgt", little_endian(lambda east, north: 900 + 800 * east * north), "wrong order"),
    ("N41W009.hgt", np.full((1201, 1201), 9500, ">i2").tobytes(), "values: heights of -1000 to 9000 m"),
    ("N41W009.hgt.zip", b"PK", "name: must end in .asc, .hgt; unpack it first"),
    ("N41W009.tif", b"II*\0", "name: must end in .asc, .hgt"),
]

ASC = [
    (GOOD_ASC.replace(b"ncols 3\n", b""), "ncols: is missing in the head"),
    (GOOD_ASC.replace(b"cellsize 0.1\n", b""), "cellsize: is missing in the head"),
    (GOOD_ASC.replace(b"xllcorner 10\n", b""), "xllcorner: is missing in the head"),
    (GOOD_ASC.replace(b"xllcorner", b"xllcenter"), "both must be corners or both centers"),
    (GOOD_ASC.replace(b"ncols 3", b"ncols 3.5"), "ncols: must be a whole number"),
    (GOOD_ASC.replace(b"nrows 2", b"nrows 1"), "nrows: must be a whole number of 2 or more"),
    (GOOD_ASC.replace(b"nrows 2", b"nrows -2"), "nrows: must be a whole number of 2 or more"),
    (GOOD_ASC.replace(b"nrows 2", b"nrows 2000000000"), "nrows and ncols: the file is too short"),
    (GOOD_ASC.replace(b"0.1", b"0,1"), "cellsize: must be a number, found '0,1'"),
    (GOOD_ASC.replace(b"0.1", b"nan"), "cellsize: must be a number"),
    (GOOD_ASC.replace(b"0.1", b"0"), "cellsize: must be above 0"),
    (GOOD_ASC.replace(b"cellsize 0.1", b"cellsize 30"), "latitudes: must lie within"),
    (GOOD_ASC.replace(b"xllcorner 10", b"xllcorner 512000"), "longitudes: must lie within"),
    (GOOD_ASC.replace(b"cellsize", b"pixelsize"), "pixelsize: is not known"),
    (GOOD_ASC.replace(b"5 6", b"5"), "values: 2 rows of 3 are 6, found 5"),
    (GOOD_ASC.replace(b"5 6", b"5 6 7"), "values: there are more than 2 rows of 3"),
    (GOOD_ASC.replace(b"4 5", b"4 nan"), "row 2, column 2: must be a number, found 'nan'"),
    (GOOD_ASC.replace(b"4 5", b"4 inf"), "row 2, column 2: must be a number"),
    (GOOD_ASC.replace(b"1 2", b"1 2,5"), "row 1, column 2: must be a number, found '2,5'"),
    (GOOD_ASC.replace(b"4 5", b"4 \xff\xfe"), "row 2, column 2: must be a number"),
    (GOOD_ASC.replace(b"4 5", b"4 20000"), "values: heights of -1000 to 9000 m are possible"),
    (b"", "ncols: is missing in the head"),
    (b"ncols 3\n" * 5_000, "cellsize: is missing|nrows: is missing"),
    (b"\0" * 5_000, "ncols: is missing in the head"),
]


@pytest.mark.parametrize(("name", "content", "message"), HGT)
def test_bad_tile_is_refused(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    """Truncated, of another size, of the wrong name or byte order, heights that are none."""
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(GridFileError, match=message) as caught:
        read_terrain(file, datum=Datum.AMSL, error_m=1.0)
    assert caught.value.file == str(file)


@pytest.mark.parametrize(("content", "message"), ASC)
def test_bad_text_grid_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    """Whatever is wrong with the head, too few or too many values, values that are none."""
    file = tmp_path / "a.asc"
    file.write_bytes(content)
    with pytest.raises(GridFileError, match=message):
        read_terrain(file, datum=Datum.AMSL, error_m=1.0)


def test_text_grid_may_have_a_byte_order_mark_and_break_lines_anywhere(tmp_path: Path) -> None:
    """Windows' line ends, capital letters, values on lines as they come."""
    file = tmp_path / "a.asc"
    file.write_bytes(
        b"\xef\xbb\xbf" + GOOD_ASC.replace(b"1 2 3\n4", b"1\n2 3 4").replace(b"\n", b"\r\n").upper()
    )
    terrain = read_terrain(file, datum=Datum.AMSL, error_m=0.0)
    assert terrain.ground_within(Box(10.0, 50.0, 10.3, 50.2)) == pytest.approx((1.0, 6.0), abs=2e-3)


def gtx_with(**fields: float) -> bytes:
    values = {"south": -90.0, "west": 0.0, "lat": 45.0, "lon": 45.0, "rows": 5, "cols": 8} | fields
    head = struct.pack(">4d2i", *list(values.values())[:4], int(values["rows"]), int(values["cols"]))
    return head + struct.pack(">40f", *(each for row in ROWS for each in row))


GTX = [
    (b"\0" * 39, "header: must be 40 bytes, found 39"),
    (gtx_with()[:-1], "size: 200 bytes are needed for 5 rows of 8 values, found 199"),
    (gtx_with() + b"\0", "size: 200 bytes are needed"),
    (gtx_with(rows=2_000_000_000), "rows: must be 2 to"),
    (gtx_with(cols=-8), "columns: must be 2 to"),
    (gtx_with(rows=900_000, cols=900_000), "latitudes|size"),
    (gtx_with(lat=float("nan")), "step in latitude: must be above 0"),
    (gtx_with(lat=-45.0), "step in latitude: must be above 0"),
    (gtx_with(south=0.0), "latitudes: must lie within"),
    (gtx_with(west=float("nan")), "longitudes: must lie within"),
    (gtx_with(lon=60.0), "longitudes: must lie within"),
    (gtx_with()[:40] + struct.pack(">40f", *[float("nan")] * 40), "values: not a number is among them"),
    (gtx_with()[:40] + struct.pack(">40f", *[400.0] * 40), "values: undulations of -120 to 100 m"),
    (struct.pack("<4d2i", -90.0, 0.0, 45.0, 45.0, 5, 8) + b"\0" * 160, "is it big-endian"),
]


@pytest.mark.parametrize(("content", "message"), GTX)
def test_bad_gtx_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    """Truncated, a header that promises the world, little-endian, no numbers."""
    file = tmp_path / "g.gtx"
    file.write_bytes(content)
    with pytest.raises(GridFileError, match=message):
        read_geoid(file, error_m=1.0)


PGM = [
    (lambda good: good.replace(b"P5", b"P2"), "head: is no head"),
    (lambda good: good[:20], "head: is no head"),
    (lambda good: good.replace(b"65535", b"255"), "grey values: must be 16 bits"),
    (lambda good: good.replace(b"8  5", b"8  6"), "width and height: must be"),
    (lambda good: good.replace(b"8  5", b"800000000  400000001"), "width and height: must be"),
    (lambda good: good[:-2], "size: "),
    (lambda good: good.replace(b"# Offset -108.0\n", b""), "Offset: is missing"),
    (lambda good: good.replace(b"# Scale 0.003", b"# Scale 0.0x3"), "Scale: must be a number"),
    (lambda good: good.replace(b"# Scale 0.003", b"# Scale -0.003"), "Scale: must be above 0"),
    (
        lambda good: good.replace(b"MaxBilinearError 0.140", b"MaxBilinearError -1"),
        "MaxBilinearError: must be",
    ),
    (lambda good: good.replace(b"90N 0E", b"90S 0E"), "Origin: must be 90N 0E"),
    (lambda good: good.replace(b"# Scale 0.003", b"# Scale 0.300"), "values: undulations of -120 to 100 m"),
]


@pytest.mark.parametrize(("spoil", "message"), PGM)
def test_bad_pgm_is_refused(tmp_path: Path, spoil: Callable[[bytes], bytes], message: str) -> None:
    """A head that is none, that lacks what scales its numbers, that promises the world."""
    file = gridfiles.pgm(tmp_path / "g.pgm", ROWS)
    file.write_bytes(spoil(file.read_bytes()))
    with pytest.raises(GridFileError, match=message):
        read_geoid(file, error_m=1.0)


def test_the_error_that_a_pgm_states_is_part_of_the_answer(tmp_path: Path) -> None:
    """Beside the one that is declared."""
    rows = [[40.0] * 8 for _ in range(5)]
    stated = read_geoid(gridfiles.pgm(tmp_path / "g.pgm", rows, error="0.5"), error_m=0.25)
    assert stated.undulation_within(Box(1, 1, 2, 2)) == pytest.approx((39.25, 40.75), abs=2e-3)


def test_bad_dac_is_refused(tmp_path: Path) -> None:
    """It has no head: its size and its values must do."""
    file = tmp_path / "WW15MGH.DAC"
    file.write_bytes(b"\0" * 1_000)
    with pytest.raises(GridFileError, match="size: 2076480 bytes are needed"):
        read_geoid(file, error_m=1.0)
    wave = np.round(3000 * np.sin(np.linspace(0, 6.28, 1440)))[None, :].repeat(721, axis=0)
    file.write_bytes(wave.astype("<i2").tobytes())
    with pytest.raises(GridFileError, match="wrong order"):
        read_geoid(file, error_m=1.0)
    file.write_bytes((wave * 5).astype(">i2").tobytes())
    with pytest.raises(GridFileError, match="undulations of -120 to 100 m"):
        read_geoid(file, error_m=1.0)


def test_what_is_not_there_or_holds_nothing_is_said(tmp_path: Path) -> None:
    """And the error passes from process to process."""
    with pytest.raises(GridFileError, match=r"N41W009.hgt, file: cannot be read: No such file"):
        read_terrain(tmp_path / "N41W009.hgt", datum=Datum.AMSL, error_m=1.0)
    with pytest.raises(GridFileError, match="folder: holds no grid file") as caught:
        read_terrain(tmp_path, datum=Datum.AMSL, error_m=1.0)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301 - our own bytes


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("form", ["asc", "gtx", "pgm"])
def test_bytes_changed_anywhere_are_refused_or_read(tmp_path: Path, form: str, seed: int) -> None:
    """Never another error than the one that names the file."""
    rng = np.random.default_rng(seed)
    good = {"asc": GOOD_ASC, "gtx": gtx_with(), "pgm": gridfiles.pgm(tmp_path / "x.pgm", ROWS).read_bytes()}[
        form
    ]
    for _ in range(20):
        bent = bytearray(good)
        for _ in range(int(rng.integers(1, 4))):
            bent[int(rng.integers(len(bent)))] = int(rng.integers(256))
        file = tmp_path / f"g.{form}"
        file.write_bytes(
            bytes(bent[: int(rng.integers(1, len(bent) + 1))]) if rng.random() < 0.3 else bytes(bent)
        )
        try:
            read_geoid(file, error_m=1.0)
        except GridFileError as error:
            assert error.file == str(file)  # noqa: PT017 - either outcome is right
