"""Files that meet: time zones, the planned day, types that nobody can compute, and the fingerprint."""

import pickle
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from fleet.config import RunFiles, RunInputs, fingerprint, read_inputs, snapshot_of
from fleet.domain.fleet import RouteType, SortieType, VanBattery
from fleet.energy.airframe import Residual
from fleet.energy.catalog import airframe, electric_van
from fleet.energy.charging import ChargeFigures
from fleet.energy.learning import ASSUMED_APART
from fleet.energy.margin import margin_fraction
from fleet.energy.render import render
from fleet.feasibility.appetite import raised_share
from fleet.feasibility.vehicles import battery_of, van_of, vehicle_of
from fleet.intake.errors import IntakeError
from fleet.intake.localtime import zone_of_offsets
from fleet.protocol.values import Place
from geofences.model.altitude import Box

HEADER = (
    "order_id,client,direction,recipient,address,lon,lat,weight_kg,length_m,width_m,height_m,goods,value_eur,min_age,"
    "ready_at,due_from,due_by,service,service_minutes,crew,locker_ok,notes\n"
)
Make = Callable[..., RunInputs]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Inputs of one order, whose times can be given, one depot and no locker."""

    def inputs(
        ready: str = "2026-11-24T07:00:00-06:00",
        start: str = "2026-11-24T08:00:00-06:00",
        end: str = "2026-11-24T20:00:00-06:00",
        hours: str = "05:00,22:00",
        fleet: str | None = None,
        note: str = "",
    ) -> RunInputs:
        row = f"A,acme,delivery,,,-97.7,30.4,1,0.3,0.2,0.1,standard,,,{ready},{start},{end},standard,3,1,true,{note}\n"
        depot = f"D1,Depot,-97.7,30.4,2,0,0,0,{hours}\n"
        files = {
            "orders.csv": HEADER + row,
            "depots.csv": "depot_id,name,lon,lat,vans,drone_pads,robot_bays,chargers,opens,closes\n" + depot,
            "lockers.csv": "locker_id,name,lon,lat,small,medium,large,drone_port\n",
            "fleet.toml": fleet or "",
        }
        for name, text in files.items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        orders, depots, lockers, own = (tmp_path / name for name in files)
        return read_inputs(RunFiles(orders, depots, lockers, own if fleet else None))

    return inputs


def utc(day: int, hour: int) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def test_a_zone_file_without_zones_is_told(make: Make, tmp_path: Path) -> None:
    """All would be clear of it, and nobody would know that it is the wrong file."""
    make()
    empty = tmp_path / "zones.geojson"
    empty.write_text('{"type": "FeatureCollection", "features": []}', encoding="utf-8")
    orders, depots, lockers = (tmp_path / name for name in ("orders.csv", "depots.csv", "lockers.csv"))
    inputs = read_inputs(RunFiles(orders, depots, lockers, zones=(empty,)))
    assert f"{empty}: holds 0 zones: is it the right file?" in inputs.warnings
    assert not any("0 zones" in each for each in make().warnings)


def test_hours_are_in_the_orders_offset_when_nobody_says_otherwise(make: Make) -> None:
    inputs = make()
    assert inputs.context.sites["D1"].timezone == "Etc/GMT+6"
    assert inputs.context.fleet.timezone == "Etc/GMT+6"
    assert any("Etc/GMT+6" in assumption for assumption in inputs.assumptions)


def test_a_stated_zone_is_no_assumption(make: Make) -> None:
    inputs = make(fleet='timezone = "America/Chicago"\n')
    assert inputs.context.sites["D1"].timezone == "America/Chicago"
    assert not any("offset" in assumption for assumption in inputs.assumptions)


def test_several_offsets_need_a_stated_zone(make: Make, tmp_path: Path) -> None:
    with pytest.raises(IntakeError) as error:
        make(end="2026-11-24T20:00:00-05:00")
    assert str(error.value) == (
        f"{tmp_path}/orders.csv: its times are written in -6 h, -5 h from UTC; state the timezone in the fleet file"
    )
    stated = make(end="2026-11-24T20:00:00-05:00", fleet='timezone = "America/Chicago"\n')
    assert stated.context.fleet.timezone == "America/Chicago"


@pytest.mark.parametrize(("hours", "zone"), [(-6, "Etc/GMT+6"), (2, "Etc/GMT-2"), (0, "UTC")])
def test_the_zone_of_an_offset_has_it(hours: int, zone: str) -> None:
    assert zone_of_offsets([timedelta(hours=hours)], "orders.csv") == zone


def test_an_offset_of_half_an_hour_needs_a_stated_zone() -> None:
    with pytest.raises(IntakeError, match=r"written in \+5\.5 h from UTC"):
        zone_of_offsets([timedelta(hours=5, minutes=30)], "orders.csv")


def test_the_day_begins_when_a_site_is_open_and_a_parcel_ready(make: Make) -> None:
    assert snapshot_of(make()).at == utc(24, 13)
    assert snapshot_of(make(hours="07:30,22:00")).at == utc(24, 13) + timedelta(minutes=30)
    assert snapshot_of(make(ready="2026-11-23T18:00:00-06:00")).at == utc(24, 11)


def test_the_day_ends_when_the_last_site_closes(make: Make) -> None:
    assert snapshot_of(make()).until == utc(25, 4)
    assert snapshot_of(make(hours="05:00,19:00")).until == utc(25, 2)  # the last window ends after that
    assert snapshot_of(make(hours="20:00,06:00")).until == utc(25, 12)  # open over midnight


def test_a_moment_after_the_day_is_refused(make: Make) -> None:
    assert snapshot_of(make(), at=utc(24, 18)).at == utc(24, 18)
    with pytest.raises(IntakeError, match="--at: the day of the last order ends before that"):
        snapshot_of(make(), at=utc(26, 0))


def test_no_orders_are_nothing_to_plan(make: Make) -> None:
    with pytest.raises(IntakeError, match=r"orders\.csv: holds no order that can be planned"):
        snapshot_of(make(ready="never"))


def test_an_unknown_energy_model_is_refused(make: Make, tmp_path: Path) -> None:
    text = '[types.x]\nbased_on = "van-e"\nenergy_model = "van-d"\n[[van]]\ntype = "x"\n'
    with pytest.raises(IntakeError) as error:
        make(fleet=text)
    assert str(error.value) == (
        f"{tmp_path}/fleet.toml:3: types.x.energy_model: there is no such energy model; did you mean 'van-e'? "
        "(found 'van-d')"
    )


def test_a_cruise_speed_that_the_airframe_has_no_energy_for_is_refused(make: Make, tmp_path: Path) -> None:
    text = '[types.x]\nbased_on = "courier-x4"\ncruise_mps = {}\n[[drone]]\ntype = "x"\n'
    for speed in ("4.9", "20.1"):
        with pytest.raises(IntakeError) as error:
            make(fleet=text.format(speed))
        assert str(error.value) == (
            f"{tmp_path}/fleet.toml:3: types.x.cruise_mps: the energy of courier-x4 is known from 5 to 20 m/s only "
            f"(found '{speed}')"
        )
    for speed in ("5", "20"):
        kind = make(fleet=text.format(speed)).context.fleet.types["x"]
        assert isinstance(kind, SortieType)
        assert kind.cruise_mps == float(speed)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('based_on = "courier-x4"\nspeed_rule = "range"', r"fleet\.toml:1: types\.x: .*needs speeds_mps"),
        ('based_on = "courier-x4"\nspeed_rule = "fast"', r"fleet\.toml:3: types\.x\.speed_rule"),
        (
            'based_on = "courier-x4"\nspeed_rule = "range"\nspeeds_mps = [8, 21]',
            r"fleet\.toml:4: types\.x\.speeds_mps: the energy of courier-x4 is known from 5 to 20 m/s only",
        ),
        (
            'based_on = "walker-s1"\nspeed_rule = "range"\nspeeds_mps = [1, 2]',
            r"fleet\.toml:3: types\.x\.speed_rule: a sidewalk_robot drives at its cruise speed only",
        ),
    ],
)
def test_a_rule_of_speed_that_can_t_be_followed_is_refused(make: Make, text: str, why: str) -> None:
    entry = "sidewalk_robot" if "walker" in text else "drone"
    with pytest.raises(IntakeError, match=why):
        make(fleet=f'[types.x]\n{text}\n[[{entry}]]\ntype = "x"\n')


def test_a_rule_of_speed_is_read(make: Make) -> None:
    text = '[types.x]\nbased_on = "courier-x4"\nspeed_rule = "on_time"\nspeeds_mps = [8, 20]\n[[drone]]\ntype = "x"\n'
    kind = make(fleet=text).context.fleet.types["x"]
    assert isinstance(kind, SortieType)
    assert (kind.speed_rule, kind.speeds_mps) == ("on_time", (8.0, 20.0))


def test_a_cruise_speed_that_another_airframe_brings_in_is_refused_where_it_is_named(make: Make) -> None:
    text = '[types.x]\nbased_on = "courier-x4"\n\nenergy_model = "dji-matrice-100"\n[[drone]]\ntype = "x"\n'
    with pytest.raises(
        IntakeError, match=r"fleet\.toml:1: types\.x\.cruise_mps: .* from \S+ to \S+ m/s only"
    ):
        make(fleet=text)


OWN_TYPE = '[[drone]]\ntype = "x"\n[types.x]\nbased_on = "courier-x4"\n'
OWN_VAN = '[[van]]\ntype = "x"\n[types.x]\nbased_on = "van-e"\n'
OWN = '[types.x]\nbased_on = "courier-x4"\nenergy_model = "mine.toml"\n[[drone]]\ntype = "x"\n'


def test_a_vehicle_file_of_one_s_own_is_named_by_its_path(make: Make, tmp_path: Path) -> None:
    """Beside the fleet file; its text goes with the type, so that nothing is read again and a day has what it was
    run with."""
    mine = airframe("courier-x4").model_copy(
        update={"name": "mine", "pack_wh": 500.0, "residual": Residual(log_sd=0.05, flights=40)}
    )
    (tmp_path / "mine.toml").write_text(render(mine), encoding="utf-8")
    inputs = make(fleet=OWN)
    kind = inputs.context.fleet.types["x"]
    assert isinstance(kind, SortieType)
    (tmp_path / "mine.toml").unlink()
    again = SortieType.model_validate_json(kind.model_dump_json())
    assert vehicle_of(again) == vehicle_of(kind) == mine
    assert raised_share(inputs.context.fleet, kind) == margin_fraction(1e-3, mine.residual, ASSUMED_APART)
    assert battery_of(kind, 1.0).nominal_wh == 500.0


def test_a_van_has_a_vehicle_file_of_its_own_too(make: Make, tmp_path: Path) -> None:
    """Read and kept as that of a drone is; a figure without its source is refused where the file is named."""
    mine = electric_van("van-e").model_copy(update={"name": "mine", "pack_wh": 80_000.0})
    text = '[types.x]\nbased_on = "van-e"\nenergy_model = "mine.toml"\nbattery = {start_soc = 0.9}\n'
    text += '[[van]]\ntype = "x"\n'
    (tmp_path / "mine.toml").write_text(render(mine), encoding="utf-8")
    kind = make(fleet=text).context.fleet.types["x"]
    assert isinstance(kind, RouteType)
    assert van_of(RouteType.model_validate_json(kind.model_dump_json())) == mine
    assert kind.battery == VanBattery(start_soc=0.9, state_of_health=0.9), (
        "what it does not state is that of van-e"
    )
    less = mine.model_copy(update={"sources": {k: v for k, v in mine.sources.items() if k != "pack_wh"}})
    (tmp_path / "mine.toml").write_text(render(less), encoding="utf-8")
    with pytest.raises(IntakeError, match=r"mine\.toml: .*sources lacks pack_wh"):
        make(fleet=text)


def test_another_vehicle_file_is_another_input(make: Make, tmp_path: Path) -> None:
    """The fingerprint tells them apart."""
    prints = set()
    for pack_wh in (500.0, 501.0):
        mine = airframe("courier-x4").model_copy(update={"pack_wh": pack_wh})
        (tmp_path / "mine.toml").write_text(render(mine), encoding="utf-8")
        prints.add(fingerprint(make(fleet=OWN)))
    assert len(prints) == 2


@pytest.mark.parametrize(
    ("text", "fleet", "said"),
    [
        (None, OWN, r"mine\.toml.*(no such file|does not exist|not found|cannot be read|can't be read)"),
        ("name = 3", OWN, r"mine\.toml:1: name: .*\(found .3.\)"),
        ("no toml", OWN, r"mine\.toml:1: is no TOML"),
        ("", OWN.replace('"mine.toml"', '"courier-x4"\nenergy_data = "x"'), r"fleet\.toml:4: types\.x\.energy_data"),
    ],
)  # fmt: skip
def test_a_vehicle_file_that_can_t_be_used_is_refused_where_it_is_named(
    make: Make, tmp_path: Path, text: str | None, fleet: str, said: str
) -> None:
    if text is not None:
        (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    with pytest.raises(IntakeError) as error:
        make(fleet=fleet)
    assert re.search(said, str(error.value), re.IGNORECASE), str(error.value)


def test_a_cruise_speed_beyond_one_s_own_vehicle_file_is_refused(make: Make, tmp_path: Path) -> None:
    mine = airframe("courier-x4").model_copy(update={"name": "mine", "max_airspeed_mps": 16.5})
    (tmp_path / "mine.toml").write_text(render(mine), encoding="utf-8")
    with pytest.raises(
        IntakeError, match=r"types\.x\.cruise_mps: the energy of mine is known from 5 to 16\.5 m/s"
    ):
        make(fleet=OWN.replace("energy_model", "cruise_mps = 17\nenergy_model"))


def test_an_unknown_kind_is_refused(make: Make) -> None:
    text = (
        '[types.x]\nbased_on = "van-e"\nkind = "vam"\nrates = { per_km = 1 }\n'
        '[[vam]]\ntype = "x"\nper_depot = 1\n'
    )
    with pytest.raises(IntakeError, match=r"types\.x\.kind: there is no such kind; did you mean 'van'"):
        make(fleet=text)


def test_the_fingerprint_tells_inputs_apart(make: Make) -> None:
    first = fingerprint(make())
    assert fingerprint(make()) == first
    assert fingerprint(make(end="2026-11-24T19:00:00-06:00")) != first
    assert fingerprint(make(fleet="[reserve]\nminutes = 9\n")) != first
    assert fingerprint(make(note="beware of the dog")) == first  # a plan does not depend on it


GRID = "ncols 2\nnrows 2\nxllcorner -98\nyllcorner 30\ncellsize 0.5\n{0} {0}\n{0} {0}\n"
STATED = '[terrain]\ngrid = "hills.asc"\ndatum = "AMSL"\nerror_m = 8\n'


def test_a_grid_beside_the_fleet_file_is_what_plans_rest_on(make: Make, tmp_path: Path) -> None:
    """Its hash is among what is assumed and part of the fingerprint; another process finds the same file."""
    (tmp_path / "hills.asc").write_text(GRID.format(150), encoding="ascii")
    inputs = make(fleet=STATED)
    here = Box(-97.7, 30.4, -97.69, 30.41)
    found = inputs.context.terrain.ground_within(here)
    assert (round(found.low), round(found.high)) == (142, 158)
    digest = sha256((tmp_path / "hills.asc").read_bytes()).hexdigest()
    assert inputs.context.fleet.assumptions.terrain == f"grid hills.asc sha256:{digest} AMSL ±8 m"
    sent = pickle.dumps(inputs.context)
    assert pickle.loads(sent).terrain.ground_within(here) == found  # noqa: S301 - our own bytes
    (tmp_path / "hills.asc").write_text(GRID.format(151), encoding="ascii")
    assert fingerprint(make(fleet=STATED)) != fingerprint(inputs)


def test_a_broken_grid_is_refused_with_its_field(make: Make, tmp_path: Path) -> None:
    (tmp_path / "hills.asc").write_text("ncols 2", encoding="ascii")
    with pytest.raises(IntakeError) as error:
        make(fleet=STATED)
    assert [each.field for each in error.value.errors] == ["nrows"]


PACKS = '[[spare_packs]]\ntype = "x"\nper_site = 2\n'


def test_spare_packs_lie_where_the_fleet_file_says(make: Make, tmp_path: Path) -> None:
    """Of a type whose vehicle file says how long one takes to change; of all its sites, or of those that are named."""
    frame = airframe("courier-x4")
    swaps = frame.model_copy(
        update={"charging": ChargeFigures(swap_s=120), "sources": frame.sources | {"charging": "own"}}
    )
    (tmp_path / "mine.toml").write_text(render(swaps), encoding="utf-8")
    spec = make(fleet=OWN + PACKS).context.fleet
    assert (spec.spares_at("x", "anywhere"), spec.spares_at("courier-x4", "anywhere")) == (2, 0)
    named = make(fleet=OWN + PACKS + 'sites = ["S1"]\n').context.fleet
    assert (named.spares_at("x", "S1"), named.spares_at("x", "S2")) == (2, 0)
    (tmp_path / "mine.toml").write_text(render(frame), encoding="utf-8")
    with pytest.raises(IntakeError, match=r"fleet\.toml:\d+: spare_packs.*swap_s"):
        make(fleet=OWN + PACKS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[spare_packs]]\ntype = "curier-x4"\nper_site = 2\n', r"spare_packs.*courier-x4"),
        ('[[spare_packs]]\ntype = "courier-x4"\nper_site = 0\n', r"spare_packs.*per_site"),
        ('[spare_packs]\ntype = "courier-x4"\n', r"spare_packs.*\[\[spare_packs\]\]"),
        ('[[spare_packs]]\ntype = "locker"\nper_site = 1\n', r"spare_packs.*no type of drones"),
    ],
)
def test_spare_packs_that_can_t_be_are_refused(make: Make, text: str, said: str) -> None:
    with pytest.raises(IntakeError, match=said):
        make(fleet=text)


def test_the_suffix_of_a_vehicle_file_may_be_written_in_capitals(make: Make, tmp_path: Path) -> None:
    """As other systems write it."""
    mine = airframe("courier-x4").model_copy(update={"name": "mine"})
    (tmp_path / "mine.TOML").write_text(render(mine), encoding="utf-8")
    kind = make(fleet=OWN.replace("mine.toml", "mine.TOML")).context.fleet.types["x"]
    assert isinstance(kind, SortieType)
    assert vehicle_of(kind) == mine


@pytest.mark.parametrize(
    ("figure", "value"),
    [("pack_wh", "1e300"), ("pack_wh", "79920000"), ("empty_mass_kg", "9000000"), ("climb_mps", "400")],
)
def test_a_figure_that_no_vehicle_comes_near_to_is_refused(
    make: Make, tmp_path: Path, figure: str, value: str
) -> None:
    """A slip of the unit, such as watt-seconds, is told by file, figure and limit."""
    text = re.sub(rf"(?m)^{figure} = .*$", f"{figure} = {value}", render(airframe("courier-x4")), count=1)
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    with pytest.raises(IntakeError, match=rf"mine\.toml.*{figure}.*less than or equal to"):
        make(fleet=OWN)


TRAFFIC = (
    '[network]\ntraffic = [{ hours = "07:00-09:30", speed = 0.6 }, { hours = "11:00-13:00", speed = 0.8 }]\n'
)


def test_traffic_of_the_fleet_file_slows_the_vans_that_are_out_then(make: Make) -> None:
    free, jammed = make(fleet='currency = "EUR"\n'), make(fleet=TRAFFIC)
    here, there = (Place(lon=lon, lat=30.4) for lon in (-97.7, -97.65))
    legs = [inputs.context.network.leg(here, there, "drive") for inputs in (free, jammed)]
    assert legs[0] is not None
    assert legs[1] is not None
    assert legs[1].duration_s == pytest.approx(legs[0].duration_s / 0.6)
    assert "07:00-09:30" in str(jammed.context.network.assumption)
    assert fingerprint(free) != fingerprint(jammed), "a plan is of other times"


def test_vans_that_are_out_at_better_hours_are_slowed_less(make: Make) -> None:
    later = make(fleet=TRAFFIC + '\n[[van]]\ntype = "van-e"\nshift = "10:00-18:00"\n')
    assert "drives at 0.8" in str(later.context.network.assumption)
    evening = make(fleet=TRAFFIC + '\n[[van]]\ntype = "van-e"\nshift = "14:00-22:00"\n')
    assert "drives at" not in str(evening.context.network.assumption)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ('{ hours = "seven", speed = 0.6 }', 'must be like "07:00-19:00"'),
        ('{ hours = "07:00-09:00", speed = 0 }', "0.05"),
        ('{ hours = "07:00-09:00" }', "speed"),
        ('{ hours = "07:00-09:00", speed = 0.6, day = "monday" }', "day"),
    ],
)
def test_traffic_that_is_none_is_refused_by_its_key(make: Make, entry: str, message: str) -> None:
    with pytest.raises(IntakeError, match=re.escape(message)) as error:
        make(fleet=f"[network]\ntraffic = [{entry}]\n")
    assert "network.traffic" in str(error.value)


@pytest.mark.parametrize(
    ("figure", "value", "line"),
    [("pack_wh", "-1", r"pack_wh = -1"), ("log_sd", "400", r"log_sd = 400"), ("max_gust_mps", "2", None)],
)
def test_what_is_wrong_in_a_vehicle_file_is_told_with_its_line_and_what_stands_there(
    make: Make, tmp_path: Path, figure: str, value: str, line: str | None
) -> None:
    """A gust below the mean wind is wrong in two figures together: the line of their table is told."""
    text = re.sub(rf"(?m)^{figure} = .*$", f"{figure} = {value}", render(airframe("courier-x4")), count=1)
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    number = text.splitlines().index(line or "[wind]") + 1
    said = rf"mine\.toml:{number}: .*{figure}" + (rf".*\(found '{value}(\.0)?'\)" if line else "")
    with pytest.raises(IntakeError, match=said):
        make(fleet=OWN)


@pytest.mark.parametrize(
    "text",
    [
        "[reserve]\nepsilon = 1e-10\n",
        OWN_TYPE + "cruise_height_agl_m = 12000\n",
        OWN_TYPE + "charger_w = 1e-9\n",
        OWN_TYPE + "drop_s = 1e12\n",
        OWN_TYPE + "load_s = 1e12\n",
        OWN_TYPE + "turnaround_s = 1e12\n",
        OWN_VAN + "load_s = 1e12\n",
        OWN_VAN + "stop_s = 1e12\n",
        OWN_VAN + "locker_parcel_s = 1e12\n",
    ],
)
def test_a_figure_that_no_trip_can_be_worked_out_with_is_refused(make: Make, text: str) -> None:
    """By line and key: it ended the command as a fault of the program."""
    last = len(text.splitlines())
    key = text.splitlines()[-1].partition(" ")[0]
    with pytest.raises(IntakeError, match=rf"fleet\.toml:{last}: .*{key}"):
        make(fleet=text)
