"""What an operator sees and does in the console, in Chromium."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page, Route, expect

from fleet.domain import events as ev
from fleet.protocol.batteries import PackState
from fleet.protocol.messages import Action, ExplainOrder, OperatorCommand, StopAll, Telemetry
from tests.browser.conftest import HEIGHT, WIDTH
from tests.browser.fakehub import FakeHub
from tests.browser.small_day import NOON
from tests.support.weather import weather_row

pytestmark = pytest.mark.browser

SOON_MS = 8_000


def rows(page: Page, panel: str) -> list[str]:
    """The text of the rows that a list shows, once it shows any."""
    expect(page.locator(f"#panel-{panel} .grid-row").first).to_be_visible(timeout=SOON_MS)
    return page.locator(f"#panel-{panel} .grid-row").all_inner_texts()


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()


def choose(page: Page, panel: str, what: str) -> None:
    page.locator(f"#panel-{panel} .grid-row", has_text=what).first.click()


def test_assets_of_the_store_are_listed(page: Page) -> None:
    """The four vehicles of the day with their status; the locker is in its own list."""
    open_tab(page, "Assets")
    expect(page.locator("#panel-assets .grid-row")).to_have_count(4)
    listed = {text.split("\n")[0]: text for text in rows(page, "assets")}
    assert set(listed) == {"depot/drone-1", "depot/drone-2", "depot/robot-1", "depot/van-1"}
    assert "on mission" in listed["depot/drone-1"]
    assert "ready" in listed["depot/drone-2"]


def test_link_age_is_none_without_telemetry(page: Page) -> None:
    """An asset that was never heard has no age, no battery, and no made-up value."""
    open_tab(page, "Assets")
    row = page.locator("#panel-assets .grid-row", has_text="depot/drone-2")
    expect(row).to_contain_text("none")
    expect(page.locator("#panel-assets .grid-row", has_text="depot/drone-1")).to_contain_text("0 s")


def test_age_is_marked_when_it_is_more_than_it_should_be(page: Page, hub: FakeHub) -> None:
    """What is under way speaks every second, what stands once a minute: a minute of silence there is no alarm."""
    open_tab(page, "Assets")
    for asset_id in ("depot/drone-1", "depot/drone-2"):
        at = NOON - timedelta(seconds=50)
        hub.told[asset_id] = Telemetry(at=at, lon=-3.7, lat=43.3, state="standing")
    for name, mark in (("depot/drone-1", "late"), ("depot/drone-2", "")):
        age = page.locator("#panel-assets .grid-row", has_text=name).locator("span", has_text="50 s")
        expect(age).to_have_class(mark, timeout=SOON_MS)


@pytest.mark.parametrize("panel", ["orders", "assets"])
def test_the_longest_names_of_assets_are_whole(page: Page, panel: str) -> None:
    """In a window of 1400 px. Cut off, all robots of a site look alike."""
    page.set_viewport_size({"width": 1400, "height": HEIGHT})
    open_tab(page, panel.capitalize())
    rows(page, panel)
    index = {"orders": 3, "assets": 0}[panel]
    cut = """cell => {
        cell.textContent = "VNC-S2/sidewalk-robot-1";
        return cell.scrollWidth - cell.clientWidth;
    }"""
    assert page.locator(f"#panel-{panel} .grid-row").first.locator(".grid-cell").nth(index).evaluate(cut) <= 0


def test_head_counts_and_time(page: Page) -> None:
    """The hub's time in the fleet's zone, and parcels by status."""
    expect(page.locator("#clock")).to_have_text("12:00:00")
    expect(page.locator("[data-count='parcels.under_way'] b")).to_have_text("3")
    expect(page.locator("[data-count='parcels.in_locker'] b")).to_have_text("1")
    page.locator("[data-count='parcels.in_locker']").click()
    expect(page.locator("#panel-orders .grid-row")).to_have_count(1)
    assert "L-1" in rows(page, "orders")[0]


def test_weather_is_in_the_foot_with_its_age(page: Page, hub: FakeHub) -> None:
    """Loud while nobody knows it; then the wind that the hub decides with, whose word it is and how old."""
    foot = page.locator("#status [data-name='weather']")
    expect(foot).to_have_text("weather unknown, nothing measured")
    expect(foot).to_have_class("warn")
    seen = NOON - timedelta(minutes=5)
    row = weather_row(seen, 8.0)
    hub.log(ev.WeatherReported(at=NOON, source="harbour", issued_at=seen, by="harbour", rows=(row,)))
    expect(foot).to_have_text("wind 8.0 m/s from 270°, gusts 12.0 m/s, by harbour 5 min ago", timeout=SOON_MS)
    expect(foot).not_to_have_class("warn")


def test_order_is_explained(page: Page) -> None:
    """Chosen mode, each other one with its reasons, the hand-on, custody, and the zone set."""
    choose(page, "orders", "W-1")
    panel = page.locator("#detail")
    alternatives = panel.locator("#alternatives")
    expect(alternatives).to_contain_text("payload_exceeded")
    expect(alternatives).to_contain_text("found 4 kg · limit 2.5 kg · type d1")
    expect(alternatives).to_contain_text("+3.75")
    expect(alternatives).to_contain_text("consent_unknown")
    expect(panel).to_contain_text("drone → van, depot/van-1")
    expect(panel).to_contain_text("gust_too_strong")
    expect(panel).to_contain_text("asset depot/drone-2 → site depot")
    expect(panel).to_contain_text("the afternoon route")


def test_every_way_of_an_order_is_asked_of_the_planner(page: Page, hub: FakeHub) -> None:
    """When somebody wants to know, not before; what the hub says is shown as it says it, with each reason."""
    choose(page, "orders", "U-1")
    ask, ways = page.get_by_role("button", name="Find every way"), page.locator("#ways")
    expect(ask).to_be_visible()
    assert hub.taken == []
    ask.click()
    expect(ways.locator("tbody tr")).to_have_count(3, timeout=SOON_MS)
    expect(ways.locator("tr.chosen")).to_contain_text("drone d1 from depot")
    expect(ways.locator("tr.chosen")).to_contain_text("1.25 EUR")
    expect(ways).to_contain_text("no_room L1 has no compartment left for a small parcel")
    expect(ways).to_contain_text("beside 3 other drafted parcels")
    hub.now += timedelta(seconds=1)
    expect(ways.locator("tbody tr")).to_have_count(3)
    hub.busy = True
    ask.click()
    expect(ways.locator(".refused")).to_have_text("the planner answers 4 other questions", timeout=SOON_MS)
    assert [type(message) for message in hub.taken] == [ExplainOrder, ExplainOrder]


def test_ways_that_come_when_the_order_has_gone_out_are_none_any_more(page: Page, hub: FakeHub) -> None:
    """That nothing is left to choose stays, whatever the planner found of before."""
    held: list[Route] = []
    page.route("**/api/ways", lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks the function
    choose(page, "orders", "U-1")
    ask, ways = page.locator("#ask-ways"), page.locator("#ways")
    ask.click()
    expect(ways).to_contain_text("The planner looks for its ways")
    giver = hub.recording.state.parcels["U-1"].custodian
    van = ev.Custodian(kind="asset", id="depot/van-1")
    hub.log(ev.CustodyPassed(at=NOON, order_id="U-1", giver=giver, taker=van))
    expect(ways).to_contain_text("U-1 is with depot/van-1", timeout=SOON_MS)
    with page.expect_response("**/api/ways"):
        held[0].continue_()
    expect(ask).to_be_enabled()
    expect(ask).to_be_hidden()
    expect(ways).to_have_text("U-1 is with depot/van-1: it can only be handed on, which no plan chooses.")


def test_one_that_was_delivered_has_no_choice_left(page: Page) -> None:
    """The page says so, in place of a button."""
    choose(page, "orders", "D-1")
    expect(page.locator("#ways")).to_contain_text("D-1 is delivered since")
    expect(page.locator("#ask-ways")).to_be_hidden()


def test_energy_of_an_order_under_way(page: Page) -> None:
    """Expected use, reserve and margin of the flight."""
    choose(page, "orders", "D-2")
    expect(page.locator("#detail")).to_contain_text("72.0 Wh")
    expect(page.locator("#detail .energy")).to_be_visible()


def test_unassigned_order_says_why(page: Page) -> None:
    """The reasons, and the smallest change that would help."""
    choose(page, "orders", "U-1")
    expect(page.locator("#detail")).to_contain_text("window_missed")
    expect(page.locator("#detail")).to_contain_text("a window that ends 40 minutes later")


def test_filter_by_text_and_keyboard(page: Page) -> None:
    """Typing narrows the list; the arrows and Enter choose."""
    page.get_by_label("Filter orders by text").fill("v-")
    expect(page.locator("#panel-orders .shown")).to_have_text("3 of 9")
    page.locator("#panel-orders .grid-body").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#detail h2")).to_have_text("V-2")


def test_locker_and_route(page: Page) -> None:
    """One small door is taken; two of four stops are done."""
    open_tab(page, "Lockers")
    assert "1 of 4" in rows(page, "lockers")[0]
    choose(page, "lockers", "locker-1")
    expect(page.locator("#detail")).to_contain_text("3 of 4 free")
    open_tab(page, "Routes")
    choose(page, "routes", "route-1")
    expect(page.locator("#detail")).to_contain_text("2 of 4")
    expect(page.locator("#detail tbody tr")).to_have_count(4)


def test_an_asset_shows_each_of_its_packs(page: Page, hub: FakeHub) -> None:
    """What is in each and what it measured; one that gives nothing any more is marked. Others have no such rows."""
    packs = (
        PackState(pack=1, soc=0.81, voltage_v=45.1, health=0.96),
        PackState(pack=2, soc=0.0, condition="failed"),
    )
    hub.told["depot/drone-1"] = hub.samples()["depot/drone-1"].model_copy(update={"packs": packs})
    open_tab(page, "Assets")
    choose(page, "assets", "depot/drone-1")
    detail = page.locator("#detail")
    expect(detail).to_contain_text("Pack 1", timeout=SOON_MS)
    expect(detail).to_contain_text("81 %, 45.1 V, health 96 %")
    expect(detail.locator("dd", has_text="failed")).to_contain_text("0 %")
    choose(page, "assets", "depot/drone-2")
    expect(detail).not_to_contain_text("Pack 1")


def test_one_asset_is_held(page: Page, hub: FakeHub) -> None:
    """The command goes to the hub, and the asset's acknowledgement comes back live."""
    open_tab(page, "Assets")
    choose(page, "assets", "depot/drone-1")
    page.get_by_role("button", name="Hold", exact=True).click()
    expect(page.locator("#detail .answer")).to_have_text("hold sent to depot/drone-1", timeout=SOON_MS)
    expect(page.locator("#detail .pill.s-acknowledged")).to_be_visible(timeout=SOON_MS)
    expect(page.locator("#detail .title .pill")).to_have_text("held", timeout=SOON_MS)
    [taken] = hub.taken
    assert isinstance(taken, OperatorCommand)
    assert (taken.asset_id, taken.action, taken.by) == ("depot/drone-1", Action.HOLD, "console")


