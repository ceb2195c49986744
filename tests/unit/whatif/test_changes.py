"""Another number of assets: read, put where there are fewest, taken where there are most, refused with a reason."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from fleet.config import RunFiles, RunInputs, read_inputs
from fleet.whatif.changes import Change, ChangeError, changed, parse_change

DEPOTS = """\
depot_id,name,lon,lat,vans,drone_pads,robot_bays,chargers,opens,closes
D1,Depot,-8.62,41.14,5,0,0,0,05:00,22:00
S1,Launch,-8.60,41.15,0,1,1,1,07:00,21:00
S2,Launch,-8.61,41.16,0,3,0,3,07:00,21:00
"""
LOCKERS = "locker_id,name,lon,lat,small,medium,large,drone_port\nL1,Kiosk,-8.601,41.151,4,4,2,true\n"
ORDERS = (
    "order_id,client,direction,recipient,address,lon,lat,weight_kg,length_m,width_m,height_m,goods,value_eur,"
    "min_age,ready_at,due_from,due_by,service,service_minutes,crew,locker_ok,notes\n"
    "A,acme,delivery,Ann,Main St 1,-8.6,41.15,1.2,0.3,0.2,0.1,standard,12.5,,2026-11-24T07:00:00+00:00,"
    "2026-11-24T08:00:00+00:00,2026-11-24T20:00:00+00:00,standard,3,1,true,\n"
)


@pytest.fixture
def inputs(tmp_path: Path) -> RunInputs:
    """Three sites: five vans at D1 (one of them of a crew of two), a drone at S1, three at S2."""
    for name, text in {"orders.csv": ORDERS, "depots.csv": DEPOTS, "lockers.csv": LOCKERS}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return read_inputs(RunFiles(tmp_path / "orders.csv", tmp_path / "depots.csv", tmp_path / "lockers.csv"))


def drones(inputs: RunInputs) -> dict[str, int]:
    return Counter(slot.site_id for slot in inputs.assets if slot.type_id == "courier-x4")


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("drone +2", Change("drone", 2)),
        (" van  -1 at S1 ", Change("van", -1, "S1")),
        ("van-e+crew2 +3 at Depot North", Change("van-e+crew2", 3, "Depot North")),
    ],
)
def test_a_change_is_read(text: str, change: Change) -> None:
    """A kind or type, a number with its sign, and a site if one is meant."""
    assert parse_change(text) == change
    assert parse_change(str(change)) == change


@pytest.mark.parametrize(
    "text", ["", "drone", "drone 2", "+2", "drone +0", "drone +2 S1", "drone +2.5", "drone +9999"]
)
def test_what_is_no_change_is_refused(text: str) -> None:
    """With an example of one, or why it changes nothing."""
    with pytest.raises(ChangeError, match=r"like|changes nothing"):
        parse_change(text)


def test_new_assets_stand_where_there_are_fewest(inputs: RunInputs) -> None:
    """Each with the next free id, and nobody else is touched."""
    found = changed(inputs, [Change("drone", 3)])
    assert drones(found) == {"S1": 4, "S2": 3}
    assert found.assets[: len(inputs.assets)] == inputs.assets
    new = [slot.asset_id for slot in found.assets[len(inputs.assets) :]]
    assert sorted(new) == ["S1/drone-2", "S1/drone-3", "S1/drone-4"]


def test_assets_are_taken_where_there_are_most(inputs: RunInputs) -> None:
    """The last ones first, so that the others keep their ids."""
    found = changed(inputs, [Change("drone", -2), Change("van-e", -1)])
    assert drones(found) == {"S1": 1, "S2": 1}
    ids = {slot.asset_id for slot in found.assets}
    assert {"S1/drone-1", "S2/drone-1", "D1/van-1"} <= ids
    assert len(inputs.assets) - len(ids) == 3


def test_a_site_may_be_named_where_none_stand(inputs: RunInputs) -> None:
    """A robot at D1, which has no bay for one in the file."""
    found = changed(inputs, [Change("sidewalk_robot", 1, "D1")])
    assert found.assets[-1].asset_id == "D1/sidewalk-robot-1"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (Change("dron", 1), "did you mean 'drone'"),
        (Change("drone", -5), "more than there are: 4"),
        (Change("drone", -2, "S1"), "more than there are: 1"),
        (Change("drone", 1, "S9"), "no such site"),
        (Change("van", 1), "several types"),
        (Change("locker", 1), "lockers file"),
    ],
)
def test_a_change_that_the_fleet_cant_have_is_refused(inputs: RunInputs, change: Change, why: str) -> None:
    """Each names what is wrong and what was said."""
    with pytest.raises(ChangeError, match=why):
        changed(inputs, [change])
