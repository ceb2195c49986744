"""What a folder of streets says of itself: from which extract, with which profiles and engine, and whose data it is."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from fleet.network.base import Profile
from fleet.network.errors import AGAIN, NetworkError
from fleet.protocol.values import Place, Value

FILE = "manifest.json"
TILES_FOLDER = "tiles"
"""Where the tiles are in a folder of streets, beside the other engine's profiles."""

CLOSED_FOLDER = "closed"
"""Where, beside them, tables are that were prepared without closed streets: a folder for each set of closed parts."""

FORMAT = "lastmile-streets/1"
ATTRIBUTION = "© OpenStreetMap contributors"

ProfileName = Literal["car", "foot", "robot"]
PROFILE_OF: dict[Profile, ProfileName] = {"drive": "car", "walk": "foot", "roll": "robot"}
"""By which street profile one goes."""

Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Box(Value):
    """Degrees around all that a profile may use."""

    west: float
    south: float
    east: float
    north: float


class Built(Value):
    """One profile: the hash of its text, the box around its streets, and a place on its main network."""

    sha256: Hash
    box: Box
    anchor: Place

    @property
    def apart(self) -> tuple[Place, Place]:
        """That place and the corner of the box that is farthest from it: no small network is near both."""
        box, at = self.box, self.anchor
        lon = max(box.west, box.east, key=lambda side: abs(side - at.lon))
        lat = max(box.south, box.north, key=lambda side: abs(side - at.lat))
        return at, Place(lon=lon, lat=lat)


class Tiles(Value):
    """Tiles of the same extract, for the engine that knows wheels, closed streets and areas: its name and version, and
    a hash of that and of what wheels can't take."""

    engine: str
    sha256: Hash


class Manifest(Value):
    """What was built. ``data`` is the folder, beside the manifest, that holds it; ``files`` are the sizes in bytes of
    all files in it, by their paths there (empty where an earlier release has built it)."""

    format: Literal["lastmile-streets/1"] = "lastmile-streets/1"
    source: str
    source_bytes: int
    source_sha256: Hash
    engine: str
    profiles: dict[ProfileName, Built]
    tiles: Tiles | None = None
    attribution: str = ATTRIBUTION
    data: Annotated[str, Field(pattern=r"^[0-9a-f]{12}$")]
    files: dict[str, int] = Field(default_factory=dict)

    @property
    def version(self) -> str:
        """A name of what answers depend on: source, engines and profiles."""
        hashes = {name: built.sha256 for name, built in self.profiles.items()}
        return version_of(self.source_sha256, self.engine, hashes, self.tiles)

    @property
    def parts(self) -> tuple[str, ...]:
        """The folders in ``data``: one for each profile, and one for the tiles."""
        return (*self.profiles, *([TILES_FOLDER] if self.tiles is not None else []))


def version_of(source_sha256: str, engine: str, profiles: dict[ProfileName, str], tiles: Tiles | None) -> str:
    """A hash of the source, the engines and the profiles' texts."""
    hashes: dict[str, str] = {str(name): sha256 for name, sha256 in profiles.items()}
    if tiles is not None:
        hashes["tiles"] = tiles.sha256
    said = json.dumps([FORMAT, source_sha256, engine, dict(sorted(hashes.items()))])
    return hashlib.sha256(said.encode()).hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a folder of streets. Raises ``NetworkError`` where it is none, or one that can't be read."""
    file = folder / FILE
    try:
        return Manifest.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        what = "is no folder of streets" if folder.is_dir() else "is not there"
        raise NetworkError(
            str(folder), f"{what}: build one with `fleet network build FILE.osm.pbf`"
        ) from None
    except OSError as error:
        raise NetworkError(str(file), f"cannot be read: {error.strerror or error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "whole"
        raise NetworkError(
            str(file), f"{where}: {first['msg']}; build it again with `fleet network build`"
        ) from error


def sizes(data: Path, parts: Iterable[str]) -> dict[str, int]:
    """The sizes of all files of these parts, by their paths below ``data``."""
    found = (file for part in parts for file in sorted((data / part).rglob("*")) if file.is_file())
    return {file.relative_to(data).as_posix(): file.stat().st_size for file in found}


def amiss(folder: Path, made: Manifest) -> dict[str, str]:
    """What is no more as it was built, by its path below the data's folder, and what is wrong with it: files that are
    missing or have another size, and parts that are missing altogether."""
    data, found = folder / made.data, dict[str, str]()
    for part in made.parts:
        if not (data / part).is_dir():
            found[part] = "is missing"
    for name, size in made.files.items():
        if name.partition("/")[0] in found:
            continue
        there = _size(data / name)
        if there != size:
            found[name] = (
                "is missing" if there is None else f"has {there} bytes, and {size} when it was built"
            )
    return found


def check_whole(folder: Path, made: Manifest) -> None:
    """Raises ``NetworkError`` that names the first of what is ``amiss``."""
    found = amiss(folder, made)
    if not found:
        return
    name, what = next(iter(found.items()))
    more = f" (and {len(found) - 1} more are amiss)" if len(found) > 1 else ""
    raise NetworkError(str(folder / made.data / name), f"{what}{more}: {AGAIN}")


def _size(file: Path) -> int | None:
    """None where there is no such file, or none that can be looked at."""
    try:
        return file.stat().st_size if file.is_file() else None
    except OSError:
        return None


def flush(path: Path) -> None:
    """A file or a folder to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