def test_landing_takes_two_presses(page: Page, hub: FakeHub) -> None:
    """The first press asks; going elsewhere takes it back."""
    open_tab(page, "Assets")
    choose(page, "assets", "depot/drone-1")
    land = page.locator("button[data-action=land]")
    land.click()
    expect(land).to_have_text("Land now?")
    page.get_by_label("Filter assets by text").focus()
    expect(land).to_have_text("Land")
    assert hub.taken == []
    land.click()
    land.click()
    expect(page.locator("#detail .answer")).to_have_text("land sent to depot/drone-1", timeout=SOON_MS)


def test_hub_refuses_with_a_reason(page: Page) -> None:
    """What the hub says is shown as it says it."""
    open_tab(page, "Assets")
    choose(page, "assets", "depot/drone-2")
    page.get_by_role("button", name="Hold", exact=True).click()
    answer = page.locator("#detail .answer.refused")
    expect(answer).to_have_text("depot/drone-2 is ready: it can't hold now", timeout=SOON_MS)


def test_stop_all_shows_each_acknowledgement(page: Page, hub: FakeHub) -> None:
    """Nothing is sent before it is confirmed; the deaf robot stays visible as waiting."""
    page.get_by_role("button", name="STOP ALL").click()
    dialog = page.locator("#stop-dialog")
    expect(dialog).to_contain_text("3 assets are under way")
    assert hub.taken == []
    page.get_by_label("Reason").fill("smoke over the harbour")
    dialog.get_by_role("button", name="Stop them all").click()
    expect(dialog).to_contain_text("hold sent to 3 assets", timeout=SOON_MS)
    expect(dialog.locator(".tally")).to_contain_text("2 acknowledged", timeout=SOON_MS)
    expect(dialog.locator(".tally")).to_contain_text("1 waiting")
    robot = dialog.locator(".acks li", has_text="depot/robot-1")
    expect(robot).to_contain_text("waiting")
    expect(dialog.locator(".acks li", has_text="depot/van-1")).to_contain_text("acknowledged")
    [taken] = hub.taken
    assert isinstance(taken, StopAll)
    assert (taken.action, taken.why) == (Action.HOLD, "smoke over the harbour")


