"""What is around the fleet in the state: areas closed by hand, reported weather, and what is to be looked at when."""

from __future__ import annotations

from fleet.domain import events as ev
from fleet.domain.evolve import evolve, without
from fleet.domain.state import State
from fleet.domain.weather import with_report
from fleet.domain.winds import with_wind


def timer_set(state: State, event: ev.TimerSet) -> State:
    """The state with something to be looked at."""
    return evolve(state, timers=state.timers.set(event.timer_id, event.due))


def timer_rang(state: State, event: ev.TimerRang) -> State:
    """The state after it was looked at."""
    return evolve(state, timers=without(state.timers, event.timer_id))


def zone_added(state: State, event: ev.ZoneAdded) -> State:
    """The state with an area that was closed."""
    return evolve(state, zones=state.zones.set(event.zone_id, event.feature))


def zone_removed(state: State, event: ev.ZoneRemoved) -> State:
    """The state without it."""
    return evolve(state, zones=without(state.zones, event.zone_id))


def weather_reported(state: State, event: ev.WeatherReported) -> State:
    """The state with what was reported."""
    return evolve(state, weather=with_report(state.weather, event))


def wind_shown(state: State, event: ev.WindShown) -> State:
    """The state with what an aircraft showed."""
    return evolve(state, winds=with_wind(state.winds, event))
