"""The day's report: counts, shares, costs and safety, exactly, from a log told by hand."""

from datetime import timedelta
from typing import Any

import pytest

from fleet.dispatch.report import FIRST_PLAN, ReportError, report
from fleet.domain import events as ev
from fleet.intake.fleetfile import parse_fleet
from fleet.protocol.lifecycle import AssetEvent
from fleet.protocol.messages import Action
from tests.support import smallday as day
from tests.support.smallday import DRONE, IN_VAN, VAN, KilometreNetwork, at, recipient

SOUND: dict[str, Any] = {"zone_breaches": [], "reserve_breaches": [], "custody_breaks": []}


def reported(log: list[ev.Event], judge: dict[str, Any] | None = None) -> dict[str, Any]:
    return report(log, judge=judge, wall_s=1.5, seed=7, network=KilometreNetwork())


def test_each_parcel_is_counted_where_it_ended() -> None:
    result = reported(day.the_log())
    assert result["parcels"] == 8
    assert result["ended"] == {
        "delivered": 4,
        "in_locker": 1,
        "in_driver_route": 1,
        "returned": 1,
        "unresolved": 1,
    }
    assert result["unresolved"] == ["G"]


def test_modes_are_what_served_the_parcel_in_the_end() -> None:
    """E was planned for the drone and handed on: it counts as the van's. A kind that served nothing counts 0."""
    assert reported(day.the_log())["by_mode"] == {"drone": 1, "locker": 1, "sidewalk_robot": 0, "van": 3}


def test_hand_ons_have_their_reasons() -> None:
    """B no machine could bring, so the plan handed it on; H could have flown, so it was merely cheaper by van."""
    assert reported(day.the_log())["handed_on"] == {"planned": 1, "under_way": 1, "reasons": {"wind": 1}}


def test_on_time_share_counts_all_parcels() -> None:
    """A, C, D and E of eight: B came ten minutes late, and what never came was not on time either."""
    assert reported(day.the_log())["on_time_share"] == 0.5


def test_costs_are_those_of_what_was_flown_and_driven() -> None:
    cost = reported(day.the_log())["cost"]
    drone = 1.10 + 3.00 * 10 / 60 + 0.25 * 0.120  # a trip, ten minutes, 120 Wh
    van = 45.00 + 24.00 * 190 / 60 + 0.28 * 5  # a day, from 08:10 to the log's end, five kilometres
    locker = 0.35 + 0.60 * 1  # a stay, and a kilometre on foot
    assert cost["by_mode"] == {"drone": round(drone, 2), "locker": locker, "van": round(van, 2)}
    assert cost["total"] == round(drone + van + locker, 2)
    assert cost["by_component"] == {
        "credit": 0.60,  # the kilometre on foot
        "distance": 1.40,
        "energy": 0.03,
        "parcel": 0.35,
        "time": round(3.00 * 10 / 60 + 24.00 * 190 / 60, 2),
        "trip": 1.10 + 45.00,
    }
    assert (cost["van_only"], cost["greedy"], cost["greedy_unassigned"]) == (120, 100, 1)


def test_what_was_emitted_is_told_where_the_fleet_file_says_so() -> None:
    """Five kilometres at 0.25 kWh, and 120 Wh in the air, at 200 g; its price stands apart, and in the total."""
    log = day.the_log()
    plain = reported(log)
    assert plain["co2_kg"] is None
    fleet = parse_fleet("[co2]\ngrid_g_per_kwh = 200\nprice_per_tonne = 1000\n", "fleet.toml").spec
    told = reported([day.opened().model_copy(update={"fleet": fleet}), *log[1:]])
    assert told["co2_kg"] == round((5 * 0.25 + 0.120) * 0.2, 3)
    assert told["cost"]["by_component"]["co2"] == round(told["co2_kg"], 2)
    assert told["cost"]["total"] == pytest.approx(plain["cost"]["total"] + told["co2_kg"], abs=0.01)


def test_each_cost_says_what_it_is() -> None:
    """What was incurred is no plan, and the first plan knew no later parcels: nobody must take one for the other."""
    cost = reported(day.the_log())["cost"]
    assert cost["basis"]["total"].startswith("incurred")
    assert {cost["basis"][name] for name in ("planned", "van_only", "greedy")} == {FIRST_PLAN}
    assert (cost["planned"], cost["planned_hindsight"], cost["compared_parcels"]) == (90, None, 8)
    assert not [name for name in cost if name.endswith("_unserved")]


def test_a_vans_fixed_day_counts_once_however_many_routes_it_drives() -> None:
    """A second route of the same day costs its hour; one that begins on the next local day pays that day."""

    def van_cost(minutes: float) -> float:
        second = day.route("tour-2", day.stop("b", minutes + 20, deliver="B"))
        again = [
            ev.MissionOver(at=at(210), mission_id="tour-1", outcome="completed"),
            *day.begun(second, "van", minutes),
            ev.MissionOver(at=at(minutes + 60), mission_id="tour-2", outcome="failed"),
        ]
        return float(reported([*day.the_log(), *again])["cost"]["by_mode"]["van"])

    first = 45.00 + 24.00 * 200 / 60 + 0.28 * 5
    assert van_cost(230) == pytest.approx(first + 24.00, abs=0.01)
    assert van_cost(23.5 * 60) == pytest.approx(first + 45.00 + 24.00, abs=0.01)


