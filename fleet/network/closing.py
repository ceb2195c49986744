"""Streets that are closed to vans: the tables of a profile, prepared once more without them.

The engine's tables know the whole map by short cuts, so that no street can be left out when a way is asked for. They
are prepared anew for each set of closed parts, once, beside those of the whole map; `docs/decisions/0020` says what
else was measured. What is prepared counts from the moment at which it has its lasting name: who is killed leaves
nothing behind that could be taken for tables.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from fleet.network.engine import STEM
from fleet.network.errors import NetworkError
from fleet.network.extra import TABLES, package_folder
from fleet.network.manifest import CLOSED_FOLDER, flush
from fleet.network.programs import Progress, percents, run
from fleet.network.sidewalks import Ring
from fleet.network.survey import crossings, part_of

GRAZED_DEG = 3e-6
"""A street that is as near to a closed part as this, about 0.3 m, meets it: the engine rounds points to
a third of that."""

KEPT_DAYS = 2
"""So long tables are kept that nobody has opened since."""

SIZES, PART = "sizes.json", ".part-"
CHANGED = (f"{STEM}.geometry", f"{STEM}.datasource_names")
"""What the engine's program writes into where it finds it."""
MADE = f"{STEM}.hsgr"

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Stretches:
    """A profile's streets between neighbouring points: points in degrees, with their numbers in OpenStreetMap; of each
    stretch the points between which it is, and which street it is of, counted from crossing to crossing."""

    points: NDArray[np.float64]
    numbers: Numbers
    starts: Numbers
    ends: Numbers
    streets: Numbers

    def closed(self, rings: Iterable[Ring]) -> Numbers:
        """The stretches of all streets that meet one of the parts: a street is closed from crossing to crossing."""
        a, b = self.points[self.starts], self.points[self.ends]
        low, high = np.minimum(a, b), np.maximum(a, b)
        met = set[int]()
        for ring in rings:
            part = shapely.Polygon(ring)
            west, south, east, north = shapely.buffer(part, GRAZED_DEG).bounds
            # Only those nearby become lines, since a map may have millions.
            near = np.flatnonzero(((low <= (east, north)) & (high >= (west, south))).all(axis=1))
            lines = shapely.linestrings(np.stack((a[near], b[near]), axis=1))
            met.update(self.streets[near[shapely.dwithin(lines, part, GRAZED_DEG)]].tolist())
        return np.flatnonzero(np.isin(self.streets, list(met)))


def stretches(folder: Path) -> Stretches:
    """All stretches that a profile's tables are made of."""
    nodes, shapes = folder / f"{STEM}.nbg_nodes", folder / f"{STEM}.geometry"
    points = crossings(folder) / 1e6
    numbers = _unpacked(part_of(nodes, "/common/nbn_data/osm_node_ids/packed"), len(points))
    first = np.frombuffer(part_of(shapes, "/common/segment_data/index"), dtype="<u4").astype(np.int64)
    along = np.frombuffer(part_of(shapes, "/common/segment_data/nodes"), dtype="<u4").astype(np.int64)
    streets = np.repeat(np.arange(len(first) - 1), np.diff(first))
    same = streets[:-1] == streets[1:]
    return Stretches(points, numbers, along[:-1][same], along[1:][same], streets[:-1][same])


def _unpacked(packed: bytes, count: int) -> Numbers:
    """Numbers that the engine keeps one after the other in as many bits as it needs, 64 of them in whole words."""
    words = np.append(np.frombuffer(packed, dtype="<u8"), np.uint64(0))
    bits = (len(words) - 1) // max(1, -(-count // 64))
    at = np.arange(count, dtype=np.int64) * bits
    word, shift = at >> 6, (at & 63).astype(np.uint64)
    low = words[word] >> shift
    high = np.where(shift > 0, words[word + 1] << ((np.uint64(64) - shift) & np.uint64(63)), np.uint64(0))
    found: Numbers = ((low | high) & np.uint64((1 << bits) - 1)).astype(np.int64)
    return found


