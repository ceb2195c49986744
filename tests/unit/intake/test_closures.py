"""Which parts of the map are closed to robots, and what is said where a file can't be used."""

import json
from pathlib import Path

import pytest

from fleet.intake.closures import read_closures
from fleet.intake.errors import IntakeError

SQUARE = [[-8.6, 41.1], [-8.59, 41.1], [-8.59, 41.11], [-8.6, 41.1]]


def polygon(*rings: object) -> dict[str, object]:
    return {"type": "Polygon", "coordinates": list(rings)}


def file(folder: Path, *geometries: dict[str, object]) -> Path:
    features = [{"type": "Feature", "properties": {}, "geometry": each} for each in geometries]
    path = folder / "closed.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def test_polygons_of_all_forms_are_taken(tmp_path: Path) -> None:
    several: dict[str, object] = {"type": "MultiPolygon", "coordinates": [[SQUARE], [SQUARE]]}
    found = read_closures([file(tmp_path, polygon(SQUARE), several)])
    assert found == (tuple((x, y) for x, y in SQUARE),) * 3
    alone = tmp_path / "alone.geojson"
    alone.write_text(json.dumps(polygon(SQUARE)), encoding="utf-8")
    assert len(read_closures([alone, alone])) == 2
    assert read_closures([]) == ()


def test_heights_are_passed_over(tmp_path: Path) -> None:
    high = [[*point, 80.5] for point in SQUARE]
    assert read_closures([file(tmp_path, polygon(high))]) == (tuple((x, y) for x, y in SQUARE),)


def test_a_hole_is_closed_as_well(tmp_path: Path) -> None:
    hole = [[-8.595, 41.101], [-8.591, 41.101], [-8.591, 41.105], [-8.595, 41.101]]
    assert read_closures([file(tmp_path, polygon(SQUARE, hole))]) == (tuple((x, y) for x, y in SQUARE),)


@pytest.mark.parametrize(
    ("geometry", "said"),
    [
        ({"type": "LineString", "coordinates": SQUARE}, "polygon 1: is a LineString: draw a polygon"),
        (polygon([[41.1, -98.6], [41.2, -98.6], [41.2, -98.5], [41.1, -98.6]]), "lies outside the earth"),
        (polygon([[0, 0], [0.1, 0.1], [0.1, 0], [0, 0.1], [0, 0]]), "crosses itself"),
        (polygon([[0, 0], [10, 0], [10, 10], [0, 0]]), "is larger than a city"),
    ],
)
def test_what_can_t_be_closed_is_said(tmp_path: Path, geometry: dict[str, object], said: str) -> None:
    with pytest.raises(IntakeError, match=said):
        read_closures([file(tmp_path, geometry)])


def test_files_that_are_none_are_said_together(tmp_path: Path) -> None:
    text = tmp_path / "text.geojson"
    text.write_text("closed!", encoding="utf-8")
    empty = file(tmp_path)
    with pytest.raises(IntakeError) as caught:
        read_closures([text, empty, tmp_path / "none.geojson"])
    said = [str(error) for error in caught.value.errors]
    assert "text.geojson: is no GeoJSON" in said[0]
    assert "holds no polygon" in said[1]
    assert "cannot be read: No such file" in said[2]
