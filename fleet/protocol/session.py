"""The session of one peer, for both ends, without a socket and without a clock.

``now`` is a number of seconds that never runs backwards (transport timers use the wall clock, also when
business time is virtual). What is to be sent comes out of ``poll``; what came in goes into ``receive``, which
returns what the application has to handle. The application says ``taken`` once that is durable, and only then
is it acknowledged.
"""

from fleet.protocol.endpoint import (
    SESSION,
    Delivery,
    SessionEvent,
    SessionRecord,
    SessionState,
    Timing,
)
from fleet.protocol.hub_session import Greeting, HubSession, refusal
from fleet.protocol.peer_session import PeerSession

__all__ = [
    "SESSION",
    "Delivery",
    "Greeting",
    "HubSession",
    "PeerSession",
    "SessionEvent",
    "SessionRecord",
    "SessionState",
    "Timing",
    "refusal",
]
