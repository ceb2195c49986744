"""The commands that ask a hub: what they say, what they wait for, and how they end."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fleet.cli import orders
from fleet.domain.events import (
    AssetChanged,
    AssetRecovered,
    Event,
    ExceptionClosed,
    ExceptionRaised,
    LocksChanged,
    OperationsResumed,
    OrderPlaced,
    ZoneAdded,
)
from fleet.hub.rundir import RunDir, Running
from fleet.protocol.lifecycle import AssetEvent
from fleet.store.reader import Reader
from tests.support import smallday as day
from tests.support.bench import ORDERS
from tests.support.commands import answer, run
from tests.support.fakehub import Answer, FakeHub, acknowledge, ignore, refuse, run_with
from tests.support.smallday import DRONE, VAN

SQUARE = {
    "type": "Feature",
    "properties": {
        "identifier": "F1",
        "country": "ESP",
        "type": "COMMON",
        "restriction": "PROHIBITED",
    },
    "geometry": {
        "type": "Polygon",
        "coordinates": [[[-3.7, 40.4], [-3.69, 40.4], [-3.69, 40.41], [-3.7, 40.41], [-3.7, 40.4]]],
    },
}


def busy_day() -> list[Event]:
    """Van and drone are under way."""
    tour, flight = day.route("tour-1", day.stop("b", 40, deliver="B")), day.sortie("flight-1", "A", 20)
    return [
        day.opened(),
        *day.connected(VAN, DRONE),
        *day.placed(day.order("A"), day.order("B")),
        *day.begun(tour, "van", 10),
        *day.begun(flight, "drone", 18),
    ]


def fault(asset_id: str) -> Event:
    """An asset breaks down."""
    return AssetChanged(at=day.at(20), asset_id=asset_id, change=AssetEvent.FAULT, code="motor")


def events(at: RunDir) -> list[Event]:
    """The log of a run."""
    return [stored.event for stored in Reader(at.store).events()]


@contextmanager
def hub(tmp_path: Path, log: list[Event], **answers: Answer) -> Iterator[RunDir]:
    """A hub with the van and the drone answering as told."""
    names = {"van": VAN, "drone": DRONE}
    folder = tmp_path / "inputs"
    folder.mkdir()
    run = run_with(tmp_path / "runs", log)
    with FakeHub(run, folder, {names[name]: answer for name, answer in answers.items()}):
        yield run


# --- one asset -------------------------------------------------------------------------------------------------------


def test_hold_waits_for_the_acknowledgement(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with hub(tmp_path, busy_day(), van=acknowledge) as at:
        code, found = answer(capsys, at, "assets", "hold", VAN, "--why", "look", "--by", "ann")
        issued = [s.event for s in Reader(at.store).events() if s.event.type == "command_issued"]  # type: ignore[attr-defined]
    assert code == 0
    assert (found["asset"], found["action"], found["acknowledgement"]) == (VAN, "hold", "acknowledged")
    assert [(e.by, e.why, e.asset_id) for e in issued] == [("ann", "look", VAN)]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("verb", "action"), [("return", "return"), ("land", "land")])
def test_the_other_verbs_tell_their_action(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: str, action: str
) -> None:
    with hub(tmp_path, busy_day(), drone=acknowledge) as at:
        code, found = answer(capsys, at, "assets", verb, DRONE)
    assert (code, found["action"], found["acknowledgement"]) == (0, action, "acknowledged")


def test_an_asset_that_holds_is_resumed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with hub(tmp_path, busy_day(), van=acknowledge) as at:
        assert run(at, "assets", "hold", VAN) == 0
        assert run(at, "assets", "resume", VAN) == 0
    captured = capsys.readouterr()
    assert captured.out == f"{VAN} acknowledged\n{VAN} acknowledged\n"
    assert f"resume sent to {VAN}; waiting" in captured.err


def test_an_asset_that_refuses_is_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with hub(tmp_path, busy_day(), van=refuse) as at:
        code, found = answer(capsys, at, "assets", "hold", VAN)
    assert (code, found["acknowledgement"], found["detail"]) == (1, "refused", "not now")


def test_an_asset_that_says_nothing_in_time_is_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with hub(tmp_path, busy_day(), van=ignore) as at:
        code, found = answer(capsys, at, "assets", "hold", VAN, "--timeout", "2")
    assert (code, found["acknowledgement"]) == (3, "waiting")


@pytest.mark.parametrize(
    ("asset_id", "detail"),
    [
        ("L1", "L1 is offline: it can't hold now"),
        ("X", "there is no asset 'X'; `fleet assets list` shows them"),
    ],
)
def test_what_the_hub_refuses_is_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], asset_id: str, detail: str
) -> None:
    with hub(tmp_path, busy_day()) as at:
        code, found = answer(capsys, at, "assets", "hold", asset_id)
    assert (code, found["acknowledgement"], found["detail"]) == (1, "refused", detail)


def test_a_hub_that_is_gone_is_4(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at = run_with(tmp_path, busy_day())
    assert run(at, "assets", "hold", VAN) == 4
    assert "no hub has been started under this name" in capsys.readouterr().err
    gone = "ipc:///nowhere/at/all"
    at.write_running(Running(name="day", control=gone, telemetry=gone, feed=gone, plain=True))
    assert run(at, "assets", "hold", VAN) == 4  # at once, not after half a minute
    assert "no hub is running; take the day up again with `fleet hub --resume`" in capsys.readouterr().err
    with at.held():
        assert run(at, "assets", "hold", VAN, "--timeout", "0.2") == 4
    assert "no answer from the hub" in capsys.readouterr().err


def test_a_name_that_cannot_be_is_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at = run_with(tmp_path, busy_day())
    assert run(at, "assets", "hold", VAN, "--by", " ") == 2
    assert "by: " in capsys.readouterr().err


# --- all assets ------------------------------------------------------------------------------------------------------


def test_stop_all_lists_each_acknowledgement(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with hub(tmp_path, busy_day(), van=acknowledge, drone=acknowledge) as at:
        code, found = answer(capsys, at, "stop-all", "--yes", "--action", "return")
    assert (code, found["ok"]) == (0, True)
    rows = [(row["asset"], row["action"], row["acknowledgement"]) for row in found["assets"]]
    assert rows == [(VAN, "return", "acknowledged"), (DRONE, "return", "acknowledged")]


@pytest.mark.parametrize(("other", "code"), [(refuse, 1), (ignore, 3)])
def test_stop_all_tells_by_its_exit_code_when_one_does_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], other: Answer, code: int
) -> None:
    with hub(tmp_path, busy_day(), van=acknowledge, drone=other) as at:
        assert run(at, "stop-all", "--yes", "--timeout", "2") == code
    captured = capsys.readouterr()
    assert captured.out.endswith("2 told, 1 acknowledged\n")
    assert f"{VAN}: acknowledged\n" in captured.err


def test_stop_all_with_nothing_under_way_is_done(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with hub(tmp_path, [day.opened()]) as at:
        assert answer(capsys, at, "stop-all", "--yes") == (
            0,
            {
                "ok": True,
                "detail": "hold sent to 0 assets; nothing goes out until work is resumed",
                "assets": [],
            },
        )
        code, found = answer(capsys, at, "resume-all", "--by", "ben")
        assert (code, found["detail"]) == (0, "resume sent to 0 assets; missions are released again")
        assert [e.by for e in events(at) if isinstance(e, OperationsResumed)] == ["ben"]


def test_a_broken_down_asset_is_recovered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where people have brought it is told to the hub; a site that is not there is refused with those that are."""
    with hub(tmp_path, [*busy_day(), fault(DRONE)]) as at:
        code, found = answer(capsys, at, "assets", "recover", DRONE, "--site", "S9")
        assert (code, "there are D1, S1" in found["detail"]) == (1, True)
        code, found = answer(capsys, at, "assets", "recover", DRONE, "--site", "S1", "--by", "ben")
        assert (code, found["ok"]) == (0, True)
        (done,) = [e for e in events(at) if isinstance(e, AssetRecovered)]
        assert (done.asset_id, done.site_id, done.fit, done.by) == (DRONE, "S1", True, "ben")


