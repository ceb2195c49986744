"""The console beside the real hub with simulated vehicles: what it shows is what is, and its stop reaches everyone."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from fleet.dispatch.monitor.zonechecks import ZONE_CODES
from fleet.domain.state import State
from fleet.hub.client import HubClient
from fleet.hub.security.keyring import COMMANDS, key_for
from fleet.protocol.messages import Action, ChangeZones, PreviewZones
from fleet.protocol.mission import Travel
from fleet.protocol.zones import ClosedZone
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


def test_what_a_zone_leads_to_is_what_comes(demo: Demo) -> None:
    """Over the drops of drones that are on their way: what the hub answers when zones are closed is what it sends."""
    follower = demo.wait_for_parcels(1)
    demo.let_time_go_on()
    with HubClient(demo.run.running().control, key=key_for(demo.run, COMMANDS), timeout_s=30) as client:
        told: dict[str, Action] = {}
        deadline = time.monotonic() + 40
        while not told and time.monotonic() < deadline:
            follower.step()
            zones = tuple(_over_their_drops(follower.state))
            if zones:
                asked = client.request(PreviewZones(request_id=uuid4().hex, add=zones)).zones
                done = client.request(ChangeZones(request_id=uuid4().hex, by="ann", add=zones)).zones
                assert asked is not None
                assert done is not None
                assert asked.places == done.places
                told = {each.asset_id: each.action for each in done.flights if each.action is not None}
                if not told:
                    client.request(ChangeZones(request_id=uuid4().hex, by="ann", remove=done.added))
    assert told, "no drone was caught on its way"
    came: dict[str, Action] = {}
    while told.keys() - came.keys() and time.monotonic() < deadline:
        follower.step()
        found = [each for each in follower.state.exceptions.values() if each.code in ZONE_CODES]
        since = {
            each.asset_id: each.at for each in found if any("fire" in why.detail for why in each.reasons)
        }
        commands = [each for each in follower.state.commands.values() if each.by == "monitor"]
        came = {each.asset_id: each.action for each in commands if since.get(each.asset_id) == each.at}
    demo.stop_time()
    assert came == told


def _over_their_drops(state: State) -> Iterator[ClosedZone]:
    """A small zone over the end of the way out of each drone that has not come there yet."""
    for mission_id in state.live_missions:
        record = state.missions[mission_id]
        travels = [step for step in record.mission.steps if isinstance(step, Travel)]
        if record.kind == "drone" and record.current in ("load", "out"):
            last = travels[0].path[-1]
            point = {"type": "Point", "coordinates": [last.lon, last.lat]}
            feature = {"type": "Feature", "properties": {"radius_m": 50}, "geometry": point}
            yield ClosedZone(zone_id=f"fire-{mission_id}", feature=feature)


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
