"""The compiled search for paths gives what the same file gives as plain Python, to the last bit."""

import importlib.util
import shutil
import sysconfig
from pathlib import Path
from random import Random
from types import ModuleType

import pytest

from geofences import NoPath, NoPathWhy, ZoneSet, path_around
from geofences.paths import search, taut
from tests.unit.geofences.make import NOON, SEA, circle, place, square, zone


def plain() -> ModuleType:
    """The search as plain Python, whatever is installed."""
    source = Path(str(taut.__file__)).with_name("taut.py")
    spec = importlib.util.spec_from_file_location("plain_taut", source)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_is_compiled_where_there_is_a_compiler() -> None:
    """Else a build that quietly failed would only be noticed as slowness."""
    compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
    compiled = Path(str(taut.__file__)).suffix in {".so", ".pyd"}
    assert compiled or shutil.which(compiler) is None, "run make setup and see what it says"


def test_both_forms_find_the_same_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    """Among many squares and circles; also where there is none."""
    rng = Random(3)
    spots = [(rng.uniform(-1500, 1500), rng.uniform(-900, 900), rng.uniform(20, 110)) for _ in range(60)]
    shapes = [
        square(*spot) if number % 2 else circle(*spot)
        for number, spot in enumerate(spots)
        if abs(spot[0]) < 1500 - spot[2]
    ]
    wall = [square(1700, north, 60) for north in range(-400, 401, 100)]
    wall += [square(east, north, 60) for east in (1800, 1900, 2000) for north in (-400, 400)]
    wall += [square(2100, north, 60) for north in range(-400, 401, 100)]
    zones = ZoneSet([zone(*shapes, *wall)])
    trips = [(place(-1700, north), place(1550, -north)) for north in (-700, -200, 0, 300, 650)]
    trips.append((place(-1700, 0), place(1900, 0)))
    found = {}
    for module in (taut, plain()):
        monkeypatch.setattr(search, "Tautening", module.Tautening)
        found[module.__name__] = [
            path_around(zones, *trip, 60.0, NOON, 15.0, SEA, lambda: False) for trip in trips
        ]
    first, second = found.values()
    assert first == second
    assert any(not isinstance(one, NoPath) and len(one) > 4 for one in first), "some must bend"
    assert first[-1] == NoPath(NoPathWhy.ENCLOSED, ("Z",))
