"""`make test` in several processes: how many, in which order, and who has the machine to itself."""

import os
import runpy
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

from tests.architecture.tree import ROOT

COMMON = """
import os, time
from pathlib import Path
import pytest

LOG = Path(os.environ["LOG"])

def note(*words):
    with LOG.open("a") as log:
        log.write(" ".join(map(str, words)) + "\\n")

def lasts(seconds, kind):
    begun = time.monotonic()
    time.sleep(seconds)
    note(begun, time.monotonic(), kind)
"""
BUSY = """
@pytest.mark.parametrize("n", range(40))
def test_it(n):
    lasts(0.02, "busy")
"""
ALONE = """
@pytest.mark.alone
@pytest.mark.parametrize("n", range(3))
def test_it(n):
    lasts(0.2, "alone")
"""
MEETS = """
def test_it():
    note("here", os.getpid())
    deadline = time.monotonic() + 60
    while LOG.read_text().count("here") < 2:
        assert time.monotonic() < deadline, "the other does not run at the same time"
        time.sleep(0.01)
"""


def run_pytest(folder: Path, files: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """A run of its own in two processes, with the hooks that the project's tests have."""
    (folder / "conftest.py").write_text('pytest_plugins = ["tests.parallel"]\n', encoding="utf-8")
    for name, text in files.items():
        place = folder / name
        place.with_name(f"test_{place.name}.py").write_text(COMMON + text, encoding="utf-8")
    here = {"PYTHONPATH": f"{ROOT}:{ROOT / '.ci'}", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    how = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder", "-p", "xdist"]
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            *how,
            "-c",
            os.devnull,
            "--rootdir",
            str(folder),
            *words,
            str(folder),
        ],
        cwd=folder,
        env={**os.environ, **here, "LOG": str(folder / "log"), "PYTEST_XDIST_AUTO_NUM_WORKERS": "2"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_who_is_to_be_alone_is_alone(tmp_path: Path) -> None:
    """Nothing runs beside it, whatever the other process has to do; nor between it and the next of its sort."""
    done = run_pytest(tmp_path, {"alone": ALONE, "busy": BUSY})
    assert done.returncode == 0, done.stdout
    assert "43 passed" in done.stdout.splitlines()[-1]
    lines = [line.split() for line in (tmp_path / "log").read_text(encoding="utf-8").splitlines()]
    spans = sorted((float(begun), float(ended), kind) for begun, ended, kind in lines)
    assert all(one[1] <= other[0] for one, other in pairwise(spans) if "alone" in (one[2], other[2]))
    kinds = [kind for _, _, kind in spans]
    assert "alone alone alone" in " ".join(kinds)


def test_others_run_at_the_same_time(tmp_path: Path) -> None:
    """Two tests that wait for each other meet."""
    done = run_pytest(tmp_path, {"one": MEETS, "other": MEETS})
    assert done.returncode == 0, done.stdout
    assert len(set((tmp_path / "log").read_text(encoding="utf-8").splitlines())) == 2


def test_what_others_would_wait_for_comes_first(tmp_path: Path) -> None:
    """Files with tests that are to be alone, these before their others; then what takes long; the rest in its order."""
    files = {name: said(name) for name in "abcd"} | {"e": said("e", "slow"), "f": said("f")}
    files["g"] = said("g") + said("g-alone", "alone")
    done = run_pytest(tmp_path, files, "-n", "1")
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "log").read_text(encoding="utf-8").split() == "g-alone g e a b c d f".split()


def test_no_two_begin_to_compile_at_the_same_file(tmp_path: Path) -> None:
    """Each process collects all, from another folder on; they run the tests in one order all the same."""
    noted = "\nnote('collected', os.environ['PYTEST_XDIST_WORKER'], __name__)\n"
    files = {f"{name}/{name}": noted + said(name) for name in "abcd"}
    for name in "abcd":
        (tmp_path / name).mkdir()
    done = run_pytest(tmp_path, files)
    assert done.returncode == 0, done.stdout
    words = [line.split() for line in (tmp_path / "log").read_text(encoding="utf-8").splitlines()]
    ways = ["".join(line[2][-1] for line in words if line[1:2] == [name]) for name in ("gw0", "gw1")]
    assert ways == ["abcd", "cdab"]
    assert sorted(line[0] for line in words if len(line) == 1) == list("abcd")


def said(word: str, mark: str = "") -> str:
    """A test that writes a word down."""
    name = word.replace("-", "_")
    decorator = f"@pytest.mark.{mark}\n" if mark else ""
    return f'\n{decorator}def test_{name}():\n    note("{word}")\n'


def test_a_single_file_gets_no_processes_of_its_own(tmp_path: Path) -> None:
    """They would take longer to start than it takes; two files are shared out."""
    files = {"one": "\ndef test_it():\n    pass\n", "other": "\ndef test_it():\n    pass\n"}
    how = ("-p", "workers", "-n", "auto")
    both = run_pytest(tmp_path, files, *how)
    assert "2 workers [2 items]" in both.stdout
    (tmp_path / "test_other.py").unlink()
    one = run_pytest(tmp_path, {"one": files["one"]}, *how)
    assert "worker" not in one.stdout
    assert "1 passed" in one.stdout.splitlines()[-1]


def test_three_processes_for_two_cores_and_no_more_than_files() -> None:
    """Folders, files and single tests, each file once."""
    workers = runpy.run_path(str(ROOT / ".ci" / "workers.py"))
    files_of, processes_for = workers["files_of"], workers["processes_for"]
    here = "tests/architecture/test_parallel.py"
    assert files_of(["tests/architecture"], ROOT) == len(
        list((ROOT / "tests/architecture").glob("test_*.py"))
    )
    assert files_of([here, f"{here}::test_a", f"{here}::test_b[x::y]"], ROOT) == 1
    assert files_of([here, "tests/architecture/test_links.py::test_a"], ROOT) == 2
    assert [processes_for(2, files) for files in (0, 1, 2, 9)] == [0, 0, 2, 3]
    assert [processes_for(cores, 99) for cores in (1, 3, 4)] == [0, 4, 6]
