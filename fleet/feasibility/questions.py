"""The questions by name: what a kind's ``questions`` refer to.

A name may stand in more than one table: "goods" asks of a parcel whether it is carried at all, and of a
sortie whether it stays cold on the way. A new question is a function in its own file and a line here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType

from fleet.feasibility.airspace import ask_airspace
from fleet.feasibility.case import LockerCase, ParcelCase, SortieCase
from fleet.feasibility.drop_point import ask_drop_point, ask_kerb
from fleet.feasibility.energy import ask_energy
from fleet.feasibility.gaps import ask_door
from fleet.feasibility.goods import ask_carried, ask_cold_in_locker, ask_cold_on_trip
from fleet.feasibility.locker import ask_compartment, ask_consent, ask_walk
from fleet.feasibility.payload import ask_payload, ask_weight
from fleet.feasibility.reach import ask_reach
from fleet.feasibility.service import ask_service
from fleet.feasibility.sidewalk import ask_sidewalk
from fleet.feasibility.verdict import Verdict
from fleet.feasibility.weather import ask_weather
from fleet.feasibility.window import ask_window
from fleet.kinds import Kind, KindError

OF_PARCELS: Mapping[str, Callable[[ParcelCase], Verdict]] = MappingProxyType(
    {
        "payload": ask_payload,
        "weight": ask_weight,
        "goods": ask_carried,
        "service": ask_service,
        "door": ask_door,
    }
)
"""Could the type carry it at all, whenever and wherever?"""

OF_SORTIES: Mapping[str, Callable[[SortieCase], Verdict]] = MappingProxyType(
    {
        "goods": ask_cold_on_trip,
        "drop_point": ask_drop_point,
        "kerb": ask_kerb,
        "reach": ask_reach,
        "sidewalk": ask_sidewalk,
        "window": ask_window,
        "airspace": ask_airspace,
        "weather": ask_weather,
        "energy": ask_energy,
    }
)
"""May this trip be made?"""

OF_LOCKERS: Mapping[str, Callable[[LockerCase], Verdict]] = MappingProxyType(
    {
        "goods": ask_cold_in_locker,
        "consent": ask_consent,
        "walk": ask_walk,
        "compartment": ask_compartment,
    }
)
"""May it wait in this locker?"""


def answers_of_parcel(kind: Kind, case: ParcelCase) -> list[Verdict]:
    """The answers to all that the kind asks about a parcel."""
    _check_names(kind)
    return [OF_PARCELS[name](case) for name in kind.questions if name in OF_PARCELS]


def answers_of_sortie(kind: Kind, case: SortieCase) -> list[Verdict]:
    """The answers to all that the kind asks about a trip."""
    return [OF_SORTIES[name](case) for name in kind.questions if name in OF_SORTIES]


def answers_of_locker(kind: Kind, case: LockerCase) -> list[Verdict]:
    """The answers to all that the kind asks about a locker."""
    return [OF_LOCKERS[name](case) for name in kind.questions if name in OF_LOCKERS]


_NAMES = OF_PARCELS.keys() | OF_SORTIES.keys() | OF_LOCKERS.keys()


def _check_names(kind: Kind) -> None:
    # A misspelt question would never be asked, which must not pass for a yes.
    strange = _strange(kind.questions)
    if strange:
        known = ", ".join(sorted(_NAMES))
        raise KindError(f"the kind {kind.name!r} asks {', '.join(strange)}, but the questions are {known}")


@cache
def _strange(questions: tuple[str, ...]) -> tuple[str, ...]:
    """Those that are no questions."""
    return tuple(name for name in questions if name not in _NAMES)