def test_orders_and_routes_are_locked_and_let_go(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Who did it and why is on record; what is not there is refused."""
    tour, flight = day.route("tour-1", day.stop("b", 40, deliver="B")), day.sortie("flight-1", "A", 20)
    planned = [day.assigned("A", "drone", flight, 25), day.assigned("B", "van", tour, 40)]
    with hub(tmp_path, [*busy_day(), *planned]) as at:
        words = ("--by", "ben", "--why", "promised")
        assert answer(capsys, at, "orders", "lock", "A", *words)[1]["detail"] == "1 locked, 0 had been before"
        assert answer(capsys, at, "routes", "lock", "tour-1", *words)[0] == 0
        assert answer(capsys, at, "orders", "explain", "A", "--no-ways")[1]["order"]["locked"] is True
        code, found = answer(capsys, at, "routes", "lock", "tour-9")
        assert (code, "no route or mission 'tour-9'" in found["detail"]) == (1, True)
        assert answer(capsys, at, "orders", "unlock", "A", "B")[1]["detail"] == "2 let go, 0 had been before"
        assert answer(capsys, at, "routes", "unlock", "tour-1")[1]["detail"] == "0 let go, 1 had been before"
        done = [(e.order_ids, e.locked) for e in events(at) if isinstance(e, LocksChanged)]
        assert done == [(("A",), True), (("B",), True), (("A", "B"), False)]


def test_an_exception_is_closed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Who closed it and how is on record; one that is not there is refused."""
    raised = ExceptionRaised(at=day.at(3), exception_id="exc-1", code="x", owner="operator", action="look")
    with hub(tmp_path, [day.opened(), raised]) as at:
        words = ("--outcome", "called the driver", "--by", "ben")
        assert answer(capsys, at, "exceptions", "close", "exc-1", *words)[0] == 0
        assert answer(capsys, at, "exceptions", "close", "exc-9", *words)[0] == 1
        (closed,) = [e for e in events(at) if isinstance(e, ExceptionClosed)]
        assert (closed.outcome, closed.by) == ("called the driver", "ben")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "--yes is needed where nobody can be asked"),
        (["--action", "resume"], "--action: must be one of hold,"),
    ],
)
def test_stop_all_asks_first_and_knows_its_actions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    at = run_with(tmp_path, busy_day())
    assert run(at, "stop-all", *words) == 2
    assert message in capsys.readouterr().err


