"""The console beside the real hub on a day that goes by slowly: what the planner is asked, who supervises whom."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from fleet.dispatch.revisable import no_choice_left
from fleet.progress import Follower
from fleet.store.reader import Reader
from tests.browser.demo import ROOT, Demo, running_demo

pytestmark = [pytest.mark.browser, pytest.mark.timeout(200)]

EXAMPLE = ROOT / "docs" / "examples" / "pilots.toml"
SIZE = {"width": 1280, "height": 800}
WORDS = ("--parcels", "40", "--iterations", "10", "--rate", "20", "--fleet", str(EXAMPLE))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A day with few pilots, of which a third of a minute goes by in a second."""
    with running_demo(tmp_path_factory.mktemp("slow"), *WORDS) as found:
        yield found


@pytest.fixture
def beside(browser: Browser, demo: Demo) -> Iterator[Page]:
    """The console of that day, once all of the morning is planned; a page that complains fails its test."""
    complaints: list[str] = []
    opened = browser.new_page(viewport=SIZE)  # type: ignore[arg-type]
    opened.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto(demo.console)
    expect(opened.locator("#panel-orders .grid-row .s-planned").first).to_be_visible(timeout=60_000)
    yield opened
    opened.close()
    assert complaints == []


def latest(demo: Demo) -> str:
    """The drafted order that is sent out last."""
    follower = Follower(Reader(demo.run.store))
    while follower.step():
        pass
    state = follower.state
    drafted = [
        (state.missions[one.mission_id].release_at, order_id)
        for order_id, one in state.parcels.items()
        if one.mission_id is not None and no_choice_left(state, one) is None
    ]
    return max(drafted)[1]


def picture(page: Page, name: str) -> None:
    """A picture for people, where one is asked for."""
    folder = os.environ.get("PICTURES")
    if folder:
        page.screenshot(path=f"{folder}/{name}.png")


def test_every_way_of_a_drafted_order_is_found_by_the_planner(beside: Page, demo: Demo) -> None:
    """The way that it is drafted for is there with the others, of which each has a cost or a reason."""
    order_id = latest(demo)
    beside.get_by_label("Filter orders by text").fill(order_id)
    beside.locator("#panel-orders .grid-row", has_text=order_id).first.click()
    beside.get_by_role("button", name="Find every way").click()
    ways = beside.locator("#ways")
    expect(ways.locator("tr.chosen")).to_have_count(1, timeout=30_000)
    picture(beside, "ways")
    rows = ways.locator("tbody tr")
    texts = rows.all_inner_texts()
    assert sum("because" not in (row.get_attribute("class") or "") for row in rows.all()) > 3
    for number, text in enumerate(texts):
        if "infeasible" in text or "unknown" in text:
            assert "because" in (rows.nth(number + 1).get_attribute("class") or ""), text


def test_teams_of_pilots_are_shown(beside: Page) -> None:
    """Each team of the fleet file: who is on shift, until when, the machines that it has; its shifts and sites."""
    beside.get_by_role("tab", name=re.compile("Pilots")).click()
    listed = beside.locator("#panel-pilots .grid-row")
    expect(listed).to_have_count(4)
    drones = listed.filter(has_text="drone")
    expect(drones).to_contain_text(re.compile(r"\d of [35]"))
    drones.click()
    detail = beside.locator("#detail")
    expect(detail).to_contain_text("09:00 to 13:00: 1 pilot, each with 3 machines")
    expect(detail.locator("table")).to_contain_text("VNC-S3")
    picture(beside, "pilots")
    listed.filter(has_text="VNC-S1").click()
    expect(detail).to_contain_text("around the clock: 1 pilot, each with 2 machines")
    expect(detail).to_contain_text("no change within a day")
