"""Keeping our own flights apart: what each means to do in the air, whom it would meet, and what is done about it."""