def test_stop_all_can_be_cancelled(page: Page, hub: FakeHub) -> None:
    """Escape and Cancel send nothing."""
    page.get_by_role("button", name="STOP ALL").click()
    page.locator("#stop-dialog").get_by_role("button", name="Cancel").click()
    expect(page.locator("#stop-dialog")).to_be_hidden()
    assert hub.taken == []


def test_silent_feed_is_said_aloud(page: Page, hub: FakeHub) -> None:
    """When the hub falls silent the page says so, with the age, and shows ages as lower bounds."""
    expect(page.locator("#alarm")).to_be_hidden()
    hub.feeding.clear()
    expect(page.locator("#feed[data-state=silent]")).to_be_visible(timeout=SOON_MS)
    expect(page.locator("#alarm")).to_contain_text("has been silent for")
    expect(page.locator("#alarm")).to_contain_text("not current")
    open_tab(page, "Assets")
    expect(page.locator("#panel-assets .grid-row", has_text="depot/drone-1")).to_contain_text(">")
    hub.feeding.set()
    expect(page.locator("#alarm")).to_be_hidden(timeout=SOON_MS)


def test_nothing_lies_outside_the_window(page: Page) -> None:
    """At 1280 by 800 nothing scrolls but lists and details, also with an order open."""
    choose(page, "orders", "W-1")
    expect(page.locator("#alternatives")).to_be_visible()
    size = page.evaluate("[document.scrollingElement.scrollWidth, document.scrollingElement.scrollHeight]")
    assert size == [WIDTH, HEIGHT]
    box = page.get_by_role("button", name="STOP ALL").bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= WIDTH


