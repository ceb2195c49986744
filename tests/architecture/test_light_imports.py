"""A robot must not install a solver: the wire and the adapter kit load with the base install alone. A hub that starts
again is to listen at once: it loads no solver either, nor anything else that only other processes need."""

import json
import subprocess
import sys

from tests.architecture.tree import ROOT

ALWAYS_LIGHT = ["fleet.protocol"]
LIGHT_WHEN_THERE = ["adapters.sdk", "adapters.locker", "adapters.driver"]
# The import names of what the extras install.
HEAVY = frozenset(
    "immutables jinja2 matplotlib numpy ortools osrm pandas prometheus_client pyproj pyvrp rich shapely "
    "sqlalchemy starlette structlog typer uvicorn websockets".split()
)
# What only the planner's worker, the simulated world, the console or a picture needs, and loads slowly.
NOT_FOR_A_HUB = frozenset(
    "fleet.sim jinja2 matplotlib ortools osrm pandas pyvrp scipy starlette uvicorn".split()
)
# What takes as long to load as the solvers, for nothing that a plan needs.
NOT_FOR_A_PLANNER = frozenset("jinja2 matplotlib pandas scipy sqlalchemy starlette".split())
HUB_STARTS = ["fleet.app", "fleet.cli.hub", "fleet.store", "fleet.dispatch.decide", "fleet.hub.loop"]
ONLY_ASK = ["fleet.store", "fleet.cli.orders", "fleet.cli.report", "fleet.cli.demo", "fleet.cli.simulate"]
PROBE = """
import importlib, json, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
    print(json.dumps(sorted(sys.modules)))
"""


def loaded_by(*modules: str) -> dict[str, set[str]]:
    """What is loaded once each of the modules is imported, one after the other in one process, since this one has
    loaded everything.
    """
    command = [sys.executable, "-c", PROBE, *modules]
    probe = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert probe.returncode == 0, f"these cannot be imported by themselves: {modules}\n{probe.stderr}"
    return dict(zip(modules, map(set, map(json.loads, probe.stdout.splitlines())), strict=True))


def light_modules() -> list[str]:
    """Those that must be there, and those of the others that are."""
    there = (name for name in LIGHT_WHEN_THERE if (ROOT / name.replace(".", "/") / "__init__.py").exists())
    return [*ALWAYS_LIGHT, *there]


def test_import_loads_the_base_install_only() -> None:
    """What a robot or a locker imports."""
    for module, loaded in loaded_by(*light_modules()).items():
        roots = {name.partition(".")[0] for name in loaded}
        assert roots & HEAVY == set(), f"importing {module} must not load these"


def test_a_hub_starts_without_solvers() -> None:
    """What the process of `fleet hub` imports before it listens."""
    for module, loaded in loaded_by(*HUB_STARTS).items():
        assert loaded & NOT_FOR_A_HUB == set(), f"importing {module} must not load these"


def test_who_only_asks_loads_no_database() -> None:
    """What a command imports that writes to no store: it reads what is committed without SQLAlchemy."""
    for module, loaded in loaded_by(*ONLY_ASK).items():
        assert "sqlalchemy" not in loaded, f"importing {module} must not load it"


def test_the_planner_s_worker_finds_its_solvers() -> None:
    """What the test above keeps out is there when a plan is asked for."""
    (loaded,) = loaded_by("fleet.planner.planning").values()
    assert {"ortools", "pyvrp"} <= loaded
    assert loaded & NOT_FOR_A_PLANNER == set()


def test_the_probe_sees_a_heavy_import() -> None:
    """The tests above can fail, for any of the modules that they name."""
    light, heavy = loaded_by("json", "numpy").values()
    assert "numpy" in heavy - light
