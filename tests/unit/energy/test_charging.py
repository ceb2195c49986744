"""Charging by the curve of a vehicle's file, held against an integration in small steps that shares no code with it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.energy.airframe import Airframe, parse_figures
from fleet.energy.battery import LITHIUM_DEFAULT
from fleet.energy.catalog import airframe, electric_van, ground_robot
from fleet.energy.charging import FULL, ChargeFigures, Charging
from fleet.energy.errors import InvalidInput, VehicleFileError
from fleet.energy.ground import GroundRobot
from fleet.energy.render import render
from fleet.energy.van import ElectricVan

SHARES = st.floats(0.0, 1.0)
FIGURES = st.builds(
    ChargeFigures,
    taper_from=st.floats(0.0, 0.95),
    tail=st.floats(0.02, 0.9),
    efficiency=st.floats(0.5, 1.0),
    most_w=st.none() | st.floats(50.0, 2000.0),
    cold=st.just(()) | st.just(((0.0, 0.0), (10.0, 0.5), (20.0, 1.0))) | st.just(((-10.0, 0.2), (15.0, 1.0))),
)
CHARGERS = st.floats(50.0, 2000.0)
PACKS = st.floats(50.0, 2000.0)


def stepped(figures: ChargeFigures, pack_wh: float, power_w: float, soc: float, seconds: float) -> float:
    """SoC after a time by 20,000 steps of dSoC/dt = power at this SoC over the pack, midpoint rule."""

    def rate(at: float) -> float:
        left = 1.0 if at <= figures.taper_from else (1 - at) / (1 - figures.taper_from)
        share = figures.tail + (1 - figures.tail) * max(0.0, left)
        return power_w * figures.efficiency * share / (pack_wh * 3600) if at < 1 else 0.0

    step = seconds / 20_000
    for _ in range(20_000):
        soc = min(1.0, soc + step * rate(min(1.0, soc + step / 2 * rate(soc))))
    return soc


@pytest.mark.parametrize("soc", [0.0, 0.3, 0.79, 0.93])
@pytest.mark.parametrize("seconds", [60.0, 1500.0, 4000.0])
def test_a_charge_is_what_small_steps_of_its_power_give(soc: float, seconds: float) -> None:
    figures = ChargeFigures(taper_from=0.75, tail=0.15, efficiency=0.9, most_w=600)
    found = figures.charging(700, 900, 20.0).soc_after(soc, seconds)
    assert found == pytest.approx(stepped(figures, 700, 600, soc, seconds), abs=2e-4)


@given(FIGURES, PACKS, CHARGERS, SHARES, st.lists(st.floats(0.0, 3000.0), min_size=1, max_size=6))
def test_charging_in_parts_equals_charging_in_one_go(
    figures: ChargeFigures, pack_wh: float, charger_w: float, soc: float, parts: list[float]
) -> None:
    charging = figures.charging(pack_wh, charger_w, 12.0)
    level = soc
    for seconds in parts:
        level = charging.soc_after(level, seconds)
    assert level == pytest.approx(charging.soc_after(soc, math.fsum(parts)), abs=1e-9)
    assert soc <= level <= 1


@given(FIGURES, PACKS, CHARGERS, SHARES, SHARES)
def test_waiting_for_enough_gives_enough_and_no_earlier(
    figures: ChargeFigures, pack_wh: float, charger_w: float, soc: float, needed: float
) -> None:
    charging = figures.charging(pack_wh, charger_w, 25.0)
    wait_s = charging.wait_s(soc, needed)
    assert charging.soc_after(soc, wait_s) >= needed - 1e-9
    if wait_s > 1:
        assert charging.soc_after(soc, wait_s - 1) < needed
    assert charging.wait_s(soc, 1.01) == math.inf


@given(FIGURES, PACKS, CHARGERS, SHARES, st.floats(0.0, 4000.0))
def test_what_the_charger_gave_is_at_least_what_went_in(
    figures: ChargeFigures, pack_wh: float, charger_w: float, soc: float, seconds: float
) -> None:
    """Conservation: never more than power times time times efficiency, of the weaker of charger and pack."""
    stored_wh = (figures.charging(pack_wh, charger_w, 18.0).soc_after(soc, seconds) - soc) * pack_wh
    most_w = min(charger_w, figures.most_w or charger_w)
    assert 0 <= stored_wh <= most_w * figures.efficiency * seconds / 3600 + 1e-6


@given(FIGURES, PACKS, CHARGERS, SHARES, st.floats(-30.0, 40.0), st.floats(0.0, 30.0))
def test_the_cold_never_makes_it_faster(
    figures: ChargeFigures, pack_wh: float, charger_w: float, soc: float, cold_c: float, warmer: float
) -> None:
    cold = figures.charging(pack_wh, charger_w, cold_c).soc_after(soc, 900)
    assert cold <= figures.charging(pack_wh, charger_w, cold_c + warmer).soc_after(soc, 900) + 1e-12
    unknown = figures.charging(pack_wh, charger_w, None).soc_after(soc, 900)
    assert unknown <= cold + 1e-12


def test_a_pack_that_must_not_be_charged_takes_for_ever() -> None:
    frozen = ChargeFigures(cold=((0.0, 0.0), (10.0, 1.0))).charging(800, 500, -3.0)
    assert frozen.seconds(0.4, 0.5) == math.inf
    assert frozen.seconds(0.4, 0.4) == 0
    assert frozen.soc_after(0.4, 9000) == 0.4
    assert frozen.wait_s(0.4, 0.3) == 0


def test_between_two_temperatures_it_lies_between_them() -> None:
    figures = ChargeFigures(cold=((0.0, 0.0), (10.0, 0.5), (20.0, 1.0)))
    assert [figures.cold_share(at) for at in (-5, 0, 5, 10, 15, 20, 35)] == [0, 0, 0.25, 0.5, 0.75, 1, 1]


def test_numbers_that_are_none_are_refused_by_name() -> None:
    charging = Charging(800, 500)
    for call, field in (
        (lambda: charging.seconds(1.2, 1.3), "from_soc"),
        (lambda: charging.seconds(0.5, 0.4), "to_soc"),
        (lambda: charging.soc_after(0.5, math.nan), "seconds"),
        (lambda: ChargeFigures().charging(0, 500), "pack_wh"),
        (lambda: ChargeFigures().charging(800, -1), "charger_w"),
    ):
        with pytest.raises(InvalidInput) as caught:
            call()
        assert caught.value.field == field
    assert 0.99 < FULL < 1


OWN = """
[charging]
taper_from = 0.7
tail = 0.05
most_w = 400
cold = [[0, 0.0], [15, 1.0]]
swap_s = 90
"""


def own(extra: str, source: str = "maker's data sheet") -> str:
    text = render(airframe("dji-matrice-100"))
    return text.replace("[sources]\n", f'{extra}\n[sources]\ncharging = "{source}"\n')


def test_a_vehicle_file_says_how_its_pack_is_charged() -> None:
    frame = parse_figures(Airframe, own(OWN), "mine.toml")
    assert frame.charging == ChargeFigures(
        taper_from=0.7, tail=0.05, most_w=400, cold=((0, 0.0), (15, 1.0)), swap_s=90
    )
    assert parse_figures(Airframe, render(frame), "again.toml") == frame


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ("[charging]\ntaper_from = 1.0", "taper_from"),
        ("[charging]\ntail = 0.0", "tail"),
        ("[charging]\nefficiency = 1.2", "efficiency"),
        ("[charging]\ncold = [[10, 1.0], [0, 0.0]]", "rising temperatures"),
        ("[charging]\ncold = [[0, 0.0], [10, 1.5]]", "shares from 0 to 1"),
        ("[charging]\nmost_w = nan", "most_w"),
        ("[charging]\nfast = true", "fast"),
    ],
)
def test_a_charging_table_that_can_t_be_is_refused(extra: str, said: str) -> None:
    with pytest.raises(VehicleFileError, match=said):
        parse_figures(Airframe, own(extra), "mine.toml")


@pytest.mark.parametrize(
    ("model", "figures", "field"),
    [
        (Airframe, airframe("courier-x4"), "charging"),
        (GroundRobot, ground_robot("walker-s1"), "rolling_resistance"),
        (GroundRobot, ground_robot("walker-s1"), "residual"),
        (ElectricVan, electric_van("van-e"), "drag_area_m2"),
    ],
)
def test_each_figure_of_each_sort_of_vehicle_has_a_source(
    model: type[Airframe | GroundRobot | ElectricVan],
    figures: Airframe | GroundRobot | ElectricVan,
    field: str,
) -> None:
    """A figure without one is refused, whether its source is missing or empty; robots and vans got by without."""
    text = render(figures.model_copy(update={"charging": ChargeFigures(tail=0.2)}))
    for source in ("", f'{field} = " "\n'):
        lines = [line for line in text.splitlines() if not line.startswith(f'{field} = "')]
        bare = "\n".join(lines).replace("[sources]\n", f"[sources]\n{source}")
        if field != "charging":
            bare = bare.replace("[sources]\n", '[sources]\ncharging = "data sheet"\n')
        with pytest.raises(VehicleFileError, match=f"sources lacks {field}"):
            parse_figures(model, bare, "mine.toml")


def test_a_vehicle_file_says_what_its_pack_gives_in_the_cold() -> None:
    """Its own curve with its source; without one the usual, which is an assumption."""
    text = own("[battery]\ntemperature = [[-10, 0.5], [25, 1.0]]\n").replace(
        "[sources]\n", '[sources]\nbattery = "data sheet 7"\n'
    )
    frame = parse_figures(Airframe, text, "mine.toml")
    curve = frame.battery.curve(frame.sources["battery"])
    assert curve.source == "data sheet 7"
    assert curve.share(-10) == 0.5
    assert curve.share(7.5) == pytest.approx(0.75)
    assert airframe("dji-matrice-100").battery.curve("") is LITHIUM_DEFAULT
    with pytest.raises(VehicleFileError, match="sources lacks battery"):
        parse_figures(Airframe, text.replace('battery = "data sheet 7"\n', ""), "mine.toml")
    for wrong in (
        "[[-10, 0.5]]",
        "[[10, 0.5], [0, 1.0]]",
        "[[-10, 0.5], [25, 1.5]]",
        "[[-10, nan], [25, 1.0]]",
    ):
        with pytest.raises(VehicleFileError, match="battery"):
            parse_figures(Airframe, text.replace("[[-10, 0.5], [25, 1.0]]", wrong), "mine.toml")
