"""Zones and paths as a picture: one SVG, complete in itself.

`draw` gives its text. What is drawn is what the zones say; whether a path is clear is asked of `check_path`, and the
picture only shows the answer.
"""

from geofences.drawing.picture import Drawn, Pen, draw

__all__ = ["Drawn", "Pen", "draw"]
