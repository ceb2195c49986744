"""What is told of a battery, and whether it counts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fleet.feasibility.charge import COME_FULL, ToldCharge, ask_charge
from fleet.intake.fleetfile import default_fleet
from fleet.protocol.options import Status

FLEET = default_fleet().spec
ages = st.none() | st.floats(0, 1e6)


@given(soc=st.none() | st.floats(0, 1), age_s=ages, limit_s=st.floats(1, 86_400))
def test_it_counts_if_and_only_if_it_was_told_and_lately(
    soc: float | None, age_s: float | None, limit_s: float
) -> None:
    """Otherwise it is UNKNOWN, never a plain no: and the reason has the asset, and the figures where there are any."""
    found = ask_charge(FLEET.model_copy(update={"soc_stale_s": limit_s}), ToldCharge("X", soc, age_s))
    if soc is not None and (age_s is None or age_s <= limit_s):
        assert found.feasible
        return
    assert found.status is Status.UNKNOWN
    (reason,) = found.reasons
    assert reason.source == "X"
    if soc is None:
        assert (reason.code, reason.limit) == ("soc_unknown", None)
    else:
        assert (reason.code, reason.limit, reason.actual) == ("soc_stale", limit_s, round(age_s or 0))


def test_one_that_is_expected_comes_full_by_assumption_only() -> None:
    """The verdict names it; without it, it is UNKNOWN as for all others."""
    coming = ToldCharge("X", None, expected=True)
    assert ask_charge(FLEET, coming).assumptions == {COME_FULL}
    nothing = FLEET.assumptions.model_copy(update={"assets_come_full": False})
    found = ask_charge(FLEET.model_copy(update={"assumptions": nothing}), coming)
    assert (found.status, found.reasons[0].code) == (Status.UNKNOWN, "soc_unknown")


def test_the_limit_is_left_out_of_what_is_stored_where_it_is_the_usual_one() -> None:
    """So that days which were stored before read and write as they did."""
    assert "soc_stale_s" not in FLEET.model_dump()
    other = FLEET.model_copy(update={"soc_stale_s": 60.0})
    assert other.model_dump()["soc_stale_s"] == 60.0
