"""Fleet files: what they mean, and what each refusal says."""

import re
from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from fleet.domain.breaks import DriverBreak
from fleet.domain.fleet import AssetType, RouteType, SortieType, StationType
from fleet.domain.walking import Walking
from fleet.intake.errors import FileError, FleetFileError
from fleet.intake.fleetfile import FleetFile, default_fleet, default_fleet_text, parse_fleet, read_fleet
from fleet.protocol.values import CompartmentSize, Goods, ServiceLevel

VANS_ONLY = '[[van]]\ntype = "van-e"\n'


def fleet(text: str) -> FleetFile:
    return parse_fleet(text, "fleet.toml")


def refusal(text: str) -> str:
    with pytest.raises(FleetFileError) as error:
        fleet(text)
    return str(error.value)


def one_type(file: FleetFile, kind: str) -> AssetType:
    (found,) = file.spec.of_kind(kind)
    return found


def test_the_default_fleet_has_every_kind() -> None:
    spec = default_fleet().spec
    kinds = {asset_type.kind for asset_type in spec.types.values()}
    assert kinds == {"drone", "sidewalk_robot", "van", "locker"}
    assert default_fleet().timezone is None


def test_the_default_fleet_has_a_crew_of_two_for_white_glove() -> None:
    spec = default_fleet().spec
    offering = [t for t in spec.of_kind("van") if ServiceLevel.WHITE_GLOVE in t.carriage.services]
    assert [t.carriage.crew for t in offering] == [2]
    (single,) = (t for t in spec.of_kind("van") if t.carriage.crew == 1)
    assert offering[0].rates.per_hour == 2 * single.rates.per_hour


def test_the_default_fleet_takes_no_weather_for_granted() -> None:
    assert default_fleet().spec.assumptions.calm_weather is False


def test_the_default_fleet_explains_each_rate() -> None:
    lines = default_fleet_text().splitlines()
    rates = [line for line in lines if line.startswith(("per_trip", "per_hour", "per_km", "per_parcel"))]
    assert len(rates) >= 8
    assert all("#" in line for line in rates)


def test_an_empty_file_is_the_default_fleet() -> None:
    assert fleet("").spec == default_fleet().spec


def test_a_file_that_states_a_vehicle_has_no_other_vehicles() -> None:
    spec = fleet(VANS_ONLY).spec
    assert {asset_type.kind for asset_type in spec.types.values()} == {"van", "locker"}


def test_places_are_filled_as_stated() -> None:
    spec = fleet(
        '[[drone]]\ntype = "courier-x4"\nper_pad = 2\nsites = ["S1"]\n'
        '[[sidewalk_robot]]\ntype = "walker-s1"\nper_bay = 3\n'
        '[[van]]\ntype = "van-e"\nper_depot = 4\n'
    ).spec
    stands = {stand.type_id: stand for stand in spec.stands}
    assert (stands["courier-x4"].per_place, stands["courier-x4"].sites) == (2, frozenset({"S1"}))
    assert stands["walker-s1"].per_place == 3
    assert stands["van-e"].per_site == 4


def test_another_crew_and_shift_make_a_type_of_their_own() -> None:
    text = f'{VANS_ONLY}crew = 2\nskills = ["white_glove", "piano"]\n'
    text += 'shift = "06:00-14:30"\nmax_shift_hours = 8\n'
    van = one_type(fleet(text), "van")
    assert isinstance(van, RouteType)
    assert van.type_id == "van-e+crew2+piano+white_glove+0600-1430+8h"
    assert (van.shift_start, van.shift_end, van.max_shift_s) == (time(6), time(14, 30), 8 * 3600)
    assert van.carriage.crew == 2
    assert van.carriage.skills == {"white_glove", "piano"}
    assert ServiceLevel.WHITE_GLOVE in van.carriage.services


