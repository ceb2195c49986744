"""The routing engine of street networks comes for Python 3.12 and later; there a missing one is a failure."""

import sys

from fleet.network.extra import LEAST_PYTHON

collect_ignore = (
    [] if sys.version_info[:2] >= LEAST_PYTHON else ["test_porto_days.py", "test_street_plans.py"]
)
