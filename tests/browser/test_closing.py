"""Closing an area in the console: what it leads to comes first, and only what was shown can be done."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from fleet.dispatch.zones import end_of, parse_feature
from fleet.protocol.messages import ChangeZones, PreviewZones
from geofences import CircleShape, PolygonShape, Restriction
from tests.browser.fakehub import FakeHub
from tests.browser.small_day import NOON

pytestmark = pytest.mark.browser


def asked(hub: FakeHub) -> list[PreviewZones | ChangeZones]:
    """What the hub was asked about areas."""
    return [message for message in hub.taken if isinstance(message, PreviewZones | ChangeZones)]


def opened(page: Page) -> Locator:
    """The panel, after a press on its button."""
    page.get_by_role("button", name="No-fly area…").click()
    panel = page.locator("#closing")
    expect(panel).to_be_visible()
    return panel


def click_map(page: Page, x: int, y: int) -> None:
    page.locator("#map").click(position={"x": x, "y": y})


def test_what_it_leads_to_is_shown_before_it_can_be_done(page: Page, hub: FakeHub) -> None:
    """A circle for twenty minutes: asked about, then closed, just as it was shown; by the hub's clock."""
    panel = opened(page)
    do_it = panel.locator(".go")
    expect(do_it).to_be_disabled()
    panel.get_by_label("Name of the area").fill("fire")
    panel.get_by_label("Minutes that it is closed").fill("20")
    click_map(page, 300, 600)
    panel.get_by_role("button", name="Preview").click()
    expect(panel.locator(".summary")).to_have_text("1 flight gets into it (1 return)")
    row = panel.locator("tr[data-asset='depot/drone-1']")
    expect(row).to_contain_text("D-2")
    expect(row).to_contain_text("12:00:00")
    expect(row).to_contain_text("return home: the way out meets z")
    assert hub.state.zones.get("fire") is None
    expect(do_it).to_have_text("Close it now")
    do_it.click()
    expect(panel.locator(".opened[data-zone='fire']")).to_be_visible()
    expect(do_it).to_be_disabled()
    shown, done = asked(hub)
    assert isinstance(shown, PreviewZones)
    assert isinstance(done, ChangeZones)
    assert (shown.add, done.add, done.by) == (done.add, shown.add, "console")
    zone = parse_feature("fire", done.add[0].feature)
    shape = zone.volumes[0].shape
    assert isinstance(shape, CircleShape)
    assert (zone.restriction, shape.radius_m) == (Restriction.PROHIBITED, 300)
    assert end_of(zone) == NOON + timedelta(minutes=20)


def test_what_was_changed_since_can_not_be_done(page: Page, hub: FakeHub) -> None:
    """Another name, radius or corner: it has to be asked about again."""
    panel = opened(page)
    click_map(page, 300, 600)
    changes: tuple[Callable[[], None], ...] = (
        lambda: panel.get_by_label("Name of the area").fill("other"),
        lambda: panel.get_by_label("Radius in metres").fill("500"),
        lambda: click_map(page, 420, 650),
        lambda: click_map(page, 350, 700),
    )
    for change in changes:
        if len(asked(hub)) != 3:  # two points are no area yet
            panel.get_by_role("button", name="Preview").click()
            expect(panel.locator(".go")).to_be_enabled()
        change()
        expect(panel.locator(".go")).to_be_disabled()
    panel.get_by_role("button", name="Preview").click()
    expect(panel.locator(".go")).to_be_enabled()
    assert all(isinstance(message, PreviewZones) for message in asked(hub))
    shape = parse_feature("other", asked(hub)[-1].add[0].feature).volumes[0].shape
    assert isinstance(shape, PolygonShape)
    assert len(shape.outer) == 4


def test_areas_of_a_file_are_closed_and_opened_again(page: Page, hub: FakeHub, tmp_path: Path) -> None:
    """Opening is shown first too."""
    ring = [[-3.71, 43.3], [-3.7, 43.3], [-3.7, 43.31], [-3.71, 43.3]]
    feature = {
        "type": "Feature",
        "properties": {"upper_m": 60, "upper_datum": "AGL"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    file = tmp_path / "areas.geojson"
    file.write_text(
        json.dumps({"type": "FeatureCollection", "features": [feature, feature]}), encoding="utf-8"
    )
    panel = opened(page)
    panel.get_by_label("Name of the area").fill("works")
    panel.get_by_label("GeoJSON file").set_input_files(file)
    panel.get_by_role("button", name="Preview").click()
    panel.get_by_role("button", name="Close it now").click()
    expect(panel.locator(".opened")).to_have_count(2)
    assert [zone.zone_id for zone in asked(hub)[-1].add] == ["works", "works (2)"]
    panel.locator(".opened[data-zone='works']").get_by_role("button").click()
    expect(panel.locator(".summary")).to_have_text("no flight is concerned")
    panel.get_by_role("button", name="Open it now").click()
    expect(panel.locator(".opened")).to_have_count(1)
    assert asked(hub)[-1].remove == ("works",)


def test_what_can_not_be_closed_is_said(page: Page, hub: FakeHub, tmp_path: Path) -> None:
    """Nothing drawn, a file that is none, and the hub's own words."""
    panel = opened(page)
    show = panel.get_by_role("button", name="Preview")
    show.click()
    expect(panel.locator(".outcome")).to_contain_text("Draw an area")
    broken = tmp_path / "broken.json"
    broken.write_text("{", encoding="utf-8")
    panel.get_by_label("GeoJSON file").set_input_files(broken)
    expect(panel.locator(".outcome")).to_contain_text("broken.json is no JSON")
    assert asked(hub) == []
    panel.get_by_label("Name of the area").fill("bad")
    click_map(page, 300, 600)
    show.click()
    expect(panel.locator(".outcome.refused")).to_contain_text("bad: geometry: crosses itself")
    expect(panel.locator(".go")).to_be_disabled()


def test_the_map_is_for_looking_again_when_the_panel_is_closed(page: Page, hub: FakeHub) -> None:
    panel = opened(page)
    click_map(page, 300, 600)
    panel.get_by_label("Name of the area").press("Escape")
    expect(panel).to_be_hidden()
    expect(page.get_by_role("button", name="No-fly area…")).to_be_focused()
    click_map(page, 320, 600)
    panel = opened(page)
    panel.get_by_role("button", name="Preview").click()
    expect(panel.locator(".outcome")).to_contain_text("Draw an area")
    assert asked(hub) == []
