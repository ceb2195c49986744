"""Builds a folder of streets from an OpenStreetMap extract: once, then as often as extract, engine or a profile change.

Beside the manifest the folder has one folder for each version of the data. A new one is filled under a name of its own
and counts from the moment at which the manifest names it, so that a build that is killed leaves nothing behind that
could be taken for streets, and who has the old ones open keeps them.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import IO

from fleet.network.engine import STEM, Engine
from fleet.network.errors import NetworkError
from fleet.network.extra import engine_folder, engine_version
from fleet.network.manifest import FILE, Built, Manifest, ProfileName, read_manifest, version_of
from fleet.network.survey import anchor, box_around, crossings

Progress = Callable[[str], None]

LABELS: dict[ProfileName, str] = {"car": "vans", "foot": "people on foot", "robot": "sidewalk robots"}
PROFILES: tuple[ProfileName, ...] = tuple(LABELS)

OWN: dict[ProfileName, str] = {"car": "van.lua", "robot": "robot.lua"}
"""Profiles of ours, which build on the engine's; the others are the engine's."""

_THEIRS = Path("share", "profiles")
_LOCK = ".lock"
_PART = ".part-"
_SHOWN = 400
"""So many of the last characters that an engine's program said are repeated where it fails."""


def build(
    source: Path, out: Path, profiles: Sequence[ProfileName] = PROFILES, *, progress: Progress
) -> Manifest:
    """Build ``out`` from an extract, unless it has been built from just that already.

    Raises ``NetworkError`` where the source can't be used, the engine is missing, or the folder is another's.
    """
    engine, suffix = engine_version(), suffix_of(source)
    texts = {name: profile_text(name) for name in profiles}
    progress(f"reading {source}")
    sha256 = _sha256_of(source)
    hashes = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}
    version = version_of(sha256, engine, hashes)
    with _own(out):
        before = _built_before(out)
        if before is not None and before.version == version:
            progress(f"{out} is up to date")
            return before
        with tempfile.TemporaryDirectory(dir=out, prefix=_PART) as named:
            part = Path(named)
            link = part / f"source{suffix}"
            link.symlink_to(source.resolve())
            kept = _reused(before, out, part, (sha256, engine), hashes)
            built = {
                name: kept.get(name) or _profile(link, part, name, text, hashes[name], progress)
                for name, text in texts.items()
            }
            link.unlink()
            manifest = Manifest(
                source=source.name,
                source_bytes=source.stat().st_size,
                source_sha256=sha256,
                engine=engine,
                profiles=built,
                data=version[:12],
            )
            _put(out, part, manifest)
        _clean(out, manifest.data)
    return manifest


def suffix_of(source: Path) -> str:
    """By its first bytes, how the engine must be told that the file is written. Raises ``NetworkError`` for none."""
    try:
        with source.open("rb") as file:
            head = file.read(1024)
    except OSError as error:
        raise NetworkError(str(source), f"cannot be read: {error.strerror or error}") from error
    if b"OSMHeader" in head[:32]:
        return ".osm.pbf"
    if b"<osm" in head:
        return ".osm"
    raise NetworkError(
        str(source), "is no extract of OpenStreetMap: neither in the PBF format (.osm.pbf) nor XML (.osm)"
    )


def profile_text(name: ProfileName) -> str:
    """The profile as the engine reads it: its own, or ours that builds on one of its own."""
    own = OWN.get(name)
    if own is None:
        return (engine_folder() / _THEIRS / f"{name}.lua").read_text(encoding="utf-8")
    return files("fleet.network").joinpath("profiles", own).read_text(encoding="utf-8")


def _profile(
    source: Path, part: Path, name: ProfileName, text: str, sha256: str, progress: Progress
) -> Built:
    """One profile's data, in a folder of its name."""
    engine, folder, label = engine_folder(), part / name, f"{name} ({LABELS[name]})"
    folder.mkdir()
    script = engine / _THEIRS / f"{name}.lua"
    if name in OWN:
        script = folder / OWN[name]
        script.write_text(text.replace("ENGINE", str(engine / _THEIRS)), encoding="utf-8")
    stem = folder / STEM
    progress(f"{label}: taking the streets out")
    _run(engine, "osrm-extract", "--profile", script, "--output", stem, source, source=source, said=None)
    progress(f"{label}: preparing them for fast answers")

    def at(percent: int) -> None:
        progress(f"{label}: {percent} %")

    _run(engine, "osrm-contract", stem, source=source, said=at)
    nodes = crossings(folder)
    return Built(sha256=sha256, box=box_around(nodes), anchor=anchor(Engine(folder), nodes))


