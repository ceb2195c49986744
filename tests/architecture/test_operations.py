"""`docs/operations.md` tells of every metric, check, exit code and event of the log that there is, and of no other."""

from __future__ import annotations

import ast
import re

from fleet.hub.observability.health import readiness
from fleet.hub.observability.metrics import registry
from fleet.hub.observability.vitals import Pulse, Vitals
from fleet.hub.observability.watchdog import STUCK
from tests.architecture.tree import ROOT, parse, python_files

TEXT = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
SUFFIX = re.compile(r"_(bucket|count|sum)$")


def exported() -> set[str]:
    """The names under which the hub's metrics are exported."""
    pulse = Pulse()
    pulse.vitals = Vitals(at_s=0.0)
    families = registry(pulse, lambda: 0.0).collect()
    ours = (f for f in families if f.name.startswith("fleet_hub"))
    return {f"{f.name}_total" if f.type == "counter" else f.name for f in ours}


def table(heading: str) -> set[str]:
    """What stands in backticks in the first column of the table under that head."""
    rows = TEXT.partition(f"\n| {heading} |")[2].partition("\n\n")[0].splitlines()[2:]
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row.split("|")[1])}


def test_every_metric_is_explained() -> None:
    """Nobody must guess what a number means, or look for one that is gone."""
    assert table("Metric") == exported(), "the table of metrics in docs/operations.md"


def test_the_alerts_use_metrics_that_exist() -> None:
    """A rule on a misspelt name never fires."""
    used = {SUFFIX.sub("", name) for name in re.findall(r"\bfleet_hub_\w+", TEXT)}
    assert used == exported()


def test_every_check_is_explained() -> None:
    """What to do at each reason."""
    pulse = Pulse()
    pulse.vitals = Vitals(at_s=0.0)
    assert table("Check of `/readyz`") == {check.name for check in readiness(pulse, 0.0)}


def test_the_watchdogs_exit_code_is_told() -> None:
    """Supervisors go by it."""
    assert f"\n| {STUCK} | its watchdog ended it" in TEXT


def logged() -> set[str]:
    """Every event that the hub logs, from its source."""
    found = set()
    for file in (*python_files("fleet/hub"), ROOT / "fleet" / "app.py"):
        for node in ast.walk(parse(file)):
            if isinstance(node, ast.Call) and _is_log(node.func) and node.args:
                found |= {n.value for n in ast.walk(node.args[0]) if isinstance(n, ast.Constant)}
    return {event for event in found if isinstance(event, str)}


def _is_log(called: ast.expr) -> bool:
    if isinstance(called, ast.Name):
        return called.id in ("say", "_say")
    return (
        isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id == "LOG"
    )


def test_every_event_that_is_explained_is_logged() -> None:
    """A filter on a sentence that nobody says any more finds nothing."""
    assert table("Event") <= logged(), "the table of events in docs/operations.md"


def test_the_tests_above_can_fail() -> None:
    """They look at something."""
    assert "fleet_hub_turn_seconds" in exported()
    assert "the loop hangs" in logged()
