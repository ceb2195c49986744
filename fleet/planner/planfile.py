"""The plan file, ``lastmile-plan/1``: a plan as JSON and back, and its JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import BaseModel, ValidationError

from fleet.domain.plan import Plan
from fleet.planner.parts import PlanParts


class PlanFileError(Exception):
    """The text is no plan file; the message names each field that is wrong."""


def to_json(plan: Plan, *, indent: int | None = 1) -> str:
    """The plan file's text."""
    return plan.model_dump_json(by_alias=True, indent=indent)


def in_pieces(parts: PlanParts) -> Iterator[str]:
    """The plan file's text, of a plan as large as may be, piece by piece: the parcels first, as they are explained,
    then all else; each parcel, route, sortie and locker has a line of its own."""
    yield "{"
    yield from _listed("parcels", parts.parcels)
    rest = parts.rest()
    for name in [name for name in Plan.model_fields if name != "parcels"]:
        value = getattr(rest, name)
        if isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
            yield ",\n"
            yield from _listed(name, value)
        elif text := rest.model_dump_json(by_alias=True, include={name})[1:-1]:
            yield f",\n{text}"
    yield "}\n"


def _listed(name: str, values: Iterable[BaseModel]) -> Iterator[str]:
    yield f'"{name}":['
    for number, value in enumerate(values):
        yield (",\n" if number else "\n") + value.model_dump_json(by_alias=True)
    yield "]"


def from_json(text: str | bytes, *, name: str = "plan file") -> Plan:
    """The plan that the text holds; ``PlanFileError`` with the field and what is wrong about it."""
    try:
        return Plan.model_validate_json(text, by_alias=True, by_name=False)
    except ValidationError as error:
        problems = "; ".join(f"{_path(e['loc'])}: {e['msg']}" for e in error.errors()[:5])
        more = f" (and {error.error_count() - 5} more)" if error.error_count() > 5 else ""
        raise PlanFileError(f"{name}: {problems}{more}") from error


def schema() -> dict[str, Any]:
    """The JSON Schema of the plan file."""
    return Plan.model_json_schema(by_alias=True, mode="serialization")


def schema_text() -> str:
    """The JSON Schema as a file's text."""
    return json.dumps(schema(), indent=1, sort_keys=True) + "\n"


def _path(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location) or "the file"
