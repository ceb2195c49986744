"""What a command does when nobody reads its output any more: ``fleet … | head``."""

from __future__ import annotations

import errno
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fleet.cli.output import guarded, show

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}


def run(folder: Path, *words: str, both: bool = False) -> subprocess.CompletedProcess[bytes]:
    """Runs ``fleet`` into a pipe whose reading end is closed; with ``both`` stderr goes there too."""
    read, write = os.pipe()
    os.close(read)
    try:
        return subprocess.run(
            [sys.executable, "-m", "fleet", *words],
            cwd=folder,
            stdout=write,
            stderr=write if both else subprocess.PIPE,
            env=ENVIRONMENT,
            timeout=60,
            check=False,
        )
    finally:
        os.close(write)


@pytest.fixture
def zones(tmp_path: Path) -> Path:
    """A folder with few zones, and with so many that their list is longer than any buffer."""
    ring = [[-8.615, 41.146], [-8.605, 41.146], [-8.605, 41.154], [-8.615, 41.146]]
    for name, count in (("few", 1), ("many", 2000)):
        features = [
            {
                "type": "Feature",
                "properties": {"name": f"Zone {at}"},
                "geometry": {"type": "Polygon", "coordinates": [ring]},
            }
            for at in range(count)
        ]
        text = json.dumps({"type": "FeatureCollection", "features": features})
        (tmp_path / f"{name}.geojson").write_text(text, encoding="utf-8")
    return tmp_path


COMMANDS = [
    ("--help",),
    ("zones", "--help"),
    ("zones", "list", "--zones", "few.geojson"),
    ("zones", "list", "--zones", "many.geojson"),
    ("zones", "list", "--zones", "many.geojson", "--json"),
    ("zones", "list", "--zones", "none.geojson", "--json"),
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_closed_pipe_ends_a_command_quietly(zones: Path, words: tuple[str, ...]) -> None:
    """As SIGPIPE would: exit code 141, and nothing is said."""
    done = run(zones, *words)
    assert (done.returncode, done.stderr) == (141, b"")


def test_so_does_a_closed_stderr(zones: Path) -> None:
    """``fleet … 2>&1 | head``: the warnings and errors go there too."""
    assert run(zones, "zones", "list", "--zones", "none.geojson", both=True).returncode == 141


def test_a_reader_that_takes_a_line_and_leaves(zones: Path) -> None:
    """A real pipe, as of a shell."""
    words = [sys.executable, "-m", "fleet", "zones", "list", "--zones", "many.geojson"]
    with subprocess.Popen(
        words, cwd=zones, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(4) == b"zone"
        process.stdout.close()
        assert process.wait(60) == 141
        assert process.stderr.read() == b""


def test_what_was_read_in_full_ends_as_ever(zones: Path) -> None:
    words = [sys.executable, "-m", "fleet", "zones", "list", "--zones", "few.geojson"]
    done = subprocess.run(words, cwd=zones, capture_output=True, env=ENVIRONMENT, timeout=60, check=True)
    assert done.stdout.startswith(b"zone")


class Full(io.StringIO):
    """A file on a full disk."""

    def write(self, _: str) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """It is not a fault of the program."""
    monkeypatch.setattr(sys, "stdout", Full())
    with pytest.raises(SystemExit) as end:
        guarded(lambda: show({}, "zones", as_json=False), debug=False, as_json=False)
    assert end.value.code == 2
    assert capsys.readouterr().err == "error: the output cannot be written: No space left on device\n"
