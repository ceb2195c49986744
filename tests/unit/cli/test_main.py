"""The command as a whole: what it shows, how it ends, and that it is quick to start."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from fleet.cli import main as cli
from fleet.cli.output import BadInput, ExitCode, guarded, table


def ended(arguments: list[str]) -> int:
    """Runs the command in this process; its exit code."""
    with pytest.raises(SystemExit) as end:
        cli.main(arguments)
    assert isinstance(end.value.code, int)
    return end.value.code


def test_help_lists_every_noun(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(["--help"]) == ExitCode.OK
    out = capsys.readouterr().out
    for noun in cli.NOUNS:
        assert noun.name in out
        assert noun.summary in " ".join(out.split())


@pytest.mark.parametrize("noun", [noun.name for noun in cli.NOUNS])
def test_every_noun_has_help(noun: str, capsys: pytest.CaptureFixture[str]) -> None:
    """So every module of the table can be imported and offers `app` or `command`."""
    assert ended([noun, "--help"]) == ExitCode.OK
    out = capsys.readouterr().out
    assert f"fleet {noun}" in out
    assert "..." not in out.partition("Commands:")[2]  # no sentence is cut off


def test_an_unknown_noun_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(["zoness"]) == ExitCode.BAD_INPUT
    assert "zoness" in capsys.readouterr().err


def test_help_loads_nothing_heavy(repo_root: Path) -> None:
    """What makes it quick; measured in modules, since a clock measures the machine."""
    probe = (
        "import sys, fleet.cli.main as m\n"
        "try: m.main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'shapely', 'pyproj', 'ortools', 'pyvrp', 'pydantic', 'rich'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    run = subprocess.run(
        [sys.executable, "-c", probe], cwd=repo_root, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr


def test_python_m_fleet_is_the_command(repo_root: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "fleet", "--help"], cwd=repo_root, capture_output=True, text=True, check=True
    )
    assert run.stdout.startswith("Usage: fleet ")


def crash() -> None:
    raise ZeroDivisionError("no luck")


def test_a_crash_is_70_with_a_short_message(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        guarded(crash, debug=False, as_json=False)
    err = capsys.readouterr().err
    assert end.value.code == 70
    assert err == (
        "error: ZeroDivisionError: no luck\n"
        "This is a fault of the program; `fleet --debug …` shows where it happened.\n"
    )


def test_a_crash_shows_its_trace_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        guarded(crash, debug=True, as_json=False)
    assert "Traceback" in capsys.readouterr().err


def test_bad_input_is_2_and_json_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    def refuse() -> None:
        raise BadInput("--at: is empty")

    with pytest.raises(SystemExit) as end:
        guarded(refuse, debug=False, as_json=True)
    captured = capsys.readouterr()
    assert end.value.code == 2
    assert json.loads(captured.out) == {"error": "bad_input", "message": "--at: is empty", "errors": []}
    assert captured.err == "error: --at: is empty\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["assets", "hold"], "Missing argument 'ID'"),
        (["plan"], "Missing option '--orders'"),
        (["assets", "list", "--colour"], "No such option: --colour"),
        (["assets", "list", "--listen", "soon"], "Invalid value for '--listen'"),
    ],
)
def test_a_wrong_command_line_is_json_when_asked(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Like every other fault of the caller's; people still get the usage."""
    assert ended([*words, "--json"]) == ExitCode.BAD_INPUT
    captured = capsys.readouterr()
    said = json.loads(captured.out)
    assert (said["error"], said["errors"]) == ("bad_input", [])
    assert said["message"].startswith(message)
    assert "Usage: fleet " in captured.err
    assert ended(words) == ExitCode.BAD_INPUT
    assert capsys.readouterr().out == ""


def test_an_interrupt_is_130() -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(SystemExit) as end:
        guarded(stop, debug=False, as_json=False)
    assert end.value.code == 130


def test_tables_align_numbers_to_the_right() -> None:
    assert table(("mode", "n"), [("van", 5), ("drone", 12)]) == "mode    n\nvan     5\ndrone  12"
    assert table(("mode", "n"), []) == "mode  n"


def test_the_documents_list_every_exit_code(repo_root: Path) -> None:
    text = (repo_root / "docs" / "commands.md").read_text(encoding="utf-8")
    for code in ExitCode:
        assert f"| {code.value} |" in text


def test_the_documents_describe_every_noun(repo_root: Path) -> None:
    text = (repo_root / "docs" / "commands.md").read_text(encoding="utf-8")
    for noun in cli.NOUNS:
        assert f"`fleet {noun.name}" in text