def test_energy_is_compared_over_completed_missions() -> None:
    assert reported(day.the_log())["energy_wh"] == {"predicted": 100.0, "used": 120.0, "missions": 1}


def test_exceptions_say_what_was_done_and_came_of_it() -> None:
    assert reported(day.the_log())["exceptions"] == [
        {
            "exception_id": "exc-1",
            "at": "2026-11-24T08:58:00+00:00",
            "code": "wind",
            "owner": "dispatcher",
            "asset_id": DRONE,
            "order_id": "E",
            "mission_id": None,
            "order_ids": ["E"],
            "action": "handing on to a van",
            "outcome": f"put into the route of {VAN}",
        }
    ]


def test_an_exception_names_the_parcels_of_its_mission() -> None:
    """One that names a mission and no parcel concerns all that it carries; one about an asset alone concerns none."""
    raised = [
        ev.ExceptionRaised(
            at=at(205 + n),
            exception_id=f"exc-{n + 2}",
            code=code,
            asset_id=VAN,
            mission_id=mission,
            owner="ana",
            action="look",
        )
        for n, (code, mission) in enumerate((("late", "tour-1"), ("link_lost", None)))
    ]
    rows = reported([*day.the_log(), *raised])["exceptions"][1:]
    assert [(row["code"], row["owner"], row["mission_id"], row["order_ids"]) for row in rows] == [
        ("late", "ana", "tour-1", ["B", "C", "D", "E", "H"]),
        ("link_lost", "ana", None, []),
    ]


def test_the_head_of_the_report() -> None:
    result = reported(day.the_log())
    head = {name: result[name] for name in ("format", "seed", "wall_s", "simulated_s")}
    assert head == {"format": "lastmile-report/1", "seed": 7, "wall_s": 1.5, "simulated_s": 12000.0}


def test_a_stop_that_nobody_has_lifted_is_in_the_report() -> None:
    """Who gave it, when and why: the last one, where there were several; none once work goes on."""
    first = ev.OperationsStopped(at=at(205), by="bob", why="smoke")
    last = ev.OperationsStopped(at=at(206), by="ana", why="stop all")
    goes_on = ev.OperationsResumed(at=at(207), by="bob", why="work goes on")
    log = [*day.the_log(), first, last]
    assert reported(day.the_log())["stopped"] is None
    assert reported(log)["stopped"] == {"by": "ana", "at": at(206).isoformat(), "why": "stop all"}
    assert reported([*log, goes_on])["stopped"] is None


# --- the day's end ---------------------------------------------------------------------------------------------------


def test_brought_after_the_days_end_as_planned_is_a_drivers_route() -> None:
    late = [*day.the_log(), *day.passed("H", 250, IN_VAN, recipient("H"))]
    assert reported(late)["ended"]["in_driver_route"] == 1
    assert reported(late)["by_mode"]["van"] == 3


def test_planned_for_the_day_but_brought_after_it_is_delivered_and_late() -> None:
    log = [
        e
        for e in day.the_log()
        if not (isinstance(e, ev.CustodyPassed) and e.order_id == "B" and e.at > at(60))
    ]
    result = reported([*log, *day.passed("B", 250, IN_VAN, recipient("B"))])
    assert result["ended"]["delivered"] == 4


def test_still_on_the_van_with_an_arrival_before_the_days_end_is_unresolved() -> None:
    log = [
        e
        for e in day.the_log()
        if not (isinstance(e, ev.CustodyPassed) and e.order_id == "B" and e.at > at(60))
    ]
    assert reported(log)["unresolved"] == ["B", "G"]


def test_a_route_that_is_over_excuses_no_parcel() -> None:
    over = ev.MissionOver(at=at(210), mission_id="tour-1", outcome="failed")
    assert reported([*day.the_log(), over])["unresolved"] == ["G", "H"]


def test_given_up_but_still_on_board_is_not_returned() -> None:
    given_up = ev.ParcelGivenUp(at=at(210), order_id="H", why=(day.WIND,))
    result = reported([*day.the_log(), given_up])
    assert result["ended"]["returned"] == 1
    assert result["unresolved"] == ["G", "H"]


# --- safety ----------------------------------------------------------------------------------------------------------


def test_without_a_judge_the_hub_is_named_as_the_source() -> None:
    result = reported(day.the_log())
    assert result["judged_by"] == "hub"
    assert (result["zone_breaches"], result["reserve_breaches"], result["custody_breaks"]) == (0, 0, 0)


