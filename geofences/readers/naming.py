"""Names for zones that come without an identifier: from what they say, not from their place in the file."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

LONGEST_NAME = 40


def content_id(feature: Mapping[str, Any]) -> str:
    """A readable id that is the same whenever the feature is: a word for it, and a hash of all of it."""
    inner = feature.get("properties")
    properties = inner if isinstance(inner, Mapping) else {}
    words = next(
        (properties[key] for key in ("name", "title", "kind") if _is_name(properties.get(key))), "zone"
    )
    code = hashlib.sha256(json.dumps(feature, sort_keys=True).encode()).hexdigest()[:8]
    return f"{slug(words)}-{code}"


def _is_name(value: object) -> bool:
    return isinstance(value, str) and bool(slug(value))


def slug(words: str) -> str:
    """Words as small letters, digits and hyphens; empty where none of them is left."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_NAME].rstrip("-")
