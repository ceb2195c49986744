"""Energy and range of multirotors, sidewalk robots and electric vans; batteries, margins and reserves."""