def test_an_entry_s_break_makes_a_type_of_its_own() -> None:
    text = f'{VANS_ONLY}shift = "06:00-14:30"\nbreak_minutes = 30\nbreak_between = "09:30-11:30"\n'
    van = one_type(fleet(text), "van")
    assert isinstance(van, RouteType)
    assert van.type_id == "van-e+0600-1430+break30-0930-1130"
    assert van.driver_break == DriverBreak(minutes=30, earliest=time(9, 30), latest=time(11, 30))


def test_a_type_s_break_is_inherited() -> None:
    text = '[[van]]\ntype = "van-b"\n[types.van-b]\nbased_on = "van-e"\n[types.van-b.driver_break]\n'
    van = one_type(fleet(f"{text}minutes = 45\nearliest = 11:00:00\nlatest = 13:00:00\n"), "van")
    assert isinstance(van, RouteType)
    assert van.driver_break == DriverBreak(minutes=45, earliest=time(11), latest=time(13))


def test_an_entry_s_walks_make_a_type_of_its_own() -> None:
    van = one_type(fleet(f"{VANS_ONLY}walk_m = 60\ncarry_kg = 10\n"), "van")
    assert isinstance(van, RouteType)
    assert van.type_id == "van-e+walk60-10kg"
    assert van.walking == Walking(farthest_m=60, carry_kg=10)


def test_a_type_s_walks_are_inherited() -> None:
    text = (
        '[[van]]\ntype = "van-b"\n[types.van-b]\nbased_on = "van-e"\n[types.van-b.walking]\nfarthest_m = 40\n'
    )
    van = one_type(fleet(f"{text}speed_mps = 1.2\n"), "van")
    assert isinstance(van, RouteType)
    assert van.walking == Walking(farthest_m=40, speed_mps=1.2)


def test_a_break_may_be_in_a_night_shift() -> None:
    text = f'{VANS_ONLY}shift = "20:00-05:00"\nbreak_minutes = 30\nbreak_between = "23:30-01:00"\n'
    van = one_type(fleet(text), "van")
    assert isinstance(van, RouteType)
    assert van.driver_break is not None
    begins = van.driver_break.begins(datetime(2026, 5, 4, 18, tzinfo=UTC), "Europe/Berlin")
    assert begins.start == datetime(2026, 5, 4, 21, 30, tzinfo=UTC)
    assert begins.end == datetime(2026, 5, 4, 23, tzinfo=UTC)


def test_the_same_crew_makes_no_new_type() -> None:
    assert one_type(fleet(f"{VANS_ONLY}crew = 1\n"), "van").type_id == "van-e"


def test_a_skill_widens_what_a_van_may_carry() -> None:
    text = (
        '[types.plain]\nbased_on = "van-e"\n[types.plain.carriage]\ngoods = ["standard"]\nage_check = false\n'
        '[[van]]\ntype = "plain"\nskills = ["dangerous_goods", "age_check"]\n'
    )
    van = one_type(fleet(text), "van")
    assert van.carriage.goods == {Goods.STANDARD, Goods.DANGEROUS}
    assert van.carriage.age_check


def test_rates_of_a_kind_are_overlaid_field_by_field() -> None:
    rates = one_type(fleet(f"{VANS_ONLY}[rates.van]\nper_hour = 30\n"), "van").rates
    assert (rates.per_hour, rates.per_trip) == (30, 45)


def test_rates_of_a_type_count_before_those_of_its_kind() -> None:
    text = f"{VANS_ONLY}[rates.van]\nper_hour = 30\n[rates.van-e]\nper_hour = 31\n"
    assert one_type(fleet(text), "van").rates.per_hour == 31
    text += "[types.van-e]\nbased_on = 'mine'\n[types.mine]\nbased_on = 'van-e'\n"
    assert "leads back to the type itself" in refusal(text)


