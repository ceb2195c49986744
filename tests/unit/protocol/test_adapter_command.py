"""`fleet-adapter`: finds adapters without importing them."""

import sys
from pathlib import Path

import pytest

from adapters import cli


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of adapters in place of the real one."""
    monkeypatch.setattr(cli, "files", lambda _: tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path.parent), *sys.path])
    return tmp_path


def test_a_new_adapter_is_one_new_file(folder: Path) -> None:
    """And no edit elsewhere. The kit and this command are no adapters."""
    (folder / "robot.py").write_text('"""Speaks for robots.\n\nMore."""\nraise SystemExit(9)\n')
    (folder / "sim").mkdir()
    (folder / "sim" / "__main__.py").write_text('"""Simulated assets."""\n')
    (folder / "sdk").mkdir()
    for name in ("__init__.py", "cli.py", "README.md"):
        (folder / name).write_text("")
    assert cli.commands() == {
        "robot": ("adapters.robot", "Speaks for robots."),
        "sim": ("adapters.sim.__main__", "Simulated assets."),
    }


def test_what_follows_the_name_is_the_adapters(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its exit code is ours."""

    class Module:
        @staticmethod
        def main(argv: list[str]) -> int:
            assert argv == ["--seed", "7"]
            return 3

    (folder / "robot.py").write_text("")
    monkeypatch.setattr(cli, "import_module", lambda _: Module)
    assert cli.main(["robot", "--seed", "7"]) == 3


def test_an_unknown_adapter_is_a_wrong_command_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, and what there is."""
    (folder / "robot.py").write_text("")
    with pytest.raises(SystemExit) as ended:
        cli.main(["submarine"])
    assert ended.value.code == 2
    assert "robot" in capsys.readouterr().err
