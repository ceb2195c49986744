"""``fleet resume-all``: after a stop-all, what was held goes on, and missions go out again."""

from __future__ import annotations

from fleet.cli.day import TIMEOUT_S, By, Day, Name, Root, Timeout, Why, request, who
from fleet.cli.options import Json
from fleet.cli.stop_all import tell_all
from fleet.hub.rundir import DEFAULT_NAME, ROOT
from fleet.protocol.messages import Action, ResumeAll


def command(
    why: Why = "",
    by: By = None,
    timeout: Timeout = TIMEOUT_S,
    name: Name = DEFAULT_NAME,
    root: Root = ROOT,
    as_json: Json = False,
) -> None:
    """Let work go on after a stop-all, and wait until each asset that was held has acknowledged."""
    message = request(ResumeAll, by=who(by), why=why)
    tell_all(Day.named(name, root), message, Action.RESUME, timeout, as_json=as_json)
