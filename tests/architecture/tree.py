"""What the architecture tests look at: the project's files, as git would commit them."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("fleet", "adapters", "geofences")


@cache
def project_files() -> tuple[Path, ...]:
    """Every text file that is committed or would be, sorted; a picture is none."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    names = sorted(set(listed.stdout.decode().split("\0")) - {""})
    return tuple(ROOT / name for name in names if (ROOT / name).is_file() and not name.endswith(".png"))


def python_files(folder: str) -> Iterator[Path]:
    """The Python files under one folder of the repository; none where it does not exist."""
    return (file for file in sorted((ROOT / folder).rglob("*.py")))


def package_folders() -> Iterator[Path]:
    """Each folder with an `__init__.py` in the three top-level packages."""
    for package in PACKAGES:
        yield from (file.parent for file in python_files(package) if file.name == "__init__.py")


def parse(file: Path) -> ast.Module:
    """The syntax tree of one file."""
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


def place(file: Path, line: int) -> str:
    """`path:line`, relative to the repository, for a message that an editor can follow."""
    return f"{file.relative_to(ROOT)}:{line}"
