"""The wire as JSON Schema, a document for each version: for those who implement it in another language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter

from fleet.protocol.codec import CONTROL, TELEMETRY, message_types
from fleet.protocol.versions import WIRE_VERSIONS, fields_after, kinds_after

_ROOTS = {
    "control": {"$ref": "#/$defs/Envelope"},
    "telemetry": {"oneOf": [{"$ref": "#/$defs/Attach"}, {"$ref": "#/$defs/Telemetry"}]},
}


def json_schema(version: int = WIRE_VERSIONS[-1]) -> dict[str, Any]:
    """Everything on the wire in a version: ``control`` is an envelope, ``telemetry`` a bare message."""
    _, schema = TypeAdapter.json_schemas(
        [("control", "validation", CONTROL), ("telemetry", "validation", TELEMETRY)],
        title="lastmile-fleet wire",
        description=f"Version {version} of the wire",
    )
    definitions = schema.pop("$defs")
    _leave_out(definitions, version)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "properties": _ROOTS,
        "$defs": {name: definitions[name] for name in sorted(_used(definitions))},
    }


def _leave_out(definitions: dict[str, Any], version: int) -> None:
    """Take what came after a version out of its schema."""
    kinds = message_types()
    for kind, fields in fields_after(version).items():
        for path in fields:
            *around, name = path.split(".")
            holder = definitions[kinds[kind].__name__]
            for each in around:
                form = holder["properties"][each]
                holder = definitions[form.get("items", form)["$ref"].rpartition("/")[2]]
            del holder["properties"][name]
    forms = definitions["Envelope"]["properties"]["message"]["anyOf"]
    union = next(form for form in forms if "oneOf" in form)
    for kind in kinds_after(version):
        union["oneOf"].remove({"$ref": union["discriminator"]["mapping"].pop(kind)})


def _used(definitions: Mapping[str, Any]) -> set[str]:
    """The definitions that something on the wire leads to."""
    found: set[str] = set()
    left = list(_names(_ROOTS))
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left.extend(_names(definitions[name]))
    return found


def _names(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"].rpartition("/")[2]
        for value in node.values():
            yield from _names(value)
    elif isinstance(node, list):
        for value in node:
            yield from _names(value)
