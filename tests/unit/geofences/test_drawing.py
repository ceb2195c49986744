"""The picture of zones and paths: sound XML, to scale, with what was asked and nothing that was not."""

from dataclasses import replace
from datetime import timedelta
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from pyproj import Geod

from geofences import (
    Applicability,
    FlatTerrain,
    PolygonShape,
    Restriction,
    TimePeriod,
    UnknownTerrain,
    Waypoint,
    ZoneSet,
    check_path,
)
from geofences.checks.result import Status
from geofences.drawing import Drawn, Pen, draw
from geofences.drawing.styles import ELSEWHEN, LOOKS, UNSURE, WAYS
from geofences.drawing.view import View, round_length, window_around, window_within
from tests.unit.geofences.make import HOME, NOON, SEA, agl, amsl, circle, path, place, square, zone

SVG = "{http://www.w3.org/2000/svg}"
EARTH = Geod(ellps="WGS84")


def elements(picture: str, name: str) -> list[ET.Element]:
    """All elements of a name."""
    return list(ET.fromstring(picture).iter(f"{SVG}{name}"))


def texts(picture: str) -> list[str]:
    return [one.text or "" for one in elements(picture, "text")]


def strokes(picture: str) -> dict[str, str]:
    """The stroke of each zone, by what its title says."""
    return {
        one[0].text.partition(":")[0]: one.attrib["stroke"]
        for one in elements(picture, "path")
        if one[0].text
    }


def test_each_zone_is_drawn_in_its_look_and_named() -> None:
    kinds = list(Restriction)
    zones = ZoneSet(
        zone(square(400 * n, 0, 150), zone_id=kind.value, restriction=kind) for n, kind in enumerate(kinds)
    )
    picture = draw(zones)
    assert strokes(picture) == {kind.value: LOOKS[kind].stroke for kind in kinds}
    assert {f"{LOOKS[kind].name}: 1" for kind in kinds} <= set(texts(picture))
    assert {kind.value for kind in kinds} <= set(texts(picture))


def test_what_a_path_meets_is_shown_where_it_meets_it() -> None:
    """Measured back from the picture, the red stretch is where the check says."""
    zones = ZoneSet([zone(square(0, 0, 100), zone_id="fire")])
    way = path((-1000, 0, 50), (1000, 0, 50), (1000, 800, 50))
    result = check_path(zones, way, SEA)
    picture = draw(zones, [Drawn(tuple(way), result)])
    drawn = {one.attrib["stroke"]: one.attrib["points"] for one in reversed(elements(picture, "polyline"))}
    ends = [tuple(map(float, point.split(","))) for point in drawn[WAYS[Status.BLOCKED]].split()]
    start, corner, _ = [tuple(map(float, p.split(","))) for p in drawn[WAYS[Status.CLEAR]].split()]
    px_per_m = (corner[0] - start[0]) / 2000.0
    (conflict,) = result.conflicts
    assert [(x - start[0]) / px_per_m for x, _ in ends] == pytest.approx(
        [conflict.from_m, conflict.to_m], abs=2.0
    )
    assert "prohibited, metre 900 to 1100, from 12:00:26" in texts(picture)


def test_a_path_that_was_not_checked_is_not_called_clear() -> None:
    picture = draw(ZoneSet(), [Drawn(tuple(path((0, 0, 50), (500, 0, 50))))])
    assert "path (not checked)" in texts(picture)


@pytest.mark.parametrize(
    ("pen", "look"),
    [
        (Pen(), LOOKS[Restriction.PROHIBITED]),
        (Pen(at=NOON), LOOKS[Restriction.PROHIBITED]),
        (Pen(at=NOON + timedelta(hours=2)), ELSEWHEN),
        (Pen(alt_amsl_m=100.0, terrain=FlatTerrain(0.0, 5.0)), LOOKS[Restriction.PROHIBITED]),
        (Pen(alt_amsl_m=122.0, terrain=FlatTerrain(0.0, 5.0)), UNSURE[Restriction.PROHIBITED]),
        (Pen(alt_amsl_m=126.0, terrain=FlatTerrain(0.0, 5.0)), ELSEWHEN),
        (Pen(alt_amsl_m=10.0, terrain=FlatTerrain(0.0, 5.0)), ELSEWHEN),
        (Pen(alt_amsl_m=100.0, terrain=UnknownTerrain()), UNSURE[Restriction.PROHIBITED]),
    ],
)
def test_what_does_not_hold_then_or_there_is_only_outlined(pen: Pen, look: object) -> None:
    when = Applicability((TimePeriod(NOON - timedelta(hours=1), NOON + timedelta(hours=1)),))
    shown = zone(square(0, 0, 100), lower=amsl(50.0), upper=agl(120.0), applicability=when)
    (drawn,) = elements(draw(ZoneSet([shown]), (), pen), "path")
    assert isinstance(look, type(ELSEWHEN))
    assert (drawn.attrib["stroke"], drawn.attrib["stroke-dasharray"]) == (look.stroke, look.dashes)


