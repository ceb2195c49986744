"""Every event of the domain: it is applied, it is stored, and its stored form only grows."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest

from fleet.domain import events as ev
from fleet.domain.apply import apply, handled
from fleet.domain.state import State
from fleet.store.rows import event_from, event_text

GOLDEN = Path(__file__).parents[2] / "golden" / "events" / "v1"
AT = datetime(2026, 11, 24, tzinfo=UTC)
TYPES = {e.model_fields["type"].default: e for e in get_args(get_args(ev.AnyEvent)[0])}


def name_of(file: Path) -> str:
    """The type of event of an example: ``NAME.json``, or ``NAME.WHAT.json`` of another one."""
    return file.stem.partition(".")[0]


EXAMPLES = {
    name: [file for file in sorted(GOLDEN.glob("*.json")) if name_of(file) == name]
    for name in sorted({name_of(file) for file in GOLDEN.glob("*.json")})
}


def test_every_event_has_a_handler() -> None:
    """An event that nothing applies would be lost at the next start."""
    assert handled() == frozenset(TYPES.values())


def test_every_event_has_a_golden_example() -> None:
    """A new type of event comes with an example of its stored form."""
    assert {file.stem for file in GOLDEN.glob("*.json")} >= set(TYPES)
    assert set(EXAMPLES) == set(TYPES)


@pytest.mark.parametrize("name", sorted(TYPES))
def test_the_examples_of_an_event_show_every_field(name: str) -> None:
    """What has come since, and is left out where it says nothing, is in an example beside the first."""
    shown = {field for file in EXAMPLES[name] for field in json.loads(file.read_text(encoding="utf-8"))}
    assert shown == set(TYPES[name].model_fields)


@pytest.mark.parametrize(
    "file", [file for files in EXAMPLES.values() for file in files], ids=lambda f: f.stem
)
def test_golden_events_can_still_be_read(file: Path) -> None:
    """What a released version wrote is read to the same value, and written back the same."""
    text = file.read_text(encoding="utf-8")
    event = event_from(text, 1, 1)
    assert type(event) is TYPES[name_of(file)]
    assert json.loads(event_text(event)) == json.loads(text)


@pytest.mark.parametrize("name", sorted(TYPES))
def test_what_an_older_release_did_not_keep_is_not_missed(name: str) -> None:
    """A field that has come since has a default: logs without it are read all the same."""
    body = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    for field, about in TYPES[name].model_fields.items():
        if field != "type" and not about.is_required():
            body.pop(field, None)
    assert type(event_from(json.dumps(body), 1, 1)) is TYPES[name]


@pytest.mark.parametrize(
    "event",
    [
        ev.TimerSet(at=AT, timer_id="t", due=AT),
        ev.DeliveryFailed(at=AT, order_id="P1", mission_id="M1", code="absent", counts=False),
    ],
    ids=["changes something", "changes nothing"],
)
def test_an_event_is_counted_and_leaves_the_state_before_it_alone(event: ev.Event) -> None:
    """The state before goes on to be read: by planners, snapshots, and a decision that fails half-way."""
    before = State(position=4)
    after = apply(before, event)
    assert (before, after.position) == (State(position=4), 5)
