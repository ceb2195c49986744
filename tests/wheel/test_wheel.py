"""The built wheel, installed outside the checkout, holds the code, its data and the commands."""

import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import copy, copy2, copytree, ignore_patterns, which

import pytest

PACKAGES = ("fleet", "adapters", "geofences")
BUILD_INPUTS = ("pyproject.toml", "setup.py", "README.md", "LICENSE")
DATA = {".toml", ".json", ".sql", ".html", ".css", ".js", ".svg", ".png", ".typed"}
COMPILED = str(sysconfig.get_config_var("EXT_SUFFIX"))
LOOKED_AT = ("geofences.kernels.kernel", "geofences.kernels.piece", "fleet.planner.kernels.routes")
"""Kernels that the wheel's build compiles itself; the others it finds compiled."""
LEAFLET = "fleet/console/static/vendor/leaflet"

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Installation:
    """A virtual environment that has the wheel, a folder to work in that is not the checkout, and what the wheel was
    built from, with what the build left there.
    """

    venv: Path
    folder: Path
    source: Path

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the environment from the folder; it must succeed."""
        program = self.venv / "bin" / command[0]
        done = subprocess.run(
            [program, *command[1:]], cwd=self.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout}{done.stderr}"
        return done

    @property
    def site(self) -> Path:
        """Where the wheel was installed to."""
        return Path(sysconfig.get_path("purelib", vars={"base": str(self.venv), "platbase": str(self.venv)}))


def pip(*arguments: str | Path) -> None:
    """Run this environment's pip; it must succeed. What it compiles is there to be looked at, not to be fast."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", *map(str, arguments)]
    environment = os.environ | {"CFLAGS": "-O0"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, f"pip {' '.join(map(str, arguments))}:\n{done.stdout}{done.stderr}"


def take_over_compiled(root: Path, source: Path) -> None:
    """Put what is compiled in the checkout where the build looks whether it has compiled that already."""
    built = source / "build" / f"lib.{sysconfig.get_platform()}-{sys.implementation.cache_tag}"
    for package in PACKAGES:
        for file in (root / package).rglob(f"*{COMPILED}"):
            module = file.relative_to(root).as_posix().removesuffix(COMPILED).replace("/", ".")
            if module not in LOOKED_AT:
                place = built / file.relative_to(root)
                place.parent.mkdir(parents=True, exist_ok=True)
                copy2(file, place)


def build_wheel(root: Path, folder: Path, source: Path) -> Path:
    """Build from a copy, so that no `build/` of before slips into the wheel and none is left.

    Only what `make setup` has made is taken over, with its times: the C code, and what is compiled of it, but for
    `LOOKED_AT`. Cython and the build make anew what is older than its source, and all of it where there is none.
    """
    source.mkdir()
    for name in BUILD_INPUTS:
        copy(root / name, source)
    for package in PACKAGES:
        copytree(root / package, source / package, ignore=ignore_patterns("__pycache__", "*.so"))
    if (made := root / "build" / "cython").is_dir():
        copytree(made, source / "build" / "cython")
    take_over_compiled(root, source)
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, source)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def installation(repo_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The wheel in a fresh environment that borrows the third-party packages of this one."""
    folder = tmp_path_factory.mktemp("wheel")
    installed = Installation(folder / "venv", folder / "elsewhere", folder / "source")
    installed.folder.mkdir()
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", installed.venv], check=True)
    # A path in a .pth file lends the packages, not the editable install: that one's own .pth is not read.
    (installed.site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    wheel = build_wheel(repo_root, folder, installed.source)
    python = installed.venv / "bin" / "python"
    pip("--python", python, "install", "--no-deps", "--no-index", "--no-compile", wheel)
    return installed


def data_files(root: Path) -> Iterator[Path]:
    """The data files of the three packages, relative to `root`; the front end's own sources are none."""
    for package in PACKAGES:
        for file in sorted((root / package).rglob("*")):
            if file.suffix in DATA or file.name == "py.typed":
                yield file.relative_to(root)


def test_packages_come_from_the_wheel(installation: Installation) -> None:
    """Not from the checkout, whatever the folder."""
    code = "import fleet, adapters, geofences; print(fleet.__file__, adapters.__file__, geofences.__file__)"
    for file in installation.run("python", "-c", code).stdout.split():
        assert Path(file).is_relative_to(installation.site)


def test_kernels_are_compiled(repo_root: Path, installation: Installation) -> None:
    """The wheel is of a platform: it was built here, where there is a compiler. What has C types is a kernel."""
    code = "import sys, importlib\nfor name in sys.argv[1:]: print(importlib.import_module(name).__file__)"
    kernels = [
        file.relative_to(repo_root) for package in PACKAGES for file in (repo_root / package).rglob("*.pxd")
    ]
    compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
    assert kernels
    if which(compiler) is not None:
        assert [k for k in kernels if not (installation.site / k).with_suffix(COMPILED).exists()] == []
        for file in map(Path, installation.run("python", "-c", code, *LOOKED_AT).stdout.split()):
            assert file.is_relative_to(installation.site)
            assert file.name.endswith(COMPILED)


def test_data_files_are_there(repo_root: Path, installation: Installation) -> None:
    """Each one, so that a new folder of data cannot be forgotten."""
    wanted = [file for file in data_files(repo_root) if "frontend" not in file.parts]
    missing = [str(file) for file in wanted if not (installation.site / file).exists()]
    assert wanted
    assert not missing, f"add to [tool.setuptools.package-data] in pyproject.toml: {missing}"


@pytest.mark.parametrize("name", ["leaflet.js", "leaflet.css", "LICENSE", "images/marker-icon.png"])
def test_leaflet_is_bundled_with_its_licence(installation: Installation, name: str) -> None:
    """`make setup` bundles it; it is never committed."""
    assert (installation.site / LEAFLET / name).stat().st_size > 0


def test_front_end_sources_stay_out(installation: Installation) -> None:
    """The wheel holds what pages load, not what bundles it."""
    assert not (installation.site / "fleet" / "console" / "frontend").exists()


@pytest.mark.parametrize("command", ["fleet", "fleet-adapter"])
def test_command_says_how_it_is_used(installation: Installation, command: str) -> None:
    """From a folder that is not the checkout."""
    assert "usage:" in installation.run(command, "--help").stdout.lower()


def test_a_build_goes_on_without_a_compiler(installation: Installation, tmp_path: Path) -> None:
    """What is compiled elsewhere then runs as plain Python. The C code is taken from the wheel's build, whose times are
    kept: Cython makes it once.
    """
    checkout = tmp_path / "checkout"
    left = ignore_patterns("*.so", "lib.*", "temp.*", "bdist.*", "*.egg-info")
    copytree(installation.source, checkout, ignore=left)
    done = subprocess.run(
        [sys.executable, "setup.py", "-q", "build_ext", "--inplace"],
        cwd=checkout,
        env=os.environ | {"CC": "no-such-compiler"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "no-such-compiler" in done.stdout + done.stderr
    assert not list(checkout.rglob("*.so"))
