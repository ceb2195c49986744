"""Charts of prediction against log: what stands in them, and that the documentation's are what is drawn today."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree as ET

import pytest

from fleet.energy import catalog
from fleet.energy.chart import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Axis, Series, chart, ticks
from fleet.energy.errors import InvalidInput
from fleet.energy.logs import FlightLog, read_log
from fleet.energy.plots import errors_svg, trips_svg
from fleet.energy.predict import measured_wh, predicted_wh
from tests.support.energypictures import FOLDER, pictures
from tests.support.flightlog import Machine, Noise, as_csv, rows

M100 = catalog.airframe("dji-matrice-100")
SVG = "{http://www.w3.org/2000/svg}"


def log(flights: int = 20) -> FlightLog:
    return read_log(as_csv(rows(Machine(empty_kg=3.715), flights, 3, Noise())), "log.csv")


def drawn(text: str, tag: str) -> list[dict[str, str]]:
    return [dict(one.attrib) for one in ET.fromstring(text).iter(f"{SVG}{tag}")]


def test_the_pictures_of_the_documentation_are_what_is_drawn_today() -> None:
    """Otherwise: ``python -m tests.support.energypictures``."""
    for name, text in pictures().items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text, name


def test_each_flight_is_a_point_at_what_was_predicted_and_measured() -> None:
    """Back from the picture's places to watt-hours."""
    text = trips_svg({"published": M100}, log())
    low_x, low_y = LEFT, HEIGHT - BOTTOM
    line = drawn(text, "polyline")[0]["points"].split()[-1].split(",")
    pairs = [(predicted_wh(M100, one), measured_wh(one)) for one in log().flights.values()]
    most = 1.08 * max(max(pair) for pair in pairs)
    assert [float(one) for one in line] == pytest.approx([WIDTH - RIGHT, TOP], abs=0.1)
    points = [(float(one["cx"]), float(one["cy"])) for one in drawn(text, "circle")]
    found = [
        ((x - low_x) / (WIDTH - LEFT - RIGHT) * most, (low_y - y) / (HEIGHT - TOP - BOTTOM) * most)
        for x, y in points
    ]
    for here, pair in zip(found, pairs, strict=True):
        assert here == pytest.approx(pair, abs=0.001 * most)


def test_the_share_of_flights_rises_to_all_of_them() -> None:
    text = errors_svg({"published": M100}, log())
    points = [one.split(",") for one in drawn(text, "polyline")[0]["points"].split()]
    heights = [float(y) for _, y in points]
    assert heights == sorted(heights, reverse=True)
    assert heights[-1] == TOP
    assert "Share of 20 flights within an error" in text


def test_only_some_flights() -> None:
    names = list(log().flights)[:5]
    assert len(drawn(trips_svg({"a": M100, "b": M100}, log(), names), "circle")) == 10


def test_names_are_text_and_not_markup() -> None:
    """An airframe may be called anything."""
    text = chart("<b>&", Axis("x", 0, 1), Axis("y", 0, 1), [Series('"><script>', [(0.5, 0.5)])])
    assert not drawn(text, "script")
    assert any(one.text == '"><script>' for one in ET.fromstring(text).iter(f"{SVG}text"))


@pytest.mark.parametrize(
    ("axis", "expected"),
    [
        (Axis("", 0, 100), [0, 20, 40, 60, 80, 100]),
        (Axis("", 0, 25), [0, 5, 10, 15, 20, 25]),
        (Axis("", -0.13, 0.11), [-0.1, -0.05, 0, 0.05, 0.1]),
        (Axis("", 3, 4), [3, 3.2, 3.4, 3.6, 3.8, 4]),
    ],
)
def test_ticks_are_round(axis: Axis, expected: list[float]) -> None:
    assert ticks(axis) == pytest.approx(expected)


@pytest.mark.parametrize("ends", [(1.0, 1.0), (2.0, 1.0), (0.0, math.inf), (math.nan, 1.0)])
def test_an_axis_without_length_is_refused(ends: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="axis x"):
        chart("", Axis("x", *ends), Axis("y", 0, 1), [])


def test_a_log_without_a_whole_flight_is_refused() -> None:
    """And no model at all."""
    hovers = FlightLog("log", tuple(row for row in log().rows if row.regime == "hover"))
    for draw in (trips_svg, errors_svg):
        with pytest.raises(InvalidInput, match="log"):
            draw({"published": M100}, hovers)
    with pytest.raises(InvalidInput, match="airframes"):
        trips_svg({}, log())
    assert not re.search(r"\d{4,}\.", trips_svg({"published": M100}, log()))  # nothing far outside
