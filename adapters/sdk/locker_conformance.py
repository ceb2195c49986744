"""The rules that every locker's adapter keeps, as a suite that implementers run: ``check_locker(factory, scenario)``.

What is put in and taken out is the locker's own business, and is not tried here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from adapters.sdk.adapter import Adapter
from adapters.sdk.bench import Bench
from adapters.sdk.conformance import require, try_all
from fleet.protocol.messages import CompartmentReport, ReleaseCompartment, ReserveCompartment
from fleet.protocol.values import CompartmentSize, TimeWindow
from fleet.protocol.versions import WIRE_VERSIONS, fields_after


@dataclass(frozen=True)
class LockerScenario:
    """What to try the locker with: ``count`` empty compartments of ``size``, which it keeps over the whole window."""

    asset_id: str
    size: CompartmentSize
    count: int
    window: TimeWindow
    now: datetime
    tick_s: float = 1.0


Rule = Callable[[Bench, LockerScenario], None]


def check_locker(factory: Callable[[], Adapter], scenario: LockerScenario) -> list[str]:
    """Try every rule; the names of the rules, all of them kept. ``NotConformant`` names those that are not.

    ``factory`` makes the adapter as a new process would: what it remembers comes through ``restore`` only.
    """

    def bench(journal: Path) -> Bench:
        return Bench(factory, journal, scenario.asset_id, scenario.now, scenario.tick_s)

    return try_all(LOCKER_RULES, bench, scenario)


def reserves_and_says_so(bench: Bench, scenario: LockerScenario) -> None:
    """One answer, about the reservation that was asked for, with the size that is kept."""
    said = _reserve(bench, scenario, "P-1", 1)
    require(said.state == "reserved", f"an empty locker answered {said.state}: {said.code}")
    require(said.size is not None, "the answer does not say which size is kept")


def refuses_what_it_has_no_room_for(bench: Bench, scenario: LockerScenario) -> None:
    """With a code; and what it has promised before stays promised."""
    _fill(bench, scenario, 0)
    said = _reserve(bench, scenario, "one-more", 99)
    require(said.state == "refused", f"with {scenario.count} compartments it promised {scenario.count + 1}")
    require(said.code, "the refusal has no code")


def reserving_again_changes_nothing(bench: Bench, scenario: LockerScenario) -> None:
    """Under the same request it is told of twice; under a higher one the same compartment is kept under that."""
    for request in (1, 1, 2):
        said = _reserve(bench, scenario, "P-1", request)
        require(said.state == "reserved", f"reserving again was answered {said.state}: {said.code}")
    _require_kept(bench, scenario, 1)


def a_release_frees(bench: Bench, scenario: LockerScenario) -> None:
    """It is answered once, and another parcel has the room."""
    _fill(bench, scenario, 0)
    said = _release(bench, scenario, "filler-0", 100)
    require(said.state == "released", f"a release was answered {said.state}: {said.code}")
    again = _reserve(bench, scenario, "another", 200)
    require(again.state == "reserved", f"what was released can't be reserved: {again.code}")


def a_late_release_frees_nothing(bench: Bench, scenario: LockerScenario) -> None:
    """It names an earlier reservation of the parcel: the one that was asked for since stays."""
    _reserve(bench, scenario, "P-1", 1)
    _reserve(bench, scenario, "P-1", 2)
    said = _release(bench, scenario, "P-1", 1)
    require(said.state == "released", f"the release of what is gone was answered {said.state}: {said.code}")
    _require_kept(bench, scenario, 1)


def answers_a_release_of_what_it_does_not_have(bench: Bench, scenario: LockerScenario) -> None:
    """The compartment is free, so it says so."""
    said = _release(bench, scenario, "never-seen", 7)
    require(said.state == "released", f"the release of what it does not have was answered {said.state}")


def remembers_what_it_has_promised(bench: Bench, scenario: LockerScenario) -> None:
    """Its process ends after each promise."""
    for number in range(scenario.count):
        _reserve(bench, scenario, f"P-{number}", number + 1)
        bench.restart()
    said = _reserve(bench, scenario, "one-more", 99)
    require(said.state == "refused", "after a restart it promised what it had promised to others")


def works_with_a_hub_of_the_version_before(bench: Bench, scenario: LockerScenario) -> None:
    """Version 1 of the wire names only the parcel."""
    bench.reset(versions=WIRE_VERSIONS[:1])
    for _ in range(2):
        said = _reserve(bench, scenario, "P-1", None)
        require(said.state == "reserved", f"without a request a reservation was answered {said.state}")
        said = _release(bench, scenario, "P-1", None)
        require(said.state == "released", f"without a request a release was answered {said.state}")
    _require_kept(bench, scenario, 0)


LOCKER_RULES: Final[Mapping[str, Rule]] = {
    rule.__name__: rule
    for rule in (
        reserves_and_says_so,
        refuses_what_it_has_no_room_for,
        reserving_again_changes_nothing,
        a_release_frees,
        a_late_release_frees_nothing,
        answers_a_release_of_what_it_does_not_have,
        remembers_what_it_has_promised,
        works_with_a_hub_of_the_version_before,
    )
}
"""The suite, in the order in which it runs."""


def _reserve(bench: Bench, scenario: LockerScenario, order_id: str, request: int | None) -> CompartmentReport:
    message = ReserveCompartment(
        order_id=order_id, size=scenario.size, window=scenario.window, request=request
    )
    return _answer(bench, scenario, message)


def _release(bench: Bench, scenario: LockerScenario, order_id: str, request: int | None) -> CompartmentReport:
    return _answer(bench, scenario, ReleaseCompartment(order_id=order_id, request=request))


def _answer(
    bench: Bench, scenario: LockerScenario, message: ReserveCompartment | ReleaseCompartment
) -> CompartmentReport:
    before = len(bench.said(CompartmentReport))
    bench.tell(message)
    bench.run(5 * scenario.tick_s)
    said = bench.said(CompartmentReport)[before:]
    named = f"{message.type} of {message.order_id}"
    require(len(said) == 1, f"{named} was answered {len(said)} times instead of once")
    require(said[0].order_id == message.order_id, f"{named} was answered about {said[0].order_id}")
    unheard = "request" in fields_after(bench.hub.version).get(message.type, ())
    request = None if unheard else message.request
    require(said[0].request == request, f"{named} under {request} was answered under {said[0].request}")
    return said[0]


def _fill(bench: Bench, scenario: LockerScenario, kept: int) -> None:
    """Reserve all compartments but those that are kept."""
    for number in range(scenario.count - kept):
        said = _reserve(bench, scenario, f"filler-{number}", 100 + number)
        require(
            said.state == "reserved",
            f"compartment {number + kept + 1} of {scenario.count} was refused: {said.code}",
        )


def _require_kept(bench: Bench, scenario: LockerScenario, kept: int) -> None:
    """So many compartments are promised, and no more."""
    _fill(bench, scenario, kept)
    said = _reserve(bench, scenario, "one-more", 999)
    require(said.state == "refused", f"fewer than {kept} compartments were kept")
