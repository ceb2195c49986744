"""Words that zone files know, and words that were meant for others of them."""

from collections.abc import Collection
from difflib import get_close_matches
from functools import lru_cache
from reprlib import repr as shortly

REASONS = frozenset("AIR_TRAFFIC SENSITIVE PRIVACY POPULATION NATURE NOISE EMERGENCY DAR OTHER".split()) | {
    "FOREIGN_TERRITORY"
}
"""Why a zone is: the words of ED-269 and ED-318."""

LONGEST_WORD = 40
"""Longer texts are no misspelt names."""

NEARLY = 0.75
"""How alike two names are (a share of their letters) when one may be meant for the other."""


@lru_cache(maxsize=4096)
def meant(name: str, known: frozenset[str]) -> str | None:
    """The known name for which another was probably meant."""
    if len(name) > LONGEST_WORD:
        return None
    spelled = {one.lower(): one for one in sorted(known)}
    near = get_close_matches(name.lower(), spelled, 1, NEARLY)
    return spelled[near[0]] if near else None


def known_reasons(reasons: Collection[object], what: str) -> frozenset[str]:
    """Reasons that a caller asks for. One that no zone can state would match none, and nothing be protected by it.

    Raises `ValueError`, which names `what` they are for, for such a one, and for a text in place of several.
    """
    if isinstance(reasons, str):
        raise ValueError(f"{what}: several reasons are due, as a set or a list, got {shortly(reasons)}")
    asked = frozenset(one for one in reasons if isinstance(one, str))
    unknown = [one for one in reasons if not isinstance(one, str)] + sorted(asked - REASONS)
    if unknown:
        first = unknown[0]
        likely = meant(first, REASONS) if isinstance(first, str) else None
        hint = f"did you mean {likely}?" if likely else f"known are {', '.join(sorted(REASONS))}"
        raise ValueError(f"{what}: there is no reason {shortly(first)}: {hint}")
    return asked
