"""The compiled checks: built where there is a compiler, and with the answers of the same files as plain Python."""

import importlib.util
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from random import Random
from threading import Event, current_thread, main_thread
from types import ModuleType

import numpy as np
import pytest

import geofences
from geofences.checks import asked
from geofences.checks import watch as watching
from geofences.geometry.geodesy import Floats
from geofences.geometry.shapes import lonlat_polygon
from geofences.kernels import flat, kernel, piece
from tests.unit.geofences.make import HOME, circle, place, square, zone

FOLDER = Path(geofences.__file__).parent


def test_kernels_are_compiled_where_there_is_a_compiler() -> None:
    """Else a build that quietly failed would only be noticed as slowness."""
    compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
    compiled = [Path(str(module.__file__)).suffix in {".so", ".pyd"} for module in (kernel, piece)]
    assert all(compiled) or shutil.which(compiler) is None, "run make setup and see what it says"


def test_both_kernels_are_compiled_or_none() -> None:
    """The C functions of one can't be called by the other as plain Python."""
    assert len({Path(str(module.__file__)).suffix for module in (kernel, piece)}) == 1


@contextmanager
def plain() -> Iterator[ModuleType]:
    """The kernel as plain Python, whatever is installed."""
    names = ("geofences.kernels.piece", "geofences.kernels.kernel")
    compiled = {name: sys.modules[name] for name in names}
    try:
        for name in names:
            source = FOLDER.parent / f"{name.replace('.', '/')}.py"
            spec = importlib.util.spec_from_file_location(name, source)
            assert spec
            assert spec.loader
            sys.modules[name] = module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
        yield sys.modules["geofences.kernels.kernel"]
    finally:
        sys.modules.update(compiled)


ALONE = """
import sys
sys.modules["cython"] = sys.modules["Cython"] = None  # as where it is not installed
from datetime import UTC, datetime
import geofences
from geofences import *
zone = Zone("Z", Restriction.PROHIBITED, (Volume(CircleShape(8.0, 50.0, 500.0)),))
at = datetime(2026, 6, 1, 12, tzinfo=UTC)
zones, ground = ZoneSet([zone]), FlatTerrain(0.0, 0.0)
found = [check_point(zones, Waypoint(lon, 50.0, 50.0, at), ground).status.value for lon in (8.0, 9.0)]
way = path_around(zones, (7.98, 50.0), (8.02, 50.0), 50.0, at, 10.0, ground, stop=lambda: False)
print(geofences.kernels.kernel.__file__, geofences.paths.taut.__file__, *found, len(way) > 2)
"""


