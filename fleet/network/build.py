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
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from fleet.network.engine import STEM
from fleet.network.errors import NetworkError
from fleet.network.extra import TABLES, TILES, package_folder, package_version
from fleet.network.manifest import (
    FILE,
    TILES_FOLDER,
    Built,
    Manifest,
    ProfileName,
    Tiles,
    amiss,
    flush,
    read_manifest,
    sizes,
    version_of,
)
from fleet.network.programs import Progress, percents, run
from fleet.network.survey import anchor, box_around, crossings
from fleet.network.tiles import build_tiles

LABELS: dict[ProfileName, str] = {"car": "vans", "foot": "people on foot", "robot": "sidewalk robots"}
PROFILES: tuple[ProfileName, ...] = tuple(LABELS)

OWN: dict[ProfileName, str] = {"car": "van.lua", "robot": "robot.lua"}
"""Profiles of ours, which build on the engine's; the others are the engine's."""

_THEIRS = Path("share", "profiles")
_LOCK = ".lock"
_PART = ".part-"


def build(
    source: Path, out: Path, profiles: Sequence[ProfileName] = PROFILES, *, progress: Progress
) -> Manifest:
    """Build ``out`` from an extract, unless it has been built from just that already and is whole.

    Raises ``NetworkError`` where the source can't be used, the engine is missing, or the folder is another's.
    """
    plan = _plan(source, profiles)
    progress(f"reading {source}")
    with _own(out):
        before = _built_before(out)
        harmed = _harmed(before, out, progress)
        if before is not None and before.version == plan.version and not harmed:
            progress(f"{out} is up to date")
            return before
        with tempfile.TemporaryDirectory(dir=out, prefix=_PART) as named:
            part = Path(named)
            manifest = _made(plan, _Before(before, out, harmed), part, progress)
            _put(out, part, manifest)
        _clean(out, manifest.data)
    return manifest


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be built: of which source, the text and the hash of each profile, and tiles, if any."""

    source: Path
    suffix: str
    sha256: str
    engine: str
    texts: dict[ProfileName, str]
    hashes: dict[ProfileName, str]
    tiles: Tiles | None
    untiled: str
    """Why there are no tiles, where there are none."""

    @property
    def version(self) -> str:
        return version_of(self.sha256, self.engine, self.hashes, self.tiles)


def _plan(source: Path, profiles: Sequence[ProfileName]) -> _Plan:
    """Robots need no profile of their own where there are tiles, whose engine knows more of wheels."""
    engine, suffix = package_version(TABLES), suffix_of(source)
    tiles, untiled = _tiles(suffix)
    wanted = [name for name in profiles if name != "robot" or tiles is None]
    texts = {name: profile_text(name) for name in wanted}
    hashes = {name: _hash(text) for name, text in texts.items()}
    return _Plan(source, suffix, _sha256_of(source), engine, texts, hashes, tiles, untiled)


def _tiles(suffix: str) -> tuple[Tiles | None, str]:
    """The tiles that can be built of such a source; none, and why, where none can."""
    if suffix != ".osm.pbf":
        return None, "they are made of extracts in the PBF format (.osm.pbf) only"
    try:
        engine = package_version(TILES)
    except NetworkError as error:
        return None, error.message
    rules = files("fleet.network").joinpath("wheels.py").read_text(encoding="utf-8")
    return Tiles(engine=engine, sha256=_hash(engine + rules)), ""


@dataclass(frozen=True, slots=True)
class _Before:
    """What was there before, if anything, in which folder, and which parts of it are no more as they were built."""

    made: Manifest | None
    out: Path
    harmed: frozenset[str]


def _made(plan: _Plan, before: _Before, part: Path, progress: Progress) -> Manifest:
    """All that is planned, built into ``part`` or taken over from what was there before."""
    link = part / f"source{plan.suffix}"
    link.symlink_to(plan.source.resolve())
    kept = _reused(before, part, plan)
    built = {
        name: kept.get(name) or _profile(link, part, name, text, plan.hashes[name], progress)
        for name, text in plan.texts.items()
    }
    if plan.tiles is None:
        progress(f"no tiles, so no closed streets and no areas: {plan.untiled}")
    elif not (part / TILES_FOLDER).exists():
        build_tiles(link, part, progress)
    link.unlink()
    manifest = Manifest(
        source=plan.source.name,
        source_bytes=plan.source.stat().st_size,
        source_sha256=plan.sha256,
        engine=plan.engine,
        profiles=built,
        tiles=plan.tiles,
        data=plan.version[:12],
    )
    return manifest.model_copy(update={"files": sizes(part, manifest.parts)})


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
        return (package_folder(TABLES) / _THEIRS / f"{name}.lua").read_text(encoding="utf-8")
    return files("fleet.network").joinpath("profiles", own).read_text(encoding="utf-8")


def _profile(
    source: Path, part: Path, name: ProfileName, text: str, sha256: str, progress: Progress
) -> Built:
    """One profile's data, in a folder of its name."""
    engine, folder, label = package_folder(TABLES), part / name, f"{name} ({LABELS[name]})"
    folder.mkdir()
    script = engine / _THEIRS / f"{name}.lua"
    if name in OWN:
        script = folder / OWN[name]
        script.write_text(text.replace("ENGINE", str(engine / _THEIRS)), encoding="utf-8")
    stem = folder / STEM
    progress(f"{label}: taking the streets out")
    words = ("--profile", script, "--output", stem, source)
    run(engine / "bin" / "osrm-extract", *words, source=source, said=lambda _line: None)
    progress(f"{label}: preparing them for fast answers")
    run(engine / "bin" / "osrm-contract", stem, source=source, said=percents(label, progress))
    nodes = crossings(folder)
    return Built(sha256=sha256, box=box_around(nodes), anchor=anchor(folder, nodes))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


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
    """What is there, if it is of today's form."""
    try:
        return read_manifest(out)
    except NetworkError:
        return None


