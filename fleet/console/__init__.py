"""The web console: reads committed events and the live feed; what people do goes back to the hub as commands."""