def around(folder: Path, closed: tuple[Ring, ...], tell: Progress) -> Path | None:
    """The folder of the tables of a profile, whose own are in ``folder``, without the streets that meet a closed part;
    none where none does. They are prepared where they are not there yet. Raises ``NetworkError`` where that fails."""
    shelf = folder.parent / CLOSED_FOLDER
    key = hashlib.sha256(repr(closed).encode()).hexdigest()[:12]
    made = shelf / f"{folder.name}-{key}"
    try:
        with suppress(OSError):  # on a disk that can be read only, nobody takes it away either
            os.utime(made)  # before it is asked for: from here on nobody takes it away
        said = _recorded(made)
        if said is None:
            with _alone(shelf):
                said = _recorded(made)
                if said is None:
                    _prepare(folder, made, closed, tell)
                    said = _recorded(made)
    except OSError as error:
        raise NetworkError(
            str(shelf), f"vans' ways around closed streets are prepared here: {error.strerror or error}"
        ) from error
    if said is None:
        raise NetworkError(str(made), "these tables were taken away while they were opened: try again")
    return made if MADE in said else None


def _prepare(folder: Path, made: Path, closed: tuple[Ring, ...], tell: Progress) -> None:
    """The tables, under their lasting name when they are whole and on disk."""
    tell("closed streets: looking which they are")
    streets = stretches(folder)
    shut = streets.closed(closed)
    part = made.with_name(f"{PART}{made.name}")
    part.mkdir()
    if len(shut):
        _contract(folder, part, streets, shut, tell)
    (part / SIZES).write_text(json.dumps(_sizes(part)), encoding="utf-8")
    for file in (each for each in part.iterdir() if not each.is_symlink()):
        flush(file)
    shutil.rmtree(made, ignore_errors=True)
    part.rename(made)
    flush(made.parent)
    _clean(made)


def _contract(folder: Path, part: Path, streets: Stretches, shut: Numbers, tell: Progress) -> None:
    """Run the engine's program with no speed on the stretches that are shut, in both directions."""
    for file in folder.glob(f"{STEM}.*"):
        if file.name in CHANGED:
            shutil.copyfile(file, part / file.name)
        elif file.name != MADE:
            (part / file.name).symlink_to(os.path.relpath(file, part))
    speeds = part / "closed.csv"
    ends = np.column_stack((streets.numbers[streets.starts[shut]], streets.numbers[streets.ends[shut]]))
    ends = ends[ends[:, 0] != ends[:, 1]]  # a point that is in the map twice
    speeds.write_text("".join(f"{a},{b},0\n{b},{a},0\n" for a, b in ends.tolist()), encoding="ascii")
    program, words = package_folder(TABLES) / "bin" / "osrm-contract", ("--segment-speed-file", speeds)
    label = "closed streets"
    tell(f"{label}: preparing vans' ways around them, once ({len(shut)} stretches)")
    run(program, part / STEM, *words, source=folder, said=percents(label, tell))


def _recorded(made: Path) -> dict[str, int] | None:
    """The sizes of tables that are there as they were prepared; none where they are not."""
    try:
        said: dict[str, int] = json.loads((made / SIZES).read_text(encoding="utf-8"))
        return said if said == _sizes(made) else None
    except (OSError, ValueError):
        return None


def _sizes(folder: Path) -> dict[str, int]:
    """Bytes by name; of what is another folder's, of which there are links, as well."""
    return {
        file.name: file.stat().st_size for file in folder.iterdir() if file.name != SIZES and file.exists()
    }


@contextmanager
def _alone(shelf: Path) -> Iterator[None]:
    """No two processes prepare at once; released by the system when we end."""
    shelf.mkdir(exist_ok=True)
    handle = os.open(shelf / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        for left in shelf.glob(f"{PART}*"):
            shutil.rmtree(left, ignore_errors=True)
        yield
    finally:
        os.close(handle)


def _clean(made: Path) -> None:
    """Away with what nobody has opened for long; who has it open keeps it."""
    oldest = time.time() - KEPT_DAYS * 86_400
    for other in made.parent.iterdir():
        if other != made and other.is_dir() and other.stat().st_mtime < oldest:
            shutil.rmtree(other, ignore_errors=True)
