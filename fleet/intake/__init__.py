"""Intake: orders, sites and fleets from files, with errors that name the file, the line and the field."""

from fleet.intake.errors import FieldError, IntakeError

__all__ = ["FieldError", "IntakeError"]
