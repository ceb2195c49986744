"""What to do about each message: ``decide(state, message, now) -> events, effects``, a table of small handlers."""
