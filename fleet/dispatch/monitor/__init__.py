"""Watching what is under way: zones, energy, weather, deviation, and how old the last word is.

What the checks need is worked out once for each mission (a ``Guard``) and again when the mission, the weather or the
zones change; a sample is then checked in microseconds. A finding is recorded by the dispatcher once for each mission
and code.
"""

from fleet.dispatch.monitor.monitor import Monitor

__all__ = ["Monitor"]
