"""A changed copy is what ``dataclasses.replace`` would give."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace

import pytest

from fleet.domain import state as records
from fleet.domain.evolve import evolve
from fleet.domain.state import Answered, State


def test_a_changed_copy_leaves_the_record_alone() -> None:
    before = Answered(ok=True, detail="done", ids=("a",))
    after = evolve(before, detail="not done")
    assert (before.detail, after) == ("done", replace(before, detail="not done"))


def test_a_name_that_is_no_field_is_refused() -> None:
    with pytest.raises(TypeError, match="State has no field colour"):
        evolve(State(), colour="red")  # type: ignore[call-arg]


def test_every_record_of_the_state_can_be_copied_so() -> None:
    found = [c for c in vars(records).values() if isinstance(c, type) and c.__module__ == records.__name__]
    assert len(found) >= 8
    for record in found:
        assert is_dataclass(record)
        assert not hasattr(record, "__post_init__")
        assert all(not isinstance(vars(record).get(f.name), property) for f in fields(record))
        assert "__slots__" not in vars(record)
