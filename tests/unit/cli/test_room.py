"""A day that does not fit into the memory is refused before it is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleet.cli import room
from fleet.cli.main import main
from fleet.cli.output import BadInput
from fleet.cli.room import check_room, free_bytes


@pytest.fixture
def little(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with 3 MB free, on which 100 bytes are a large file."""
    told = tmp_path / "meminfo"
    told.write_text("MemTotal:       9000 kB\nMemAvailable:   3000 kB\n", encoding="ascii")
    monkeypatch.setattr(room, "MEMINFO", told)
    monkeypatch.setattr(room, "LARGE_FILE", 100)
    return tmp_path


def test_more_orders_than_there_is_memory_for_are_refused(little: Path) -> None:
    assert free_bytes() == 3_072_000
    path = little / "orders.csv"
    path.write_text("order_id\n" + "A\n" * 300, encoding="utf-8")
    check_room("--orders", path)
    path.write_text("order_id\n" + "A\n" * 500, encoding="utf-8")
    with pytest.raises(
        BadInput, match=r"--orders: to plan its 501 orders takes .*; plan each depot's orders"
    ):
        check_room("--orders", path)


def test_nothing_is_refused_where_nobody_knows(little: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = little / "orders.csv"
    path.write_text("A\n" * 5000, encoding="utf-8")
    monkeypatch.setattr(room, "MEMINFO", little / "none")
    check_room("--orders", path)
    check_room("--orders", little / "no such file")


def test_the_command_says_so_before_it_reads(little: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = little / "orders.csv"
    path.write_text("no column\n" * 500, encoding="utf-8")
    words = ["--depots", "none.csv", "--lockers", "none.csv", "--out", str(little / "plan.json")]
    with pytest.raises(SystemExit) as end:
        main(["plan", "--orders", str(path), *words])
    assert end.value.code == 2
    assert "plan each depot's orders by themselves" in capsys.readouterr().err
