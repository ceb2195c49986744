"""Geofences and geographical zones: read, index, check in four dimensions, find ways around.

Usable by itself; see README.md beside this file. Positions are longitude, latitude; heights are metres
above mean sea level; times are aware. An answer is CLEAR, BLOCKED or UNKNOWN, and UNKNOWN does not fly.
"""

from geofences.checks.affected import Affected, Flight, affected, near_change
from geofences.checks.ahead import Breach, NearestZone, Velocity, distance_to_nearest, time_to_breach
from geofences.checks.asked import STATUSES
from geofences.checks.authorisation import Authorisation, authorised
from geofences.checks.bulk import check_points, check_segments, segments_hit
from geofences.checks.check import check_path, check_point
from geofences.checks.column import check_column
from geofences.checks.flight import Uncertainty, check_flight
from geofences.checks.ground import protecting
from geofences.checks.permits import PermitsMet, check_drive, permits_met, speed_limits
from geofences.checks.result import CheckResult, Conflict, Status, Why
from geofences.checks.rules import GroundRisk, Rules
from geofences.checks.sora import Ballistic, Glide, Margins, OneToOne, Operation, Parachute, margins
from geofences.checks.watch import Watch
from geofences.deconfliction.intents import Intent, IntentState, IntentVolume, Room
from geofences.deconfliction.separation import Encounter, are_apart, clear_after_s, conforms, encounters
from geofences.errors import (
    GeofenceError,
    GridFileError,
    NoSuchZone,
    PathError,
    ShapeError,
    ZoneError,
    ZoneFileError,
    ZoneWriteError,
)
from geofences.geometry.track import Waypoint
from geofences.landings.diversions import Diverting
from geofences.landings.landing import LandingStretch, NoSiteWhy, landing_sites
from geofences.landings.sites import LandingSite
from geofences.model.altitude import Box, Datum, FlatTerrain, Interval, Limit, Terrain, UnknownTerrain
from geofences.model.applicability import ALWAYS, Applicability
from geofences.model.periods import DailyPeriod, LocalTime, TimeOfDay, TimePeriod
from geofences.model.refused import Refused
from geofences.model.sun import SunEvent
from geofences.model.zone import (
    CircleShape,
    Permit,
    PolygonShape,
    Restriction,
    Surface,
    Volume,
    Zone,
    ZoneKey,
)
from geofences.paths.around import path_around, with_turns
from geofences.paths.levels import AtHeight, path_at_best_height
from geofences.paths.search import NoPath, NoPathWhy
from geofences.readers import ZoneFile, read_zones, read_zones_file
from geofences.terrain import Geoid, GridGeoid, GridTerrain, WithGeoid, read_geoid, read_terrain
from geofences.writers import Options as WriteOptions
from geofences.writers import Written, write_zones
from geofences.zones.compare import Change, Changed, Differences, compare
from geofences.zones.zoneset import ZoneSet

__all__ = [
    "ALWAYS",
    "STATUSES",
    "Affected",
    "Applicability",
    "AtHeight",
    "Authorisation",
    "Ballistic",
    "Box",
    "Breach",
    "Change",
    "Changed",
    "CheckResult",
    "CircleShape",
    "Conflict",
    "DailyPeriod",
    "Datum",
    "Differences",
    "Diverting",
    "Encounter",
    "FlatTerrain",
    "Flight",
    "GeofenceError",
    "Geoid",
    "Glide",
    "GridFileError",
    "GridGeoid",
    "GridTerrain",
    "GroundRisk",
    "Intent",
    "IntentState",
    "IntentVolume",
    "Interval",
    "LandingSite",
    "LandingStretch",
    "Limit",
    "LocalTime",
    "Margins",
    "NearestZone",
    "NoPath",
    "NoPathWhy",
    "NoSiteWhy",
    "NoSuchZone",
    "OneToOne",
    "Operation",
    "Parachute",
    "PathError",
    "Permit",
    "PermitsMet",
    "PolygonShape",
    "Refused",
    "Restriction",
    "Room",
    "Rules",
    "ShapeError",
    "Status",
    "SunEvent",
    "Surface",
    "Terrain",
    "TimeOfDay",
    "TimePeriod",
    "Uncertainty",
    "UnknownTerrain",
    "Velocity",
    "Volume",
    "Watch",
    "Waypoint",
    "Why",
    "WithGeoid",
    "WriteOptions",
    "Written",
    "Zone",
    "ZoneError",
    "ZoneFile",
    "ZoneFileError",
    "ZoneKey",
    "ZoneSet",
    "ZoneWriteError",
    "affected",
    "are_apart",
    "authorised",
    "check_column",
    "check_drive",
    "check_flight",
    "check_path",
    "check_point",
    "check_points",
    "check_segments",
    "clear_after_s",
    "compare",
    "conforms",
    "distance_to_nearest",
    "encounters",
    "landing_sites",
    "margins",
    "near_change",
    "path_around",
    "path_at_best_height",
    "permits_met",
    "protecting",
    "read_geoid",
    "read_terrain",
    "read_zones",
    "read_zones_file",
    "segments_hit",
    "speed_limits",
    "time_to_breach",
    "with_turns",
    "write_zones",
]