# --- orders ----------------------------------------------------------------------------------------------------------


def orders_file(tmp_path: Path, *ids: str, spoilt: str | None = None) -> Path:
    """Orders of the bench's city; the spoilt one weighs nothing."""
    header, row = ORDERS.splitlines()
    rows = [row.replace("P-1", name, 1) for name in ids]
    rows = [r.replace(",0.8,", ",0,") if r.startswith(f"{spoilt},") else r for r in rows]
    file = tmp_path / "orders.csv"
    file.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return file


def taken_in(at: RunDir) -> list[str]:
    stored = (s.event for s in Reader(at.store).events())
    return [e.order.order_id for e in stored if isinstance(e, OrderPlaced)]


def test_orders_are_taken_in_once_with_their_contacts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = orders_file(tmp_path, "P-1", "P-2")
    with hub(tmp_path, [day.opened()]) as at:
        first = answer(capsys, at, "orders", "import", file)
        second = answer(capsys, at, "orders", "import", file)
        contact = Reader(at.store).contact("P-2")
    assert (first[0], first[1]["taken_in"], first[1]["known"]) == (0, 2, 0)
    assert (second[0], second[1]["taken_in"], second[1]["known"]) == (0, 0, 2)
    assert taken_in(at) == ["P-1", "P-2"]
    assert contact is not None
    assert contact.recipient == "Ana"


def test_many_orders_go_in_batches(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "BATCH_BYTES", 1)
    with hub(tmp_path, [day.opened()]) as at:
        assert run(at, "orders", "import", orders_file(tmp_path, "P-1", "P-2", "P-3")) == 0
    captured = capsys.readouterr()
    assert captured.out == "3 taken in, 0 known already, 0 rows refused\n"
    assert captured.err.count("sending 1 orders") == 3
    assert taken_in(at) == ["P-1", "P-2", "P-3"]


