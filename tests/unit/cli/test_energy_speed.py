"""``fleet energy speed``: what it says, and what is refused."""

from __future__ import annotations

import json

import pytest

from fleet.cli.main import main

FLIGHT = ("--airframe", "courier-x4", "--payload-kg", "1", "--out-m", "3000", "--height-m", "60")


def ended(*words: object) -> int:
    with pytest.raises(SystemExit) as end:
        main([str(word) for word in words])
    assert isinstance(end.value.code, int)
    return end.value.code


def test_speeds_of_a_flight(capsys: pytest.CaptureFixture[str]) -> None:
    """Farthest takes least; in time with the least is the farthest where there is time enough."""
    assert ended("energy", "speed", *FLIGHT, "--within-s", 600, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["range"]["energy_wh"] <= said["cruise"]["energy_wh"]
    assert said["cruise"]["airspeed_mps"] == 16
    assert said["in_time"]["duration_s"] <= 600
    assert said["in_time"]["energy_wh"] == pytest.approx(said["range"]["energy_wh"], rel=1e-3)
    assert ended("energy", "speed", *FLIGHT, "--wind-mps", 8, "--wind-from-deg", 0) == 0
    assert "farthest" in capsys.readouterr().out


@pytest.mark.parametrize(
    "options", [("--wind-mps", "21", "--wind-from-deg", "0"), ("--within-s", "100")], ids=" ".join
)
def test_where_no_speed_will_do(options: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1, and none in its place."""
    assert ended("energy", "speed", *FLIGHT, *options, "--json") == 1
    said = json.loads(capsys.readouterr().out)
    assert None in said.values()
    assert len(said["reasons"]) == 1


def test_a_wind_that_the_airframe_may_not_fly_in_allows_no_speed(capsys: pytest.CaptureFixture[str]) -> None:
    """19 m/s, where it is built for 10: as `estimate` says it."""
    assert ended("energy", "speed", *FLIGHT, "--wind-mps", 19, "--wind-from-deg", 0) == 1
    assert "the wind of 19 m/s is more than courier-x4 can take: 10 m/s" in capsys.readouterr().out


def test_a_refused_number_is_shown_as_one(capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--airframe", "courier-x4", "--payload-kg", "1", "--out-m", "-5", "--height-m", "60")
    assert ended("energy", "speed", *options) == 2
    assert "(found -5)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "blamed"),
    [
        (("--wind-mps", "5"), "--wind-from-deg"),
        (("--wind-mps", "nan", "--wind-from-deg", "0"), "--wind-mps"),
        (("--within-s", "0"), "--within-s"),
        (("--payload-kg", "9"), "--payload-kg"),
        (("--out-m", "-1"), "--out-m"),
    ],
    ids=str,
)
def test_what_is_no_number_is_refused(
    options: tuple[str, ...], blamed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended("energy", "speed", *FLIGHT, *options) == 2
    assert blamed in capsys.readouterr().err
