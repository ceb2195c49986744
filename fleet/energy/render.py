"""An airframe as TOML text, as `parse_figures` reads it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from fleet.energy.figures import Figures

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def render(figures: Figures, heading: str = "") -> str:
    """The text; what is none is left out. ``heading`` goes before it, as a comment."""
    values = figures.model_dump(exclude_none=True, exclude_defaults=True)
    lines = [f"# {''.join(filter(_printable, line))}".rstrip() for line in heading.splitlines()]
    lines += [f"{_key(name)} = {_value(one)}" for name, one in values.items() if not isinstance(one, Mapping)]
    for name, one in values.items():
        if isinstance(one, Mapping):
            lines += ["", f"[{_key(name)}]", *_table(one)]
    return "\n".join([*lines, ""])


def _table(values: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"{_key(name)} = {_value(one)}" for name, one in values.items())


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _value(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _text(value)
        case int() | float():
            return repr(value)
        case Mapping():
            return f"{{ {', '.join(_table(value))} }}" if value else "{}"
        case _:
            return f"[{', '.join(map(_value, value))}]"


def _text(value: str) -> str:
    # JSON's escapes are TOML's, but for one character that TOML wants escaped.
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")


def _printable(letter: str) -> bool:
    return letter.isprintable()