def test_one_bad_row_stops_everything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = orders_file(tmp_path, "P-1", "P-2", spoilt="P-2")
    with hub(tmp_path, [day.opened()]) as at:
        assert run(at, "orders", "import", file) == 2
        assert taken_in(at) == []
    assert "orders.csv:3: weight_kg: must be above 0 (found '0')" in capsys.readouterr().err


def test_bad_rows_are_skipped_on_request_and_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = orders_file(tmp_path, "P-1", "P-2", spoilt="P-2")
    with hub(tmp_path, [day.opened()]) as at:
        code, found = answer(capsys, at, "orders", "import", file, "--skip-bad-rows")
        assert taken_in(at) == ["P-1"]
    assert (code, found["taken_in"]) == (0, 1)
    assert [(row["line"], row["field"], row["value"]) for row in found["refused"]] == [(3, "weight_kg", "0")]


def test_an_id_that_is_known_with_other_content_takes_nothing_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = orders_file(tmp_path, "A", "P-2")
    with hub(tmp_path, busy_day()) as at:
        assert run(at, "orders", "import", file) == 2
        assert f"{file}:2: order_id: is known with other content" in capsys.readouterr().err
        assert taken_in(at) == ["A", "B"]
        code, found = answer(capsys, at, "orders", "import", file, "--skip-bad-rows")
        assert (code, [(row["line"], row["value"]) for row in found["refused"]]) == (0, [(2, "A")])
        assert taken_in(at) == ["A", "B", "P-2"]


def test_a_file_without_sound_orders_is_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at = run_with(tmp_path, [day.opened()])
    assert run(at, "orders", "import", orders_file(tmp_path, "P-1", spoilt="P-1"), "--skip-bad-rows") == 2
    assert "holds no order that can be taken in" in capsys.readouterr().err


# --- zones -----------------------------------------------------------------------------------------------------------


def zone_file(tmp_path: Path, content: object) -> Path:
    file = tmp_path / "zone.geojson"
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return file


def test_an_area_is_closed_listed_and_opened_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = zone_file(tmp_path, SQUARE)
    with hub(tmp_path, busy_day()) as at:
        at.setup.write_text('{"files": {"zones": []}}', encoding="utf-8")
        code, found = answer(capsys, at, "zones", "add", "--file", file, "--id", "fire", "--by", "ann")
        assert (code, found["detail"]) == (0, "zone fire is closed: 1 flight gets into it")
        assert [flight["order_ids"] for flight in found["consequences"]["flights"]] == [["A"]]
        listed = answer(capsys, at, "zones", "list", "--name", "day")[1]["zones"]
        assert [zone["zone"] for zone in listed] == ["fire"]
        assert answer(capsys, at, "zones", "remove", "fire")[0] == 0
        assert answer(capsys, at, "zones", "list", "--name", "day")[1]["zones"] == []
        added = [s.event for s in Reader(at.store).events() if isinstance(s.event, ZoneAdded)]
    assert [(e.zone_id, e.by) for e in added] == [("fire", "ann")]


def test_a_collection_of_one_will_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = zone_file(tmp_path, {"type": "FeatureCollection", "features": [SQUARE]})
    with hub(tmp_path, busy_day()) as at:
        assert run(at, "zones", "add", "--file", file, "--id", "fire") == 0
    assert capsys.readouterr().out.startswith("zone fire is closed: 1 flight gets into it\n")


def test_a_zone_that_nobody_added_is_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with hub(tmp_path, busy_day()) as at:
        code, found = answer(capsys, at, "zones", "remove", "fire")
    assert (code, found["ok"]) == (1, False)
    assert "no zone 'fire' was added by hand" in found["detail"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "zone.geojson:1: broken JSON in column 2"),
        ([], "must hold one GeoJSON Feature"),
        ({"type": "FeatureCollection", "features": [SQUARE, SQUARE]}, "must hold one GeoJSON Feature"),
        (SQUARE | {"geometry": {"type": "Point", "coordinates": [0, 0]}}, "zone.geojson: "),
    ],
)
def test_a_zone_file_that_is_none_is_bad_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: object, message: str
) -> None:
    at = run_with(tmp_path / "runs", busy_day())
    assert run(at, "zones", "add", "--file", zone_file(tmp_path, content), "--id", "fire") == 2
    assert message in capsys.readouterr().err
