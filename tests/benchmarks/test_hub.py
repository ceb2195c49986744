"""The hub's benchmark works: its loads connect, the hub finds no fault with them, and each figure has its form."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.harness.durable import Lines
from benchmarks.harness.figure import Figure, in_turns, percentile, ratio, reasons, table
from benchmarks.harness.zmtp import Parts, frames

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("part", ["telemetry", "sync", "telemetry-p99", "ack-p99", "curve", "crowd"])
def test_a_smoke_run_prints_figures(part: str, tmp_path: Path) -> None:
    """Each part runs to its end on a small fleet and says what the table needs."""
    command = [
        sys.executable,
        "benchmarks/hub.py",
        "--json",
        "--quick",
        "--only",
        part,
        "--folder",
        str(tmp_path),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)

    assert done.returncode == 0, done.stderr
    (figure,) = json.loads(done.stdout)["figures"]
    assert {"name", "value", "unit", "goal", "floor", "holds"} <= set(figure)
    assert figure["value"] > 0


def test_a_figure_holds_on_the_right_side_of_its_floor() -> None:
    """Rates must reach their floor, latencies stay below theirs."""
    assert Figure("rate", 0.95, "ratio", 1.0, 0.9).holds
    assert not Figure("rate", 0.85, "ratio", 1.0, 0.9).holds
    assert Figure("p99", 1.9, "ratio", 1.5, 2.0, most=True).holds
    assert not Figure("p99", 2.1, "ratio", 1.5, 2.0, most=True).holds


def test_the_table_says_what_does_not_hold() -> None:
    """People see value, goal and floor in columns."""
    shown = table([Figure("rate", 0.85, "ratio", 1.0, 0.9), Figure("p99", 1.9, "ms", 1.5, 2.0, most=True)])

    head, rate, p99 = shown.splitlines()
    assert head.split() == ["figure", "value", "goal", "floor", "holds"]
    assert rate.split() == ["rate", "0.85", "ratio", ">=", "1", ">=", "0.9", "NO"]
    assert p99.split() == ["p99", "1.9", "ms", "<=", "1.5", "<=", "2", "yes"]


def test_people_read_why_a_figure_has_no_value() -> None:
    """Once for all figures that it is of; nothing of those that have one."""
    few = {"why": "too_few_flights: 4 of 10"}
    told = reasons(
        [
            Figure("a", None, "%", 1, 1, more=few),
            Figure("b", 2.0, "%", 1, 1),
            Figure("c", None, "%", 1, 1, more=few),
        ]
    )
    assert told == ["a, c: none, for too_few_flights: 4 of 10"]


def test_arms_take_turns_and_each_begins_once() -> None:
    """No arm always has the machine first."""
    order: list[str] = []

    def arm(name: str) -> dict[str, float]:
        order.append(name)
        return {"rate": float(len(order))}

    found = in_turns(2, ours=lambda: arm("ours"), other=lambda: arm("other"))

    assert order == ["ours", "other", "other", "ours"]
    assert ratio(found["ours"], found["other"], "rate") == ((1 / 2 + 4 / 3) / 2, [0.5, 1.333])


def test_a_percentile_is_one_of_the_values() -> None:
    """The highest of few values is their 99th percentile."""
    assert percentile([3.0, 1.0, 2.0], 0.99) == 3.0
    assert percentile([3.0, 1.0, 2.0], 0.0) == 1.0


@pytest.mark.parametrize("step", [1, 7, 300])
def test_messages_come_whole_whatever_the_line_cuts(step: int) -> None:
    """Short and long frames, cut anywhere."""
    sent = [[b"1", b"kind", b"x" * size] for size in (0, 255, 256, 5000)]
    line = b"".join(frames(message) for message in sent)
    parts = Parts()

    found = [m for at in range(0, len(line), step) for m in parts.feed(line[at : at + step])]

    assert found == sent


def test_acknowledgements_are_counted_once_whatever_the_line_cuts() -> None:
    """A line that has not ended counts with the rest of it; an error is never taken for an acknowledgement."""
    speech = Lines(b"", b"$")

    assert [speech.acknowledged(data) for data in (b"$2\r\n1-", b"1\r\n$", b"2\r\n2-1\r\n")] == [1, 0, 1]
    with pytest.raises(ConnectionError, match="refused"):
        speech.acknowledged(b"-ERR no\r\n")
