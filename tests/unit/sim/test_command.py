"""`fleet-adapter sim`: what is wrong with its arguments is said before anything starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.sim.__main__ import main
from adapters.sim.errors import HostError
from tests.unit.sim import small_world

ENDS = ["--control", "tcp://127.0.0.1:1", "--telemetry", "tcp://127.0.0.1:1"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--control", "foo"], "must be like tcp://127.0.0.1:5701 (found 'foo')"),
        (["--telemetry", "tcp://host"], "must be like tcp://127.0.0.1:5701 (found 'tcp://host')"),
        (["--rate", "-1"], "must be above 0 (found '-1')"),
        (["--rate", "nan"], "must be above 0 (found 'nan')"),
    ],
)
def test_wrong_options_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    files = ["--spec", str(tmp_path / "world.json"), "--journal", str(tmp_path / "journal")]
    with pytest.raises(SystemExit) as end:
        main([*ENDS, *files, *words])
    assert end.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(("content", "message"), [(b"\xff\xfe", "is not UTF-8 text"), (b"{}", "start")])
def test_a_wrong_world_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, message: str
) -> None:
    spec = tmp_path / "world.json"
    spec.write_bytes(content)
    assert main([*ENDS, "--spec", str(spec), "--journal", str(tmp_path / "journal")]) == 2
    assert f"fleet-adapter sim: {spec}: {message}" in capsys.readouterr().err


def test_the_journal_is_beside_the_world_unless_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """So that a day of one's own needs no more arguments than it has addresses, and a restart finds it again."""

    def begun(path: Path, _about: object) -> None:
        raise HostError(f"journal {path}")

    monkeypatch.setattr("adapters.sim.__main__.Journal", begun)
    spec = tmp_path / "world.json"
    spec.write_text(small_world.spec().model_dump_json(), encoding="utf-8")
    for more, path in (([], tmp_path / "sim.journal"), (["--journal", "mine"], Path("mine"))):
        assert main([*ENDS, "--spec", str(spec), *more]) == 2
        assert capsys.readouterr().err == f"fleet-adapter sim: journal {path}\n"
