"""The kit for adapters: write an `Adapter`, run it with an `AdapterClient`, prove it with `check_adapter` or
`check_locker`.
"""

from adapters.sdk.adapter import Adapter, Instruction, Report
from adapters.sdk.client import AdapterClient
from adapters.sdk.conformance import Scenario, check_adapter
from adapters.sdk.engine import Engine
from adapters.sdk.errors import AdapterError, JournalError, NotConformant, TurnedAway
from adapters.sdk.journal import Journal
from adapters.sdk.keys import CurveKeys, load_keys
from adapters.sdk.link import Endpoints
from adapters.sdk.locker_conformance import LockerScenario, check_locker

__all__ = [
    "Adapter",
    "AdapterClient",
    "AdapterError",
    "CurveKeys",
    "Endpoints",
    "Engine",
    "Instruction",
    "Journal",
    "JournalError",
    "LockerScenario",
    "NotConformant",
    "Report",
    "Scenario",
    "TurnedAway",
    "check_adapter",
    "check_locker",
    "load_keys",
]
