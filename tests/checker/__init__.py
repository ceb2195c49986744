"""An independent checker of plan files: no code of the product's, and the raw inputs read anew."""

from tests.checker.check import check_plan
from tests.checker.violation import Code, Violation

__all__ = ["Code", "Violation", "check_plan"]
