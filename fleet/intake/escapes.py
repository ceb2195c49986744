"""Text from files as a terminal may have it: what would steer it, or feign another line, is written as an escape."""

from __future__ import annotations

import re

_CONTROLS = "\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\ud800-\\udfff"
"""What terminals obey, and halves of characters, which can't be written at all."""

_STEERING = re.compile(f"[{_CONTROLS}]|\\r(?!\\n)")
_ONE_LINE = re.compile(
    f"[{_CONTROLS}\\t\\n\\r\\u061c\\u200e\\u200f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069]"
)


def one_line(text: str) -> str:
    """A text that is part of a line: without ends of lines, or marks that turn the direction in which it is read."""
    return _ONE_LINE.sub(_escaped, text)


def harmless(text: str) -> str:
    """Whole lines, as a terminal may have them."""
    return _STEERING.sub(_escaped, text)


def harmless_json(document: str) -> str:
    """A JSON document; the escapes are JSON's, so that it says the same."""
    return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", document)


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")
