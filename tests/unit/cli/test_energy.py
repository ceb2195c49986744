"""``fleet energy``: answers for people and as JSON, exit codes, and what is refused."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from fleet.cli.main import main
from fleet.energy.catalog import airframe_names
from tests.support.flightlog import Machine, Noise, generated

FLIGHT: dict[str, object] = {
    "airframe": "dji-matrice-100",
    "payload-kg": 0.5,
    "out-m": 1000,
    "speed-mps": 8,
    "height-m": 60,
}
MATRICE = (files("fleet.energy") / "data/airframes/dji-matrice-100.toml").read_text(encoding="utf-8")


def ended(*words: object) -> int:
    with pytest.raises(SystemExit) as end:
        main([str(word) for word in words])
    assert isinstance(end.value.code, int)
    return end.value.code


def ask(**options: object) -> int:
    """The exit code of an estimate: that of `FLIGHT` with other options."""
    wanted = FLIGHT | {name.replace("_", "-"): value for name, value in options.items()}
    return ended(
        "energy", "estimate", *(word for name, value in wanted.items() for word in (f"--{name}", value))
    )


def answered(capsys: pytest.CaptureFixture[str], **options: object) -> tuple[int, Any]:
    """Exit code and JSON."""
    wanted = FLIGHT | {name.replace("_", "-"): value for name, value in options.items()}
    words = [word for name, value in wanted.items() for word in (f"--{name}", value)]
    code = ended("energy", "estimate", *words, "--json")
    return code, json.loads(capsys.readouterr().out)


def test_an_estimate_is_whole(capsys: pytest.CaptureFixture[str]) -> None:
    """Every part of the sum, and the sum."""
    code, said = answered(capsys)
    assert (code, said["feasible"], said["verdict"], said["reasons"]) == (0, True, "feasible", [])
    assert said["energy_wh"] == pytest.approx(56.65 * 1.0028, abs=0.02)
    assert list(said["by_regime"]) == ["takeoff", "cruise", "hover", "descent", "landing"]
    assert sum(said["by_regime"].values()) == pytest.approx(said["energy_wh"], abs=1e-3)
    assert said["needed_wh"] == pytest.approx(
        said["energy_wh"] + said["margin_wh"] + said["reserve_wh"], abs=1e-3
    )
    assert said["spare_wh"] == pytest.approx(said["usable_wh"] - said["needed_wh"], abs=1e-3)
    assert said["largest_radius_m"] > 1000
    assert said["duration_s"] == 388
    assert said["calibration"]["flights"] == 68
    assert said["tail"].startswith("modelled, not proven")
    assert said["inputs"]["drop_s"] == 30


def test_people_read_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert ask() == 0
    out = capsys.readouterr().out
    assert out.startswith("feasible\n")
    assert "56.81 Wh and 6.04 Wh of margin (10.6% for 0.001) and 22.76 Wh of reserve" in out
    assert "out and back at most 1719 m away" in out
    assert "assumes: calm air" in out


def test_the_documents_show_what_it_prints(repo_root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask() == 0
    shown = "".join(f"    {line}\n" if line else "\n" for line in capsys.readouterr().out.splitlines())
    assert shown in (repo_root / "docs" / "commands.md").read_text(encoding="utf-8")


def test_wind_costs(capsys: pytest.CaptureFixture[str]) -> None:
    calm = answered(capsys)[1]["energy_wh"]
    blown = answered(capsys, wind_mps=4, wind_from_deg=0)[1]["energy_wh"]
    back = answered(capsys, back_m=1500)[1]["energy_wh"]
    warm = answered(capsys, temperature_c=35)[1]
    assert min(blown, back, warm["energy_wh"]) > calm
    assert not any("standard atmosphere" in assumption for assumption in warm["assumptions"])


@pytest.mark.parametrize(
    ("options", "code", "reason"),
    [
        ({"payload_kg": 0.8}, 1, "over_vehicle_payload"),
        ({"out_m": 3000}, 1, "out_of_range"),
        ({"wind_mps": 11, "wind_from_deg": 10}, 1, "wind_too_strong"),
        ({"speed_mps": 20}, 1, "speed_out_of_range"),
        ({"speed_mps": 2}, 3, "speed_out_of_range"),
        ({"temperature_c": -40}, 3, "battery_temperature_unknown"),
    ],
)
def test_a_no_and_an_unknown_have_their_exit_codes(
    capsys: pytest.CaptureFixture[str], options: dict[str, object], code: int, reason: str
) -> None:
    ended_with, said = answered(capsys, **options)
    assert (ended_with, [one["code"] for one in said["reasons"]]) == (code, [reason])
    assert not said["feasible"]
    assert ask(**options) == code
    assert said["reasons"][0]["detail"] in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"payload_kg": "nan"}, "--payload-kg: must be a finite number (found nan)"),
        ({"payload_kg": -1}, "--payload-kg: must be zero or more (found -1.0)"),
        ({"out_m": "inf"}, "--out-m: must be a finite number"),
        ({"soc": 1.2}, "--soc: must be between 0 and 1 (found 1.2)"),
        ({"wind_from_deg": 90}, "--wind-from-deg: give --wind-mps too"),
        ({"wind_mps": -3}, "--wind-mps: must be zero or more"),
        ({"drop_height_m": 70}, "--drop-height-m: must be between 0 and 60"),
        ({"airframe": "dji-matrice"}, "did you mean 'dji-matrice-100'?"),
        ({"airframe": "nowhere.toml"}, "nowhere.toml: cannot be read"),
    ],
)
def test_what_is_no_value_is_bad_input(
    capsys: pytest.CaptureFixture[str], options: dict[str, object], message: str
) -> None:
    assert ask(**options) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""


def test_an_airframe_may_be_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a residual it is flagged, and the wide margin keeps it on the ground."""
    mine = tmp_path / "mine.toml"
    text = MATRICE.replace('name = "dji-matrice-100"', 'name = "mine"')
    mine.write_text(text, encoding="utf-8")
    known = answered(capsys)[1]
    named = [one.replace("dji-matrice-100", "mine") for one in known["assumptions"]]
    assert answered(capsys, airframe=mine)[1] == known | {"airframe": "mine", "assumptions": named}
    mine.write_text(text.replace("[residual]\nlog_sd = 0.0312\nflights = 68\n", ""), encoding="utf-8")
    code, said = answered(capsys, airframe=mine)
    assert (code, said["calibration"]["calibrated"]) == (1, False)
    assert "energy of mine: not calibrated, wide margin" in said["assumptions"]
    mine.write_text(text.replace("empty_mass_kg = 3.715", "empty_mass_kg = -1"), encoding="utf-8")
    assert ask(airframe=mine) == 2
    assert "mine.toml: empty_mass_kg: " in capsys.readouterr().err


