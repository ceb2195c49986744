"""A browser for all tests of this folder, and pages that may not complain."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import chromium
from tests.browser.console import console_beside
from tests.browser.fakehub import FakeHub
from tests.browser.small_day import NOON, ZONES, small_recording

WIDTH, HEIGHT = 1280, 800
expect.set_options(timeout=20_000)  # a machine that is busy with other tests draws a page later


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the session."""
    with chromium() as launched:
        yield launched


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[FakeHub]:
    """A hub at noon of the small day; the robot never acknowledges a command."""
    with FakeHub(small_recording(), tmp_path / "hub.db", NOON, deaf=frozenset({"depot/robot-1"})) as running:
        yield running


@pytest.fixture
def console(hub: FakeHub) -> Iterator[str]:
    """The address of a console beside the hub."""
    with console_beside(hub, ZONES) as address:
        yield address


@pytest.fixture
def page(browser: Browser, console: str) -> Iterator[Page]:
    """The console's page. At the end of the test it must have logged no error and asked nobody else for anything."""
    complaints: list[str] = []
    strangers: list[str] = []
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, reduced_motion="reduce")
    opened = context.new_page()
    opened.on(
        "console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None
    )
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("request", lambda asked: None if asked.url.startswith(console) else strangers.append(asked.url))
    opened.goto(console)
    opened.wait_for_selector("#feed[data-state=live]")
    yield opened
    context.close()
    # Chromium itself notes each answer of 409, which is how a refusal of the hub comes.
    assert [said for said in complaints if "409 (Conflict)" not in said] == []
    assert strangers == []
