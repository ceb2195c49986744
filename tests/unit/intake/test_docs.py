"""The documents' example is a fleet file that works and means what its comments say."""

import re
from datetime import time
from pathlib import Path

import pytest

from fleet.domain.fleet import Assumptions, FleetSpec, RouteType, SortieType
from fleet.intake.fleetfile import parse_fleet
from fleet.protocol.values import CompartmentSize


@pytest.fixture
def spec(repo_root: Path) -> FleetSpec:
    text = (repo_root / "docs" / "fleet.toml.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", text, flags=re.DOTALL)
    return parse_fleet(example, "docs/fleet.toml.md").spec


def test_the_example_is_read(spec: FleetSpec) -> None:
    assert (spec.timezone, spec.unserved_penalty, spec.change_price) == ("Europe/Lisbon", 80, 1.0)
    assert set(spec.types) == {
        "courier-x4",
        "walker-s2",
        "van-e+0700-1600+8.5h+break30-1000-1300",
        "van-e+crew2+white_glove",
        "parcel-locker",
    }


def test_the_example_costs_what_it_says(spec: FleetSpec) -> None:
    assert spec.types["courier-x4"].rates.per_trip == 1.3
    assert spec.types["walker-s2"].rates.per_trip == 0.7
    assert spec.types["van-e+crew2+white_glove"].rates.per_hour == 43
    assert spec.types["van-e+0700-1600+8.5h+break30-1000-1300"].rates.per_hour == 21.5


def test_the_example_works_the_hours_it_says(spec: FleetSpec) -> None:
    van = spec.types["van-e+0700-1600+8.5h+break30-1000-1300"]
    assert isinstance(van, RouteType)
    assert (van.shift_start, van.shift_end, van.max_shift_s) == (time(7), time(16), 8.5 * 3600)


def test_the_example_bases_a_type_on_another(spec: FleetSpec) -> None:
    walker = spec.types["walker-s2"]
    assert isinstance(walker, SortieType)
    assert (walker.cruise_mps, walker.carriage.max_parcel_kg, walker.energy_model) == (1.4, 8, "walker-s1")


def test_the_example_overlays_reserve_and_compartments(spec: FleetSpec) -> None:
    assert (spec.reserve.fraction_of_usable, spec.reserve.minutes) == (0.25, 3)
    locker = spec.types["parcel-locker"]
    assert locker.archetype == "station"
    assert locker.compartments[CompartmentSize.SMALL].length_m == 0.6


def test_the_document_names_every_assumption(repo_root: Path) -> None:
    text = (repo_root / "docs" / "fleet.toml.md").read_text(encoding="utf-8")
    assert [name for name in Assumptions.model_fields if f"{name} = " not in text] == []
