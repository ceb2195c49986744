"""The routing engines of street networks come for Python 3.12 and later; there a missing one is a failure."""

import sys

from fleet.network.extra import LEAST_PYTHON

collect_ignore = [] if sys.version_info[:2] >= LEAST_PYTHON else ["test_streets.py"]
