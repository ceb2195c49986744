"""The console's list of sorties: which wait for zones and other flights, and which zones they fly around."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from fleet.console.ledger import Ledger, record_all
from fleet.console.views.around import around
from fleet.console.views.explain import explain
from fleet.domain import events as ev
from fleet.domain.noreturn import NoReturn
from fleet.protocol.mission import Drop, Item, Load, Mission, Travel, Unload
from fleet.protocol.values import Place, Reason, Waypoint
from fleet.store.base import StoredEvent
from tests.browser.fakehub import FakeHub
from tests.browser.recording import Recording
from tests.browser.small_day import DEPOT, NOON, OPEN, ZONES, small_recording
from tests.browser.test_console import choose, open_tab, rows

FULL = Reason(
    code="air_not_free",
    detail="meets S-2 over the way out at 11:31",
    limit="S-2",
    unit="",
    source="flights",
)
BEYOND = Place(lon=-3.675, lat=43.325)
"""Behind the hospital's zone, as seen from the depot."""

BEND = (-3.70, 43.32)


def mission(*via: tuple[float, float]) -> Mission:
    """A flight to behind the hospital by way of some points, with the parcel that nobody had been found for."""
    start = NOON + timedelta(minutes=30)
    order = small_recording().state.parcels["U-1"].order
    spots = [(DEPOT.lon, DEPOT.lat), *via, (BEYOND.lon, BEYOND.lat)]
    out = [
        Waypoint(lon=lon, lat=lat, alt_amsl_m=60.0, at=start + timedelta(minutes=n))
        for n, (lon, lat) in enumerate(spots)
    ]
    back = [one.model_copy(update={"at": start + timedelta(minutes=9 - n)}) for n, one in enumerate(out)][
        ::-1
    ]
    item = Item(order_id="U-1", weight_kg=order.weight_kg, size=order.size, goods=order.goods)
    return Mission(
        mission_id="S-9",
        asset_id="depot/drone-2",
        items=(item,),
        steps=(
            Load(step_id="load", site_id="depot", order_ids=("U-1",)),
            Travel(step_id="out", path=tuple(out), corridor_m=25.0),
            Drop(step_id="drop", order_id="U-1", place=BEYOND, service_s=30, window=order.due),
            Travel(step_id="back", path=tuple(back), corridor_m=25.0),
            Unload(step_id="unload", site_id="depot"),
        ),
        start_at=start,
        expires_at=start + timedelta(hours=2),
        home=DEPOT,
    )


BEYOND_RETURN = NoReturn(
    place=BEYOND, step_id="out", along_m=900.0, due=NOON, elsewhere=("locker-1",), spare_wh=-12.0, hover_s=0.0
)


def with_waiting(*via: tuple[float, float]) -> Recording:
    """The small day at noon, and a drafted flight that was due and waits."""
    made = small_recording()
    flight = mission(*via)
    made.add(
        ev.MissionDrafted(at=NOON, mission=flight, kind="drone", plan_id="plan-1", release_at=NOON),
        ev.ParcelAssigned(
            at=NOON, order_id="U-1", mode="drone", mission_id="S-9", asset_id="depot/drone-2", eta=NOON
        ),
        ev.MissionWaits(at=NOON, mission_id="S-9", until=NOON + timedelta(minutes=1), why=(FULL,)),
        ev.NoReturnMoved(at=NOON, mission_id="S-9", no_return=BEYOND_RETURN),
    )
    return made


def ledger_of(made: Recording) -> Ledger:
    return record_all(Ledger(), (StoredEvent(n, one) for n, one in enumerate(made.events, 1)))


def test_a_flight_that_is_bent_tells_what_it_flies_around() -> None:
    """A straight one flies around nothing, whatever it meets; nor does one that passes by far."""
    bent, straight = ledger_of(with_waiting(BEND)), ledger_of(with_waiting())
    record = bent.state.missions["S-9"]
    assert around(bent, record, ZONES) == ["hospital"]
    assert around(bent, record, None) == []
    assert around(straight, straight.state.missions["S-9"], ZONES) == []
    assert explain(bent, "U-1", ZONES)["mission"]["around"] == ["hospital"]
    assert around(bent, bent.state.missions["route-1"], ZONES) == []
    assert OPEN < NOON


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[FakeHub]:
    """The hub of that day."""
    with FakeHub(with_waiting(BEND), tmp_path / "hub.db", NOON) as running:
        yield running


@pytest.mark.browser
def test_operators_see_which_flight_waits_and_why(page: Page) -> None:
    """First in its list, with a figure on the tab; its panel has the reason, the order's also the zones."""
    expect(page.get_by_role("tab", name="Sorties").locator(".badge")).to_have_text("1")
    open_tab(page, "Sorties")
    listed = rows(page, "sorties")
    assert "waiting" in listed[0]
    assert FULL.detail in listed[0]
    assert len(listed) > 1
    assert all("route-1" not in text for text in listed)
    choose(page, "sorties", "waiting")
    expect(page.locator("#detail h2")).to_have_text("S-9")
    expect(page.locator("#detail")).to_contain_text(FULL.detail)
    page.locator("#detail").get_by_text("U-1", exact=True).click()
    expect(page.locator("#detail h2")).to_have_text("U-1")
    expect(page.locator("#detail")).to_contain_text("Flies around")
    expect(page.locator("#detail")).to_contain_text("hospital")
    expect(page.locator("#detail")).to_contain_text(FULL.detail)


@pytest.mark.browser
def test_operators_see_from_where_on_a_flight_can_t_go_home(page: Page) -> None:
    """In its panel, with what is left to it then."""
    open_tab(page, "Sorties")
    choose(page, "sorties", "waiting")
    expect(page.locator("#detail h2")).to_have_text("S-9")
    expect(page.locator("#detail")).to_contain_text("Point of no return")
    expect(page.locator("#detail")).to_contain_text("then only locker-1")
    expect(page.locator("#detail")).to_contain_text("-12 Wh to spare at home")
