"""A set of zones: its index, its timetable, its areas, what it says and how two of them differ."""
