"""Files that commands write: whole or not at all, and refused before the work."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet.cli.files import check_out, write_out
from fleet.cli.main import main
from fleet.cli.output import BadInput


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(TypeError):
        write_out(path, 3)  # type: ignore[arg-type]
    assert path.read_text(encoding="utf-8") == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["file.json"]
    write_out(path, "new")
    assert path.read_text(encoding="utf-8") == "new"


def test_a_text_in_pieces_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    write_out(path, (piece for piece in ("o", "ld")))

    def failing() -> Iterator[str]:
        yield "new"
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        write_out(path, failing())
    assert path.read_text(encoding="utf-8") == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["file.json"]


def test_a_pipe_stays_a_pipe(tmp_path: Path) -> None:
    """What is no file is written to and not replaced: `--out /dev/null` must not do away with the device."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_out(pipe, "text")
        assert os.read(reader, 100) == b"text"
    finally:
        os.close(reader)
    assert pipe.is_fifo()


def test_a_file_that_could_not_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check_out("--out", None)
    check_out("--out", tmp_path / "new.json")
    for path in (tmp_path, tmp_path / "none" / "new.json"):
        with pytest.raises(BadInput, match="--out: must be a file in a folder that exists"):
            check_out("--out", path)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(BadInput, match="--out: its folder cannot be written to"):
        check_out("--out", tmp_path / "new.json")


@pytest.mark.parametrize("words", [("simulate", "--events"), ("simulate", "--report"), ("demo", "--report")])
def test_a_day_does_not_begin_that_could_not_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, str]
) -> None:
    """A folder in the place of the file is found before the day rather than after it."""
    noun, option = words
    more = ("--root", str(tmp_path / "runs")) if noun == "demo" else ()
    with pytest.raises(SystemExit) as end:
        main([noun, option, str(tmp_path), *more])
    assert end.value.code == 2
    assert f"error: {option}: must be a file in a folder that exists" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
