"""What no file of the project may hold, and how long files may get."""

import re
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, place, project_files

# Written in pieces, so that this file does not hold what it looks for.
REGISTRIES = [
    f"{host}.{end}" for host in ("pypi", "pythonhosted", "npmjs", "deb.debian") for end in ("org", "com")
]
PACKAGE_FILE = re.compile(r"https?://[^\s\"')]+\.(whl|tgz|tar\.gz)\b")
HERE = (f"{ROOT}/", f"{Path.home()}/")
HOMES = re.compile(r"(?<![\w.~$}])/" + r"(root|home/\w+|Users/\w+)/")

LONGEST_FILE = 500
LONGEST_LOOP = 150
CODE = {".py", ".js", ".css", ".html", ".sql"}


def addresses(line: str) -> list[str]:
    """The registry addresses and package addresses in one line."""
    return [name for name in REGISTRIES if name in line] + [m.group() for m in PACKAGE_FILE.finditer(line)]


def machine_paths(line: str) -> list[str]:
    """The paths in one line that exist on one person's machine only."""
    here = [path for path in HERE if path in line]
    return here + [m.group() for m in HOMES.finditer(line)]


@pytest.mark.parametrize("look", [addresses, machine_paths], ids=["registry addresses", "machine paths"])
def test_no_file_holds(look: object) -> None:
    """A lock or a script with an address works in one place only."""
    assert callable(look)
    found = [
        f"{place(file, number)}: {', '.join(hits)}"
        for file in project_files()
        if look(text := file.read_text(encoding="utf-8"))
        for number, line in enumerate(text.splitlines(), start=1)
        if (hits := look(line))
    ]
    assert not found, "\n".join(found)


def test_addresses_are_found() -> None:
    """The test above can fail."""
    assert addresses("--index-url https://" + REGISTRIES[0] + "/simple")
    assert addresses("https://example.net/a/leaflet-1.9.4" + ".tgz")
    assert not addresses("the package registry")


def test_machine_paths_are_found() -> None:
    """The test above can fail."""
    assert machine_paths("open('/" + "home/ann/data.csv')")
    assert machine_paths(f"see {ROOT}/x")
    assert not machine_paths("~/.pyenv/versions and work/home/page/")


def lines_of(file: Path) -> int:
    """How many lines the file has."""
    return len(file.read_text(encoding="utf-8").splitlines())


def test_no_file_is_too_long() -> None:
    """A file reads like a table of contents; one that grows past the limit is two things."""
    sources = (file for file in project_files() if file.suffix in CODE and ROOT / "tests" not in file.parents)
    long = [place(file, lines_of(file)) for file in sources if lines_of(file) > LONGEST_FILE]
    assert not long, f"over {LONGEST_FILE} lines, split by subject: {long}"


def test_the_hub_loop_stays_short() -> None:
    """The loop is where a 'manager' grows; logic belongs in dispatch."""
    loop = ROOT / "fleet" / "hub" / "loop.py"
    assert not loop.exists() or lines_of(loop) < LONGEST_LOOP
