"""The plan file: out, in, and what is said about a broken one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fleet.domain.plan import Plan
from fleet.planner import MaxIterations, plan
from fleet.planner.planfile import PlanFileError, from_json, in_pieces, schema, schema_text, to_json
from fleet.planner.planning import plan_in_parts
from tests.unit.planner.town import EIGHT, locker, order, place, snapshot


def some_plan() -> Plan:
    orders = [order(f"O{i}", place(1500 + 100 * i, 60)) for i in range(5)]
    town = snapshot(orders, drones=1, lockers=(locker("L", place(1600, 0)),))
    return plan(town, seed=0, stop=MaxIterations(5), made_at=EIGHT)


def document() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(to_json(some_plan()))
    return loaded


def test_plan_comes_back_as_it_went() -> None:
    """Aliases and all."""
    made = some_plan()
    assert from_json(to_json(made)) == made


def test_in_pieces_it_is_the_same_plan() -> None:
    """Also one that leaves a parcel, whose reasons come behind those that are brought."""
    far = order("FAR", place(900_000, 0), locker_ok=False)
    town = snapshot([far, *(order(f"O{i}", place(1500 + 100 * i, 60)) for i in range(5))], drones=1)
    parts = plan_in_parts(town, seed=0, stop=MaxIterations(5), made_at=EIGHT).then(
        lambda _: {"iterations": 5}
    )
    pieces = list(in_pieces(parts))
    whole = plan(town, seed=0, stop=MaxIterations(5), made_at=EIGHT)
    assert from_json("".join(pieces)) == whole.model_copy(update={"iterations": 5})
    assert whole.unassigned
    assert len(pieces) > len(whole.parcels)


def test_names_are_those_of_the_contract() -> None:
    """``return`` and ``from``, not Python's names for them."""
    found = document()
    assert found["format"] == "lastmile-plan/1"
    assert {"depart", "return", "path", "drops", "margin_wh"} <= found["sorties"][0].keys()
    assert "return_at" not in found["sorties"][0]
    for locker_plan in found["lockers"]:
        assert {"order_id", "size", "from", "until"} == locker_plan["reservations"][0].keys()
    assert set(found["summary"]["by_mode"]) == {"drone", "sidewalk_robot", "locker", "van", "unassigned"}


def test_broken_file_names_the_field() -> None:
    """Which file, which field, what about it."""
    broken = document()
    broken["sorties"][0]["energy_wh"] = -1
    with pytest.raises(PlanFileError, match=r"p\.json: sorties\.0\.energy_wh"):
        from_json(json.dumps(broken), name="p.json")


def test_text_that_is_no_json_is_refused() -> None:
    """Not a traceback of the parser."""
    with pytest.raises(PlanFileError, match="plan file"):
        from_json("{")


def test_schema_speaks_the_files_names() -> None:
    """Every top-level field of a real file is in the schema, and it is stable text."""
    assert document().keys() <= schema()["properties"].keys()
    assert "return" in json.loads(schema_text())["$defs"]["SortiePlan"]["properties"]
