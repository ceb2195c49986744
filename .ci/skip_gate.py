"""A pytest plugin: a skipped test that `.ci/allowed_skips.txt` does not allow makes the run fail.

`make test` loads it. A skip is allowed when its reason is listed and the path that it needs is not there.
"""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ALLOWED = Path(__file__).with_name("allowed_skips.txt")


def read_allowed(text: str) -> dict[str, str]:
    """Each line `path | reason`, the path relative to the repository; by reason. `#` begins a comment."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    rows = [line.split("|") for line in lines if line]
    return {reason.strip(): path.strip() for path, reason in rows}


@dataclass(eq=False)  # pytest keeps plugins in sets
class SkipGate:
    """Collects the skips that are not allowed and fails the run at its end."""

    allowed: dict[str, str]
    root: Path = ROOT
    refused: list[str] = field(default_factory=list)

    def note(self, node: str, reason: str) -> None:
        """Remember a skip unless what it needs is listed and missing."""
        needs = self.allowed.get(reason)
        if needs is None or (self.root / needs).exists():
            self.refused.append(f"{node}: {reason}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test that was skipped."""
        if report.skipped and not hasattr(report, "wasxfail"):
            self.note(report.nodeid, reason_of(report))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A whole file that was skipped."""
        if report.skipped:
            self.note(report.nodeid, reason_of(report))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Turn a passing run into a failing one."""
        if self.refused and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say which and what to do."""
        if self.refused:
            terminalreporter.section("skips that are not allowed", red=True, bold=True)
            for line in self.refused:
                terminalreporter.line(line)
            terminalreporter.line(f"Mend the test, or list its reason and path in {ALLOWED.name}.")


def reason_of(report: pytest.TestReport | pytest.CollectReport) -> str:
    """The reason that the skip gave; its whole text where it has another form."""
    found = report.longrepr
    text = found[2] if isinstance(found, tuple) else str(found)
    return text.removeprefix("Skipped: ")


def pytest_configure(config: pytest.Config) -> None:
    """Register the gate (pytest calls this)."""
    config.pluginmanager.register(SkipGate(read_allowed(ALLOWED.read_text(encoding="utf-8"))), "skip-gate")
