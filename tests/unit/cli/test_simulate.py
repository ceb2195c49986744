"""`fleet simulate --runs`: what is asked wrongly is refused before the first day, and what came of it is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fleet.cli.main import main
from fleet.cli.whatif_text import sentence
from fleet.whatif.measures import measure
from fleet.whatif.spread import difference

NAMES = ("orders", "depots", "lockers", "weather")


def run(*words: object) -> int:
    with pytest.raises(SystemExit) as end:
        main(["simulate", *map(str, words)])
    assert isinstance(end.value.code, int)
    return end.value.code


def own(city: Path) -> list[str]:
    return [word for name in NAMES for word in (f"--{name}", str(city / f"{name}.csv"))]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--demand", "0.2"], "--demand: needs --runs"),
        (["--change", "drone +1"], "--change: needs --runs"),
        (["--runs", "3", "--events", "e.jsonl"], "--events: is of one day"),
        (["--runs", "3", "--weather", "w.csv"], "--weather: needs --orders"),
        (["--runs", "2", "--orders", "o.csv"], "go together"),
        (["--runs", "3", "--incidents", "many"], "none, some, hard"),
    ],
)
def test_options_that_would_not_count_are_refused(
    words: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each with the option and what it needs."""
    assert run(*words) == 2
    assert why in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["--runs", "0"],
        ["--runs", "10001"],
        ["--runs", "3", "--demand", "-0.1"],
        ["--runs", "3", "--demand", "nan"],
        ["--runs", "3", "--travel", "1.5"],
        ["--runs", "3", "--travel", "inf"],
        ["--runs", "3", "--wind", "nan"],
        ["--runs", "3", "--failures", "-1"],
        ["--runs", "3", "--workers", "0"],
    ],
)
def test_values_out_of_range_are_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Not a number is out of range too."""
    assert run(*words) == 2
    assert words[-2] in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--change", "drone 2"], "--change: must be a kind or type"),
        (["--change", "dron +2"], "did you mean 'drone'"),
        (["--change", "drone -9"], "more than there are"),
        (["--change", "drone +1 at S9"], "there is no such site"),
        (["--parcels", "10"], "--parcels: is the demo's city's"),
        (["--against", "missing.toml"], "missing.toml"),
        (["--at", "noon"], "--at:"),
    ],
)
def test_a_fleet_that_cant_be_is_refused_before_the_first_day(
    city: Path, words: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the reason, and nothing on stdout."""
    assert run(*own(city), "--runs", "2", *words) == 2
    told = capsys.readouterr()
    assert why in told.err
    assert told.out == ""


def test_a_wrong_row_stops_it_before_the_first_day(city: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By file, line and field, as in `fleet plan`."""
    text = (city / "orders.csv").read_text(encoding="utf-8").replace("A-3,acme,delivery", "A-3,acme,sideways")
    (city / "orders.csv").write_text(text, encoding="utf-8")
    assert run(*own(city), "--runs", "2") == 2
    assert "orders.csv:4: direction" in capsys.readouterr().err


def test_two_fleets_are_told_side_by_side(city: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As JSON for programs: figures of each fleet, each day, and the difference; in words for people."""
    words = [*own(city), "--runs", "2", "--iterations", "0", "--demand", "0.4", "--workers", "1"]
    assert run(*words, "--change", "sidewalk_robot -1", "--json") == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (told["days_asked"], told["days_done"], told["failed"]) == (2, 2, [])
    assert [one["name"] for one in told["fleets"]] == ["this fleet", "sidewalk_robot -1"]
    assert [one["assets"].get("sidewalk_robot", 0) for one in told["fleets"]] == [1, 0]
    first, second = ([day["figures"][fleet] for day in told["days"]] for fleet in (0, 1))
    assert all("cost_by_sidewalk_robot" not in day for day in second)
    assert [day["parcels"] for day in first] == [day["parcels"] for day in second]
    costs = [day["cost"] for day in first]
    assert told["fleets"][0]["figures"]["cost"]["mean"]["value"] == pytest.approx(sum(costs) / 2)
    gaps = [b["cost"] - a["cost"] for a, b in zip(first, second, strict=True)]
    assert told["difference"]["cost"]["mean"]["value"] == pytest.approx(sum(gaps) / 2)
    assert run(*words) == 0
    text = capsys.readouterr().out
    assert f"{sum(costs) / 2:.2f}" in text
    assert "unknown: demand 40%" in text


def test_a_difference_is_told_in_plain_words() -> None:
    """Told apart or not, better or worse, and how many days it would take."""
    clear = difference([10.0, 20.0, 30.0], [8.0, 18.1, 27.9])
    vague = difference([10.0, 20.0, 30.0], [5.0, 28.0, 26.0])
    one = difference([10.0], [9.0])
    same = difference([1.0, 1.0], [1.0, 1.0])
    assert clear is not None
    assert vague is not None
    assert one is not None
    assert same is not None
    cost, share = measure("cost"), measure("on_time_share")
    assert (
        sentence(cost, clear, "EUR")
        == "cost, EUR: lower by 2.00 (-2.25 to -1.75): told apart from chance, better"
    )
    assert sentence(share, clear, "EUR").endswith("told apart from chance, worse")
    assert "may be chance; about" in sentence(cost, vague, "EUR")
    assert "one day tells nothing" in sentence(cost, one, "EUR")
    assert sentence(cost, same, "EUR") == "cost, EUR: the same on every day"
