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
    monkeypatch.setattr(room, "CGROUP", tmp_path / "cgroup")
    monkeypatch.setattr(room, "CGROUPS", tmp_path / "groups")
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


def _group(folder: Path, limit: str, used: int, stat: str, names: tuple[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / names[0]).write_text(f"{limit}\n", encoding="ascii")
    (folder / names[1]).write_text(f"{used}\n", encoding="ascii")
    (folder / "memory.stat").write_text(f"anon 5\n{stat}\n", encoding="ascii")


V2 = ("memory.max", "memory.current")
V1 = ("memory.limit_in_bytes", "memory.usage_in_bytes")


def test_a_service_has_no_more_than_its_group_lets_it(little: Path) -> None:
    (little / "cgroup").write_text("0::/system.slice/fleet.service\n", encoding="ascii")
    slice_ = little / "groups" / "system.slice"
    _group(slice_ / "fleet.service", "max", 900_000, "inactive_file 0", V2)
    assert free_bytes() == 3_072_000
    _group(slice_, "2000000", 900_000, "inactive_file 300000", V2)
    assert free_bytes() == 2_000_000 - 900_000 + 300_000
    _group(slice_ / "fleet.service", "1000000", 1_100_000, "inactive_file 0", V2)
    assert free_bytes() == 0


def test_a_container_is_the_root_of_what_it_sees(little: Path) -> None:
    lines = "4:memory:/docker/abc\n3:cpuset:/\n0::/\n"
    (little / "cgroup").write_text(lines, encoding="ascii")
    _group(little / "groups" / "memory", "1500000", 400_000, "total_inactive_file 100000", V1)
    assert free_bytes() == 1_200_000
    _group(little / "groups" / "memory", str((1 << 63) - 4096), 400_000, "total_inactive_file 100000", V1)
    assert free_bytes() == 3_072_000


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


def test_a_group_of_a_strange_name_is_not_looked_for(little: Path) -> None:
    (little / "cgroup").write_bytes(b"0::/caf\xe9.slice\n")
    assert free_bytes() == 3_072_000
