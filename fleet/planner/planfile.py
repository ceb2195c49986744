"""The plan file, ``lastmile-plan/1``: a plan as JSON and back, and its JSON Schema."""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError

from fleet.domain.plan import Plan


class PlanFileError(Exception):
    """The text is no plan file; the message names each field that is wrong."""


def to_json(plan: Plan, *, indent: int | None = 1) -> str:
    """The plan file's text."""
    return plan.model_dump_json(by_alias=True, indent=indent)


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