def test_the_hubs_own_zone_breaches_and_used_reserves_count() -> None:
    entered = ev.ExceptionRaised(
        at=at(22),
        exception_id="exc-9",
        code="zone_breach",
        asset_id=DRONE,
        owner="dispatcher",
        action="return home",
    )
    over = [
        e.model_copy(update={"energy_used_wh": 171})
        if isinstance(e, ev.MissionOver) and e.energy_used_wh
        else e
        for e in day.the_log()
    ]
    result = reported([*over, entered])
    assert (result["zone_breaches"], result["reserve_breaches"]) == (1, 1)
    assert result["evidence"]["reserve_breaches"] == ["flight-1"]


def test_the_judge_counts_where_there_is_one() -> None:
    judge = SOUND | {"zone_breaches": [{"zone_id": "Z"}], "custody_breaks": [{}, {}], "crashes": []}
    result = reported(day.the_log(), judge)
    assert result["judged_by"] == "simulated world"
    assert (result["zone_breaches"], result["reserve_breaches"], result["custody_breaks"]) == (1, 0, 2)
    assert result["evidence"]["zone_breaches"] == [{"zone_id": "Z"}]


def test_a_judge_without_an_opinion_is_refused() -> None:
    with pytest.raises(ReportError, match="no list zone_breaches, custody_breaks"):
        reported(day.the_log(), {"reserve_breaches": []})


def test_a_hand_off_by_one_who_has_it_not_is_a_break_of_custody() -> None:
    result = reported([*day.the_log(), *day.passed("A", 201, day.SITE, IN_VAN)], SOUND)
    assert result["custody_breaks"] == 1
    assert result["evidence"]["custody_in_log"] == [
        "site D1 handed over A, which was with recipient A",
    ]
    assert result["contradictions"] == 1


def test_the_same_hand_off_twice_is_a_doubled_effect() -> None:
    result = reported([*day.the_log(), *day.passed("B", 201, IN_VAN, recipient("B"))])
    assert (result["duplicated_effects"], result["custody_breaks"]) == (1, 0)
    assert result["ended"]["delivered"] == 4


def test_a_mission_that_begins_twice_is_a_doubled_effect() -> None:
    again = ev.MissionBegun(at=at(201), mission_id="tour-1")
    assert reported([*day.the_log(), again])["evidence"]["duplicated_effects"] == ["mission_begun tour-1"]


def command(minutes: float) -> ev.CommandIssued:
    return ev.CommandIssued(
        at=at(minutes), command_id="cmd-1", asset_id=VAN, action=Action.HOLD, by="ann", why="look"
    )


def test_a_command_that_is_never_answered_is_a_lost_message() -> None:
    result = reported([*day.the_log(), command(201), ev.TimerSet(at=at(203), timer_id="t", due=at(300))])
    assert result["evidence"]["lost_messages"] == [f"command cmd-1 was never answered by {VAN}"]


@pytest.mark.parametrize(
    "after",
    [
        [ev.CommandAnswered(at=at(202), command_id="cmd-1", accepted=True)],
        [ev.AssetChanged(at=at(202), asset_id=VAN, change=AssetEvent.LOSE_LINK)],
        [],
    ],
    ids=["answered", "out of contact", "just sent"],
)
def test_a_command_is_not_lost_while_it_may_still_be_answered(after: list[ev.Event]) -> None:
    sent = command(201 if after else 202.5)
    end = ev.TimerSet(at=at(203), timer_id="t", due=at(300))
    assert reported([*day.the_log(), sent, *after, end])["lost_messages"] == 0


def test_a_revision_that_is_never_taken_is_a_lost_message() -> None:
    """The answer to the revision before does not count for it."""
    revised = next(e for e in day.the_log() if isinstance(e, ev.MissionRevised)).mission
    newer = revised.model_copy(update={"revision": 2})
    late = [
        ev.MissionRevised(at=at(201), mission=newer, why="again"),
        ev.MissionAccepted(at=at(202), mission_id="tour-1", revision=1),
        ev.TimerSet(at=at(204), timer_id="t", due=at(300)),
    ]
    assert reported([*day.the_log(), *late])["lost_messages"] == 1


# --- what can't be reported ------------------------------------------------------------------------------------------


def test_a_log_without_a_day_is_refused() -> None:
    with pytest.raises(ReportError, match="no day"):
        reported([])


def test_a_day_without_parcels_has_no_share_on_time() -> None:
    result = reported([day.opened()])
    assert (result["parcels"], result["on_time_share"], result["cost"]["total"]) == (0, None, 0)
    assert result["cost"]["van_only"] is None


def test_a_trip_that_never_left_costs_nothing_but_its_rate_per_trip() -> None:
    mission = day.sortie("flight-1", "A", 20)
    log = [day.opened(), *day.connected(DRONE), *day.placed(day.order("A")), *day.begun(mission, "drone", 18)]
    failed = ev.MissionOver(
        at=at(19) + timedelta(0), mission_id="flight-1", outcome="failed", energy_used_wh=0
    )
    assert reported([*log, failed])["cost"]["by_mode"] == {"drone": 1.10}