def test_neither_cython_nor_a_compiler_is_needed_to_run(tmp_path: Path) -> None:
    """Only the packages that the README names."""
    folder = tmp_path / "geofences"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__", "*.so", "*.pyd"))
    done = subprocess.run(
        [sys.executable, "-c", ALONE], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    files = [str(folder / name) for name in ("kernels/kernel.py", "paths/taut.py")]
    assert done.stdout.split() == [*files, "blocked", "clear", "True"]


def arrays(rng: Random, count: int) -> tuple[Floats, ...]:
    """Random legs around home: ends, heights, times; every fifth stands still."""
    ends, heights, times = [], [], []
    for number in range(count):
        start = place(rng.uniform(-3000, 3000), rng.uniform(-3000, 3000))
        end = start if number % 5 == 0 else place(rng.uniform(-3000, 3000), rng.uniform(-3000, 3000))
        ends.append((*start, *end))
        heights.append((rng.uniform(0, 150), rng.uniform(0, 150)))
        begin = rng.uniform(0, 100)
        times.append((begin, begin + rng.choice([0.0, 60.0])))
    return np.array(ends), np.array(heights), np.array(times)


class Flattened:
    """What `flatten` gives to the kernel, kept to build both forms from."""

    def __init__(self, *arrays: object) -> None:
        self.arrays = arrays


def test_both_forms_give_the_same_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """To the last bit: statuses in four dimensions, spans beside, single places."""
    rng = Random(7)
    shapes = [
        square(rng.uniform(-2500, 2500), rng.uniform(-2500, 2500), rng.uniform(5, 600)) for _ in range(15)
    ]
    round_ones = [circle(rng.uniform(-2500, 2500), rng.uniform(-2500, 2500), 300.0) for _ in range(5)]
    volumes = zone(*shapes, *round_ones, lower=geofences.Limit(30.0, geofences.Datum.AGL)).volumes
    polygons = [lonlat_polygon(one.shape) for one in volumes]
    monkeypatch.setattr(flat, "Kernel", Flattened)
    held = vars(flat.compiled(flat.flatten(volumes, polygons)))["arrays"]
    ends, heights, times = arrays(rng, 150)
    with plain() as other:
        assert str(other.__file__).endswith(".py")
        answers = [answered(module, held, ends, heights, times) for module in (kernel, other)]
    assert answers[0] == answers[1]
    assert {0, 1, 2} <= set(answers[0][0]), "every status must occur"


def answered(
    module: ModuleType, held: tuple[object, ...], *legs: Floats
) -> tuple[list[int], *tuple[object, ...]]:
    """All that a kernel says of some legs."""
    count = 20
    timed = np.array([number % 2 for number in range(count)], dtype=np.uint8)
    at = np.array([(number, number + 1) for number in range(count)], dtype=np.int32)
    spans = np.array([(10.0 * number - 50.0, 10.0 * number + 20.0) for number in range(count)])
    wider = spans + np.array((-30.0, 30.0))
    wanted, ones = np.zeros(count, dtype=np.uint8), np.ones(count, dtype=np.uint8)
    terms = module.Terms(25.0, 5.0, ones, timed, at, spans, at, wider, wanted)
    made, ends = module.Kernel(*held), legs[0]
    status, left, beside = (np.zeros(len(ends), dtype=np.uint8) for _ in range(3))
    sides = ends[:, :2], ends[:, 2:]
    made.segments(terms, *sides, *legs[1].T, *legs[2].T, -3.0, 3.0, status, left)
    assert set(left.tolist()) == {0, 2}, "some legs must be too long"
    made.beside(terms, *sides, beside, left)
    scratch = sys.modules["geofences.kernels.piece"].Piece() if module is not kernel else piece.Piece()
    places = [made.point(scratch, terms, *row[:2], 60.0, 30.0, -3.0, 3.0) for row in ends.tolist()]
    return status.tolist(), beside.tolist(), places, [made.spans(terms, *row) for row in ends.tolist()]


@pytest.mark.parametrize("where", [(float("nan"), 0.0), (181.0, 0.0), (0.0, 90.1), (0.0, float("inf"))])
def test_what_is_no_place_is_refused(where: tuple[float, float]) -> None:
    """Never clear by comparing with a number that is none."""
    watch = geofences.Watch(geofences.ZoneSet([zone(square(0, 0, 100))]), geofences.UnknownTerrain())
    for alt, at in ((0.0, 0.0), (float("nan"), 0.0)):
        with pytest.raises(geofences.PathError):
            watch.status(*where, alt, at)
    with pytest.raises(geofences.PathError):
        watch.status(*HOME, 0.0, float("nan"))


@pytest.mark.parametrize("is_plain", [False, True], ids=["as installed", "plain Python"])
def test_threads_may_share_a_watch(is_plain: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """One is stopped in the middle of a question, as the interpreter may do at any line; the others go on meanwhile."""
    reached, answered_meanwhile = Event(), Event()
    with plain() as other:
        if is_plain:
            monkeypatch.setattr(flat, "Kernel", stopping(other, reached, answered_meanwhile))
            monkeypatch.setattr(asked, "Terms", other.Terms)
            monkeypatch.setattr(watching, "Piece", sys.modules["geofences.kernels.piece"].Piece)
        zones = geofences.ZoneSet([zone(square(0, 0, 100))])
        watch = geofences.Watch(zones, geofences.UnknownTerrain())
        places = {where: place(*where) for where in ((0, 0), (500, 0), (0, 500))}
        alone = {where: watch.status(*at, 50.0, 1e9) for where, at in places.items()}
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(watch.status, *places[0, 0], 50.0, 1e9)
            if is_plain:
                assert reached.wait(timeout=60)
            rest = {where: watch.status(*at, 50.0, 1e9) for where, at in places.items() if where != (0, 0)}
            answered_meanwhile.set()
            assert {(0, 0): first.result(timeout=60), **rest} == alone
    assert set(alone.values()) == {geofences.Status.CLEAR, geofences.Status.BLOCKED}


def stopping(module: ModuleType, reached: Event, until: Event) -> type:
    """A kernel that waits, in a thread other than the main one, between setting a question up and answering it."""

    class Stopping(module.Kernel):  # type: ignore[misc,name-defined]
        def _search(self, piece: object, terms: object) -> None:
            if current_thread() is not main_thread():
                reached.set()
                assert until.wait(timeout=60)
            super()._search(piece, terms)

    return Stopping