def test_a_type_may_be_based_on_another() -> None:
    text = '[types.big]\nbased_on = "courier-x4"\ncruise_mps = 20\n[types.big.rates]\nper_trip = 9\n'
    text += '[[drone]]\ntype = "big"\n'
    drone = one_type(fleet(text), "drone")
    assert isinstance(drone, SortieType)
    assert (drone.cruise_mps, drone.energy_model, drone.rates.per_trip) == (20, "courier-x4", 9)
    assert drone.rates.per_hour == 3


def test_compartments_are_overlaid_by_size() -> None:
    text = "[compartments.small]\nlength_m = 0.5\nwidth_m = 0.4\nheight_m = 0.2\n"
    locker = one_type(fleet(text), "locker")
    assert isinstance(locker, StationType)
    assert locker.compartments[CompartmentSize.SMALL].height_m == 0.2
    assert locker.compartments[CompartmentSize.LARGE].height_m == 0.45


def test_stated_assumptions_are_the_whole_list() -> None:
    """What a file that names assumptions does not name is not assumed."""
    stated = fleet("[assumptions]\ndrop_at_address = true\n").spec.assumptions
    assert stated.drop_at_address
    assert stated.terrain is None
    assert not any((stated.calm_weather, stated.parcels_at_serving_site, stated.sidewalks_everywhere))


def test_terrain_may_be_unknown_or_written_without_the_sign() -> None:
    assert fleet('[assumptions]\nterrain = "unknown"\n').spec.assumptions.terrain is None
    assert fleet('[assumptions]\nterrain = "flat:180+-20"\n').spec.assumptions.terrain == "flat:180+-20"


def test_separation_is_overlaid_field_by_field_and_can_be_off() -> None:
    """A file that states nothing keeps flights apart."""
    rule = fleet("[separation]\nlateral_m = 80\n").spec.separation
    assert (rule.enabled, rule.lateral_m, rule.vertical_m) == (True, 80, 15)
    assert fleet("").spec.separation.enabled
    assert not fleet("[separation]\nenabled = false\n").spec.separation.enabled


@pytest.mark.parametrize("line", ["lateral_m = 0", "time_s = -1", "pad_s = nan", "sideways_m = 5"])
def test_a_separation_that_makes_no_sense_is_refused(line: str) -> None:
    """With line and field."""
    with pytest.raises(FleetFileError, match=rf"2: separation\.{line.split(maxsplit=1)[0]}"):
        fleet(f"[separation]\n{line}\n")


def test_margins_are_off_unless_stated() -> None:
    """What is stated counts from there on, the rest has SORA's own values."""
    assert fleet("").spec.margins is None
    rule = fleet('[margins]\nvolume = "ground_risk"\nreaction_s = 2\n').spec.margins
    assert rule is not None
    assert (rule.volume, rule.reaction_s, rule.bank_deg, rule.descent) == ("ground_risk", 2, 30, "one_to_one")


@pytest.mark.parametrize(
    "line", ['volume = "none"', "wind_mps = -1", "bank_deg = 60", "reaction_s = 0.5", "buffer_m = 5"]
)
def test_margins_that_make_no_sense_are_refused(line: str) -> None:
    """With line and field."""
    with pytest.raises(FleetFileError, match=rf"[23]: margins\.{line.split(maxsplit=1)[0]}"):
        fleet(f"[margins]\n{line}\n" + ("" if "volume" in line else 'volume = "contingency"\n'))


def test_margins_without_a_volume_are_refused() -> None:
    with pytest.raises(FleetFileError, match=r"margins\.volume: is missing"):
        fleet("[margins]\nreaction_s = 2\n")