def _run(
    engine: Path, program: str, *words: str | Path, source: Path, said: Callable[[int], None] | None
) -> None:
    """Run one of the engine's programs; its percentages go to ``said``, its words to nobody unless it fails."""
    command = [str(engine / "bin" / program), *map(str, words)]
    told, done = "", 0
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as running:
        assert running.stdout is not None
        try:
            for text in _texts(running.stdout):
                told = (told + text)[-_SHOWN:]
                percent = re.fullmatch(r"\s*(\d+)%\s*", text)
                if said is not None and percent and int(percent[1]) > done:
                    done = int(percent[1])  # later steps count anew, and are short
                    said(done)
        except BaseException:
            running.kill()
            raise
    if running.returncode != 0:
        what = " ".join(told.split())
        raise NetworkError(str(source.resolve()), f"{program} ended with exit {running.returncode}: … {what}")


def _texts(stream: IO[bytes]) -> Iterator[str]:
    """What a program says, as it says it, line by line."""
    for line in stream:
        yield line.decode("utf-8", "replace")


def _sha256_of(source: Path) -> str:
    with source.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _own(out: Path) -> Iterator[None]:
    """The folder, made where it is missing, with no other build in it (released by the system when we end)."""
    lock = out / _LOCK
    try:
        if out.is_dir() and not lock.exists() and any(out.iterdir()):
            raise NetworkError(str(out), "holds other files: name a new folder, or one of streets (--out)")
        out.mkdir(parents=True, exist_ok=True)
        handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise NetworkError(str(out), f"cannot be written to: {error.strerror or error}") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _clear_parts(out)
        yield
    except BlockingIOError:
        raise NetworkError(str(out), "is being built by another process") from None
    finally:
        os.close(handle)


def _built_before(out: Path) -> Manifest | None:
    """What is there, if it is whole and of today's form."""
    try:
        found = read_manifest(out)
    except NetworkError:
        return None
    return found if (out / found.data).is_dir() else None


def _reused(
    before: Manifest | None, out: Path, part: Path, made_of: tuple[str, str], hashes: dict[ProfileName, str]
) -> dict[ProfileName, Built]:
    """The profiles that were built of this source by this engine before; their files are in ``part`` then, too."""
    if before is None or (before.source_sha256, before.engine) != made_of:
        return {}
    found = {name: built for name, built in before.profiles.items() if built.sha256 == hashes.get(name)}
    for name in found:
        shutil.copytree(out / before.data / name, part / name, copy_function=os.link)
    return found


def _put(out: Path, part: Path, manifest: Manifest) -> None:
    """Make the data count: the folder under its lasting name, then the manifest that names it, all of it on disk."""
    data = out / manifest.data
    shutil.rmtree(data, ignore_errors=True)
    for folder in manifest.profiles:
        for file in (part / folder).iterdir():
            _flush(file)
    data.mkdir()
    for folder in manifest.profiles:
        (part / folder).rename(data / folder)
    fresh = out / f"{_PART}{FILE}"
    fresh.write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
    _flush(fresh)
    fresh.replace(out / FILE)
    _flush(out)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _clear_parts(out: Path) -> None:
    """What builds that were killed have left."""
    for left in out.glob(f"{_PART}*"):
        shutil.rmtree(left) if left.is_dir() else left.unlink()


def _clean(out: Path, kept: str) -> None:
    """Away with older versions; who has them open keeps them."""
    for folder in out.iterdir():
        if folder.is_dir() and re.fullmatch(r"[0-9a-f]{12}", folder.name) and folder.name != kept:
            shutil.rmtree(folder, ignore_errors=True)
