"""Why an asset's consumption is not believed to be what it was."""

from __future__ import annotations

import math

from fleet.energy.learning import Learnt, Track
from fleet.protocol.values import Reason

DRIFT = "energy_drift"
"""The exception about an asset whose trips do not take what was learned of it, or what its type was measured to."""


def drifted(asset_id: str, before: Track, after: Learnt) -> Reason:
    """The last trips lay too far off, and to one side, to be chance."""
    more = after.surprise > 0
    return Reason(
        code=DRIFT,
        detail=f"the last trips of {asset_id} took {'more' if more else 'less'} than {before.flights} trips and its "
        f"type's model say: it is counted with {math.expm1(after.track.log_bias):+.1%} from now on, before "
        f"{math.expm1(before.log_bias):+.1%}",
        limit=round(100 * math.expm1(before.log_bias), 2),
        actual=round(100 * math.expm1(after.track.log_bias), 2),
        unit="%",
        source=asset_id,
    )
