"""What the console makes of committed events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from fleet.console.errors import NoSuchOrder
from fleet.console.ledger import Ledger, record_all
from fleet.console.snapshot import TABLES, changed_rows, rows
from fleet.console.views.assets import asset_row
from fleet.console.views.base import stamp
from fleet.console.views.explain import explain
from fleet.console.views.lockers import locker_row
from fleet.console.views.missions import mission_row
from fleet.console.views.orders import order_row
from fleet.console.views.places import zone_rows, zones_row
from fleet.console.views.summary import summary
from fleet.console.views.weather import weather_row
from fleet.dispatch.zones import in_force
from fleet.domain import events as ev
from fleet.domain.apply import apply
from fleet.protocol.lifecycle import CompartmentEvent
from fleet.protocol.values import Place
from fleet.store.base import StoredEvent
from fleet.weather.conditions import Conditions, Observation
from fleet.weather.series import WeatherSeries
from geofences import CircleShape, Restriction, Volume, Zone, ZoneSet
from tests.browser.recording import Recording, hold, lose_link
from tests.browser.small_day import NOON, OPEN, WHERE, ZONES, small_recording
from tests.support.weather import weather_row as weather_row_of


def numbered(recording: Recording, after: int = 0) -> Iterator[StoredEvent]:
    """The events as a store gives them."""
    return (StoredEvent(i, e) for i, e in enumerate(recording.events[after:], after + 1))


def ledger_of(recording: Recording) -> Ledger:
    """The console's view of a recording."""
    return record_all(Ledger(), numbered(recording))


@pytest.fixture(scope="module")
def noon() -> Ledger:
    """The small day at noon."""
    return ledger_of(small_recording())


def test_ledger_holds_the_state_of_the_hub(noon: Ledger) -> None:
    """The same fold gives the same state."""
    assert noon.state == small_recording().state
    assert noon.position == len(small_recording().events)


def test_custody_has_no_gap(noon: Ledger) -> None:
    """Each hand-off's giver is the taker of the one before, from intake to what the row says now."""
    for order_id in WHERE:
        told = explain(noon, order_id)
        holders = [told["history"][0]["custodian"]]
        for passed in told["custody"]:
            assert passed["giver"] == holders[-1]
            holders.append(passed["taker"])
        assert holders[-1] == told["order"]["custodian"]


def test_hand_on_keeps_reasons_and_the_mode_given_up(noon: Ledger) -> None:
    """A parcel that the wind sent back says from which mode, to which van, and why."""
    told = explain(noon, "W-1")
    [passed] = told["handed_on"]
    assert (passed["from"], passed["to"], passed["asset"]) == ("drone", "van", "depot/van-1")
    assert passed["reasons"][0] == {
        "code": "gust_too_strong",
        "detail": "gusts at cruise height exceed what the type may fly in",
        "limit": 12.0,
        "actual": 13.4,
        "unit": "m/s",
        "source": "operator's rule",
    }
    assert told["excluded"] == ["drone"]
    assert told["exceptions"] == ["exc-wind-W-1"]


def test_explain_has_every_other_mode(noon: Ledger) -> None:
    """Verdict, cost, the difference in cost, and reasons; an unknown has no cost."""
    choice = explain(noon, "D-2")["choice"]
    assert choice["mode"] == "drone"
    verdicts = {a["mode"]: (a["verdict"], a["cost"], a["extra_cost"]) for a in choice["alternatives"]}
    assert verdicts == {
        "sidewalk_robot": ("infeasible", None, None),
        "locker": ("unknown", None, None),
        "van": ("feasible", 6.25, 3.75),
    }


def test_extra_cost_is_held_against_what_leaving_the_route_saves(noon: Ledger) -> None:
    """A parcel's cost may be its share of a route: what another mode costs more counts from the saving."""
    choices = {"D-2": noon.state.choices["D-2"].model_copy(update={"saving": 1.25})}
    shared = replace(noon, state=replace(noon.state, choices=noon.state.choices.update(choices)))
    choice = explain(shared, "D-2")["choice"]
    van = next(other for other in choice["alternatives"] if other["mode"] == "van")
    assert (choice["cost"], choice["saving"], van["extra_cost"]) == (2.50, 1.25, 5.00)


def test_explain_rests_on_plan_zones_and_energy(noon: Ledger) -> None:
    """Which plan, which zone set, which assumptions, and what is left in the battery."""
    told = explain(noon, "D-2")
    assert told["plan"]["zones_version"] == told["mission"]["zones_version"] == ZONES.version
    assert "wind 4 m/s" in told["plan"]["assumptions"]
    assert told["mission"]["energy"] == {
        "energy_wh": 80.0,
        "planned_wh": 80.0,
        "alternate": None,
        "alternate_wh": None,
        "margin_wh": 8.0,
        "margin_share": 0.1,
        "reserve_wh": 40.0,
        "spare_wh": 72.0,
        "usable_wh": 200.0,
        "used_wh": None,
    }
    assert explain(noon, "V-2")["mission"]["energy"] is None


