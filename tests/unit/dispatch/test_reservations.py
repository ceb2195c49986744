"""An answer of a locker's is taken for the reservation that it names, and for no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleet.dispatch.compartments import give_back, keep_at
from fleet.dispatch.desk import Desk
from fleet.dispatch.effects import Send
from fleet.dispatch.handlers.lockers import compartment_report
from fleet.domain.state import Compartment
from fleet.protocol.lifecycle import CompartmentStatus
from fleet.protocol.messages import CompartmentReport, ReleaseCompartment, ReserveCompartment
from tests.support.bench import DAY
from tests.support.script import desk_after, report
from tests.unit.dispatch.test_hand_on import brought_to_a_locker


def asked_again(tmp_path: Path, *, loaded: bool = False) -> tuple[Desk, str, int, int]:
    """A parcel's compartment was given back and asked for again: the desk, the locker, the two requests."""
    bench, _, van, assign = brought_to_a_locker(tmp_path, "A")
    if loaded:
        bench.say(van, report(assign, assign.mission.steps[0].step_id, "A"))
    desk = desk_after(bench)
    locker_id = desk.parcel("A").locker_id
    assert locker_id is not None
    first = desk.state.compartments[locker_id, "A"].request
    assert first is not None
    give_back(desk, "A")
    keep_at(desk, desk.parcel("A"), locker_id)
    second = desk.state.compartments[locker_id, "A"].request
    assert second is not None
    desk.peer_id = locker_id
    return desk, locker_id, first, second


def kept(desk: Desk, locker_id: str) -> Compartment | None:
    return desk.state.compartments.get((locker_id, "A"))


def says(desk: Desk, state: str, request: int | None) -> None:
    compartment_report(
        desk,
        CompartmentReport(order_id="A", state=state, at=DAY, request=request),  # type: ignore[arg-type]
    )


def test_each_reservation_has_a_number_and_its_release_names_it(tmp_path: Path) -> None:
    """Higher than all before it, whichever parcel they were for."""
    desk, locker_id, first, second = asked_again(tmp_path)
    told = [e.message for e in desk.effects if isinstance(e, Send) and e.peer_id == locker_id]
    assert [type(m) for m in told] == [ReleaseCompartment, ReserveCompartment]
    assert [m.request for m in told] == [first, second]  # type: ignore[attr-defined]
    assert 0 < first < second


@pytest.mark.parametrize("state", ["reserved", "refused", "released"])
def test_a_late_answer_about_an_earlier_reservation_changes_nothing(tmp_path: Path, state: str) -> None:
    """Nor does it confirm: the new one has not been answered."""
    desk, locker_id, first, _ = asked_again(tmp_path)
    before = desk.state
    says(desk, state, first)
    assert desk.state is before
    found = kept(desk, locker_id)
    assert found is not None
    assert found.status is CompartmentStatus.WANTED


@pytest.mark.parametrize("state", ["refused", "released"])
def test_a_locker_that_can_t_keep_this_one_sends_the_parcel_elsewhere(tmp_path: Path, state: str) -> None:
    """Refused, or freed although nobody gave it back."""
    desk, locker_id, _, second = asked_again(tmp_path)
    says(desk, "reserved", second)
    found = kept(desk, locker_id)
    assert found is not None
    assert found.status is CompartmentStatus.RESERVED
    says(desk, state, second)
    assert kept(desk, locker_id) is None
    assert desk.parcel("A").locker_id != locker_id


def test_a_locker_of_version_1_is_believed_as_before(tmp_path: Path) -> None:
    """It names only the parcel: `released` answers a release, `refused` is about what is kept."""
    desk, locker_id, _, _ = asked_again(tmp_path)
    says(desk, "released", None)
    assert kept(desk, locker_id) is not None
    says(desk, "reserved", None)
    says(desk, "refused", None)
    assert kept(desk, locker_id) is None


@pytest.mark.parametrize("request_of", ["first", "second", "none"])
def test_what_was_put_in_is_in_whatever_it_was_reserved_under(tmp_path: Path, request_of: str) -> None:
    """A fact is no answer."""
    desk, locker_id, first, second = asked_again(tmp_path, loaded=True)
    says(desk, "deposited", {"first": first, "second": second, "none": None}[request_of])
    found = kept(desk, locker_id)
    assert found is not None
    assert found.status is CompartmentStatus.OCCUPIED
    says(desk, "refused", first)  # the release came after the parcel
    assert kept(desk, locker_id) is not None