# --- evaluate --------------------------------------------------------------------------------------------------------


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Sixty flights of a machine that lands on a tenth more than the Matrice, and lasts what is planned."""
    file = tmp_path / "log.csv"
    file.write_text(generated(Machine(), noise=Noise(seconds=0.5)), encoding="utf-8")
    return file


def evaluated(capsys: pytest.CaptureFixture[str], log: Path, *words: object) -> tuple[int, Any]:
    code = ended("energy", "evaluate", log, "--airframe", "dji-matrice-100", *words, "--json")
    return code, json.loads(capsys.readouterr().out)


def test_a_model_is_held_against_a_log(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = evaluated(capsys, log)
    assert (code, said["within_margin"], said["margin"]["beyond"]) == (0, True, [])
    assert said["log"] == {
        "file": str(log),
        "sha256": hashlib.sha256(log.read_bytes()).hexdigest(),
        "rows": 420,
        "flights": 60,
    }
    assert said["trips"]["count"] == 60
    assert said["by_regime"]["landing"]["mean"] < -0.1 < said["by_regime"]["cruise"]["mean"]
    assert said["remaining"]["corrected"]["p95"] < said["remaining"]["uncorrected"]["p95"]
    assert said["plan"]["mean_abs"] > 0
    assert 0.85 < said["margin"]["radius_share"] < 0.95


def test_what_comes_through_a_pipe_is_hashed_as_it_was_read(
    log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A pipe gives nothing a second time."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(log.read_bytes(),))
    writer.start()
    said = evaluated(capsys, pipe)[1]
    writer.join()
    assert said["log"]["sha256"] == hashlib.sha256(log.read_bytes()).hexdigest()


def test_people_read_the_errors(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended("energy", "evaluate", log, "--airframe", "dji-matrice-100") == 0
    out = capsys.readouterr().out
    assert out.startswith(f"dji-matrice-100 against 60 of 60 flights of {log}\n")
    for said in (
        "trip, durations given",
        "power in landing",
        "margin 10.6%: no flight took more",
        "radius: ",
    ):
        assert said in out


def test_a_flight_beyond_the_margin_is_a_no(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With a coin's toss for a margin, about half of them."""
    code, said = evaluated(capsys, log, "--epsilon", "0.5")
    assert (code, said["within_margin"]) == (1, False)
    assert 10 < len(said["margin"]["beyond"]) < 60
    assert ended("energy", "evaluate", log, "--airframe", "dji-matrice-100", "--epsilon", "0.5") == 1
    named = (
        f"{len(said['margin']['beyond'])} flights took more ({', '.join(said['margin']['beyond'][:5])} and "
    )
    assert named in capsys.readouterr().out