def test_unassigned_is_explained_and_has_no_made_up_time(noon: Ledger) -> None:
    """No mode, no arrival, not late: nothing is known of it but why."""
    told = explain(noon, "U-1")
    assert told["unassigned"]["reasons"][0]["code"] == "window_missed"
    assert told["unassigned"]["nearest_change"] == "a window that ends 40 minutes later"
    assert (told["order"]["mode"], told["order"]["eta"], told["order"]["late"]) == (None, None, False)
    assert told["mission"] is None


def test_unknown_order_is_refused(noon: Ledger) -> None:
    """An id that was never placed."""
    with pytest.raises(NoSuchOrder, match="X-1"):
        explain(noon, "X-1")


def test_order_after_its_window_is_late() -> None:
    """Late is what arrives, or is expected, after the window's end, and only that."""
    made = small_recording()
    order = made.state.parcels["V-2"].order
    late = order.due.end + timedelta(minutes=1)
    record = made.state.parcels["V-2"]
    assert record.mission_id is not None
    assert record.asset_id is not None
    made.add(
        ev.ParcelAssigned(
            at=NOON,
            order_id="V-2",
            mode="van",
            mission_id=record.mission_id,
            asset_id=record.asset_id,
            eta=late,
        )
    )
    ledger = ledger_of(made)
    assert order_row(ledger, "V-2")["late"] is True
    assert order_row(ledger, "V-3")["late"] is False
    assert summary(ledger)["late_parcels"] == 1


def test_locker_counts_doors_by_state(noon: Ledger) -> None:
    """Kept doors are still empty; occupied and expired ones are not."""
    small = locker_row(noon, "locker-1")["sizes"]["small"]
    assert small == {"total": 4, "free": 3, "wanted": 0, "reserved": 0, "occupied": 1, "expired": 0}
    before = locker_row(ledger_of(small_recording(OPEN + timedelta(minutes=5))), "locker-1")
    assert (before["sizes"]["small"]["free"], before["sizes"]["small"]["reserved"]) == (4, 1)


def test_expired_compartment_is_shown() -> None:
    """It still takes a door."""
    made = small_recording()
    change = CompartmentEvent.EXPIRE
    made.add(ev.CompartmentChanged(at=NOON, locker_id="locker-1", order_id="L-1", change=change))
    small = locker_row(ledger_of(made), "locker-1")["sizes"]["small"]
    assert (small["free"], small["occupied"], small["expired"]) == (3, 0, 1)


def test_route_says_which_stops_are_done(noon: Ledger) -> None:
    """Two of four at noon; the way is drawn from stop to stop and said to be straight."""
    row = mission_row(noon, "route-1")
    assert [s["done"] for s in row["stops"]] == [True, True, False, False]
    assert row["straight"] is True
    assert mission_row(noon, "S-2")["straight"] is False


def test_asset_is_where_an_event_last_said(noon: Ledger) -> None:
    """At its site, or at the place that was told; the charge only where it was told."""
    row = asset_row(noon, "depot/drone-2")
    assert (row["status"], row["site"], row["soc"]) == ("ready", "depot", 0.71)
    assert asset_row(noon, "depot/van-1")["soc"] is None


def test_summary_counts_everything_once(noon: Ledger) -> None:
    """Parcels by status add up; lockers are no vehicles."""
    told = summary(noon)
    assert sum(told["parcels"].values()) == len(WHERE)
    assert sum(told["vehicles"].values()) == 4
    assert told["moving"] == 3
    assert told["timezone"] == "Europe/Madrid"


def test_weather_is_what_counts_now_and_how_old_the_last_measurement_is(noon: Ledger) -> None:
    """Of the file where nobody has measured; unknown, with the age still shown, where all of it is stale."""
    hour = timedelta(hours=1)
    file = WeatherSeries((Observation(NOON - hour, Conditions(4, 6, 270, 12, 0, 9_000)),))
    assert not weather_row(None, noon.state, NOON)["known"]
    told = weather_row(file, noon.state, NOON)
    assert (told["known"], told["wind_mps"], told["observed_at"]) == (True, 4, None)
    row = weather_row_of(NOON, 8.0)
    said = ev.WeatherReported(at=NOON, source="harbour", issued_at=NOON, by="harbour", rows=(row,))
    state = apply(noon.state, said)
    told = weather_row(file, state, NOON)
    assert (told["wind_mps"], told["gust_mps"], told["observed_at"]) == (8, 12, stamp(NOON))
    assert (told["wind_from_deg"], told["said_by"], told["said_at"]) == (270, "harbour", stamp(NOON))
    shown = ev.WindShown(
        at=NOON + hour / 12, asset_id="S1/drone-1", place=Place(lon=-8.6, lat=41.15), height_m=500.0,
        wind_mps=11.0, wind_from_deg=90.0, sd_mps=0.5,
    )  # fmt: skip
    told = weather_row(file, apply(state, shown), NOON + hour / 6)
    assert (told["wind_mps"], told["wind_from_deg"]) == (11, None)
    assert (told["said_by"], told["said_at"]) == ("asset:S1/drone-1", stamp(NOON + hour / 12))
    late = weather_row(file, state, NOON + 2 * hour)
    assert (late["known"], late["wind_mps"], late["observed_at"]) == (False, None, stamp(NOON))


