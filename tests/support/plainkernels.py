"""The planner's kernels as plain Python, whatever is installed: both forms must give the same plans."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest

import fleet.planner.joint
from fleet.planner import citycolumns, disrupt, fewervans, jointly, live, neighbours, routing, warmstart
from fleet.planner.kernels import columns

FOLDER = Path(fleet.planner.joint.__file__).parent
KERNELS = "chance columns nearest breaks routes trips undo resting fairness places tails anneal".split()
JOINT = "ways state boxes pads shown changes offer standing arrivals blend".split()
"""The compiled modules, each behind those that it imports."""


@contextmanager
def plain(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """While this lasts, the search runs as plain Python."""
    names = [f"fleet.planner.kernels.{name}" for name in KERNELS]
    names += [f"fleet.planner.joint.{name}" for name in JOINT]
    compiled = {name: sys.modules[name] for name in names}
    try:
        for name in names:
            path = FOLDER.parent.joinpath(*name.split(".")[2:]).with_suffix(".py")
            spec = importlib.util.spec_from_file_location(name, path)
            assert spec
            assert spec.loader
            sys.modules[name] = module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
        with monkeypatch.context() as patch:
            _use(patch, {name.rpartition(".")[2]: sys.modules[name] for name in names})
            yield
    finally:
        sys.modules.update(compiled)


def _use(patch: pytest.MonkeyPatch, kernels: dict[str, ModuleType]) -> None:
    """Let the modules that imported the compiled ones use these."""
    wanted = {
        jointly: {"Blend": "blend", "best": "undo", "best_breaks": "undo"},
        citycolumns: {"State": "state", "ways": "ways"},
        routing: {"Stops": "columns", "Vans": "columns", "Routes": "routes"},
        columns: {"Metric": "columns"},
        neighbours: {"Times": "nearest"},
        live: {
            "Blend": "blend",
            "best": "undo",
            "compare": "shown",
            "release": "standing",
            "restore": "standing",
        },
        fewervans: {"best": "undo", "release": "standing", "restore": "standing"},
        warmstart: {"restore": "standing"},
        disrupt: {"arrive": "arrivals"},
    }
    for module, used in wanted.items():
        for name, kernel in used.items():
            at = kernels[kernel]
            patch.setattr(module, name, at if name == kernel else getattr(at, name))
