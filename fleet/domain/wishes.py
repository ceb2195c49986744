"""What becomes of orders beside being brought: personal data that was erased, locks, when they are expected."""

from __future__ import annotations

from fleet.domain import events as ev
from fleet.domain.evolve import evolve, without
from fleet.domain.state import State


def contacts_erased(state: State, event: ev.ContactsErased) -> State:
    """The state without the personal data of some orders."""
    personal, parcels = state.personal, state.parcels
    for order_id in event.order_ids:
        personal = without(personal, order_id)
        parcels = parcels.set(order_id, evolve(parcels[order_id], erased=True))
    return evolve(state, personal=personal, parcels=parcels)


def locks_changed(state: State, event: ev.LocksChanged) -> State:
    """The state with some orders locked to who is to bring them, or let go."""
    parcels = state.parcels
    for order_id in event.order_ids:
        parcels = parcels.set(order_id, evolve(parcels[order_id], locked=event.locked))
    return evolve(state, parcels=parcels)


def arrivals_moved(state: State, event: ev.ArrivalsMoved) -> State:
    """The state with some orders expected at other times."""
    moved = {order_id: evolve(state.parcels[order_id], eta=eta) for order_id, eta in event.etas.items()}
    return evolve(state, parcels=state.parcels.update(moved))
