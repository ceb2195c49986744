"""Checks a part of a TOML file against a type, with errors that name the key, the line and near-by names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from fleet.intake.suggest import did_you_mean
from fleet.intake.tomltext import Key, TomlSource

T = TypeVar("T")


def validated(source: TomlSource, key: Key, raw: object, model: type[T]) -> T | None:
    """The value of a key as ``model``; none, with its errors noted in the source, when it is not one."""
    try:
        return TypeAdapter(model).validate_python(raw)
    except ValidationError as error:
        for found in error.errors():
            path = (*key, *(part for part in found["loc"] if part != "[key]"))
            source.refuse(path, _message(found, model), _shown(found["input"]))
        return None


_LISTS = frozenset({"tuple_type", "list_type", "set_type", "frozen_set_type"})
"""What is said of values that TOML has one word for."""


def _known_names(model: Any) -> list[str]:
    """The keys that a model knows, as they are written in a file."""
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return []
    return [field.alias or name for name, field in model.model_fields.items()]


def _message(found: Any, model: type[object]) -> str:
    kind, path = found["type"], found["loc"]
    if kind == "extra_forbidden":
        return f"is not known{did_you_mean(str(path[-1]), _known_names(_inner(model, path[:-1])))}"
    if kind == "missing":
        return "is missing"
    if kind == "value_error":
        return str(found["ctx"]["error"])
    if kind in _LISTS:
        return "must be a list, in brackets: […]"
    message: str = found["msg"]
    return message[:1].lower() + message[1:]


def _inner(model: Any, path: tuple[str | int, ...]) -> Any:
    """The model of a nested field; none where the path leaves the models."""
    for name in path:
        fields: Mapping[str, Any] = getattr(model, "model_fields", {})
        model = fields[str(name)].annotation if str(name) in fields else None
    return model


def _shown(value: object) -> object:
    return None if isinstance(value, dict | list) else value