def _harmed(before: Manifest | None, out: Path, progress: Progress) -> frozenset[str]:
    """The parts that are no more as they were built, which is told; all where nobody knows how they were."""
    if before is None:
        return frozenset()
    found = amiss(out, before)
    parts = frozenset(name.partition("/")[0] for name in found) if before.files else frozenset(before.parts)
    if found:
        name, what = next(iter(found.items()))
        progress(f"{out / before.data / name}: {what}, so {', '.join(sorted(parts))} must be built again")
    elif parts:
        progress(f"{out}: was built by an earlier release, which did not say how large its files are")
    return parts


def _reused(before: _Before, part: Path, plan: _Plan) -> dict[ProfileName, Built]:
    """The profiles that were built of this source by this engine before; their files are in ``part`` then, too, and so
    are the tiles."""
    made = before.made
    if made is None or made.source_sha256 != plan.sha256:
        return {}
    found: dict[ProfileName, Built] = {}
    if made.engine == plan.engine:
        found = {
            name: built
            for name, built in made.profiles.items()
            if built.sha256 == plan.hashes.get(name) and name not in before.harmed
        }
    tiled = plan.tiles is not None and plan.tiles == made.tiles and TILES_FOLDER not in before.harmed
    for name in (*found, *([TILES_FOLDER] if tiled else [])):
        shutil.copytree(before.out / made.data / name, part / name, copy_function=os.link)
    return found


def _put(out: Path, part: Path, manifest: Manifest) -> None:
    """Make the data count: the folder under its lasting name, then the manifest that names it, all of it on disk."""
    data = out / manifest.data
    shutil.rmtree(data, ignore_errors=True)
    folders = [part / name for name in manifest.parts]
    for folder in folders:
        for file in folder.rglob("*"):
            flush(file)
    data.mkdir()
    for folder in folders:
        folder.rename(data / folder.name)
    fresh = out / f"{_PART}{FILE}"
    fresh.write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
    flush(fresh)
    fresh.replace(out / FILE)
    flush(out)


def _clear_parts(out: Path) -> None:
    """What builds that were killed have left."""
    for left in out.glob(f"{_PART}*"):
        shutil.rmtree(left) if left.is_dir() else left.unlink()


def _clean(out: Path, kept: str) -> None:
    """Away with older versions; who has them open keeps them."""
    for folder in out.iterdir():
        if folder.is_dir() and re.fullmatch(r"[0-9a-f]{12}", folder.name) and folder.name != kept:
            shutil.rmtree(folder, ignore_errors=True)
