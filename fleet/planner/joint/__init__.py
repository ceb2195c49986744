"""One search over all modes, compiled: vans, drones, robots and lockers at once; `fleet.planner.city` is its face."""