def test_the_rule_for_weather_is_what_the_file_states() -> None:
    """Without one nothing is added for forecasts, and stations reach ten kilometres."""
    assert fleet("").spec.weather is None
    rule = fleet("[weather]\nstation_reach_m = 4000\n").spec.weather
    assert rule is not None
    assert (rule.station_reach_m, rule.wind_exponent, rule.forecast) == (4000, 0.2, None)
    text = "[weather.forecast]\nnow_mps = 1\nper_sqrt_h_mps = 0.5\nmost_mps = 3\n"
    found = fleet(text).spec.weather
    assert found is not None
    assert found.forecast is not None
    assert (found.forecast.now_mps, found.forecast.source) == (1, "assumption")


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("[weather]\nstation_reach_m = 0\n", "weather.station_reach_m"),
        ("[weather]\nwind_exponent = 1.5\n", "weather.wind_exponent"),
        ("[weather]\nreach = 5\n", "weather.reach"),
        ("[weather.forecast]\nnow_mps = -1\nper_sqrt_h_mps = 0\nmost_mps = 1\n", "weather.forecast.now_mps"),
        ("[weather.forecast]\nnow_mps = nan\nper_sqrt_h_mps = 0\nmost_mps = 1\n", "weather.forecast.now_mps"),
        ("[weather.forecast]\nnow_mps = 1\n", "weather.forecast.most_mps"),
    ],
)
def test_a_rule_for_weather_that_makes_no_sense_is_refused(text: str, field: str) -> None:
    with pytest.raises(FleetFileError, match=re.escape(field)):
        fleet(text)


def test_the_reserve_is_overlaid_field_by_field() -> None:
    reserve = fleet("[reserve]\nfraction_of_usable = 0.3\n").spec.reserve
    assert (reserve.fraction_of_usable, reserve.epsilon) == (0.3, 0.001)


def test_a_time_zone_is_kept() -> None:
    assert fleet('timezone = "America/Chicago"\n').timezone == "America/Chicago"


def test_another_currency_needs_amounts_of_its_own() -> None:
    text = 'currency = "USD"\n' + VANS_ONLY
    assert refusal(text).splitlines() == [
        "fleet.toml: locker[1].type: has no rates; add [rates.locker] (found 'parcel-locker')",
        "fleet.toml: unserved_penalty: is missing: the default is in EUR",
        "fleet.toml:3: van[1].type: has no rates; add [rates.van] (found 'van-e')",
    ]
    text = (
        f'currency = "USD"\nunserved_penalty = 70\n{VANS_ONLY}[rates.van]\nper_hour = 25\n'
        "[rates.locker]\nper_parcel = 0.4\n"
    )
    assert refusal(text) == (
        "fleet.toml: locker[1].type: needs its own detour_per_km: the default is in EUR "
        "(found 'parcel-locker')"
    )
    text += '[types.box]\nbased_on = "parcel-locker"\ndetour_per_km = 1\n[[locker]]\ntype = "box"\n'
    spec = fleet(text).spec
    assert spec.currency == "USD"
    assert spec.types["van-e"].rates.per_trip == 0


