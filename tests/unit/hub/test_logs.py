"""What a log line looks like, and what never stands in one."""

from __future__ import annotations

import errno
import io
import json
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import structlog

from fleet.hub.observability import logs
from fleet.protocol.values import Contact


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def logged(**fields: Any) -> dict[str, Any]:
    """One event as it stands in a file."""
    out = io.StringIO()
    logs.configure(stream=out)
    structlog.get_logger().info("something happened", **fields)
    line: dict[str, Any] = json.loads(out.getvalue())
    return line


def test_one_line_of_json_where_nobody_looks_on() -> None:
    """An event in plain words, a level, a time in UTC, and the fields."""
    line = logged(peer="S1/drone-1", seconds=1.5)
    assert list(line)[:3] == ["timestamp", "level", "event"]
    assert (line["event"], line["level"]) == ("something happened", "info")
    assert datetime.fromisoformat(line["timestamp"]).utcoffset() == timedelta(0)
    assert (line["peer"], line["seconds"]) == ("S1/drone-1", 1.5)


def test_an_exception_is_one_line() -> None:
    """So that whoever reads line by line gets it whole."""
    line = logged(exc_info=ValueError("no such place"))
    assert "ValueError: no such place" in line["exception"]


@pytest.mark.parametrize(
    "name", ["secret_key", "token", "session_token", "Password", "private_key", *Contact.model_fields]
)
def test_neither_secrets_nor_people_are_logged(name: str) -> None:
    """By the name of the field, at any depth; the id of an order is no person."""
    if name == "order_id":
        assert logged(order_id="P-1")["order_id"] == "P-1"
        return
    line = json.dumps([logged(**{name: "K4f9"}), logged(body={"a": [{name: "K4f9"}]})])
    assert "K4f9" not in line
    assert line.count(logs.HIDDEN) == 2


def test_people_get_words(capsys: pytest.CaptureFixture[str]) -> None:
    """Key and value on a terminal."""
    out = io.StringIO()
    logs.configure(stream=out, as_json=False)
    structlog.get_logger().warning("the disk is full", free_mb=3)
    assert "the disk is full" in out.getvalue()
    assert "free_mb=3" in out.getvalue()


def test_below_its_level_nothing_is_said() -> None:
    """`--log-level warning`."""
    out = io.StringIO()
    logs.configure(stream=out, level=logs.Level.WARNING)
    structlog.get_logger().info("quiet")
    structlog.get_logger().warning("loud")
    assert [json.loads(line)["event"] for line in out.getvalue().splitlines()] == ["loud"]


def test_a_storm_is_counted_not_written() -> None:
    """So many in a while; the next that is written says how many were not."""
    now = [0.0]
    sparing = logs.Sparing(most=2, within_s=10, clock=lambda: now[0])
    assert [sparing.let() for _ in range(5)] == [0, 0, None, None, None]
    now[0] = 10.0
    assert sparing.let() == 3
    assert sparing.let() == 0


class Broken(io.StringIO):
    """A log into which nothing can be written: ``number`` says why."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number
        self.tried = 0

    def write(self, text: str) -> int:
        self.tried += 1
        raise OSError(self.number, os.strerror(self.number))

    def flush(self) -> None:
        raise OSError(self.number, os.strerror(self.number))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EPIPE, errno.EIO, errno.EAGAIN])
def test_a_log_that_can_t_be_written_ends_nobody(number: int) -> None:
    """Its disk is full just when there is much to say, or whoever read it is gone: what was said is lost, no more."""
    out = Broken(number)
    logs.configure(stream=out)
    structlog.get_logger().error("store in trouble")
    out.close()
    structlog.get_logger().error("and one more")
    assert out.tried == 2
