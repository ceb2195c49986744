"""The simulated world behind the wire: every asset with a session of its own, and the keeper of granted time."""
