"""Travel times and paths: a geodesic default, street networks where there is data."""
