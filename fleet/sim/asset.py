"""What every simulated asset has: an id, a radio, and a table from message to method."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from fleet.domain.events import AssetRecord
from fleet.protocol.messages import (
    AnyMessage,
    AssetReport,
    Assign,
    CancelMission,
    Command,
    CommandReply,
    CompartmentReport,
    Factsheet,
    Message,
    MissionReply,
    ReleaseCompartment,
    ReserveCompartment,
)
from fleet.sim.parcels import Holder
from fleet.sim.radio import Radio
from fleet.sim.stage import Stage

SOFTWARE = "simulated 1"


class Asset:
    """One asset, to be derived for each sort."""

    holds: ClassVar[str] = "asset"

    def __init__(self, stage: Stage, record: AssetRecord) -> None:
        self.stage = stage
        self.record = record
        self.asset_id = record.asset_id
        self.radio = Radio(self._out, self._hear)

    @property
    def me(self) -> Holder:
        """This asset as a holder of parcels."""
        return Holder("locker" if self.holds == "locker" else "asset", self.asset_id)

    def factsheet(self) -> Factsheet:
        """What it says of itself when it connects."""
        return Factsheet(
            type_id=self.record.type_id,
            model=self.record.type_id,
            software=SOFTWARE,
            site_id=self.record.site_id,
        )

    def start(self) -> None:
        """The day begins: it says that it is ready."""
        self.say(AssetReport(condition="ready", at=self.stage.now, site_id=self.record.site_id))

    def say(self, message: AnyMessage) -> None:
        """Send a message by radio."""
        self.radio.say(message)

    def _out(self, message: AnyMessage) -> None:
        self.stage.send(self.asset_id, message)

    def _hear(self, message: AnyMessage) -> None:
        _HEARD[type(message)](self, message)

    def on_assign(self, message: Assign) -> None:
        """A mission; this sort of asset takes none."""
        self._reply(message, "no_missions", f"a {self.record.kind} takes no missions")

    def on_cancel(self, message: CancelMission) -> None:
        """Drop a mission that has not begun; there is none."""

    def on_command(self, message: Command) -> None:
        """An instruction to be followed at once; this sort of asset follows none."""
        detail = f"a {self.record.kind} can't {message.action.value}"
        self.say(CommandReply(command_id=message.command_id, accepted=False, detail=detail))

    def on_reserve(self, message: ReserveCompartment) -> None:
        """A compartment is to be kept; this sort of asset has none."""
        self._no_compartments(message)

    def on_release(self, message: ReleaseCompartment) -> None:
        """A compartment is to be freed; this sort of asset has none."""
        self._no_compartments(message)

    def _no_compartments(self, message: ReserveCompartment | ReleaseCompartment) -> None:
        self.say(
            CompartmentReport(
                order_id=message.order_id,
                state="refused",
                at=self.stage.now,
                code="no_compartments",
                request=message.request,
            )
        )

    def _reply(self, message: Assign, code: str | None = None, detail: str = "") -> None:
        mission = message.mission
        self.say(
            MissionReply(
                mission_id=mission.mission_id,
                revision=mission.revision,
                accepted=code is None,
                code=code,
                detail=detail,
            )
        )


_HEARD: Mapping[type[Message], Callable[[Asset, Any], None]] = {
    Assign: lambda asset, message: asset.on_assign(message),
    CancelMission: lambda asset, message: asset.on_cancel(message),
    Command: lambda asset, message: asset.on_command(message),
    ReserveCompartment: lambda asset, message: asset.on_reserve(message),
    ReleaseCompartment: lambda asset, message: asset.on_release(message),
}
INSTRUCTIONS = frozenset(_HEARD)
"""The messages that an asset understands."""