def test_a_new_kind_of_a_known_archetype_needs_no_code() -> None:
    text = (
        '[types.bike]\nbased_on = "van-e"\nkind = "cargo_bike"\n[types.bike.rates]\nper_hour = 18\n'
        '[[cargo_bike]]\ntype = "bike"\nper_depot = 2\n'
    )
    spec = fleet(text).spec
    assert [(stand.type_id, stand.per_site) for stand in spec.stands if stand.type_id == "bike"] == [
        ("bike", 2)
    ]
    assert refusal(text.replace("per_depot = 2\n", "")) == (
        "fleet.toml:6: cargo_bike[1].per_site: is missing: the depots file has no column for this kind"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '[[drone]]\n\ntype = "courier-x5"\n',
            "3: drone[1].type: there is no such type; did you mean 'courier-x4'? (found 'courier-x5')",
        ),
        (
            '[[drone]]\ntype = "zeppelin"\n',
            "2: drone[1].type: there is no such type; known are courier-x4 (found 'zeppelin')",
        ),
        (
            f'{VANS_ONLY}[[van]]\ntype = "courier-x4"\nper_depot = 1\n',
            "4: van[2].type: is a drone, not a van (found 'courier-x4')",
        ),
        (
            f"{VANS_ONLY}[[van]]\ntype = 'van-e'\ncrew = 2\n",
            "3: van[2].per_depot: is missing: another entry already takes all vans that no entry counts",
        ),
        (
            f"{VANS_ONLY}per_depot = 1\nshare = 0.5\n",
            "4: van[1].share: is one way to say how many, per_depot is the other",
        ),
        (
            '[[drone]]\ntype = "courier-x4"\nper_bay = 1\n',
            "3: drone[1].per_bay: is not known; did you mean 'per_pad'? (found '1')",
        ),
        ("[[drone]]\nper_pad = 1\n", "1: drone[1].type: is missing"),
        (
            f'{VANS_ONLY}shift = "7 to 8"\n',
            "3: van[1].shift: must be like \"07:00-19:00\" (found '7 to 8')",
        ),
        (
            f'{VANS_ONLY}shift = "07:00-25:00"\n',
            '3: van[1].shift: is not a time of day; write 07:00; a shift is like "07:00-19:00" '
            "(found '07:00-25:00')",
        ),
        (
            f"{VANS_ONLY}break_minutes = 30\n",
            "1: van[1]: a break is stated by break_minutes and break_between, when it begins",
        ),
        (
            f"{VANS_ONLY}carry_kg = 10\n",
            "1: van[1]: carry_kg is what a driver carries on a walk: state walk_m, how far he walks",
        ),
        (
            f'{VANS_ONLY}break_minutes = 30\nbreak_between = "noon"\n',
            "4: van[1].break_between: must be like \"11:00-13:00\" (found 'noon')",
        ),
        (
            f'{VANS_ONLY}shift = "08:00-13:00"\nbreak_minutes = 30\nbreak_between = "11:00-12:45"\n',
            "1: van[1]: a break of 30 minutes that begins between 11:00 and 12:45 is not within the shift, "
            "08:00 to 13:00",
        ),
        (
            '[types.van-b]\nbased_on = "van-e"\n[types.van-b.driver_break]\nminutes = 30\n'
            "earliest = 13:00:00\nlatest = 11:00:00\n",
            "1: types.van-b: a break of 30 minutes that begins between 13:00 and 11:00 is not within the shift, "
            "07:00 to 20:00",
        ),
        (
            '[[locker]]\ntype = "parcel-locker"\n[[locker]]\ntype = "parcel-locker"\n',
            "3: locker[2]: is the second [[locker]]; all stations of a kind are of one type",
        ),
        ("[vans]\nx = 1\n", "1: vans: is not known; did you mean 'van'?"),
        ("[van]\ntype = 'van-e'\n", "1: van: must be written as [[van]]"),
        (
            "[rates.van]\nper_hours = 3\n",
            "2: rates.van.per_hours: is not known; did you mean 'per_hour'? (found '3')",
        ),
        (
            "[rates.van]\nper_hour = -3\n",
            "2: rates.van.per_hour: input should be greater than or equal to 0 (found '-3')",
        ),
        (
            "[rates.drones]\nper_hour = 3\n",
            "1: rates.drones: there is no such kind or type; did you mean 'drone'? (found 'drones')",
        ),
        (
            "[reserve]\nfraction_of_usable = 1.5\n",
            "2: reserve.fraction_of_usable: input should be less than or equal to 1 (found '1.5')",
        ),
        (
            '[assumptions]\nterrain = "hilly"\n',
            "2: assumptions.terrain: must be like flat:120±15 (metres above mean sea level; "
            "+- serves for ±), or \"unknown\" (found 'hilly')",
        ),
        (
            "[assumptions]\ncalm_wether = true\n",
            "2: assumptions.calm_wether: is not known; did you mean 'calm_weather'? (found 'True')",
        ),
        (
            "[compartments.tiny]\nlength_m = 1\nwidth_m = 1\nheight_m = 1\n",
            "1: compartments.tiny: must be one of small, medium, large (found 'tiny')",
        ),
        (
            "[compartments.small]\nlength_m = 1\n",
            "1: compartments.small.width_m: is missing\n1: compartments.small.height_m: is missing",
        ),
        (
            '[types.x]\nbased_on = "van"\n',
            "2: types.x.based_on: there is no such type; did you mean 'van-e'? (found 'van')",
        ),
        (
            '[types.x]\nkind = "van"\n',
            "1: types.x.archetype: must be one of sortie, route, station (found '')",
        ),
        (
            '[types.x]\nbased_on = "van-e"\ncapacity_kg = 0\n',
            "3: types.x.capacity_kg: input should be greater than 0 (found '0')",
        ),
        (
            '[types.x]\nbased_on = "van-e"\n[types.x.carriage]\ngodos = []\n',
            "4: types.x.carriage.godos: is not known; did you mean 'goods'?",
        ),
        ("types = 3\n", "1: types: must be tables like [types.NAME] (found '3')"),
        (
            'timezone = "Mars/Base"\n',
            "1: timezone: is not an IANA time zone; write a name like America/Chicago (found 'Mars/Base')",
        ),
        (
            'currency = "euro"\nunserved_penalty = 1\n',
            "1: currency: must be three capital letters like EUR (found 'euro')",
        ),
        ("[[drone]\n", "1: is no TOML: Expected ']]' at the end of an array declaration"),
    ],
)
def test_a_fault_names_file_line_and_key(text: str, message: str) -> None:
    """Each message begins with the file's name, the line and the key."""
    lines = refusal(text).splitlines()
    assert all(line.startswith("fleet.toml:") for line in lines)
    assert "\n".join(line.removeprefix("fleet.toml:") for line in lines) == message


