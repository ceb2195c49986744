"""A robot must not install a solver: the wire and the adapter kit load with the base install alone. A hub that starts
again is to listen at once: it loads no solver either, nor anything else that only other processes need."""

import json
import subprocess
import sys

import pytest

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
importlib.import_module(sys.argv[1])
print(json.dumps(sorted(sys.modules)))
"""


def run_probe(module: str) -> subprocess.CompletedProcess[str]:
    """Import the module in a process of its own, since this one has loaded everything."""
    command = [sys.executable, "-c", PROBE, module]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def light_modules() -> list[str]:
    """Those that must be there, and those of the others that are."""
    there = (name for name in LIGHT_WHEN_THERE if (ROOT / name.replace(".", "/") / "__init__.py").exists())
    return [*ALWAYS_LIGHT, *there]


@pytest.mark.parametrize("module", light_modules())
def test_import_loads_the_base_install_only(module: str) -> None:
    """What a robot or a locker imports."""
    probe = run_probe(module)
    assert probe.returncode == 0, f"{module} cannot be imported by itself:\n{probe.stderr}"
    roots = {name.partition(".")[0] for name in json.loads(probe.stdout)}
    assert roots & HEAVY == set(), f"importing {module} must not load these"


@pytest.mark.parametrize("module", HUB_STARTS)
def test_a_hub_starts_without_solvers(module: str) -> None:
    """What the process of `fleet hub` imports before it listens."""
    probe = run_probe(module)
    assert probe.returncode == 0, f"{module} cannot be imported by itself:\n{probe.stderr}"
    loaded = NOT_FOR_A_HUB & set(json.loads(probe.stdout))
    assert loaded == set(), f"importing {module} must not load these"


@pytest.mark.parametrize("module", ONLY_ASK)
def test_who_only_asks_loads_no_database(module: str) -> None:
    """What a command imports that writes to no store: it reads what is committed without SQLAlchemy."""
    probe = run_probe(module)
    assert probe.returncode == 0, f"{module} cannot be imported by itself:\n{probe.stderr}"
    assert "sqlalchemy" not in json.loads(probe.stdout), f"importing {module} must not load it"


def test_the_planner_s_worker_finds_its_solvers() -> None:
    """What the test above keeps out is there when a plan is asked for."""
    probe = run_probe("fleet.planner.planning")
    assert probe.returncode == 0, probe.stderr
    loaded = set(json.loads(probe.stdout))
    assert {"ortools", "pyvrp"} <= loaded
    assert loaded & NOT_FOR_A_PLANNER == set()


def test_the_probe_sees_a_heavy_import() -> None:
    """The test above can fail."""
    probe = run_probe("numpy")
    assert probe.returncode == 0, probe.stderr
    assert "numpy" in json.loads(probe.stdout)
