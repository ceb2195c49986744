"""``fleet demo --fleet``: a fleet of one's own at the demo's sites, kept with the run, refused before one is lost."""

from __future__ import annotations

import os
import tempfile
import threading
import tomllib
from pathlib import Path
from typing import Any

import pytest

from fleet.app import read_setup
from fleet.cli.main import main
from fleet.cli.output import BadInput
from fleet.demo import DemoOptions, failures, prepare
from fleet.demofleet import OwnFleet, with_margin
from fleet.hub.rundir import RunDir
from fleet.intake.errors import FleetFileError
from fleet.intake.fleetfile import read_fleet

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "docs" / "examples" / "pilots.toml"
FRAME = ROOT / "fleet" / "energy" / "data" / "airframes" / "courier-x4.toml"


def refused(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    """What a demo that is bad input says."""
    with pytest.raises(SystemExit) as end:
        main(["demo", "--headless", *map(str, words)])
    assert end.value.code == 2
    return capsys.readouterr().err


def test_the_file_is_kept_with_the_run(tmp_path: Path) -> None:
    """So that the day goes on with it whatever becomes of the file; the example has what it is an example of."""
    run = RunDir(tmp_path / "demo")
    prepare(run, DemoOptions(parcels=5, fleet=OwnFleet.read(EXAMPLE)))
    kept = read_setup(run).files
    assert kept.fleet is not None
    assert kept.fleet.read_text(encoding="utf-8") == EXAMPLE.read_text(encoding="utf-8")
    kept.read()  # all of it fits the city
    spec = read_fleet(kept.fleet).spec
    assert len(spec.pilots_of("drone")) == 2
    assert {one.of_sites for one in spec.pilots_of("sidewalk_robot")} == {
        None,
        frozenset({"VNC-S1"}),
        frozenset({"VNC-S2"}),
    }
    assert any(getattr(one, "driver_break", None) is not None for one in spec.types.values())


def test_a_margin_for_trials_is_put_into_it(tmp_path: Path) -> None:
    """As into the city's own."""
    run = RunDir(tmp_path / "demo")
    prepare(run, DemoOptions(parcels=5, fleet=OwnFleet.read(EXAMPLE), margin_scale=0.5))
    kept = read_setup(run).files.fleet
    assert read_fleet(kept).spec.reserve.margin_scale == 0.5
    assert read_fleet(EXAMPLE).spec.reserve.margin_scale == 1


def test_a_file_that_can_t_be_is_named_and_nothing_is_lost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One that is not there; one with pilots of a site that the city has not: the earlier demo stays."""
    run = RunDir(tmp_path / "demo")
    prepare(run, DemoOptions(parcels=5))
    run.store.write_text("old", encoding="utf-8")
    words = ("--root", tmp_path, "--parcels", 5, "--fleet")
    assert str(tmp_path / "none.toml") in refused(capsys, *words, tmp_path / "none.toml")
    (bad := tmp_path / "bad.toml").write_text(
        EXAMPLE.read_text(encoding="utf-8").replace("VNC-S2", "VNC-S9"), encoding="utf-8"
    )
    said = refused(capsys, *words, bad)
    assert f"{bad}: sites: there is no such site in the depots file; did you mean 'VNC-S" in said
    assert run.store.read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("", {}),
        ("[reserve]\nepsilon = 0.01\n", {"epsilon": 0.01}),
        ("[ reserve ]  # ours\r\nepsilon = 0.01\r\n[van]\n", {"epsilon": 0.01}),
        ("[reserve]", {}),
        ('note = """\n[reserve]\n"""\n\n[reserve]\nepsilon = 0.01', {"epsilon": 0.01}),
        ("[reserve.of]\nlate = 1\n", {"of": {"late": 1}}),
    ],
)
def test_a_margin_for_trials_leaves_all_else(text: str, rest: dict[str, object]) -> None:
    """However the table is written down; a header in a longer text is none."""
    found = tomllib.loads(with_margin(text, 0.5, "ours.toml"))
    assert found.pop("reserve") == {**rest, "margin_scale": 0.5}
    before = tomllib.loads(text)
    before.pop("reserve", None)
    assert found == before


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "\n[reserve]\nmargin_scale = 0.8\n",
            "3: reserve.margin_scale: is said by the file, too: leave it out",
        ),
        (
            "reserve = {margin_scale = 0.8}\n",
            "1: reserve.margin_scale: is said by the file, too: leave it out",
        ),
        ("\nreserve = {epsilon = 0.01}\n", "2: reserve: write it as a table of its own, [reserve],"),
        ("reserve.epsilon = 0.01\n", " reserve: write it as a table of its own, [reserve],"),
        ("reserve = 3\n", "1: reserve: must be a table"),
    ],
)
def test_a_margin_that_can_t_be_put_in_is_refused_of_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, told: str
) -> None:
    """In words, with its line, and by the name that was given."""
    (file := tmp_path / "ours.toml").write_text(text, encoding="utf-8")
    with pytest.raises(FleetFileError) as refusal:
        with_margin(text, 0.5, str(file))
    assert f"{file}:{told}" in str(refusal.value)
    said = refused(capsys, "--root", tmp_path, "--parcels", 5, "--fleet", file, "--margin-scale", 0.5)
    assert str(file) in said
    assert tempfile.gettempdir() + "/tmp" not in said


def test_a_pipe_is_read_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a shell's ``<(sed …)`` is one: it is checked, then kept with the run, and nothing waits for more."""

    def begins(*_: object, **__: object) -> None:
        raise BadInput("as far as here")

    monkeypatch.setattr("fleet.cli.demo.run_demo", begins)
    os.mkfifo(pipe := tmp_path / "pipe")
    text = EXAMPLE.read_text(encoding="utf-8")
    threading.Thread(target=pipe.write_text, args=(text,), daemon=True).start()
    assert "as far as here" in refused(capsys, "--root", tmp_path, "--parcels", 5, "--fleet", pipe)
    kept = read_setup(RunDir(tmp_path / "demo")).files.fleet
    assert kept is not None
    assert kept.read_text(encoding="utf-8") == text


def test_a_file_that_is_named_from_where_the_fleet_file_stands_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A demo has a copy of its own, which stands elsewhere; by its whole path a vehicle's file is found."""
    (tmp_path / "mine.toml").write_bytes(FRAME.read_bytes())
    table = '[types.courier-x4-fast]\nenergy_model = "{}"'
    text = EXAMPLE.read_text(encoding="utf-8")
    (file := tmp_path / "ours.toml").write_text(
        text.replace("[types.courier-x4-fast]", table.format("mine.toml")), encoding="utf-8"
    )
    said = refused(capsys, "--root", tmp_path, "--parcels", 5, "--fleet", file)
    assert f"{file}: is not found from the copy of the fleet file" in said
    assert "name it by its whole path (found 'mine.toml')" in said
    whole = text.replace("[types.courier-x4-fast]", table.format(tmp_path / "mine.toml"))
    prepare(RunDir(tmp_path / "demo"), DemoOptions(parcels=5, fleet=OwnFleet(file, whole)))


def test_what_is_no_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder."""
    said = refused(capsys, "--root", tmp_path, "--fleet", tmp_path)
    assert f"{tmp_path}: cannot be read: Is a directory" in said


def test_a_demo_goes_on_with_the_fleet_that_it_has(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refused(capsys, "--root", tmp_path, "--resume", "--fleet", EXAMPLE)
    assert "--fleet: is kept from the demo's beginning" in said


def test_how_much_such_a_fleet_brings_is_no_failure() -> None:
    """What breaks a rule is one all the same."""
    ended = {"in_driver_route": 30, "unresolved": 0}
    broken = ("zone_breaches", "reserve_breaches", "custody_breaks", "lost_messages")
    result: dict[str, Any] = dict.fromkeys((*broken, "duplicated_effects", "contradictions"), 0)
    result |= {"parcels": 150, "ended": ended, "by_mode": {"drone": 0, "van": 120}, "exceptions": []}
    assert len(failures(result, hard=True)) == 2
    assert failures(result, hard=True, own_fleet=True) == []
    assert failures(result | {"zone_breaches": 1}, hard=True, own_fleet=True) == ["1 zone breaches"]
