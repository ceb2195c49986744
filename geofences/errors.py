"""What can go wrong, by whose fault: one root, so that a caller can catch everything of this package."""

import reprlib


class GeofenceError(Exception):
    """Root of all errors of this package."""


class ZoneFileError(GeofenceError):
    """A zone file is refused: says which file, which zone, which field and what is wrong with it; `line` (from 1) where
    it is no JSON from there on.
    """

    def __init__(
        self, file: str, zone: str | None, field: str | None, message: str, line: int | None = None
    ) -> None:
        self.file = file
        self.zone = zone
        self.field = field
        self.message = message
        self.line = line
        place = file if line is None else f"{file}:{line}"
        where = ", ".join(part for part in (place, zone and f"zone {zone}", field) if part)
        super().__init__(f"{where}: {message}")

    def __reduce__(self) -> tuple[type, tuple[str, str | None, str | None, str, int | None]]:
        return type(self), (self.file, self.zone, self.field, self.message, self.line)


class ZoneError(GeofenceError, ValueError):
    """A zone, or part of one, that was made in code and can't be: says which field, what is wrong with it and, where it
    is known, of which zone.
    """

    def __init__(self, field: str, message: str, zone: str | None = None) -> None:
        self.field = field
        self.message = message
        self.zone = zone
        super().__init__(f"{'' if zone is None else f'zone {zone!r}, '}{field}: {message}")

    def __reduce__(self) -> tuple[type, tuple[str, str, str | None]]:
        return type(self), (self.field, self.message, self.zone)


def check_type(value: object, kind: type | tuple[type, ...], field: str) -> None:
    """Raise `ZoneError` unless it is of a type: a text that looks like one of our words is not that word."""
    if not isinstance(value, kind):
        kinds = kind if isinstance(kind, tuple) else (kind,)
        due = " or ".join("None" if one is type(None) else one.__name__ for one in kinds)
        raise ZoneError(field, f"must be {due}, got {type(value).__name__} {reprlib.repr(value)}")


def check_each(values: object, kind: type | tuple[type, ...], field: str) -> None:
    """Raise `ZoneError` unless it is a tuple with nothing but values of a type."""
    check_type(values, tuple, field)
    assert isinstance(values, tuple)
    for number, one in enumerate(values):
        if not isinstance(one, kind):
            check_type(one, kind, f"{field}[{number}]")


class ZoneWriteError(GeofenceError):
    """A zone that a format cannot express: says which zone, which field and why."""

    def __init__(self, zone: str, field: str | None, message: str) -> None:
        self.zone = zone
        self.field = field
        self.message = message
        super().__init__(f"zone {zone!r}{', ' + field if field else ''}: {message}")

    def __reduce__(self) -> tuple[type, tuple[str, str | None, str]]:
        return type(self), (self.zone, self.field, self.message)


class NoSuchZone(GeofenceError, KeyError):
    """No zone of the set has this id."""

    def __str__(self) -> str:
        return f"the zone set has no zone {self.args[0]!r}"


class GridFileError(GeofenceError):
    """A file of heights is refused: says which file, which part of it (its name, a field, a line) and what is wrong."""

    def __init__(self, file: str, field: str, message: str) -> None:
        self.file = file
        self.field = field
        self.message = message
        super().__init__(f"{file}, {field}: {message}")

    def __reduce__(self) -> tuple[type, tuple[str, str, str]]:
        return type(self), (self.file, self.field, self.message)


class ShapeError(GeofenceError):
    """A shape that encloses nothing or something ambiguous: too few vertices, crossing itself, off the
    globe.
    """


class PathError(GeofenceError):
    """A path that cannot be checked: no waypoint, a number that is none, a naive time, time running back."""
