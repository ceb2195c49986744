"""Depots and lockers from CSV, and the assets that stand there."""

from datetime import time
from pathlib import Path

import pytest

from fleet.domain.sites import Locker, Site
from fleet.intake.assets import placed_assets
from fleet.intake.errors import IntakeError, TableError
from fleet.intake.fleetfile import default_fleet, parse_fleet
from fleet.intake.sites import LOCKER_PARSERS, SITE_PARSERS, read_lockers, read_sites
from fleet.protocol.values import Place

DEPOT = "D1,Depot,-97.7,30.4,2,0,0,0,05:00,24:00"
LAUNCH = "S1,Launch,-97.8,30.3,0,2,1,3,07:00,21:00"
LOCKER = "L1,Kiosk,-97.7,30.4,8,4,2,true"


def write(folder: Path, header: object, *rows: str) -> Path:
    assert hasattr(header, "__iter__")
    path = folder / "table.csv"
    path.write_text("\n".join([",".join(header), *rows]) + "\n", encoding="utf-8")
    return path


def sites(folder: Path, *rows: str, extra: tuple[str, ...] = ()) -> tuple[Site, ...]:
    return read_sites(write(folder, [*SITE_PARSERS, *extra], *rows)).in_zone("America/Chicago")


def test_sites_are_read(tmp_path: Path) -> None:
    depot, launch = sites(tmp_path, DEPOT, LAUNCH)
    assert (depot.site_id, depot.vans, depot.place) == ("D1", 2, Place(lon=-97.7, lat=30.4))
    assert (depot.opens, depot.closes) == (time(5), time(0))
    assert (launch.drone_pads, launch.robot_bays, launch.chargers) == (2, 1, 3)
    assert launch.timezone == "America/Chicago"


def test_a_depot_may_state_its_time_zone(tmp_path: Path) -> None:
    found = sites(tmp_path, f"{DEPOT},Europe/Lisbon", f"{LAUNCH},", extra=("timezone",))
    assert [site.timezone for site in found] == ["Europe/Lisbon", "America/Chicago"]


def test_lockers_are_read(tmp_path: Path) -> None:
    (locker,) = read_lockers(write(tmp_path, LOCKER_PARSERS, LOCKER))
    expected = Locker(
        locker_id="L1",
        name="Kiosk",
        place=Place(lon=-97.7, lat=30.4),
        small=8,
        medium=4,
        large=2,
        drone_port=True,
    )
    assert locker == expected


def test_every_fault_of_a_depots_file_is_listed(tmp_path: Path) -> None:
    rows = (DEPOT.replace(",2,", ",-2,"), DEPOT, LAUNCH.replace("07:00", "7am"), "S2,short")
    with pytest.raises(TableError) as error:
        sites(tmp_path, *rows)
    assert [str(each).removeprefix(f"{tmp_path}/") for each in error.value.errors] == [
        "table.csv:2: vans: must be a whole number from 0 to 10000 (found '-2')",
        "table.csv:3: depot_id: is already the id of line 2 (found 'D1')",
        "table.csv:4: opens: is not a time of day; write 07:00 (found '7am')",
        "table.csv:5: 2 cells under 10 columns; is a comma or a quote missing?",
    ]


def test_a_wrong_time_zone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="timezone: is not an IANA time zone"):
        sites(tmp_path, f"{DEPOT},Chicago", extra=("timezone",))


def test_one_asset_stands_at_each_place(tmp_path: Path) -> None:
    lockers = read_lockers(write(tmp_path, LOCKER_PARSERS, LOCKER))
    assets = placed_assets(default_fleet().spec, sites(tmp_path, DEPOT, LAUNCH), lockers)
    assert [(asset.asset_id, asset.type_id, asset.site_id) for asset in assets] == [
        ("D1/van-1", "van-e", "D1"),
        ("D1/van-2", "van-e+crew2+white_glove", "D1"),
        ("S1/drone-1", "courier-x4", "S1"),
        ("S1/drone-2", "courier-x4", "S1"),
        ("S1/sidewalk-robot-1", "walker-s1", "S1"),
        ("L1", "parcel-locker", "L1"),
    ]


def test_the_fleet_file_counts_before_the_depots_file(tmp_path: Path) -> None:
    spec = parse_fleet(
        '[[van]]\ntype = "van-e"\nper_depot = 3\n[[drone]]\ntype = "courier-x4"\nper_pad = 2\n'
        'sites = ["S1"]\n[[sidewalk_robot]]\ntype = "walker-s1"\nper_site = 1\nsites = ["D1"]\n',
        "fleet.toml",
    ).spec
    assets = placed_assets(spec, sites(tmp_path, DEPOT, LAUNCH), ())
    assert [asset.asset_id for asset in assets] == [
        "D1/sidewalk-robot-1",
        *(f"D1/van-{number}" for number in (1, 2, 3)),
        *(f"S1/drone-{number}" for number in (1, 2, 3, 4)),
    ]


@pytest.mark.parametrize(
    ("vans", "crews"), [(0, []), (1, [2]), (2, [1, 2]), (5, [1, 1, 1, 1, 2]), (6, [1, 1, 1, 1, 2, 2])]
)
def test_a_share_is_rounded_up_and_the_rest_stays(tmp_path: Path, vans: int, crews: list[int]) -> None:
    """The default fleet: a fifth of the vans have a crew of two."""
    spec = default_fleet().spec
    assets = placed_assets(spec, sites(tmp_path, DEPOT.replace(",2,", f",{vans},")), ())
    assert [spec.types[asset.type_id].carriage.crew for asset in assets] == crews


def test_a_site_that_is_not_there_is_refused(tmp_path: Path) -> None:
    spec = parse_fleet('[[van]]\ntype = "van-e"\nsites = ["D-1"]\n', "fleet.toml").spec
    with pytest.raises(IntakeError) as error:
        placed_assets(spec, sites(tmp_path, DEPOT, LAUNCH), ())
    assert str(error.value) == (
        "fleet.toml: sites: there is no such site in the depots file; did you mean 'D1'? (found 'D-1')"
    )


def test_two_assets_never_share_an_id(tmp_path: Path) -> None:
    lockers = read_lockers(write(tmp_path, LOCKER_PARSERS, LOCKER.replace("L1", "D1/van-1")))
    with pytest.raises(IntakeError, match=r"is the id of two assets.*D1/van-1"):
        placed_assets(default_fleet().spec, sites(tmp_path, DEPOT), lockers)


@pytest.mark.parametrize(("city", "site_count", "locker_count"), [("austin", 10, 278), ("porto", 6, 110)])
def test_real_files_are_taken_whole(shared_data: Path, city: str, site_count: int, locker_count: int) -> None:
    folder = shared_data / "demand"
    found = read_sites(folder / f"{city}.depots.csv").in_zone("UTC")
    lockers = read_lockers(folder / f"{city}.lockers.csv")
    assert (len(found), len(lockers)) == (site_count, locker_count)
    assets = placed_assets(default_fleet().spec, found, lockers)
    places = sum(site.vans + site.drone_pads + site.robot_bays for site in found)
    assert len(assets) == places + locker_count
