"""What a zone demands, and why: the words for it, and names that were meant for others."""

import re
from difflib import get_close_matches

from geofences.model.words import LONGEST_WORD, NEARLY, REASONS, meant
from geofences.model.zone import OURS, RESTRICTION_NAMES, Restriction
from geofences.readers.fields import Context, Json, members, shortened, text


def restriction(ctx: Context, value: object, where: str, *, ours: bool = False) -> Restriction:
    """What the zone demands; what is not known is refused when strict, else prohibited and remarked (rule E12).

    `ours` where areas of our own may stand. Elsewhere, or misspelt, they are refused in either mode: taken as
    prohibited, an area to stay inside of would forbid what it is to allow and allow everything else.
    """
    if isinstance(value, str) and value in RESTRICTION_NAMES:
        ctx.demands = RESTRICTION_NAMES[value]
        if ctx.demands in OURS and not ours:
            ctx.fault(where, f"{value} is an area of one's own: only plain GeoJSON has them")
        return ctx.demands
    likely = own_kind(value)
    if likely is not None:
        ctx.fault(where, f"unknown {shortened(value)}: did you mean {likely.value}?")
    ctx.breach(where, f"unknown {shortened(value)}: taken as prohibited")
    ctx.demands = Restriction.PROHIBITED
    return ctx.demands


def own_kind(value: object) -> Restriction | None:
    """The kind of our own areas that some words name, or nearly name."""
    if not isinstance(value, str) or len(value) > LONGEST_WORD:
        return None
    said = re.sub(r"[^A-Z0-9]+", "_", value.upper())
    near = get_close_matches(said, sorted(OURS), 1, NEARLY)
    return Restriction(near[0]) if near else None


def called(name: str) -> str:
    """A member's name as a message shows it: not endless, not nothing, and of characters that can be written."""
    return shortened(name)[1:-1] or "''"


def only(ctx: Context, said: Json, known: frozenset[str], where: str) -> None:
    """Refuse an object that states anything else than what is known, which nobody would heed."""
    for name in said:
        if name not in known:
            likely = meant(name, known)
            hint = f"did you mean {likely}?" if likely else f"known are {', '.join(sorted(known))}"
            ctx.fault(f"{where}.{called(name)}" if where else called(name), f"is not known: {hint}")


def reasons(ctx: Context, value: object, found: Restriction) -> tuple[tuple[str, ...], Restriction]:
    """The reasons, and the restriction: a reason that is not known is refused when strict, else the zone is
    prohibited (rule E12).
    """
    if isinstance(value, str):
        ctx.breach("reason", "a single value where an array is due", "single_reason")
    listed = [value] if isinstance(value, str) else members(ctx, value or [], "reason")
    named = tuple(text(ctx, one, "reason") for one in listed)
    unknown = [one for one in named if one not in REASONS]
    if not unknown:
        return named, found
    problem = f"unknown {shortened(', '.join(unknown))}"
    if found in OURS:
        ctx.fault("reason", f"{problem}: known are {', '.join(sorted(REASONS))}")
    ctx.breach("reason", f"{problem}: taken as prohibited")
    ctx.demands = Restriction.PROHIBITED
    return named, Restriction.PROHIBITED