def test_fairness_is_a_price_for_hours() -> None:
    """None unless stated; less than nothing is refused where it stands."""
    assert fleet("").spec.fairness.per_hour == 0
    assert fleet("[fairness]\nper_hour = 12.5\n").spec.fairness.per_hour == 12.5
    assert refusal("[fairness]\nper_hour = -1\n").startswith("fleet.toml:2: fairness.per_hour: ")
    assert refusal("[fairness]\nper_day = 1\n").startswith("fleet.toml:2: fairness.per_day: ")


def test_lateness_has_a_price_that_must_be_stated() -> None:
    """And a most; without the table, windows hold."""
    assert fleet("").spec.lateness is None
    rule = fleet("[lateness]\nper_hour = 20\n").spec.lateness
    assert rule is not None
    assert (rule.per_hour, rule.at_most_min) == (20, 60)
    assert refusal("[lateness]\nat_most_min = 5\n").startswith("fleet.toml:1: lateness.per_hour: ")
    assert refusal("[lateness]\nper_hour = 1\nat_most_min = 0\n").startswith(
        "fleet.toml:3: lateness.at_most_min: "
    )


def test_all_faults_are_listed_in_the_order_of_the_file() -> None:
    """Those of every part of the file: none of them hides those of another."""
    text = """\
currency = "euro"
timezone = "Mars/Base"
unserved_penalty = -1
[rates.van]
per_hour = -1
[reserve]
epsilon = 2
[assumptions]
calm_wether = true
[types.x]
based_on = 'y'
[types.fast]
based_on = "courier-x4"
cruise_mps = -3
[[drone]]
type = "courier-x5"
[[drone]]
type = "courier-x4"
per_bay = 2
[vans]
"""
    assert [line.split(": ")[:2] for line in refusal(text).splitlines()] == [
        ["fleet.toml:1", "currency"],
        ["fleet.toml:2", "timezone"],
        ["fleet.toml:3", "unserved_penalty"],
        ["fleet.toml:5", "rates.van.per_hour"],
        ["fleet.toml:7", "reserve.epsilon"],
        ["fleet.toml:9", "assumptions.calm_wether"],
        ["fleet.toml:11", "types.x.based_on"],
        ["fleet.toml:14", "types.fast.cruise_mps"],
        ["fleet.toml:16", "drone[1].type"],
        ["fleet.toml:19", "drone[2].per_bay"],
        ["fleet.toml:20", "vans"],
    ]


