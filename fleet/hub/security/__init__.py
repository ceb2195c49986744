"""Who may connect, whose each frame is, and how much of it is looked at: keys, ZAP, limits, refusals."""
