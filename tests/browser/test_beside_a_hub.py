"""The console beside the real hub with simulated vehicles: what it shows is what is, and its stop reaches everyone."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from fleet.protocol.messages import Action
from tests.browser.demo import Demo, running_demo

pytestmark = [pytest.mark.browser, pytest.mark.timeout(200)]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A day that stands still after a part of it."""
    folder = tmp_path_factory.mktemp("console")
    with running_demo(folder, "--parcels", "60", "--iterations", "10") as found:
        found.wait_for_parcels(12)
        found.stop_time()
        yield found
        found.let_time_go_on()


@pytest.fixture
def beside(browser: Browser, demo: Demo) -> Iterator[Page]:
    """The console of that day; a test in which the page complains fails."""
    complaints: list[str] = []
    opened = browser.new_page(viewport={"width": 1280, "height": 800})
    opened.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto(demo.console)
    expect(opened.locator("#counts")).to_contain_text("delivered")
    yield opened
    opened.close()
    assert complaints == []


def test_the_day_is_shown(beside: Page, demo: Demo) -> None:
    """Every order is listed, the map is drawn, and nothing is fetched from elsewhere."""
    count = len(demo.wait_for_parcels(1).state.parcels)
    expect(beside.get_by_role("tab", name=re.compile(r"Orders"))).to_contain_text(str(count))
    expect(beside.locator("#map canvas").first).to_be_visible()
    hosts = beside.evaluate("performance.getEntriesByType('resource').map(e => new URL(e.name).host)")
    assert set(hosts) == {beside.evaluate("location.host")}


def test_an_order_is_explained(beside: Page) -> None:
    """A click on an order says why it goes this way, and why not each other, with reasons."""
    beside.get_by_role("row").filter(has_text="van").first.click()
    detail = beside.locator("#detail")
    expect(detail).to_contain_text("drone")
    expect(detail).to_contain_text(re.compile("infeasible|feasible|unknown"))


def test_a_silent_hub_is_shown(beside: Page, demo: Demo) -> None:
    """When the hub falls silent the page says so with the age, and shows nothing old as current."""
    feed = beside.locator("#feed")
    expect(feed).to_have_attribute("data-state", "live", timeout=10_000)
    hub = demo.run.running().pids["hub"]
    os.kill(hub, signal.SIGSTOP)
    try:
        expect(feed).not_to_have_attribute("data-state", "live", timeout=15_000)
        expect(feed).to_contain_text(re.compile(r"\d+ ?s"))
    finally:
        os.kill(hub, signal.SIGCONT)
    expect(feed).to_have_attribute("data-state", "live", timeout=15_000)


def test_stop_all_reaches_everyone(beside: Page, demo: Demo) -> None:
    """STOP ALL asks once, tells everyone who is under way, and shows each acknowledgement as it comes."""
    beside.get_by_role("button", name="STOP ALL").click()
    demo.let_time_go_on()
    beside.get_by_role("button", name="Stop them all").click()
    acknowledged = beside.locator(".acks li").filter(has_text="acknowledged")
    expect(acknowledged.first).to_be_visible(timeout=20_000)
    demo.stop_time()
    follower = demo.wait_for_parcels(1)
    told = [c for c in follower.state.commands.values() if c.action is Action.HOLD and c.by != "monitor"]
    assert told
    assert follower.state.stopped_by == "console"
    _let_work_go_on(beside, demo)


def _let_work_go_on(beside: Page, demo: Demo) -> None:
    """The button that lifts the stop is there only while all is stopped; those that were held acknowledge."""
    beside.get_by_role("button", name="Close").click()
    resume = beside.locator("#resume-all")
    expect(resume).to_be_visible(timeout=10_000)
    resume.click()
    demo.let_time_go_on()
    beside.locator("#stop-dialog").get_by_role("button", name="Resume work").click()
    acknowledged = beside.locator(".acks li").filter(has_text="acknowledged")
    expect(acknowledged.first).to_be_visible(timeout=20_000)
    expect(resume).to_be_hidden(timeout=10_000)
    demo.stop_time()