@pytest.mark.parametrize(
    "text",
    [
        '[types.courier-x4]\ncruise_mps = -3\n[[drone]]\ntype = "courier-x4"\n',
        '[types.x]\nkind = "bike"\narchetype = "rout"\n[[bike]]\ntype = "x"\n',
        '[types.x]\nbased_on = "vann"\nkind = "bike"\n[[bike]]\ntype = "x"\n',
        'currency = "USD"\nunserved_penalty = 1\n[[van]]\ntype = "van-e"\n[rates.van]\nper_hour = "x"\n'
        '[rates.locker]\nper_parcel = 1\n[types.box]\nbased_on = "parcel-locker"\ndetour_per_km = 1\n'
        '[[locker]]\ntype = "box"\n',
        'currency = "euro"\n[[van]]\ntype = "van-e"\n',
    ],
)
def test_one_fault_is_listed_once(text: str) -> None:
    """What rests on a wrong part is not called wrong as well."""
    assert len(refusal(text).splitlines()) == 1


def test_many_faults_are_counted() -> None:
    text = "".join(f'[[drone]]\ntype = "courier-{at}"\n' for at in range(30))
    assert refusal(text).splitlines()[20:] == ["… and 10 more"]


def test_a_file_is_read_from_disk(tmp_path: Path) -> None:
    path = tmp_path / "fleet.toml"
    path.write_text(VANS_ONLY, encoding="utf-8")
    assert read_fleet(path).name == str(path)
    assert read_fleet(None).spec == default_fleet().spec
    with pytest.raises(FileError, match="cannot be read"):
        read_fleet(tmp_path / "none.toml")


@pytest.mark.parametrize(
    "text",
    [
        "drone = 3",
        "drone = [1]",
        "[[types]]",
        "types.x = 3",
        "[types.x]\\\nkind = 3",
        "[types.x]\\\nbased_on = 3",
        '[types.x]\\\nbased_on = ["a"]',
        '[types.x]\\\nbased_on = "van-e"\\\nrates = 3',
        '[types.x]\\\nbased_on = "van-e"\\\nkind = 3',
        '[types.x]\\\nbased_on = "van-e"\\\ncarriage = 3',
        "assumptions = 3",
        "reserve = 3",
        "rates = 3",
        "rates.van = 3",
        "compartments = 3",
        "[[drone]]\\\ntype = 3",
        '[[van]]\\\ntype = "van-e"\\\nsites = "x"',
        '[[van]]\\\ntype = "van-e"\\\nsites = [1]',
        '[[van]]\\\ntype = "van-e"\\\nshift = 7',
        '[[van]]\\\ntype = "van-e"\\\nshift = [7, 8]',
        '[[van]]\\\ntype = "van-e"\\\nshift = ["07:00"]',
        '[[van]]\\\ntype = "van-e"\\\ncrew = 0',
        '[[van]]\\\ntype = "van-e"\\\nshare = 2',
        '[[van]]\\\ntype = "van-e"\\\nskills = "x"',
        "[[van]]\\\ntype = []",
        "currency = 3",
        'currency = ["EUR"]',
        "timezone = 3",
        'timezone = ""',
        'timezone = "../etc"',
        'unserved_penalty = "x"',
        "unserved_penalty = nan",
        "unserved_penalty = -1",
        "change_price = -1",
        "change_price = inf",
        "zone_time_margin_s = -1",
        'zone_time_margin_s = "x"',
        "zone_time_margin_s = 4000",
        "[assumptions]\\\nterrain = 3",
        '[assumptions]\\\ncalm_weather = "maybe"',
        "[assumptions]\\\nassumed_wind_mps = inf",
        "locker = 3",
        '[types.van-e]\\\narchetype = "sortie"',
        '[types.""]\\\nbased_on = "van-e"',
        '[types." x"]\\\nbased_on = "van-e"',
        '[types.x]\\\nbased_on = "van-e"\\\ntype_id = "y"',
        "[rates.van]\\\nper_hour = nan",
        '[types.x]\\\nbased_on = "van-e"\\\narchetype = ["route"]',
        '[types.x]\\\nbased_on = "van-e"\\\nkind = ["van"]',
        "2026-01-01 = 3",
        '[[van]]\\\ntype = "van-e"\\\nskills = ["a b"]',
        '"\\\\é" = 1',
    ],
)
def test_values_of_a_wrong_kind_are_refused_not_tripped_over(text: str) -> None:
    assert refusal(text).startswith("fleet.toml:")


