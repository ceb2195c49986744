"""A locker that keeps the rules of the locker suite, and lockers that each break one."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from adapters.sdk import Adapter, LockerScenario, NotConformant, Report, check_locker
from adapters.sdk.locker_conformance import LOCKER_RULES
from fleet.protocol.messages import (
    Assign,
    CancelMission,
    Command,
    CommandReply,
    CompartmentReport,
    Factsheet,
    ReleaseCompartment,
    ReserveCompartment,
)
from fleet.protocol.values import CompartmentSize, TimeWindow

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
ROOM = 3
SCENARIO = LockerScenario(
    asset_id="L-1",
    size=CompartmentSize.SMALL,
    count=ROOM,
    window=TimeWindow(start=NOW, end=NOW + timedelta(days=2)),
    now=NOW,
)


class PretendLocker(Adapter):
    """Keeps small compartments in a table."""

    kind = "locker"

    def __init__(self) -> None:
        self.kept: dict[str, int | None] = {}

    def factsheet(self) -> Factsheet:
        return Factsheet(type_id="pretend", model="Pretend 1", software="1.0")

    def on_assign(self, assign: Assign, now: datetime) -> Iterator[Report]:
        yield from ()

    def on_cancel(self, cancel: CancelMission, now: datetime) -> Iterator[Report]:
        yield from ()

    def on_command(self, command: Command, now: datetime) -> Iterator[Report]:
        yield CommandReply(command_id=command.command_id, accepted=False, detail="a locker stands")

    def on_reserve(self, reserve: ReserveCompartment, now: datetime) -> Iterator[Report]:
        fits = reserve.order_id in self.kept or len(self.kept) < ROOM
        if fits:
            self.kept[reserve.order_id] = reserve.request
        yield CompartmentReport(
            order_id=reserve.order_id,
            state="reserved" if fits else "refused",
            at=now,
            size=reserve.size,
            code=None if fits else "locker_full",
            request=reserve.request,
        )

    def on_release(self, release: ReleaseCompartment, now: datetime) -> Iterator[Report]:
        if self.kept.get(release.order_id, 0) == release.request:
            del self.kept[release.order_id]
        yield CompartmentReport(order_id=release.order_id, state="released", at=now, request=release.request)

    def tick(self, now: datetime) -> Iterator[Report]:
        yield from ()

    def save(self) -> str:
        return json.dumps(self.kept)

    def restore(self, saved: str) -> None:
        self.kept = json.loads(saved)


class Forgetful(PretendLocker):
    """Starts empty after a restart."""

    def restore(self, saved: str) -> None:
        self.kept = {}


class Generous(PretendLocker):
    """Promises whatever it is asked for."""

    def on_reserve(self, reserve: ReserveCompartment, now: datetime) -> Iterator[Report]:
        yield CompartmentReport(
            order_id=reserve.order_id, state="reserved", at=now, size=reserve.size, request=reserve.request
        )


class OfOldHabits(PretendLocker):
    """Frees whatever the parcel has, and names no request."""

    def on_release(self, release: ReleaseCompartment, now: datetime) -> Iterator[Report]:
        self.kept.pop(release.order_id, None)
        yield CompartmentReport(order_id=release.order_id, state="released", at=now)


class Hasty(PretendLocker):
    """Frees whatever the parcel has, whichever reservation is meant."""

    def on_release(self, release: ReleaseCompartment, now: datetime) -> Iterator[Report]:
        self.kept.pop(release.order_id, None)
        yield CompartmentReport(order_id=release.order_id, state="released", at=now, request=release.request)


class WithoutCode(PretendLocker):
    """Says no without saying why."""

    def on_reserve(self, reserve: ReserveCompartment, now: datetime) -> Iterator[Report]:
        for report in super().on_reserve(reserve, now):
            yield report.model_copy(update={"code": None})


class Mute(PretendLocker):
    """Does not answer the release of what it does not have."""

    def on_release(self, release: ReleaseCompartment, now: datetime) -> Iterator[Report]:
        if release.order_id in self.kept:
            yield from super().on_release(release, now)


def test_a_locker_that_keeps_every_rule() -> None:
    """The suite can be passed."""
    assert check_locker(PretendLocker, SCENARIO) == list(LOCKER_RULES)


@pytest.mark.parametrize(
    ("locker", "rule"),
    [
        (Forgetful, "remembers_what_it_has_promised"),
        (Generous, "refuses_what_it_has_no_room_for"),
        (OfOldHabits, "a_release_frees"),
        (Hasty, "a_late_release_frees_nothing"),
        (WithoutCode, "refuses_what_it_has_no_room_for"),
        (Mute, "answers_a_release_of_what_it_does_not_have"),
    ],
)
def test_a_locker_that_breaks_a_rule_is_found_out(locker: Callable[[], Adapter], rule: str) -> None:
    """By name."""
    with pytest.raises(NotConformant, match=f"(?m)^{rule}: "):
        check_locker(locker, SCENARIO)
