"""Which tracks of earlier days hold for the assets of today."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from fleet.domain.energy import EnergyTrack, KeptTrack
from fleet.domain.fleet import FleetSpec, SortieType
from fleet.feasibility.vehicles import figures_of
from fleet.intake.energytracks import KnownTrack
from fleet.intake.errors import FieldError, IntakeError


def learned_before(
    fleet: FleetSpec, assets: Mapping[str, str], known: Iterable[KnownTrack]
) -> dict[str, EnergyTrack]:
    """The track of each asset of today (by id, with its type) that has one.

    Raises ``IntakeError`` for one that was learned of another type or against other figures: its bias is not one of
    these, and that it was there must not be lost unseen.
    """
    known = tuple(known)
    errors = [error for one in known if one.asset_id in assets for error in _wrong(fleet, assets, one)]
    if errors:
        raise IntakeError(errors)
    return {one.asset_id: one.track for one in known if one.asset_id in assets}


def kept_for_others(assets: Mapping[str, str], known: Iterable[KnownTrack]) -> dict[str, KeptTrack]:
    """The tracks of assets that are not there today, by id: the day goes on with them to the next one."""
    return {
        one.asset_id: KeptTrack(type_id=one.type_id, figures=one.figures, track=one.track)
        for one in known
        if one.asset_id not in assets
    }


def told_of_absent(kept: Iterable[str]) -> Iterator[str]:
    """What to tell of tracks of assets that are not there today."""
    left = tuple(kept)
    if left:
        shown = ", ".join(left[:5]) + (" …" if len(left) > 5 else "")
        yield (
            f"the file of energy tracks has {len(left)} assets that are not here today: {shown}; "
            "they are kept for the next day's file"
        )


def _wrong(fleet: FleetSpec, assets: Mapping[str, str], one: KnownTrack) -> Iterator[FieldError]:
    asset_type = fleet.types[assets[one.asset_id]]
    if asset_type.type_id != one.type_id:
        yield _error(one, "type_id", one.type_id, f"{one.asset_id} is of type {asset_type.type_id} today")
    elif not isinstance(asset_type, SortieType):
        yield _error(one, "type_id", one.type_id, "nothing is learned of such a type")
    elif figures_of(asset_type) != one.figures:
        message = "the figures of its type are others today; take the row out, and it begins anew"
        yield _error(one, "figures", one.figures, message)


def _error(one: KnownTrack, field: str, value: str, message: str) -> FieldError:
    if one.row is not None:
        return one.row.error(field, message, value)
    return FieldError("energy tracks", None, field, value, message)
