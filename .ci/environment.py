"""Makes `.venv` from the lock with the interpreter that runs this file.

With `--check` it only says, by its exit code, whether `.venv` is up to date.
Standard library only: it runs before anything is installed.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stamps import digest, is_fresh

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCK = ROOT / ".ci" / "requirements.lock"
STAMP = VENV / ".setup-stamp"
KERNEL_TYPES = ("fleet/*/*/*.pxd", "geofences/*/*.pxd")


class SetupFailed(Exception):
    """What went wrong and what the person can do about it."""


def interpreter() -> Path:
    """The interpreter itself, the same whether it was started by its own name or by the link in `.venv`."""
    return Path(sys.executable).resolve()


def wanted_digest() -> str:
    """What `.venv` depends on: lock, project file, interpreter, what is compiled, and this folder, which its scripts
    name.
    """
    inputs = [LOCK, ROOT / "pyproject.toml", ROOT / "setup.py", *kernel_types(), *kernels()]
    return digest(inputs, sys.version, str(interpreter()), str(ROOT))


def kernel_types() -> list[Path]:
    """The files of C types of what is compiled."""
    return sorted(found for pattern in KERNEL_TYPES for found in ROOT.glob(pattern))


def kernels() -> list[Path]:
    """The Python files that are compiled: those with C types beside them."""
    return [types.with_suffix(".py") for types in kernel_types()]


def not_compiled() -> list[str]:
    """Kernels without a compiled form for this interpreter: they run as they are, slowly."""
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    return [file.name for file in kernels() if not file.with_suffix(suffix).exists()]


def run(*command: str | Path, otherwise: str) -> None:
    """Run a command, its output shown as it comes; `otherwise` says what to do when it fails."""
    words = [str(part) for part in command]
    done = subprocess.run(words, cwd=ROOT, check=False, stdin=subprocess.DEVNULL, stdout=sys.stderr)
    if done.returncode != 0:
        raise SetupFailed(f"{' '.join(words[:4])} … ended with exit {done.returncode}. {otherwise}")


def is_usable() -> bool:
    """Whether `.venv` belongs to this interpreter and its pip runs, so that an update will do."""
    python = VENV / "bin" / "python"
    if not python.exists() or python.resolve() != interpreter():
        return False
    pip = subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False)
    return pip.returncode == 0


def create() -> None:
    """Make an empty `.venv`, in the place of one that is broken or belongs to another interpreter."""
    if VENV.exists() and any(VENV.iterdir()) and not (VENV / "pyvenv.cfg").exists():
        raise SetupFailed(f"{VENV} is no virtual environment; move it away and try again.")
    shutil.rmtree(VENV, ignore_errors=True)
    version = "{}.{}".format(*sys.version_info)
    remedy = (
        f"Is ensurepip missing? Install it (Debian: apt-get install python{version}-venv) "
        "or name another Python: make setup PYTHON=/path/to/python3"
    )
    run(interpreter(), "-m", "venv", VENV, otherwise=remedy)


def pip_install(*arguments: str | Path, otherwise: str) -> None:
    """Install into `.venv`; only what goes wrong is shown."""
    quiet = ("--disable-pip-version-check", "-qq")
    run(VENV / "bin" / "python", "-m", "pip", "install", *quiet, *arguments, otherwise=otherwise)


def install_locked(lock: Path) -> None:
    """Install exactly what a lock names: ready-made packages, each checked by its hash."""
    pip_install(
        *("--require-hashes", "--only-binary", ":all:", "-r", lock),
        otherwise="Is the Python package registry reachable? A hash that differs is never accepted.",
    )


def install_project() -> None:
    """Install the project itself, editable."""
    pip_install(
        *("--no-deps", "--no-build-isolation", "-e", ROOT),
        otherwise="Is each package that pyproject.toml lists there?",
    )


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Wait for another setup in this folder to end (released by the system when the process ends)."""
    folder = os.open(ROOT / ".ci", os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def make() -> None:
    """Bring `.venv` up to date and stamp it; does nothing where the stamp is right."""
    with one_at_a_time():
        if is_fresh(STAMP, wanted_digest()):
            return
        if is_usable():
            say(f"bringing .venv up to date (Python {sys.version.split()[0]})")
            STAMP.unlink(missing_ok=True)
        else:
            say(f"making .venv with Python {sys.version.split()[0]} ({interpreter()})")
            create()
        say("installing what .ci/requirements.lock names (about a minute the first time)")
        install_locked(LOCK)
        install_project()
        if slow := not_compiled():
            say(f"no compiler; these run as plain Python, correctly but slowly: {', '.join(slow)}.")
            say("To have it fast install a C compiler (Debian: apt-get install gcc libc6-dev python3-dev),")
            say("remove .venv/.setup-stamp and run make setup again.")
        STAMP.write_text(wanted_digest() + "\n", encoding="utf-8")
        say("done: .venv is ready")


def say(what: str) -> None:
    """Progress, for a person; standard error, so that a command's output stays clean."""
    print(f"setup: {what}", file=sys.stderr, flush=True)


def main(arguments: list[str]) -> int:
    """Run; 0 done, 1 failed or, with `--check`, not up to date."""
    if arguments == ["--check"]:
        return 0 if is_fresh(STAMP, wanted_digest()) else 1
    try:
        make()
    except SetupFailed as failure:
        say(str(failure))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