def test_lost_link_and_held_are_counted() -> None:
    """With an exception that is open."""
    made = small_recording()
    lose_link(made, "S-2", NOON)
    hold(made, "S-3", NOON)
    told = summary(ledger_of(made))
    assert (told["vehicles"]["link_lost"], told["vehicles"]["held"], told["open_exceptions"]) == (1, 1, 1)


def test_command_waits_until_it_is_answered() -> None:
    """Silence is no acknowledgement."""
    made = small_recording()
    hold(made, "S-3", NOON, answered=False)
    [waiting] = [r for r in rows(ledger_of(made), "commands") if r["asset"] == "depot/robot-1"]
    assert waiting["acknowledgement"] == "waiting"
    made.add(ev.CommandAnswered(at=NOON, command_id=waiting["id"], accepted=False, detail="on a crossing"))
    [refused] = [r for r in rows(ledger_of(made), "commands") if r["asset"] == "depot/robot-1"]
    assert (refused["acknowledgement"], refused["detail"]) == ("refused", "on a crossing")


@pytest.mark.parametrize("cut", [1, 20, 40, 60, 80, 100])
def test_changes_bring_any_page_up_to_date(cut: int) -> None:
    """What a page had, with the changed rows laid over it, is what a fresh page would show."""
    made = small_recording()
    old = record_all(Ledger(), list(numbered(made))[:cut])
    new = record_all(old, numbered(made, cut))
    changed = changed_rows(old, new)
    for table in TABLES:
        page = {row["id"]: row for row in rows(old, table)}
        page |= {row["id"]: row for row in changed.get(table, [])}
        fresh = {row["id"]: row for row in rows(new, table)}
        assert {k: page[k] for k in fresh} == fresh, table


def test_nothing_changed_is_nothing_told(noon: Ledger) -> None:
    """No table, not an empty one."""
    assert changed_rows(noon, noon) == {}


def test_zones_of_files_and_by_hand(noon: Ledger) -> None:
    """Holes and circles come as rings; what was closed by hand is marked."""
    ring = [[-3.7, 43.3], [-3.69, 43.3], [-3.69, 43.31], [-3.7, 43.3]]
    feature = {
        "type": "Feature",
        "properties": {"name": "Crane"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    made = small_recording()
    made.add(ev.ZoneAdded(at=NOON, zone_id="crane", feature=feature, by="console"))
    circle = Zone("mast", Restriction.PROHIBITED, (Volume(CircleShape(-3.7, 43.3, 500.0)),), name="Mast")
    told = {z["id"]: z for z in zone_rows(ZoneSet([circle]), ledger_of(made))}
    assert (told["crane"]["by_hand"], told["mast"]["by_hand"]) == (True, False)
    [[outer]] = told["mast"]["polygons"]
    assert max(lat for _, lat in outer) == pytest.approx(43.3 + 500 / 111_320, abs=1e-6)
    assert [z["id"] for z in zone_rows(None, noon)] == []


def test_what_was_closed_by_hand_and_cannot_be_read_is_listed_to_be_opened() -> None:
    """It can't be drawn, and says why."""
    made = small_recording()
    made.add(ev.ZoneAdded(at=NOON, zone_id="crane", feature={}, by="console"))
    [told] = zone_rows(None, ledger_of(made))
    assert (told["id"], told["by_hand"], told["polygons"]) == ("crane", True, [])
    assert "can't be read" in told["message"]


def test_the_version_that_is_shown_is_of_the_zones_in_force(noon: Ledger) -> None:
    """With those closed by hand; where the map lacks some of the files' it is theirs, and said to be not whole."""
    ring = [[8.0, 50.0], [8.1, 50.0], [8.1, 50.1], [8.0, 50.0]]
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    made = small_recording()
    made.add(ev.ZoneAdded(at=NOON, zone_id="fire", feature=feature, by="ana"))
    closed = ledger_of(made)
    before, after, lacking = zones_row(ZONES, noon), zones_row(ZONES, closed), zones_row(None, closed)
    assert (before["version"], before["complete"]) == (ZONES.version, True)
    assert (after["version"], after["complete"]) == (in_force(ZONES, closed.state).version, True)
    assert after["version"] != ZONES.version
    assert (lacking["version"], lacking["complete"]) == (ZONES.version, False)