def test_texts_are_escaped_and_what_xml_can_t_hold_is_left_out() -> None:
    named = replace(zone(square(0, 0, 100), zone_id="a\x01<b>&\"'"), name="\ufffe<script>")
    picture = draw(ZoneSet([named]), (), Pen(title="<&\x1b>"))
    assert "<script" not in picture
    assert {"<&>", "<script>"} <= set(texts(picture))


@pytest.mark.parametrize("home", [HOME, (179.999, -17.0), (24.9, 69.5)])
def test_it_is_to_scale_everywhere(home: tuple[float, float]) -> None:
    """The scale's bar is as long as it says, and north-south as east-west, within what a plane can do."""
    shown = zone(square(0, 0, 900, home), zone_id="here")
    picture = draw(ZoneSet([shown]))
    (drawn,) = elements(picture, "path")
    corners = np.array([pair.split() for pair in drawn.attrib["d"][1:-1].split("L")], dtype=float)
    across = corners.max(axis=0) - corners.min(axis=0)
    assert across == pytest.approx([across[0]] * 2, rel=0.01)
    bar = next(one for one in elements(picture, "polyline") if one.attrib["stroke-width"] == "1.6")
    begin, *_, end = [float(point.split(",")[0]) for point in bar.attrib["points"].split()]
    (said,) = [one for one in texts(picture) if one.endswith("m") and one[0].isdigit()]
    metres = float(said.split()[0]) * (1000 if said.endswith("km") else 1)
    assert (end - begin) / across[0] == pytest.approx(metres / 1800.0, rel=0.01)


def test_holes_stay_open() -> None:
    ring = square(0, 0, 500)
    holed = zone(PolygonShape(ring.outer, (square(0, 0, 100).outer,)))
    (drawn,) = elements(draw(ZoneSet([holed])), "path")
    assert (drawn.attrib["d"].count("M"), drawn.attrib["fill-rule"]) == (2, "evenodd")


def test_only_what_is_in_the_window_is_drawn() -> None:
    zones = ZoneSet([zone(circle(0, 0, 100), zone_id="near"), zone(circle(9000, 0, 100), zone_id="far")])
    picture = draw(zones, (), Pen(window=window_within(*HOME, 500.0)))
    assert list(strokes(picture)) == ["near"]
    assert any(one.startswith("1 of 2 zones") for one in texts(picture))
    flight = Drawn(tuple(Waypoint(*place(east, 0), 50.0, NOON) for east in (-300, 300)))
    assert list(strokes(draw(zones, [flight]))) == ["near"]


def test_nothing_is_no_picture() -> None:
    with pytest.raises(ValueError, match="nothing to draw"):
        draw(ZoneSet())


def test_no_label_lies_over_another() -> None:
    zones = ZoneSet(zone(circle(40 * n, 7 * n, 60), zone_id=f"a zone with a name {n}") for n in range(40))
    named = [one for one in elements(draw(zones), "text") if (one.text or "").startswith("a zone")]
    assert 3 <= len(named) < 40
    places = np.array([(float(one.attrib["x"]), float(one.attrib["y"])) for one in named])
    for n, (x, y) in enumerate(places):
        others = np.delete(places, n, axis=0)
        assert np.all((np.abs(others[:, 0] - x) > 100) | (np.abs(others[:, 1] - y) >= 16))


def test_a_view_knows_the_shorter_way_round_the_globe() -> None:
    window = window_around([(179.0, 1.0), (-179.0, -1.0)])
    assert (window.west, window.east) == (179.0, 181.0)
    view = View.of(window, 800.0)
    assert view.point(-179.0, -1.0)[0] > view.point(179.0, 1.0)[0] > 0
    assert window_around([(10.0, 5.0)]) == (10.0, 5.0, 10.0, 5.0)


@pytest.mark.parametrize(("longest", "length"), [(1.0, 1.0), (4.99, 2.0), (5.0, 5.0), (999.0, 500.0)])
def test_lengths_of_scales_are_round(longest: float, length: float) -> None:
    assert round_length(longest) == length