def test_map_is_drawn_and_zones_are_named(page: Page) -> None:
    """Markers are on the canvas, and the zone under the pointer is named."""
    painted = page.evaluate(
        """() => {
            const canvas = document.querySelector(".leaflet-markers-pane canvas");
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            return data.some((value) => value !== 0);
        }"""
    )
    assert painted
    box = page.locator("#map").bounding_box()
    assert box is not None
    for part in (0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7):
        for down in (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5):
            page.mouse.move(box["x"] + part * box["width"], box["y"] + down * box["height"])
            page.wait_for_timeout(20)
            if "Hospital (prohibited)" in page.locator("#readout").inner_text():
                return
    raise AssertionError("the zone was found nowhere on the map")


def test_the_range_of_a_drone_is_drawn_while_it_is_chosen(page: Page, hub: FakeHub) -> None:
    """The figures in words, the shape on the map; another choice clears it, and a load too heavy says why."""
    hub.told["depot/drone-1"] = Telemetry(at=NOON, lon=-3.71, lat=43.31, soc=0.9)
    row = weather_row(NOON, 5.0)
    hub.log(ev.WeatherReported(at=NOON, source="harbour", issued_at=NOON, by="harbour", rows=(row,)))
    expect(page.locator("#status [data-name='weather']")).to_contain_text("wind 5.0", timeout=SOON_MS)
    open_tab(page, "Assets")
    choose(page, "assets", "depot/drone-1")
    expect(page.locator("#detail")).to_contain_text("90 %", timeout=SOON_MS)
    group = page.get_by_role("group", name="Range of depot/drone-1")
    expect(group).to_be_visible()
    fleet_map = page.locator("#map")
    expect(fleet_map).to_have_attribute("data-range", "none")
    group.get_by_role("button", name="Show").click()
    expect(group.get_by_role("status")).to_contain_text("out and back", timeout=SOON_MS)
    expect(group.get_by_role("status")).to_contain_text("modelled, not proven")
    expect(fleet_map).to_have_attribute("data-range", "drawn")
    painted = page.evaluate(
        """() => {
            const canvas = document.querySelector(".leaflet-ranges-pane canvas");
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            return data.some((value) => value !== 0);
        }"""
    )
    assert painted
    group.get_by_label("Payload in kg").fill("40")
    group.get_by_role("button", name="Show").click()
    expect(group.get_by_role("status")).to_contain_text("carries 2.5 kg at most", timeout=SOON_MS)
    expect(fleet_map).to_have_attribute("data-range", "none")
    group.get_by_label("Payload in kg").fill("1")
    group.get_by_role("button", name="Show").click()
    expect(group.get_by_role("status")).to_contain_text("out and back", timeout=SOON_MS)
    choose(page, "assets", "depot/robot-1")
    expect(page.get_by_role("group", name="Range of")).to_have_count(0)
    expect(fleet_map).to_have_attribute("data-range", "none")