def test_the_held_out_flights_alone(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    few, most = (evaluated(capsys, log, "--held-out", share)[1]["trips"]["count"] for share in (0.3, 0.9))
    assert 8 < few < 28 < most < 60


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--held-out", "0"), "log.csv: no flight that is asked about has take-off, cruise and landing"),
        (("--held-out", "1.5"), "--held-out: must be between 0 and 1 (found 1.5)"),
        (("--epsilon", "nan"), "--epsilon: must be a finite number (found nan)"),
        (("--airframe", "mine"), "--airframe: there is no built-in airframe of this name"),
    ],
)
def test_what_can_not_be_evaluated_is_bad_input(
    log: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], message: str
) -> None:
    assert ended("energy", "evaluate", log, "--airframe", "dji-matrice-100", *words) == 2
    assert message in capsys.readouterr().err


def test_every_wrong_cell_of_a_log_is_named(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = log.read_text(encoding="utf-8").splitlines()
    lines[2] = lines[2].replace("cruise", "crews")
    lines[4] = lines[4].replace("hover,", "hover,-")
    log.write_text("\n".join(lines), encoding="utf-8")
    code, said = evaluated(capsys, log)
    assert (code, [(one["line"], one["field"]) for one in said["errors"]]) == (
        2,
        [(3, "regime"), (5, "duration_s")],
    )
    assert ended("energy", "evaluate", log.with_name("none.csv"), "--airframe", "dji-matrice-100") == 2


def test_a_log_of_another_machine_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of 50 g: the Matrice's coefficients give no power for it."""
    file = tmp_path / "tiny.csv"
    tiny = generated(Machine(empty_kg=0.05, payloads_kg=(0.0,), avionics_w=2.0))
    file.write_text(tiny, encoding="utf-8")
    assert ended("energy", "evaluate", file, "--airframe", "dji-matrice-100") == 2
    assert "mass_kg 0.05 is not one at which dji-matrice-100 has positive power" in capsys.readouterr().err


# --- calibrate -------------------------------------------------------------------------------------------------------

HUNGRY = Machine(empty_kg=3.715, efficiency={"takeoff": 0.42, "cruise": 0.50, "landing": 0.47})
"""Takes a tenth more than the Matrice."""


@pytest.fixture
def hungry(tmp_path: Path) -> Path:
    file = tmp_path / "hungry.csv"
    file.write_text(generated(HUNGRY, noise=Noise()), encoding="utf-8")
    return file


def calibrated(capsys: pytest.CaptureFixture[str], log: Path, *words: object) -> tuple[int, Any]:
    code = ended("energy", "calibrate", log, "--base", "dji-matrice-100", *words, "--json")
    return code, json.loads(capsys.readouterr().out)


def test_a_calibrated_airframe_knows_what_its_flights_take(
    hungry: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Fitted, written, read again, and held against the flights that were held out."""
    out = hungry.with_name("mine.toml")
    code, said = calibrated(capsys, hungry, "--out", out)
    assert (code, said["calibrated"], said["method"], said["name"]) == (0, True, "flights", "mine")
    assert said["flights"]["train"] + said["flights"]["held_out"] == 60
    assert said["held_out"]["mean_abs"] < 0.03 < 0.09 < said["base_held_out"]["mean_abs"]
    assert set(said["sets"].values()) == {"line"}
    assert out.read_text(encoding="utf-8").startswith(
        "# Made by `fleet energy calibrate` from hungry.csv, sha256 "
    )
    assert ended("energy", "evaluate", hungry, "--airframe", out, "--held-out", "0.3", "--json") == 0
    judged = json.loads(capsys.readouterr().out)
    assert judged["trips"] == said["held_out"]
    assert judged["by_regime"] == said["by_regime"]
    ours, theirs = answered(capsys, airframe=out)[1], answered(capsys)[1]
    assert ours["calibration"]["flights"] == 60
    assert 1.07 < ours["energy_wh"] / theirs["energy_wh"] < 1.13
    near = answered(capsys, airframe=out, out_m=800)[1]
    assert said["margin_share"] == near["margin_share"] < ours["margin_share"]  # 1,000 m is beyond its legs


def test_people_read_what_a_calibration_is_worth(hungry: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = hungry.with_name("mine.toml")
    assert (
        ended("energy", "calibrate", hungry, "--base", "dji-matrice-100", "--out", out, "--name", "ours") == 0
    )
    told = capsys.readouterr().out
    assert told.startswith("ours: fitted to ")
    assert f"written to {out}" in told
    for said in ("held out, by the base", "all, cross-validated", "margin for 0.001: "):
        assert said in told


def test_no_result_is_written_over_what_is_read(hungry: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The log of a calibration and of a picture, by another name as well; nor the base."""
    before, link = hungry.read_bytes(), hungry.with_name("link.csv")
    link.symlink_to(hungry)
    base = hungry.with_name("base.toml")
    base.write_text(MATRICE, encoding="utf-8")
    for out in (hungry, link, base):
        assert ended("energy", "calibrate", hungry, "--base", base, "--out", out) == 2
        assert "--out: is read as well" in capsys.readouterr().err
    assert ended("energy", "plot", hungry, "--airframe", "dji-matrice-100", "--out", hungry) == 2
    assert (hungry.read_bytes(), base.read_text(encoding="utf-8")) == (before, MATRICE)


def test_the_base_may_be_a_file(hungry: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base, out = hungry.with_name("base.toml"), hungry.with_name("mine.toml")
    base.write_text(MATRICE.replace("[residual]\nlog_sd = 0.0312\nflights = 68\n", ""), encoding="utf-8")
    assert ended("energy", "calibrate", hungry, "--base", base, "--out", out) == 0
    capsys.readouterr()
    assert answered(capsys, airframe=out)[1]["calibration"]["calibrated"]


DECLARED = {"log_sd": 0.05, "flights": 10, "declared": True}


def test_a_hover_is_the_least(hungry: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Right, with a wide margin that is declared."""
    out = hungry.with_name("mine.toml")
    code, said = calibrated(capsys, hungry, "--out", out, "--hover")
    assert (code, said["method"], said["residual"]) == (0, "hover", DECLARED)
    assert said["factor"] == pytest.approx(1.10, abs=0.02)
    assert said["margin_share"] == pytest.approx(0.253, abs=0.005)
    assert ended("energy", "calibrate", hungry, "--base", "dji-matrice-100", "--out", out, "--hover") == 0
    assert "the deviation is declared, not measured" in capsys.readouterr().out
    ask(airframe=out)
    assert "as of one that it was declared for" in capsys.readouterr().out


def test_a_log_that_can_not_carry_it_leaves_no_file(hungry: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of nine flights; a file that is there stays as it is."""
    out = hungry.with_name("mine.toml")
    hungry.write_text(generated(HUNGRY, flights=9), encoding="utf-8")
    code, said = calibrated(capsys, hungry, "--out", out)
    assert (code, said["calibrated"], [one["code"] for one in said["reasons"]]) == (
        1,
        False,
        ["too_few_flights"],
    )
    assert not out.exists()
    out.write_text("kept", encoding="utf-8")
    assert ended("energy", "calibrate", hungry, "--base", "dji-matrice-100", "--out", out) == 1
    assert "9 flights have take-off, cruise and landing, 10 are the least" in capsys.readouterr().out
    assert out.read_text(encoding="utf-8") == "kept"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--out", "mine.toml", "--held-out", "nan"), "--held-out: must be a finite number (found nan)"),
        (("--out", "mine.toml", "--name", ""), "--name: must be a name in one line"),
        (("--out", "nowhere/mine.toml"), "--out: must be a file in a folder that exists"),
        (("--out", "mine.toml", "--base", "none"), "--base: there is no built-in airframe of this name"),
    ],
)
def test_what_can_not_be_calibrated_is_bad_input(
    hungry: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    message: str,
) -> None:
    monkeypatch.chdir(hungry.parent)
    assert ended("energy", "calibrate", hungry, "--base", "dji-matrice-100", *words) == 2
    assert message in capsys.readouterr().err
    assert not Path("mine.toml").exists()


# --- airframes -------------------------------------------------------------------------------------------------------


def test_the_built_in_airframes_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended("energy", "airframes") == 0
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split()[:3] == ["name", "empty_kg", "payload_kg"]
    assert [line.split()[0] for line in lines] == list(airframe_names())
    assert ended("energy", "airframes", "--json") == 0
    said = json.loads(capsys.readouterr().out)["airframes"]
    assert [(one["name"], one["calibrated"]) for one in said] == [(name, True) for name in airframe_names()]


def test_each_figure_of_an_airframe_has_its_source(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also of one in a file that nobody calibrated."""
    assert ended("energy", "airframes", "dji-matrice-100", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert set(said) - {"name", "sources", "calibrated"} <= set(said["sources"])
    assert said["regimes"]["takeoff"] == {"b1": 80.4, "b0": 13.8}
    assert ended("energy", "airframes", "dji-matrice-100") == 0
    page = capsys.readouterr().out
    assert "takeoff (b1 80.4, b0 13.8)" in page
    for source in said["sources"].values():
        assert source in page
    mine = tmp_path / "mine.toml"
    mine.write_text(MATRICE.replace("[residual]\nlog_sd = 0.0312\nflights = 68\n", ""), encoding="utf-8")
    assert ended("energy", "airframes", mine) == 0
    assert capsys.readouterr().out.endswith("\nnever calibrated: gets the wide margin\n")


def test_an_airframe_that_is_not_there_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended("energy", "airframes", "dji-matrix-100") == 2
    assert "did you mean 'dji-matrice-100'?" in capsys.readouterr().err


def test_a_picture_of_prediction_against_log(hungry: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both kinds, of several models; a file that is there already is replaced."""
    for picture in ("trips", "errors"):
        out = hungry.with_name("drawn.svg")
        told = ("plot", hungry, "--airframe", "dji-matrice-100", "--out", out, "--picture", picture, "--json")
        assert ended("energy", *map(str, told)) == 0
        assert json.loads(capsys.readouterr().out) == {"out": str(out)}
        assert out.read_text(encoding="utf-8").startswith("<svg ")
        assert "dji-matrice-100" in out.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "blamed"),
    [
        (("--held-out", "2"), "--held-out"),
        (("--held-out", "0"), "has take-off, cruise and landing"),
        (("--out", "nowhere/at/all.svg"), "--out"),
    ],
)
def test_a_picture_that_can_t_be_drawn_says_why(
    hungry: Path, options: tuple[str, ...], blamed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = hungry.with_name("drawn.svg")
    told = ("plot", str(hungry), "--airframe", "dji-matrice-100", "--out", str(out), *options)
    assert ended("energy", *told) == 2
    assert blamed in capsys.readouterr().err
    assert not out.exists()