CO2 = "[co2]\ngrid_g_per_kwh = 200\nprice_per_tonne = 500\n"


def test_co2_counts_at_its_price_among_the_rates() -> None:
    """A van that takes 0.25 kWh a kilometre emits 50 g, which count 2.5 cents; a drone's kilowatt-hour 200 g, so 10."""
    plain, priced = fleet(""), fleet(CO2)
    van, drone = ("van-e", "courier-x4")
    for name in (van, drone):
        before, after = plain.spec.types[name], priced.spec.types[name]
        assert isinstance(before, RouteType | SortieType)
        assert isinstance(after, RouteType | SortieType)
        assert before.emissions is None
        assert after.emissions is not None
        assert after.emissions.price_per_tonne == 500
        assert after.rates.per_km - before.rates.per_km == pytest.approx(0.025 if name == van else 0)
        assert after.rates.per_kwh - before.rates.per_kwh == pytest.approx(0 if name == van else 0.10)
    assert plain.spec.types["parcel-locker"] == priced.spec.types["parcel-locker"]


def test_a_van_with_a_tank_emits_what_it_says() -> None:
    """Diesel: 210 g from the exhaust, and nothing from the grid unless that is stated too."""
    text = f"{CO2}[[van]]\ntype = 'diesel'\n[types.diesel]\nbased_on = 'van-e'\nco2_g_per_km = 210\nkwh_per_km = 0\n"
    (found,) = fleet(text).spec.of_kind("van")
    assert isinstance(found, RouteType)
    assert found.emissions is not None
    assert found.emissions.g_per_km == 210
    assert found.rates.per_km == pytest.approx(0.28 + 0.105)


OWN = """
[[van]]
type = "own"
[types.own]
archetype = "route"
kind = "van"
energy_model = "van-e"
capacity_kg = 500
capacity_m3 = 5
[types.own.carriage]
max_parcel_kg = 30
hold = { length_m = 2, width_m = 1, height_m = 1 }
goods = ["standard"]
services = ["standard"]
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{CO2}{OWN}", "fleet.toml:1: co2: nobody knows what routes of type 'own' emit"),
        ("[co2]\nprice_per_tonne = 90\n", "co2.grid_g_per_kwh: is missing"),
        ("[co2]\ngrid_g_per_kwh = -1\n", "co2.grid_g_per_kwh"),
        ("[co2]\ngrid_g_per_kwh = 200000\n", "co2.grid_g_per_kwh"),
        ("[co2]\ngrid_g_per_kwh = 200\nprice_per_ton = 3\n", "did you mean 'price_per_tonne'"),
        ("[types.own]\nbased_on = 'van-e'\nemissions = { g_per_km = 1 }\n", "state [co2]"),
    ],
)
def test_co2_that_cant_be_counted_is_refused(text: str, said: str) -> None:
    """A van of which nobody knows what it emits would else count as clean."""
    assert said in refusal(text)
