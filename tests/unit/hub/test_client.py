"""An operator's end of the wire against the real core behind a real socket."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleet.hub.client import HubClient, HubUnreachable
from fleet.protocol.messages import Action, OperatorCommand
from tests.support.fakehub import FakeHub, run_with
from tests.support.smallday import opened


def command(number: int) -> OperatorCommand:
    return OperatorCommand(request_id=f"r-{number}", by="ana", asset_id="nobody", action=Action.HOLD)


def test_a_tool_that_the_hub_has_forgotten_begins_anew(tmp_path: Path) -> None:
    """A tool that said nothing for long is forgotten; its next request is answered all the same."""
    run = run_with(tmp_path, [opened()])
    with FakeHub(run, tmp_path) as hub, HubClient(run.running().control, timeout_s=20) as client:
        assert "nobody" in client.request(command(1)).detail
        core = hub._bench.core
        core.sessions.peers.by_control.clear()
        core.sessions.peers.by_id.clear()
        assert client.request(command(2)).request_id == "r-2"


def test_no_hub_is_said_in_time() -> None:
    """Nobody waits for ever, and the message says what to do."""
    with (
        HubClient("tcp://127.0.0.1:9", timeout_s=0.2) as client,
        pytest.raises(HubUnreachable, match="is it running"),
    ):
        client.request(command(1))
