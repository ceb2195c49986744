"""Who may say what to the hub: deny by default."""

from __future__ import annotations

from fleet.protocol.messages import Role

ALLOWED: dict[Role, frozenset[str]] = {
    Role.ASSET: frozenset(
        {
            "hello",
            "heartbeat",
            "attach",
            "telemetry",
            "busy",
            "mission_reply",
            "step_report",
            "mission_ended",
            "command_reply",
            "asset_report",
            "compartment_report",
        }
    ),
    Role.OPERATOR: frozenset(
        {
            "hello",
            "heartbeat",
            "submit_orders",
            "operator_command",
            "stop_all",
            "resume_all",
            "recover_asset",
            "close_exception",
            "erase_contacts",
            "lock_orders",
            "explain_order",
            "add_zone",
            "remove_zone",
            "preview_zones",
            "change_zones",
            "report_weather",
        }
    ),
    Role.TIMEKEEPER: frozenset({"hello", "heartbeat", "granted"}),
    Role.WEATHER: frozenset({"hello", "heartbeat", "report_weather"}),
}
"""Which messages each role may send to the hub; what is not listed is refused."""
